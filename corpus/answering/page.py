"""Which of the hits are shown, and in which order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from corpus.answering.parameters import OrderParameters
from corpus.models import Order
from corpus.retrieval.retriever import Candidate


@dataclass(frozen=True, slots=True)
class Page:
    """Which of the hits are shown.

    Attributes:
        limit: How many.
        offset: How many are left out at the start.
        order: Of all hits.
    """

    limit: int
    offset: int
    order: Order

    @property
    def end(self) -> int:
        """Place after the last hit of the page."""
        return self.offset + self.limit

    @property
    def places(self) -> slice:
        """Places of the page's hits."""
        return slice(self.offset, self.end)

    def depth(self, parameters: OrderParameters) -> int:
        """How many hits have to be found."""
        return parameters.depth if self.order is Order.NEWEST else self.end

    def arrange(self, candidates: Sequence[Candidate], parameters: OrderParameters) -> Sequence[Candidate]:
        """Put all candidates, best first, in the order of the page; by date only good ones stay."""
        if self.order is Order.RELEVANCE or not candidates:
            return candidates
        return split_by_score(candidates, parameters.min_share, depth=parameters.depth).newest_first


class SplitByScore(NamedTuple):
    """Candidates divided by score.

    Attributes:
        newest_first: The good ones, the newest first.
        others: All others, best first.
    """

    newest_first: tuple[Candidate, ...]
    others: tuple[Candidate, ...]


def split_by_score(candidates: Sequence[Candidate], share: float, *, depth: int) -> SplitByScore:
    """Divide candidates into those with a share of the best score and all others.

    Args:
        candidates: Best first, not empty.
        share: Of the best score.
        depth: How many candidates may be good.
    """
    least = share * candidates[0].score
    best, rest = candidates[:depth], candidates[depth:]
    good = [candidate for candidate in best if candidate.score >= least]
    good.sort(key=lambda candidate: -(candidate.head.published or 0))
    others = [candidate for candidate in best if candidate.score < least]
    return SplitByScore(tuple(good), (*others, *rest))
