"""Segments: immutable files with the lists and facets of some passages; and removals from them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.index.array_file import ArrayFile, ArrayWriter, Checksum
from corpus.index.posting_reader import PostingLists
from corpus.index.posting_writer import Integers
from corpus.text.terms import HASHED, Family, text_of

Mask = NDArray[np.bool_]

MASKS = 8
"""Masks of recent restrictions that a segment caches, one byte per passage. A reader who narrows a search
turns pages and asks again, and computing a mask of a million passages takes as long as searching them."""


@dataclass(frozen=True, slots=True)
class Restriction:
    """A filter on passages. All conditions that are given must hold.

    Attributes:
        since: Published at this second of the Unix epoch or later; passages without a date fail.
        until: Published before this second; passages without a date fail.
        labels: The passage has at least one label of each of these sets.
        articles: The passage belongs to one of these articles.
        excluded_articles: The passage belongs to none of these articles.
    """

    since: int | None = None
    until: int | None = None
    labels: tuple[frozenset[int], ...] = ()
    articles: frozenset[int] | None = None
    excluded_articles: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Facets:
    """What a segment stores of each passage beside its terms; one array element per passage.

    Attributes:
        numbers: Passage numbers, growing.
        articles: Number of the article that the passage is part of.
        published: Seconds of the Unix epoch, 0: unknown.
        label_sets: Row of `label_starts`. Many passages share a few distinct sets of labels.
        label_starts: Where each set begins in `labels`, and the end of the last.
        labels: The sets, concatenated.
    """

    numbers: NDArray[np.int32]
    articles: NDArray[np.int32]
    published: NDArray[np.uint32]
    label_sets: NDArray[np.uint32]
    label_starts: NDArray[np.uint32]
    labels: NDArray[np.int32]

    NAMES = ("numbers", "articles", "published", "label_sets", "label_starts", "labels")

    def write(self, writer: ArrayWriter) -> None:
        """Write the arrays into a segment's file."""
        for name in self.NAMES:
            writer.append(name, getattr(self, name))

    @classmethod
    def read(cls, file: ArrayFile) -> "Facets":
        """Read the arrays from a segment's file."""
        kinds: tuple[type[np.generic], ...] = (np.int32, np.int32, np.uint32, np.uint32, np.uint32, np.int32)
        return cls(*(file.array(name, kind) for name, kind in zip(cls.NAMES, kinds, strict=True)))

    def label_tuples(self) -> list[tuple[int, ...]]:
        """The distinct sets of labels, by row."""
        labels = self.labels.tolist()
        return [tuple(labels[start:end]) for start, end in pairwise(self.label_starts.tolist())]

    def allowed(self, where: Restriction) -> Mask:
        """Mask of the passages that pass a restriction; read-only."""
        mask: Mask = np.ones(len(self.numbers), bool)
        if where.since is not None:
            mask &= self.published >= max(where.since, 1)
        if where.until is not None:
            mask &= (self.published < max(where.until, 0)) & (self.published > 0)
        if where.articles is not None:
            mask &= np.isin(self.articles, np.fromiter(where.articles, np.int32))
        if where.excluded_articles:
            mask &= ~np.isin(self.articles, np.fromiter(where.excluded_articles, np.int32))
        for accepted in where.labels:
            fits = np.isin(self.labels, np.fromiter(accepted, np.int32))
            running = np.concatenate([[0], np.cumsum(fits)])
            sets = running[self.label_starts[1:]] > running[self.label_starts[:-1]]
            mask &= sets[self.label_sets]
        mask.flags.writeable = False
        return mask


def pack_labels(sets: Sequence[tuple[int, ...]]) -> tuple[NDArray[np.uint32], NDArray[np.int32]]:
    """`label_starts` and `labels` of these sets."""
    starts = np.cumsum([0, *map(len, sets)]).astype(np.uint32)
    return starts, np.fromiter((label for labels in sets for label in labels), np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class Removals:
    """Passages removed from a segment, and the reduction of document frequencies that follows.

    Attributes:
        documents: Places of the passages within the segment, growing.
        codes: For each family, the terms that they held, growing.
        counts: For each family and term, how many of the passages held it.
    """

    documents: Integers
    codes: tuple[Integers, ...]
    counts: tuple[Integers, ...]

    @classmethod
    def none(cls) -> "Removals":
        """No removals."""
        empty = np.empty(0, np.int64)
        return cls(empty, (empty,) * len(Family), (empty,) * len(Family))

    def plus(self, documents: Integers, codes: Sequence[Integers]) -> "Removals":
        """These and further removals.

        Args:
            documents: Places of the documents.
            codes: For each family, the codes they held: each once per document.
        """
        if not len(documents):
            return self
        totals = []
        for family in Family:
            every = np.concatenate([self.codes[family], codes[family]])
            weights = np.concatenate([self.counts[family], np.ones(len(codes[family]), np.int64)])
            distinct, places = np.unique(every, return_inverse=True)
            counts = np.zeros(len(distinct), np.int64)
            np.add.at(counts, places, weights)
            totals.append((distinct, counts))
        return Removals(
            np.union1d(self.documents, documents),
            tuple(codes for codes, _ in totals),
            tuple(counts for _, counts in totals),
        )

    def taken(self, family: Family, codes: Integers) -> Integers:
        """How many removed passages held each of these terms."""
        mine = self.codes[family]
        if not len(mine):
            return np.zeros(len(codes), np.int64)
        places = np.minimum(np.searchsorted(mine, codes), len(mine) - 1)
        return np.where(mine[places] == codes, self.counts[family][places], 0)

    def write(self, path: Path) -> Checksum:
        """Write the file of removals."""
        writer = ArrayWriter(path)
        writer.append("documents", self.documents)
        for family in Family:
            writer.append(f"codes.{family:d}", self.codes[family])
            writer.append(f"counts.{family:d}", self.counts[family])
        return writer.finish({})

    @classmethod
    def read(cls, path: Path, checksum: Checksum) -> "Removals":
        """Read a file of removals.

        Raises:
            FileNotFoundError: There is none.
            IndexUnavailableError: It is damaged.
        """
        file = ArrayFile(path, checksum, in_memory=True)
        return cls(
            file.array("documents", np.int64),
            tuple(file.array(f"codes.{family:d}", np.int64) for family in Family),
            tuple(file.array(f"counts.{family:d}", np.int64) for family in Family),
        )


ARRAYS = (
    ("codes", 8),
    ("starts", 4),
    ("lows", 2),
    ("tags", 1),
    ("highs", 1),
    ("long_terms", 8),
    ("long_ends", 8),
    ("edges", 4),
    ("dense_terms", 8),
    ("dense_counts", 8),
    ("dense", 1),
    ("escape_keys", 8),
    ("bounds", 1),
)
"""A family's arrays in the order of `kernels.layout` (`DIR_…`), with bytes per element."""

FACETS = (("numbers", 4), ("articles", 4), ("published", 4))


class Layout:
    """Positions of all arrays in a segment's file, for the compiled kernels."""

    def __init__(self, file: ArrayFile) -> None:
        self.raw = file.raw
        names = [(f"{family.name.lower()}.{name}", size) for family in Family for name, size in ARRAYS]
        places = [(file.extent(name), size) for name, size in (*names, *FACETS)]
        self.directory = np.array([(offset // size, count) for (offset, count), size in places], np.int64)


class Segment:
    """A segment together with its removals: immutable, safe for many threads."""

    def __init__(
        self, file: ArrayFile, removals: Removals, lists: tuple[PostingLists, ...] | None = None
    ) -> None:
        """Open the arrays of a segment.

        Args:
            file: The segment's file.
            removals: The passages that were removed from it.
            lists: Its lists, if they are open already.
        """
        self.file = file
        self.removals = removals
        self.facets = Facets.read(file)
        self.size = len(self.facets.numbers)
        self.lists = lists or tuple(PostingLists(file, family, self.size) for family in Family)
        self.count = self.size - len(removals.documents)
        self.postings = max(int(lists.starts[-1]) for lists in self.lists)
        self.mean_when_written: tuple[float, ...] = tuple(file.meta["means"])
        self.longest: tuple[int, ...] = tuple(file.meta["longest"])
        self.model_when_written: list[float] = file.meta["model"]
        self.lengths = tuple(
            int(file.meta["lengths"][family])
            - int(self.lists[family].lengths[removals.documents].sum(dtype=np.int64))
            for family in Family
        )
        self.passing = lru_cache(MASKS)(self.facets.allowed)
        self.alive: Mask | None = None
        if len(removals.documents):
            self.alive = np.ones(self.size, bool)
            self.alive[removals.documents] = False

    @cached_property
    def layout(self) -> Layout:
        """Positions of all arrays in the file."""
        return Layout(self.file)

    def with_removals(self, removals: Removals) -> "Segment":
        """The same segment with other removals."""
        return Segment(self.file, removals, self.lists)

    def frequencies(self, family: Family, codes: Integers) -> Integers:
        """Number of passages, without removed ones, that hold each term."""
        frequencies = -self.removals.taken(family, codes)
        there, places = self.lists[family].find(codes)
        frequencies[there] += np.array(places.frequencies, np.int64)
        return np.maximum(frequencies, 0)

    def locate(self, numbers: NDArray[Any]) -> Integers:
        """Place of each passage in this segment; -1 if it is not there or was removed."""
        places = np.minimum(np.searchsorted(self.facets.numbers, numbers), self.size - 1)
        here = self.facets.numbers[places] == numbers
        if self.alive is not None:
            here &= self.alive[places]
        return np.where(here, places, -1)

    def words(self) -> Iterator[tuple[int, str]]:
        """Code and text of every word, by growing code."""
        codes = self.lists[Family.WORDS].codes
        for code in codes[: np.searchsorted(codes, HASHED)].tolist():
            yield code, text_of(code) or ""
        yield from self.long_words()

    def long_words(self) -> Iterator[tuple[int, str]]:
        """Code and text of the words whose code does not encode the text, by growing code."""
        codes = self.lists[Family.WORDS].codes
        ends = np.cumsum(self.file.array("words.text_lengths", np.int32), dtype=np.int64).tolist()
        blob = self.file.array("words.texts", np.uint8)
        start = 0
        for code, end in zip(codes[np.searchsorted(codes, HASHED) :].tolist(), ends, strict=True):
            yield code, blob[start:end].tobytes().decode("utf-8", "surrogatepass")
            start = end
