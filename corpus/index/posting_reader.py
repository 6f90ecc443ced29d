"""Posting-list reader: the lists of one family in one segment. `posting_writer` describes the format."""

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.errors import DamagedIndexError
from corpus.index.array_file import ArrayFile
from corpus.index.posting_writer import BLOCK, BLOCK_BITS, Integers, Tags
from corpus.text.terms import Family

SHARED_TABLE_LENGTHS = 4_096
"""Text lengths below this have the row of their own number in every table of gains. Greater lengths get a row
in the table of each segment in which they occur."""

MAX_GAIN_ROWS = 1 << 16
"""Rows of a table of gains that two bytes can number."""

TAG_BITS = 8

DECODED_POSTINGS_PER_BLOCK = 2_500
"""Break-even: decoding this many postings costs as much as searching one more block undecoded."""


@dataclass(frozen=True, slots=True, eq=False)
class ListLocations:
    """Where the lists of some terms lie; one element per term.

    Attributes:
        ordinals: Places of the terms in the segment's dictionary.
        frequencies: Number of documents in each list.
        starts: Where each sparse list begins in `low_halves` and `tags`.
        high_starts: For short lists in segments of several blocks: where they begin in `high_bytes`; else -1.
        block_starts: For long lists in segments of several blocks: where each block begins; else None.
        dense_rows: For dense terms the row of tags; None for others.
    """

    ordinals: Integers
    frequencies: list[int]
    starts: list[int]
    high_starts: list[int]
    block_starts: list[list[int] | None]
    dense_rows: list[Tags | None]


class PresentTerms(NamedTuple):
    """Which of some terms a segment holds.

    Attributes:
        places: Places of those terms among the ones that were asked for.
        locations: Where their lists lie.
    """

    places: Integers
    locations: ListLocations


class PostingLists:
    """The posting lists of one family in one segment."""

    def __init__(self, file: ArrayFile, family: Family, count: int) -> None:
        prefix = family.name.lower()
        self.count = count
        self._longest: int = file.meta["longest"][family]
        self.blocks = -(-count // BLOCK)
        self.codes: Integers = file.array(f"{prefix}.codes", np.int64)
        self.bounds: Tags = file.array(f"{prefix}.bounds", np.uint8)
        self.lengths: NDArray[Any] = file.array(f"{prefix}.lengths", np.uint16)
        self.starts: NDArray[Any] = file.array(f"{prefix}.starts", np.int64)
        self.low_halves: NDArray[np.uint16] = file.array(f"{prefix}.lows", np.uint16)
        self.tags: Tags = file.array(f"{prefix}.tags", np.uint8)
        self.high_bytes: NDArray[np.uint8] = file.array(f"{prefix}.highs", np.uint8)
        self.long_terms: Integers = file.array(f"{prefix}.long_terms", np.int64)
        self.long_ends: Integers = file.array(f"{prefix}.long_ends", np.int64)
        self.block_starts: NDArray[np.uint32] = file.array(f"{prefix}.edges", np.uint32).reshape(
            -1, self.blocks + 1
        )
        self.dense_terms: Integers = file.array(f"{prefix}.dense_terms", np.int64)
        self.dense_counts: Integers = file.array(f"{prefix}.dense_counts", np.int64)
        self.dense: Tags = file.array(f"{prefix}.dense", np.uint8).reshape(-1, count)
        self.escape_keys: Integers = file.array(f"{prefix}.escape_keys", np.int64)
        self.escapes: Integers = file.array(f"{prefix}.escapes", np.int64).reshape(-1, 2)

    def all_frequencies(self) -> Integers:
        """Number of documents that hold each term, by ordinal; removed documents count."""
        frequencies: Integers = np.subtract(self.starts[1:], self.starts[:-1], dtype=np.int64)
        frequencies[self.dense_terms] = self.dense_counts
        return frequencies

    @cached_property
    def long_lengths(self) -> Integers:
        """The distinct text lengths, growing, that have rows of the segment's own in its table of gains."""
        if self._longest < SHARED_TABLE_LENGTHS:
            return np.empty(0, np.int64)
        return np.unique(self.lengths[self.lengths >= SHARED_TABLE_LENGTHS]).astype(np.int64)

    @cached_property
    def gain_rows(self) -> NDArray[np.integer[Any]]:
        """For each document its row in tables of gains (`ranking.GainTable`); a copy in memory.

        Raises:
            DamagedIndexError: There is no such row.
        """
        if int(self.lengths.max(initial=0)) > self._longest:
            raise DamagedIndexError("a text is longer than the longest")
        if not len(self.long_lengths):
            return self.lengths.copy()
        further = SHARED_TABLE_LENGTHS + self.long_lengths.searchsorted(self.lengths)
        gain_rows = np.where(self.lengths < SHARED_TABLE_LENGTHS, self.lengths, further)
        return gain_rows.astype(
            np.uint16 if SHARED_TABLE_LENGTHS + len(self.long_lengths) <= MAX_GAIN_ROWS else np.int64
        )

    @cached_property
    def gain_row_starts(self) -> Integers:
        """For each document, where its gain row begins in a flat table of gains."""
        starts: Integers = self.gain_rows.astype(np.int64)
        starts <<= TAG_BITS
        return starts

    def find(self, codes: Integers) -> PresentTerms:
        """Look terms up.

        Raises:
            DamagedIndexError: A list reaches beyond its array.
        """
        ordinals = _positions_of(self.codes, codes)
        present = np.flatnonzero(ordinals >= 0)
        ordinals = ordinals[present]
        if not len(present):
            return PresentTerms(present, ListLocations(ordinals, [], [], [], [], []))
        starts = self.starts.take(ordinals).tolist()
        frequencies = [
            end - start for start, end in zip(starts, self.starts.take(ordinals + 1).tolist(), strict=True)
        ]
        if min(frequencies) < 0 or max(starts) + max(frequencies) > len(self.low_halves):
            _require_inside(starts, frequencies, len(self.low_halves))
        dense: list[Tags | None] = [None] * len(starts)
        for term, row in enumerate(_positions_of(self.dense_terms, ordinals).tolist()):
            if row >= 0:
                dense[term] = self.dense[row]
                frequencies[term] = int(self.dense_counts[row])
        high_starts = [-1] * len(starts)
        block_starts: list[list[int] | None] = [None] * len(starts)
        if self.blocks > 1:
            before = np.concatenate([[0], self.long_ends])[self.long_terms.searchsorted(ordinals)].tolist()
            high_starts = [start - skipped for start, skipped in zip(starts, before, strict=True)]
            for term, row in enumerate(_positions_of(self.long_terms, ordinals).tolist()):
                if row >= 0:
                    block_starts[term] = self.block_starts[row].tolist()
        return PresentTerms(
            present, ListLocations(ordinals, frequencies, starts, high_starts, block_starts, dense)
        )

    def high_halves(self, locations: ListLocations, term: int) -> Tags:
        """Upper halves of the documents of a sparse term."""
        block_starts = locations.block_starts[term]
        if block_starts is not None:
            return np.repeat(
                np.arange(self.blocks, dtype=np.uint8), [end - start for start, end in pairwise(block_starts)]
            )
        high = locations.high_starts[term]
        high_halves: Tags = self.high_bytes[high : high + locations.frequencies[term]]
        return high_halves

    def documents(self, locations: ListLocations, term: int) -> Integers:
        """Documents of a sparse term, growing."""
        start = locations.starts[term]
        documents = self.low_halves[start : start + locations.frequencies[term]].astype(np.int64)
        if self.blocks > 1:
            high_halves = self.high_halves(locations, term).astype(np.int64)
            high_halves <<= BLOCK_BITS
            documents |= high_halves
        return documents

    def split_by_block(self, documents: Integers) -> list[tuple[int, slice]]:
        """The blocks that hold documents (growing), each with the slice of its documents."""
        if self.blocks == 1:
            return [(0, slice(0, len(documents)))]
        ends = documents.searchsorted(np.arange(self.blocks + 1) << BLOCK_BITS).tolist()
        return [
            (block, slice(*postings_between))
            for block, postings_between in enumerate(pairwise(ends))
            if postings_between[0] < postings_between[1]
        ]

    def look_up_tags(
        self,
        locations: ListLocations,
        term: int,
        documents: Integers,
        blocks: Sequence[tuple[int, slice]],
        low_halves: NDArray[np.uint16],
        tags: Tags,
    ) -> None:
        """Write a term's tags in the given documents (growing) to `tags`; 0 where it does not occur.

        Args:
            locations: Where the lists lie.
            term: Place of the term in `locations`.
            documents: The documents.
            blocks: `split_by_block` of the documents.
            low_halves: Lower halves of the documents.
            tags: One per document, to be overwritten.
        """
        row = locations.dense_rows[term]
        if row is not None:
            row.take(documents, out=tags)
            return
        start, count, block_starts = (
            locations.starts[term],
            locations.frequencies[term],
            locations.block_starts[term],
        )
        if self.blocks == 1:
            end = start + count
            _look_up_tags(self.low_halves[start:end], self.tags[start:end], low_halves, tags)
        elif block_starts is not None and count > DECODED_POSTINGS_PER_BLOCK * (len(blocks) - 1):
            for block, part in blocks:
                low, high = start + block_starts[block], start + block_starts[block + 1]
                if low < high:
                    _look_up_tags(
                        self.low_halves[low:high], self.tags[low:high], low_halves[part], tags[part]
                    )
                else:
                    tags[part] = 0
        else:
            _look_up_tags(self.documents(locations, term), self.tags[start : start + count], documents, tags)

    def escape_positions(self, ordinals: Integers, documents: Integers) -> Integers:
        """Places in `escapes` of the given terms in the given documents; each must have one."""
        return self.escape_keys.searchsorted(ordinals << 32 | documents)

    def postings_between(self, first: int, last: int) -> tuple[Integers, Integers, Tags]:
        """All postings of the terms `first` to `last` (excluded): ordinals, documents, tags, unordered."""
        start, end = int(self.starts[first]), int(self.starts[last])
        starts: Integers = self.starts[first : last + 1].astype(np.int64)
        lengths = starts[1:] - starts[:-1]
        ordinals = np.repeat(np.arange(first, last), lengths)
        documents, tags = self.low_halves[start:end].astype(np.int64), self.tags[start:end]
        if self.blocks > 1:
            documents += self._high_halves_between(first, last, lengths) << BLOCK_BITS
        gain_rows = slice(*np.searchsorted(self.dense_terms, [first, last]).tolist())
        pieces = [(ordinals, documents, tags)]
        for term, row in zip(self.dense_terms[gain_rows].tolist(), self.dense[gain_rows], strict=True):
            held = np.flatnonzero(row)
            pieces.append((np.full(len(held), term), held, row[held]))
        whole = [np.concatenate(column) for column in zip(*pieces, strict=True)]
        return whole[0], whole[1], whole[2]

    def _high_halves_between(self, first: int, last: int, lengths: Integers) -> Integers:
        """Upper halves of the documents in the sparse lists of a range of terms."""
        low, high = np.searchsorted(self.long_terms, [first, last]).tolist()
        before = int(self.long_ends[low - 1]) if low else 0
        after = int(self.long_ends[high - 1]) if high else 0
        high_halves = np.empty(int(lengths.sum()), np.int64)
        is_long = np.zeros(last - first, bool)
        is_long[self.long_terms[low:high] - first] = True
        is_in_long = np.repeat(is_long, lengths)
        start, end = int(self.starts[first]) - before, int(self.starts[last]) - after
        high_halves[~is_in_long] = self.high_bytes[start:end]
        block_starts: Integers = self.block_starts[low:high].astype(np.int64)
        counts = block_starts[:, 1:] - block_starts[:, :-1]
        high_halves[is_in_long] = np.repeat(np.tile(np.arange(self.blocks), high - low), counts.ravel())
        return high_halves


def _require_inside(starts: Sequence[int], frequencies: Sequence[int], size: int) -> None:
    """Refuse lists that are shorter than nothing or reach beyond their array.

    Raises:
        DamagedIndexError: One does.
    """
    ends = map(operator.add, starts, frequencies)
    if min(frequencies) < 0 or max(ends) > size:
        raise DamagedIndexError("a list of postings reaches beyond its array")


def _positions_of(sorted_values: Integers, wanted: Integers) -> Integers:
    """Place of each wanted value among sorted values; -1 where it is missing."""
    if not len(sorted_values):
        return np.full(len(wanted), -1)
    locations = sorted_values.searchsorted(wanted)
    locations[locations == len(sorted_values)] = 0
    return np.where(sorted_values.take(locations) == wanted, locations, -1)


def _look_up_tags(held: NDArray[Any], held_tags: Tags, wanted: NDArray[Any], tags: Tags) -> None:
    spots = held.searchsorted(wanted)
    # A value greater than all is clipped to the last place, where the comparison fails.
    np.multiply(held_tags.take(spots, mode="clip"), held.take(spots, mode="clip") == wanted, out=tags)
