"""Scores of passages in one segment, the same to the last bit however they are computed.

What a term adds to a score is rounded to a multiple of one unit, chosen for each question so small that
it is lost in a float's own rounding, and so large that all sums stay below 2**53 units. Sums of such
numbers have no rounding at all: the order in which lists are read, segments and merges leave no trace.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from corpus.errors import DamagedIndexError
from corpus.index.bm25 import BM25F, Floats
from corpus.index.posting_reader import TABLE_LENGTHS, TAG_BITS, Lists, Places
from corpus.index.posting_writer import BLOCK, BLOCK_BITS, ESCAPE, Integers, Tags, gain_table
from corpus.index.segments import Segment
from corpus.text.terms import Family, Term, code_of


class Wanted(NamedTuple):
    """The terms that a question asks for, each once: those of words first, each family by growing code.

    Attributes:
        words: How many of them are words.
        weights: In the question.
    """

    codes: Sequence[int]
    words: int
    weights: Sequence[float]

    def parts(self) -> list[tuple[Family, slice]]:
        """Families of which there are any, and where their terms are."""
        every = len(self.codes)
        parts = [(Family.WORDS, slice(0, self.words)), (Family.CHARACTERS, slice(self.words, every))]
        return parts if 0 < self.words < every else [part for part in parts if part[1].start < part[1].stop]


Weights = tuple[dict[int, float], dict[int, float]]
"""Weights by code, of words and of characters."""


def wanted(terms: Sequence[Term]) -> Wanted:
    """A question's terms, of one given twice the sum of weights. Terms without weight count for nothing."""
    weights: Weights = ({}, {})
    for text, family, weight in terms:
        if weight > 0 and text:
            code, mine = code_of(text), weights[family]
            mine[code] = mine.get(code, 0.0) + weight
    return _wanted(weights)


def alike(terms: Sequence[Term]) -> tuple[Wanted, list[int]]:
    """Terms without regard to their weights: each counts 1.

    Returns:
        The distinct ones; for each of the given ones its place among them, -1 for an empty term.
    """
    weights: Weights = ({}, {})
    coded = [(family, code_of(text) if text else None) for text, family, _ in terms]
    for family, code in coded:
        if code is not None:
            weights[family][code] = 1.0
    asked = _wanted(weights)
    places: tuple[dict[int | None, int], ...] = (
        {code: place for place, code in enumerate(asked.codes[: asked.words])},
        {code: place for place, code in enumerate(asked.codes[asked.words :], asked.words)},
    )
    return asked, [places[family].get(code, -1) for family, code in coded]


def _wanted(weights: Weights) -> Wanted:
    words, characters = weights
    codes = sorted(words)
    every = [words[code] for code in codes]
    if characters:
        further = sorted(characters)
        codes += further
        every += [characters[code] for code in further]
    return Wanted(codes, len(words), every)


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """The terms of one family that a question asks for, looked up.

    Attributes:
        weights: What each term's gain is multiplied by: its weight in the question times its idf.
        found: For each segment, which of the terms are there, and where their lists lie.
    """

    family: Family
    codes: Integers
    weights: Floats
    found: Sequence[tuple[Integers, Places]]


def idfs_of(asked: Wanted, frequencies: Sequence[int], model: BM25F) -> list[float]:
    """The model's idf of each of a question's terms, that so many passages hold."""
    idfs = [model.idf_of(frequency, Family.WORDS) for frequency in frequencies[: asked.words]]
    idfs += [model.idf_of(frequency, Family.CHARACTERS) for frequency in frequencies[asked.words :]]
    return idfs


def unit_of(weights: Iterable[float], model: BM25F) -> float:
    """The unit that a question's scores are counted in, by what gains are multiplied by: a power of two."""
    most = (model.k1 + 1) * sum(map(abs, weights))
    return math.ldexp(1.0, math.frexp(most)[1] - 52) if 0 < most < math.inf else 1.0


class Gains:
    """The model's gains for the postings of one family in one segment, looked up instead of computed.

    Attributes:
        table: By row of `Lists.rows` and tag, flat.
        escapes: By place in `Lists.escapes`, for tags that do not tell.
    """

    def __init__(self, model: BM25F, family: Family, lists: Lists, table: Floats) -> None:
        """Complete what segments share by what is this segment's own.

        Args:
            model: Today's.
            family: Whose lists these are.
            lists: Of the segment.
            table: `shared_table` of the family.
        """
        self._lists = lists
        self.table = table
        if len(lists.long_lengths):
            self.table = np.zeros((TABLE_LENGTHS + len(lists.long_lengths)) << TAG_BITS)
            self.table[: len(table)] = table
            self.table[TABLE_LENGTHS << TAG_BITS :] = _flat_table(model, family, lists.long_lengths)
        text, title = lists.escapes.T
        lengths = lists.lengths[lists.escape_keys & 0xFFFFFFFF]
        self.escapes = model.gains(text, title, model.norms(lengths, family))
        if not (self.escapes >= 0).all():
            raise DamagedIndexError("a term occurs less than never")

    @property
    def needs_terms(self) -> bool:
        """Whether `of` must know the terms, for what tags cannot tell."""
        return len(self.escapes) > 0

    def of(self, tags: Tags, documents: Integers | None, terms: Any) -> Floats:
        """Gains for tags in documents; exactly what `BM25F.gains` gives.

        Args:
            tags: Any shape.
            documents: Broadcast against `tags`. None: all of the segment.
            terms: Ordinals, broadcast against `tags`; may be None unless `needs_terms`.
        """
        starts = self._lists.row_starts
        if documents is not None:
            starts = starts.take(documents)
        gains = self.table.take(starts | tags)
        if self.needs_terms:
            aside = np.nonzero(tags == ESCAPE)
            if len(aside[0]):
                documents = np.arange(self._lists.count) if documents is None else documents
                documents = np.broadcast_to(documents, tags.shape)[aside]
                terms = np.broadcast_to(terms, tags.shape)[aside]
                gains[aside] = self.escapes[self._lists.escape_places(terms, documents)]
        return gains


def shared_table(model: BM25F, family: Family, longest: int) -> Floats:
    """Gains for all lengths up to the longest that have a row in every segment's table."""
    return _flat_table(model, family, np.arange(min(longest + 1, TABLE_LENGTHS)))


def _flat_table(model: BM25F, family: Family, lengths: Integers) -> Floats:
    return np.ascontiguousarray(gain_table(model, family, lengths).T).ravel()


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
        """The most units that each list adds to any score, under today's mean length."""
        most = np.full(len(self.weights), model.k1 + 1)
        ratio = stretch(segment, self.family, model)
        if ratio:
            saturation = self.lists.bounds[self.places.ordinals] / 255
            most *= ratio * saturation / (1 - saturation + ratio * saturation)
        bounds: list[float] = (self.weights * most + 1).tolist()
        return bounds

    def units(self, terms: Sequence[int], documents: Integers) -> Floats:
        """What each of some terms (rows) adds to the scores of some documents (columns, growing)."""
        units = self.gains.of(self.tags(terms, documents), documents, self.places.ordinals[terms][:, None])
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
        units = self.gains.of(row, None, self.places.ordinals[term])
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
        ordinals = np.repeat(places.ordinals[terms], counts) if self.gains.needs_terms else None
        units = self.gains.of(tags, documents, ordinals)
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


def stretch(segment: Segment, family: Family, model: BM25F) -> float:
    """How far the bounds in a segment's lists must be stretched; 0.0 where they do not hold at all.

    A greater mean length than when the segment was written divides occurrences by less, at most by the
    ratio r of the means, and so lifts a saturation s to at most r·s / (1 - s + r·s).
    """
    before, now = segment.mean_when_written[family], model.mean_lengths[family]
    if segment.model_when_written != [model.k1, model.b, model.title_weight] or before <= 0:
        return 0.0
    return max(1.0, now / before)


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
