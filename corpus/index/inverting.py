"""Passages → their inverted lists, many at a time: the heavy part of indexing, for any process.

Terms are sorted by their places among the different terms of the batch. Those are small numbers,
which numpy sorts by counting: four times as fast as the terms' codes themselves.
"""

import itertools
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from corpus.index.merging import changes
from corpus.index.posting_writer import ESCAPE, Chunk, Integers, tags_of
from corpus.text import analyzer
from corpus.text.terms import BITS, HASHED, code_of

DOCUMENT_BITS: Final = 17
"""Two to the power of this: passages that are inverted at a time, at most."""

TITLE_REPEATS: Final = 2
"""How often each term of a title is counted in the title field, against once for those of outlet,
category and date: the model's weights of 2 and 1 in whole numbers, with a field weight of 1."""

_HAN: Final = 1 << 24
_SINGLE: Final = 1 << 25
_PAIR: Final = 1 << 26
_POINT: Final = (1 << BITS) - 1
"""Flags above a code point: written without blanks; it counts; it counts as a pair with the next."""

_NARROW: Final = 1 << 42
"""Codes of one or two characters are below; only they leave room for a document in one sort key."""

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Inverted:
    """Inverted lists of some passages, numbered from 0.

    Attributes:
        lists: For each family its lists, in chunks that share no term.
        lengths: For each family the terms in the text of each passage.
        long_texts: Texts of the words whose codes do not hold them.
    """

    lists: tuple[tuple[Chunk, ...], ...]
    lengths: tuple[NDArray[np.int32], ...]
    long_texts: Mapping[int, str]

    def __len__(self) -> int:
        return len(self.lengths[0])

    @property
    def postings(self) -> int:
        """Postings of both families."""
        return sum(len(chunk.tags) for chunks in self.lists for chunk in chunks)


def _no_codes() -> Integers:
    return np.empty(0, np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A passage as the index takes it: terms and facets, no text.

    Attributes:
        number: Identity: above 0, below 2**31, greater than that of any passage indexed before.
        article: Number of the article, below 2**31: at most one hit each.
        words: Words of the text, each as often as it occurs.
        title_words: Words of the article's title.
        characters: Codes (`terms.code_of`) of the text's characters, pairs and runs, as often as they occur.
        title_characters: The same of the title.
        published: Seconds of the Unix epoch, 0: unknown. The newer of two equal matches comes first.
        labels: Small numbers to filter by: categories, outlets, whatever the caller numbers.
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
    """Invert passages whose terms are known."""
    fields = [words for each in documents for words in (each.words, each.title_words)]
    numbers: dict[str, int] = {}
    ids = np.array([numbers.setdefault(word, len(numbers)) for words in fields for word in words], np.int32)
    sizes = [np.fromiter(map(len, fields), np.int64, len(fields))]
    words = _lists_of_words(ids, _owners(sizes[0]), list(numbers), list(map(code_of, numbers)))
    runs = [codes for each in documents for codes in (each.characters, each.title_characters)]
    sizes.append(np.fromiter(map(len, runs), np.int64, len(runs)))
    characters = _lists_of_codes(np.concatenate([_no_codes(), *runs]), _owners(sizes[1]))
    return Inverted(
        (words[0], characters),
        tuple(each[::2].astype(np.int32) for each in sizes),
        words[1],
    )


class _Words(dict[str, int]):
    """Numbers the terms that tokens stand for, from 1; 0 is for marks and blanks."""

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
        """The number of a term."""
        number = self._numbers.get(term)
        if number is None:
            number = self._numbers[term] = len(self.terms)
            self.terms.append(term)
            self.codes.append(code_of(term))
        return number


class _Runs(dict[str, int]):
    """Codes of runs of letters and digits."""

    def __missing__(self, run: str) -> int:
        if len(self) >= analyzer.MAX_CACHED_TERMS:
            self.clear()
        code = self[run] = code_of(run)
        return code


class _Remembered(threading.local):
    """What one thread knows of words: most of a text's were met before."""

    def __init__(self) -> None:
        self.words = _Words()
        self.runs = _Runs()


_remembered = _Remembered()


class Inverter:
    """Gathers folded texts of articles and inverts them all at once."""

    def __init__(self) -> None:
        if len(_remembered.words) > analyzer.MAX_CACHED_TERMS:
            _remembered.words = _Words()
        self._words = _remembered.words
        self._texts: list[str] = []
        self._abouts: dict[str, int] = {}
        self._articles: list[_Article] = []
        self.passages = self.characters = 0

    def add(self, title: str, about: str, extra: Sequence[str], passages: Sequence[str]) -> None:
        """Add an article.

        Args:
            title: Its title.
            about: Of which each term counts once for the title field: outlet and categories.
            extra: Further words of the title field.
            passages: Its texts.
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
        """Invert what was added; passages are numbered in the order in which they came."""
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
        laid, owners = fields.lay_out(self._articles, np.unique, extra)
        chunks, long_texts = _lists_of_words(laid, owners, self._words.terms, self._words.codes)
        return chunks, long_texts, fields.lengths(self._articles)

    def _invert_characters(self) -> tuple[tuple[Chunk, ...], NDArray[np.int32]]:
        joined = "\0".join([*self._texts, ""])  # a mark that folding leaves in no text
        ends = np.cumsum([0, *(len(text) + 1 for text in self._texts)])
        points = np.frombuffer(joined.encode("utf-32-le", "replace"), np.int32)
        kinds = _kinds()[np.minimum(points, len(_kinds()) - 1)]
        fields = _Fields(_marked(points, kinds == 1), ends.tolist())
        for about in self._abouts.values():
            _count_once(fields.values[slice(*fields.bounds[about : about + 2])])
        runs = _runs(joined, kinds == 2, ends)
        laid, owners = fields.lay_out(self._articles, lambda once: once)
        run_codes, run_owners = runs.lay_out(self._articles, np.unique)
        chunks = (*_lists_of_marked(laid, owners), *_lists_of_codes(run_codes, run_owners))
        counted = np.concatenate(
            [[0], np.cumsum((fields.values & _SINGLE > 0) * 1 + (fields.values & _PAIR > 0))]
        )
        lengths = _Fields(fields.values, counted[ends].tolist()).lengths(self._articles)
        return chunks, lengths + runs.lengths(self._articles)


@dataclass(frozen=True, slots=True)
class _Article:
    """Where the texts of an article are: passages from `first` to `end`, the title before them."""

    first: int
    end: int
    about: int
    extra: list[int]


@dataclass(frozen=True, slots=True, eq=False)
class _Fields:
    """Something of each text, one text after the other; `bounds` tells where each begins."""

    values: Array
    bounds: list[int]

    def _of(self, text: int) -> Array:
        return self.values[self.bounds[text] : self.bounds[text + 1]]

    def lay_out(
        self, articles: Sequence[_Article], once: Callable[[Array], Array], extra: Sequence[Array] = ()
    ) -> tuple[Array, Integers]:
        """Put text and title field of each passage one after the other.

        Returns:
            The values, and for each `passage << 1 | in_title`.
        """
        pieces = [self.values[:0]]
        sizes: list[int] = []
        for place, article in enumerate(articles):
            about = once(self._of(article.about))
            field = [*[self._of(article.first - 1)] * TITLE_REPEATS, about]
            title = np.concatenate([*field, extra[place]] if extra else field)
            for text in range(article.first, article.end):
                piece = self._of(text)
                pieces += (piece, title)
                sizes += (len(piece), len(title))
        return np.concatenate(pieces), _owners(np.array(sizes, np.int64))

    def lengths(self, articles: Sequence[_Article]) -> NDArray[np.int32]:
        """How many values each passage has, by `bounds`."""
        sizes = np.diff(self.bounds)
        return np.concatenate(
            [np.empty(0, np.int64), *(sizes[article.first : article.end] for article in articles)]
        ).astype(np.int32)


def _owners(sizes: Integers) -> Integers:
    return np.repeat(np.arange(len(sizes)), sizes)


@cache
def _kinds() -> NDArray[np.uint8]:
    """For each code point 1: written without blanks, 2: part of a run, 0: neither; the last for the rest."""
    han = analyzer.han_points()
    kinds = han.astype(np.uint8)
    letters = np.fromiter(map(str.isalnum, map(chr, range(len(kinds) - 1))), bool)
    kinds[:-1][letters & ~han[:-1]] = 2
    return kinds


def _marked(points: NDArray[np.int32], han: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Code points with their flags."""
    marked = points.copy()
    marked[han] |= _HAN | _SINGLE
    marked[:-1][han[:-1] & han[1:]] |= _PAIR
    return marked


def _count_once(marked: NDArray[np.int32]) -> None:
    """Take the flags off all characters and pairs that were there before."""
    for flag, keys in (
        (_SINGLE, marked & _POINT),
        (_PAIR, (marked & _POINT).astype(np.int64) << BITS | np.append(marked[1:], 0) & _POINT),
    ):
        flagged = np.flatnonzero(marked & flag)
        _, first = np.unique(keys[flagged], return_index=True)
        marked[flagged] &= ~flag
        marked[flagged[first]] |= flag


def _runs(joined: str, latin: NDArray[np.bool_], ends: Integers) -> _Fields:
    """Codes of the runs of letters and digits."""
    edges = np.diff(latin.astype(np.int8), prepend=0, append=0)
    starts, stops = np.flatnonzero(edges > 0), np.flatnonzero(edges < 0)
    code = _remembered.runs.__getitem__
    codes = [code(joined[start:stop]) for start, stop in zip(starts.tolist(), stops.tolist(), strict=True)]
    return _Fields(np.array(codes, np.int64), starts.searchsorted(ends).tolist())


def _lists_of_marked(marked: NDArray[np.int32], owners: Integers) -> tuple[Chunk, ...]:
    """Lists of single characters, and of pairs."""
    held = np.flatnonzero(marked & _HAN)
    held_points = marked[held] & _POINT
    distinct, held_ranks = _ranks(held_points)
    ranks = np.zeros(len(marked), held_ranks.dtype)
    ranks[held] = held_ranks
    by_point = held[np.argsort(held_ranks, kind="stable")]
    singles = by_point[marked[by_point] & _SINGLE > 0]
    # Pairs in the order of their second characters, then in that of their first ones.
    pairs = by_point[by_point > 0] - 1
    pairs = pairs[marked[pairs] & _PAIR > 0]
    pairs = pairs[np.argsort(ranks[pairs], kind="stable")]
    bits = 8 * ranks.dtype.itemsize
    wide = ranks[pairs].astype(np.int64) << bits | ranks[pairs + 1]
    low = (1 << bits) - 1
    return (
        *_chunks(ranks[singles].astype(np.int64), owners[singles], lambda numbers: distinct[numbers]),
        *_chunks(
            wide, owners[pairs], lambda numbers: distinct[numbers >> bits] << BITS | distinct[numbers & low]
        ),
    )


def _ranks(values: NDArray[np.int32]) -> tuple[Integers, Array]:
    """The different values, and the places of all among them, in the smallest type that takes them."""
    seen = np.zeros(int(values.max(initial=0)) + 1, bool)
    seen[values] = True
    distinct = np.flatnonzero(seen)
    table = np.zeros(len(seen), _small(len(distinct)))
    table[distinct] = np.arange(len(distinct))
    return distinct, table[values]


def _small(count: int) -> type[np.generic]:
    return np.uint16 if count <= 1 << 16 else np.uint32


def _lists_of_words(
    ids: NDArray[np.int32], owners: Integers, texts: Sequence[str], codes_of_texts: Sequence[int]
) -> tuple[tuple[Chunk, ...], dict[int, str]]:
    """Lists of words that are given as places among `texts`, and the texts that codes do not hold."""
    distinct, places = _ranks(ids)
    every = np.fromiter(map(codes_of_texts.__getitem__, distinct.tolist()), np.int64, len(distinct))
    codes, ranks_of = np.unique(every, return_inverse=True)
    ranks = ranks_of.astype(_small(len(codes)))[places]
    order = np.argsort(ranks, kind="stable")
    chunks = _chunks(ranks[order].astype(np.int64), owners[order], lambda numbers: codes[numbers])
    long = np.flatnonzero(every >= HASHED)
    numbers = distinct[long].tolist()
    return chunks, dict(zip(every[long].tolist(), map(texts.__getitem__, numbers), strict=True))


def _lists_of_codes(codes: Integers, owners: Integers) -> tuple[Chunk, ...]:
    """Lists of terms of any kind."""
    wide = codes >= _NARROW
    distinct, ranks = np.unique(codes[wide], return_inverse=True)
    numbers = codes.copy()
    numbers[wide] = _NARROW + ranks

    def restore(numbers: Integers) -> Integers:
        codes = numbers.copy()
        wide = numbers >= _NARROW
        codes[wide] = distinct[numbers[wide] - _NARROW]
        return codes

    keys = numbers << (DOCUMENT_BITS + 1) | owners
    # Stable: numpy's other sort is three times slower where AVX-512 is slow at compressing (AMD's Zen 4).
    keys.sort(kind="stable")
    return _counted(keys, restore)


def _chunks(
    numbers: Integers, owners: Integers, restore: Callable[[Integers], Integers]
) -> tuple[Chunk, ...]:
    """Lists of occurrences that are sorted by term and owner.

    Args:
        numbers: The term of each occurrence, as a number in the order of codes.
        owners: `document << 1 | in_title` of each occurrence.
        restore: Makes codes of numbers.
    """
    return _counted(numbers << (DOCUMENT_BITS + 1) | owners, restore)


def _counted(keys: Integers, restore: Callable[[Integers], Integers]) -> tuple[Chunk, ...]:
    """One chunk of sorted `number, owner`, or none when there is no occurrence."""
    if not len(keys):
        return ()
    first = np.flatnonzero(changes(keys))
    counts = np.diff(first, append=len(keys)).astype(np.int32)
    keys = keys[first]
    in_title = np.flatnonzero(keys & 1)
    keys >>= 1
    # A title's occurrences come right after those, if any, in the text of the same term and document.
    new = np.flatnonzero(changes(keys))
    title = np.zeros(len(new), np.int32)
    title[np.searchsorted(new, in_title, side="right") - 1] = counts[in_title]
    counts[in_title] = 0
    text = counts[new]
    keys = keys[new]
    terms = keys >> DOCUMENT_BITS
    starts = np.flatnonzero(changes(terms))
    tags = tags_of(text, title)
    escapes = np.flatnonzero(tags == ESCAPE)
    documents = keys & (1 << DOCUMENT_BITS) - 1
    return (
        Chunk(
            restore(terms[starts]),
            np.append(starts, len(terms)).astype(np.int32),
            documents.astype(_small(int(documents.max()) + 1)),
            tags,
            escapes,
            np.stack([text[escapes], title[escapes]], axis=1),
        ),
    )
