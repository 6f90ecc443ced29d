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
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.text.terms import BITS, code_of

logger = logging.getLogger(__name__)

VERSION = 1
"""Grows when the same text would give other terms, so that indexes made before are rebuilt."""

# Kana counts too: Japanese is written without blanks as well.
_HAN = "㐀-䶿一-鿿豈-﫿𠀀-𲎯〇々ぁ-ゖァ-ヺー"
_HAN_END = 0x323B0
_HAN_RUN = re.compile(f"[{_HAN}]+")
LATIN = f"[^\\W_{_HAN}]"
"""A letter or digit that blanks part from others, as a pattern."""
_LATIN_RUN = re.compile(f"{LATIN}+")
_RUN = re.compile(f"{_HAN_RUN.pattern}|{_LATIN_RUN.pattern}")
_HAS_LETTER_OR_DIGIT = re.compile(r"[^\W_]")


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
