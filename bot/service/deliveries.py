"""Deliveries of new articles: matched with subscriptions, claimed in the database, rendered as one message.

A delivery is claimed before it is sent. So a crash in between loses it and never repeats it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bot.handlers.replies import Reply
from bot.handlers.subscribe import SubscriptionList, describe
from bot.messages import keyboards, links, markup
from bot.messages.articles import list_item
from bot.messages.keyboards import button
from bot.messages.markup import Html
from bot.messages.render_context import RenderContext
from bot.storage import chats, subscriptions
from bot.storage.subscriptions import Mode, Subscription, is_due
from corpus.models import Article, Filters

if TYPE_CHECKING:
    from bot.handlers.context import BotData
    from bot.storage.database import State
    from corpus import Corpus

MAX_ARTICLES = 10
"""Maximum number of articles named in a message; further ones are only counted."""

MAX_CONSIDERED = 2_000
"""Only this many of the newest articles are considered: a million added at once are an archive, not news."""

PAGE = 100
"""How many articles are read from the database at once."""


@dataclass(frozen=True, slots=True)
class Section:
    """The articles that one subscription found, newest first."""

    subscription: Subscription
    articles: tuple[Article, ...]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one message to a chat or topic delivers."""

    chat_id: int
    thread_id: int | None
    sections: tuple[Section, ...]

    @property
    def is_digest(self) -> bool:
        """Whether all subscriptions in it are daily; then it arrives without a sound."""
        return all(section.subscription.mode is Mode.DAILY for section in self.sections)

    @property
    def subscriptions(self) -> tuple[Subscription, ...]:
        """The subscriptions that found something, as they were before they were claimed."""
        return tuple(section.subscription for section in self.sections)

    @property
    def article_ids(self) -> tuple[str, ...]:
        """All articles that count as delivered."""
        return tuple(article.id for section in self.sections for article in section.articles)


class NewArticles:
    """The new articles, and which of them each subscription finds.

    Each article is read once and each question matched once, whatever the number of subscriptions.

    Args:
        last_number: Number of the newest article to consider.
        cursor: Number of the newest article that all subscriptions have considered. At most MAX_CONSIDERED
            articles after it are read.
        pause: Called every few milliseconds of work; may raise to end it.
        withheld: Says which posts are a backlog of feeds: they count as considered and are no news.
    """

    def __init__(
        self,
        corpus: "Corpus",
        last_number: int,
        cursor: int,
        pause: Callable[[], None],
        *,
        withheld: Callable[[Iterable[str]], frozenset[str]] = lambda _: frozenset(),
    ) -> None:
        self._withheld = withheld
        self.last_number = last_number
        self._corpus = corpus
        self._pause = pause
        self._numbers: dict[str, int] = {}
        self._articles: dict[str, Article] = {}
        for number, article in self._read(max(cursor, last_number - MAX_CONSIDERED)):
            self._numbers[article.id], self._articles[article.id] = number, article
        self._arrivals = corpus.arrivals(tuple(self._articles), pause=pause)
        self._found: dict[tuple[str, Filters], tuple[str, ...]] = {}

    def match(self, due: Iterable[Subscription]) -> None:
        """Match subscriptions. Results of earlier calls are dropped."""
        wanted = {}
        for one in due:
            self._pause()
            wanted[one.question, one.filters] = self._corpus.standing(one.question, filters=one.filters)
        found = self._arrivals.match(set(wanted.values()))
        self._found = {asked: found[standing] for asked, standing in wanted.items()}

    def matches_of(self, subscription: Subscription) -> list[Article]:
        """Return the articles that a matched subscription finds and has not considered, oldest first."""
        found = self._found[subscription.question, subscription.filters]
        return [self._articles[id_] for id_ in found if self._numbers[id_] > subscription.cursor]

    def without_repeats(self, articles: Iterable[Article], delivered: Sequence[str]) -> list[Article]:
        """Drop articles that repeat the story of an earlier one, or of one whose id is in `delivered`."""
        ids = self._arrivals.without_repeats((article.id for article in articles), delivered)
        return [self._articles[id_] for id_ in ids]

    def _read(self, cursor: int) -> Iterator[tuple[int, Article]]:
        while page := self._corpus.added_after(cursor, limit=PAGE):
            held = self._withheld(article.path for _, article in page)
            for number, article in page:
                if article.path in held:
                    continue
                if number > self.last_number:
                    return
                yield number, article
            cursor = page[-1][0]
            self._pause()


def select_due(data: "BotData", waiting: Sequence[Subscription], now: datetime) -> list[Subscription]:
    """Return those subscriptions of one chat that may be delivered now."""
    preferences = chats.load(data.state.connection(), waiting[0].chat_id)
    zone = preferences.zone_info(data.settings.timezone)
    return [one for one in waiting if is_due(one, now, zone, preferences.quiet)]


def claim(
    data: "BotData", matched: Sequence[Subscription], new_articles: NewArticles, now: datetime
) -> Delivery | None:
    """Prepare a delivery and record it as sent; None: there is nothing to send.

    Args:
        matched: Subscriptions of one chat and topic that `new_articles` has matched.
        now: Aware.
    """
    due = select_due(data, matched, now)  # quiet hours may have begun meanwhile
    if not due:
        return None
    chat_id, thread_id = due[0].chat_id, due[0].thread_id
    sections = _sections(data, due, new_articles)
    with data.state.transaction() as connection:
        claimed = subscriptions.claim(connection, due, cursor=new_articles.last_number, now=now)
        delivery = Delivery(
            chat_id, thread_id, tuple(section for section in sections if section.subscription in claimed)
        )
        subscriptions.mark_delivered(connection, chat_id, thread_id, delivery.article_ids, now=now)
    return delivery if delivery.sections else None


def _sections(data: "BotData", due: Sequence[Subscription], new_articles: NewArticles) -> list[Section]:
    """Return what each subscription delivers. An article stands under the first one that found it."""
    before = subscriptions.delivered(data.state.connection(), due[0].chat_id, due[0].thread_id)
    taken = set(before)
    sections = []
    for subscription in due:
        new = [article for article in new_articles.matches_of(subscription) if article.id not in taken]
        found = new_articles.without_repeats(new, before)
        taken.update(article.id for article in found)
        if found:
            sections.append(Section(subscription, tuple(reversed(found))))
    return sections


def release(state: "State", delivery: Delivery) -> None:
    """Undo `claim` for a delivery that certainly was not sent."""
    with state.transaction() as connection:
        subscriptions.release(connection, delivery.subscriptions, delivery.article_ids)


def render_message(delivery: Delivery, view: RenderContext) -> Reply:
    """Render a delivery: under each subscription its newest articles; the rest are counted."""
    room = max(MAX_ARTICLES // len(delivery.sections), 1)
    blocks = [_section(section, room, view) for section in delivery.sections]
    heading = markup.text(view.t("push.digest")) if delivery.is_digest else markup.EMPTY
    managing = [button(view.t("push.manage"), SubscriptionList(0))]
    sources = [links.article_url(section.articles[0], view) for section in delivery.sections]
    return Reply(markup.fit([heading, *blocks]), keyboards.keyboard([managing]), source=sources[0])


def _section(section: Section, room: int, view: RenderContext) -> Html:
    t, articles = view.t, section.articles
    head = markup.fill(
        t.template("push.section", len(articles)),
        search=markup.bold(markup.text(describe(section.subscription, t))),
        count=markup.text(str(len(articles))),
    )
    lines = [
        markup.join([markup.text(f"{number}. "), list_item(article, view)])
        for number, article in enumerate(articles[:room], 1)
    ]
    more = len(articles) - room
    if more > 0:
        lines.append(markup.text(t("push.more", count=more)))
    return markup.join([head, *lines], "\n")
