"""Dates as people write them in a question."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.text.dates import date_terms, find_dates, mention_terms, parse_day

TODAY = date(2022, 9, 28)  # a Wednesday
days = st.dates(min_value=date(1971, 1, 1), max_value=date(2100, 12, 31))


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        pytest.param("今天", "2022-09-28", "2022-09-28", id="today"),
        pytest.param("昨晚", "2022-09-27", "2022-09-27", id="last night"),
        pytest.param("大前天", "2022-09-25", "2022-09-25", id="three days ago"),
        pytest.param("上周", "2022-09-19", "2022-09-25", id="last week from Monday"),
        pytest.param("上周三", "2022-09-21", "2022-09-21", id="a day of last week"),
        pytest.param("上上周", "2022-09-12", "2022-09-18", id="the week before last"),
        pytest.param("这周末", "2022-10-01", "2022-10-02", id="this weekend"),
        pytest.param("周五", "2022-09-23", "2022-09-23", id="a bare weekday is the last one that was"),
        pytest.param("本月", "2022-09-01", "2022-09-30", id="this month"),
        pytest.param("上个月", "2022-08-01", "2022-08-31", id="last month"),
        pytest.param("去年", "2021-01-01", "2021-12-31", id="last year"),
        pytest.param("去年3月", "2021-03-01", "2021-03-31", id="a month of last year"),
        pytest.param("最近", "2022-09-14", "2022-09-28", id="recently"),
        pytest.param("昨天晚上", "2022-09-27", "2022-09-27", id="a part of a day"),
        pytest.param("今早", "2022-09-28", "2022-09-28", id="this morning"),
        pytest.param("前几天", "2022-09-14", "2022-09-28", id="the other day"),
        pytest.param("近日", "2022-09-14", "2022-09-28", id="of late"),
        pytest.param("最近三天", "2022-09-26", "2022-09-28", id="the last three days"),
        pytest.param("近一周", "2022-09-22", "2022-09-28", id="the last seven days"),
        pytest.param("今年底", "2022-01-01", "2022-12-31", id="a part of a year"),
        pytest.param("2021-12-01", "2021-12-01", "2021-12-01", id="ISO"),
        pytest.param("2021年12月1日", "2021-12-01", "2021-12-01", id="in full"),
        pytest.param("21年12月1号", "2021-12-01", "2021-12-01", id="a year of two digits"),
        pytest.param("2021年12月", "2021-12-01", "2021-12-31", id="a month"),
        pytest.param("2021年", "2021-01-01", "2021-12-31", id="a year"),
        pytest.param("九月二十六日", "2022-09-26", "2022-09-26", id="in Chinese figures"),
        pytest.param("last week", "2022-09-19", "2022-09-25", id="English"),
        pytest.param("yesterday", "2022-09-27", "2022-09-27", id="English, one word"),
        pytest.param("september 26, 2022", "2022-09-26", "2022-09-26", id="English date"),
    ],
)
def test_a_date_is_understood(text: str, since: str, until: str) -> None:
    [mention] = find_dates(text, TODAY)
    assert (mention.since.isoformat(), mention.until.isoformat()) == (since, until)
    assert mention.span == (0, len(text))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("2022个苹果", id="a number of things"),
        pytest.param("3.15晚会", id="a name of two numbers"),
        pytest.param("10号线", id="a line of the underground"),
        pytest.param("2021-13-45", id="no such month"),
        pytest.param("二月三十一日", id="no such day"),
        pytest.param("周杰伦", id="a family name"),
        pytest.param("每周五", id="every week"),
        pytest.param("第五周周日", id="a weekday of some week"),
        pytest.param("三个月", id="a length of time"),
        pytest.param("12345678", id="a long number"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_is_no_date_is_left_alone(text: str) -> None:
    assert not list(find_dates(text, TODAY))


def test_a_day_without_a_year_means_that_day_of_every_year() -> None:
    [mention] = find_dates("9月26号", TODAY)
    assert mention.any_year
    assert mention_terms(mention) == ["@-09-26"]


def test_several_dates_are_found_in_reading_order_none_inside_another() -> None:
    mentions = list(find_dates("2021年12月1日和昨天", TODAY))
    assert [mention.span for mention in mentions] == [(0, 10), (11, 13)]


@given(days)
def test_an_article_of_the_day_meant_has_one_of_the_terms_asked_for(day: date) -> None:
    [mention] = find_dates(f"{day.year}年{day.month}月{day.day}日", TODAY)
    assert set(mention_terms(mention)) & set(date_terms(day))


@given(days, days)
def test_only_articles_of_the_days_meant_have_the_terms_asked_for(day: date, today: date) -> None:
    for text in ("昨天", "上周", "本月", "去年", "近一周", "2021年", "2021年12月"):
        [mention] = find_dates(text, today)
        if set(mention_terms(mention)) & set(date_terms(day)):
            assert mention.since <= day <= mention.until


@given(days)
def test_a_day_has_six_terms_and_none_is_a_word(day: date) -> None:
    terms = date_terms(day)
    assert len(set(terms)) == 6
    assert all(term.startswith("@") for term in terms)


@given(
    st.text(st.sampled_from("0123456789年月日号-/.上下周个今昨明天前去最近一二三十 week last"), max_size=30),
    days,
)
def test_any_text_can_be_searched_for_dates(text: str, today: date) -> None:
    end = 0
    for mention in find_dates(text, today):
        assert end <= mention.span[0] < mention.span[1] <= len(text)
        assert mention.since <= mention.until
        assert 1 <= len(mention_terms(mention)) <= 31
        end = mention.span[1]


@pytest.mark.parametrize("today", [date(1, 1, 1), date(9999, 12, 31), date(2024, 2, 29), date(2023, 1, 31)])
def test_the_edges_of_the_calendar_do_no_harm(today: date) -> None:
    for text in (
        "昨天",
        "明天",
        "上上周三",
        "上个月",
        "去年",
        "前年",
        "最近",
        "31号",
        "本周末",
        "2月29日",
        "明日",
        "去年2月",
    ):
        list(find_dates(text, today))


@pytest.mark.parametrize(
    ("text", "last", "expected"),
    [
        pytest.param("2021-12", False, date(2021, 12, 1), id="first day of a month"),
        pytest.param("2021-12", True, date(2021, 12, 31), id="last day of a month"),
        pytest.param("2021", True, date(2021, 12, 31), id="last day of a year"),
        pytest.param("昨天", False, TODAY - timedelta(days=1), id="a word"),
        pytest.param(" 2021/12/01 ", False, date(2021, 12, 1), id="blanks around"),
        pytest.param("昨天的事", False, None, id="more than a date"),
        pytest.param("2021-02-30", False, None, id="no such day"),
        pytest.param("soon", True, None, id="no date"),
    ],
)
def test_the_value_of_a_date_filter_is_a_day(text: str, last: bool, expected: date | None) -> None:
    assert parse_day(text, TODAY, last=last) == expected
