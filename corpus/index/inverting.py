"""The inverter: passages → inverted lists, many at a time. The expensive part of indexing, for any process.

Terms are sorted by their ranks among the distinct terms of the batch. Ranks are small numbers, which numpy
sorts by counting: four times as fast as sorting the terms' codes.
"""

import itertools
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from corpus.index.grouping import (
    PAIR_FLAG,
    SINGLE_FLAG,
    character_chunks,
    code_chunks,
    count_once,
    mark_characters,
    word_chunks,
)
from corpus.index.posting_writer import Chunk, Integers
from corpus.text import analyzer
from corpus.text.terms import code_of

TITLE_REPEATS: Final = 2
"""How often each term of a title counts in the title field. Terms of outlet, category and date count once.
This expresses the field weights 2 and 1 in whole numbers; the model's own title weight is 1."""

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Inverted:
    """Inverted lists of some passages, which are numbered from 0.

    Attributes:
        lists: For each family its lists, in chunks that share no term.
        lengths: For each family the number of terms in the text of each passage.
        long_texts: Texts of the words whose codes do not encode the text, by code.
    """

    lists: tuple[tuple[Chunk, ...], ...]
    lengths: tuple[NDArray[np.int32], ...]
    long_texts: Mapping[int, str]

    def __len__(self) -> int:
        return len(self.lengths[0])

    @property
    def postings(self) -> int:
        """Number of postings in both families."""
        return sum(len(chunk.tags) for chunks in self.lists for chunk in chunks)


def _no_codes() -> Integers:
    return np.empty(0, np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A passage as it is indexed: terms and facets, no text.

    Attributes:
        number: Identifies the passage: above 0, below 2**31, greater than that of any passage indexed before.
        article: Number of its article, below 2**31.
        words: Words of the text, with repetitions.
        title_words: Words of the article's title.
        characters: Codes (`terms.code_of`) of the text's characters, pairs and runs, with repetitions.
        title_characters: The same for the title.
        published: Seconds of the Unix epoch, 0: unknown. Of two equal matches the newer comes first.
        labels: Small numbers to filter by, such as categories and outlets; the caller assigns them.
    """

    number: int
    article: int
    words: Sequence[str]
    title_words: Sequence[str] = ()
    characters: Integers = field(default_factory=_no_codes)
    title_characters: Integers = field(default_factory=_no_codes)
    published: int = 0
    labels: tuple[int, ...] = ()


def invert_documents(documents: Sequence[Document]) -> Inverted:
    """Invert passages that are given as terms."""
    fields = [words for each in documents for words in (each.words, each.title_words)]
    numbers: dict[str, int] = {}
    ids = np.array([numbers.setdefault(word, len(numbers)) for words in fields for word in words], np.int32)
    sizes = [np.fromiter(map(len, fields), np.int64, len(fields))]
    words = word_chunks(ids, _owners(sizes[0]), list(numbers), list(map(code_of, numbers)))
    runs = [codes for each in documents for codes in (each.characters, each.title_characters)]
    sizes.append(np.fromiter(map(len, runs), np.int64, len(runs)))
    characters = code_chunks(np.concatenate([_no_codes(), *runs]), _owners(sizes[1]))
    return Inverted(
        (words[0], characters),
        tuple(each[::2].astype(np.int32) for each in sizes),
        words[1],
    )


class _TermIds(dict[str, int]):
    """Term ids by token, from 1; 0 for punctuation and blanks. Missing tokens are added."""

    def __init__(self) -> None:
        super().__init__()
        self.terms = [""]
        self.codes = [0]
        self._numbers: dict[str, int] = {}

    def __missing__(self, token: str) -> int:
        term = analyzer.term(token)
        number = self[token] = self.number(term) if term else 0
        return number

    def number(self, term: str) -> int:
        """The id of a term; it is added if it is new."""
        number = self._numbers.get(term)
        if number is None:
            number = self._numbers[term] = len(self.terms)
            self.terms.append(term)
            self.codes.append(code_of(term))
        return number


class _RunCodes(dict[str, int]):
    """Cache of the codes of runs of letters and digits."""

    def __missing__(self, run: str) -> int:
        if len(self) >= analyzer.MAX_CACHED_TERMS:
            self.clear()
        code = self[run] = code_of(run)
        return code


class _Caches(threading.local):
    """A thread's caches: most words of a text have occurred before."""

    def __init__(self) -> None:
        self.words = _TermIds()
        self.runs = _RunCodes()


_caches = _Caches()


class Inverter:
    """Collects folded texts of articles and inverts them all at once."""

    def __init__(self) -> None:
        if len(_caches.words) > analyzer.MAX_CACHED_TERMS:
            _caches.words = _TermIds()
        self._words = _caches.words
        self._texts: list[str] = []
        self._abouts: dict[str, int] = {}
        self._articles: list[_Article] = []
        self.passages = self.characters = 0

    def add(self, title: str, about: str, extra: Sequence[str], passages: Sequence[str]) -> None:
        """Add an article.

        Args:
            title: Its title.
            about: Outlet and categories; each distinct term counts once in the title field.
            extra: Further words of the title field.
            passages: Texts of its passages.
        """
        if about not in self._abouts:
            self._abouts[about] = len(self._texts)
            self._texts.append(about)
        first = len(self._texts) + 1
        self._texts += (title, *passages)
        self._articles.append(
            _Article(first, first + len(passages), self._abouts[about], list(map(self._words.number, extra)))
        )
        self.passages += len(passages)
        self.characters += sum(map(len, passages)) + len(passages) * len(title)

    def finish(self) -> Inverted:
        """Invert what was added; passages are numbered in the order in which they were added."""
        words, long_texts, word_lengths = self._invert_words()
        characters, character_lengths = self._invert_characters()
        return Inverted((words, characters), (word_lengths, character_lengths), long_texts)

    def _invert_words(self) -> tuple[tuple[Chunk, ...], dict[int, str], NDArray[np.int32]]:
        tokens = [analyzer.tokens(text) for text in self._texts]
        ids = np.fromiter(map(self._words.__getitem__, itertools.chain.from_iterable(tokens)), np.int32)
        ends = np.cumsum([0, *map(len, tokens)])
        held = ids > 0
        ends = np.concatenate([[0], np.cumsum(held)])[ends]
        fields = _Fields(ids[held], ends.tolist())
        extra = [np.array(article.extra, np.int32) for article in self._articles]
        values, owners = fields.concatenate(self._articles, np.unique, extra)
        chunks, long_texts = word_chunks(values, owners, self._words.terms, self._words.codes)
        return chunks, long_texts, fields.lengths(self._articles)

    def _invert_characters(self) -> tuple[tuple[Chunk, ...], NDArray[np.int32]]:
        joined = "\0".join([*self._texts, ""])  # folding removes this character from every text
        ends = np.cumsum([0, *(len(text) + 1 for text in self._texts)])
        points = np.frombuffer(joined.encode("utf-32-le", "replace"), np.int32)
        kinds = _character_kinds()[np.minimum(points, len(_character_kinds()) - 1)]
        fields = _Fields(mark_characters(points, kinds == 1), ends.tolist())
        for about in self._abouts.values():
            count_once(fields.values[slice(*fields.bounds[about : about + 2])])
        runs = _run_fields(joined, np.where(kinds >= _LETTER, kinds, 0), ends)
        values, owners = fields.concatenate(self._articles, lambda once: once)
        run_codes, run_owners = runs.concatenate(self._articles, np.unique)
        chunks = (*character_chunks(values, owners), *code_chunks(run_codes, run_owners))
        counted = np.concatenate(
            [[0], np.cumsum((fields.values & SINGLE_FLAG > 0) * 1 + (fields.values & PAIR_FLAG > 0))]
        )
        lengths = _Fields(fields.values, counted[ends].tolist()).lengths(self._articles)
        return chunks, lengths + runs.lengths(self._articles)


@dataclass(frozen=True, slots=True)
class _Article:
    """Places of an article's texts: passages from `first` to `end`, the title right before them."""

    first: int
    end: int
    about: int
    extra: list[int]


@dataclass(frozen=True, slots=True, eq=False)
class _Fields:
    """Values of all texts, concatenated; `bounds` says where each text begins."""

    values: Array
    bounds: list[int]

    def _values_of(self, text: int) -> Array:
        return self.values[self.bounds[text] : self.bounds[text + 1]]

    def concatenate(
        self, articles: Sequence[_Article], once: Callable[[Array], Array], extra: Sequence[Array] = ()
    ) -> tuple[Array, Integers]:
        """Concatenate text and title field of each passage.

        Args:
            articles: The articles.
            once: Reduces the values of outlet and categories to one occurrence each.
            extra: Further values of each article's title field.

        Returns:
            The values, and for each its owner: `passage << 1 | in_title`.
        """
        pieces = [self.values[:0]]
        sizes: list[int] = []
        for place, article in enumerate(articles):
            about = once(self._values_of(article.about))
            field = [*[self._values_of(article.first - 1)] * TITLE_REPEATS, about]
            title = np.concatenate([*field, extra[place]] if extra else field)
            for text in range(article.first, article.end):
                piece = self._values_of(text)
                pieces += (piece, title)
                sizes += (len(piece), len(title))
        return np.concatenate(pieces), _owners(np.array(sizes, np.int64))

    def lengths(self, articles: Sequence[_Article]) -> NDArray[np.int32]:
        """Number of values of each passage, by `bounds`."""
        sizes = np.diff(self.bounds)
        return np.concatenate(
            [np.empty(0, np.int64), *(sizes[article.first : article.end] for article in articles)]
        ).astype(np.int32)


def _owners(sizes: Integers) -> Integers:
    return np.repeat(np.arange(len(sizes)), sizes)


_LETTER: Final = 2
_DIGIT: Final = 3


@cache
def _character_kinds() -> NDArray[np.uint8]:
    """Kinds of characters by code point. The last element is for code points beyond the table.

    - 0: none of the following.
    - 1: Written without blanks.
    - 2: Part of a run of letters.
    - 3: Part of a run of digits.
    """
    han = analyzer.han_points()
    kinds = han.astype(np.uint8)
    letters = np.fromiter(map(str.isalnum, map(chr, range(len(kinds) - 1))), bool)
    kinds[:-1][letters & ~han[:-1]] = _LETTER
    kinds[ord("0") : ord("9") + 1] = _DIGIT
    return kinds


def _run_fields(joined: str, kinds: NDArray[np.uint8], ends: Integers) -> _Fields:
    """Codes of the runs of letters and of digits in all texts; other characters are of kind 0."""
    padded = np.concatenate([[0], kinds, [0]])
    changes = np.flatnonzero(padded[1:] != padded[:-1])
    starts, stops = changes[padded[changes + 1] > 0], changes[padded[changes] > 0]
    code = _caches.runs.__getitem__
    codes = [code(joined[start:stop]) for start, stop in zip(starts.tolist(), stops.tolist(), strict=True)]
    return _Fields(np.array(codes, np.int64), starts.searchsorted(ends).tolist())
