"""Lists by date, for questions that ask for news and name no event (昨天有什么新闻); picks for reading."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from corpus.answering.page import Page
from corpus.answering.parameters import Parameters
from corpus.answering.passage_selection import PassageSelector
from corpus.answering.search import SearchResult
from corpus.models import AnswerKind, Filters, IntentKind, Listing
from corpus.question.intents import outlet_endings
from corpus.question.query import Query
from corpus.question.synonyms import synonyms_of
from corpus.retrieval.archive import Archive, ResolvedQuery
from corpus.retrieval.filters import checks_text, restriction, text_passes
from corpus.retrieval.names import Names, name_key
from corpus.retrieval.protocols import Articles
from corpus.retrieval.retriever import Candidate
from corpus.store.rows import ArticleHead
from corpus.text.dates import mention_terms, years_before
from corpus.text.folding import fold
from corpus.text.terms import Term

LIST_SCORE: Final = 0.5
"""Confidence of every list: it answers by what it lists, and no sentence of it does."""

MAX_CHECKED: Final = 500
"""How many of the newest articles are looked through for excluded words; the list ends with them."""

BLOCK: Final = 200
"""Articles of a list that are sorted together: in each block those without text come last."""

MAX_PICKED: Final = 200
"""Newest articles among which some are picked for reading."""

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


def list_articles(
    archive: Archive, query: Query, page: Page, parameters: Parameters, *, has_short_names: bool = False
) -> SearchResult | None:
    """List what was published on the days named, or the newest articles if there is nothing or no day.

    What else the question says must be the name of a category or an author, or the end of an author's name
    (财经 in 潮声财经).

    Args:
        archive: That is listed.
        query: The question.
        page: Which part of the list.
        parameters: For the beginnings of the texts.
        has_short_names: Whether the beginning of an outlet's name will do: 果壳 for 果壳网.

    Returns:
        None where it says something else, and where there is nothing at all: the question is searched then.
    """
    days = query.days(archive.today)
    filters = _named_filters(archive, query, has_short_names=has_short_names)
    if filters is None or (query.dates and days is None and not query.recent):
        return None
    limit = _rounded_up(page.end, BLOCK)
    published = _published(archive, filters, days, limit)
    if days and not published.total and all(mention.any_year for mention in query.dates):
        days = _in_last_year(archive, query, days) or days
        published = _published(archive, filters, days, limit)
    is_count = query.intent is not None and query.intent.kind is IntentKind.COUNT
    nothing_then = days is not None and not published.total
    if nothing_then and not is_count:
        published = _published(archive, filters, None, limit)
    if not published.total and not is_count:
        return None
    return listed_articles(
        archive,
        replace(query, filters=published.filters),
        _textless_last(archive.store, published.numbers)[page.places],
        parameters,
        kind=AnswerKind.COUNT if is_count else AnswerKind.LIST,
        total=published.total,
        listing=Listing(*bounds_of(days), nothing_then=nothing_then),
    )


def bounds_of(days: tuple[date, date] | None) -> tuple[date | None, date | None]:
    """The first and the last of some days as readers and filters have them: None where there is no bound.

    >>> bounds_of((date.min, date(2022, 9, 26)))
    (None, datetime.date(2022, 9, 26))
    """
    since, until = days or (None, None)
    return None if since == date.min else since, until


def within(filters: Filters, days: tuple[date, date]) -> Filters:
    """Narrow filters to some days."""
    both = max(days[0], filters.since or days[0]), min(days[1], filters.until or days[1])
    since, until = bounds_of(both)
    return replace(filters, since=since, until=until)


def listed_articles(
    archive: Archive,
    query: Query,
    numbers: Sequence[int],
    parameters: Parameters,
    *,
    kind: AnswerKind,
    total: int,
    listing: Listing,
) -> SearchResult:
    """Return a list as the result of a search, each article with the beginning of its text.

    Args:
        archive: That the articles are in.
        query: By whose filters they were found.
        numbers: Of the articles on the page, in order.
        parameters: For the beginnings of their texts.
        kind: A list or a count.
        total: Number of articles on all pages.
        listing: What they have in common.
    """
    asked = replace(query, words=(), terms=())
    shown = PassageSelector(archive, ResolvedQuery(asked, {}), parameters).select(
        _candidates(archive.store, numbers)
    )
    return SearchResult(
        asked,
        best=shown[0] if shown else None,
        shown=tuple(shown),
        total=total,
        score=1.0 if kind is AnswerKind.COUNT else LIST_SCORE,
        listing=listing,
        kind=kind,
    )


def _rounded_up(count: int, block: int) -> int:
    """The next multiple of a block.

    >>> _rounded_up(5, 200), _rounded_up(200, 200), _rounded_up(201, 200)
    (200, 200, 400)
    """
    return (count + block - 1) // block * block


def _named_filters(archive: Archive, query: Query, *, has_short_names: bool) -> Filters | None:
    """The filters of a question with the category or author that it names; None for another name."""
    filters = query.filters
    topic = "".join(query.topic) if query.is_bare_topic else query.listing_topic
    if not topic:
        return filters
    # As typed, because a word of a name may be none elsewhere: the IT of IT之家.
    typed = _typed_names(query)
    known, wanted = archive.names(), (*typed, topic, *_SYNONYMS.get(topic, ()), *synonyms_of(topic))
    if filters.category is None:
        for name in filter(known.is_category, wanted):
            return replace(filters, category=name)
    if filters.author is None:
        for name in wanted:
            if known.is_author(name) or (not query.is_bare_topic and _ends_author(known, name)):
                return replace(filters, author=name)
        for name in typed if has_short_names else ():
            if (whole := _short_for(known, name)) is not None:
                return replace(filters, author=whole)
    return None


def _typed_names(query: Query) -> tuple[str, ...]:
    """What an intent is asked of, as typed."""
    if query.intent is None:
        return ()
    return tuple(name_key(query.normalized[start:end]) for start, end in query.intent.slots)


def _short_for(names: Names, name: str) -> str | None:
    """The one outlet whose name begins with a name and ends with 网, 日报 or the like: 果壳网 for 果壳."""
    wholes = [whole for whole in names.written if whole.startswith(name) and whole != name]
    meant = [whole for whole in wholes if whole.removeprefix(name) in outlet_endings()]
    return meant[0] if len(meant) == 1 and len(name) > 1 else None


def _ends_author(names: Names, name: str) -> bool:
    """Whether a name ends that of an author, or is it but for a Latin alias behind: 少数派 sspai."""
    return len(name) > 1 and any(
        author.endswith(name) or (author.startswith(name) and author.removeprefix(name).isascii())
        for author, _ in names.authors
    )


def pick_articles(archive: Archive, query: Query, page: Page, parameters: Parameters) -> SearchResult | None:
    """Offer some of the newest articles for reading, each day in another order; those without text come last.

    Returns:
        None without articles.
    """
    numbers, total = archive.snapshot.newest(where=restriction(query.filters, archive), limit=MAX_PICKED)
    if not total:
        return None
    shuffled = sorted(numbers)
    random.Random(archive.today.toordinal()).shuffle(shuffled)  # noqa: S311 — no secret
    return listed_articles(
        archive,
        query,
        _textless_last(archive.store, shuffled)[page.places],
        parameters,
        kind=AnswerKind.LIST,
        total=len(shuffled),
        listing=Listing(is_newest_first=False, is_pick=True),
    )


def _published(archive: Archive, filters: Filters, days: tuple[date, date] | None, limit: int) -> _Published:
    """The newest articles of some days that pass filters, at most `limit`."""
    if days is not None:
        filters = within(filters, days)
    where = restriction(filters, archive)
    if not checks_text(filters):
        return _Published(filters, *archive.snapshot.newest(where=where, limit=limit))
    numbers, _ = archive.snapshot.newest(where=where, limit=MAX_CHECKED)
    heads = archive.store.heads(numbers)
    present = [heads[number] for number in numbers if number in heads]
    kept = [head.number for head in present if _passes_text(archive.store, head, filters)]
    return _Published(filters, kept[:limit], len(kept))


def _passes_text(store: Articles, head: ArticleHead, filters: Filters) -> bool:
    """Whether a whole article holds nothing that is excluded."""
    paragraphs, _ = store.body(head.number)
    return text_passes(fold("\n".join([head.title, *(one.text for one in paragraphs)])), filters)


def _in_last_year(archive: Archive, query: Query, days: tuple[date, date]) -> tuple[date, date] | None:
    """The days named without a year, in the last year in which something was published on them."""
    terms = {text for mention in query.dates for text in mention_terms(mention)}
    numbers = {number for text in terms for number in archive.snapshot.articles_with([Term(text)]).tolist()}
    moments = archive.store.published_of(sorted(numbers))
    last = max((moment for moment in moments if moment is not None), default=None)
    if last is None:
        return None
    found = datetime.fromtimestamp(last, archive.zone).date()
    since, until = days
    back = next(
        (years for years in range(until.year - found.year + 2) if years_before(since, years) <= found), 0
    )
    return years_before(since, back), years_before(until, back)


def _candidates(store: Articles, numbers: Sequence[int]) -> list[Candidate]:
    """Articles as candidates of which any passage may be shown."""
    heads = store.heads(numbers)
    return [Candidate(heads[number], passage=0, score=1.0) for number in numbers if number in heads]


def _textless_last(store: Articles, numbers: Sequence[int]) -> list[int]:
    """Move articles without text, such as bare pictures, to the end of their block."""
    ordered: list[int] = []
    for start in range(0, len(numbers), BLOCK):
        block = numbers[start : start + BLOCK]
        texts = store.beginnings(block, passages=1)
        ordered += sorted(block, key=lambda number: not texts.get(number, "").strip())
    return ordered
