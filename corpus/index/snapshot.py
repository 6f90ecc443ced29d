"""One state of the index, for reading: statistics, ranking, scores. It never changes."""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from corpus.errors import DamagedIndexError
from corpus.index import jit
from corpus.index.bm25 import BM25F, Floats
from corpus.index.jit import Searcher
from corpus.index.maxscore import Scratch, search_segment
from corpus.index.posting_writer import Integers
from corpus.index.ranking import (
    Asked,
    Gains,
    Part,
    Wanted,
    alike,
    holding_all,
    idfs_of,
    part_of,
    score_all,
    score_some,
    shared_table,
    unit_of,
    wanted,
)
from corpus.index.segments import Mask, Restriction, Segment
from corpus.index.top_k import Match, Selection
from corpus.text.terms import Family, Term

Boost = tuple[Restriction, float]
Model = Callable[["Snapshot"], BM25F]

_SCRATCH = Scratch()


def forget_workspaces() -> None:
    """Give up the memory that searches work in: one that ended half-way may have left sums there."""
    global _SCRATCH
    _SCRATCH = Scratch()
    jit.forget_workspaces()


class Snapshot:
    """What was committed at one moment. Immutable, for any number of threads."""

    def __init__(
        self, segments: Sequence[Segment], model: Model = BM25F, *, compiled_loops: bool = True
    ) -> None:
        """Bind segments together.

        Args:
            segments: In any order.
            model: Makes the ranking model.
            compiled_loops: Use them once they are there (`compiled`).
        """
        self._compiled_loops = compiled_loops
        self.segments = tuple(segments)
        self.count = sum(segment.count for segment in segments)
        self._lengths = tuple(sum(segment.lengths[family] for segment in segments) for family in Family)
        self._by_size = sorted(range(len(segments)), key=lambda place: -segments[place].count)
        self._searcher: Searcher | None = None
        self.model = model(self)

    @cached_property
    def _gains(self) -> list[list[Gains]]:
        """For each segment and family."""
        tables = [
            shared_table(
                self.model, family, max((segment.longest[family] for segment in self.segments), default=0)
            )
            for family in Family
        ]
        return [
            [Gains(self.model, family, segment.lists[family], tables[family]) for family in Family]
            for segment in self.segments
        ]

    @property
    def _compiled(self) -> Searcher | None:
        """The compiled loops over this snapshot; None while there are none, and for what they cannot read."""
        if self._searcher is None and self._compiled_loops and (kernels := jit.kernels()) is not None:
            if all(jit.can_read(segment) for segment in self.segments):
                self._searcher = Searcher(kernels, self.segments, self.model, self._gains)
            else:
                self._compiled_loops = False
        return self._searcher

    def mean_length(self, family: Family) -> float:
        """Mean number of terms in a passage's text; 0.0 for an empty index."""
        return self._lengths[family] / self.count if self.count else 0.0

    def document_frequency(self, term: Term) -> int:
        """Passages that hold a term in text or title."""
        return self.document_frequencies([term])[0]

    def document_frequencies(self, terms: Sequence[Term]) -> list[int]:
        """Passages that hold each of the terms; an empty one is in none."""
        asked, places = alike(terms)
        frequencies = [*self._frequencies(asked), 0]
        return [frequencies[place] for place in places]

    def idfs(self, terms: Sequence[Term]) -> list[float]:
        """The model's weight of each term, without its own; of unknown ones the largest, of empty ones 0."""
        asked, places = alike(terms)
        idfs = [*idfs_of(asked, self._frequencies(asked), self.model), 0.0]
        return [idfs[place] for place in places]

    def idf_by_term(self, terms: Sequence[Term]) -> dict[tuple[str, Family], float]:
        """`idfs` by text and family, of each distinct term; weights do not matter."""
        distinct = {(term.text, term.family): term for term in terms}
        return dict(zip(distinct, self.idfs(list(distinct.values())), strict=True))

    def all_document_frequencies(self, family: Family) -> NDArray[np.int64]:
        """Of each distinct term that some passage holds, in no particular order. Reads all dictionaries."""
        codes = [segment.lists[family].codes for segment in self.segments]
        union = np.unique(np.concatenate(codes)) if codes else np.empty(0, np.int64)
        frequencies = self._frequencies_of(union, family)
        return frequencies[frequencies > 0]

    def vocabulary(self, family: Family) -> Iterator[tuple[str, int]]:
        """Distinct words with the number of passages that hold them, in no particular order.

        Args:
            family: WORDS; the texts of long terms of the other family are not kept.
        """
        if family != Family.WORDS:
            raise ValueError("only the vocabulary of words can be listed")
        seen: set[int] = set()
        for segment in self.segments:
            entries = [(code, text) for code, text in segment.words() if code not in seen]
            if len(self.segments) > 1:
                seen.update(code for code, _ in entries)
            codes = np.array([code for code, _ in entries], np.int64)
            frequencies = self._frequencies_of(codes, family).tolist()
            for (_, text), frequency in zip(entries, frequencies, strict=True):
                if frequency:
                    yield text, frequency

    def _frequencies(self, asked: Wanted) -> Sequence[int]:
        """Passages that hold each of the terms."""
        if self._compiled is not None:
            return self._compiled.frequencies(asked)
        frequencies: list[int] = []
        for family, part in asked.parts():
            frequencies += self._frequencies_of(np.array(asked.codes[part], np.int64), family).tolist()
        return frequencies

    def _frequencies_of(self, codes: Integers, family: Family) -> Integers:
        if self._compiled is not None:
            return self._compiled.frequencies_of(codes, family)
        frequencies = np.zeros(len(codes), np.int64)
        for segment in self.segments:
            frequencies += segment.frequencies(family, codes)
        return frequencies

    def _ask(self, wants: Wanted) -> tuple[list[Asked], float]:
        """Look up the terms. Returns the unit too."""
        asked = []
        for family, part in wants.parts():
            codes = np.array(wants.codes[part], np.int64)
            found = [segment.lists[family].find(codes) for segment in self.segments]
            frequencies = np.zeros(len(codes), np.int64)
            for segment, (there, places) in zip(self.segments, found, strict=True):
                frequencies[there] += np.array(places.frequencies, np.int64)
                if segment.alive is not None:
                    frequencies -= segment.removals.taken(family, codes)
            idfs = [self.model.idf_of(frequency, family) for frequency in np.maximum(frequencies, 0).tolist()]
            asked.append(Asked(family, codes, np.array(wants.weights[part]) * idfs, found))
        weights = [weight for each in asked for weight in each.weights.tolist()]
        return asked, unit_of(weights, self.model)

    def _parts(self, place: int, asked: Sequence[Asked], unit: float) -> list[Part]:
        segment, gains = self.segments[place], self._gains[place]
        parts = (part_of(segment, each, place, unit, gains[each.family]) for each in asked)
        return [part for part in parts if part is not None]

    def search(
        self,
        terms: Sequence[Term],
        *,
        limit: int,
        where: Restriction | None = None,
        boosts: Sequence[Boost] = (),
        per_article: bool = True,
    ) -> list[Match]:
        """The best passages, best first. Exact and the same every time.

        Only passages with a score above 0 are found, so each holds one of the terms at least. Among
        equal scores the one published later comes first, then the one with the smaller number.

        Args:
            terms: In any order; one given twice counts twice.
            limit: How many at most.
            where: Other passages are not found.
            boosts: The score of each passage that passes the restriction is multiplied by (1 + x), x ≥ 0.
            per_article: Only the best passage of each article is found; `limit` counts articles.

        Raises:
            DamagedIndexError: What was found is impossible.
        """
        try:
            matches = self._search(terms, limit, where, boosts, per_article)
        except BaseException:
            forget_workspaces()
            raise
        for number, article, score in matches:
            if not (0.0 < score < math.inf and number > 0 and article >= 0):
                raise DamagedIndexError(f"impossible match: passage {number}, article {article}, {score}")
        return matches

    def _search(
        self,
        terms: Sequence[Term],
        limit: int,
        where: Restriction | None,
        boosts: Sequence[Boost],
        per_article: bool,
    ) -> list[Match]:
        if self._compiled is not None and 0 < limit <= jit.MOST:
            return self._compiled.search(
                terms,
                limit=limit,
                per_article=per_article,
                masks=None if where is None else lambda segment: _allowed(segment, where),
                factors=(lambda segment: _factors(segment, boosts)) if boosts else None,
            )
        found = Selection(limit, per_article=per_article)
        asked, unit = self._ask(wanted(terms))
        for place in self._by_size:
            segment, parts = self.segments[place], self._parts(place, asked, unit)
            if not parts:
                continue
            allowed = _allowed(segment, where) if where is not None else segment.alive
            factors = _factors(segment, boosts) if boosts else None
            search_segment(segment, parts, unit, self.model, found, _SCRATCH, allowed, factors)
        return found.matches()

    def articles_with(self, terms: Sequence[Term], *, where: Restriction | None = None) -> NDArray[np.int32]:
        """Numbers of the articles, growing, of which one passage or its title holds all the terms.

        Weights do not matter. None for no terms.
        """
        asked, unit = self._ask(alike(terms)[0])
        articles = [np.empty(0, np.int32)]
        for place, segment in enumerate(self.segments):
            parts = self._parts(place, asked, unit)
            if parts and sum(len(part.terms) for part in parts) == sum(len(each.codes) for each in asked):
                documents = holding_all(parts)
                documents = documents[_allowed(segment, where)[documents]]
                articles.append(segment.facets.articles[documents])
        return np.unique(np.concatenate(articles))

    def newest(self, *, where: Restriction | None = None, limit: int) -> tuple[list[int], int]:
        """Numbers of the newest articles, those without a date last; and how many there are in all."""
        articles, published = [np.empty(0, np.int32)], [np.empty(0, np.uint32)]
        for segment in self.segments:
            documents = np.flatnonzero(_allowed(segment, where))
            articles.append(segment.facets.articles[documents])
            published.append(segment.facets.published[documents])
        numbers, places = np.unique(np.concatenate(articles), return_index=True)
        order = np.lexsort((numbers, np.concatenate(published)[places]))[::-1]
        newest: list[int] = numbers[order[:limit]].tolist()
        return newest, len(numbers)

    def all_scores(self, terms: Sequence[Term]) -> Floats:
        """One score a passage, by growing number. Scores every passage: for tests and comparisons."""
        asked, unit = self._ask(wanted(terms))
        numbers, scores = [np.empty(0, np.int32)], [np.empty(0)]
        for place, segment in enumerate(self.segments):
            alive = slice(None) if segment.alive is None else segment.alive
            sums = score_all(segment, self._parts(place, asked, unit), np.zeros(segment.size))
            numbers.append(segment.facets.numbers[alive])
            scores.append(sums[alive] * unit)
        return np.concatenate(scores)[np.argsort(np.concatenate(numbers))]

    def scores_of(self, numbers: Sequence[int], terms: Sequence[Term]) -> list[float]:
        """Scores, without boosts, of the passages with these numbers; 0.0 for a number that is not there."""
        if self._compiled is not None:
            scores: list[float] = self._compiled.contributions(wanted(terms), numbers).sum(axis=1).tolist()
            return scores
        summed = np.zeros(len(numbers))
        asked, unit = self._ask(wanted(terms))
        for place, spots, documents in self._located(numbers):
            summed[spots] = score_some(self._parts(place, asked, unit), documents) * unit
        return summed.tolist()

    def shares_of(self, numbers: Sequence[int], terms: Sequence[Term]) -> Floats:
        """What each term contributes to the scores of some passages, without `Term.weight`.

        For those who weigh the terms differently from passage to passage: looked up once for all.

        Returns:
            idf times gain, passages in rows, terms in columns. A score of `scores_of` is the sum of its row
            times the terms' weights, but for rounding. 0.0 where a term or a passage is not there.
        """
        wants, columns = alike(terms)
        shares = np.zeros((len(numbers), len(wants.codes) + 1))  # the last column is that of empty terms
        if self._compiled is not None:
            shares[:, :-1] = self._compiled.contributions(wants, numbers)
            return _finite(shares)[:, columns]
        asked, unit = self._ask(wants)
        for place, spots, documents in self._located(numbers):
            for each, (_, span) in zip(asked, wants.parts(), strict=True):
                part = part_of(self.segments[place], each, place, unit, self._gains[place][each.family])
                if part is not None:
                    there = span.start + each.found[place][0]
                    shares[spots[:, None], there] = part.units(part.terms, documents).T * unit
        return _finite(shares)[:, columns]

    def _located(self, numbers: Sequence[int]) -> Iterator[tuple[int, Integers, Integers]]:
        """Segments that hold some of the passages: place, spots among `numbers`, documents (growing)."""
        wanted = np.array(numbers, np.int64)
        for place, segment in enumerate(self.segments):
            spots = segment.locate(wanted)
            here = np.flatnonzero(spots >= 0)
            if len(here):
                order = np.argsort(spots[here], kind="stable")
                yield place, here[order], spots[here][order]


def _finite(shares: Floats) -> Floats:
    """The same.

    Raises:
        DamagedIndexError: They are no numbers.
    """
    if not np.isfinite(shares).all():
        raise DamagedIndexError("what a term earns is no number")
    return shares


def _factors(segment: Segment, boosts: Sequence[Boost]) -> Floats:
    factors = np.ones(segment.size)
    for where, lift in boosts:
        factors[segment.passing(where)] *= 1 + lift
    return factors


def _allowed(segment: Segment, where: Restriction | None) -> Mask:
    allowed = segment.passing(where or Restriction())
    return allowed if segment.alive is None else allowed & segment.alive
