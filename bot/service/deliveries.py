"""What a chat is told of new articles: matched, claimed in the database, and written as one message.

A parcel is claimed before it is sent, so that a crash in between loses it and never repeats it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bot.handlers.replies import Reply
from bot.handlers.subscribe import Listing, describe
from bot.messages import keyboards, markup, render
from bot.messages.keyboards import button
from bot.messages.markup import Html
from bot.messages.render import View
from bot.storage import chats, subscriptions
from bot.storage.subscriptions import Mode, Subscription, is_due
from corpus.models import Article, Filters

if TYPE_CHECKING:
    from bot.handlers.context import BotData
    from bot.storage.database import State
    from corpus import Corpus

MOST_ARTICLES = 10
"""Of one message; further ones are only counted."""

MOST_CONSIDERED = 2_000
"""Of the newest arrivals; who adds an archive of a million articles does not publish news."""

PAGE = 100
"""Articles read from the database at once."""


@dataclass(frozen=True, slots=True)
class Section:
    """What one subscription found: articles newest first, of which some are named."""

    subscription: Subscription
    articles: tuple[Article, ...]


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message to one chat or topic."""

    chat_id: int
    thread_id: int | None
    sections: tuple[Section, ...]

    @property
    def is_digest(self) -> bool:
        """Whether nothing in it was asked for at once; then it comes without a sound."""
        return all(section.subscription.mode is Mode.DAILY for section in self.sections)

    @property
    def subscriptions(self) -> tuple[Subscription, ...]:
        """Those that found something, as they were before."""
        return tuple(section.subscription for section in self.sections)

    @property
    def article_ids(self) -> tuple[str, ...]:
        """All articles it counts as delivered."""
        return tuple(article.id for section in self.sections for article in section.articles)


class News:
    """New articles, and which of them subscriptions find; each is read once, each question matched once.

    Args:
        last_number: Number of the last article that counts.
        cursor: Number of the last one that all have considered; of long ago, only the newest count.
        pause: Called every few milliseconds of work; may raise to end it.
    """

    def __init__(self, corpus: "Corpus", last_number: int, cursor: int, pause: Callable[[], None]) -> None:
        self.last_number = last_number
        self._corpus = corpus
        self._pause = pause
        self._numbers: dict[str, int] = {}
        self._articles: dict[str, Article] = {}
        for number, article in self._read(max(cursor, last_number - MOST_CONSIDERED)):
            self._numbers[article.id], self._articles[article.id] = number, article
        self._arrivals = corpus.arrivals(tuple(self._articles), pause=pause)
        self._found: dict[tuple[str, Filters], tuple[str, ...]] = {}

    def match(self, due: Iterable[Subscription]) -> None:
        """Match subscriptions, in place of those that were matched before."""
        wanted = {}
        for one in due:
            self._pause()
            wanted[one.question, one.filters] = self._corpus.standing(one.question, filters=one.filters)
        found = self._arrivals.match(set(wanted.values()))
        self._found = {asked: found[standing] for asked, standing in wanted.items()}

    def found_by(self, subscription: Subscription) -> list[Article]:
        """Return what a matched subscription has not considered and finds, in order of arrival."""
        found = self._found[subscription.question, subscription.filters]
        return [self._articles[id_] for id_ in found if self._numbers[id_] > subscription.cursor]

    def untold(self, articles: Iterable[Article], told: Sequence[str]) -> list[Article]:
        """Leave out what tells a story again, also of those with the ids of `told`."""
        ids = self._arrivals.without_repeats((article.id for article in articles), told)
        return [self._articles[id_] for id_ in ids]

    def _read(self, cursor: int) -> Iterator[tuple[int, Article]]:
        while page := self._corpus.added_after(cursor, limit=PAGE):
            for number, article in page:
                if number > self.last_number:
                    return
                yield number, article
            cursor = page[-1][0]
            self._pause()


def due_of(data: "BotData", waiting: Sequence[Subscription], now: datetime) -> list[Subscription]:
    """Return those subscriptions of one chat that may be delivered now."""
    preferences = chats.load(data.state.connection(), waiting[0].chat_id)
    zone = preferences.zone_info(data.settings.timezone)
    return [one for one in waiting if is_due(one, now, zone, preferences.quiet)]


def claim(data: "BotData", matched: Sequence[Subscription], news: News, now: datetime) -> Parcel | None:
    """Prepare what a chat is to be sent and note it as sent; None when there is nothing.

    Args:
        data: What the application holds.
        matched: Subscriptions of one chat and topic that `news` has matched.
        news: What is new.
        now: Aware.
    """
    due = due_of(data, matched, now)  # a chat may have become quiet meanwhile
    if not due:
        return None
    chat_id, thread_id = due[0].chat_id, due[0].thread_id
    sections = _sections(data, due, news)
    with data.state.transaction() as connection:
        claimed = subscriptions.claim(connection, due, cursor=news.last_number, now=now)
        parcel = Parcel(
            chat_id, thread_id, tuple(section for section in sections if section.subscription in claimed)
        )
        subscriptions.mark_delivered(connection, chat_id, thread_id, parcel.article_ids, now)
    return parcel if parcel.sections else None


def _sections(data: "BotData", due: Sequence[Subscription], news: News) -> list[Section]:
    """Find what each subscription is to deliver; an article stands under the first that found it."""
    before = subscriptions.delivered(data.state.connection(), due[0].chat_id, due[0].thread_id)
    taken = set(before)
    sections = []
    for subscription in due:
        new = [article for article in news.found_by(subscription) if article.id not in taken]
        found = news.untold(new, before)
        taken.update(article.id for article in found)
        if found:
            sections.append(Section(subscription, tuple(reversed(found))))
    return sections


def take_back(state: "State", parcel: Parcel) -> None:
    """Undo `claim` for a parcel that certainly was not sent."""
    with state.transaction() as connection:
        subscriptions.take_back(connection, parcel.subscriptions, parcel.article_ids)


def message(parcel: Parcel, view: View) -> Reply:
    """Write a parcel as one message: under each subscription its newest articles, the rest counted."""
    room = max(MOST_ARTICLES // len(parcel.sections), 1)
    blocks = [_section(section, room, view) for section in parcel.sections]
    heading = markup.text(view.t("push.digest")) if parcel.is_digest else markup.EMPTY
    managing = [button(view.t("push.manage"), Listing(0))]
    sources = [render.address(section.articles[0], view) for section in parcel.sections]
    return Reply(markup.fit([heading, *blocks]), keyboards.keyboard([managing]), source=sources[0])


def _section(section: Section, room: int, view: View) -> Html:
    t, articles = view.t, section.articles
    head = markup.fill(
        t.template("push.section", len(articles)),
        search=markup.bold(markup.text(describe(section.subscription, t))),
        count=markup.text(str(len(articles))),
    )
    lines = [
        markup.join([markup.text(f"{number}. "), render.item(article, view)])
        for number, article in enumerate(articles[:room], 1)
    ]
    more = len(articles) - room
    if more > 0:
        lines.append(markup.text(t("push.more", count=more)))
    return markup.join([head, *lines], "\n")
