"""Finding the best passages of a segment without scoring every passage that holds one of the terms.

This is MaxScore (Turtle and Flood, "Query evaluation: strategies and optimizations", 1995) on whole
lists. A list's bound is the most that it adds to any score. Lists are added up, those first whose bound
is great for their length, until what the rest could add is less than the worst of the best found so
far: no passage outside the lists that were read can be among the best any more, and of those within
only the few that still could are looked up in the rest. The result is the same to the last bit.
"""

import threading

import numpy as np
from numpy.typing import NDArray

from corpus.bm25 import Floats
from corpus.postings import Integers
from corpus.ranking import Part, add_dense, add_sparse, score_all, score_some
from corpus.segments import Mask, Segment
from corpus.selection import Selection

SLACK = 1 - 1e-9
"""Thresholds are lowered by this: sums of floats depend a little on their order."""

PRUNE_FROM = 2_000
"""Postings per term from which pruning pays; below, all lists are simply added up."""

FIRST_ROUND = 1_000
"""Postings that are added up before the first guess at the best."""

ROUND_GROWTH = 8

FEW = 200
"""Passages that are scored at once instead of being sifted further."""

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
    found: Selection,
    scratch: Scratch,
    *,
    allowed: Mask | None = None,
    factors: Floats | None = None,
) -> None:
    """Offer `found` all documents of a segment that belong there.

    Args:
        segment: Where to look.
        parts: What to look for in it.
        found: Its threshold is what lists are pruned by.
        scratch: Of any thread.
        allowed: Documents that count; None: all.
        factors: What each document's score is multiplied by; None: 1.
    """
    bounds = [bound for part in parts for bound in part.bounds]
    highest = 1.0 if factors is None else float(factors.max())
    if not parts or sum(bounds) * highest < found.threshold * SLACK:
        return
    documents = None
    if allowed is not None and np.count_nonzero(allowed) <= DIRECT:
        documents = np.flatnonzero(allowed)
        scores = score_some(parts, documents)
    else:
        postings = sum(sum(part.places.frequencies) for part in parts)
        if postings > PRUNE_FROM * len(bounds) and min(bounds) > 0:
            scratch.reserve(segment.size)
            Sifting(segment, parts, found, scratch, allowed, factors, highest).run()
            return
        scores = score_all(segment, parts)
        documents = np.flatnonzero(scores > 0 if allowed is None else (scores > 0) & allowed)
        scores = scores[documents]
    found.offer(segment.facets, documents, scores if factors is None else scores * factors[documents])


class Sifting:
    """One pruned search in one segment."""

    def __init__(
        self,
        segment: Segment,
        parts: list[Part],
        found: Selection,
        scratch: Scratch,
        allowed: Mask | None,
        factors: Floats | None,
        highest: float,
    ) -> None:
        self._segment = segment
        self._parts = parts
        self._found = found
        self._allowed = allowed
        self._factors = factors
        self._highest = highest
        self._sums: Floats = scratch.sums[: segment.size]
        self._marks: NDArray[np.int32] = scratch.marks
        self._waiting = [(part, term) for part in parts for term in range(len(part.bounds))]
        self._waiting.sort(key=lambda each: each[0].places.frequencies[each[1]] / each[0].bounds[each[1]])
        self._rest = sum(bound for part in parts for bound in part.bounds)
        self._touched = np.empty(0, np.int64)
        self._read = 0

    def run(self) -> None:
        """Search."""
        try:
            budget = FIRST_ROUND
            while self._waiting and self._open():
                self._add_lists(budget)
                if self._waiting and self._open():
                    self._guess(self._touched)
                budget = self._read * ROUND_GROWTH
            self._sift(self._possible(self._touched))
        finally:
            self._sums[self._touched] = 0.0

    def _open(self) -> bool:
        """Whether a document in none of the lists read so far could be among the best."""
        return self._rest * self._highest >= self._found.threshold * SLACK

    def _add_lists(self, budget: int) -> None:
        """Add up further lists until so many postings were read, or until no more are needed."""
        now: dict[int, list[int]] = {}
        dense = False
        while self._waiting and self._open() and (self._read < budget or not now):
            part, term = self._waiting.pop(0)
            self._rest -= part.bounds[term]
            self._read += part.places.frequencies[term]
            if part.places.rows[term] is not None:
                dense = True
                add_dense(part, term, self._sums)
            else:
                now.setdefault(part.family, []).append(term)
        documents = [add_sparse(part, now.get(part.family, []), self._sums) for part in self._parts]
        if dense:
            self._touched = np.arange(self._segment.size)
        elif len(self._touched) < self._segment.size:
            every = np.concatenate([self._touched, *documents])
            order = np.arange(len(every), dtype=np.int32)
            self._marks[every] = order
            self._touched = every[self._marks[every] == order]

    def _lifted(self, documents: Integers, sums: Floats) -> Floats:
        return sums if self._factors is None else sums * self._factors[documents]

    def _possible(self, documents: Integers) -> Integers:
        """Those that could still be among the best."""
        if self._allowed is not None:
            documents = documents[self._allowed[documents]]
        most = self._lifted(documents, self._sums[documents] + self._rest)
        return documents[most >= self._found.threshold * SLACK]

    def _guess(self, documents: Integers) -> None:
        """Score those that look best so far: the threshold rises."""
        documents = self._possible(documents)
        few = 2 * self._found.limit + 20
        if len(documents) > few:
            sums = self._lifted(documents, self._sums[documents])
            documents = documents[np.argpartition(sums, -few)[-few:]]
        self._score(np.sort(documents))

    def _score(self, documents: Integers) -> None:
        scores = self._lifted(documents, score_some(self._parts, documents))
        self._found.offer(self._segment.facets, documents, scores)

    def _sift(self, documents: Integers) -> None:
        """Look documents up in the remaining lists, those with the greatest bounds first."""
        few = max(FEW, 2 * self._found.limit)
        if len(documents) > few and self._waiting:
            self._guess(documents)
            documents = self._possible(documents)
        documents = np.sort(documents)
        sums = self._sums[documents]
        for part, term in sorted(self._waiting, key=lambda each: -each[0].bounds[each[1]]):
            if len(documents) <= few:
                break
            tags = part.lists.probe(part.places, term, documents)
            ordinal = np.array(part.places.ordinals[term])
            sums += part.weights[term] * part.gains.of(part.lists, tags, documents, ordinal)
            self._rest -= part.bounds[term]
            keep = self._lifted(documents, sums + self._rest) >= self._found.threshold * SLACK
            documents, sums = documents[keep], sums[keep]
        self._score(documents)
