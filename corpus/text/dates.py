"""Dates in a question: 昨天, 上周三, 9月26号, 2022年9月, last week, 2021-12-01."""

import calendar
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from corpus.models import Span
from corpus.text.numbers import DIGITS

MAX_DATE_TERMS = 31
"""Most terms of one date: up to so many days are searched one by one, longer periods by month or year."""

RECENT_DAYS = 14
"""How many days back 最近 reaches."""


@dataclass(frozen=True, slots=True)
class DateMention:
    """A mention of a day, a month, a year or a period in a question.

    Attributes:
        span: Where it stands in the folded question.
        since: First day meant.
        until: Last day meant.
        any_year: Whether the year is left open. Then the same days of every year are meant, and `since` and
            `until` are those of the current year.
        any_month: Whether even the month is left open (26号).
        relative: Whether the days are counted from today (昨天, 上周, 去年3月). No article of those days
            contains these words.
        recent: Whether no particular days are meant (最近).
    """

    span: Span
    since: date
    until: date
    any_year: bool = False
    any_month: bool = False
    relative: bool = False
    recent: bool = False


_NUMBER = "[0-9]{1,2}|[一二三四五六七八九十]{1,3}"
_WEEKDAYS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6, "末": 5}
_MONTHS = [*("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")]


def _number(text: str) -> int:
    """Return the value of 26 or 二十六; 0 for a run of numerals that is no number."""
    if text.isdecimal():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    if not ten:
        return DIGITS.get(text, 0) if len(text) == 1 else 0
    return (DIGITS.get(tens, 0) if tens else 1) * 10 + (DIGITS.get(ones, 0) if ones else 0)


_MakeMention = Callable[[Span], DateMention]
"""Makes a mention of certain days, once its place is known."""


def _days(since: date, until: date | None = None, /, **flags: bool) -> _MakeMention:
    return lambda span: DateMention(span, since, until or since, **flags)


def _month(year: int, month: int, **flags: bool) -> _MakeMention | None:
    if not (1 <= month <= 12 and 1 <= year <= 9999):
        return None
    return _days(date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]), **flags)


def _day(year: int, month: int, day: int, **flags: bool) -> _MakeMention | None:
    try:
        return _days(date(year, month, day), **flags)
    except ValueError:
        return None


def _day_of_month(today: date, day: int) -> _MakeMention | None:
    """Return the latest such day of a month that is not in the future."""
    year, month = today.year, today.month
    for _ in range(12):
        try:
            found = date(year, month, day)
        except ValueError:
            found = None
        if found is not None and found <= today:
            return _days(found, any_year=True, any_month=True)
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    return None


def _year(text: str, today: date) -> int:
    """Return a year; 22 is one of this century."""
    year = int(text)
    return year if year >= 100 else today.year // 100 * 100 + year


_DAY_OFFSETS = {
    **dict.fromkeys(("今天", "今日", "今早", "今晨", "今晚", "今夜", "today"), 0),
    **dict.fromkeys(("昨天", "昨日", "昨早", "昨晚", "昨夜", "yesterday"), -1),
    **dict.fromkeys(("前天", "前日", "前晚"), -2),
    "大前天": -3,
    **dict.fromkeys(("明天", "明日", "明早", "明晚", "tomorrow"), 1),
    **dict.fromkeys(("后天", "后日"), 2),
}
_YEAR_OFFSETS = {"今年": 0, "去年": -1, "前年": -2, "this year": 0, "last year": -1}
_MONTH_OFFSETS = {"本月": 0, "这个月": 0, "上个月": -1, "上月": -1, "this month": 0, "last month": -1}
_PART_OF_DAY = "早上|早晨|上午|中午|下午|傍晚|晚上|夜里|夜间|凌晨"


def _relative(match: re.Match[str], today: date) -> _MakeMention | None:
    """Read 昨天, 去年, 上个月: a day, year or month counted from today."""
    word = match["word"]
    if word in _DAY_OFFSETS:
        return _days(today + timedelta(days=_DAY_OFFSETS[word]), relative=True)
    if word in _YEAR_OFFSETS:
        year = today.year + _YEAR_OFFSETS[word]
        return _days(date(year, 1, 1), date(year, 12, 31), relative=True)
    first = today.replace(day=1)
    if _MONTH_OFFSETS[word]:
        first = (first - timedelta(days=1)).replace(day=1)
    return _month(first.year, first.month, relative=True)


def _recent(_: re.Match[str], today: date) -> _MakeMention | None:
    """Read 最近: no particular days."""
    return _days(today - timedelta(days=RECENT_DAYS), today, relative=True, recent=True)


def _lately(match: re.Match[str], today: date) -> _MakeMention | None:
    """Read 最近三天, 近一周, 过去两个月: the days up to today."""
    count = _number(match["n"].replace("两", "二"))
    if not count:
        return None
    days = {"天": 1, "日": 1, "周": 7, "星期": 7, "礼拜": 7, "月": 30, "年": 365}[match["unit"]]
    return _days(today - timedelta(days=count * days - 1), today, relative=True)


def _week(match: re.Match[str], today: date) -> _MakeMention | None:
    """Read 上周, 上周三, 周末: a week, or days of one."""
    which, weekday = match["week"], match["weekday"]
    back = {"上上": 2, "上": 1}.get(which.rstrip("个"), 0) if which else 0
    if which == "last":
        back = 1
    monday = today - timedelta(days=today.weekday() + 7 * back)
    if not weekday:
        return _days(monday, monday + timedelta(days=6), relative=True)
    start = monday + timedelta(days=_WEEKDAYS[weekday])
    if not which and start > today:  # a bare 周五 on a Wednesday is the past one
        start -= timedelta(days=7)
    # A bare 周五 may mean every week: 夜市周五开到几点.
    return _days(start, start + timedelta(days=1 if weekday == "末" else 0), relative=bool(which))


def _english(match: re.Match[str], today: date) -> _MakeMention | None:
    """Read 26 September 2022, September 2022, September."""
    month = _MONTHS.index(match["name"][:3]) + 1
    year = int(match["y"]) if match["y"] else today.year
    day = match["d1"] or match["d2"]
    if day:
        return _day(year, month, int(day), any_year=not match["y"])
    return _month(year, month, any_year=not match["y"])


_Reader = Callable[[re.Match[str], date], _MakeMention | None]
"""Reads the match of a pattern; None if it is no date."""

_RULES: tuple[tuple[re.Pattern[str], _Reader], ...] = (
    (
        re.compile(r"(?<!\d)(?P<y>\d{4}|\d{2}(?=年))[-年/.](?P<m>\d{1,2})[-月/.](?P<d>\d{1,2})(?!\d)[日号]?"),
        lambda match, today: _day(_year(match["y"], today), int(match["m"]), int(match["d"])),
    ),
    (
        re.compile(r"(?<!\d)(?P<y>\d{4}|\d{2})年(?P<m>\d{1,2}|[一二三四五六七八九十]{1,2})月(?:份)?(?!\d)"),
        lambda match, today: _month(_year(match["y"], today), _number(match["m"])),
    ),
    (
        re.compile(r"(?P<when>去年|前年|今年)(?P<m>\d{1,2}|[一二三四五六七八九十]{1,2})月份?"),
        lambda match, today: _month(
            today.year + _YEAR_OFFSETS[match["when"]], _number(match["m"]), relative=True
        ),
    ),
    (
        re.compile(
            r"\b(?:(?P<d1>\d{1,2})(?:st|nd|rd|th)? (?:of )?)?"
            r"(?P<name>january|february|march|april|may(?= \d)|june|july|august|"
            r"september|october|november|december)"
            r"(?: (?P<d2>\d{1,2})(?:st|nd|rd|th)?(?!\d))?(?:,? (?P<y>\d{4}))?\b"
        ),
        _english,
    ),
    (
        re.compile(r"(?<!\d)(?P<y>(?:19|20)\d{2})年?(?![\d.个万亿元年])"),
        lambda match, _: _days(date(int(match["y"]), 1, 1), date(int(match["y"]), 12, 31)),
    ),
    (
        re.compile(rf"(?<![\d一二三四五六七八九十])(?P<m>{_NUMBER})月(?P<d>{_NUMBER})[日号]?"),
        lambda match, today: _day(today.year, _number(match["m"]), _number(match["d"]), any_year=True),
    ),
    (
        re.compile(
            r"(?<![\d一二三四五六七八九十个])(?P<m>1[0-2]|[1-9]|十[一二]?|[一二三四五六七八九])月份?(?![\d一二三四五六七八九十])"
        ),
        lambda match, today: _month(today.year, _number(match["m"]), any_year=True),
    ),
    (
        re.compile(rf"(?<![\d一二三四五六七八九十第])(?P<d>{_NUMBER})[日号](?![线楼门院店本元])"),
        lambda match, today: _day_of_month(today, _number(match["d"])),
    ),
    (
        re.compile(
            rf"(?:最近|过去|近)这?(?P<n>{_NUMBER}|两)(?:个(?=[月星礼]))?(?P<unit>天|日|周|星期|礼拜|月|年)"
        ),
        _lately,
    ),
    (
        re.compile(
            rf"(?P<word>大前天|[今昨前明后][天日]|[今昨明]早|今晨|[今昨]夜|[今昨前明]晚)(?:{_PART_OF_DAY})?"
        ),
        _relative,
    ),
    (
        re.compile(
            r"最近几?天?|近几[天日周]|[这前][几两][天日]|近[日来期](?:来)?|(?<!目)日前|近[些几]?年来?"
        ),
        _recent,
    ),
    (re.compile(r"(?P<word>[今去前]年|本月|这个月|上个?月)(?:初|底|末|以来)?"), _relative),
    (
        re.compile(r"(?P<week>上上个?|上个?|这个?|本)(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天末])?"),
        _week,
    ),
    (
        re.compile(
            r"(?<![每个第各隔周])(?P<week>)(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天末])(?![周年])"
        ),
        _week,
    ),
    (re.compile(r"\b(?P<word>today|yesterday|tomorrow|(?:this|last) (?:month|year))\b"), _relative),
    (re.compile(r"\b(?:recently|lately|these days)\b"), _recent),
    (re.compile(r"\b(?P<week>this|last) week(?P<weekday>)\b"), _week),
)


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
    if mention.any_month:
        return [f"@--{since:%d}"]
    if mention.any_year:
        return [f"@-{since:%m-%d}"] if since == until else [f"@-{since:%m}"]
    if (since.month, since.day, until.month, until.day) == (1, 1, 12, 31):
        return [f"@{since:%Y}"]
    if since.day == 1 and until == since.replace(day=calendar.monthrange(since.year, since.month)[1]):
        return [f"@{since:%Y-%m}"]
    if (until - since).days < MAX_DATE_TERMS:
        return [f"@{since + timedelta(days=n):%Y-%m-%d}" for n in range((until - since).days + 1)]
    if until.year - since.year < 2:
        first, last = since.year * 12 + since.month - 1, until.year * 12 + until.month - 1
        return [f"@{month // 12:04}-{month % 12 + 1:02}" for month in range(first, last + 1)]
    return [f"@{year:04}" for year in range(max(since.year, until.year - MAX_DATE_TERMS + 1), until.year + 1)]


def find_dates(folded: str, today: date) -> Iterator[DateMention]:
    """Find the dates in a folded question, in reading order and without overlaps.

    >>> [(m.since.isoformat(), m.until.isoformat()) for m in find_dates("上周财经", date(2022, 9, 28))]
    [('2022-09-19', '2022-09-25')]
    """
    taken: list[Span] = []
    mentions: list[DateMention] = []
    for pattern, read in _RULES:
        for match in pattern.finditer(folded):
            if any(match.start() < end and start < match.end() for start, end in taken):
                continue
            taken.append(match.span())  # 二月三十一日 is no date, nor is the 三十一日 in it
            try:
                make = read(match, today)
            except (ValueError, OverflowError):  # outside of the calendar
                continue
            if make is not None:
                mentions.append(make(match.span()))
    yield from sorted(mentions, key=lambda mention: mention.span)


def parse_day(text: str, today: date, *, last: bool = False) -> date | None:
    """Read the value of a date filter: a day, or the first (or last) day of a month, year or word.

    >>> parse_day("2021-12", date(2022, 1, 1), last=True)
    datetime.date(2021, 12, 31)
    """
    text = text.strip()
    match = re.fullmatch(r"(\d{4})[-/.](\d{1,2})", text)
    if match:
        text = f"{match[1]}年{match[2]}月"
    mentions = list(find_dates(text, today))
    if len(mentions) != 1 or mentions[0].span != (0, len(text)):
        return None
    return mentions[0].until if last else mentions[0].since
