"""The best passages seen so far, in the one order that searches give."""

from dataclasses import dataclass

import numpy as np

from corpus.bm25 import Floats
from corpus.postings import Integers
from corpus.segments import Facets

CUT_STEPS = 24


@dataclass(frozen=True, slots=True)
class Match:
    """A passage that was found.

    Attributes:
        number: The passage's number.
        article: Its article's number.
        score: Above 0; comparable within one search only.
    """

    number: int
    article: int
    score: float


def cut_for(values: Floats, count: int) -> float:
    """A value that at least `count` of many values reach, and mostly not many more.

    By halving, as `np.partition` takes several times longer where AVX-512 is slow (AMD's Zen 4).
    """
    low, high = float(values.min()), float(values.max())
    for _ in range(CUT_STEPS):
        middle = (low + high) / 2
        reaching = values[values >= middle]
        if len(reaching) < count:
            high = middle
        else:
            low, values = middle, reaching
            if len(values) <= 2 * count:
                break
    return low


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

    def offer(self, facets: Facets, documents: Integers, scores: Floats) -> None:
        """Keep what is good enough among these documents of a segment; their scores must be exact.

        A document may be offered again. What scores 0 or less is never kept.
        """
        good = np.flatnonzero((scores > 0) & (scores >= self.threshold))
        if not len(good) or self.limit <= 0:
            return
        documents, scores = self._enough(facets, documents[good], scores[good])
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

    def _enough(self, facets: Facets, documents: Integers, scores: Floats) -> tuple[Integers, Floats]:
        """Leave out what is certainly too bad, so that little has to be sorted."""
        wanted = 2 * self.limit
        while wanted * 2 < len(documents):
            cut = cut_for(scores, wanted)
            good = scores >= cut
            found = set(facets.articles[documents[good]].tolist()) if self._per_article else ()
            if not self._per_article or len(found) >= self.limit:
                return documents[good], scores[good]
            wanted *= 4
        return documents, scores

    def matches(self) -> list[Match]:
        """What was kept, best first."""
        return [Match(number, article, -score) for score, _, number, article in self._rows]
