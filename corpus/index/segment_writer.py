"""Segment writer: makes segments from documents, from inverted lists, and from other segments."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.index.array_file import ArrayWriter, Checksum
from corpus.index.bm25 import BM25F
from corpus.index.inverting import Document, Inverted, invert_documents
from corpus.index.merging import ChunkSource, SegmentSource, merge_lists
from corpus.index.posting_writer import Chunk, Integers, PostingListsWriter
from corpus.index.segments import Facets, Mask, Segment, pack_labels
from corpus.text.terms import HASHED, Family

MAX_BATCH_PASSAGES = 1 << 16
MAX_BATCH_POSTINGS = 30_000_000
"""A batch is full at either limit: 150 MB, and as much again while it is written."""

MAX_COLLECTED_TERMS = 1_000_000
"""Term occurrences of collected documents at which they are inverted."""

FacetRow = tuple[int, int, int, tuple[int, ...]]
"""Number, article, seconds of the Unix epoch or 0, labels; as in `Document`."""


class Batch:
    """Passages in memory that will become a segment."""

    def __init__(self) -> None:
        self._facets: list[tuple[int, int, int, int]] = []
        self._label_sets: dict[tuple[int, ...], int] = {}
        self._label_set_rows: dict[tuple[int, ...], int] = {}
        self._pieces: list[Inverted] = []
        self._collected: list[Document] = []
        self._collected_terms = self._postings = 0

    def __len__(self) -> int:
        return len(self._facets)

    @property
    def full(self) -> bool:
        """Whether the batch should be written before more is added."""
        return len(self) >= MAX_BATCH_PASSAGES or self._postings >= MAX_BATCH_POSTINGS

    def add(self, document: Document) -> None:
        """Add a document. The caller checks that numbers grow."""
        self._add_facets((document.number, document.article, document.published, document.labels))
        self._collected.append(document)
        self._collected_terms += len(document.words) + len(document.title_words)
        self._collected_terms += len(document.characters) + len(document.title_characters)
        if self._collected_terms >= MAX_COLLECTED_TERMS:
            self._invert_collected()

    def extend(self, facets: Sequence[FacetRow], inverted: Inverted) -> None:
        """Add inverted passages with their facets. The caller checks that numbers grow."""
        self._invert_collected()
        for row in facets:
            self._add_facets(row)
        self._add_piece(inverted)

    def _add_facets(self, row: FacetRow) -> None:
        number, article, published, labels = row
        place = self._label_set_rows.get(labels)
        if place is None:
            label_set = tuple(sorted(set(labels)))
            place = self._label_set_rows[labels] = self._label_sets.setdefault(
                label_set, len(self._label_sets)
            )
        self._facets.append((number, article, published, place))

    def _add_piece(self, inverted: Inverted) -> None:
        self._pieces.append(inverted)
        self._postings += inverted.postings

    def _invert_collected(self) -> None:
        if self._collected:
            self._add_piece(invert_documents(self._collected))
            self._collected, self._collected_terms = [], 0

    def write(self, path: Path, model: BM25F) -> Checksum:
        """Write the segment's file."""
        self._invert_collected()
        rows = np.array(self._facets, np.int64)
        facets = Facets(
            rows[:, 0].astype(np.int32),
            rows[:, 1].astype(np.int32),
            np.clip(rows[:, 2], 0, 2**32 - 1).astype(np.uint32),
            rows[:, 3].astype(np.uint32),
            *pack_labels(list(self._label_sets)),
        )
        shifts = np.cumsum([0, *map(len, self._pieces)]).tolist()

        def chunks(family: Family) -> Iterator[Chunk]:
            sources = [
                ChunkSource(chunk, shift)
                for piece, shift in zip(self._pieces, shifts, strict=False)
                for chunk in piece.lists[family]
            ]
            return merge_lists(sources)

        long_texts = {code: text for piece in self._pieces for code, text in piece.long_texts.items()}
        lengths = [
            np.concatenate([piece.lengths[family] for piece in self._pieces]).astype(np.int64)
            for family in Family
        ]
        return write_segment(path, facets, lengths, chunks, model, long_texts)


def write_segment(
    path: Path,
    facets: Facets,
    lengths: Sequence[Integers],
    chunks: Callable[[Family], Iterator[Chunk]],
    model: BM25F,
    long_texts: Mapping[int, str],
) -> Checksum:
    """Write a segment's file.

    Args:
        path: The file.
        facets: One element per document, as in `lengths`.
        lengths: For each family, the number of terms in the text of each document.
        chunks: Gives a family's lists, by growing code.
        model: The model that the upper bounds are computed with.
        long_texts: Texts of the words whose codes do not encode the text, by code.
    """
    writer = ArrayWriter(path)
    try:
        facets.write(writer)
        for family in Family:
            lists = PostingListsWriter(writer, family, lengths[family], model, float(lengths[family].mean()))
            for chunk in chunks(family):
                lists.write(chunk)
                if family == Family.WORDS:
                    texts = [
                        long_texts[code].encode("utf-8", "surrogatepass")
                        for code in chunk.codes[chunk.codes >= HASHED].tolist()
                    ]
                    writer.append("words.texts", np.frombuffer(b"".join(texts), np.uint8))
                    writer.append("words.text_lengths", np.fromiter(map(len, texts), np.int32, len(texts)))
        return writer.finish(
            {
                "means": [float(each.mean()) for each in lengths],
                "lengths": [int(each.sum()) for each in lengths],
                "longest": [int(each.max()) for each in lengths],
                "model": [model.k1, model.b, model.title_weight],
            }
        )
    finally:
        writer.close()


def merge_segments(path: Path, segments: Sequence[Segment], model: BM25F) -> Checksum:
    """Merge segments into one, without the removed passages.

    At least one passage must be left. Memory: about a hundred bytes for each of `MERGE_POSTINGS`, plus the
    terms' codes.
    """
    segments = sorted(segments, key=lambda segment: int(segment.facets.numbers[0]))
    alive = [np.ones(segment.size, bool) if segment.alive is None else segment.alive for segment in segments]
    order = np.argsort(
        np.concatenate([s.facets.numbers[a] for s, a in zip(segments, alive, strict=True)]), kind="stable"
    )
    places = np.empty(len(order), np.int32)
    places[order] = np.arange(len(order))
    moves, start = [], 0
    for segment, mask in zip(segments, alive, strict=True):
        move = np.full(segment.size, -1, np.int32)
        move[mask] = places[start : start + segment.count]
        start += segment.count
        moves.append(move)
    facets = _merge_facets(segments, alive, order)
    lengths = [
        np.concatenate([s.lists[family].lengths[a] for s, a in zip(segments, alive, strict=True)]).astype(
            np.int64
        )[order]
        for family in Family
    ]
    texts = dict(word for segment in segments for word in segment.long_words())
    ordered = bool((order[1:] > order[:-1]).all())

    def chunks(family: Family) -> Iterator[Chunk]:
        sources = [SegmentSource(s.lists[family], move) for s, move in zip(segments, moves, strict=True)]
        return merge_lists(sources, ordered=ordered)

    return write_segment(path, facets, lengths, chunks, model, texts)


def _merge_facets(segments: Sequence[Segment], alive: Sequence[Mask], order: Integers) -> Facets:
    rows: dict[tuple[int, ...], int] = {}
    label_sets = []
    for segment, mask in zip(segments, alive, strict=True):
        row = [rows.setdefault(labels, len(rows)) for labels in segment.facets.label_tuples()]
        label_sets.append(np.array(row, np.uint32)[segment.facets.label_sets[mask]])

    def joined(name: str) -> NDArray[Any]:
        pieces = [getattr(s.facets, name)[a] for s, a in zip(segments, alive, strict=True)]
        return np.concatenate(pieces)[order]

    return Facets(
        joined("numbers"),
        joined("articles"),
        joined("published"),
        np.concatenate(label_sets)[order],
        *pack_labels(list(rows)),
    )
