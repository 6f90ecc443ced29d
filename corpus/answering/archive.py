"""What a question is asked of, and which of the hits are shown."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from corpus.index.index import Snapshot
from corpus.models import Order
from corpus.retrieval.filters import Names
from corpus.retrieval.retriever import Found, Ranking
from corpus.store.store import Store

NEWEST_DEPTH: Final = 200


NEWEST_SHARE: Final = 0.5
"""Ordered by date, hits are those of the best so many that reach this share of the first one's score:
else whatever shares a common word with the question would come before what it asks for."""


@dataclass(frozen=True, slots=True)
class Archive:
    """What a question is asked of: one state of everything.

    Attributes:
        names: Looks up the names of categories and authors, which few questions need.
    """

    snapshot: Snapshot
    store: Store
    names: Callable[[], Names]
    zone: ZoneInfo
    today: date


@dataclass(frozen=True, slots=True)
class Page:
    """Which of the hits are shown."""

    limit: int
    offset: int
    order: Order

    @property
    def depth(self) -> int:
        """Hits that have to be found."""
        return NEWEST_DEPTH if self.order is Order.NEWEST else self.offset + self.limit

    def ordered(self, ranking: Ranking) -> tuple[Found, ...]:
        """All hits in order."""
        if self.order is Order.RELEVANCE or not ranking.found:
            return ranking.found
        return newest_first(ranking.found, NEWEST_SHARE)[0]


def newest_first(found: Sequence[Found], share: float) -> tuple[tuple[Found, ...], tuple[Found, ...]]:
    """Hits of the best so many that have a share of the first one's score, the newest first; all others."""
    least, best = share * found[0].score, found[:NEWEST_DEPTH]
    near = sorted(
        (entry for entry in best if entry.score >= least), key=lambda entry: -(entry.head.published or 0)
    )
    return tuple(near), (*(entry for entry in best if entry.score < least), *found[NEWEST_DEPTH:])
