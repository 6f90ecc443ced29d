"""Folding: text → the one spelling under which it is indexed and searched.

Folding makes different spellings of a text equal: NFKC, lower case, no zero-width characters, ordinary
characters for look-alike radicals, simplified for traditional. Readers see the original, so `fold_with_map`
remembers for each folded character the original one.
"""

import functools
import itertools
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpus.models import Span

# NFKC maps the Kangxi block but not the CJK Radicals Supplement. Here are only the forms that fonts and PDF
# exporters put in place of the ordinary character; the others are not letters.
_RADICALS = dict(
    zip(
        "⺁⺇⺈⺊⺋⺌⺍⺎⺐⺑⺒⺓⺔⺕⺖⺘⺙⺛⺜⺝⺟⺠⺡⺣⺤⺥⺧⺨⺩⺪⺫⺬⺭⺮⺯⺱⺲⺴⺵⺶⺷⺸⺹⺺⺻⺼⺽⺾⻀⻁⻂⻃⻄⻅⻆⻈⻉⻋⻌⻍⻎⻏⻐⻑⻒⻓⻔⻖⻗⻘⻙⻚⻛⻜⻝⻟⻠⻢⻣⻤⻥⻦⻧⻨⻩⻪⻬⻮⻰⻱⻲⻳",
        "厂几刀卜㔾小小兀尣尢巳幺彑彐忄扌攵旡日月母民氵灬爫爫牛犭王疋目示礻竹糸罒罓罓罒羊羊羊耂肀聿肉臼艹艹虎衤覀西见角讠贝车辶辶辶阝钅长镸长门阝雨青韦页风飞食饣饣马骨鬼鱼鸟卤麦黄黾齐齿龙龟龟龟",
        strict=True,
    )
)


# Invisible characters that occur inside words of real posts: zero-width characters, joiners, bidi marks, soft
# hyphen, variation selectors and the byte order mark.
_INVISIBLE = [
    *range(0x200B, 0x2010),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2070),
    *range(0xFE00, 0xFE10),
    0x00AD,
    0x034F,
    0x061C,
    0x180E,
    0xFEFF,
]


# OpenCC keeps 著 because of 著名. As a particle it is the traditional spelling of 着.
_PARTICLE_ZHE = re.compile("(?<![名显土原巨专编合论昭卓译遗撰卖])著(?![名作者称述录书有])")


_COMBINING = re.compile("[\u0300-\u036f\u0483-\u0487\u064b-\u0655\u3099\u309a\u20d0-\u20f0\ufe20-\ufe2f]")


@functools.cache
def _folding_table() -> dict[int, str | None]:
    """Code point → folded spelling, for all characters that folding changes; None for those it removes."""
    table: dict[int, str | None] = {}
    for code in range(0x20, 0x1F000 + 0x1000):
        if 0xAC00 <= code <= 0xD7A3 or 0x3400 <= code <= 0x4DBF or 0x4E00 <= code <= 0x9FFF:
            continue  # Hangul and Han are their own normal form
        if 0xD800 <= code <= 0xDFFF:
            table[code] = "\ufffd"
            continue
        character = chr(code)
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", character).lower())
        if folded != character:
            table[code] = folded
    for code in range(0x2F800, 0x2FA1E):  # compatibility ideographs
        table[code] = unicodedata.normalize("NFKC", chr(code))
    for radical, character in _RADICALS.items():
        table[ord(radical)] = character
    table.update(dict.fromkeys(_INVISIBLE))
    table[0] = " "
    return table


@functools.cache
def _simplifier() -> Callable[[str], str]:
    import opencc

    convert: Callable[[str], str] = opencc.OpenCC("t2s").convert
    return convert


def _simplify_joined(text: str) -> str | None:
    """Convert traditional to simplified; None where a phrase rule of OpenCC changes the length."""
    converted = _simplifier()(text)
    if len(converted) != len(text):
        return None
    return _PARTICLE_ZHE.sub("着", converted) if "著" in converted else converted


def _simplify(text: str) -> str:
    """Convert traditional to simplified without changing the length."""
    converted = _simplify_joined(text)
    if converted is None:  # character by character
        singles = "".join(
            single if len(single := _simplifier()(character)) == 1 else character for character in text
        )
        return _PARTICLE_ZHE.sub("着", singles)
    return converted


_CHANGES_LENGTH = 0xFFFFFFFF


_FOLDED_POINTS = 0x2FA20
"""First code point from which on all fold to themselves."""


_IDEOGRAPHIC_DESCRIPTION = slice(0x2FF0, 0x3000)
"""They describe a character by the next ones, even of the next line; OpenCC leaves those unconverted."""


@functools.cache
def _folded_points() -> NDArray[np.uint32]:
    """Code point → folded one; `_CHANGES_LENGTH` where it folds to none or several or joins its neighbour."""
    points = np.arange(_FOLDED_POINTS, dtype=np.uint32)
    for code, folded in _folding_table().items():
        points[code] = ord(folded) if folded is not None and len(folded) == 1 else _CHANGES_LENGTH
    marks = _COMBINING.findall("".join(map(chr, range(_FOLDED_POINTS))))
    points[list(map(ord, marks))] = _CHANGES_LENGTH
    points[_IDEOGRAPHIC_DESCRIPTION] = _CHANGES_LENGTH
    return points


def _code_points(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def _fold_by_table(text: str) -> str | None:
    """Fold a text by one table look-up; None where a character does not fold to exactly one."""
    try:
        folded = _folded_points()[_code_points(text)]
    except IndexError:  # emoji of the newest kinds, private characters
        return None
    if np.count_nonzero(folded == _CHANGES_LENGTH):
        return None
    return folded.tobytes().decode("utf-32-le")


def fold(text: str) -> str:
    """Return the spelling under which a text is indexed and searched.

    >>> fold("ＡＢＣ：⽤戶看著—①")
    'abc:用户看着—1'
    """
    translated = _fold_by_table(text)
    if translated is not None:  # nearly always; several times faster
        return _simplify(translated)
    if _COMBINING.search(text):
        return _simplify("".join(map(_fold_unit, _units(text))))
    return _simplify(text.translate(_folding_table()))


def fold_each(texts: Sequence[str]) -> list[str]:
    """Fold several texts, in one go where no character joins its neighbour."""
    folded = _fold_joined(texts)
    if folded is None and not any(map(_COMBINING.search, texts)):
        folded = _fold_joined(_expand(texts))
    return list(map(fold, texts)) if folded is None else folded


def _fold_joined(texts: Sequence[str]) -> list[str] | None:
    """Fold several texts as one; None where a character does not fold to exactly one."""
    joined = _fold_by_table("\n".join(texts))
    converted = None if joined is None else _simplify_joined(joined)
    if converted is None:
        return None
    ends = itertools.accumulate(len(text) + 1 for text in texts)
    folded = [converted[end - len(text) - 1 : end - 1] for text, end in zip(texts, ends, strict=True)]
    # The lengths of two texts may change by phrase rules so that the sum stays the same.
    return folded if "\n".join(folded) == converted else None


def _expand(texts: Sequence[str]) -> Sequence[str]:
    """Replace the characters that fold to none or several by what they fold to."""
    for character in _expansions().keys() & set("\n".join(texts)):
        texts = [text.replace(character, _expansions()[character]) for text in texts]
    return texts


@functools.cache
def _expansions() -> dict[str, str]:
    """Character → what it folds to, for those that fold to none or several."""
    return {
        chr(code): folded or ""
        for code, folded in _folding_table().items()
        if folded is None or len(folded) != 1
    }


@dataclass(frozen=True, slots=True)
class Folded:
    """Folded text with a map back to the original.

    Attributes:
        text: The same as `fold(original)`.
        origins: For each character of `text` the index of the original character, and at the end the length
            of the original.
    """

    text: str
    origins: Sequence[int]

    def original_span(self, start: int, end: int) -> Span:
        """Translate a non-empty span of `text` into a span of the original."""
        if isinstance(self.origins, range):
            return start, end
        first = self.origins[start]
        last = self.origins[end - 1]
        following = next((index for index in self.origins[end:] if index > last), self.origins[-1])
        # Zero-width characters right behind the span, which folding removed, stay outside of it.
        return first, last + 1 if following > last + 1 else following


def fold_with_map(text: str) -> Folded:
    """Fold a text and remember for each folded character the index of the original one."""
    translated = _fold_by_table(text)
    if translated is not None:  # nearly always; thirty times faster
        return Folded(_simplify(translated), range(len(text) + 1))
    if not _COMBINING.search(text):
        return Folded(_simplify(text.translate(_folding_table())), _origins(text))
    pieces: list[str] = []
    origins: list[int] = []
    position = 0
    for unit in _units(text):
        folded = _fold_unit(unit)
        pieces.append(folded)
        origins.extend([position] * len(folded))
        position += len(unit)
    origins.append(position)
    return Folded(_simplify("".join(pieces)), tuple(origins))


def fold_each_with_map(texts: Sequence[str]) -> list[Folded]:
    """Fold several texts with maps; in one go those in which every character folds to exactly one."""
    ends = list(itertools.accumulate(len(text) + 1 for text in texts))
    apart = {bisect_right(ends, place) for place in _places_apart("\n".join(texts))}
    folded = _fold_joined([text for number, text in enumerate(texts) if number not in apart])
    if folded is None:
        return list(map(fold_with_map, texts))
    joined = (Folded(text, range(len(text) + 1)) for text in folded)
    return [fold_with_map(text) if number in apart else next(joined) for number, text in enumerate(texts)]


def _places_apart(text: str) -> list[int]:
    """Places of the characters that may fold to none or several or join their neighbour."""
    folded = _folded_points().take(_code_points(text), mode="clip")
    places: list[int] = np.flatnonzero(folded == _CHANGES_LENGTH).tolist()
    return places


def _origins(text: str) -> Sequence[int]:
    """See `Folded.origins`, of a text in which no character joins its neighbour."""
    origins: list[int] = []
    start = 0
    for place in _places_apart(text):
        origins += range(start, place)
        origins += [place] * len(text[place].translate(_folding_table()))
        start = place + 1
    return (*origins, *range(start, len(text) + 1))


def _units(text: str) -> Iterator[str]:
    """Split a text into units that fold independently: a character with its combining and invisible ones."""
    table = _folding_table()
    start = 0
    for index in range(1, len(text) + 1):
        if index == len(text) or not (
            unicodedata.combining(text[index]) or table.get(ord(text[index]), "") is None
        ):
            yield text[start:index]
            start = index


def _fold_unit(unit: str) -> str:
    table = _folding_table()
    if len(unit) == 1:
        return unit.translate(table)
    return unicodedata.normalize("NFC", unit.translate(table)).translate(table)
