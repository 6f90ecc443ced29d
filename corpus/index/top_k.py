"""The best passages seen so far, in the one order that searches give."""

from typing import NamedTuple

import numpy as np

from corpus.index.bm25 import Floats
from corpus.index.posting_writer import Integers
from corpus.index.segments import Facets

GROUP = 16


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


def cut_for(values: Floats, count: int) -> float:
    """A value that at least `count` of more values reach, and mostly not many more.

    So many groups have a maximum that reaches it: quicker than looking for the exact one among all.
    """
    groups = len(values) // GROUP
    if groups > count:
        values = values[: groups * GROUP].reshape(GROUP, groups).max(axis=0)
    return float(np.partition(values, -count)[-count])


class Selection:
    """Keeps the best of what it is offered: by score, then published later, then smaller number."""

    def __init__(self, limit: int, *, per_article: bool) -> None:
        """Begin with nothing.

        Args:
            limit: How many to keep.
            per_article: Only the best passage of each article is kept, and `limit` counts articles.
        """
        self.limit = limit
        self._per_article = per_article
        self._rows: list[tuple[float, int, int, int]] = []  # -score, -published, number, article

    @property
    def threshold(self) -> float:
        """Score below which a passage cannot be kept any more; 0.0 while there is room."""
        return -self._rows[-1][0] if len(self._rows) >= self.limit > 0 else 0.0

    def offer(self, facets: Facets, documents: Integers | None, scores: Floats) -> None:
        """Keep what is good enough among these documents of a segment; their scores must be exact.

        A document may be offered again. What scores 0 or less is never kept.

        Args:
            facets: Of the segment.
            documents: One a score; None: all of the segment.
            scores: In any order.
        """
        if not len(scores) or self.limit <= 0:
            return
        good = self._good(facets, documents, scores)
        scores = scores[good]
        documents = good if documents is None else documents[good]
        rows = zip(
            (-scores).tolist(),
            (-facets.published[documents].astype(np.int64)).tolist(),
            facets.numbers[documents].tolist(),
            facets.articles[documents].tolist(),
            strict=True,
        )
        key = 3 if self._per_article else 2
        best: dict[int, tuple[float, int, int, int]] = {}
        for row in sorted([*self._rows, *rows]):
            best.setdefault(row[key], row)
            if len(best) == self.limit:
                break
        self._rows = list(best.values())

    def _good(self, facets: Facets, documents: Integers | None, scores: Floats) -> Integers:
        """Places of what may be kept, and of as little else as is quickly told."""
        least = max(self.threshold, np.nextafter(0, 1))
        wanted = 2 * self.limit
        while wanted * 2 < len(scores):
            cut = cut_for(scores, wanted)
            if cut <= least:
                break
            good = np.flatnonzero(scores >= cut)
            if not self._per_article:
                return good
            articles = facets.articles[good if documents is None else documents[good]]
            if len(set(articles.tolist())) >= self.limit:
                return good
            wanted *= 4
        return np.flatnonzero(scores >= least)

    def matches(self) -> list[Match]:
        """What was kept, best first."""
        return [Match(number, article, -score) for score, _, number, article in self._rows]
