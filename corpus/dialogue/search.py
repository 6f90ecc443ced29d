"""`Search`: a question with what buttons and follow-ups have added to it; which hits are shown."""

from dataclasses import dataclass, replace
from typing import Final

from corpus.models import Answer, Confidence, Filters, Order
from corpus.question.topic import extract_topic
from corpus.question.utterance import Utterance
from corpus.text.folding import fold

MIN_SCORE_SHARE: Final = 0.5
"""Share of the first hit's score that other hits need to be shown beside it.

Of development questions over real posts whose article is second to fifth, 97 % keep it. Two lines are shown
on average instead of four, most of which only shared a common word with the question.
"""

MIN_LISTED: Final = 3
"""Articles of a list that are shown at least, where an answer shows a single one."""


@dataclass(frozen=True, slots=True)
class Search:
    """A question with everything that buttons and follow-ups have added to it.

    Attributes:
        question: The question as typed, or as a follow-up was reworded.
        filters: Strict filters.
        order: How the hits are ordered.
        topic: The question that this one follows up; empty for one that stands alone.
    """

    question: str
    filters: Filters = Filters()
    order: Order = Order.RELEVANCE
    topic: str = ""

    @property
    def first_question(self) -> str:
        """The question that the conversation began with."""
        return self.topic or self.question

    @property
    def standalone(self) -> str:
        """The question together with the topic of the one it follows up, so that it can be asked anywhere.

        >>> Search("几点开始", topic="国葬花了多少钱").standalone
        '国葬 几点开始'
        """
        topic = extract_topic(Utterance.from_text(self.topic))
        return self.question if fold(topic) in fold(self.question) else f"{topic} {self.question}"


def list_size(page_size: int) -> int:
    """Return how many articles of a list a page shows that has room for some results."""
    return max(page_size, MIN_LISTED)


def limit_hits(answer: Answer, search: Search, *, page_size: int, offset: int) -> Answer:
    """Limit the hits of an answer to those that a page of results shows.

    Beside the first hit only those are shown that come close to it; the others are on the next page. A list,
    a search within one article and an answer that found nothing keep all.

    Args:
        answer: What was answered, with at least `page_size` hits where there are so many.
        search: What was asked.
        page_size: Results a page.
        offset: Rank, from 0, of the first hit.
    """
    if answer.confidence is Confidence.NONE and not offset:
        return answer
    if answer.listing is not None:
        return replace(answer, hits=answer.hits[: list_size(page_size)])
    hits = answer.hits[:page_size]
    if not offset and search.order is Order.RELEVANCE and search.filters.article is None:
        hits = tuple(hit for hit in hits if hit.score >= MIN_SCORE_SHARE * hits[0].score)
    return replace(answer, hits=hits)
