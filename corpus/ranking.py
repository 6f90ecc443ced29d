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
from corpus.lists import TABLE_LENGTHS, Lists, Places
from corpus.postings import BLOCK, BLOCK_BITS, ESCAPE, Integers, Tags, gain_table
from corpus.segments import Segment
from corpus.terms import Family


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
        self._complete = longest < TABLE_LENGTHS
        table = gain_table(model, family, min(longest, TABLE_LENGTHS - 1))
        self._table = np.ascontiguousarray(table.T).ravel()

    def needs_terms(self, lists: Lists) -> bool:
        """Whether `of` must know the terms, for what the table cannot tell."""
        return len(lists.escape_keys) > 0 or not self._complete

    def of(self, lists: Lists, tags: Tags, documents: Integers | None, terms: Any) -> Floats:
        """Gains for tags in documents; exactly what `BM25F.gains` gives.

        Args:
            lists: Of the segment.
            tags: Any shape.
            documents: Broadcast against `tags`. None: all of the segment.
            terms: Ordinals, broadcast against `tags`; may be None unless `needs_terms`.
        """
        rows = lists.rows if documents is None else lists.rows.take(documents)
        gains = self._table.take(rows | tags)
        if not self.needs_terms(lists):
            return gains
        if documents is None:
            documents = np.arange(lists.count)
        lengths = lists.lengths.take(documents)
        aside = np.nonzero((tags == ESCAPE) | ((lengths >= TABLE_LENGTHS) & (tags > 0)))
        if len(aside[0]):
            documents = np.broadcast_to(documents, tags.shape)[aside]
            terms = np.broadcast_to(terms, tags.shape)[aside]
            text, title = lists.occurrences(terms, documents, tags[aside])
            norms = self._model.norms(lists.lengths[documents], self._family)
            gains[aside] = self._model.gains(text, title, norms)
        return gains


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The lists of one family in one segment that a question needs, by growing code.

    Attributes:
        weights: What gains are multiplied by to give units.
    """

    family: Family
    lists: Lists
    gains: Gains
    places: Places
    weights: Floats

    @property
    def terms(self) -> range:
        """The terms' positions in this part."""
        return range(len(self.weights))

    @property
    def postings(self) -> int:
        """Postings in all the lists."""
        return sum(self.places.frequencies)

    def bounds(self, segment: Segment, model: BM25F) -> list[float]:
        """The most units that each list adds to any score, under today's mean length.

        A greater mean than when the segment was written divides occurrences by less, at most by the
        ratio r of the means, and so lifts a saturation s to at most r·s / (1 - s + r·s).
        """
        most = np.full(len(self.weights), model.k1 + 1)
        before, now = segment.mean_when_written[self.family], model.mean_lengths[self.family]
        if segment.model_when_written == [model.k1, model.b, model.title_weight] and before > 0:
            ratio = max(1.0, now / before)
            saturation = self.lists.bounds[self.places.ordinals] / 255
            most *= ratio * saturation / (1 - saturation + ratio * saturation)
        bounds: list[float] = (self.weights * most + 1).tolist()
        return bounds

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
        units = self.gains.of(self.lists, row, None, self.places.ordinals[term])
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
    lists = [(part, term) for part in parts for term in part.terms]
    lists.sort(key=lambda each: each[0].places.frequencies[each[1]])
    part, term = lists[0]
    row = part.places.rows[term]
    documents = part.lists.documents(part.places, term) if row is None else np.flatnonzero(row)
    for part, term in lists[1:]:
        documents = documents[part.tags([term], documents)[0] > 0]
    return documents


def part_of(segment: Segment, asked: Asked, place: int, unit: float, gains: Gains) -> Part | None:
    """The lists of a question's terms in a segment, those of one family; None when there are none.

    Args:
        segment: Where.
        asked: What.
        place: Of the segment, in `Asked.found`.
        unit: What scores are counted in.
        gains: Of the family.
    """
    there, places = asked.found[place]
    if not len(there):
        return None
    return Part(asked.family, segment.lists[asked.family], gains, places, asked.weights[there] / unit)


def score_all(segment: Segment, parts: Sequence[Part], zeros: Floats) -> Floats:
    """Scores, in units, of all documents of a segment, put into the first so many `zeros`."""
    sums = zeros[: segment.size]
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
        scores += part.units(part.terms, documents).sum(axis=0)
    return scores
