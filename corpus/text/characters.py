"""Cleaning of characters: controls, zero-width and bidi characters, superfluous blanks."""

import re
from collections.abc import Sequence
from typing import Final

HAN: Final = "㐀-䶿一-鿿豈-﫿𠀀-𲎯〇々ぁ-ゖァ-ヺー"
"""Ranges, for a character class, of Han characters; kana count as such, as Japanese has no blanks either.

This is what a Han character is everywhere in the product.
"""

HAN_CHARACTER: Final = f"[{HAN}]"
"""Pattern of one of them."""

UNSPACED: Final = (
    r"\u2e80-\u2fdf\u3001-\u303f\u3040-\u30ff\u3105-\u312f\u3400-\u4dbf\u4e00-\u9fff"
    r"\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff"
)
"""Ranges of all characters that are written without blanks in between: Han, their strokes and punctuation."""

# A zero-width joiner between pictographs makes one of them: it stays.
_INVISIBLE: Final = re.compile(
    "(\U0001f3f4[\U000e0020-\U000e007e]{1,8}\U000e007f)|"  # a flag such as Scotland's stays
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u180b-\u180e\u200b\u200c\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffc\ufffe\uffff\U000e0000-\U000e0fff]"
    "|\u200d(?![\u2190-\u2bff\U0001f000-\U0001faff])"
)
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_BLANKS: Final = re.compile(r"[\s\x1c-\x1f]+")
_ODD_BLANKS: Final = re.compile("[\x0b-\r\x1c-\x1f\x85\xa0\u2028\u2029]")
_UNCLEAN_CLASS: Final = (
    "\x00-\x1f\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u1680\u180b-\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f"
    "\u3000\u3164\ud800-\udfff\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffc\ufffe\uffff\U000e0000-\U000e0fff"
)
_UNCLEAN: Final = re.compile(f"[{_UNCLEAN_CLASS}]")
"""Everything that `clean_line` may change, except blanks at the edges and several in a row."""

_CHANGED: Final = re.compile(f"[ {_UNCLEAN_CLASS}]+")

_SOFT_BREAK: Final = re.compile(rf"(?<=[{UNSPACED}])[ \t]*\n\s*(?=[{UNSPACED}])")


_NUMBERED: Final = re.compile(
    r"[（(\[【]?(?:\d{1,4}(?:[)）\]】、．:：]|\.(?!\d)|\s)|[一二三四五六七八九十]{1,3}[)）、．:：]|[①-⑳])"
    r"|第[\d一二三四五六七八九十]{1,4}[，、：:. ]|(?:[a-zA-Z]|[ivxIVX]{2,5})\. "
)


def words(text: str) -> frozenset[str]:
    """The set of words that blanks separate, for lists in code."""
    return frozenset(text.split())


def without_surrogates(text: str) -> str:
    """Replace lone surrogates, which cannot be encoded, by U+FFFD."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def single_spaced(text: str) -> str:
    r"""Text with one space in place of each run of blanks of any kind, and none at its edges.

    What strangers type or publish goes through here before a pattern that looks for blanks reads it.

    >>> single_spaced(" 最新\u3000\n 金融\xa05 ")
    '最新 金融 5'
    """
    return " ".join(text.split())


def clean_line(text: str) -> str:
    """Return a text as one line, without invisible characters and superfluous blanks.

    Blanks at the edges are removed, runs of blanks become one. A line break between Han characters becomes
    nothing, any other one a blank.
    """
    if "  " not in text and not _UNCLEAN.search(text):  # most lines
        return text.strip()
    text = _INVISIBLE.sub(r"\1", without_surrogates(text))
    if "\n" in text:
        text = _SOFT_BREAK.sub("", text)
    return _BLANKS.sub(" ", text).strip()


def places_in_clean_line(raw: str, clean: str, places: Sequence[int]) -> list[int]:
    r"""Find where places of a text are in what `clean_line` made of it, in linear time.

    Args:
        raw: The text.
        clean: `clean_line(raw)`.
        places: Places of `raw` in growing order, from 0 to its length.

    >>> places_in_clean_line(" 甲 \u200b 乙\n丙", "甲 乙丙", [0, 1, 5, 8])
    [0, 0, 2, 4]
    """
    found: list[int] = []
    start = at = 0  # the same place in both texts
    for run in _CHANGED.finditer(raw):
        if len(found) == len(places):
            break
        while len(found) < len(places) and places[len(found)] <= run.start():
            found.append(at + places[len(found)] - start)
        at += run.start() - start
        was_blank = False
        for start in range(run.start(), run.end()):
            while len(found) < len(places) and places[len(found)] <= start:
                found.append(at)
            is_kept, was_blank = _is_kept(raw[start], clean[at : at + 1], was_blank)
            at += is_kept
        start = run.end()
    found += (min(at + place - start, len(clean)) for place in places[len(found) :])
    return found


def _is_kept(character: str, cleaned: str, was_blank: bool) -> tuple[bool, bool]:
    """Whether a character became the next one of the cleaned text; and whether the last kept is a blank."""
    if character.isspace():
        is_kept = cleaned == " " and not was_blank
        return is_kept, was_blank or is_kept
    is_kept = character == cleaned or (cleaned == "\ufffd" and "\ud800" <= character <= "\udfff")
    return is_kept, was_blank and not is_kept


def clean_code(text: str) -> str:
    """Return code with its line breaks and indentation, without invisible characters and empty lines."""
    text = _ODD_BLANKS.sub(" ", _INVISIBLE.sub(r"\1", without_surrogates(text)))
    lines = text.expandtabs(4).split("\n")
    return "\n".join(line for line in map(str.rstrip, lines) if line)


def is_numbered(text: str) -> bool:
    """Whether a list item begins with a number of its own.

    >>> is_numbered("（二）桥面"), is_numbered("3.5亿元")
    (True, False)
    """
    return _NUMBERED.match(text) is not None
