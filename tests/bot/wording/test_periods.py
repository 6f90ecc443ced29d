"""Trends are counted by periods that fit a chart, up to the newest day of the archive."""

from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.wording.i18n import Language, translator
from bot.wording.periods import (
    MAX_BARS,
    Period,
    best_period,
    by_year,
    label,
    other_periods,
    period_name,
    until,
)

days = st.dates(date(1990, 1, 1), date(2040, 12, 31))


def months(count: int, first_year: int = 2001) -> list[tuple[date, int]]:
    return [(date(first_year + number // 12, number % 12 + 1, 1), 1) for number in range(count)]


@pytest.mark.parametrize(
    ("count", "expected"), [(1, Period.MONTH), (36, Period.MONTH), (37, Period.YEAR), (600, Period.YEAR)]
)
def test_years_take_the_place_of_months_that_are_too_many(count: int, expected: Period) -> None:
    assert best_period(months(count)) is expected


@given(st.integers(1, 400))
def test_years_add_up_to_the_months_and_leave_none_out(count: int) -> None:
    years = by_year(months(count))
    assert dict(years) == {
        date(year, 1, 1): n for year, n in Counter(m.year for m, _ in months(count)).items()
    }
    assert [first.year for first, _ in years] == list(range(2001, 2001 + len(years)))


@given(days, days, st.sampled_from([Period.WEEK, Period.MONTH, Period.YEAR]))
def test_empty_periods_reach_up_to_the_newest_day(day: date, newest: date, period: Period) -> None:
    starts = {
        Period.WEEK: date.fromordinal(day.toordinal() - day.weekday()),
        Period.MONTH: day.replace(day=1),
        Period.YEAR: date(day.year, 1, 1),
    }
    counts = until([(starts[period], 2)], newest, period)
    assert counts[0] == (starts[period], 2)
    assert all(not count for _, count in counts[1:])
    labels = [label(first, period) for first, _ in counts]
    assert len(set(labels)) == len(labels)
    beginning_of_newest = until([(starts[period], 2)], newest, period)[-1][0]
    assert beginning_of_newest <= max(newest, starts[period])
    assert (newest - beginning_of_newest).days < {Period.WEEK: 7, Period.MONTH: 31, Period.YEAR: 366}[period]


def test_nothing_is_added_to_nothing_or_without_a_date() -> None:
    assert until([], date(2022, 1, 1), Period.MONTH) == ()
    assert until([(date(2022, 1, 1), 1)], None, Period.MONTH) == ((date(2022, 1, 1), 1),)


def test_years_are_offered_where_they_tell_something() -> None:
    assert other_periods(Period.MONTH, years=2) == (Period.WEEK,)
    assert other_periods(Period.MONTH, years=3) == (Period.WEEK, Period.YEAR)
    assert other_periods(Period.YEAR, years=9) == (Period.WEEK, Period.MONTH)


@pytest.mark.parametrize("language", list(Language))
def test_each_period_has_a_name_in_each_language(language: Language) -> None:
    names = {period_name(date(2021, 3, 1), period, translator(language)) for period in Period}
    assert len(names) == len(Period)
    assert all("2021" in name for name in names)


def test_a_chart_has_room_for_more_than_the_years_offered() -> None:
    assert min(MAX_BARS.values()) > 12
