"""What a chat is told of new articles: matched, claimed in the database, and written as one message.

A parcel is claimed before it is sent, so that a crash in between loses it and never repeats it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from bot import chats, keyboards, markup, render, subscriptions
from bot.handlers.subscribe import Listing, describe
from bot.keyboards import button
from bot.markup import Html
from bot.render import View
from bot.replies import Reply
from bot.subscriptions import Mode, Subscription, is_due
from corpus.models import Article

if TYPE_CHECKING:
    from bot.context import BotData
    from bot.state import State
    from corpus import Corpus

MOST_ARTICLES = 10
"""Of one message; further ones are only counted."""

MOST_CONSIDERED = 2_000
"""Of the newest arrivals; who adds an archive of a million articles does not publish news."""


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


class Arrivals:
    """New articles after a cursor, read once for all the subscriptions that stand at the same one."""

    def __init__(self, corpus: "Corpus", last_number: int) -> None:
        self.last_number = last_number
        self._corpus = corpus
        self._known: dict[int, dict[str, Article]] = {}

    def after(self, cursor: int) -> dict[str, Article]:
        """Return the articles by id, in order of arrival."""
        cursor = max(cursor, self.last_number - MOST_CONSIDERED)
        if cursor not in self._known:
            self._known[cursor] = dict(self._read(cursor))
        return self._known[cursor]

    def _read(self, cursor: int) -> Iterator[tuple[str, Article]]:
        while page := self._corpus.added_after(cursor):
            for number, article in page:
                if number > self.last_number:
                    return
                yield article.id, article
            cursor = page[-1][0]


def claim(
    data: "BotData", waiting: Sequence[Subscription], arrivals: Arrivals, now: datetime
) -> Parcel | None:
    """Prepare what a chat is to be sent and note it as sent; None when there is nothing.

    Args:
        data: What the application holds.
        waiting: Subscriptions of one chat and topic that have not considered all articles.
        arrivals: What is new.
        now: Aware.
    """
    chat_id, thread_id = waiting[0].chat_id, waiting[0].thread_id
    preferences = chats.load(data.state.connection(), chat_id)
    zone = preferences.zone_info(data.settings.timezone)
    due = [one for one in waiting if is_due(one, now, zone, preferences.quiet)]
    if not due:
        return None
    sections = _match(data, due, arrivals)
    with data.state.transaction() as connection:
        claimed = subscriptions.claim(connection, due, cursor=arrivals.last_number, now=now)
        parcel = Parcel(
            chat_id, thread_id, tuple(section for section in sections if section.subscription in claimed)
        )
        subscriptions.mark_delivered(connection, chat_id, thread_id, parcel.article_ids, now)
    return parcel if parcel.sections else None


def _match(data: "BotData", due: Sequence[Subscription], arrivals: Arrivals) -> list[Section]:
    """Find what each subscription is to deliver; an article stands under the first that found it."""
    chat_id, thread_id = due[0].chat_id, due[0].thread_id
    before = subscriptions.delivered(data.state.connection(), chat_id, thread_id)
    taken = set(before)
    sections = []
    for subscription in due:
        new = arrivals.after(subscription.cursor)
        matching = partial(data.corpus.matching, subscription.question, filters=subscription.filters)
        hits = matching([article_id for article_id in new if article_id not in taken])
        if hits and before:
            # What was delivered stands first, so that the same story told again is left out.
            kept = set(matching([*before, *hits]))
            hits = tuple(article_id for article_id in hits if article_id in kept)
        found = [new[article_id] for article_id in hits]
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
