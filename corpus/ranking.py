"""Scores of passages in one segment, the same to the last bit however they are computed.

What a term adds to a score is rounded to a multiple of one unit, chosen for each question so small that
it is lost in a float's own rounding, and so large that all sums stay below 2**53 units. Sums of such
numbers have no rounding at all: the order in which lists are read, segments and merges leave no trace.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from corpus.bm25 import BM25F, Floats
from corpus.lists import Lists, Places
from corpus.postings import BLOCK, BLOCK_BITS, ESCAPE, Integers, Tags, gain_table
from corpus.segments import Segment
from corpus.terms import Family

TABLE_LENGTHS = 4_096
"""Lengths that gains are tabulated for; longer texts are computed one by one."""


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """The terms of one family that a question asks for, each once, by growing code.

    Attributes:
        weights: What each term's gain is multiplied by: its weight in the question times its idf.
        found: For each segment, which of the terms are there, and where their lists lie.
    """

    family: Family
    codes: Integers
    weights: Floats
    found: Sequence[tuple[Integers, Places]]


def unit_of(asked: Sequence[Asked], model: BM25F) -> float:
    """The unit that a question's scores are counted in: a power of two."""
    most = (model.k1 + 1) * sum(float(np.abs(each.weights).sum()) for each in asked)
    return math.ldexp(1.0, math.frexp(most)[1] - 52) if 0 < most < math.inf else 1.0


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

    def of(self, lists: Lists, tags: Tags, documents: Integers, terms: Any) -> Floats:
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
    """The lists of one family in one segment that a question needs, by growing code.

    Attributes:
        weights: What gains are multiplied by to give units.
        bounds: The most units that each list adds to a score.
    """

    family: Family
    lists: Lists
    gains: Gains
    places: Places
    weights: Floats
    bounds: list[float]

    def units(self, terms: Sequence[int], documents: Integers) -> Floats:
        """What each of some terms (rows) adds to the scores of some documents (columns, growing)."""
        units = self.gains.of(
            self.lists, self.tags(terms, documents), documents, self.places.ordinals[terms][:, None]
        )
        units *= self.weights[terms][:, None]
        return np.rint(units, out=units)

    def tags(self, terms: Sequence[int], documents: Integers) -> Tags:
        """Tags of each of some terms (rows) in some documents (columns, growing)."""
        tags = np.empty((len(terms), len(documents)), np.uint8)
        cuts, lows = self.lists.cuts(documents), (documents & BLOCK - 1).astype(np.uint16)
        for row, term in enumerate(terms):
            self.lists.probe(self.places, term, documents, cuts, lows, tags[row])
        return tags

    def add_dense(self, term: int, sums: Floats) -> None:
        """Add the list of a dense term to the sums of all documents."""
        row = self.places.rows[term]
        if row is None:
            raise ValueError("not a dense term")
        units = self.gains.of(self.lists, row, np.arange(len(row)), self.places.ordinals[term])
        units *= self.weights[term]
        sums += np.rint(units, out=units)

    def add_sparse(self, terms: Sequence[int], sums: Floats) -> Integers:
        """Add the lists of terms, none of them dense, to the sums; return the documents as they came."""
        if not terms:
            return np.empty(0, np.int64)
        places, lists = self.places, self.lists
        counts = [places.frequencies[term] for term in terms]
        spans = [
            slice(start, start + count)
            for start, count in zip([places.starts[term] for term in terms], counts, strict=True)
        ]
        documents = np.concatenate([lists.lows[span] for span in spans]).astype(np.int64)
        if lists.blocks > 1:
            uppers = np.concatenate([lists.uppers(places, term) for term in terms]).astype(np.int64)
            uppers <<= BLOCK_BITS
            documents |= uppers
        tags = np.concatenate([lists.tags[span] for span in spans])
        ordinals = np.repeat(places.ordinals[terms], counts) if self.gains.needs_terms(lists) else None
        units = self.gains.of(lists, tags, documents, ordinals)
        units *= np.repeat(self.weights[terms], counts)
        np.add.at(sums, documents, np.rint(units, out=units))
        return documents


def holding_all(parts: Sequence[Part]) -> Integers:
    """Documents (growing) that are in every list of the parts."""
    lists = [(part, term) for part in parts for term in range(len(part.bounds))]
    lists.sort(key=lambda each: each[0].places.frequencies[each[1]])
    part, term = lists[0]
    row = part.places.rows[term]
    documents = part.lists.documents(part.places, term) if row is None else np.flatnonzero(row)
    for part, term in lists[1:]:
        documents = documents[part.tags([term], documents)[0] > 0]
    return documents


def part_of(
    segment: Segment, asked: Asked, place: int, unit: float, gains: Gains, model: BM25F
) -> Part | None:
    """The lists of a question's terms in a segment, those of one family; None when there are none.

    Args:
        segment: Where.
        asked: What.
        place: Of the segment, in `Asked.found`.
        unit: What scores are counted in.
        gains: Of the family.
        model: Today's.
    """
    there, places = asked.found[place]
    if not len(there):
        return None
    lists, weights = segment.lists[asked.family], asked.weights[there] / unit
    bounds = weights * _most(segment, model, asked.family, lists.bounds[places.ordinals]) + 1
    return Part(asked.family, lists, gains, places, weights, bounds.tolist())


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
    """Scores, in units, of all documents of a segment."""
    sums = np.zeros(segment.size)
    for part in parts:
        rows = part.places.rows
        part.add_sparse([term for term, row in enumerate(rows) if row is None], sums)
        for term, row in enumerate(rows):
            if row is not None:
                part.add_dense(term, sums)
    return sums


def score_some(parts: Sequence[Part], documents: Integers) -> Floats:
    """Scores, in units, of some documents (growing)."""
    scores = np.zeros(len(documents))
    for part in parts:
        scores += part.units(range(len(part.bounds)), documents).sum(axis=0)
    return scores
