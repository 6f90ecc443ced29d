"""Merges posting lists of several sources into one, chunk by chunk in bounded memory."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from corpus.index.posting_reader import PostingLists
from corpus.index.posting_writer import ESCAPE, Chunk, Integers

MERGE_POSTINGS = 4_000_000
"""Target size of a merge step, in postings. A step may exceed it by one term's lists, which are not split."""


class Source(Protocol):
    """Posting lists to be merged: terms by growing code, documents by their numbers after the merge."""

    @property
    def codes(self) -> Integers:
        """The terms."""
        ...

    def frequencies(self) -> Integers:
        """Number of documents that hold each term; removed ones may count."""
        ...

    def part(self, low: int, high: int) -> Chunk:
        """The lists of the terms with codes from `low` to below `high`."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class ChunkSource:
    """Lists in memory; `shift` is added to their document numbers."""

    chunk: Chunk
    shift: int

    @property
    def codes(self) -> Integers:
        """The terms."""
        return self.chunk.codes

    def frequencies(self) -> Integers:
        """Number of documents that hold each term."""
        return np.diff(self.chunk.starts).astype(np.int64)

    def part(self, low: int, high: int) -> Chunk:
        """The lists of the terms with codes from `low` to below `high`."""
        chunk = self.chunk
        first, last = chunk.codes.searchsorted([low, high]).tolist()
        start, end = int(chunk.starts[first]), int(chunk.starts[last])
        aside = slice(*chunk.escapes.searchsorted([start, end]).tolist())
        return Chunk(
            chunk.codes[first:last],
            chunk.starts[first : last + 1] - start,
            chunk.documents[start:end].astype(np.int32) + np.int32(self.shift),
            chunk.tags[start:end],
            chunk.escapes[aside] - start,
            chunk.escaped[aside],
        )


@dataclass(frozen=True, slots=True, eq=False)
class SegmentSource:
    """Lists of a segment; `moves` gives each document's new number, -1 if it was removed."""

    lists: PostingLists
    moves: NDArray[np.int32]

    @property
    def codes(self) -> Integers:
        """The terms."""
        return self.lists.codes

    def frequencies(self) -> Integers:
        """Number of documents that hold each term, including removed ones."""
        return self.lists.all_frequencies()

    def part(self, low: int, high: int) -> Chunk:
        """The lists of the terms with codes from `low` to below `high`; some may be empty."""
        first, last = self.lists.codes.searchsorted([low, high]).tolist()
        ordinals, documents, tags = self.lists.postings_between(first, last)
        if len(ordinals) and (np.diff(ordinals) < 0).any():  # lists of common terms come last
            order = np.argsort(ordinals, kind="stable")
            ordinals, documents, tags = ordinals[order], documents[order], tags[order]
        aside = slice(*self.lists.escape_keys.searchsorted([first << 32, last << 32]).tolist())
        escaped = self.lists.escapes[aside]
        moved = self.moves[documents]
        kept = moved >= 0
        if not kept.all():
            escaped = escaped[kept[tags == ESCAPE]]
            ordinals, moved, tags = ordinals[kept], moved[kept], tags[kept]
        return Chunk(
            self.lists.codes[first:last],
            ordinals.searchsorted(np.arange(first, last + 1)),
            moved,
            tags,
            np.flatnonzero(tags == ESCAPE),
            escaped,
        )


def merge_lists(sources: Sequence[Source], *, ordered: bool = True) -> Iterator[Chunk]:
    """Merge the lists of all sources, by growing code.

    Args:
        sources: No two may hold the same term of the same document.
        ordered: For each term, all documents of a later source are greater than those of earlier ones.
    """
    codes = np.concatenate([np.empty(0, np.int64), *(source.codes for source in sources)])
    if not len(codes):
        return
    # The input is a few sorted runs, which the stable kind merges.
    order = np.argsort(codes, kind="stable")
    running = np.cumsum(np.concatenate([source.frequencies() for source in sources])[order])
    codes = codes[order]
    first = 0
    while first < len(codes):
        reached = running[first - 1] if first else 0
        last = max(first + 1, int(running.searchsorted(reached + MERGE_POSTINGS)))
        # Terms stay whole: include all entries with the last code.
        last = int(codes.searchsorted(codes[last - 1], side="right"))
        parts = [source.part(int(codes[first]), int(codes[last - 1]) + 1) for source in sources]
        chunk = join(parts, ordered=ordered)
        if len(chunk.codes):
            yield chunk
        first = last


def join(parts: Sequence[Chunk], *, ordered: bool) -> Chunk:
    """Join chunks into one; arguments as for `merge_lists`."""
    codes = np.concatenate([part.codes for part in parts])
    codes.sort(kind="stable")
    codes = codes[changes(codes)]
    places = [codes.searchsorted(part.codes) for part in parts]
    frequencies = [np.diff(part.starts) for part in parts]
    starts = np.zeros(len(codes) + 1, np.int64)
    for place, frequency in zip(places, frequencies, strict=True):
        starts[place + 1] += frequency
    np.cumsum(starts, out=starts)
    documents = np.empty(starts[-1], np.int32)
    tags = np.empty(starts[-1], np.uint8)
    escapes, escaped = [], []
    free = starts[:-1].copy()
    for part, place, frequency in zip(parts, places, frequencies, strict=True):
        # A posting is as far from its list's new beginning as it was from the old one.
        spots = np.repeat(free[place] - part.starts[:-1], frequency)
        spots += np.arange(len(spots))
        documents[spots] = part.documents
        tags[spots] = part.tags
        escapes.append(spots[part.escapes])
        escaped.append(part.escaped)
        free[place] += frequency
    if not ordered:
        lists = np.repeat(np.arange(len(codes)), np.diff(starts))
        order = np.argsort(lists << 32 | documents, kind="stable")
        documents, tags = documents[order], tags[order]
        spots = np.empty_like(order)
        spots[order] = np.arange(len(order))
        escapes = [spots[each] for each in escapes]
    held = np.flatnonzero(np.diff(starts))  # a term may have occurred only in removed passages
    aside = np.concatenate(escapes)
    order = np.argsort(aside)
    return Chunk(
        codes[held],
        np.append(starts[held], starts[-1]),
        documents,
        tags,
        aside[order],
        np.concatenate(escaped)[order],
    )


def changes(values: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Mask of the sorted values that differ from the one before; the first always does."""
    differs = np.empty(len(values), bool)
    differs[:1] = True
    np.not_equal(values[1:], values[:-1], out=differs[1:])
    return differs
