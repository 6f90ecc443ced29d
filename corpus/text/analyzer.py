"""The analyzer: folded text → terms, the same for articles and questions.

There are two families of terms. Words are jieba's tokens with its HMM off, which gains 0.2 to 0.8 MRR against
HMM on. Characters are every Han character, every pair of neighbours in a run of Han characters, and runs of
Latin letters or of digits: what they find does not depend on how a name was segmented.

A model name is the same with and without blanks: between Latin letters and digits a token of jieba is always
split, and letters and digits side by side are a word besides. iPhone14Pro and iPhone 14 Pro both are iphone,
14, pro, iphone14 and 14pro (docs/decisions/0034-names-and-numbers.md).
"""

import contextlib
import functools
import importlib
import itertools
import logging
import marshal
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.text.characters import HAN
from corpus.text.terms import BITS, code_of

logger = logging.getLogger(__name__)

VERSION = 2
"""Version of the analyzer: it grows when the same text gives other terms, so that old indexes are rebuilt."""

_HAN_END = 0x323B0
HAN_RUN = re.compile(f"[{HAN}]+")
LATIN = f"[^\\W_{HAN}]"
"""Pattern of a letter or digit of a script that separates words by blanks."""
_LATIN_RUN = re.compile(f"[0-9]+|(?:(?![0-9]){LATIN})+")
_RUN = re.compile(f"{HAN_RUN.pattern}|{_LATIN_RUN.pattern}")
_LETTER_OR_DIGIT = re.compile(r"[^\W_]")

_ATOM = re.compile("[a-z]+|[0-9]+")
"""What a model name consists of."""

_SEAM = re.compile("[a-z][ -]?[0-9]|[0-9][ -]?[a-z]")
"""Where two parts of a model name meet."""

_SEPARATORS = frozenset({"", " ", "-"})
_MAX_DIGITS = 5
"""Digits of the longest number in a model name."""

_GLUED = re.compile("[a-z0-9]+")
_MAX_PARTS = 5
"""Parts of the longest model name that is typed without blanks; what has more is a hash or a key."""


Segmenter = Callable[[str], Sequence[str]]

_PROBE = (
    "王毅谈2022年中国外交八大重点，研究生命起源；pulsar 2.7.1与A770售价1,499元（C++，16:9）。乒乓球拍卖完了"
)


class _LazySegmenter:
    """The segmenter, loaded at first use: jieba, or rjieba if it is installed and segments like jieba."""

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
        logger.warning("rjieba segments the probe sentence unlike jieba: using jieba")
        return self._load_jieba()

    def _load_jieba(self) -> Segmenter:
        import jieba

        jieba.setLogLevel(logging.WARNING)
        if self.cache_dir is not None:
            # jieba's default cache is in a shared temporary folder: others could plant a file there.
            with contextlib.suppress(OSError):  # without a cache jieba works all the same
                self.cache_dir.mkdir(parents=True, exist_ok=True)
            jieba.dt.tmp_dir = str(self.cache_dir)
            _load_cached_dictionary(jieba.dt, self.cache_dir / "jieba.cache")
        return lambda text: list(jieba.cut(text, HMM=False))


def _load_cached_dictionary(tokenizer: Any, cache: Path) -> None:
    """Load jieba's cached dictionary, three times as fast as jieba, which unpacks the file bit by bit.

    If the cache is missing or damaged, jieba makes it again.
    """
    if tokenizer.initialized:
        return
    try:
        frequencies, total = marshal.loads(cache.read_bytes())  # noqa: S302 — as jieba does; the folder is ours
    except (OSError, ValueError, TypeError, EOFError):
        return
    if isinstance(frequencies, dict) and isinstance(total, int):
        tokenizer.FREQ, tokenizer.total, tokenizer.initialized = frequencies, total, True


PROBE_WORDS = [
    *("王", "毅", "谈", "2022", "年", "中国", "外交", "八大", "重点", "，", "研究", "生命", "起源", "；"),
    *("pulsar", " ", "2", ".", "7", ".", "1", "与", "A770", "售价", "1", ",", "499", "元", "（", "C++"),
    *("，", "16", ":", "9", "）", "。", "乒乓球", "拍卖", "完", "了"),
]
"""The tokens of the probe sentence by jieba 0.42.1; a test compares them with the installed jieba."""

_segmenter = _LazySegmenter()


def use_cache_dir(path: Path) -> None:
    """Keep jieba's dictionary cache in the folder `path`."""
    _segmenter.cache_dir = path


def words(folded: str) -> list[str]:
    """Segment folded text into words, in order and with repeats, without punctuation and blanks.

    >>> words("外交重点有哪些?")
    ['外交', '重点', '有', '哪些']
    """
    return [each for each in map(_terms.__getitem__, tokens(folded)) if each]


def tokens(folded: str) -> Sequence[str]:
    """Segment folded text into tokens, punctuation and blanks included; `term` makes words of them.

    Behind them stand the names that letters and digits form (`model_names`).
    """
    cut = _segmenter.cut(folded)
    if not _SEAM.search(folded):  # nearly always
        return cut
    return [*_split_tokens(cut), *(name.term for name in model_names(folded))]


def _split_tokens(cut: Sequence[str]) -> Iterator[str]:
    """Split tokens of jieba between letters and digits; together they are still the text."""
    for token in cut:
        parts = _ATOM.findall(token) if len(token) > 1 and _GLUED.fullmatch(token) else ()
        if 1 < len(parts) <= _MAX_PARTS:
            yield from parts
        else:
            yield token


def term(token: str) -> str:
    """Return what a token is indexed as; "" for punctuation and blanks."""
    return _terms[token]


MAX_CACHED_TERMS = 200_000
"""Tokens whose terms are remembered; the cache is emptied when it is full."""


class _TermCache(dict[str, str]):
    """Token → term, "" for punctuation and blanks; filled on demand."""

    def __init__(self, limit: int = MAX_CACHED_TERMS) -> None:
        super().__init__()
        self._limit = limit

    def __missing__(self, token: str) -> str:
        if len(self) >= self._limit:
            self.clear()
        term = self[token] = stem(token) if _LETTER_OR_DIGIT.search(token) else ""
        return term


_terms = _TermCache()


def stem(word: str) -> str:
    """Remove the plural ending of a Latin word; every other word stays as it is.

    This is the S stemmer of Harman, "How effective is suffixing?", JASIS 42, 1991. It conflates hardly
    anything but forms of the same word.

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


class Word(NamedTuple):
    """A word of a folded text, and where it stands.

    Attributes:
        term: What it is indexed as: the token, without the plural ending of a Latin word.
        start: Index of its first character.
        end: Index behind its last character.
    """

    term: str
    start: int
    end: int


def model_names(folded: str) -> list[Word]:
    """Find letters and digits side by side, glued or with a blank or hyphen in between; they may overlap.

    >>> [name.term for name in model_names("iphone 14pro和f-35")]
    ['iphone14', '14pro', 'f35']
    """
    parts = _name_parts(folded)
    return [
        Word(one.term + other.term, one.start, other.end)
        for one, other in itertools.pairwise(parts)
        if folded[one.end : other.start] in _SEPARATORS
        and one.term.isdigit() != other.term.isdigit()
        and all(len(part.term) <= _MAX_DIGITS for part in (one, other) if part.term.isdigit())
    ]


def _name_parts(folded: str) -> list[Word]:
    """Runs of letters and runs of digits, except in strings that are no names."""
    parts: list[Word] = []
    for glued in _GLUED.finditer(folded):
        found = [Word(atom.group(), *atom.span()) for atom in _ATOM.finditer(folded, *glued.span())]
        if len(found) <= _MAX_PARTS:
            parts += found
    return parts


def word_spans(folded: str) -> list[Word]:
    """Segment folded text into words with their positions, without punctuation and blanks."""
    spans = []
    position = 0
    for word in _split_tokens(_segmenter.cut(folded)):
        if _LETTER_OR_DIGIT.search(word):
            spans.append(Word(stem(word), position, position + len(word)))
        position += len(word)
    return spans


def characters(folded: str) -> list[str]:
    """Return the character terms of folded text, in order and with repeats.

    >>> characters("金砖a770国")
    ['金', '砖', '金砖', 'a', '770', '国']
    """
    terms: list[str] = []
    for match in _RUN.finditer(folded):
        run = match.group()
        if HAN_RUN.match(run):
            terms.extend(run)
            terms.extend(map("".join, itertools.pairwise(run)))
        else:
            terms.append(run)
    return terms


def character_codes(folded: str) -> NDArray[np.int64]:
    """Return the codes (`terms.code_of`) of `characters`, in no particular order; much faster."""
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
    """Code point → whether it is a Han character or kana; the last entry stands for all greater ones."""
    every = "".join(map(chr, range(_HAN_END)))
    points = np.zeros(_HAN_END + 1, bool)
    for match in HAN_RUN.finditer(every):
        points[match.start() : match.end()] = True
    return points


def latin_terms(folded: str) -> set[str]:
    """Return the runs of Latin letters and of digits in a text, with their stems, and its model names."""
    atoms = _ATOM.findall(folded)
    names = model_names(folded) if _SEAM.search(folded) else []
    return {*atoms, *map(stem, atoms), *(name.term for name in names)}


def has_latin_term(folded: str, term: str) -> bool:
    """Tell whether a term of Latin letters and digits is one of the `latin_terms` of a text; much faster.

    >>> has_latin_term("two companies", "company"), has_latin_term("iphone 14", "iphone14")
    (True, True)
    >>> has_latin_term("an email", "ai")
    False
    """
    stretch, pattern = _latin_forms(term)
    if stretch not in folded:
        return False
    return term in latin_terms(folded) if pattern is None else pattern.search(folded) is not None


@functools.lru_cache(4_096)
def _latin_forms(term: str) -> tuple[str, re.Pattern[str] | None]:
    """Return what stands in every text with a Latin term, and a pattern of it; None for a model name."""
    runs = _ATOM.findall(term)
    if len(runs) != 1:
        return max(runs, key=len, default=""), None
    kind = "[0-9]" if term.isdigit() else "[a-z]"
    forms = [term, *(form for form in (f"{term}s", f"{term[:-1]}ies") if stem(form) == term)]
    return term.removesuffix("y"), re.compile(f"(?<!{kind})(?:{'|'.join(map(re.escape, forms))})(?!{kind})")


def is_han(term: str) -> bool:
    """Tell whether a term consists of Han characters or kana only."""
    return HAN_RUN.fullmatch(term) is not None
