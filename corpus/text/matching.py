"""Exact matching: whether a text contains words as they were typed, independently of the analyzer."""

import functools
import re
from typing import Final

from corpus.text import analyzer
from corpus.text.terms import Family, Term

_PLURAL_ENDINGS: Final = ("s", "es")
_UNCOUNTABLE: Final = frozenset({"news"})
"""Words that end like a plural and mean something else without that ending."""

_ES_ENDINGS: Final = ("ches", "shes", "sses", "xes")


def occurs(piece: str, folded: str) -> bool:
    """Tell whether a text contains a piece as it was typed.

    A Latin word at an edge of the piece matches whole words only, in singular or plural.

    Args:
        piece: What to look for, folded, not empty.
        folded: The text, folded.

    >>> occurs("小米", "小米粥"), occurs("ai", "an email"), occurs("ai", "用ai作画"), occurs("city", "cities")
    (True, False, True, True)
    """
    # Much faster than the pattern. Of city the plural is cities.
    if piece.removesuffix("y") not in folded:
        return False
    pattern = _latin_pattern(piece)
    return piece in folded if pattern is None else pattern.search(folded) is not None


@functools.lru_cache(maxsize=1_000)
def _latin_pattern(piece: str) -> re.Pattern[str] | None:
    """Return the pattern of a piece that begins or ends with a Latin word; None for others."""
    first, last = (re.match(analyzer.LATIN, end) is not None for end in (piece[0], piece[-1]))
    if not first and not last:
        return None
    forms = word_forms(piece) if last else [piece]
    before, behind = f"(?<!{analyzer.LATIN})" * first, f"(?!{analyzer.LATIN})" * last
    return re.compile(f"{before}(?:{'|'.join(map(re.escape, forms))}){behind}")


def places_of(piece: str, text: str) -> list[int]:
    """Return where a piece of text begins in another, in order and without overlaps.

    >>> places_of("大桥", "大桥在大桥镇")
    [0, 3]
    """
    places, start = [], text.find(piece)
    while start >= 0:
        places.append(start)
        start = text.find(piece, start + len(piece))
    return places


def word_forms(word: str) -> list[str]:
    """Return a Latin word and its possible plurals."""
    if not word[-1:].isalpha():
        return [word]
    if word[-1] == "y":
        return [word, f"{word[:-1]}ies"]
    return [word, *(word + plural for plural in _PLURAL_ENDINGS)]


def singular(word: str) -> str:
    """Return the singular of a Latin word, which a text with either form contains; other words stay.

    >>> singular("prices"), singular("boxes"), singular("news"), singular("涨价")
    ('price', 'box', 'news', '涨价')
    """
    if word in _UNCOUNTABLE:
        return word
    return word.removesuffix("es") if word.isascii() and word.endswith(_ES_ENDINGS) else analyzer.stem(word)


def contains_form(form: str, folded: str) -> bool:
    """Tell whether a text has a form of a word; a number or a short Latin word stands by itself.

    Other words may be part of a longer one, as pulsar is of pulsars.

    >>> contains_form("14", "iphone14pro"), contains_form("14", "2014"), contains_form("5g", "15gb")
    (True, False, False)
    >>> contains_form("3350万", "3350 万美元"), contains_form("3350万", "13350万")
    (True, False)
    >>> contains_form("k", "ok"), contains_form("涨价", "又涨价了")
    (False, True)
    """
    if form[0].isdigit() and not form[-1].isdigit():  # 3350万, which some outlets write as 3350 万
        return _form_pattern(form).search(folded) is not None
    if form not in folded:
        return False
    if _SPELT.fullmatch(form):  # 四万三千 is not in 四万三千六百
        return _form_pattern(form).search(folded) is not None
    if not form.isascii() or (len(form) > MAX_SHORT_CHARS and form.isalpha()):
        return True
    return _form_pattern(form).search(folded) is not None


MAX_SHORT_CHARS: Final = 2
"""Letters up to which a Latin word is found in other words by chance."""


_NUMERALS: Final = "零〇一二两三四五六七八九十百千万亿点"
_SPELT: Final = re.compile(f"(?:百分之)?[一二两三四五六七八九十][{_NUMERALS}]+")
_BEFORE_UNIT: Final = re.compile("(?<=[0-9])(?=[万亿%])")


@functools.lru_cache(maxsize=1_000)
def _form_pattern(form: str) -> re.Pattern[str]:
    """Pattern of a form between characters of another kind."""
    zeros = "0{0,3}" if form[0].isdigit() else ""  # 9 is in 2022-09-26
    spaced = _BEFORE_UNIT.sub(" ?", re.escape(form))
    return re.compile(f"(?<!{_kind(form[0])}){zeros}{spaced}(?!{_kind(form[-1])})")


def _kind(edge: str) -> str:
    """Pattern of what must not stand beside an edge of a form."""
    if edge.isdigit():
        return "[0-9]"
    if edge in _NUMERALS:
        return f"[{_NUMERALS}]"
    return "[a-z]" if edge.isascii() and edge.isalpha() else "(?!)"


def required_terms(phrase: str) -> list[Term]:
    """Return the terms that every text with this phrase has: pairs of Han characters, and lone ones.

    Latin words are left out, as only a part of one may stand in the phrase.
    """
    han = list(dict.fromkeys(filter(analyzer.is_han, analyzer.characters(phrase))))
    paired = {character for text in han if len(text) > 1 for character in text}
    return [Term(text, Family.CHARACTERS) for text in han if len(text) > 1 or text not in paired]
