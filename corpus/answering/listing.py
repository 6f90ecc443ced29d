"""Who asks only for what there is (昨天有什么新闻, 最近的财经新闻) gets a list, the newest first."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Final

from corpus.answering import passage_selection
from corpus.answering.archive import Archive, Page
from corpus.answering.search import UNPUBLISHED, Finding, worth_of
from corpus.models import Filters, Listing
from corpus.question.query import Query
from corpus.retrieval.filters import Names, restriction
from corpus.retrieval.retriever import Found
from corpus.store.store import Store
from corpus.text.dates import mention_terms
from corpus.text.terms import Term

LISTED_BLOCK: Final = 200
"""Of so many articles at a time in a list, those without text come last."""


_SECTIONS: Final = (
    ("财经", "金融", "经济"),
    ("科技", "数码", "技术"),
    ("体育", "运动"),
    ("动漫", "二次元", "动画"),
    ("读书", "阅读", "书评"),
    ("编程", "开发", "程序"),
    ("音视频", "影音", "影视"),
)
_ALIKE: Final = {name: names for names in _SECTIONS for name in names}
"""Names for the same section of a newspaper: who asks for one reads the other where there is none of it."""


def browse(archive: Archive, parsed: Query, page: Page) -> Finding | None:
    """What was published on the days named, or what is newest where those have nothing or none is named.

    What else is said must be the name of a category or an author, or what authors' names end with (财经 in
    潮声财经): anything else is a question. None for that, and where there is nothing at all.
    """
    days, filters = parsed.days(archive.today), _named(archive.names, parsed)
    if filters is None or (parsed.dates and days is None and not parsed.recent):
        return None
    end = -(-(page.offset + page.limit) // LISTED_BLOCK) * LISTED_BLOCK
    narrowed, numbers, total = _published(archive, filters, days, end)
    if not total and any(mention.any_year for mention in parsed.dates):
        days = _last_such_days(archive, parsed) or days
        narrowed, numbers, total = _published(archive, filters, days, end)
    nothing_then = days is not None and not total
    if nothing_then:
        narrowed, numbers, total = _published(archive, filters, None, end)
    if not total:
        return None
    shown = _textless_last(archive.store, numbers)[page.offset : page.offset + page.limit]
    heads = archive.store.heads(shown)
    found = [Found(heads[number], 0, 1.0) for number in shown if number in heads]
    worth = worth_of(archive.snapshot, parsed)
    asked = replace(parsed, filters=narrowed, words=(), terms=())
    chosen = passage_selection.choose(archive.snapshot, archive.store, asked, found, worth)
    since, until = days or (None, None)
    return Finding(
        asked,
        worth,
        total=total,
        first=chosen[0] if chosen else None,
        shown=tuple(chosen),
        score=UNPUBLISHED if nothing_then else 1.0,
        listing=Listing(since, until, nothing_then),
    )


def _named(names: Callable[[], Names], parsed: Query) -> Filters | None:
    """The filters of a question with the category or author that is named in it; None for another name."""
    filters = parsed.filters
    if not parsed.browses:
        return filters
    known, wanted = names(), (parsed.browses, *_ALIKE.get(parsed.browses, ()))
    if filters.category is None:
        for name in filter(known.is_category, wanted):
            return replace(filters, category=name)
    if filters.author is None:
        for name in wanted:
            if known.is_author(name) or (
                len(name) > 1 and any(each.endswith(name) for each, _ in known.authors)
            ):
                return replace(filters, author=name)
    return None


def _published(
    archive: Archive, filters: Filters, days: tuple[date, date] | None, limit: int
) -> tuple[Filters, list[int], int]:
    """The newest articles of some days that pass filters: the filters for it, numbers, how many in all."""
    if days is not None:
        filters = replace(
            filters,
            since=max(days[0], filters.since or days[0]),
            until=min(days[1], filters.until or days[1]),
        )
    where = restriction(filters, archive.names, archive.zone, None)
    return filters, *archive.snapshot.newest(where=where, limit=limit)


def _last_such_days(archive: Archive, parsed: Query) -> tuple[date, date] | None:
    """The days named without a year, in the last year in which something was published on them."""
    if len(parsed.dates) != 1:
        return None
    [mention] = parsed.dates
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


def _textless_last(store: Store, numbers: Sequence[int]) -> list[int]:
    """Move articles without text, such as bare pictures, to the end of each block of a list."""
    ordered: list[int] = []
    for start in range(0, len(numbers), LISTED_BLOCK):
        block = numbers[start : start + LISTED_BLOCK]
        texts = store.beginnings(block, passages=1)
        ordered += sorted(block, key=lambda number: not texts.get(number, "").strip())
    return ordered
