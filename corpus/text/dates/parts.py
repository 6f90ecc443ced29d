"""One date at a time: 2022年9月26日, 9/26, 二〇二二年九月, Sep 26 2022, 三季度, 昨天, 上周三, 近一周.

A `Part` keeps what is said and what is left open, so that a neighbour can complete it (26日 in 9月25日、26日).
"""

import calendar
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, NamedTuple

from corpus.models import Span
from corpus.text.dates.vocabulary import AT_END, TABLES, any_of, any_word, lookup, split_words
from corpus.text.numbers import DIGITS, parse_numeral

RECENT_DAYS: Final = 14
"""How many days back 最近 reaches."""

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


# What patterns are made of.

B: Final = " {0,2}"
"""Blanks inside a date."""

_HAN_DIGITS: Final = "〇○零一二三四五六七八九"
_HAN_NUMERALS: Final = "一二三四五六七八九十"
NUMBER: Final = f"(?:\\d{{1,2}}|[{_HAN_NUMERALS}]{{1,3}})"
"""A month or a day."""

_NOT_INSIDE_NUMBER: Final = f"(?<![\\d.{_HAN_NUMERALS}第])"
_ENDS_NUMBER: Final = f"(?![\\d{_HAN_NUMERALS}])"


def _words(name: str, key: str = "words") -> str:
    return any_of(split_words(TABLES[name][key]))


_UNITS: Final = _words("number_units")
_BARE_DAY: Final = f"{_ENDS_NUMBER}(?!\\.\\d|{B}(?:{_UNITS}))"
_DAY: Final = f"(?P<day>{NUMBER})(?P<suffix>{B}[日号])"
_DAY_ALONE: Final = f"(?P<bare_day>\\d{{1,2}}|[{_HAN_NUMERALS}]{{2,3}}){_BARE_DAY}"
"""26 in 9月26: one Chinese numeral alone is a piece of something else (3月三峡)."""

_MONTH: Final = f"(?P<month>{NUMBER}){B}月份?"
_PART_OF_MONTH: Final = any_word("part_of_month")
_AFTER_MONTH: Final = f"(?:{B}的?{B}(?:{_DAY}|(?P<part_of_month>{_PART_OF_MONTH}))|{B}{_DAY_ALONE})?"
_ALONE: Final = any_word("part_of_year", only="alone")
_NAMED_DAY: Final = any_word("named_day")
_YEARS: Final = any_word("year")
_SHORT_YEAR: Final = f"(?={B}年{B}{NUMBER}{B}月)"
_YEAR: Final = (
    f"(?:(?<![\\d.])(?P<year>\\d{{4}}|\\d{{2}}{_SHORT_YEAR}|(?<![{_HAN_DIGITS}])[{_HAN_DIGITS}]{{4}}"
    f"|(?<![{_HAN_DIGITS}])[{_HAN_DIGITS}]{{2}}{_SHORT_YEAR}){B}年(?!年)|(?P<year_word>{_YEARS}))"
)
_WEEK: Final = _words("week")
_WEEKDAY: Final = "[" + "".join(word for word in lookup("weekday")) + "]"
_ENGLISH_WEEKDAY: Final = f"(?<![a-z])(?:{_words('english_weekday')})"
_MONTH_NAME: Final = any_of(split_words(f"{TABLES['month_name']['words']} {TABLES['month_name']['short']}"))
_ORDINAL: Final = "(?:st|nd|rd|th)?(?![\\da-z])"
_DASH: Final = "(?:-|–|—|~|to)"
_COUNT: Final = f"(?P<count>\\d{{1,3}}|[{_HAN_NUMERALS}]{{1,3}}|{any_word('count')})"
_LENGTH: Final = f"(?P<length>{any_word('length')})(?![均线轻龄纪级])"
RANGE: Final = f"{B}(?:{_words('range')}){B}"
LIST: Final = f"{B}(?:{_words('list')}){B}"
_NOT_DAY_AFTER: Final = f"(?!{_words('not_day_after')})"
_MONTH_END: Final = f"(?!{_words('not_month_after')})"

WEEKDAY_AFTER: Final = re.compile(
    f"{B}[(,]?{B}(?:(?:{_WEEK})[一二三四五六日天](?![一二三四五六日天])|{_ENGLISH_WEEKDAY}){B}\\)?"
)
"""A day of the week behind a date: 9月26日（星期一）."""

WEEKDAY_BEFORE: Final = re.compile(f"(?:(?:{_WEEK})[一二三四五六日天]|{_ENGLISH_WEEKDAY}){B},?{B}$")
"""A day of the week before a date: Monday, September 26."""

_PARTS_OF_MONTH: Final = lookup("part_of_month")
_PARTS_OF_YEAR: Final = lookup("part_of_year")
_NAMED_DAYS: Final = lookup("named_day")
_DAY_OFFSETS: Final = {word: entry["offset"] for word, entry in lookup("day").items()}
_MONTH_OFFSETS: Final = {word: entry["offset"] for word, entry in lookup("month").items()}
_YEAR_OFFSETS: Final = {word: entry["offset"] for word, entry in lookup("year").items()}
_WEEK_OFFSETS: Final = {word: entry["offset"] for word, entry in lookup("which_week").items()}
_WEEKDAYS: Final = {word: (entry["day"], entry.get("days", 1)) for word, entry in lookup("weekday").items()}
_COUNTS: Final = {word: entry["count"] for word, entry in lookup("count").items()}
_LENGTHS: Final = {word: entry["days"] for word, entry in lookup("length").items()}
_MONTHS: Final = [word[:3] for word in split_words(TABLES["month_name"]["words"])]
_NAMES_ALONE: Final = frozenset(split_words(TABLES["month_name"]["words"])) - {"march", "may"}
"""Names of months that are no other words."""


def value_of(written: str) -> int:
    """Return the value of 26, 二十六 or 二〇二二; 0 for a run of numerals that is no number.

    >>> value_of("26"), value_of("二十六"), value_of("二〇二二"), value_of("十十")
    (26, 26, 2022, 0)
    """
    if written.isdecimal():
        return int(written)
    if len(written) in {2, 4} and "十" not in written:
        return int("".join(str(DIGITS.get(digit, 0)) for digit in written))
    return parse_numeral(written) or 0


def _full_year(written: str, today: date) -> int:
    """Return a year; 22 is one of this century."""
    year = value_of(written)
    return year if len(written) > 2 else today.year // 100 * 100 + year


# Readers of the patterns. None: it looks like a date and is none.


def _calendar(match: re.Match[str], today: date) -> Part | None:
    """Read 2022年9月26日, 去年9月底, 9月26日, 2022年上半年, 本月26日."""
    groups = match.groupdict()
    year = _year_said(groups, today)
    part = Part(match.span(), year, relative=bool(groups.get("year_word") or groups.get("month_word")))
    if groups.get("month_word"):
        months = today.year * 12 + today.month - 1 + _MONTH_OFFSETS[groups["month_word"]]
        part = replace(part, year=months // 12, month=months % 12 + 1)
    elif groups.get("month"):
        part = replace(part, month=value_of(groups["month"]))
    if groups.get("month_sign"):
        return _checked(
            replace(part, month=int(match["month_sign"]), day=int(match["day_sign"])), is_sure=False
        )
    if groups.get("same_day") and year is not None:
        return replace(part, month=today.month, day=min(today.day, calendar.monthrange(year, today.month)[1]))
    if groups.get("part_of_year"):
        entry = _PARTS_OF_YEAR[groups["part_of_year"].strip()]
        return replace(part, month=entry["first"], last_month=entry["last"])
    if groups.get("named_day"):
        named = _NAMED_DAYS[groups["named_day"]]
        return replace(part, month=named["month"], day=named["day"])
    if groups.get("part_of_month"):
        entry = _PARTS_OF_MONTH[groups["part_of_month"]]
        return _checked(replace(part, day=entry["first"], last_day=entry["last"]), is_sure=False)
    if groups.get("bare_day"):
        return _checked(replace(part, day=value_of(groups["bare_day"])), is_sure=False)
    if groups.get("day"):
        is_sure = (groups.get("month") or "0").isdecimal()
        return _checked(replace(part, day=value_of(groups["day"])), is_sure=is_sure)
    if part.month is None and groups.get("year") and not 1900 <= (year or 0) < 2100:
        return None
    return _checked(part, is_sure=groups.get("year") is not None)


def _year_said(groups: dict[str, str | None], today: date) -> int | None:
    word, written = groups.get("year_word"), groups.get("year")
    if word:
        return today.year + _YEAR_OFFSETS[word]
    return _full_year(written, today) if written else None


def _checked(part: Part, *, is_sure: bool) -> Part | None:
    """Return a part whose day exists in some year; else an impossible one if it must be a date, or None."""
    month, day = part.month, part.day
    is_month = month is None or 1 <= month <= 12
    if is_month and (day is None or month is None or day < 0):
        return part if day is None or -31 <= day <= 31 and day else None
    if is_month and month is not None and day is not None:
        leap = 4 if part.year is None or not 1 <= part.year <= 9999 else part.year
        if 1 <= day <= calendar.monthrange(leap, month)[1]:
            return part
    return replace(part, is_impossible=True) if is_sure else None


def _numeric(match: re.Match[str], today: date) -> Part | None:
    """Read 2022-09-26, 2022/9/26, 20220926, 2022-09."""
    groups = match.groupdict()
    part = Part(match.span(), int(match["year"]), int(match["month"]))
    if groups.get("day"):
        part = replace(part, day=int(match["day"]))
    return _checked(part, is_sure=groups.get("sign") in {"-", "/"})


_LEADS: Final = re.compile(r"(?:^|[从自在于到至和与及、,。?!;(~–—]|\d ?-|\bon|\bsince|\bfrom|\bto)\s*$")
_BEHIND_HAN: Final = re.compile(r"[一-龥]\s+$")
_MEASURES: Final = re.compile(f"(?:{_words('number_names')}):?{B}$")
_GOES_ON: Final = re.compile(f"{B}(?:$|{_words('after_number')}|{RANGE}\\d)")
_HAN_APART: Final = re.compile(f" {{1,2}}(?!{_UNITS})[一-龥]")
_CONTEXT: Final = 12
"""How many characters around a number say what it is."""


def _month_and_day(match: re.Match[str], today: date) -> Part | None:
    """Read 9/26 and 9.26, where the words around make it a date and no version, price or fraction."""
    month, day = int(match["month"]), int(match["day"])
    before = match.string[max(0, match.start() - _CONTEXT) : match.start()]
    leads = _LEADS.search(before) is not None
    goes_on = _GOES_ON.match(match.string, match.end()) is not None
    is_short = len(match["day"]) == 1
    if is_short and (not leads or not goes_on or (match["sign"] == "/" and month <= day)):
        return None
    if _MEASURES.search(before) or not (leads or _BEHIND_HAN.search(before)):
        return None
    if not (goes_on or (not is_short and _HAN_APART.match(match.string, match.end()))):
        return None
    return _checked(Part(match.span(), month=month, day=day), is_sure=False)


_NAMELESS: Final = frozenset("在于从自到至和与及、的是月天日号后前了期一")
"""Characters before 26号 that are not the end of a name, unlike 逐 光 in 逐光二号."""


def _day_of_month(match: re.Match[str], today: date) -> Part | None:
    """Read 26日 and 26号; 逐光二号 is a name."""
    before = match.string[match.start() - 1 : match.start()] if match.start() else ""
    is_name = match["suffix"].endswith("号") and not match["day"].isdecimal()
    if is_name and before.isalnum() and before not in _NAMELESS:
        return None
    day = value_of(match["day"])
    return Part(match.span(), day=day) if 1 <= day <= 31 else None


def _number_before_unit(match: re.Match[str], today: date) -> Part | None:
    """Read 8 in 8到9月, 25 in 25、26日, 2021 in 2021到2022年."""
    number, unit = match["part"], match["unit"]
    value, span = value_of(number), match.span("part")
    if unit == "年":
        return Part(span, value, is_number=True) if 1900 <= value < 2100 else None
    if unit == "月":
        return Part(span, month=value, is_number=True) if 1 <= value <= 12 else None
    return Part(span, day=value, is_number=True) if 1 <= value <= 31 else None


def _number_behind_day(match: re.Match[str], today: date) -> Part | None:
    """Read 26 in 9月20日-26."""
    day = value_of(match["part"])
    return Part(match.span("part"), day=day, is_number=True) if 1 <= day <= 31 else None


_DAY_LEADS: Final = re.compile(r"(?:^|[^a-z\s]|\b(?:on|the|from|to|and|until|since|before|after|in|of|between))\s*$")


def _english(match: re.Match[str], today: date) -> Part | None:
    """Read Sep 26 2022, 26 September 2022, September 20-26, September."""
    year = int(match["year"]) if match["year"] else None
    part = Part(match.span(), year, _MONTHS.index(match["name"][:3]) + 1)
    before = match.string[max(0, match.start() - _CONTEXT) : match.start()]
    first, last, start = match["day_before"], match["last_before"], match.start()
    if first and not match["of"] and not first[-1:].isalpha() and not _DAY_LEADS.search(before):
        first, last, start = None, None, match.start("name")  # iPhone 14 September
    first, last = first or match["day_behind"], last or match["last_behind"]
    if first:
        day = int(first.rstrip("stndrh"))
        part = replace(part, day=day, last_day=int(last.rstrip("stndrh")) if last else None)
    elif not year and match["name"] not in _NAMES_ALONE:
        return None
    return _checked(replace(part, span=(start, match.end())), is_sure=False)


def _relative_day(match: re.Match[str], today: date) -> Part | None:
    day = today + timedelta(days=_DAY_OFFSETS[match["word"]])
    return Part(match.span(), fixed=(day, day), relative=True)


def _recent(match: re.Match[str], today: date) -> Part | None:
    """Read 最近: no particular days."""
    days = (today - timedelta(days=RECENT_DAYS), today)
    return Part(match.span(), fixed=days, relative=True, recent=True)


def _days_in(match: re.Match[str]) -> int:
    """Return how many days a count of weeks or months has; 0 for a run of numerals that is no number."""
    return int(_count(match["count"]) * _LENGTHS[match["length"]])


def _count(written: str) -> float:
    return _COUNTS.get(written) or value_of(written)


def _lately(match: re.Match[str], today: date) -> Part | None:
    """Read 最近三天, 近一周, 过去两个月, 近半年: the days up to today."""
    days = _days_in(match)
    if not days:
        return None
    return Part(match.span(), fixed=(today - timedelta(days=days - 1), today), relative=True)


def _days_before(match: re.Match[str], today: date) -> Part | None:
    """Read 前三天: the days up to yesterday."""
    days = _days_in(match)
    if days < 2:
        return None
    return Part(match.span(), fixed=(today - timedelta(days=days), today - timedelta(days=1)), relative=True)


def _ago(match: re.Match[str], today: date) -> Part | None:
    """Read 三天前, 两周前, 三个月前, 5年前: that day, week, month or year."""
    count, length = int(_count(match["count"])), _LENGTHS[match["length"]]
    if not count:
        return None  # 半年前 is no month in particular
    if length < 30:
        day = today - timedelta(days=count * length)
        first = day if length == 1 else day - timedelta(days=day.weekday())
        return Part(match.span(), fixed=(first, first + timedelta(days=length - 1)), relative=True)
    if length == 30:
        months = today.year * 12 + today.month - 1 - count
        return Part(match.span(), months // 12, months % 12 + 1, relative=True)
    return Part(match.span(), today.year - count, relative=True)


def _week(match: re.Match[str], today: date) -> Part | None:
    """Read 上周, 上周三, 周末: a week, or days of one."""
    which, weekday = match["which"], match["weekday"]
    monday = today + timedelta(days=7 * _WEEK_OFFSETS[which] - today.weekday())
    if not weekday:
        return Part(match.span(), fixed=(monday, monday + timedelta(days=6)), relative=True)
    first, length = _WEEKDAYS.get(weekday) or (_english_weekday(weekday), 1)
    start = monday + timedelta(days=first)
    return Part(match.span(), fixed=(start, start + timedelta(days=length - 1)), relative=True)


def _english_weekday(name: str) -> int:
    return [day[:3] for day in split_words(TABLES["english_weekday"]["words"])[:7]].index(name[:3])


def _weekday(match: re.Match[str], today: date) -> Part | None:
    """Read 周五: the last one. It may mean every week (夜市周五开到几点)."""
    first, length = _WEEKDAYS[match["weekday"]]
    start = today + timedelta(days=first - today.weekday())
    if start > today:
        start -= timedelta(days=7)
    return Part(match.span(), fixed=(start, start + timedelta(days=length - 1)), is_weekday=True)


_Read = Callable[[re.Match[str], date], Part | None]

_PATTERNS: Final[tuple[tuple[re.Pattern[str], _Read], ...]] = (
    (
        re.compile(
            r"(?<![\d.a-z/-])(?P<year>(?:19|20)\d\d)(?P<sign>[-/.])(?P<month>\d{1,2})[-/.](?P<day>\d{1,2})"
            r"(?![.\-/]?\d)[日号]?"
        ),
        _numeric,
    ),
    (
        re.compile(
            r"(?<![\da-z.])(?P<year>(?:19|20)\d\d)(?P<month>0[1-9]|1[0-2])(?P<day>0[1-9]|[12]\d|3[01])"
            rf"(?![\da-z]|\.\d|{B}(?:{_UNITS}))"
        ),
        _numeric,
    ),
    (
        re.compile(
            rf"{_YEAR}(?:{B}的?{B}(?:{_MONTH}{_AFTER_MONTH}|(?P<month_sign>\d{{1,2}})[./](?P<day_sign>\d{{1,2}})(?![\d.])|(?P<part_of_year>{any_word('part_of_year')})"
            rf"|(?P<named_day>{_NAMED_DAY})|(?P<same_day>今天|今日)))?"
        ),
        _calendar,
    ),
    (
        re.compile(
            rf"(?<![\d.])(?P<year>(?:19|20)\d\d){B}(?:(?P<part_of_year>{any_word('part_of_year')})"
            rf"|(?P<named_day>{_NAMED_DAY}))"
        ),
        _calendar,
    ),
    (re.compile(rf"(?<![a-z\d])(?P<part_of_year>q[1-4]),?{B}(?P<year>20\d\d)(?!\d)"), _calendar),
    (
        re.compile(rf"(?P<month_word>{any_word('month')}){_AFTER_MONTH}"),
        _calendar,
    ),
    (
        re.compile(
            r"(?<![\d.a-z/-])(?P<year>(?:19|20)\d\d)[-/](?P<month>0[1-9]|1[0-2]|[1-9])"
            rf"(?![\d./a-z-]|{B}(?:赛季|学年|财年|年|{_UNITS}))"
        ),
        _numeric,
    ),
    (
        re.compile(
            rf"(?<![a-z\d])(?:(?P<day_before>\d{{1,2}}(?:st|nd|rd|th)?)(?:{B}{_DASH}{B}(?P<last_before>\d{{1,2}})"
            rf"{_ORDINAL})?{B}(?P<of>of )?)?(?P<name>{_MONTH_NAME})\.?(?:{B}(?:the )?"
            rf"(?P<day_behind>\d{{1,2}}(?:st|nd|rd|th)?)(?![\da-z])(?:{B}{_DASH}{B}(?P<last_behind>\d{{1,2}})"
            rf"{_ORDINAL})?)?(?:,?{B}(?:of )?(?P<year>(?:19|20)\d\d)(?!\d))?"
        ),
        _english,
    ),
    (
        re.compile(rf"{_NOT_INSIDE_NUMBER}(?<!个){_MONTH}{_MONTH_END}{_AFTER_MONTH}"),
        _calendar,
    ),
    (
        re.compile(
            rf"{_NOT_INSIDE_NUMBER}(?P<part>(?:19|20)\d\d|{NUMBER})"
            rf"(?=(?:(?:{RANGE}|{LIST})(?:\d{{4}}|{NUMBER})){{1,4}}{B}(?P<unit>[年月日号]){_NOT_DAY_AFTER})"
        ),
        _number_before_unit,
    ),
    (
        re.compile(rf"(?<![\d.])(?P<year>(?:19|20)\d\d)(?![\d.年]|{_words('not_year_after')})"),
        _calendar,
    ),
    (
        re.compile(
            r"(?<![\d./a-z$¥€£])(?P<month>1[0-2]|0?[1-9])(?P<sign>[./])(?P<day>[12]\d|3[01]|0?[1-9])(?![\d./%a-z])[日号]?"
        ),
        _month_and_day,
    ),
    (
        re.compile(rf"{_NOT_INSIDE_NUMBER}(?P<day>{NUMBER})(?P<suffix>{B}[日号]){_NOT_DAY_AFTER}"),
        _day_of_month,
    ),
    (
        re.compile(rf"(?<=[日号]){RANGE}(?P<part>{NUMBER}){_ENDS_NUMBER}{AT_END}"),
        _number_behind_day,
    ),
    (
        re.compile(rf"(?:{_words('reaching_back')}){B}这?{B}{_COUNT}{B}{_LENGTH}(?:以?来)?"),
        _lately,
    ),
    (
        re.compile(rf"(?<![一-龥\d])前{B}{_COUNT}{B}(?P<length>(?!年){any_word('length')}){AT_END}"),
        _days_before,
    ),
    (
        re.compile(
            rf"(?:(?<![{_HAN_NUMERALS}几数多\d第.])(?:(?<![一-龥])|(?<=[在于从自到的和])){_COUNT}{B}(?P<length>{any_word('length')})(?:{B}(?:之前|以前|前)(?![后年台锋往提])| ago))"
        ),
        _ago,
    ),
    (re.compile(rf"(?P<word>{any_word('day')})(?:{_words('part_of_day')})?"), _relative_day),
    (
        re.compile(
            r"最近几?天?|近几[天日周]|[这前][几两][天日]|近[日来期](?:来)?|(?<!目)日前|近[些几]?年来?|(?<![a-z])(?:recently|lately|these days)(?![a-z])"
        ),
        _recent,
    ),
    (
        re.compile(
            rf"(?P<which>{any_word('which_week')}){B}(?:(?:{_WEEK})(?:(?P<weekday>{_WEEKDAY})|(?![期边年岁刊围口]))|week(?![a-z]))"
        ),
        _week,
    ),
    (
        re.compile(rf"(?<![a-z])(?P<which>last|this) (?P<weekday>{_ENGLISH_WEEKDAY})"),
        _week,
    ),
    (
        re.compile(rf"(?<![每个第各隔周下])(?:{_WEEK})(?P<weekday>{_WEEKDAY})(?![周年])"),
        _weekday,
    ),
    (
        re.compile(rf"(?P<part_of_year>{_ALONE})"),
        _calendar,
    ),
    (
        re.compile(rf"(?P<named_day>{_NAMED_DAY})(?={B}(?:{_words('pointing')}))"),
        _calendar,
    ),
)


def find_parts(folded: str, today: date) -> Iterator[Part]:
    """Find dates in a folded text, in reading order and without overlaps."""
    taken = bytearray(len(folded))
    found: list[Part] = []
    for pattern, read in _PATTERNS:
        for match in pattern.finditer(folded):
            start, end = match.span("part") if "part" in pattern.groupindex else match.span()
            if any(taken[start:end]):
                continue
            taken[start:end] = b"\1" * (end - start)  # 二月三十一日 is no date, nor is the 三十一日 in it
            try:
                part = read(match, today)
            except (ValueError, OverflowError):  # outside of the calendar
                continue
            if part is not None:
                found.append(part)
    yield from sorted(found, key=lambda part: part.span)
