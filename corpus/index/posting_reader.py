"""The inverted lists of one family in one segment, read from a mapped file. `postings` writes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.errors import DamagedIndexError
from corpus.index.array_file import ArrayFile
from corpus.index.posting_writer import BLOCK, BLOCK_BITS, Integers, Tags
from corpus.text.terms import Family

TABLE_LENGTHS = 4_096
"""Lengths below have the row of a table of gains that their number says; further ones get theirs by need."""

MOST_ROWS = 1 << 16
"""Rows of a table of gains that two bytes can tell apart."""

TAG_BITS = 8

PROBE_BLOCK = 2_500
"""Postings that are decoded in the time that it takes to search one more block without decoding."""


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Where the lists of some terms lie, one element a term.

    Attributes:
        ordinals: The terms.
        frequencies: Documents in each list.
        starts: Where each sparse list begins in `lows` and `tags`.
        highs: For short lists in segments of several blocks: where they begin in `highs`; else -1.
        edges: For long lists in segments of several blocks: where each block begins in the list; else None.
        rows: For dense terms the row of tags; None for others.
    """

    ordinals: Integers
    frequencies: list[int]
    starts: list[int]
    highs: list[int]
    edges: list[list[int] | None]
    rows: list[Tags | None]


class Lists:
    """The lists of one family, read from a mapped segment."""

    def __init__(self, file: ArrayFile, family: Family, count: int) -> None:
        prefix = family.name.lower()
        self.count = count
        self._longest: int = file.meta["longest"][family]
        self.blocks = -(-count // BLOCK)
        self.codes: Integers = file.array(f"{prefix}.codes", np.int64)
        self.bounds: Tags = file.array(f"{prefix}.bounds", np.uint8)
        self.lengths: NDArray[Any] = file.array(f"{prefix}.lengths", np.uint16)
        self.starts: NDArray[Any] = file.array(f"{prefix}.starts", np.int64)
        self.lows: NDArray[np.uint16] = file.array(f"{prefix}.lows", np.uint16)
        self.tags: Tags = file.array(f"{prefix}.tags", np.uint8)
        self.highs: NDArray[np.uint8] = file.array(f"{prefix}.highs", np.uint8)
        self.long_terms: Integers = file.array(f"{prefix}.long_terms", np.int64)
        self.long_ends: Integers = file.array(f"{prefix}.long_ends", np.int64)
        self.edges: NDArray[np.uint32] = file.array(f"{prefix}.edges", np.uint32).reshape(-1, self.blocks + 1)
        self.dense_terms: Integers = file.array(f"{prefix}.dense_terms", np.int64)
        self.dense_counts: Integers = file.array(f"{prefix}.dense_counts", np.int64)
        self.dense: Tags = file.array(f"{prefix}.dense", np.uint8).reshape(-1, count)
        self.escape_keys: Integers = file.array(f"{prefix}.escape_keys", np.int64)
        self.escapes: Integers = file.array(f"{prefix}.escapes", np.int64).reshape(-1, 2)

    def every_frequency(self) -> Integers:
        """Documents that hold each of the terms, by ordinal."""
        frequencies: Integers = np.subtract(self.starts[1:], self.starts[:-1], dtype=np.int64)
        frequencies[self.dense_terms] = self.dense_counts
        return frequencies

    @cached_property
    def long_lengths(self) -> Integers:
        """The different lengths that have rows of their own in tables of gains, growing."""
        if self._longest < TABLE_LENGTHS:
            return np.empty(0, np.int64)
        return np.unique(self.lengths[self.lengths >= TABLE_LENGTHS]).astype(np.int64)

    @cached_property
    def rows(self) -> NDArray[np.integer[Any]]:
        """For each document the row of its length in tables of gains (`ranking.Gains`); in memory of its own.

        Raises:
            DamagedIndexError: There is no such row.
        """
        if int(self.lengths.max(initial=0)) > self._longest:
            raise DamagedIndexError("a text is longer than the longest")
        if not len(self.long_lengths):
            return self.lengths.copy()
        further = TABLE_LENGTHS + self.long_lengths.searchsorted(self.lengths)
        rows = np.where(self.lengths < TABLE_LENGTHS, self.lengths, further)
        return rows.astype(np.uint16 if TABLE_LENGTHS + len(self.long_lengths) <= MOST_ROWS else np.int64)

    @cached_property
    def row_starts(self) -> Integers:
        """For each document, where the row of its length begins in a flat table of gains."""
        starts: Integers = self.rows.astype(np.int64)
        starts <<= TAG_BITS
        return starts

    def find(self, codes: Integers) -> tuple[Integers, Places]:
        """Look up which of some terms are here, and where their lists lie."""
        ordinals = _find(self.codes, codes)
        there = np.flatnonzero(ordinals >= 0)
        ordinals = ordinals[there]
        if not len(there):
            return there, Places(ordinals, [], [], [], [], [])
        starts = self.starts.take(ordinals).astype(np.int64)
        frequencies = self.starts.take(ordinals + 1) - starts
        if frequencies.min() < 0 or int((starts + frequencies).max()) > len(self.lows):
            raise DamagedIndexError("a list of postings reaches beyond its array")
        rows = _find(self.dense_terms, ordinals).tolist()
        dense: list[Tags | None] = [None] * len(rows)
        for term, row in enumerate(rows):
            if row >= 0:
                dense[term] = self.dense[row]
                frequencies[term] = self.dense_counts[row]
        highs = [-1] * len(rows)
        edges: list[list[int] | None] = [None] * len(rows)
        if self.blocks > 1:
            before = np.concatenate([[0], self.long_ends])[self.long_terms.searchsorted(ordinals)]
            highs = (starts - before).tolist()
            for term, row in enumerate(_find(self.long_terms, ordinals).tolist()):
                if row >= 0:
                    edges[term] = self.edges[row].tolist()
        return there, Places(ordinals, frequencies.tolist(), starts.tolist(), highs, edges, dense)

    def uppers(self, places: Places, term: int) -> Tags:
        """Upper halves of the documents of a term that is not dense."""
        edges = places.edges[term]
        if edges is not None:
            return np.repeat(
                np.arange(self.blocks, dtype=np.uint8), [end - start for start, end in pairwise(edges)]
            )
        high = places.highs[term]
        uppers: Tags = self.highs[high : high + places.frequencies[term]]
        return uppers

    def documents(self, places: Places, term: int) -> Integers:
        """Documents of a term that is not dense, growing."""
        start = places.starts[term]
        documents = self.lows[start : start + places.frequencies[term]].astype(np.int64)
        if self.blocks > 1:
            uppers = self.uppers(places, term).astype(np.int64)
            uppers <<= BLOCK_BITS
            documents |= uppers
        return documents

    def cuts(self, documents: Integers) -> list[tuple[int, slice]]:
        """The blocks that documents (growing) are in, each with its part of them."""
        if self.blocks == 1:
            return [(0, slice(0, len(documents)))]
        ends = documents.searchsorted(np.arange(self.blocks + 1) << BLOCK_BITS).tolist()
        return [(block, slice(*span)) for block, span in enumerate(pairwise(ends)) if span[0] < span[1]]

    def probe(
        self,
        places: Places,
        term: int,
        documents: Integers,
        cuts: Sequence[tuple[int, slice]],
        lows: NDArray[np.uint16],
        tags: Tags,
    ) -> None:
        """Put a term's tags in the given documents (growing) into `tags`; 0 where it is not.

        Args:
            places: Where the lists are.
            term: Which of them.
            documents: Where to look.
            cuts: Of these documents.
            lows: Their lower halves.
            tags: One a document, to be overwritten.
        """
        row = places.rows[term]
        if row is not None:
            row.take(documents, out=tags)
            return
        start, count, edges = places.starts[term], places.frequencies[term], places.edges[term]
        if self.blocks == 1:
            end = start + count
            _probe(self.lows[start:end], self.tags[start:end], lows, tags)
        elif edges is not None and count > PROBE_BLOCK * (len(cuts) - 1):
            for block, part in cuts:
                low, high = start + edges[block], start + edges[block + 1]
                if low < high:
                    _probe(self.lows[low:high], self.tags[low:high], lows[part], tags[part])
                else:
                    tags[part] = 0
        else:
            _probe(self.documents(places, term), self.tags[start : start + count], documents, tags)

    def escape_places(self, ordinals: Integers, documents: Integers) -> Integers:
        """Which of the escapes are those of terms in documents that have one there."""
        return self.escape_keys.searchsorted(ordinals << 32 | documents)

    def span(self, first: int, last: int) -> tuple[Integers, Integers, Tags]:
        """All postings of the terms `first` to `last` (excluded): ordinals, documents, tags, unordered."""
        start, end = int(self.starts[first]), int(self.starts[last])
        starts: Integers = self.starts[first : last + 1].astype(np.int64)
        lengths = starts[1:] - starts[:-1]
        ordinals = np.repeat(np.arange(first, last), lengths)
        documents, tags = self.lows[start:end].astype(np.int64), self.tags[start:end]
        if self.blocks > 1:
            documents += self._uppers(first, last, lengths) << BLOCK_BITS
        rows = slice(*np.searchsorted(self.dense_terms, [first, last]).tolist())
        pieces = [(ordinals, documents, tags)]
        for term, row in zip(self.dense_terms[rows].tolist(), self.dense[rows], strict=True):
            held = np.flatnonzero(row)
            pieces.append((np.full(len(held), term), held, row[held]))
        whole = [np.concatenate(column) for column in zip(*pieces, strict=True)]
        return whole[0], whole[1], whole[2]

    def _uppers(self, first: int, last: int, lengths: Integers) -> Integers:
        """Upper halves of the documents in the sparse lists of a range of terms."""
        low, high = np.searchsorted(self.long_terms, [first, last]).tolist()
        before = int(self.long_ends[low - 1]) if low else 0
        after = int(self.long_ends[high - 1]) if high else 0
        uppers = np.empty(int(lengths.sum()), np.int64)
        long = np.zeros(last - first, bool)
        long[self.long_terms[low:high] - first] = True
        in_long = np.repeat(long, lengths)
        start, end = int(self.starts[first]) - before, int(self.starts[last]) - after
        uppers[~in_long] = self.highs[start:end]
        edges: Integers = self.edges[low:high].astype(np.int64)
        counts = edges[:, 1:] - edges[:, :-1]
        uppers[in_long] = np.repeat(np.tile(np.arange(self.blocks), high - low), counts.ravel())
        return uppers


def _find(sorted_values: Integers, wanted: Integers) -> Integers:
    """Place of each wanted value among the sorted ones; -1 where it is missing."""
    if not len(sorted_values):
        return np.full(len(wanted), -1)
    places = sorted_values.searchsorted(wanted)
    places[places == len(sorted_values)] = 0
    return np.where(sorted_values.take(places) == wanted, places, -1)


def _probe(held: NDArray[Any], held_tags: Tags, wanted: NDArray[Any], tags: Tags) -> None:
    spots = held.searchsorted(wanted)
    # Clipping: what is greater than all that are held is compared with the last of them, and differs.
    np.multiply(held_tags.take(spots, mode="clip"), held.take(spots, mode="clip") == wanted, out=tags)
