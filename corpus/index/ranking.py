"""Scores of passages in one segment, identical to the last bit whichever way they are computed.

What a term adds to a score is rounded to a multiple of one *unit*. The unit is chosen for each query: so
small that it vanishes in a float's own rounding, and so large that all sums stay below 2**53 units. Sums of
such numbers are exact. The order of lists, segments and merges therefore has no influence on a score.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from corpus.errors import DamagedIndexError
from corpus.index.bm25 import BM25F, Floats
from corpus.index.posting_reader import (
    SHARED_TABLE_LENGTHS,
    TAG_BITS,
    ListLocations,
    PostingLists,
    PresentTerms,
)
from corpus.index.posting_writer import (
    BLOCK,
    BLOCK_BITS,
    ESCAPE,
    TEXT_OF_TAG,
    TITLE_OF_TAG,
    Integers,
    Tags,
    gain_table,
)
from corpus.index.segments import Segment
from corpus.text.terms import Family, Term, code_of

_Weights = tuple[dict[int, float], dict[int, float]]
"""Weights by code: of words, of characters."""


class QueryTerms(NamedTuple):
    """The distinct terms of a query: words first, each family by growing code.

    Attributes:
        codes: One per term.
        word_count: How many of the terms are words.
        weights: The query's weight of each term.
    """

    codes: Sequence[int]
    word_count: int
    weights: Sequence[float]

    @classmethod
    def from_terms(cls, terms: Sequence[Term]) -> "QueryTerms":
        """Combine terms: repeated ones get the sum of weights, those without weight are dropped."""
        weights: _Weights = ({}, {})
        for text, family, weight in terms:
            if weight > 0 and text:
                code, family_weights = code_of(text), weights[family]
                family_weights[code] = family_weights.get(code, 0.0) + weight
        return cls.from_weights(weights)

    @classmethod
    def from_weights(cls, weights: _Weights) -> "QueryTerms":
        """Order terms that are given as weights by code."""
        words, characters = weights
        codes = sorted(words)
        values = [words[code] for code in codes]
        if characters:
            character_codes = sorted(characters)
            codes += character_codes
            values += [characters[code] for code in character_codes]
        return cls(codes, len(words), values)

    def by_family(self) -> list[tuple[Family, slice]]:
        """The families that occur, each with the slice of its terms."""
        count = len(self.codes)
        slices = [
            (Family.WORDS, slice(0, self.word_count)),
            (Family.CHARACTERS, slice(self.word_count, count)),
        ]
        if 0 < self.word_count < count:
            return slices
        return [each for each in slices if each[1].start < each[1].stop]


def unweighted_terms(terms: Sequence[Term]) -> tuple[QueryTerms, list[int]]:
    """Combine terms, each with the weight 1.

    Returns:
        The distinct terms; and for each given term its place among them, -1 for an empty term.
    """
    weights: _Weights = ({}, {})
    coded = [(family, code_of(text) if text else None) for text, family, _ in terms]
    for family, code in coded:
        if code is not None:
            weights[family][code] = 1.0
    query = QueryTerms.from_weights(weights)
    places: tuple[dict[int | None, int], ...] = (
        {code: place for place, code in enumerate(query.codes[: query.word_count])},
        {code: place for place, code in enumerate(query.codes[query.word_count :], query.word_count)},
    )
    return query, [places[family].get(code, -1) for family, code in coded]


@dataclass(frozen=True, slots=True, eq=False)
class ResolvedTerms:
    """A query's terms of one family, looked up in all segments of a snapshot.

    Attributes:
        family: Words or characters.
        codes: One per term.
        weights: The factor of each term's gain: its weight in the query times its idf.
        lookups: For each segment, which terms it holds and where their lists lie.
    """

    family: Family
    codes: Integers
    weights: Floats
    lookups: Sequence[PresentTerms]


def query_idfs(query: QueryTerms, frequencies: Sequence[int], model: BM25F) -> list[float]:
    """The model's idf of each term, given how many passages hold it."""
    idfs = [model.idf_of(frequency, Family.WORDS) for frequency in frequencies[: query.word_count]]
    idfs += [model.idf_of(frequency, Family.CHARACTERS) for frequency in frequencies[query.word_count :]]
    return idfs


def score_unit(weights: Iterable[float], model: BM25F) -> float:
    """The unit of a query's scores: a power of two, from the factors that its gains are multiplied by."""
    max_score = (model.k1 + 1) * sum(map(abs, weights))
    return math.ldexp(1.0, math.frexp(max_score)[1] - 52) if 0 < max_score < math.inf else 1.0


class GainTable:
    """The model's gains for the postings of one family in one segment, looked up instead of computed.

    Attributes:
        table: Gains by gain row (`PostingLists.gain_rows`) and tag, flat.
        escapes: Gains of the postings whose tag is ESCAPE, by place in `PostingLists.escapes`.
    """

    def __init__(self, model: BM25F, family: Family, lists: PostingLists, table: Floats) -> None:
        """Extend the shared table by the segment's own rows.

        Args:
            model: The snapshot's model.
            family: The lists' family.
            lists: The segment's lists.
            table: `shared_gain_table` of the family.

        Raises:
            DamagedIndexError: A posting has an impossible number of occurrences.
        """
        self._lists = lists
        self.table = table
        if len(lists.long_lengths):
            self.table = np.zeros((SHARED_TABLE_LENGTHS + len(lists.long_lengths)) << TAG_BITS)
            self.table[: len(table)] = table
            self.table[SHARED_TABLE_LENGTHS << TAG_BITS :] = _flat_table(model, family, lists.long_lengths)
        text, title = lists.escapes.T
        lengths = lists.lengths[lists.escape_keys & 0xFFFFFFFF]
        self.escapes = model.gains(text, title, model.norms(lengths, family))
        if not (self.escapes >= 0).all():
            raise DamagedIndexError("a term occurs less than never")

    @property
    def needs_terms(self) -> bool:
        """Whether `look_up` must know the terms, because some tags are ESCAPE."""
        return len(self.escapes) > 0

    def look_up(self, tags: Tags, documents: Integers | None, terms: Any) -> Floats:
        """Gains for tags in documents; exactly those of `BM25F.gains`.

        Args:
            tags: Any shape.
            documents: Broadcast against `tags`. None: all documents of the segment.
            terms: Ordinals, broadcast against `tags`; may be None unless `needs_terms`.
        """
        starts = self._lists.gain_row_starts
        if documents is not None:
            starts = starts.take(documents)
        gains = self.table.take(starts | tags)
        if self.needs_terms:
            escaped = np.nonzero(tags == ESCAPE)
            if len(escaped[0]):
                documents = np.arange(self._lists.count) if documents is None else documents
                documents = np.broadcast_to(documents, tags.shape)[escaped]
                terms = np.broadcast_to(terms, tags.shape)[escaped]
                gains[escaped] = self.escapes[self._lists.escape_positions(terms, documents)]
        return gains


def shared_gain_table(model: BM25F, family: Family, longest: int) -> Floats:
    """Gain rows that all segments share: text lengths 0 to `longest`, below `SHARED_TABLE_LENGTHS`."""
    return _flat_table(model, family, np.arange(min(longest + 1, SHARED_TABLE_LENGTHS)))


def _flat_table(model: BM25F, family: Family, lengths: Integers) -> Floats:
    return np.ascontiguousarray(gain_table(model, family, lengths).T).ravel()


@dataclass(frozen=True, slots=True, eq=False)
class Scorer:
    """Scores documents of one segment by a query's terms of one family.

    Attributes:
        family: Words or characters.
        lists: The segment's lists of that family.
        gain_table: The gains of their postings.
        locations: Where the lists of the query's terms lie.
        weights: The factor of each term's gain, in units.
    """

    family: Family
    lists: PostingLists
    gain_table: GainTable
    locations: ListLocations
    weights: Floats

    @property
    def terms(self) -> range:
        """Places of the terms in this scorer."""
        return range(len(self.weights))

    @property
    def postings(self) -> int:
        """Postings in all the lists."""
        return sum(self.locations.frequencies)

    def bounds(self, segment: Segment, model: BM25F) -> list[float]:
        """The most units that each list adds to any score, under the snapshot's mean length."""
        max_gains = np.full(len(self.weights), model.k1 + 1)
        ratio = bound_stretch(segment, self.family, model)
        if ratio:
            saturation = self.lists.bounds[self.locations.ordinals] / 255
            max_gains *= ratio * saturation / (1 - saturation + ratio * saturation)
        bounds: list[float] = (self.weights * max_gains + 1).tolist()
        return bounds

    def contributions(self, terms: Sequence[int], documents: Integers) -> Floats:
        """Units that each term (row) adds to the score of each document (column, growing)."""
        tags = self.tags(terms, documents)
        units = self.gain_table.look_up(tags, documents, self.locations.ordinals[terms][:, None])
        units *= self.weights[terms][:, None]
        return np.rint(units, out=units)

    def tags(self, terms: Sequence[int], documents: Integers) -> Tags:
        """Tag of each term (row) in each document (column, growing); 0 where it does not occur."""
        tags = np.empty((len(terms), len(documents)), np.uint8)
        blocks, low_halves = self.lists.split_by_block(documents), (documents & BLOCK - 1).astype(np.uint16)
        for row, term in enumerate(terms):
            self.lists.look_up_tags(self.locations, term, documents, blocks, low_halves, tags[row])
        return tags

    def add_dense(self, term: int, sums: Floats) -> None:
        """Add a dense term to the sums of all documents."""
        row = self.locations.dense_rows[term]
        if row is None:
            raise ValueError("not a dense term")
        units = self.gain_table.look_up(row, None, self.locations.ordinals[term])
        units *= self.weights[term]
        sums += np.rint(units, out=units)

    def add_sparse(self, terms: Sequence[int], sums: Floats) -> Integers:
        """Add the lists of sparse terms to the sums. Returns their documents, list by list."""
        if not terms:
            return np.empty(0, np.int64)
        locations, lists = self.locations, self.lists
        counts = [locations.frequencies[term] for term in terms]
        starts = [locations.starts[term] for term in terms]
        spans = [slice(start, start + count) for start, count in zip(starts, counts, strict=True)]
        documents = np.concatenate([lists.low_halves[span] for span in spans]).astype(np.int64)
        if lists.blocks > 1:
            high_halves = np.concatenate([lists.high_halves(locations, term) for term in terms])
            documents |= high_halves.astype(np.int64) << BLOCK_BITS
        tags = np.concatenate([lists.tags[span] for span in spans])
        ordinals = np.repeat(locations.ordinals[terms], counts) if self.gain_table.needs_terms else None
        units = self.gain_table.look_up(tags, documents, ordinals)
        units *= np.repeat(self.weights[terms], counts)
        np.add.at(sums, documents, np.rint(units, out=units))
        return documents


def documents_with_all(scorers: Sequence[Scorer]) -> Integers:
    """Documents (growing) that are in every list of the scorers; the shortest list is read first."""
    lists = [(scorer, term) for scorer in scorers for term in scorer.terms]
    lists.sort(key=lambda each: each[0].locations.frequencies[each[1]])
    scorer, term = lists[0]
    row = scorer.locations.dense_rows[term]
    documents = scorer.lists.documents(scorer.locations, term) if row is None else np.flatnonzero(row)
    for scorer, term in lists[1:]:
        documents = documents[scorer.tags([term], documents)[0] > 0]
    return documents


def occurrences(scorers: Sequence[Scorer], documents: Integers) -> tuple[Integers, Integers]:
    """Count the rarest of all terms in some documents (growing): in text, and in title."""
    texts, titles = [], []
    for scorer in scorers:
        tags = scorer.tags(scorer.terms, documents)
        text, title = TEXT_OF_TAG[tags], TITLE_OF_TAG[tags]
        rows, columns = np.nonzero(tags == ESCAPE)
        escapes = scorer.lists.escape_positions(scorer.locations.ordinals[rows], documents[columns])
        text[rows, columns], title[rows, columns] = scorer.lists.escapes[escapes].T
        texts.append(text)
        titles.append(title)
    return np.concatenate(texts).min(axis=0), np.concatenate(titles).min(axis=0)


def bound_stretch(segment: Segment, family: Family, model: BM25F) -> float:
    """By how much a segment's stored bounds must be stretched; 0.0 where they do not hold at all.

    The bounds were computed with the mean length at the time of writing. A greater mean length divides
    occurrences by less, at most by the ratio r of the means, and so lifts a saturation s to at most
    r·s / (1 - s + r·s).
    """
    mean_then, mean_now = segment.mean_when_written[family], model.mean_lengths[family]
    if segment.model_when_written != [model.k1, model.b, model.title_weight] or mean_then <= 0:
        return 0.0
    return max(1.0, mean_now / mean_then)


def make_scorer(
    segment: Segment, terms: ResolvedTerms, place: int, unit: float, gain_table: GainTable
) -> Scorer | None:
    """The scorer of a query's terms of one family in a segment; None when the segment holds none of them.

    Args:
        segment: The segment.
        terms: The resolved terms.
        place: Place of the segment in `ResolvedTerms.lookups`.
        unit: Score of one unit.
        gain_table: The gains of the family in the segment.
    """
    present, locations = terms.lookups[place]
    if not len(present):
        return None
    weights = terms.weights[present] / unit
    return Scorer(terms.family, segment.lists[terms.family], gain_table, locations, weights)


def score_all(segment: Segment, scorers: Sequence[Scorer], zeros: Floats) -> Floats:
    """Scores, in units, of all documents of a segment, summed up at the beginning of `zeros`."""
    sums = zeros[: segment.size]
    for scorer in scorers:
        rows = scorer.locations.dense_rows
        scorer.add_sparse([term for term, row in enumerate(rows) if row is None], sums)
        for term, row in enumerate(rows):
            if row is not None:
                scorer.add_dense(term, sums)
    return sums


def score_some(scorers: Sequence[Scorer], documents: Integers) -> Floats:
    """Scores, in units, of some documents (growing)."""
    scores = np.zeros(len(documents))
    for scorer in scorers:
        scores += scorer.contributions(scorer.terms, documents).sum(axis=0)
    return scores
