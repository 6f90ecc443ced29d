"""Scores of passages in one segment, exact to the last bit however they are computed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from corpus.bm25 import BM25F, Floats
from corpus.lists import Lists, Places
from corpus.postings import BLOCK_BITS, ESCAPE, Integers, Tags, gain_table
from corpus.segments import Segment
from corpus.terms import Family

TABLE_LENGTHS = 4_096
"""Lengths that gains are tabulated for; longer texts are computed one by one."""


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """The terms of one family that a question asks for, each once, by growing code.

    Attributes:
        weights: `weight · idf` of each term: what its gain is multiplied by.
    """

    family: Family
    codes: Integers
    weights: Floats


class Gains:
    """The model's gains in one family, looked up in a table; computed for rare tags and long texts."""

    def __init__(self, model: BM25F, family: Family, longest: int) -> None:
        self._model = model
        self._family = family
        self._width = min(longest + 1, TABLE_LENGTHS)
        self._complete = longest < TABLE_LENGTHS
        table = gain_table(model, family, self._width - 1)
        self._table = np.ascontiguousarray(table).ravel()

    def needs_terms(self, lists: Lists) -> bool:
        """Whether `of` must know the terms, for what the table cannot tell."""
        return len(lists.escape_keys) > 0 or not self._complete

    def of(self, lists: Lists, tags: Tags, documents: Integers, terms: Integers | None) -> Floats:
        """Gains for tags in documents; exactly what `BM25F.gains` gives.

        Args:
            lists: Of the segment.
            tags: Any shape.
            documents: Broadcast against `tags`.
            terms: Ordinals, broadcast against `tags`; may be None unless `needs_terms`.
        """
        lengths = lists.lengths.take(documents)
        places = tags.astype(np.int64)
        places *= self._width
        if not self.needs_terms(lists):
            places += lengths
            return self._table.take(places)
        places += np.minimum(lengths, self._width - 1)
        gains = self._table.take(places)
        aside = np.nonzero((tags == ESCAPE) | ((lengths >= self._width) & (tags > 0)))
        if len(aside[0]):
            documents = np.broadcast_to(documents, tags.shape)[aside]
            if terms is None:
                raise ValueError("terms must be given for these lists")
            text, title = lists.occurrences(np.broadcast_to(terms, tags.shape)[aside], documents, tags[aside])
            norms = self._model.norms(lists.lengths[documents], self._family)
            gains[aside] = self._model.gains(text, title, norms)
        return gains


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The lists of one family in one segment that a question needs, by growing code."""

    family: Family
    lists: Lists
    gains: Gains
    places: Places
    weights: list[float]
    bounds: list[float]


def parts_of(
    segment: Segment, weighed: Sequence[Weighed], gains: Sequence[Gains], model: BM25F
) -> list[Part]:
    """Find the lists of a question's terms in a segment; those that are not there are left out."""
    parts = []
    for asked in weighed:
        lists = segment.lists[asked.family]
        ordinals = lists.find(asked.codes)
        there = ordinals >= 0
        if there.any():
            ordinals, weights = ordinals[there], asked.weights[there]
            bounds = weights * _most(segment, model, asked.family, lists.bounds[ordinals])
            parts.append(
                Part(
                    asked.family,
                    lists,
                    gains[asked.family],
                    lists.places(ordinals),
                    weights.tolist(),
                    bounds.tolist(),
                )
            )
    return parts


def _most(segment: Segment, model: BM25F, family: Family, bounds: Tags) -> Floats:
    """The greatest gains in lists with these bounds, under today's mean length.

    A greater mean than when the segment was written divides occurrences by less, at most by the ratio of
    the means, and so lifts a saturation s to at most r·s / (1 - s + r·s).
    """
    if segment.model_when_written != [model.k1, model.b, model.title_weight]:
        return np.full(len(bounds), model.k1 + 1)
    before = segment.mean_when_written[family]
    saturation = bounds / 255
    if before <= 0:
        ratio = np.inf if model.mean_lengths[family] > 0 else 1.0
    else:
        ratio = max(1.0, model.mean_lengths[family] / before)
    if np.isinf(ratio):
        return np.full(len(bounds), model.k1 + 1)
    return (model.k1 + 1) * ratio * saturation / (1 - saturation + ratio * saturation)


def score_all(segment: Segment, parts: Sequence[Part]) -> Floats:
    """Exact scores of all documents of a segment."""
    sums = np.zeros(segment.size)
    for part in parts:
        _add_all(part, sums)
    return sums


def score_some(parts: Sequence[Part], documents: Integers) -> Floats:
    """Exact scores of some documents (growing).

    Terms are added in the order of family and code here as in `score_all`, so that a passage's score is the
    same to the last bit whatever segment it is in and whatever was read before.
    """
    scores = np.zeros(len(documents))
    for part in parts:
        for gains, weight in zip(gains_matrix(part, documents), part.weights, strict=True):
            gains *= weight
            scores += gains
    return scores


def gains_matrix(part: Part, documents: Integers) -> Floats:
    """Gains of each term (rows) in each of some documents (columns, growing)."""
    count = len(part.weights)
    tags = np.empty((count, len(documents)), np.uint8)
    for term in range(count):
        tags[term] = part.lists.probe(part.places, term, documents)
    return part.gains.of(part.lists, tags, documents, np.array(part.places.ordinals)[:, None])


def _add_all(part: Part, sums: Floats) -> None:
    """Add up all lists in order: runs of sparse ones at once, dense ones one by one."""
    run: list[int] = []
    for term, row in enumerate(part.places.rows):
        if row is None:
            run.append(term)
            continue
        add_sparse(part, run, sums)
        run.clear()
        add_dense(part, term, sums)
    add_sparse(part, run, sums)


def add_dense(part: Part, term: int, sums: Floats) -> None:
    """Add the list of a dense term."""
    row = part.places.rows[term]
    if row is None:
        raise ValueError("not a dense term")
    gains = part.gains.of(part.lists, row, np.arange(len(row)), np.array(part.places.ordinals[term]))
    gains *= part.weights[term]
    sums += gains


def add_sparse(part: Part, terms: Sequence[int], sums: Floats) -> Integers:
    """Add the lists of these terms, none of them dense, in order; return the documents, as they came."""
    if not terms:
        return np.empty(0, np.int64)
    places, lists = part.places, part.lists
    spans = [slice(places.starts[term], places.starts[term] + places.frequencies[term]) for term in terms]
    documents = np.concatenate([lists.lows[span] for span in spans]).astype(np.int64)
    if lists.blocks > 1:
        uppers = np.concatenate([lists.uppers(places, term) for term in terms]).astype(np.int64)
        uppers <<= BLOCK_BITS
        documents |= uppers
    tags = np.concatenate([lists.tags[span] for span in spans])
    counts = [places.frequencies[term] for term in terms]
    ordinals = None
    if part.gains.needs_terms(lists):
        ordinals = np.repeat([places.ordinals[term] for term in terms], counts)
    gains = part.gains.of(lists, tags, documents, ordinals)
    gains *= np.repeat([part.weights[term] for term in terms], counts)
    np.add.at(sums, documents, gains)
    return documents
