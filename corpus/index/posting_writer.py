"""Posting-list writer: the format of one family's lists in one segment. `posting_reader` reads them.

A posting is two bytes of document and one byte of tag, which encodes the occurrences in text and title.
Documents are numbered from 0 within their segment. The two bytes are the lower half of that number. How the
upper half is stored depends on how many documents hold the term:

- *dense* (a sixth of the segment or more): no list, but a row with one tag per document;
- *long* (`MIN_LONG_POSTINGS` or more): a table row says where each block of 65,536 documents begins in the
list;
- *short*: one more byte per posting, the upper half.

A segment of up to 65,536 documents needs no upper halves at all.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.index.array_file import ArrayWriter
from corpus.index.bm25 import BM25F, Floats
from corpus.text.terms import Family

Integers = NDArray[np.int64]
Tags = NDArray[np.uint8]

BLOCK_BITS = 16
BLOCK = 1 << BLOCK_BITS
MAX_SEGMENT_DOCUMENTS = 64 * BLOCK
"""Maximum number of documents in one segment."""

MAX_SEGMENT_POSTINGS = 2**32 - 1
MIN_LONG_POSTINGS = 256
DENSE_SHARE = 6
MIN_DENSE_SEGMENT = 1024
"""Segments with fewer documents than this have no dense rows."""

LENGTH_CAP = 2047
"""Longer texts count as this long in the upper bounds of lists, but not in scores."""

ESCAPE = 255
_TAG_BASES = np.array([0, 128, 192, 224, 240])
_MAX_TEXT_COUNTS = np.array([127, 63, 31, 15, 14])


def _decoding_tables() -> tuple[Integers, Integers]:
    text, title = np.zeros(256, np.int64), np.zeros(256, np.int64)
    for occurrences, (base, room) in enumerate(zip(_TAG_BASES, _MAX_TEXT_COUNTS, strict=True)):
        text[base : base + room + 1] = np.arange(room + 1)
        title[base : base + room + 1] = occurrences
    return text, title


TEXT_OF_TAG, TITLE_OF_TAG = _decoding_tables()
"""Occurrences in text and in title by tag. Tag 0: no occurrence. `ESCAPE`: counts are stored apart."""


def encode_tags(text: NDArray[np.integer[Any]], title: NDArray[np.integer[Any]]) -> Tags:
    """Tags for occurrences in text and title; `ESCAPE` where no other tag encodes them exactly."""
    tags: Tags = np.minimum(text, ESCAPE).astype(np.uint8)
    unusual = np.flatnonzero((title > 0) | (text > _MAX_TEXT_COUNTS[0]))
    text, title = text[unusual], title[unusual]
    row = np.minimum(title, len(_TAG_BASES) - 1)
    is_encodable = (title < len(_TAG_BASES)) & (text <= _MAX_TEXT_COUNTS[row])
    tags[unusual] = np.where(is_encodable, _TAG_BASES[row] + text, ESCAPE)
    return tags


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Posting lists of some terms, by growing code, each by growing document.

    Attributes:
        codes: One per term.
        starts: Where each term's postings begin, and the end of the last: one more than terms.
        documents: One per posting.
        tags: One per posting.
        escapes: Positions of the postings whose tag is `ESCAPE`.
        escaped: Their occurrences in text and title, two columns.
    """

    codes: Integers
    starts: NDArray[np.integer[Any]]
    documents: NDArray[np.integer[Any]]
    tags: Tags
    escapes: Integers
    escaped: NDArray[np.integer[Any]]


class PostingListsWriter:
    """Writes the lists of one family, chunk by chunk, into a segment's file."""

    def __init__(
        self, writer: ArrayWriter, family: Family, lengths: NDArray[np.generic], model: BM25F, mean: float
    ) -> None:
        """Begin a family.

        Args:
            writer: Writer of the segment's file.
            family: Words or characters.
            lengths: Number of terms in the text of each document of the segment.
            model: The model that the upper bounds of the lists are computed with.
            mean: Mean length within the segment.
        """
        self._writer = writer
        self._prefix = family.name.lower()
        self._count = len(lengths)
        self._blocks = -(-self._count // BLOCK)
        self._capped = np.minimum(lengths, LENGTH_CAP).astype(np.intp)
        self._bounds = _bound_table(model, family, mean)
        self._term_count = 0
        self.append("lengths", lengths.astype(np.uint16 if lengths.max(initial=0) < BLOCK else np.int32))
        self.append("starts", np.zeros(1, np.uint32))
        self._sparse_postings = 0
        self._long_postings = 0

    def append(self, name: str, array: NDArray[Any]) -> None:
        """Append to one of the family's arrays."""
        self._writer.append(f"{self._prefix}.{name}", array)

    def write(self, chunk: Chunk) -> None:
        """Write a chunk; its codes must be greater than those of all chunks before."""
        frequencies = np.diff(chunk.starts)
        indexes = self._bounds[chunk.tags, self._capped[chunk.documents]]
        self.append("codes", chunk.codes)
        self.append("bounds", np.maximum.reduceat(indexes, chunk.starts[:-1]))
        if len(chunk.escapes):
            ordinals = np.searchsorted(chunk.starts, chunk.escapes, side="right") - 1 + self._term_count
            self.append("escape_keys", ordinals << 32 | chunk.documents[chunk.escapes])
            self.append("escapes", chunk.escaped.astype(np.int64).ravel())
        dense = np.zeros(len(chunk.codes), bool)
        if self._count >= MIN_DENSE_SEGMENT:
            dense = frequencies * DENSE_SHARE >= self._count
        for term in np.flatnonzero(dense):
            row = np.zeros(self._count, np.uint8)
            part = slice(chunk.starts[term], chunk.starts[term + 1])
            row[chunk.documents[part]] = chunk.tags[part]
            self.append("dense", row)
        self.append("dense_terms", np.flatnonzero(dense) + self._term_count)
        self.append("dense_counts", frequencies[dense])
        self._write_sparse(chunk, frequencies, dense)
        self._term_count += len(chunk.codes)

    def _write_sparse(self, chunk: Chunk, frequencies: Integers, dense: NDArray[np.bool_]) -> None:
        lengths = np.where(dense, 0, frequencies)
        documents, tags = chunk.documents, chunk.tags
        if dense.any():
            listed = ~np.repeat(dense, frequencies)
            documents, tags = documents[listed], tags[listed]
        self.append("starts", (self._sparse_postings + np.cumsum(lengths)).astype(np.uint32))
        self.append("lows", (documents & BLOCK - 1).astype(np.uint16))
        self.append("tags", tags)
        self._sparse_postings += len(documents)
        if self._blocks <= 1:
            return
        long = lengths >= MIN_LONG_POSTINGS
        self.append("long_terms", np.flatnonzero(long) + self._term_count)
        self.append("long_ends", self._long_postings + np.cumsum(lengths[long]))
        self._long_postings += int(lengths[long].sum())
        is_in_long = np.repeat(long, lengths)
        self.append("highs", (documents[~is_in_long] >> BLOCK_BITS).astype(np.uint8))
        rows = np.repeat(np.arange(int(long.sum())), lengths[long])
        cells = rows * self._blocks + (documents[is_in_long] >> BLOCK_BITS)
        counts = np.bincount(cells, minlength=int(long.sum()) * self._blocks).reshape(-1, self._blocks)
        edges = np.zeros((len(counts), self._blocks + 1), np.int64)
        np.cumsum(counts, axis=1, out=edges[:, 1:])
        self.append("edges", edges.astype(np.uint32).ravel())


def _bound_table(model: BM25F, family: Family, mean: float) -> NDArray[np.uint8]:
    """Saturation, 0 to 1 in 255ths rounded up, by tag (rows) and length (columns)."""
    saturation = gain_table(model, family, np.arange(LENGTH_CAP + 1), mean=mean) / (model.k1 + 1)
    saturation[ESCAPE] = 1.0
    return np.minimum(np.ceil(saturation * 255 * (1 + 1e-6)), 255).astype(np.uint8)


def gain_table(model: BM25F, family: Family, lengths: Integers, *, mean: float | None = None) -> Floats:
    """The model's gains by tag (rows) and text length (columns)."""
    norms = model.norms(lengths, family, mean=mean)
    return model.gains(TEXT_OF_TAG[:, None], TITLE_OF_TAG[:, None], norms)
