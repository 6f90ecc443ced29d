"""Listings: articles by date, for questions that ask for news and name no event (昨天有什么新闻)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from corpus.answering.page import Page
from corpus.answering.parameters import Parameters
from corpus.answering.passage_selection import PassageSelector
from corpus.answering.search import SearchResult
from corpus.models import Filters, Listing
from corpus.question.query import Query
from corpus.retrieval.archive import Archive, ResolvedQuery
from corpus.retrieval.filters import checks_text, restriction, text_passes
from corpus.retrieval.names import Names
from corpus.retrieval.retriever import Candidate
from corpus.store.store import Store
from corpus.text.dates import mention_terms
from corpus.text.folding import fold
from corpus.text.terms import Term

MAX_CHECKED: Final = 500
"""How many of the newest articles are looked through for excluded words; the list ends with them."""

BLOCK: Final = 200
"""Articles of a list that are sorted together: in each block those without text come last."""

_SECTIONS: Final = (
    ("财经", "金融", "经济"),
    ("科技", "数码", "技术"),
    ("体育", "运动"),
    ("动漫", "二次元", "动画"),
    ("读书", "阅读", "书评"),
    ("编程", "开发", "程序"),
    ("音视频", "影音", "影视"),
)
_SYNONYMS: Final = {name: names for names in _SECTIONS for name in names}
"""Names of the same section of a newspaper: one stands for another that the archive does not have."""


@dataclass(frozen=True, slots=True)
class _Published:
    """Articles that were published on some days.

    Attributes:
        filters: By which they were found.
        numbers: Of the newest, the newest first.
        total: How many there are in all.
    """

    filters: Filters
    numbers: Sequence[int]
    total: int


def list_articles(archive: Archive, query: Query, page: Page, parameters: Parameters) -> SearchResult | None:
    """List what was published on the days named, or the newest articles if there is nothing or no day.

    What else the question says must be the name of a category or an author, or the end of an author's name
    (财经 in 潮声财经).

    Returns:
        None where it says something else, and where there is nothing at all: the question is searched then.
    """
    days, filters = query.days(archive.today), _named_filters(archive, query)
    if filters is None or (query.dates and days is None and not query.recent):
        return None
    limit = _rounded_up(page.end, BLOCK)
    published = _published(archive, filters, days, limit)
    if not published.total and any(mention.any_year for mention in query.dates):
        days = _in_last_year(archive, query) or days
        published = _published(archive, filters, days, limit)
    nothing_then = days is not None and not published.total
    if nothing_then:
        published = _published(archive, filters, None, limit)
    if not published.total:
        return None
    since, until = days or (None, None)
    asked = replace(query, filters=published.filters, words=(), terms=())
    shown = PassageSelector(archive, ResolvedQuery(asked, {}), parameters).select(
        _candidates(archive.store, published.numbers, page)
    )
    return SearchResult(
        asked,
        best=shown[0] if shown else None,
        shown=tuple(shown),
        total=published.total,
        score=parameters.calibration.max_earlier if nothing_then else 1.0,
        listing=Listing(since, until, nothing_then),
    )


def _rounded_up(count: int, block: int) -> int:
    """The next multiple of a block.

    >>> _rounded_up(5, 200), _rounded_up(200, 200), _rounded_up(201, 200)
    (200, 200, 400)
    """
    return (count + block - 1) // block * block


def _named_filters(archive: Archive, query: Query) -> Filters | None:
    """The filters of a question with the category or author that it names; None for another name."""
    filters = query.filters
    if not query.listing_topic:
        return filters
    known, wanted = archive.names(), (query.listing_topic, *_SYNONYMS.get(query.listing_topic, ()))
    if filters.category is None:
        for name in filter(known.is_category, wanted):
            return replace(filters, category=name)
    if filters.author is None:
        for name in wanted:
            if _means_author(known, name):
                return replace(filters, author=name)
    return None


def _means_author(names: Names, name: str) -> bool:
    """Whether a name is that of an author, or ends one."""
    return names.is_author(name) or (
        len(name) > 1 and any(author.endswith(name) for author, _ in names.authors)
    )


def _published(archive: Archive, filters: Filters, days: tuple[date, date] | None, limit: int) -> _Published:
    """The newest articles of some days that pass filters, at most `limit`."""
    if days is not None:
        filters = replace(
            filters,
            since=max(days[0], filters.since or days[0]),
            until=min(days[1], filters.until or days[1]),
        )
    where = restriction(filters, archive)
    if not checks_text(filters):
        return _Published(filters, *archive.snapshot.newest(where=where, limit=limit))
    numbers, _ = archive.snapshot.newest(where=where, limit=MAX_CHECKED)
    kept = [number for number in numbers if _passes_text(archive.store, number, filters)]
    return _Published(filters, kept[:limit], len(kept))


def _passes_text(store: Store, number: int, filters: Filters) -> bool:
    """Whether a whole article holds nothing that is excluded."""
    head = store.heads([number]).get(number)
    if head is None:
        return False
    paragraphs, _ = store.body(number)
    return text_passes(fold("\n".join([head.title, *(one.text for one in paragraphs)])), filters)


def _in_last_year(archive: Archive, query: Query) -> tuple[date, date] | None:
    """The days named without a year, in the last year in which something was published on them."""
    if len(query.dates) != 1:
        return None
    [mention] = query.dates
    terms = [Term(text) for text in mention_terms(mention)]
    moments = archive.store.published_of(archive.snapshot.articles_with(terms).tolist())
    last = max((moment for moment in moments if moment is not None), default=None)
    if last is None:
        return None
    year = datetime.fromtimestamp(last, archive.zone).year
    try:
        return mention.since.replace(year=year), mention.until.replace(year=year)
    except ValueError:  # the end of a February
        return None


def _candidates(store: Store, numbers: Sequence[int], page: Page) -> list[Candidate]:
    """The articles on a page, as candidates of which any passage may be shown."""
    shown = _textless_last(store, numbers)[page.places]
    heads = store.heads(shown)
    return [Candidate(heads[number], passage=0, score=1.0) for number in shown if number in heads]


def _textless_last(store: Store, numbers: Sequence[int]) -> list[int]:
    """Move articles without text, such as bare pictures, to the end of their block."""
    ordered: list[int] = []
    for start in range(0, len(numbers), BLOCK):
        block = numbers[start : start + BLOCK]
        texts = store.beginnings(block, passages=1)
        ordered += sorted(block, key=lambda number: not texts.get(number, "").strip())
    return ordered
