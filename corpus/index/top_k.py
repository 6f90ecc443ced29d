"""Top-k collector: keeps the best passages in the one order that every search gives."""

from typing import NamedTuple

import numpy as np

from corpus.index.bm25 import Floats
from corpus.index.posting_writer import Integers
from corpus.index.segments import Facets

MAXIMA_GROUP = 16
"""Scores whose maximum is compared at a time when a cutoff is estimated."""


class Match(NamedTuple):
    """A passage that was found. A tuple, because sixty are made for each question.

    Attributes:
        number: The passage's number.
        article: Its article's number.
        score: Above 0; comparable within one search only.
    """

    number: int
    article: int
    score: float


def approximate_cutoff(values: Floats, count: int) -> float:
    """A value that at least `count` of the values reach, and mostly not many more.

    With many values it is the `count`-th greatest of the maxima of groups. That is quicker than selecting
    among all values.
    """
    groups = len(values) // MAXIMA_GROUP
    if groups > count:
        values = values[: groups * MAXIMA_GROUP].reshape(MAXIMA_GROUP, groups).max(axis=0)
    return float(np.partition(values, -count)[-count])


class TopK:
    """Keeps the best of the collected passages: by score, then later date, then smaller number."""

    def __init__(self, limit: int, *, per_article: bool) -> None:
        """Begin with nothing.

        Args:
            limit: How many to keep.
            per_article: Only the best passage of each article is kept, and `limit` counts articles.
        """
        self.limit = limit
        self._per_article = per_article
        self._kept: list[tuple[float, int, int, int]] = []  # -score, -published, number, article

    @property
    def threshold(self) -> float:
        """Score below which no passage is kept any more; 0.0 while there is room."""
        return -self._kept[-1][0] if len(self._kept) >= self.limit > 0 else 0.0

    def collect(self, facets: Facets, documents: Integers | None, scores: Floats) -> None:
        """Keep the passages that are good enough; their scores must be exact.

        A document may be collected again. A score of 0 or less is never kept.

        Args:
            facets: The segment's facets.
            documents: One per score; None: all documents of the segment.
            scores: In any order.
        """
        if not len(scores) or self.limit <= 0:
            return
        places = self._candidates(facets, documents, scores)
        scores = scores[places]
        documents = places if documents is None else documents[places]
        rows = zip(
            (-scores).tolist(),
            (-facets.published[documents].astype(np.int64)).tolist(),
            facets.numbers[documents].tolist(),
            facets.articles[documents].tolist(),
            strict=True,
        )
        key = 3 if self._per_article else 2
        best: dict[int, tuple[float, int, int, int]] = {}
        for row in sorted([*self._kept, *rows]):
            best.setdefault(row[key], row)
            if len(best) == self.limit:
                break
        self._kept = list(best.values())

    def _candidates(self, facets: Facets, documents: Integers | None, scores: Floats) -> Integers:
        """Places of the scores that may be kept, and of few others: the final order needs sorting."""
        min_score = max(self.threshold, np.nextafter(0, 1))
        count = 2 * self.limit
        while count * 2 < len(scores):
            cutoff = approximate_cutoff(scores, count)
            if cutoff <= min_score:
                break
            places = np.flatnonzero(scores >= cutoff)
            if not self._per_article:
                return places
            articles = facets.articles[places if documents is None else documents[places]]
            if len(set(articles.tolist())) >= self.limit:
                return places
            count *= 4
        return np.flatnonzero(scores >= min_score)

    def matches(self) -> list[Match]:
        """The kept passages, best first."""
        return [Match(number, article, -score) for score, _, number, article in self._kept]
