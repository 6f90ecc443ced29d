"""Periods that a trend counts by: weeks, months or years, how many fit a chart, and their names. Pure."""

from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum
from itertools import groupby

from bot.wording import dates
from bot.wording.i18n import Translate

Count = tuple[date, int]
"""First day of a period, and how many articles it has."""


class Period(StrEnum):
    """What a bar of a trend stands for; the value is part of buttons that were sent."""

    WEEK = "w"
    MONTH = "m"
    YEAR = "y"


MAX_BARS = {Period.WEEK: 53, Period.MONTH: 36, Period.YEAR: 60}
"""How many periods a chart has room for: a year of weeks, three years of months."""

MIN_YEARS = 3
"""Years are offered from here on: two bars tell less than their months."""


def best_period(months: Sequence[Count]) -> Period:
    """Return the shortest of month and year that shows all counts.

    >>> best_period([(date(2021, 1, 1), 3), (date(2021, 2, 1), 0)])
    <Period.MONTH: 'm'>
    """
    return Period.MONTH if len(months) <= MAX_BARS[Period.MONTH] else Period.YEAR


def other_periods(period: Period, years: int) -> tuple[Period, ...]:
    """Return what a chart can be turned to; `years` is how many it spans.

    >>> other_periods(Period.MONTH, years=2)
    (<Period.WEEK: 'w'>,)
    """
    return tuple(
        one for one in Period if one is not period and (one is not Period.YEAR or years >= MIN_YEARS)
    )


def by_year(months: Sequence[Count]) -> tuple[Count, ...]:
    """Add up months to years. A gap of years stays a gap of bars if its months are there.

    >>> by_year([(date(2021, 12, 1), 3), (date(2022, 1, 1), 1), (date(2022, 2, 1), 1)])
    ((datetime.date(2021, 1, 1), 3), (datetime.date(2022, 1, 1), 2))
    """
    groups = groupby(months, key=lambda month: month[0].year)
    return tuple((date(year, 1, 1), sum(count for _, count in group)) for year, group in groups)


def until(counts: Sequence[Count], newest: date | None, period: Period) -> tuple[Count, ...]:
    """Add the empty periods after the last count, up to the newest day of the archive.

    >>> until([(date(2021, 11, 1), 3)], date(2022, 1, 5), Period.MONTH)[1:]
    ((datetime.date(2021, 12, 1), 0), (datetime.date(2022, 1, 1), 0))
    """
    longer = list(counts)
    while longer and newest is not None and (following := _next(longer[-1][0], period)) <= newest:
        longer.append((following, 0))
    return tuple(longer)


def _next(first: date, period: Period) -> date:
    """Return the first day of the period after the one that begins on a day."""
    if period is Period.WEEK:
        return first + timedelta(days=7)
    if period is Period.MONTH:
        return (first.replace(day=1) + timedelta(days=31)).replace(day=1)
    return date(first.year + 1, 1, 1)


def label(first: date, period: Period) -> str:
    """Return what stands under the bar of a period.

    >>> [label(date(2021, 3, 1), period) for period in Period]
    ['2021-03-01', '2021-03', '2021']
    """
    return first.isoformat()[: {Period.WEEK: 10, Period.MONTH: 7, Period.YEAR: 4}[period]]


def period_name(first: date, period: Period, t: Translate) -> str:
    """Name a period in a sentence; a week by its first day."""
    if period is Period.WEEK:
        return dates.date_words(first, t)
    if period is Period.MONTH:
        return dates.month_words(first, t)
    return t("date.year", year=first.year)
