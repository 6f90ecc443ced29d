"""`DateMention`: the days that a text names, and the terms under which their articles are indexed."""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from corpus.models import Span

MAX_DATE_TERMS: Final = 31
"""Most terms of one date: up to so many days are searched one by one, longer periods by month or year."""


@dataclass(frozen=True, slots=True)
class DateMention:
    """A mention of a day, a month, a year or a period in a text.

    Attributes:
        span: Where it stands in the folded text.
        since: First day meant; `date.min` where only the end is said (9月26日之前).
        until: Last day meant; the current day where only the beginning is said (9月26日以后).
        any_year: Whether the year is left open. Then the same days of every year are meant; `since` and
            `until` are those of the last year in which they had begun.
        any_month: Whether even the month is left open (26号).
        relative: Whether the days are counted from today (昨天, 上周, 去年3月). No article of those days
            contains these words.
        recent: Whether no particular days are meant (最近).
        is_range: Whether both ends are named (9月20日到26日).
        vague: Whether it is a part of a year (年底, 三季度). Articles about it are of other times too.
    """

    span: Span
    since: date
    until: date
    any_year: bool = False
    any_month: bool = False
    relative: bool = False
    recent: bool = False
    is_range: bool = False
    vague: bool = False


def years_before(day: date, years: int) -> date:
    """The same day in an earlier year; the end of February where that year has no such day."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def date_terms(day: date) -> list[str]:
    """Return the terms under which an article of that day is indexed.

    They are weighted like all terms: by how many articles have them. The leading `@` keeps them apart from
    words.

    >>> date_terms(date(2022, 9, 26))
    ['@2022', '@2022-09', '@2022-09-26', '@-09', '@-09-26', '@--26']
    """
    year, month, number = day.isoformat().split("-")
    return [
        f"@{year}",
        f"@{year}-{month}",
        f"@{year}-{month}-{number}",
        f"@-{month}",
        f"@-{month}-{number}",
        f"@--{number}",
    ]


def mention_terms(mention: DateMention) -> list[str]:
    """Return the terms of a date, at most `MAX_DATE_TERMS`; an article of the days meant has one of them."""
    since, until = mention.since, mention.until
    is_short = (until - since).days < MAX_DATE_TERMS
    if mention.any_month:
        return list(dict.fromkeys(f"@--{day:%d}" for day in _days(since, until)))[:MAX_DATE_TERMS]
    if mention.any_year:
        if is_short and not _is_whole(since, until):
            return [f"@-{day:%m-%d}" for day in _days(since, until)]
        return list(dict.fromkeys(f"@-{month:02}" for _, month in _months(since, until)))
    if (since.month, since.day, until.month, until.day) == (1, 1, 12, 31) and since.year == until.year:
        return [f"@{since:%Y}"]
    if is_short and not _is_whole(since, until):
        return [f"@{day:%Y-%m-%d}" for day in _days(since, until)]
    if until.year - since.year < 2:
        return [f"@{year:04}-{month:02}" for year, month in _months(since, until)]
    return [f"@{year:04}" for year in range(max(since.year, until.year - MAX_DATE_TERMS + 1), until.year + 1)]


def _is_whole(since: date, until: date) -> bool:
    """Whether a period consists of whole months."""
    return since.day == 1 and until.day == calendar.monthrange(until.year, until.month)[1]


def _days(since: date, until: date) -> Iterator[date]:
    for number in range((until - since).days + 1):
        yield since + timedelta(days=number)


def _months(since: date, until: date) -> Iterator[tuple[int, int]]:
    """Yield year and month of all months that a period touches."""
    for number in range(since.year * 12 + since.month - 1, until.year * 12 + until.month):
        yield number // 12, number % 12 + 1
