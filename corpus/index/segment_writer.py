"""Making segments: from documents, from lists made elsewhere, and from other segments."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.index.array_file import ArrayWriter, Seal
from corpus.index.bm25 import BM25F
from corpus.index.inverting import Document, Inverted, invert_documents
from corpus.index.merging import ChunkSource, SegmentSource, merge_lists
from corpus.index.posting_writer import Chunk, Integers, ListsWriter
from corpus.index.segments import Facets, Mask, Segment, pack_labels
from corpus.text.terms import HASHED, Family

BATCH_PASSAGES = 1 << 16
BATCH_POSTINGS = 30_000_000
"""Either makes a batch full: 150 MB, and as much again while it is written."""

SETTLED_TERMS = 1_000_000
"""Occurrences of terms in documents that are inverted at a time."""

FacetRow = tuple[int, int, int, tuple[int, ...]]
"""Number, article, seconds of the Unix epoch or 0, labels; as in `Document`."""


class Batch:
    """Passages that wait to become a segment, already inverted."""

    def __init__(self) -> None:
        self._facets: list[tuple[int, int, int, int]] = []
        self._label_sets: dict[tuple[int, ...], int] = {}
        self._places: dict[tuple[int, ...], int] = {}
        self._pieces: list[Inverted] = []
        self._documents: list[Document] = []
        self._terms = self._postings = 0

    def __len__(self) -> int:
        return len(self._facets)

    @property
    def full(self) -> bool:
        """Whether it should become a segment before more is added."""
        return len(self) >= BATCH_PASSAGES or self._postings >= BATCH_POSTINGS

    def add(self, document: Document) -> None:
        """Add a document. Not checked: that its number grows."""
        self._note((document.number, document.article, document.published, document.labels))
        self._documents.append(document)
        self._terms += len(document.words) + len(document.title_words)
        self._terms += len(document.characters) + len(document.title_characters)
        if self._terms >= SETTLED_TERMS:
            self._settle()

    def extend(self, facets: Sequence[FacetRow], inverted: Inverted) -> None:
        """Add passages that were inverted elsewhere, each with its facets. Not checked: that numbers grow."""
        self._settle()
        for row in facets:
            self._note(row)
        self._take(inverted)

    def _note(self, row: FacetRow) -> None:
        number, article, published, labels = row
        place = self._places.get(labels)
        if place is None:
            label_set = tuple(sorted(set(labels)))
            place = self._places[labels] = self._label_sets.setdefault(label_set, len(self._label_sets))
        self._facets.append((number, article, published, place))

    def _take(self, inverted: Inverted) -> None:
        self._pieces.append(inverted)
        self._postings += inverted.postings

    def _settle(self) -> None:
        if self._documents:
            self._take(invert_documents(self._documents))
            self._documents, self._terms = [], 0

    def write(self, path: Path, model: BM25F) -> Seal:
        """Write the segment."""
        self._settle()
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
) -> Seal:
    """Write a segment's file.

    Args:
        path: Its name.
        facets: One element a document, like `lengths`.
        lengths: For each family, the terms in the text of each document.
        chunks: Gives a family's lists, by growing code.
        model: For the upper bounds.
        long_texts: Texts of the words whose codes do not hold them.
    """
    writer = ArrayWriter(path)
    try:
        facets.write(writer)
        for family in Family:
            lists = ListsWriter(writer, family, lengths[family], model, float(lengths[family].mean()))
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


def merge_segments(path: Path, segments: Sequence[Segment], model: BM25F) -> Seal:
    """Write one segment in place of several, without what was removed from them.

    At least one passage must be left. Memory: some hundred bytes for each of `MERGE_POSTINGS`, and the
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
