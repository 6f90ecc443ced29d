"""`Part`: a date with what it leaves open, so that a neighbour can complete it (26日 in 9月25日、26日)."""

import calendar
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

from corpus.models import Span

MAX_YEARS_BACK: Final = 8
"""How far back a day without a year is sought; 29 February may be eight years ago."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one pattern reads of a text.

    Attributes:
        span: Where it stands.
        year: The year, or None if it is left open; likewise `month` and `day`.
        month: The month, or the first one.
        day: The day of the month, or the first one.
        last_month: The last month of a part of a year (上半年).
        last_day: The last day of a part of a month; more than the month has means its end.
        fixed: First and last day, where they are counted from today.
        relative: As in `DateMention`.
        recent: As in `DateMention`.
        is_weekday: Whether only a day of the week is said (周五), which may mean every week.
        is_impossible: Whether the calendar has no such day (2022年2月30日).
        is_number: Whether it is a number whose unit stands behind a later one (8 in 8到9月).
    """

    span: Span
    year: int | None = None
    month: int | None = None
    day: int | None = None
    last_month: int | None = None
    last_day: int | None = None
    fixed: tuple[date, date] | None = None
    relative: bool = False
    recent: bool = False
    is_weekday: bool = False
    is_impossible: bool = False
    is_number: bool = False


class Period(NamedTuple):
    """First and last day of a part, and what it leaves open."""

    since: date
    until: date
    any_year: bool = False
    any_month: bool = False


def period_of(part: Part, today: date) -> Period | None:
    """Return the days of a part; None if there are none.

    What is left open is that of the last time at which the days had begun.
    """
    if part.fixed is not None:
        return Period(*part.fixed)
    if part.month is None and part.day is not None:
        return _last_day_of_month(part.day, today)
    if part.year is not None:
        return _in_year(part, part.year)
    for year in range(today.year, max(today.year - MAX_YEARS_BACK, 0), -1):
        period = _in_year(part, year)
        if period is not None and period.since <= today:
            return period._replace(any_year=True)
    return None


def in_year(part: Part, year: int) -> Period | None:
    """Return the days of a part without a year in a certain one."""
    period = _in_year(part, year)
    return None if period is None else period._replace(any_year=True)


def _in_year(part: Part, year: int) -> Period | None:
    if not 1 <= year <= 9999:
        return None
    if part.month is None:
        return Period(date(year, 1, 1), date(year, 12, 31))
    last_month = part.last_month or part.month
    if not 1 <= part.month <= last_month <= 12:
        return None
    length = calendar.monthrange(year, last_month)[1]
    if part.day is None:
        return Period(date(year, part.month, 1), date(year, last_month, length))
    first = part.day if part.day > 0 else length + part.day + 1
    if first > length:
        return None
    last = first if part.last_day is None else min(part.last_day, length)
    return Period(date(year, part.month, first), date(year, part.month, max(first, last)))


def _last_day_of_month(day: int, today: date) -> Period | None:
    """Return the latest such day of a month that is not in the future."""
    year, month = today.year, today.month
    for _ in range(12):
        if 1 <= day <= calendar.monthrange(year, month)[1] and date(year, month, day) <= today:
            found = date(year, month, day)
            return Period(found, found, any_year=True, any_month=True)
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
        if year < 1:
            break
    return None
