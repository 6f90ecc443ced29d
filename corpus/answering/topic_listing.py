"""Lists and counts of the articles about a topic: 关于高铁的新闻, 有几篇关于华为的文章, 疫情."""

from dataclasses import replace
from datetime import date
from typing import Final

from corpus.answering.listing import listed_articles
from corpus.answering.page import Page
from corpus.answering.parameters import Parameters
from corpus.answering.search import SearchResult
from corpus.models import AnswerKind, IntentKind, Listing, Order
from corpus.question.query import Query
from corpus.retrieval.archive import Archive
from corpus.retrieval.topics import (
    TopicArticles,
    articles_about,
    articles_nearly_about,
    newest_about,
)

MIN_BARE_ARTICLES: Final = 3
"""Articles about a bare topic from which on they are listed; fewer are better answered by a passage."""


def list_topic(archive: Archive, query: Query, page: Page, parameters: Parameters) -> SearchResult | None:
    """List or count the articles about the topic of a query, on the days that it names.

    Returns:
        None where a list does not serve: without articles, unless they are counted; of a bare topic also
        where few articles are about it or none names it in its title.
    """
    days = query.days(archive.today)
    asked = query if days is None else _within(query, days[0], days[1])
    found = articles_about(archive, asked)
    is_count = query.intent is not None and query.intent.kind is IntentKind.COUNT
    if query.is_bare_topic and found.total < MIN_BARE_ARTICLES:
        found = articles_nearly_about(archive, asked, found)
    if query.is_bare_topic and not query.filters.is_narrowed and not _are_many(found):
        return None
    if not found.total and not is_count:
        return None
    by_date = (
        query.recent
        or page.order is Order.NEWEST
        or (query.intent is not None and query.intent.kind is IntentKind.NEWEST)
    )
    since, until = days or (None, None)
    return listed_articles(
        archive,
        asked,
        newest_about(archive, asked, found, by_date=by_date, limit=page.end)[page.places],
        parameters,
        kind=AnswerKind.COUNT if is_count else AnswerKind.LIST,
        total=found.total,
        listing=Listing(since, until, topic=topic_as_typed(query), is_newest_first=by_date),
    )


def _are_many(found: TopicArticles) -> bool:
    """Tell whether a list of the articles about a bare topic serves better than a passage."""
    return found.total >= MIN_BARE_ARTICLES and bool(found.titled)


def _within(query: Query, since: date, until: date) -> Query:
    """Return a query that finds only what was published on some days, and passes its filters."""
    filters = replace(
        query.filters,
        since=max(since, query.filters.since or since),
        until=min(until, query.filters.until or until),
    )
    return replace(query, filters=filters)


def topic_as_typed(query: Query) -> str:
    """Return what a question calls its topic, for readers."""
    start = min(query.normalized.find(name) for name in query.topic)
    end = max(query.normalized.find(name) + len(name) for name in query.topic)
    return " ".join(query.free_text[start:end].split())
