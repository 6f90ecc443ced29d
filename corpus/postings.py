"""The inverted lists of one family in one segment: how they lie on disk, how they are read.

A posting is two bytes of document and one byte of tag. Documents are numbered from 0 within their
segment; the two bytes are the lower half of that number, and what gives the upper half depends on
how many documents hold the term:

- *dense* (a third of the segment or more): no list, but a row with one tag for every document;
- *long* (`LONG` or more): a table row says where each block of 65,536 documents begins in the list;
- *short*: one further byte for each posting, the upper half.

A segment of up to 65,536 documents needs no upper halves at all.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.arrays import ArrayFile, ArrayWriter
from corpus.bm25 import BM25F
from corpus.terms import Family

Integers = NDArray[np.int64]
Tags = NDArray[np.uint8]

BLOCK_BITS = 16
BLOCK = 1 << BLOCK_BITS
MOST_DOCUMENTS = 256 * BLOCK
LONG = 256
DENSE_SHARE = 3
DENSE_FROM = 1024
"""Segments with fewer documents have no dense rows."""

LENGTH_CAP = 2047
"""Texts longer than this count as this long in tables that give upper bounds, never in scores."""

ESCAPE = 255
_BASES = np.array([0, 128, 192, 224, 240])
_ROOMS = np.array([127, 63, 31, 15, 14])


def _tables() -> tuple[Integers, Integers]:
    text, title = np.zeros(256, np.int64), np.zeros(256, np.int64)
    for occurrences, (base, room) in enumerate(zip(_BASES, _ROOMS, strict=True)):
        text[base : base + room + 1] = np.arange(room + 1)
        title[base : base + room + 1] = occurrences
    return text, title


TEXT_OF_TAG, TITLE_OF_TAG = _tables()
"""Occurrences in text and in title for each tag. Tag 0: the term is not there. `ESCAPE`: look aside."""


def tags_of(text: Integers, title: Integers) -> Tags:
    """Tags for occurrences in text and title; `ESCAPE` where no other tag tells them exactly."""
    row = np.minimum(title, len(_BASES) - 1)
    fits = (title < len(_BASES)) & (text <= _ROOMS[row])
    return np.where(fits, _BASES[row] + text, ESCAPE).astype(np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Lists of some terms, by growing code, each by growing document.

    Attributes:
        codes: One a term.
        starts: Where each term's postings begin, and the end of the last: one more than terms.
        documents: One a posting.
        tags: One a posting.
        escapes: Positions of the postings whose tag is `ESCAPE`.
        escaped: Their occurrences in text and title, two columns.
    """

    codes: Integers
    starts: Integers
    documents: Integers
    tags: Tags
    escapes: Integers
    escaped: Integers


class ListsWriter:
    """Writes the lists of one family, chunk after chunk, into a segment's file."""

    def __init__(
        self, writer: ArrayWriter, family: Family, lengths: NDArray[np.generic], model: BM25F, mean: float
    ) -> None:
        """Begin a family.

        Args:
            writer: Of the segment's file.
            family: Which one.
            lengths: Terms in the text of each document of the segment.
            model: Whose gains the upper bounds of the lists are taken from.
            mean: Mean length within the segment.
        """
        self._writer = writer
        self._prefix = family.name.lower()
        self._count = len(lengths)
        self._blocks = -(-self._count // BLOCK)
        self._capped = np.minimum(lengths, LENGTH_CAP).astype(np.intp)
        self._bounds = _bound_table(model, family, mean)
        self._terms = 0
        self.append("lengths", lengths.astype(np.uint16 if lengths.max(initial=0) < BLOCK else np.int32))
        self.append("starts", np.zeros(1, np.int64))
        self._position = 0
        self._in_long = 0

    def append(self, name: str, array: NDArray[Any]) -> None:
        """Add to one of the family's arrays."""
        self._writer.append(f"{self._prefix}.{name}", array)

    def write(self, chunk: Chunk) -> None:
        """Add terms; their codes must be greater than those of any chunk before."""
        frequencies = np.diff(chunk.starts)
        indexes = self._bounds[chunk.tags, self._capped[chunk.documents]]
        self.append("codes", chunk.codes)
        self.append("bounds", np.maximum.reduceat(indexes, chunk.starts[:-1]))
        if len(chunk.escapes):
            ordinals = np.searchsorted(chunk.starts, chunk.escapes, side="right") - 1 + self._terms
            self.append("escape_keys", ordinals << 32 | chunk.documents[chunk.escapes])
            self.append("escapes", chunk.escaped.astype(np.int64).ravel())
        dense = np.zeros(len(chunk.codes), bool)
        if self._count >= DENSE_FROM:
            dense = frequencies * DENSE_SHARE >= self._count
        for term in np.flatnonzero(dense):
            row = np.zeros(self._count, np.uint8)
            part = slice(chunk.starts[term], chunk.starts[term + 1])
            row[chunk.documents[part]] = chunk.tags[part]
            self.append("dense", row)
        self.append("dense_terms", np.flatnonzero(dense) + self._terms)
        self.append("dense_counts", frequencies[dense])
        self._write_sparse(chunk, frequencies, dense)
        self._terms += len(chunk.codes)

    def _write_sparse(self, chunk: Chunk, frequencies: Integers, dense: NDArray[np.bool_]) -> None:
        lengths = np.where(dense, 0, frequencies)
        documents, tags = chunk.documents, chunk.tags
        if dense.any():
            listed = ~np.repeat(dense, frequencies)
            documents, tags = documents[listed], tags[listed]
        self.append("starts", self._position + np.cumsum(lengths))
        self.append("lows", (documents & BLOCK - 1).astype(np.uint16))
        self.append("tags", tags)
        self._position += len(documents)
        if self._blocks <= 1:
            return
        long = lengths >= LONG
        self.append("long_terms", np.flatnonzero(long) + self._terms)
        self.append("long_ends", self._in_long + np.cumsum(lengths[long]))
        self._in_long += int(lengths[long].sum())
        in_long = np.repeat(long, lengths)
        self.append("highs", (documents[~in_long] >> BLOCK_BITS).astype(np.uint8))
        rows = np.repeat(np.arange(int(long.sum())), lengths[long])
        cells = rows * self._blocks + (documents[in_long] >> BLOCK_BITS)
        counts = np.bincount(cells, minlength=int(long.sum()) * self._blocks).reshape(-1, self._blocks)
        edges = np.zeros((len(counts), self._blocks + 1), np.int64)
        np.cumsum(counts, axis=1, out=edges[:, 1:])
        self.append("edges", edges.astype(np.uint32).ravel())


def _bound_table(model: BM25F, family: Family, mean: float) -> NDArray[np.uint8]:
    """Saturation, 0 to 1 in 255ths rounded up, for each tag and each length."""
    saturation = saturation_table(model, family, LENGTH_CAP, mean=mean)
    return np.minimum(np.ceil(saturation * 255 * (1 + 1e-6)), 255).astype(np.uint8)


def saturation_table(
    model: BM25F, family: Family, longest: int, *, mean: float | None = None
) -> NDArray[np.float64]:
    """`gain / (k1 + 1)` for every tag (rows) and text length up to `longest` (columns); 1 for `ESCAPE`."""
    norms = model.norms(np.arange(longest + 1), family, mean=mean)
    table = np.stack(
        [
            model.gains(text, title, norms)
            for text, title in zip(TEXT_OF_TAG.tolist(), TITLE_OF_TAG.tolist(), strict=True)
        ]
    ) / (model.k1 + 1)
    table[ESCAPE] = 1.0
    return table


class Lists:
    """The lists of one family, read from a mapped segment."""

    def __init__(self, file: ArrayFile, family: Family, count: int) -> None:
        prefix = family.name.lower()
        self.count = count
        self.blocks = -(-count // BLOCK)
        self.codes: Integers = file.array(f"{prefix}.codes", np.int64)
        self.bounds: Tags = file.array(f"{prefix}.bounds", np.uint8)
        self.lengths: NDArray[Any] = file.array(f"{prefix}.lengths", np.uint16)
        self.starts: Integers = file.array(f"{prefix}.starts", np.int64)
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

    def find(self, codes: Integers) -> Integers:
        """Ordinals of terms within these lists; -1 for those that no document holds."""
        if not len(self.codes):
            return np.full(len(codes), -1)
        ordinals = np.searchsorted(self.codes, codes)
        ordinals[ordinals == len(self.codes)] = 0
        return np.where(self.codes[ordinals] == codes, ordinals, -1)

    def frequencies(self, ordinals: Integers) -> Integers:
        """Documents that hold the terms with these ordinals; 0 for -1."""
        frequencies = self.starts[ordinals + 1] - self.starts[ordinals]
        if len(self.dense_terms):
            rows = np.minimum(np.searchsorted(self.dense_terms, ordinals), len(self.dense_terms) - 1)
            dense = self.dense_terms[rows] == ordinals
            frequencies = np.where(dense, self.dense_counts[rows], frequencies)
        return np.where(ordinals < 0, 0, frequencies)

    def every_frequency(self) -> Integers:
        """Documents that hold each of the terms, by ordinal."""
        frequencies = np.diff(self.starts)
        frequencies[self.dense_terms] = self.dense_counts
        return frequencies

    def dense_row(self, ordinal: int) -> Tags | None:
        """One tag for every document, for a dense term; None for another."""
        row = int(np.searchsorted(self.dense_terms, ordinal))
        if row < len(self.dense_terms) and self.dense_terms[row] == ordinal:
            tags: Tags = self.dense[row]
            return tags
        return None

    def postings(self, ordinal: int) -> tuple[Integers, Tags]:
        """Documents that hold a term, growing, and their tags."""
        dense = self.dense_row(ordinal)
        if dense is not None:
            documents = np.flatnonzero(dense)
            return documents, dense[documents]
        start, end = int(self.starts[ordinal]), int(self.starts[ordinal + 1])
        documents = self.lows[start:end].astype(np.int64)
        if self.blocks > 1:
            edges, before = self._edges(ordinal)
            if edges is None:
                documents |= self.highs[start - before : end - before].astype(np.int64) << BLOCK_BITS
            else:
                for block in range(1, self.blocks):
                    documents[edges[block] : edges[block + 1]] += block << BLOCK_BITS
        return documents, self.tags[start:end]

    def _edges(self, ordinal: int) -> tuple[list[int] | None, int]:
        """A long term's block boundaries, and how many postings of long terms come before a term."""
        row = int(np.searchsorted(self.long_terms, ordinal))
        before = int(self.long_ends[row - 1]) if row else 0
        if row < len(self.long_terms) and self.long_terms[row] == ordinal:
            return self.edges[row].tolist(), before
        return None, before

    def probe(self, ordinal: int, documents: Integers) -> Tags:
        """Tags of a term in the given documents (growing); 0 where it is not."""
        dense = self.dense_row(ordinal)
        if dense is not None:
            return dense[documents]
        held, tags = self.postings(ordinal)
        places = np.minimum(np.searchsorted(held, documents), len(held) - 1)
        return np.where(held[places] == documents, tags[places], 0).astype(np.uint8)

    def occurrences(self, ordinal: int, documents: Integers, tags: Tags) -> tuple[Integers, Integers]:
        """Exact numbers of occurrences in text and title, for tags that this term has there."""
        text, title = TEXT_OF_TAG[tags], TITLE_OF_TAG[tags]
        if len(self.escape_keys):
            aside = np.flatnonzero(tags == ESCAPE)
            places = np.searchsorted(self.escape_keys, ordinal << 32 | documents[aside])
            text[aside], title[aside] = self.escapes[places].T
        return text, title

    def span(self, first: int, last: int) -> tuple[Integers, Integers, Tags]:
        """All postings of the terms `first` to `last` (excluded): ordinals, documents, tags, unordered."""
        start, end = int(self.starts[first]), int(self.starts[last])
        lengths: Integers = np.diff(self.starts[first : last + 1])
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
