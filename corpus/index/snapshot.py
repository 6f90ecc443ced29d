"""One committed state of the index, for reading: statistics, ranking, scores. It never changes."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.errors import DamagedIndexError
from corpus.index import jit, kernel_search
from corpus.index.bm25 import BM25F, Floats
from corpus.index.inverting import TITLE_REPEATS
from corpus.index.kernel_search import KernelSearcher
from corpus.index.maxscore import SearchBuffers, SegmentQuery, search_segment
from corpus.index.posting_writer import Integers
from corpus.index.ranking import (
    GainTable,
    QueryTerms,
    ResolvedTerms,
    Scorer,
    documents_with_all,
    make_scorer,
    occurrences,
    query_idfs,
    score_all,
    score_some,
    score_unit,
    shared_gain_table,
    unweighted_terms,
)
from corpus.index.segments import Mask, Restriction, Segment
from corpus.index.top_k import Match, TopK
from corpus.text.terms import Family, Term

Boost = tuple[Restriction, float]
Model = Callable[["Snapshot"], BM25F]

_BUFFERS = SearchBuffers()


def forget_workspaces() -> None:
    """Drop the working memory of searches: one that was interrupted may have left sums in it."""
    global _BUFFERS
    _BUFFERS = SearchBuffers()
    kernel_search.forget_workspaces()


class _ResolvedQuery(NamedTuple):
    """A query's terms, looked up in all segments.

    Attributes:
        terms: One element per family that occurs.
        unit: Score of one unit.
    """

    terms: list[ResolvedTerms]
    unit: float


class _LocatedPassages(NamedTuple):
    """Those of some passages that one segment holds.

    Attributes:
        segment: Place of the segment in the snapshot.
        rows: Places of the passages among those that were asked for.
        documents: Their places in the segment, growing.
    """

    segment: int
    rows: Integers
    documents: Integers


class Openings(NamedTuple):
    """Numbers, growing, of the articles that hold some terms where an article says what it is about.

    Attributes:
        titles: Those whose title holds all of the terms.
        texts: Those whose first passage holds all of them in its text.
    """

    titles: NDArray[np.int32]
    texts: NDArray[np.int32]


class Snapshot:
    """What was committed at one moment. Immutable, for any number of threads."""

    def __init__(
        self, segments: Sequence[Segment], model: Model = BM25F, *, compiled_loops: bool = True
    ) -> None:
        """Combine segments.

        Args:
            segments: In any order.
            model: Makes the ranking model.
            compiled_loops: Use the compiled kernels (`jit`) as soon as they are loaded.
        """
        self._compiled_loops = compiled_loops
        self.segments = tuple(segments)
        self.count = sum(segment.count for segment in segments)
        self._total_lengths = tuple(sum(segment.lengths[family] for segment in segments) for family in Family)
        self._by_size = sorted(range(len(segments)), key=lambda place: -segments[place].count)
        self._searcher: KernelSearcher | None = None
        self.model = model(self)

    @cached_property
    def _gain_tables(self) -> list[list[GainTable]]:
        """Tables of gains by segment and family."""
        longest = [max((each.longest[family] for each in self.segments), default=0) for family in Family]
        shared = [shared_gain_table(self.model, family, longest[family]) for family in Family]
        return [
            [GainTable(self.model, family, segment.lists[family], shared[family]) for family in Family]
            for segment in self.segments
        ]

    @property
    def _compiled(self) -> KernelSearcher | None:
        """The kernels over this snapshot; None until they are loaded, or if they cannot read a segment."""
        if self._searcher is None and self._compiled_loops and (kernels := jit.kernels()) is not None:
            if all(kernel_search.is_readable(segment) for segment in self.segments):
                self._searcher = KernelSearcher(kernels, self.segments, self.model, self._gain_tables)
            else:
                self._compiled_loops = False
        return self._searcher

    def mean_length(self, family: Family) -> float:
        """Mean number of terms in a passage's text; 0.0 for an empty index."""
        return self._total_lengths[family] / self.count if self.count else 0.0

    def document_frequency(self, term: Term) -> int:
        """Number of passages that hold a term in text or title."""
        return self.document_frequencies([term])[0]

    def document_frequencies(self, terms: Sequence[Term]) -> list[int]:
        """Number of passages that hold each term; 0 for an empty term."""
        query, places = unweighted_terms(terms)
        frequencies = [*self._frequencies(query), 0]  # an empty term has the place -1
        return [frequencies[place] for place in places]

    def frequencies_of_codes(self, codes: Integers, family: Family) -> Integers:
        """Number of passages that hold each term, by its code (`terms.code_of`)."""
        return self._frequencies_of(codes, family)

    def idfs(self, terms: Sequence[Term]) -> list[float]:
        """The model's idf of each term, without its weight; the largest if unknown, 0 for empty ones."""
        query, places = unweighted_terms(terms)
        idfs = [*query_idfs(query, self._frequencies(query), self.model), 0.0]
        return [idfs[place] for place in places]

    def idfs_of_codes(self, codes: Integers, family: Family) -> Floats:
        """The model's idf of each term, by its code (`terms.code_of`); the largest if unknown."""
        frequencies, places = np.unique(self._frequencies_of(codes, family), return_inverse=True)
        idfs = [self.model.idf_of(frequency, family) for frequency in frequencies.tolist()]
        return np.array(idfs, np.float64)[places]

    def idf_by_term(self, terms: Sequence[Term]) -> dict[tuple[str, Family], float]:
        """`idfs` by text and family, of each distinct term; weights do not matter."""
        distinct = {(term.text, term.family): term for term in terms}
        return dict(zip(distinct, self.idfs(list(distinct.values())), strict=True))

    def all_document_frequencies(self, family: Family) -> NDArray[np.int64]:
        """Document frequencies of all distinct terms, in no particular order. Reads all dictionaries."""
        codes = [segment.lists[family].codes for segment in self.segments]
        union = np.unique(np.concatenate(codes)) if codes else np.empty(0, np.int64)
        frequencies = self._frequencies_of(union, family)
        return frequencies[frequencies > 0]

    def vocabulary(self, family: Family) -> Iterator[tuple[str, int]]:
        """Distinct words with the number of passages that hold them, in no particular order.

        Args:
            family: Must be WORDS; the texts of long terms of the other family are not kept.
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

    def _frequencies(self, query: QueryTerms) -> Sequence[int]:
        """Number of passages that hold each term of a query."""
        if self._compiled is not None:
            return self._compiled.frequencies(query)
        frequencies: list[int] = []
        for family, span in query.by_family():
            frequencies += self._frequencies_of(np.array(query.codes[span], np.int64), family).tolist()
        return frequencies

    def _frequencies_of(self, codes: Integers, family: Family) -> Integers:
        if self._compiled is not None:
            return self._compiled.frequencies_of(codes, family)
        frequencies = np.zeros(len(codes), np.int64)
        for segment in self.segments:
            frequencies += segment.frequencies(family, codes)
        return frequencies

    def _resolve(self, query: QueryTerms) -> _ResolvedQuery:
        """Look a query's terms up in all segments."""
        resolved = []
        for family, span in query.by_family():
            codes = np.array(query.codes[span], np.int64)
            lookups = [segment.lists[family].find(codes) for segment in self.segments]
            frequencies = np.zeros(len(codes), np.int64)
            for segment, (places, locations) in zip(self.segments, lookups, strict=True):
                frequencies[places] += np.array(locations.frequencies, np.int64)
                if segment.alive is not None:
                    frequencies -= segment.removals.taken(family, codes)
            idfs = [self.model.idf_of(frequency, family) for frequency in np.maximum(frequencies, 0).tolist()]
            resolved.append(ResolvedTerms(family, codes, np.array(query.weights[span]) * idfs, lookups))
        weights = [weight for each in resolved for weight in each.weights.tolist()]
        return _ResolvedQuery(resolved, score_unit(weights, self.model))

    def _scorer(self, place: int, terms: ResolvedTerms, unit: float) -> Scorer | None:
        return make_scorer(self.segments[place], terms, place, unit, self._gain_tables[place][terms.family])

    def _scorers(self, place: int, query: _ResolvedQuery) -> list[Scorer]:
        """Scorers of a query's terms in one segment; none when it holds none of them."""
        scorers = (self._scorer(place, terms, query.unit) for terms in query.terms)
        return [scorer for scorer in scorers if scorer is not None]

    def search(
        self,
        terms: Sequence[Term],
        *,
        limit: int,
        where: Restriction | None = None,
        boosts: Sequence[Boost] = (),
        per_article: bool = True,
        together: Sequence[Term] = (),
    ) -> list[Match]:
        """The best passages, best first. Exact and the same every time.

        Only passages with a score above 0 are found, so each holds at least one of the terms. Among
        equal scores the later date comes first, then the smaller number.

        Args:
            terms: In any order; one that is given twice counts twice.
            limit: How many matches at most.
            where: Other passages are not found.
            boosts: The score of each passage that passes the restriction is multiplied by (1 + x), x ≥ 0.
            per_article: Only the best passage of each article is found; `limit` counts articles.
            together: Only articles are found one passage of which holds all of these terms.

        Raises:
            DamagedIndexError: An impossible match was read.
        """
        if together:
            articles = self.articles_with(together, where=where)
            where = replace(where or Restriction(), articles=frozenset(articles.tolist()))
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
        if self._compiled is not None and 0 < limit <= kernel_search.MAX_LIMIT:
            return self._compiled.search(
                terms,
                limit=limit,
                per_article=per_article,
                masks=None if where is None else lambda segment: _mask_of(segment, where),
                factors=(lambda segment: _factors_of(segment, boosts)) if boosts else None,
            )
        top = TopK(limit, per_article=per_article)
        query = self._resolve(QueryTerms.from_terms(terms))
        for place in self._by_size:
            segment, scorers = self.segments[place], self._scorers(place, query)
            if not scorers:
                continue
            allowed = _mask_of(segment, where) if where is not None else segment.alive
            factors = _factors_of(segment, boosts) if boosts else None
            segment_query = SegmentQuery(segment, scorers, query.unit, self.model, allowed, factors)
            search_segment(segment_query, top, _BUFFERS)
        return top.matches()

    def articles_with(self, terms: Sequence[Term], *, where: Restriction | None = None) -> NDArray[np.int32]:
        """Numbers, growing, of the articles that have a passage which holds all terms in text or title.

        Weights do not matter. Without terms the result is empty.
        """
        query = self._resolve(unweighted_terms(terms)[0])
        wanted = sum(len(each.codes) for each in query.terms)
        articles = [np.empty(0, np.int32)]
        for place, segment in enumerate(self.segments):
            scorers = self._scorers(place, query)
            if scorers and sum(len(scorer.terms) for scorer in scorers) == wanted:
                documents = documents_with_all(scorers)
                documents = documents[_mask_of(segment, where)[documents]]
                articles.append(segment.facets.articles[documents])
        return np.unique(np.concatenate(articles))

    def first_together(self, groups: Iterable[Sequence[Term]]) -> int | None:
        """Place of the first group of terms that one passage holds all of; None if there is none."""
        return next((place for place, terms in enumerate(groups) if len(self.articles_with(terms))), None)

    def articles_opening_with(self, terms: Sequence[Term], *, where: Restriction | None = None) -> "Openings":
        """Find the articles that hold all terms in the title, or in the text of their first passage.

        Names of outlets, categories and days, which are indexed beside a title, do not count. Weights do not
        matter. Without terms the result is empty.
        """
        query = self._resolve(unweighted_terms(terms)[0])
        wanted = sum(len(each.codes) for each in query.terms)
        titled, opened = [np.empty(0, np.int32)], [np.empty(0, np.int32)]
        for place, segment in enumerate(self.segments):
            scorers = self._scorers(place, query)
            if not scorers or sum(len(scorer.terms) for scorer in scorers) != wanted:
                continue
            documents = documents_with_all(scorers)
            documents = documents[_mask_of(segment, where)[documents]]
            articles = segment.facets.articles
            is_first = (documents == 0) | (articles[documents] != articles[documents - 1])
            documents = documents[is_first]
            in_text, in_title = occurrences(scorers, documents)
            titled.append(articles[documents[in_title >= TITLE_REPEATS]])
            opened.append(articles[documents[in_text > 0]])
        return Openings(np.unique(np.concatenate(titled)), np.unique(np.concatenate(opened)))

    def newest(self, *, where: Restriction | None = None, limit: int) -> tuple[list[int], int]:
        """Numbers of the newest articles, those without a date last; and the number of all articles."""
        articles, published = [np.empty(0, np.int32)], [np.empty(0, np.uint32)]
        for segment in self.segments:
            documents = np.flatnonzero(_mask_of(segment, where))
            articles.append(segment.facets.articles[documents])
            published.append(segment.facets.published[documents])
        numbers, places = np.unique(np.concatenate(articles), return_index=True)
        order = np.lexsort((numbers, np.concatenate(published)[places]))[::-1]
        newest: list[int] = numbers[order[:limit]].tolist()
        return newest, len(numbers)

    def all_scores(self, terms: Sequence[Term]) -> Floats:
        """One score per passage, by growing number. Scores every passage: for tests and comparisons."""
        query = self._resolve(QueryTerms.from_terms(terms))
        numbers, scores = [np.empty(0, np.int32)], [np.empty(0)]
        for place, segment in enumerate(self.segments):
            alive = slice(None) if segment.alive is None else segment.alive
            sums = score_all(segment, self._scorers(place, query), np.zeros(segment.size))
            numbers.append(segment.facets.numbers[alive])
            scores.append(sums[alive] * query.unit)
        return np.concatenate(scores)[np.argsort(np.concatenate(numbers))]

    def scores_of(self, numbers: Sequence[int], terms: Sequence[Term]) -> list[float]:
        """Scores, without boosts, of the passages with these numbers; 0.0 for a number that is not there."""
        query_terms = QueryTerms.from_terms(terms)
        if self._compiled is not None:
            scores: list[float] = self._compiled.contributions(query_terms, numbers).sum(axis=1).tolist()
            return scores
        summed = np.zeros(len(numbers))
        query = self._resolve(query_terms)
        for place, rows, documents in self._locate(numbers):
            summed[rows] = score_some(self._scorers(place, query), documents) * query.unit
        return summed.tolist()

    def shares_of(self, numbers: Sequence[int], terms: Sequence[Term]) -> Floats:
        """What each term contributes to the scores of some passages, without `Term.weight`.

        For callers that weigh the terms differently from passage to passage: one lookup serves all.

        Returns:
            idf times gain; passages in rows, terms in columns. A score of `scores_of` is the sum of its row
            times the terms' weights, but for rounding. 0.0 where a term or a passage is not there.

        Raises:
            DamagedIndexError: A contribution is not a number.
        """
        query, columns = unweighted_terms(terms)
        contributions = self._contributions(query, numbers)
        if not np.isfinite(contributions).all():
            raise DamagedIndexError("what a term earns is no number")
        zeros = np.zeros((len(numbers), 1))  # an empty term has the column -1
        shares: Floats = np.hstack([contributions, zeros])[:, columns]
        return shares

    def _contributions(self, query: QueryTerms, numbers: Sequence[int]) -> Floats:
        """What each term of a query (column) adds to the scores of some passages (rows)."""
        if self._compiled is not None:
            return self._compiled.contributions(query, numbers)
        contributions = np.zeros((len(numbers), len(query.codes)))
        resolved = self._resolve(query)
        spans = [span for _, span in query.by_family()]
        for place, rows, documents in self._locate(numbers):
            for terms, span in zip(resolved.terms, spans, strict=True):
                scorer = self._scorer(place, terms, resolved.unit)
                if scorer is not None:
                    columns = span.start + terms.lookups[place].places
                    scores = scorer.contributions(scorer.terms, documents) * resolved.unit
                    contributions[np.ix_(rows, columns)] = scores.T
        return contributions

    def _locate(self, numbers: Sequence[int]) -> Iterator[_LocatedPassages]:
        """Find passages by number, segment by segment."""
        wanted = np.array(numbers, np.int64)
        for place, segment in enumerate(self.segments):
            documents = segment.locate(wanted)
            rows = np.flatnonzero(documents >= 0)
            if len(rows):
                rows = rows[np.argsort(documents[rows], kind="stable")]
                yield _LocatedPassages(place, rows, documents[rows])


def _factors_of(segment: Segment, boosts: Sequence[Boost]) -> Floats:
    """What each document's score is multiplied by."""
    factors = np.ones(segment.size)
    for where, boost in boosts:
        factors[segment.passing(where)] *= 1 + boost
    return factors


def _mask_of(segment: Segment, where: Restriction | None) -> Mask:
    """Documents that pass a restriction and were not removed."""
    allowed = segment.passing(where or Restriction())
    return allowed if segment.alive is None else allowed & segment.alive
