"""Finding the best passages of a segment without scoring every passage that holds one of the terms.

This is MaxScore (Turtle and Flood, "Query evaluation: strategies and optimizations", 1995) on whole
lists. A list's bound is the most that it adds to any score. Lists are added up, those first whose bound
is great for their length, until what the rest could add is less than the worst of the best found so
far: no passage outside the lists that were read can be among the best any more, and of those within
only the few that still could are looked up in the rest. The result is the same to the last bit.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpus.index.bm25 import BM25F, Floats
from corpus.index.posting_writer import Integers
from corpus.index.ranking import Part, score_all, score_some
from corpus.index.segments import Mask, Segment
from corpus.index.top_k import Selection, cut_for

SLACK = 1 - 1e-9
"""Thresholds are lowered by this, for what rounding does to bounds and boosts."""

PRUNE_FROM = 2_000
"""Postings per term from which pruning pays; below, all lists are simply added up."""

SPARSE = 8
"""Where postings are fewer than one in so many passages, those passages alone are looked at."""

FIRST_ROUND = 16_000
"""Postings that are added up before the first guess at the best."""

ROUND_GROWTH = 16

DIRECT = 2_000
"""Passages that a restriction leaves, up to which they are scored without reading whole lists."""


class Scratch(threading.local):
    """Working memory of a thread, kept from one search to the next."""

    def __init__(self) -> None:
        self.sums = np.zeros(0)
        self.marks = np.zeros(0, np.int32)

    def reserve(self, size: int) -> None:
        """Make room for a segment of that size. `sums` is all zeros before and after each search."""
        if len(self.sums) < size:
            self.sums = np.zeros(size)
            self.marks = np.zeros(size, np.int32)


def search_segment(
    segment: Segment,
    parts: list[Part],
    unit: float,
    model: BM25F,
    found: Selection,
    scratch: Scratch,
    allowed: Mask | None = None,
    factors: Floats | None = None,
) -> None:
    """Offer `found` all documents of a segment that belong there.

    Args:
        segment: Where to look.
        parts: What to look for in it, something at least.
        unit: What the weights in `parts` count.
        model: Today's.
        found: Its threshold is what lists are pruned by.
        scratch: Of any thread.
        allowed: Documents that count; None: all.
        factors: What each document's score is multiplied by; None: 1.
    """
    if allowed is not None and np.count_nonzero(allowed) <= DIRECT:
        documents = np.flatnonzero(allowed)
        scores = score_some(parts, documents) * unit
        found.offer(segment.facets, documents, scores if factors is None else scores * factors[documents])
        return
    postings = sum(part.postings for part in parts)
    few = postings <= PRUNE_FROM * sum(len(part.terms) for part in parts)
    scratch.reserve(segment.size)
    if few and postings * SPARSE > segment.size and found.threshold == 0:
        try:
            scores = score_all(segment, parts, scratch.sums) * unit
        finally:
            scratch.sums[: segment.size] = 0.0
        if factors is not None:
            scores *= factors
        if allowed is not None:
            scores *= allowed
        found.offer(segment.facets, None, scores)
        return
    bounds = [part.bounds(segment, model) for part in parts]
    highest = unit if factors is None else unit * float(factors.max())
    if sum(max(bound, 0.0) for each in bounds for bound in each) * highest < found.threshold * SLACK:
        return
    prunable = all(bound > 0 for each in bounds for bound in each)
    sifting = Sifting(segment, parts, bounds, unit, found, scratch, allowed, factors, highest)
    sifting.run(FIRST_ROUND if prunable and not few else None)


@dataclass(frozen=True, slots=True, eq=False)
class Waiting:
    """A list that was not read yet, and the most units that it adds to any score."""

    part: Part
    term: int
    bound: float
    postings: int


class Sifting:
    """One pruned search in one segment. All sums are in units."""

    def __init__(
        self,
        segment: Segment,
        parts: list[Part],
        bounds: list[list[float]],
        unit: float,
        found: Selection,
        scratch: Scratch,
        allowed: Mask | None,
        factors: Floats | None,
        highest: float,
    ) -> None:
        self._segment = segment
        self._parts = parts
        self._unit = unit
        self._found = found
        self._allowed = allowed
        self._factors = factors
        self._highest = highest
        self._sums: Floats = scratch.sums[: segment.size]
        self._marks: NDArray[np.int32] = scratch.marks
        self._waiting = [
            Waiting(part, term, bound, part.places.frequencies[term])
            for part, mine in zip(parts, bounds, strict=True)
            for term, bound in zip(part.terms, mine, strict=True)
        ]
        self._waiting.sort(key=lambda each: each.bound / each.postings)
        self._rest = sum(map(sum, bounds))
        self._touched: Integers | None = np.empty(0, np.int64)  # None: all documents
        self._read = 0

    def run(self, budget: int | None) -> None:
        """Search.

        Args:
            budget: Postings to add up before the first guess; None: all, so that nothing is pruned.
        """
        try:
            if budget is None:
                self._add_lists(self._waiting)
                self._waiting, self._rest = [], 0.0
            while self._waiting and self._open():
                self._add_lists(self._next_lists(budget or 1))
                if self._waiting and self._open():
                    self._guess(*self._candidates())
                budget = max(budget or 1, self._read) * ROUND_GROWTH
            self._sift()
        finally:
            self._sums[slice(None) if self._touched is None else self._touched] = 0.0

    def _open(self) -> bool:
        """Whether a document in none of the lists read so far could be among the best."""
        return self._rest * self._highest >= self._found.threshold * SLACK

    def _next_lists(self, budget: int) -> list[Waiting]:
        """Lists to add up next: until so many postings were read, or until no more are needed."""
        lists: list[Waiting] = []
        while self._waiting and self._open():
            if lists and self._read + self._waiting[-1].postings > budget:
                break
            lists.append(self._waiting.pop())
            self._rest -= lists[-1].bound
            self._read += lists[-1].postings
        return lists

    def _add_lists(self, lists: Sequence[Waiting]) -> None:
        for each in lists:
            if each.part.places.rows[each.term] is not None:
                each.part.add_dense(each.term, self._sums)
                self._touched = None
        for part in self._parts:
            sparse = [
                each.term for each in lists if each.part is part and part.places.rows[each.term] is None
            ]
            documents = part.add_sparse(sparse, self._sums)
            if self._touched is not None and len(documents):
                every = np.concatenate([self._touched, documents])
                order = np.arange(len(every), dtype=np.int32)
                self._marks[every] = order
                self._touched = every[self._marks[every] == order]

    def _candidates(self) -> tuple[Integers, Floats]:
        """Documents read so far that could still be among the best, with their sums."""
        documents = self._touched
        if documents is None:
            least = self._found.threshold * SLACK / self._highest - self._rest
            documents = np.flatnonzero(self._sums >= max(least * SLACK, 1.0))
        return self._possible(documents, self._sums[documents])

    def _scores(self, documents: Integers, sums: Floats) -> Floats:
        scores = sums * self._unit
        return scores if self._factors is None else scores * self._factors[documents]

    def _possible(self, documents: Integers, sums: Floats) -> tuple[Integers, Floats]:
        """Those that could still be among the best, with their sums so far."""
        if self._allowed is not None:
            allowed = self._allowed[documents]
            documents, sums = documents[allowed], sums[allowed]
        good = self._scores(documents, sums + self._rest) >= self._found.threshold * SLACK
        return documents[good], sums[good]

    def _guess(self, documents: Integers, sums: Floats) -> None:
        """Score those that look best so far in all lists: the threshold rises."""
        few = 2 * self._found.limit + 20
        if len(documents) > few:
            scores = self._scores(documents, sums)
            good = scores >= cut_for(scores, few)
            documents, sums = documents[good][: 2 * few], sums[good][: 2 * few]
        documents, sums = _sorted(documents, sums)
        for part in self._parts:
            if terms := [each.term for each in self._waiting if each.part is part]:
                sums = sums + part.units(terms, documents).sum(axis=0)
        self._found.offer(self._segment.facets, documents, self._scores(documents, sums))

    def _sift(self) -> None:
        """Look candidates up in the remaining lists, those with the greatest bounds first."""
        documents, sums = self._candidates()
        if self._waiting:
            if len(documents) > 4 * self._found.limit + 40:
                self._guess(documents, sums)
                documents, sums = self._possible(documents, sums)
            documents, sums = _sorted(documents, sums)
        for each in sorted(self._waiting, key=lambda each: -each.bound):
            if not len(documents):
                return
            sums = sums + each.part.units([each.term], documents)[0]
            self._rest -= each.bound
            documents, sums = self._possible(documents, sums)
        self._found.offer(self._segment.facets, documents, self._scores(documents, sums))


def _sorted(documents: Integers, sums: Floats) -> tuple[Integers, Floats]:
    order = np.argsort(documents, kind="stable")  # made of few sorted runs, which this kind merges
    return documents[order], sums[order]
