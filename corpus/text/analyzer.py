"""Text → terms: folding, words (jieba) and characters; one analyzer for articles and questions.

Folding makes different spellings of the same text equal: NFKC, lower case, zero-width characters out,
look-alike radicals, traditional to simplified. The original is what people see, so `fold_with_map`
keeps, for each folded character, the original character it came from.

There are two families of terms. Words are jieba's tokens with its HMM off (measured: +0.2 to +0.8 MRR
against HMM on). Characters are every Han character, every pair of neighbours inside a run of Han
characters, and runs of Latin letters and digits: what they find does not hang on how a name was cut.
"""

import contextlib
import functools
import importlib
import itertools
import logging
import marshal
import re
import threading
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.models import Span
from corpus.text.terms import BITS, code_of

logger = logging.getLogger(__name__)

VERSION = 1
"""Grows when the same text would give other terms, so that indexes made before are rebuilt."""

# NFKC maps the Kangxi block but leaves the CJK Radicals Supplement alone. Only the forms that fonts and
# PDF exporters really put in place of the ordinary character are here; the others are not letters.
_RADICALS = dict(
    zip(
        "⺁⺇⺈⺊⺋⺌⺍⺎⺐⺑⺒⺓⺔⺕⺖⺘⺙⺛⺜⺝⺟⺠⺡⺣⺤⺥⺧⺨⺩⺪⺫⺬⺭⺮⺯⺱⺲⺴⺵⺶⺷⺸⺹⺺⺻⺼⺽⺾⻀⻁⻂⻃⻄⻅⻆⻈⻉⻋⻌⻍⻎⻏⻐⻑⻒⻓⻔⻖⻗⻘⻙⻚⻛⻜⻝⻟⻠⻢⻣⻤⻥⻦⻧⻨⻩⻪⻬⻮⻰⻱⻲⻳",
        "厂几刀卜㔾小小兀尣尢巳幺彑彐忄扌攵旡日月母民氵灬爫爫牛犭王疋目示礻竹糸罒罓罓罒羊羊羊耂肀聿肉臼艹艹虎衤覀西见角讠贝车辶辶辶阝钅长镸长门阝雨青韦页风飞食饣饣马骨鬼鱼鸟卤麦黄黾齐齿龙龟龟龟",
        strict=True,
    )
)

# Invisible in print, inside words in real posts: zero-width characters, joiners, bidi marks, soft hyphen,
# variation selectors and the byte order mark.
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

# OpenCC keeps 著 because it is right in 著名; as the particle 着 it is the traditional spelling.
_PARTICLE_ZHE = re.compile("(?<![名显土原巨专编合论昭卓译遗撰卖])著(?![名作者称述录书有])")

# Kana counts too: Japanese is written without blanks as well.
_HAN = "㐀-䶿一-鿿豈-﫿𠀀-𲎯〇々ぁ-ゖァ-ヺー"
_HAN_END = 0x323B0
_HAN_RUN = re.compile(f"[{_HAN}]+")
LATIN = f"[^\\W_{_HAN}]"
"""A letter or digit that blanks part from others, as a pattern."""
_LATIN_RUN = re.compile(f"{LATIN}+")
_RUN = re.compile(f"{_HAN_RUN.pattern}|{_LATIN_RUN.pattern}")
_HAS_LETTER_OR_DIGIT = re.compile(r"[^\W_]")
_COMBINING = re.compile("[\u0300-\u036f\u0483-\u0487\u064b-\u0655\u3099\u309a\u20d0-\u20f0\ufe20-\ufe2f]")


@functools.cache
def _folding_table() -> dict[int, str | None]:
    """Character → folded spelling, for all characters that folding changes."""
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


def _simplify_at_once(text: str) -> str | None:
    """Traditional to simplified; None where a phrase rule changes the length."""
    converted = _simplifier()(text)
    if len(converted) != len(text):
        return None
    return _PARTICLE_ZHE.sub("着", converted) if "著" in converted else converted


def _simplify(text: str) -> str:
    """Traditional to simplified, length kept."""
    converted = _simplify_at_once(text)
    if converted is None:  # convert characters alone
        singles = "".join(
            single if len(single := _simplifier()(character)) == 1 else character for character in text
        )
        return _PARTICLE_ZHE.sub("着", singles)
    return converted


_CHANGES_LENGTH = 0xFFFFFFFF
_FOLDED_POINTS = 0x2FA20
"""Code points from here on fold to themselves."""

_DESCRIBING = slice(0x2FF0, 0x3000)
"""They describe a character by the next ones, even beyond a line's end: OpenCC leaves those as they are."""


@functools.cache
def _folded_points() -> NDArray[np.uint32]:
    """Code point → folded one, `_CHANGES_LENGTH` for what folds to none or several or joins its neighbour."""
    points = np.arange(_FOLDED_POINTS, dtype=np.uint32)
    for code, folded in _folding_table().items():
        points[code] = ord(folded) if folded is not None and len(folded) == 1 else _CHANGES_LENGTH
    marks = _COMBINING.findall("".join(map(chr, range(_FOLDED_POINTS))))
    points[list(map(ord, marks))] = _CHANGES_LENGTH
    points[_DESCRIBING] = _CHANGES_LENGTH
    return points


def _translated(text: str) -> str | None:
    """Fold each character to one, all at once; None where that cannot be done."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    try:
        folded = _folded_points()[points]
    except IndexError:  # emoji of the newest kinds, private characters
        return None
    if np.count_nonzero(folded == _CHANGES_LENGTH):
        return None
    return folded.tobytes().decode("utf-32-le")


def fold(text: str) -> str:
    """Return the spelling under which `text` is indexed and searched.

    >>> fold("ＡＢＣ：⽤戶看著—①")
    'abc:用户看着—1'
    """
    translated = _translated(text)
    if translated is not None:  # nearly always, and several times faster
        return _simplify(translated)
    if _COMBINING.search(text):
        return _simplify("".join(map(_fold_unit, _units(text))))
    return _simplify(text.translate(_folding_table()))


def fold_each(texts: Sequence[str]) -> list[str]:
    """`fold` of several texts, in one go where no character joins its neighbour."""
    folded = _folded_at_once(texts)
    if folded is None and not any(map(_COMBINING.search, texts)):
        folded = _folded_at_once(_lengthened(texts))
    return list(map(fold, texts)) if folded is None else folded


def _folded_at_once(texts: Sequence[str]) -> list[str] | None:
    """Texts folded character by character; None where that cannot be done."""
    joined = _translated("\n".join(texts))
    converted = None if joined is None else _simplify_at_once(joined)
    if converted is None:
        return None
    ends = itertools.accumulate(len(text) + 1 for text in texts)
    folded = [converted[end - len(text) - 1 : end - 1] for text, end in zip(texts, ends, strict=True)]
    # phrase rules of two texts may not make up for each other
    return folded if "\n".join(folded) == converted else None


def _lengthened(texts: Sequence[str]) -> Sequence[str]:
    """Texts with what characters fold to in their place, where that is nothing or several."""
    for character in _of_several().keys() & set("\n".join(texts)):
        texts = [text.replace(character, _of_several()[character]) for text in texts]
    return texts


@functools.cache
def _of_several() -> dict[str, str]:
    """Characters that fold to none or several; those fold to themselves."""
    return {
        chr(code): folded or ""
        for code, folded in _folding_table().items()
        if folded is None or len(folded) != 1
    }


@dataclass(frozen=True, slots=True)
class Folded:
    """Folded text that knows where it came from.

    Attributes:
        text: Equal to `fold(original)`.
        origins: For each character of `text` the index of the original character; one more at the
            end: the original's length.
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
        # Characters that folding removed (zero-width) right after the span stay outside it.
        return first, last + 1 if following > last + 1 else following


def fold_with_map(text: str) -> Folded:
    """Fold `text`, keeping for each folded character the place it came from."""
    translated = _translated(text)
    if translated is not None:  # nearly always, and thirty times faster
        return Folded(_simplify(translated), range(len(text) + 1))
    pieces: list[str] = []
    origins: list[int] = []
    position = 0
    for unit in _units(text) if _COMBINING.search(text) else text:
        folded = _fold_unit(unit)
        pieces.append(folded)
        origins.extend([position] * len(folded))
        position += len(unit)
    origins.append(position)
    return Folded(_simplify("".join(pieces)), tuple(origins))


def fold_each_with_map(texts: Sequence[str]) -> list[Folded]:
    """`fold_with_map` of several texts, in one go where that can be done."""
    folded = _folded_at_once(texts)
    if folded is None:
        return list(map(fold_with_map, texts))
    return [Folded(each, range(len(each) + 1)) for each in folded]


def _units(text: str) -> Iterator[str]:
    """Stretches that fold by themselves: a character with the marks, and invisible characters, after it."""
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


Segmenter = Callable[[str], Sequence[str]]

_PROBE = (
    "王毅谈2022年中国外交八大重点，研究生命起源；pulsar 2.7.1与A770售价1,499元（C++，16:9）。乒乓球拍卖完了"
)


class _Segmenters:
    """jieba, or rjieba where it is installed and gives jieba's very output; loaded at first use."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cut: Segmenter | None = None
        self.cache_dir: Path | None = None

    def cut(self, text: str) -> Sequence[str]:
        if self._cut is None:
            with self._lock:
                if self._cut is None:
                    self._cut = self._load()
        return self._cut(text)

    def _load(self) -> Segmenter:
        try:
            rjieba = importlib.import_module("rjieba")
        except ImportError:
            return self._load_jieba()

        def cut(text: str) -> Sequence[str]:
            words: Sequence[str] = rjieba.cut(text, False)
            return words

        if cut(_PROBE) == PROBE_WORDS:
            return cut
        logger.warning("rjieba cuts the probe sentence unlike jieba: using jieba")
        return self._load_jieba()

    def _load_jieba(self) -> Segmenter:
        import jieba

        jieba.setLogLevel(logging.WARNING)
        if self.cache_dir is not None:
            # jieba's default cache is a shared temporary folder: others could plant a file there.
            with contextlib.suppress(OSError):  # jieba does without a cache where it cannot write one
                self.cache_dir.mkdir(parents=True, exist_ok=True)
            jieba.dt.tmp_dir = str(self.cache_dir)
            _take_from_cache(jieba.dt, self.cache_dir / "jieba.cache")
        return lambda text: list(jieba.cut(text, HMM=False))


def _take_from_cache(tokenizer: Any, cache: Path) -> None:
    """Give jieba the dictionary that it has cached, in a third of the time: it unpacks the file bit by bit.

    Where there is none, or a damaged one, jieba makes it anew.
    """
    if tokenizer.initialized:
        return
    try:
        frequencies, total = marshal.loads(cache.read_bytes())  # noqa: S302 — as jieba does; it is our own folder
    except (OSError, ValueError, TypeError, EOFError):
        return
    if isinstance(frequencies, dict) and isinstance(total, int):
        tokenizer.FREQ, tokenizer.total, tokenizer.initialized = frequencies, total, True


PROBE_WORDS = [
    *("王", "毅", "谈", "2022", "年", "中国", "外交", "八大", "重点", "，", "研究", "生命", "起源", "；"),
    *("pulsar", " ", "2", ".", "7", ".", "1", "与", "A770", "售价", "1", ",", "499", "元", "（", "C++"),
    *("，", "16", ":", "9", "）", "。", "乒乓球", "拍卖", "完", "了"),
]
"""What jieba 0.42.1 makes of the probe sentence; a test holds it against the installed jieba."""

_segmenters = _Segmenters()


def use_cache_dir(path: Path) -> None:
    """Let jieba keep its dictionary cache below `path`."""
    _segmenters.cache_dir = path


def words(folded: str) -> list[str]:
    """Cut folded text into words, in order and with repeats; marks and blanks are left out.

    >>> words("外交重点有哪些?")
    ['外交', '重点', '有', '哪些']
    """
    return [each for each in map(_terms.__getitem__, _segmenters.cut(folded)) if each]


def tokens(folded: str) -> Sequence[str]:
    """Cut folded text as `words` does, marks and blanks kept; `term` makes words of them."""
    return _segmenters.cut(folded)


def term(token: str) -> str:
    """What a token is indexed as; nothing for marks and blanks."""
    return _terms[token]


MOST_REMEMBERED = 200_000


class _Terms(dict[str, str]):
    """What the analyzer makes of jieba's tokens: a term, or nothing of marks and blanks."""

    def __missing__(self, token: str) -> str:
        if len(self) >= MOST_REMEMBERED:
            self.clear()
        term = self[token] = stem(token) if _HAS_LETTER_OR_DIGIT.search(token) else ""
        return term


_terms = _Terms()


def stem(word: str) -> str:
    """Take the plural ending off a Latin word; every other word stays as it is.

    This is Harman's S stemmer ("How effective is suffixing?", JASIS 42, 1991): it folds almost only
    what is the same word.

    >>> stem("companies"), stem("boxes"), stem("glass"), stem("ios"), stem("外交")
    ('company', 'boxe', 'glass', 'ios', '外交')
    """
    if len(word) < 4 or not word.isascii() or not word.isalpha():
        return word
    if word.endswith("ies") and word[-4] not in "ea":
        return word[:-3] + "y"
    if word.endswith("es") and word[-3] not in "aeo":
        return word[:-1]
    if word.endswith("s") and word[-2] not in "us":
        return word[:-1]
    return word


Word = tuple[str, int, int]
"""A word with its place: term, start, end."""


def word_spans(folded: str) -> list[Word]:
    """Return words with their places."""
    spans = []
    position = 0
    for word in _segmenters.cut(folded):
        if _HAS_LETTER_OR_DIGIT.search(word):
            spans.append((stem(word), position, position + len(word)))
        position += len(word)
    return spans


def characters(folded: str) -> list[str]:
    """Return the character terms of folded text, in order and with repeats.

    >>> characters("金砖a770国")
    ['金', '砖', '金砖', 'a770', '国']
    """
    terms: list[str] = []
    for match in _RUN.finditer(folded):
        run = match.group()
        if _HAN_RUN.match(run):
            terms.extend(run)
            terms.extend(map("".join, itertools.pairwise(run)))
        else:
            terms.append(run)
    return terms


def character_codes(folded: str) -> NDArray[np.int64]:
    """Return `characters` as the numbers of `terms.code_of`, in no particular order; much faster."""
    if not folded:
        return np.empty(0, np.int64)
    points = np.frombuffer(folded.encode("utf-32-le", "replace"), dtype=np.uint32).astype(np.int64)
    han = han_points()[np.minimum(points, len(han_points()) - 1)]
    both = han[:-1] & han[1:]
    pairs = points[:-1][both] << BITS | points[1:][both]
    latin = [code_of(match) for match in _LATIN_RUN.findall(folded)]
    return np.concatenate([points[han], pairs, np.array(latin, np.int64)])


@functools.cache
def han_points() -> NDArray[np.bool_]:
    """For each code point whether it is written without blanks; the last entry stands for all beyond."""
    every = "".join(map(chr, range(_HAN_END)))
    points = np.zeros(_HAN_END + 1, bool)
    for match in _HAN_RUN.finditer(every):
        points[match.start() : match.end()] = True
    return points


def is_han(term: str) -> bool:
    """Tell whether a term consists of Han characters (or kana) only."""
    return _HAN_RUN.fullmatch(term) is not None
