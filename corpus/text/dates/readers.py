"""Matches of the patterns of dates → `Part`; None for what looks like a date and is none."""

import calendar
import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from corpus.text.dates.parts import Part
from corpus.text.dates.pieces import RANGE, UNITS, B, value_of, words_of
from corpus.text.dates.vocabulary import TABLES, lookup, split_words

RECENT_DAYS: Final = 14
"""How many days back 最近 reaches."""

_PARTS_OF_MONTH: Final = lookup("part_of_month")
_PARTS_OF_YEAR: Final = lookup("part_of_year")
_NAMED_DAYS: Final = lookup("named_day")
_DAY_OFFSETS: Final = {word: entry["offset"] for word, entry in lookup("day").items()}
_MONTH_OFFSETS: Final = {word: entry["offset"] for word, entry in lookup("month").items()}
_YEAR_OFFSETS: Final = {word: entry["offset"] for word, entry in lookup("year").items()}
_QUARTER_OFFSETS: Final = {word: entry["offset"] for word, entry in lookup("quarter").items()}
_WEEK_OFFSETS: Final = {word: entry["offset"] for word, entry in lookup("which_week").items()}
_WEEKDAYS: Final = {word: (entry["day"], entry.get("days", 1)) for word, entry in lookup("weekday").items()}
_COUNTS: Final = {word: entry["count"] for word, entry in lookup("count").items()}
_LENGTHS: Final = {word: entry["days"] for word, entry in lookup("length").items()}
_MONTHS: Final = [word[:3] for word in split_words(TABLES["month_name"]["words"])]
_NAMES_ALONE: Final = frozenset(split_words(TABLES["month_name"]["words"])) - {"march", "may"}
"""Names of months that are no other words."""


def _full_year(written: str, today: date) -> int:
    """Return a year; 22 is one of this century."""
    year = value_of(written)
    return year if len(written) > 2 else today.year // 100 * 100 + year


def read_calendar(match: re.Match[str], today: date) -> Part | None:
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
        return today.year + int(_YEAR_OFFSETS[word])
    return _full_year(written, today) if written else None


def _checked(part: Part, *, is_sure: bool) -> Part | None:
    """Return a part whose day exists in some year; else an impossible one if it must be a date, or None."""
    month, day = part.month, part.day
    is_month = month is None or 1 <= month <= 12
    if is_month and (day is None or month is None or day < 0):
        return part if day is None or (-31 <= day <= 31 and day) else None
    if is_month and month is not None and day is not None:
        leap = 4 if part.year is None or not 1 <= part.year <= 9999 else part.year
        if 1 <= day <= calendar.monthrange(leap, month)[1]:
            return part
    return replace(part, is_impossible=True) if is_sure else None


def read_numeric(match: re.Match[str], today: date) -> Part | None:
    """Read 2022-09-26, 2022/9/26, 20220926, 2022-09."""
    groups = match.groupdict()
    part = Part(match.span(), int(match["year"]), int(match["month"]))
    if groups.get("day"):
        part = replace(part, day=int(match["day"]))
    return _checked(part, is_sure=groups.get("sign") in {"-", "/"})


def read_year_last(match: re.Match[str], today: date) -> Part | None:
    """Read 09/26/2022 and 26/9/2022; 9/10/2022 may mean either and is none."""
    first, second = int(match["first"]), int(match["second"])
    if first != second and first <= 12 and second <= 12:
        return None
    month, day = (second, first) if first > 12 else (first, second)
    return _checked(Part(match.span(), int(match["year"]), month, day), is_sure=False)


_LEADS: Final = re.compile(r"(?:^|[从自在于到至和与及、,。?!;(~–—]|\d ?-|\bon|\bsince|\bfrom|\bto)\s*$")
_BEHIND_HAN: Final = re.compile(r"[一-龥]\s+$")
_MEASURES: Final = re.compile(f"(?:{words_of('number_names')}):?{B}$")
_GOES_ON: Final = re.compile(f"{B}(?:$|{words_of('after_number')}|{RANGE}\\d)")
_HAN_APART: Final = re.compile(f" {{1,2}}(?!{UNITS})[一-龥]")
_CONTEXT: Final = 12
"""How many characters around a number say what it is."""


def read_month_and_day(match: re.Match[str], today: date) -> Part | None:
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


def read_day_of_month(match: re.Match[str], today: date) -> Part | None:
    """Read 26日 and 26号; 逐光二号 and 一号风球 are names."""
    before = match.string[match.start() - 1 : match.start()] if match.start() else ""
    is_name = match["suffix"].endswith("号") and not match["day"].isdecimal()
    if is_name and before.isalnum() and before not in _NAMELESS:
        return None
    if is_name and len(match["day"]) == 1 and not _GOES_ON.match(match.string, match.end()):
        return None  # 一号风球
    day = value_of(match["day"])
    return Part(match.span(), day=day) if 1 <= day <= 31 else None


def read_number_before_unit(match: re.Match[str], today: date) -> Part | None:
    """Read 8 in 8到9月, 25 in 25、26日, 2021 in 2021到2022年."""
    number, unit = match["part"], match["unit"]
    value, span = value_of(number), match.span("part")
    if unit == "年":
        return Part(span, value, is_number=True) if 1900 <= value < 2100 else None
    if unit == "月":
        return Part(span, month=value, is_number=True) if 1 <= value <= 12 else None
    return Part(span, day=value, is_number=True) if 1 <= value <= 31 else None


def read_number_behind_day(match: re.Match[str], today: date) -> Part | None:
    """Read 26 in 9月20日-26."""
    day = value_of(match["part"])
    return Part(match.span("part"), day=day, is_number=True) if 1 <= day <= 31 else None


_DAY_LEADS: Final = re.compile(
    r"(?:^|[^a-z\s]|\b(?:on|the|from|to|and|until|since|before|after|in|of|between))\s*$"
)


def read_english(match: re.Match[str], today: date) -> Part | None:
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
    return _checked(replace(part, span=(start, match.end())), is_sure=year is not None)


def read_relative_day(match: re.Match[str], today: date) -> Part | None:
    """Read 昨天."""
    day = today + timedelta(days=_DAY_OFFSETS[match["word"]])
    return Part(match.span(), fixed=(day, day), relative=True)


def read_quarter(match: re.Match[str], today: date) -> Part | None:
    """Read 本季度, 上季度."""
    quarters = today.year * 4 + (today.month - 1) // 3 + int(_QUARTER_OFFSETS[match["word"]])
    first = quarters % 4 * 3 + 1
    return Part(match.span(), quarters // 4, first, last_month=first + 2, relative=True)


def read_part_of_this_month(match: re.Match[str], today: date) -> Part | None:
    """Read 月初, 月底: of this month, or of the one before where it has not come yet."""
    entry = _PARTS_OF_MONTH[match["part_of_month"]]
    months = today.year * 12 + today.month - 1 - (entry["first"] > today.day)
    year, month = months // 12, months % 12 + 1
    return Part(match.span(), year, month, entry["first"], last_day=entry["last"], relative=True)


def read_recent(match: re.Match[str], today: date) -> Part | None:
    """Read 最近: no particular days."""
    days = (today - timedelta(days=RECENT_DAYS), today)
    return Part(match.span(), fixed=days, relative=True, recent=True)


def _days_in(match: re.Match[str]) -> int:
    """Return how many days a count of weeks or months has; 0 for a run of numerals that is no number."""
    return int(_count(match["count"]) * _LENGTHS[match["length"]])


def _count(written: str) -> float:
    return _COUNTS.get(written) or value_of(written)


def read_lately(match: re.Match[str], today: date) -> Part | None:
    """Read 最近三天, 近一周, 过去两个月, 近半年: the days up to today."""
    days = _days_in(match)
    if not days:
        return None
    return Part(match.span(), fixed=(today - timedelta(days=days - 1), today), relative=True)


def read_days_before(match: re.Match[str], today: date) -> Part | None:
    """Read 前三天: the days up to yesterday."""
    days = _days_in(match)
    if days < 2:
        return None
    return Part(match.span(), fixed=(today - timedelta(days=days), today - timedelta(days=1)), relative=True)


def read_ago(match: re.Match[str], today: date) -> Part | None:
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


def read_week(match: re.Match[str], today: date) -> Part | None:
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


def read_weekday(match: re.Match[str], today: date) -> Part | None:
    """Read 周五: the last one. It may mean every week (夜市周五开到几点)."""
    first, length = _WEEKDAYS[match["weekday"]]
    start = today + timedelta(days=first - today.weekday())
    if start > today:
        start -= timedelta(days=7)
    return Part(match.span(), fixed=(start, start + timedelta(days=length - 1)), is_weekday=True)
