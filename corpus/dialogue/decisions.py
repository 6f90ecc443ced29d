"""What a decision about a follow-up works on, and what comes of it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from corpus.dialogue.followups import subject_in
from corpus.dialogue.search import Search
from corpus.models import Answer, Article, Confidence
from corpus.question.utterance import Utterance


class AskFunction(Protocol):
    """Answers a search."""

    def __call__(self, search: Search, *, offset: int = 0) -> Answer:
        """Answer a search, from the result of rank `offset` on."""
        ...


@dataclass(frozen=True, slots=True)
class Lookups:
    """What a decision looks up in the archive.

    Attributes:
        ask: Answers a search.
        article: Returns the article of an id; None if it is gone.
        text: Returns the title and the whole text of the article of an id; empty if it is gone.
        category: Returns the path (joined by `/`) of the one category of a name; None if there is none or
            several.
    """

    ask: AskFunction
    article: Callable[[str], Article | None]
    category: Callable[[str], str | None]
    text: Callable[[str], str]


class Note(Enum):
    """What the reader is told above an answer: where it comes from, and how sure it is."""

    ASKED = "the question as it was reworded"
    WITHIN_ARTICLE = "the article at hand answers"
    NOT_IN_ARTICLE = "another article answers"
    NOT_EXACTLY = "the closest passage of the article at hand, which may not answer"
    LATER = "a later article on the same topic"
    NO_LATER = "no later article; what the article at hand says"
    NO_SPEAKER = "the article at hand does not say who said it"


@dataclass(frozen=True, slots=True)
class ShowAnswer:
    """Show an answer.

    Attributes:
        search: What was asked.
        answer: What was answered.
        note: What to tell above it, or None.
        offset: Rank, from 0, of its first hit.
        previous: The question or message that the question was read with; None: it was read alone.
        alone: The question as typed, if it can be asked without that; else None.
    """

    search: Search
    answer: Answer
    note: Note | None = None
    offset: int = 0
    previous: str | None = None
    alone: str | None = None

    @property
    def topic(self) -> str:
        """What `previous` is about, to be named to the reader; empty if the question was read alone."""
        return subject_in(Utterance.from_text(self.previous)) if self.previous else ""

    @property
    def article(self) -> str | None:
        """Id of the article that the answer is about; None when nothing was found."""
        if not self.answer.hits or self.answer.confidence is Confidence.NONE:
            return None
        return self.answer.hits[0].article.id

    @property
    def is_sure(self) -> bool:
        """Whether it is shown as the answer, not as something related."""
        return self.answer.confidence is Confidence.ANSWER


@dataclass(frozen=True, slots=True)
class OpenArticle:
    """Open an article at a passage.

    Attributes:
        article: Id of the article.
        passage: Ordinal of the passage.
    """

    article: str
    passage: int = 0


@dataclass(frozen=True, slots=True)
class SendSource:
    """Send the address of an article."""

    article: Article


@dataclass(frozen=True, slots=True)
class ListPage:
    """Show the next page of a list of the newest articles, or the previous one (`back`).

    Attributes:
        search: What narrows the list.
        offset: Rank, from 0, of the first article of the page that is shown now.
        size: Articles a page.
        back: The direction.
    """

    search: Search
    offset: int
    size: int
    back: bool


@dataclass(frozen=True, slots=True)
class NoSuchNumber:
    """Say that nothing is shown under a number."""

    number: int


@dataclass(frozen=True, slots=True)
class OwnQuestion:
    """Answer the message as a question of its own."""


Decision = ShowAnswer | OpenArticle | SendSource | ListPage | NoSuchNumber | OwnQuestion


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """The answer, list or article that a message may follow up.

    Attributes:
        search: The search that was answered; None if it is no longer known.
        article: Id of the article shown first; None when nothing was found.
        offset: Rank, from 0, of the result shown first.
        listed: What opens under the numbers from `offset` + 1 on.
        list_size: Articles a page, of a list of the newest articles; None: results of a search.
    """

    search: Search | None
    article: str | None = None
    offset: int = 0
    listed: tuple[OpenArticle, ...] = ()
    list_size: int | None = None

    def at(self, number: int) -> OpenArticle | None:
        """Return what opens under a number; None where that number is not shown."""
        index = number - 1 - self.offset
        return self.listed[index] if 0 <= index < len(self.listed) else None
