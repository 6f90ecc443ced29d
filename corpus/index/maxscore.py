"""MaxScore: finds the top passages of a segment without scoring every passage that holds a query term.

Turtle and Flood, "Query evaluation: strategies and optimizations" (1995), on whole lists. A list's *bound*
is the most that it adds to any score. The search adds up lists, those with the greatest bound for their
length first, until the bounds of the pending lists sum to less than the score of the worst kept passage.
From then on no passage outside the lists read so far can be among the top. Of the passages inside, only
those that still can be are looked up in the pending lists. The result is exact to the last bit.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpus.index.bm25 import BM25F, Floats
from corpus.index.posting_writer import Integers
from corpus.index.ranking import Scorer, score_all, score_some
from corpus.index.segments import Mask, Segment
from corpus.index.top_k import TopK, approximate_cutoff

ROUNDING_SLACK = 1 - 1e-9
"""Thresholds are multiplied by this, to allow for the rounding of bounds and boosts."""

MIN_PRUNED_POSTINGS = 2_000
"""Postings per term from which pruning pays. With fewer, all lists are simply added up."""

SPARSE_FACTOR = 8
"""With fewer than one posting per this many passages, only the passages in the lists are visited."""

FIRST_ROUND_POSTINGS = 16_000
"""Postings that are added up before the first guess at the top."""

ROUND_GROWTH = 16
"""Factor by which the postings of each further round grow."""

MAX_DIRECT_DOCUMENTS = 2_000
"""Up to this many allowed passages are scored directly, without a search."""


class SearchBuffers(threading.local):
    """A thread's working memory, reused from one search to the next."""

    def __init__(self) -> None:
        self.sums = np.zeros(0)
        self.last_position = np.zeros(0, np.int32)

    def reserve(self, size: int) -> None:
        """Make room for a segment of that size. `sums` is all zeros before and after each search."""
        if len(self.sums) < size:
            self.sums = np.zeros(size)
            self.last_position = np.zeros(size, np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class SegmentQuery:
    """What is searched for in one segment.

    Attributes:
        segment: The segment.
        scorers: At least one.
        unit: Score of one unit.
        model: The snapshot's model.
        allowed: Mask of the documents that count; None: all.
        factors: What each document's score is multiplied by; None: 1.
    """

    segment: Segment
    scorers: Sequence[Scorer]
    unit: float
    model: BM25F
    allowed: Mask | None = None
    factors: Floats | None = None

    def scores(self, documents: Integers, sums: Floats) -> Floats:
        """Scores of documents with these sums of units."""
        scores = sums * self.unit
        return scores if self.factors is None else scores * self.factors[documents]

    def max_score_per_unit(self) -> float:
        """The most that one unit adds to any score."""
        return self.unit if self.factors is None else self.unit * float(self.factors.max())


def search_segment(query: SegmentQuery, top: TopK, buffers: SearchBuffers) -> None:
    """Collect in `top` all documents of a segment that belong there; its threshold prunes the lists."""
    segment, scorers = query.segment, query.scorers
    if query.allowed is not None and np.count_nonzero(query.allowed) <= MAX_DIRECT_DOCUMENTS:
        documents = np.flatnonzero(query.allowed)
        top.collect(segment.facets, documents, query.scores(documents, score_some(scorers, documents)))
        return
    postings = sum(scorer.postings for scorer in scorers)
    is_small = postings <= MIN_PRUNED_POSTINGS * sum(len(scorer.terms) for scorer in scorers)
    buffers.reserve(segment.size)
    if is_small and postings * SPARSE_FACTOR > segment.size and top.threshold == 0:
        top.collect(segment.facets, None, _all_scores(query, buffers.sums))
        return
    bounds = [scorer.bounds(segment, query.model) for scorer in scorers]
    max_sum = sum(max(bound, 0.0) for scorer_bounds in bounds for bound in scorer_bounds)
    if max_sum * query.max_score_per_unit() < top.threshold * ROUNDING_SLACK:
        return
    is_prunable = not is_small and all(bound > 0 for scorer_bounds in bounds for bound in scorer_bounds)
    MaxScoreSearch(query, bounds, top, buffers).run(FIRST_ROUND_POSTINGS if is_prunable else None)


def _all_scores(query: SegmentQuery, sums: Floats) -> Floats:
    """Scores of all documents; those that are not allowed get 0."""
    try:
        scores = score_all(query.segment, query.scorers, sums) * query.unit
    finally:
        sums[: query.segment.size] = 0.0
    if query.factors is not None:
        scores *= query.factors
    if query.allowed is not None:
        scores *= query.allowed
    return scores


@dataclass(frozen=True, slots=True, eq=False)
class PendingList:
    """A list that was not read yet.

    Attributes:
        scorer: The scorer that the list belongs to.
        term: Its place in the scorer.
        bound: The most units that it adds to any score.
        postings: Its length.
    """

    scorer: Scorer
    term: int
    bound: float
    postings: int


class MaxScoreSearch:
    """One pruned search in one segment. All sums are in units."""

    def __init__(
        self, query: SegmentQuery, bounds: list[list[float]], top: TopK, buffers: SearchBuffers
    ) -> None:
        self._query = query
        self._top = top
        self._max_score_per_unit = query.max_score_per_unit()
        self._sums: Floats = buffers.sums[: query.segment.size]
        self._last_position: NDArray[np.int32] = buffers.last_position
        self._pending = [
            PendingList(scorer, term, bound, scorer.locations.frequencies[term])
            for scorer, scorer_bounds in zip(query.scorers, bounds, strict=True)
            for term, bound in zip(scorer.terms, scorer_bounds, strict=True)
        ]
        self._pending.sort(key=lambda each: each.bound / each.postings)
        self._pending_bound = sum(map(sum, bounds))
        self._seen: Integers | None = np.empty(0, np.int64)  # documents with a sum; None: all documents
        self._postings_read = 0

    def run(self, budget: int | None) -> None:
        """Search.

        Args:
            budget: Postings to add up before the first guess; None: all of them, without pruning.
        """
        try:
            if budget is None:
                self._add_lists(self._pending)
                self._pending, self._pending_bound = [], 0.0
            while self._pending and self._may_admit_unseen():
                self._add_lists(self._next_lists(budget or 1))
                if self._pending and self._may_admit_unseen():
                    self._raise_threshold(*self._candidates())
                budget = max(budget or 1, self._postings_read) * ROUND_GROWTH
            self._complete_candidates()
        finally:
            self._sums[slice(None) if self._seen is None else self._seen] = 0.0

    def _may_admit_unseen(self) -> bool:
        """Whether a document in none of the lists read so far could be among the top."""
        return self._pending_bound * self._max_score_per_unit >= self._top.threshold * ROUNDING_SLACK

    def _next_lists(self, budget: int) -> list[PendingList]:
        """Take the next lists to add up: until the budget of postings is spent or no more are needed."""
        lists: list[PendingList] = []
        while self._pending and self._may_admit_unseen():
            if lists and self._postings_read + self._pending[-1].postings > budget:
                break
            lists.append(self._pending.pop())
            self._pending_bound -= lists[-1].bound
            self._postings_read += lists[-1].postings
        return lists

    def _add_lists(self, lists: Sequence[PendingList]) -> None:
        """Add lists to the sums, and note the documents that they hold."""
        for each in lists:
            if each.scorer.locations.dense_rows[each.term] is not None:
                each.scorer.add_dense(each.term, self._sums)
                self._seen = None
        for scorer in self._query.scorers:
            rows = scorer.locations.dense_rows
            sparse = [each.term for each in lists if each.scorer is scorer and rows[each.term] is None]
            documents = scorer.add_sparse(sparse, self._sums)
            if self._seen is not None and len(documents):
                self._seen = self._without_repeats(np.concatenate([self._seen, documents]))

    def _without_repeats(self, documents: Integers) -> Integers:
        """Each document once: where its last position is the one that was noted."""
        positions = np.arange(len(documents), dtype=np.int32)
        self._last_position[documents] = positions
        unique: Integers = documents[self._last_position[documents] == positions]
        return unique

    def _candidates(self) -> tuple[Integers, Floats]:
        """Documents seen so far that could still be among the top, with their sums."""
        documents = self._seen
        if documents is None:
            threshold = self._top.threshold * ROUNDING_SLACK
            min_sum = threshold / self._max_score_per_unit - self._pending_bound
            documents = np.flatnonzero(self._sums >= max(min_sum * ROUNDING_SLACK, 1.0))
        return self._still_possible(documents, self._sums[documents])

    def _still_possible(self, documents: Integers, sums: Floats) -> tuple[Integers, Floats]:
        """Of these documents those that could still be among the top, with their sums."""
        if self._query.allowed is not None:
            allowed = self._query.allowed[documents]
            documents, sums = documents[allowed], sums[allowed]
        max_scores = self._query.scores(documents, sums + self._pending_bound)
        kept = max_scores >= self._top.threshold * ROUNDING_SLACK
        return documents[kept], sums[kept]

    def _raise_threshold(self, documents: Integers, sums: Floats) -> None:
        """Score the documents with the best sums so far completely, and collect them."""
        count = 2 * self._top.limit + 20
        if len(documents) > count:
            scores = self._query.scores(documents, sums)
            best = scores >= approximate_cutoff(scores, count)
            documents, sums = documents[best][: 2 * count], sums[best][: 2 * count]
        documents, sums = _sorted(documents, sums)
        for scorer in self._query.scorers:
            if terms := [each.term for each in self._pending if each.scorer is scorer]:
                sums = sums + scorer.contributions(terms, documents).sum(axis=0)
        self._collect(documents, sums)

    def _complete_candidates(self) -> None:
        """Look candidates up in the pending lists, those with the greatest bounds first, and collect them."""
        documents, sums = self._candidates()
        if self._pending:
            if len(documents) > 4 * self._top.limit + 40:
                self._raise_threshold(documents, sums)
                documents, sums = self._still_possible(documents, sums)
            documents, sums = _sorted(documents, sums)
        for each in sorted(self._pending, key=lambda each: -each.bound):
            if not len(documents):
                return
            sums = sums + each.scorer.contributions([each.term], documents)[0]
            self._pending_bound -= each.bound
            documents, sums = self._still_possible(documents, sums)
        self._collect(documents, sums)

    def _collect(self, documents: Integers, sums: Floats) -> None:
        self._top.collect(self._query.segment.facets, documents, self._query.scores(documents, sums))


def _sorted(documents: Integers, sums: Floats) -> tuple[Integers, Floats]:
    order = np.argsort(documents, kind="stable")  # the input is a few sorted runs, which this kind merges
    return documents[order], sums[order]
