"""Days and periods as people write them."""

import calendar
import time
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.text.dates import (
    MAX_DATE_TERMS,
    date_terms,
    find_dates,
    mention_terms,
    parse_date,
    parse_day,
    read_dates,
    respell_dates,
)
from corpus.text.folding import fold

TODAY = date(2022, 9, 28)  # a Wednesday
PIECES = [
    *"0123456789年月日号-/.、,到至和()上下周个今昨明天前后去底初中末从起一二三十 〇",
    *(
        "2022",
        "26",
        "12",
        "星期",
        "季度",
        "半年",
        "之前",
        "以后",
        "那天",
        "最近",
        "过去",
        "sep",
        "may ",
        "last ",
        "week",
    ),
]
days = st.dates(min_value=date(1971, 1, 1), max_value=date(2099, 12, 31))


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
        pytest.param("今年底", "2022-12-01", "2022-12-31", id="a part of a year"),
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


HAN = "〇一二三四五六七八九"
ENGLISH = calendar.month_name[1:]


def _in_han(number: int) -> str:
    """26 as 二十六."""
    tens, ones = divmod(number, 10)
    ten = "" if not tens else "十" if tens == 1 else f"{HAN[tens]}十"
    return f"{ten}{HAN[ones] if ones else ''}"


def _spellings(day: date) -> list[str]:
    """Forms in which a day with its year is written."""
    y, m, d = day.year, day.month, day.day
    name = ENGLISH[m - 1]
    han_year = "".join(HAN[int(digit)] for digit in str(y))
    return [
        f"{y}年{m}月{d}日",
        f"{y}年{m}月{d}号",
        f"{y}年{m:02}月{d:02}日",
        f"{y} 年 {m} 月 {d} 日",
        f"{y}-{m:02}-{d:02}",
        f"{y}/{m}/{d}",
        f"{y}.{m}.{d}",
        f"{y}{m:02}{d:02}",
        f"{y}年{m}月{d}日（星期{'一二三四五六日'[day.weekday()]}）",
        f"{y}年{m}月{d}日 周{'一二三四五六日'[day.weekday()]}",
        f"{y}年{m}月{d}日那天",
        f"{han_year}年{_in_han(m)}月{_in_han(d)}日",
        f"{han_year.replace('〇', '零')}年{_in_han(m)}月{_in_han(d)}號",
        f"{y}年{_in_han(m)}月{d}日",
        f"{name} {d}, {y}",
        f"{name[:3]} {d} {y}",
        f"{d} {name} {y}",
        f"{d}th of {name}, {y}",
        f"{day:%A}, {name} {d}, {y}",
    ]


@settings(max_examples=40)
@given(days)
def test_a_day_is_read_in_every_form(day: date) -> None:
    for text in _spellings(day):
        mention = parse_date(fold(text), TODAY)
        assert mention is not None, text
        assert (mention.since, mention.until, mention.any_year) == (day, day, False), text


@given(days)
def test_a_day_without_a_year_is_read_in_every_form(day: date) -> None:
    m, d = day.month, day.day
    forms = [
        f"{m}月{d}日",
        f"{m} 月 {d} 号",
        f"{m:02}.{d:02}",
        f"{_in_han(m)}月{_in_han(d)}日",
        f"{ENGLISH[m - 1]} {d}",
    ]
    for text in [*forms, f"{m}/{d}"] if d > 9 else forms[:2] + forms[3:]:
        mention = parse_date(fold(text), TODAY)
        assert mention is not None, text
        assert mention.any_year, text
        assert (mention.since.month, mention.since.day) == (m, d), text
        assert mention.since <= TODAY


@settings(max_examples=50)
@given(days, st.integers(1, 400))
def test_a_range_is_read_in_every_form(first: date, length: int) -> None:
    last = first + timedelta(days=length)
    begin = f"{first.year}年{first.month}月{first.day}日"
    ends = [f"{last.year}年{last.month}月{last.day}日"]
    if last.year == first.year or (
        last.year == first.year + 1 and (last.month, last.day) < (first.month, first.day)
    ):
        ends.append(f"{last.month}月{last.day}日")
    if (last.year, last.month) == (first.year, first.month):
        ends.append(f"{last.day}日")
    for end in ends:
        for text in (f"{begin}到{end}", f"{begin} - {end}", f"从{begin}至{end}", f"{begin}~{end}"):
            mention = parse_date(fold(text), TODAY)
            assert mention is not None, text
            assert (mention.since, mention.until) == (first, last), text
            assert mention.is_range


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("9月20日至9月26日", "2022-09-20", "2022-09-26"),
        ("9月20日-26日", "2022-09-20", "2022-09-26"),
        ("9月20-26日", "2022-09-20", "2022-09-26"),
        ("20至26日", "2022-09-20", "2022-09-26"),
        ("二十号到二十六号", "2022-09-20", "2022-09-26"),
        ("9.20-9.26", "2022-09-20", "2022-09-26"),
        ("9/20到9/26", "2022-09-20", "2022-09-26"),
        ("12月20日到1月5日", "2021-12-20", "2022-01-05"),
        ("8月到9月", "2022-08-01", "2022-09-30"),
        ("6—8月", "2022-06-01", "2022-08-31"),
        ("2020年8月到9月", "2020-08-01", "2020-09-30"),
        ("8月到2021年9月", "2021-08-01", "2021-09-30"),
        ("11月到2021年2月", "2020-11-01", "2021-02-28"),
        ("2019到2021年", "2019-01-01", "2021-12-31"),
        ("2019-2021年", "2019-01-01", "2021-12-31"),
        ("去年9月到今年3月", "2021-09-01", "2022-03-31"),
        ("上周一到周三", "2022-09-19", "2022-09-21"),
        ("9月1日到昨天", "2022-09-01", "2022-09-27"),
        ("2021年7月初到8月底", "2021-07-01", "2021-08-31"),
        ("Sep 20-26, 2022", "2022-09-20", "2022-09-26"),
        ("September 20 to September 26", "2022-09-20", "2022-09-26"),
        ("2022年9月26日以后", "2022-09-26", "2022-09-28"),
        ("自2022年9月26日起", "2022-09-26", "2022-09-28"),
        ("2021年3月之前", "0001-01-01", "2021-02-28"),
        ("前年国庆节期间", "2020-10-01", "2020-10-01"),
        ("去年的今天", "2021-09-28", "2021-09-28"),
        ("2021年第四季度", "2021-10-01", "2021-12-31"),
        ("Q2 2021", "2021-04-01", "2021-06-30"),
        ("今年前三季度", "2022-01-01", "2022-09-30"),
        ("2022年2月最后一周", "2022-02-22", "2022-02-28"),
        ("最近半个月", "2022-09-14", "2022-09-28"),
        ("过去3个月", "2022-07-01", "2022-09-28"),
        ("26/9/2022", "2022-09-26", "2022-09-26"),
        ("09/26/2022", "2022-09-26", "2022-09-26"),
        ("26-Sep-2022", "2022-09-26", "2022-09-26"),
        ("上季度", "2022-04-01", "2022-06-30"),
        ("两年前", "2020-01-01", "2020-12-31"),
    ],
)
def test_a_period_is_read(text: str, since: str, until: str) -> None:
    mention = parse_date(fold(text), TODAY)
    assert mention is not None
    assert (str(mention.since), str(mention.until)) == (since, until)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2022年9月26日和27日", ["2022-09-26", "2022-09-27"]),
        ("9月25日、26日", ["2022-09-25", "2022-09-26"]),
        ("2021年9月24、25、26日有什么新闻", ["2021-09-24", "2021-09-25", "2021-09-26"]),
        ("去年9月和10月", ["2021-09-01", "2021-10-01"]),
        ("2022年8月3日以及9月5日", ["2022-08-03", "2022-09-05"]),
        ("2021年9月26日发布,27日开售", ["2021-09-26", "2022-09-27"]),
        ("2022.09.25和9.26", ["2022-09-25", "2022-09-26"]),
        ("2021年9月26、27两日", ["2021-09-26", "2021-09-27"]),
        ("2021年9月26日 27日", ["2021-09-26", "2021-09-27"]),
    ],
)
def test_a_later_date_takes_year_and_month_from_the_one_it_is_listed_with(
    text: str, found: list[str]
) -> None:
    assert [str(mention.since) for mention in find_dates(text, TODAY)] == found


@pytest.mark.parametrize(
    ("text", "impossible"),
    [
        ("13月45日有什么新闻", ["13月45日"]),
        ("2022年2月30日", ["2022年2月30日"]),
        ("2022-02-30 和 9月31号", ["2022-02-30", "9月31号"]),
        ("2021年2月29日", ["2021年2月29日"]),
        ("2022/13/01", ["2022/13/01"]),
        ("二月三十一日", []),
        ("september 31, 2022", ["september 31, 2022"]),
        ("2022年13月", ["2022年13月"]),
        ("2022.13.45", []),
        ("3月45人", []),
        ("9月30日", []),
        ("2月29日", []),
    ],
)
def test_days_that_no_calendar_has_are_told(text: str, impossible: list[str]) -> None:
    assert [text[start:end] for start, end in read_dates(text, TODAY).impossible] == impossible


@pytest.mark.parametrize(
    "text",
    [
        "版本 9.26",
        "9.26英镑",
        "9.26亿",
        "涨了9.26",
        "windows 3.11",
        "python 3.10 的新闻",
        "2/3的人",
        "9/10/2022",
        "2020年代",
        "24/7",
        "192.168.9.26",
        "电话 20220926123",
        "iphone 14 pro",
        "山里七号隧道",
        "长征五号",
        "一号风球",
        "英国30年期",
        "近一半年轻人",
        "前37年",
        "上映前三天票房",
        "五月天演唱会",
        "13月薪",
        "周一到周五几点开门",
        "为期3天",
        "may i ask",
        "march of the penguins",
        "奥迪q3",
        "大年初三",
        "那天",
        "2022万",
        "第3日",
        "圣诞节礼物",
    ],
)
def test_a_number_or_a_name_is_no_date(text: str) -> None:
    assert read_dates(text, TODAY).mentions == ()


@pytest.mark.parametrize(
    ("text", "respelt"),
    [
        ("安倍 9.27", "安倍 9月27日"),
        ("9月26日(周一)英镑", "9月26日英镑"),
        ("2022年9月26日那天怎么了", "2022年9月26日怎么了"),
        ("9 月 26 日英镑", "9月26日英镑"),
        ("二〇二二年九月二十六日", "2022年9月26日"),
        ("20220926的新闻", "2022年9月26日的新闻"),
        ("9/20到9/26", "9月20日到9月26日"),
        ("昨天2:30", "昨天2:30"),
        ("9.26元", "9.26元"),
        ("sep 26 2022", "sep 26 2022"),
        ("26号", "26号"),
        ("什么是五月艾", "什么是五月艾"),
        ("二十六号的事", "二十六号的事"),
        ("2022-02-30", "2022-02-30"),
    ],
)
def test_days_are_respelt_as_articles_write_them(text: str, respelt: str) -> None:
    assert respell_dates(text, TODAY) == respelt


@settings(max_examples=30)
@given(days)
def test_a_respelt_day_is_the_same_day(day: date) -> None:
    for text in map(fold, _spellings(day)):
        mention = parse_date(respell_dates(text, TODAY), TODAY)
        assert mention is not None
        assert (mention.since, mention.until) == (day, day)


@pytest.mark.parametrize(
    "unit", ["9", "9月", "9月2", "2022", "-", "9.", "9/", "一", "上", "sep ", "9、", "周一到", "从9月1日到"]
)
def test_reading_takes_linear_time(unit: str) -> None:
    text = (unit * 20_000)[:20_000]
    started = time.process_time()
    read_dates(text, TODAY)
    assert time.process_time() - started < 2


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
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
    days,
)
def test_any_text_can_be_searched_for_dates(text: str, today: date) -> None:
    end = 0
    for mention in find_dates(text, today):
        assert end <= mention.span[0] < mention.span[1] <= len(text)
        assert mention.since <= mention.until
        assert 1 <= len(mention_terms(mention)) <= MAX_DATE_TERMS
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
