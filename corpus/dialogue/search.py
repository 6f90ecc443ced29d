"""`Search`: a question with everything that buttons and follow-ups have added to it."""

from dataclasses import dataclass

from corpus.models import Filters, Order
from corpus.question.topic import subject
from corpus.text.folding import fold


@dataclass(frozen=True, slots=True)
class Search:
    """A question with everything that buttons have added to it.

    Attributes:
        topic: The question that this one goes on from, empty for one that stands alone.
    """

    question: str
    filters: Filters = Filters()
    order: Order = Order.RELEVANCE
    topic: str = ""

    @property
    def whole(self) -> str:
        """The question with the subject of the one it goes on from, as it can be asked anywhere.

        >>> Search("几点开始", topic="国葬花了多少钱").whole
        '国葬 几点开始'
        """
        about = subject(self.topic)
        return self.question if fold(about) in fold(self.question) else f"{about} {self.question}"
