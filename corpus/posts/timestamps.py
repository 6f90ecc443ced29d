"""Timestamps of posts and feeds, and the day that a file's name begins with.

    timestamp = [label] day [half of the day] [clock] [zone]       发布时间：2026年11月20日 晚上8:30 北京时间

Days in digits and in English are read here, since a clock or a zone may stand inside them (Java's
`Thu Nov 19 14:52:50 CST 2026`). Days that are written out go to `corpus.text.dates`.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from corpus.text.characters import HAN, single_spaced
from corpus.text.numbers import DIGITS, parse_numeral

MAX_TIMESTAMP_CHARS: Final = 200
"""Characters of a timestamp that are read."""

_MINUTES_EAST: Final[Mapping[str, int]] = {
    **dict.fromkeys(("z", "ut", "utc", "gmt", "wet"), 0),
    **dict.fromkeys(("bst", "west", "cet", "met"), 60),
    **dict.fromkeys(("cest", "mest", "eet"), 120),
    **dict.fromkeys(("eest", "msk"), 180),
    **dict.fromkeys(("cst", "hkt", "sgt", "myt", "awst", "bjt", "北京时间", "北京時間"), 480),
    **dict.fromkeys(("jst", "kst"), 540),
    "aest": 600,
    "aedt": 660,
    "nzst": 720,
    "nzdt": 780,
    "est": -300,
    "edt": -240,
    "cdt": -300,
    "mst": -420,
    "mdt": -360,
    "pst": -480,
    "pdt": -420,
}
"""Zones by their names. CST is China's: posts in Chinese mean that."""

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CHINESE_MONTHS: Final = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")
_CHINESE_MONTH: Final = re.compile(r"(?<= )(十[一二]?|[一二三四五六七八九])月(?= (?:\d{4}\b|\d{1,2} \d))")
"""A month in the forms of RFC 822 and Java, as programs write them under a Chinese locale."""

_MONTH_NAME: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_WEEKDAY: Final = (
    r"(?:[(（]?(?:(?:周|週|星期|礼拜|禮拜)[一二三四五六日天]"
    r"|(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\.?)[)）]?,?)"
)
_MORNING: Final = frozenset({"凌晨", "清晨", "早晨", "早上", "上午", "am", "a.m."})
_EVENING: Final = frozenset(
    {"下午", "午后", "午後", "傍晚", "晚上", "晚间", "晚間", "晚", "夜里", "夜裡", "深夜", "pm", "p.m."}
)
_NOON: Final = "中午"
_HALF: Final = "|".join(
    sorted(
        (re.escape(word) for word in {*_MORNING, *_EVENING, _NOON} if word[0] > "z"), key=len, reverse=True
    )
)
_CLOCK: Final = (
    rf"(?P<half>{_HALF})? ?(?P<hour>\d{{1,2}})"
    r"(?::(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?:[.,]\d{1,9})?)?"
    r"| ?[时時点點] ?(?:(?P<minutes>\d{1,2})分? ?(?:(?P<seconds>\d{1,2})秒)?|(?P<half_past>半))?)"
    r"(?: ?(?P<late>[ap]\.?m\.?))?"
)
_ZONE: Final = (
    r"(?:(?:UTC|GMT|Z)? ?(?P<offset>[+-](?:\d{2}:?\d{2}|\d{1,2}))(?: [A-Z]{2,5}| [+-]\d{2,4})?"
    r"|(?P<zone>[A-Z]{1,5}|北京时间|北京時間))"
)
_CLOCK_AND_ZONE: Final = rf"(?:(?:T| ?, ?| (?:at )?| ?(?=[{HAN}])|(?<=[日号號])){_CLOCK})?(?: ?{_ZONE})?"
_NUMERIC: Final = re.compile(
    r"(?P<year>\d{4})(?: ?年 ?|[-/.])(?P<month>\d{1,2})"
    r"(?: ?月 ?(?:(?P<cn_day>\d{1,2}) ?[日号號])?|[-/.](?P<day>\d{1,2})日?)?"
    rf"(?: ?{_WEEKDAY})?{_CLOCK_AND_ZONE}",
    re.I,
)
_COMPACT: Final = re.compile(
    r"(?P<year>(?:19|20)\d{2})(?P<month>\d{2})(?P<day>\d{2})"
    r"(?:T?(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?)?(?P<zone>Z)?"
    rf"|(?P<dated>(?:19|20)\d{{6}}){_CLOCK_AND_ZONE.replace('(?P<', '(?P<c_')}",
    re.I,
)
_ENGLISH: Final = re.compile(
    rf"(?:{_WEEKDAY} ?)?(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[ -](?P<month>{_MONTH_NAME})"
    rf"|(?P<first_month>{_MONTH_NAME}) (?P<second_day>\d{{1,2}})(?:st|nd|rd|th)?)"
    rf",?[ -](?P<year>\d{{4}}|\d{{2}}(?= \d{{1,2}}:)){_CLOCK_AND_ZONE}(?: {_WEEKDAY})?",
    re.I,
)
_UNIX: Final = re.compile(
    rf"{_WEEKDAY} (?P<month>{_MONTH_NAME}) (?P<day>\d{{1,2}}) {_CLOCK}(?: {_ZONE})? (?P<year>\d{{4}})", re.I
)
"""`date`, `ctime` and Java's `Date.toString`: the year stands last."""

_WRITTEN_OUT: Final = re.compile(rf"(?P<written>[^:]{{4,40}}?){_CLOCK_AND_ZONE}", re.I)
_EPOCH: Final = re.compile(r"\d{10}(\d{3})?")
_LABEL: Final = re.compile(
    r"(?:(?:发布|發布|發佈|发表|發表|更新|创建|刊登|出版)?(?:时间|時間|日期)"
    r"|发布于|发表于|published(?: on)?|posted(?: on)?|date) ?[:：]? ?",
    re.I,
)
_REGION: Final = re.compile(
    r" ?\[([A-Za-z]+(?:/[A-Za-z_+-]{1,30}){0,2})\]$| ([A-Za-z]+(?:/[A-Za-z_+-]{1,30}){1,2})$"
)
_ERA: Final = re.compile(r"公元 ?|(?:中华|中華)?民[国國] ?(\d{1,3}|元)(?= ?年)")
_SPELT_CLOCK: Final = re.compile(f"([{''.join(DIGITS)}十]{{1,3}})(?= ?[点點时時分])")
_ASIDE: Final = re.compile(r" ?\(([^()]{1,60})\)$")
_MONOTONIC: Final = re.compile(r" m=[+-][\d.]{1,30}$")
_NAMED_ZONE_FIRST: Final = re.compile(r"北京[时時][间間][:：]? ?")


class Timestamp(NamedTuple):
    """A moment as it was read.

    Attributes:
        moment: Aware UTC.
        unknown_zone: Name of a zone that is not known; the moment was then taken in the default zone.
    """

    moment: datetime
    unknown_zone: str | None = None


def parse_timestamp(text: str, zone: ZoneInfo) -> Timestamp | None:
    """Read a timestamp in any of the forms that posts and feeds use; None for anything else.

    ISO 8601 and its looser relatives (`2022-9-6 8:05`, `2022年9月6日 下午3:20`, `20220906`), a month alone,
    RFC 822, dates in English, the forms of Java, Go and JavaScript, seconds or milliseconds since 1970, and
    days written out. Without a zone it is taken in `zone`. What names no certain day (昨天, 12-30,
    30/12/2021) is not read.

    >>> china = ZoneInfo("Asia/Shanghai")
    >>> for text in ("Thu, 19 Nov 2026 14:52:50 CST", "2026-11-19 晚上8:30", "二〇二六年十一月十九日"):
    ...     print(parse_timestamp(text, china).moment.isoformat())
    2026-11-19T06:52:50+00:00
    2026-11-19T12:30:00+00:00
    2026-11-18T16:00:00+00:00
    """
    text = single_spaced(unicodedata.normalize("NFKC", text[:MAX_TIMESTAMP_CHARS]))
    if match := _EPOCH.fullmatch(text):
        return Timestamp(datetime.fromtimestamp(int(text) / (1000 if match[1] else 1), UTC))
    text, named = _without_names(text, zone)
    try:
        found = _read(text, named)
        # Through `zone`: a moment that has no local day there, as in the last hours of 9999, is no date.
        return found and found._replace(moment=found.moment.astimezone(zone).astimezone(UTC))
    except (ValueError, OverflowError):
        return None


def parse_moment(text: str, zone: ZoneInfo) -> datetime | None:
    """Read the moment of a timestamp alone, in aware UTC; arguments as for `parse_timestamp`."""
    found = parse_timestamp(text, zone)
    return found and found.moment


def _without_names(text: str, zone: ZoneInfo) -> tuple[str, ZoneInfo | timezone]:
    """Remove labels, remarks in brackets and Go's clock reading; a region or a remark may name the zone."""
    named: ZoneInfo | timezone = zone
    if label := _LABEL.match(text):
        text = text[label.end() :]
    text = _ERA.sub(_common_era, _MONOTONIC.sub("", text), count=1)
    text = _SPELT_CLOCK.sub(lambda match: _in_digits(match[1]), text)
    if region := _REGION.search(text):
        text = text[: region.start()]
        named = _region(region[1] or region[2]) or zone
    elif (aside := _ASIDE.search(text)) and not re.fullmatch(_WEEKDAY, aside[1], re.I):
        text = text[: aside.start()]
        named = _zone_named(aside[1]) or zone
    if first := _NAMED_ZONE_FIRST.match(text):
        text, named = text[first.end() :], _zone_named("北京时间") or zone
    return text, named


def _common_era(match: re.Match[str]) -> str:
    """A year of the Republic of China, which began in 1912, in the common era."""
    return "" if match[1] is None else str(1911 + (1 if match[1] == "元" else int(match[1])))


def _in_digits(spelt: str) -> str:
    value = parse_numeral(spelt)
    return spelt if value is None else str(value)


def _region(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        return None


def _zone_named(name: str) -> timezone | None:
    minutes = _MINUTES_EAST.get(name.lower())
    return None if minutes is None else timezone(timedelta(minutes=minutes))


def _read(text: str, zone: ZoneInfo | timezone) -> Timestamp | None:
    text = _CHINESE_MONTH.sub(lambda match: _MONTHS[_CHINESE_MONTHS.index(match[1])], text)
    for pattern in (_NUMERIC, _COMPACT, _ENGLISH, _UNIX):
        if match := pattern.fullmatch(text):
            parts = {name.removeprefix("c_"): value for name, value in match.groupdict().items() if value}
            return _moment(_day(parts), parts, zone)
    match = _WRITTEN_OUT.fullmatch(text)
    if match is None or (day := _written_day(match["written"])) is None:
        return None
    return _moment(day, {name: value for name, value in match.groupdict().items() if value}, zone)


def _day(parts: Mapping[str, str]) -> date:
    """The day of a match.

    Raises:
        ValueError: There is no such day.
    """
    if "dated" in parts:
        return date.fromisoformat(parts["dated"])
    named = parts.get("month") or parts["first_month"]
    month = int(named) if named.isdecimal() else _MONTHS.index(named[:3].lower()) + 1
    day = int(parts.get("day") or parts.get("second_day") or parts.get("cn_day") or 1)
    year = int(parts["year"])
    if len(parts["year"]) == 2:  # RFC 822; the turn of the century as in RFC 2822
        year += 2000 if year < 50 else 1900
    return date(year, month, day)


def _written_day(text: str) -> date | None:
    """A day that is written out with its year, by the reader of dates in texts."""
    if text.isascii() and not any(map(str.isalpha, text)):
        return None  # 30/12/2021: which is the month depends on the country
    # Few dates are written out, and numpy, which folding needs, would be most of what a fetch imports.
    from corpus.text.dates import parse_date
    from corpus.text.folding import fold

    folded = fold(text).strip(" ,")
    # A day that does not depend on what is today is named in full.
    days = {
        (mention.since, mention.until) if mention else None
        for mention in (parse_date(folded, today) for today in (date(2001, 2, 3), date(2044, 8, 9)))
    }
    if len(days) != 1 or (found := days.pop()) is None or found[0] != found[1]:
        return None
    return found[0]


def _moment(day: date, parts: Mapping[str, str], zone: ZoneInfo | timezone) -> Timestamp:
    """A day with the clock and the zone of a match.

    Raises:
        ValueError: There is no such hour or offset.
    """
    hour = int(parts.get("hour", 0))
    minute = int(parts.get("minute") or parts.get("minutes") or (30 if "half_past" in parts else 0))
    second = int(parts.get("second") or parts.get("seconds") or 0)
    half = (parts.get("half") or parts.get("late") or "").lower()
    hour, days_later = _full_hour(hour, half), 0
    if hour == 24 and minute == second == 0:  # the end of the day
        hour, days_later = 0, 1
    name = parts.get("zone")
    offset = _offset(parts["offset"]) if "offset" in parts else None
    known = offset or (_zone_named(name) if name else None)
    clock = time(hour, minute, min(second, 59))
    moment = datetime.combine(day, clock, known or zone) + timedelta(days=days_later)
    return Timestamp(moment, name if name and known is None else None)


def _full_hour(hour: int, half: str) -> int:
    """The hour of 24: 12 am is 0, 晚上12点 is the end of the day."""
    if half in _MORNING:
        return 0 if hour == 12 else hour
    if half in _EVENING and hour == 12:
        return 12 if half.startswith(("p", "下", "午")) else 24
    if (half in _EVENING and hour < 12) or (half == _NOON and hour < 10):
        return hour + 12
    return hour


def _offset(text: str) -> timezone:
    digits = text[1:].replace(":", "").rjust(2, "0").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)


# --- Names of files ----------------------------------------------------------------------------------

_DASHED_DAY: Final = re.compile(
    rf"(?P<year>(?:19|20)\d{{2}})(?P<mark>[-_.])(?P<month>\d{{1,2}})(?P=mark)(?P<day>\d{{1,2}})"
    rf"(?:T\d{{2}}[-:.]?\d{{2}}(?:[-:.]?\d{{2}})?Z?)?(?:[-_. ]+|$|(?=[{HAN}]))"
)
_LAST_DAY: Final = re.compile(
    rf"(?:[-_. (（]|(?<=[{HAN}]))(?P<year>(?:19|20)\d{{2}})"
    r"(?:(?P<mark>[-_.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})"
    r"|(?P<plain_month>\d{2})(?P<plain_day>\d{2})|年(?P<cn_month>\d{1,2})月(?P<cn_day>\d{1,2})[日号])[)）]?$"
)
_PLAIN_DAY: Final = re.compile(
    r"(?P<year>(?:19|20)\d{2})(?P<month>\d{2})(?P<day>\d{2})"
    r"(?:[0-2]\d[0-5]\d[0-5]\d)?(?:[-_. ]+|$)"
)
_CHINESE_DAY: Final = re.compile(
    r"(?P<year>(?:19|20)\d{2})年(?P<month>\d{1,2})月(?P<day>\d{1,2})[日号](?:[-_. ]+|)"
)
_FOLDERS: Final = re.compile(
    r"(?:^|/)(?P<year>(?:19|20)\d{2})[-/](?P<month>\d{1,2})/(?P<day>\d{1,2})(?:[-_. /]|$)"
)
INDEX_NAMES: Final = frozenset({"index", "_index"})


class DatedName(NamedTuple):
    """A name and the day that it begins with.

    Attributes:
        day: None if it begins with none.
        rest: The name without it.
    """

    day: date | None
    rest: str


def dated_name(name: str) -> DatedName:
    """Split a name into the day at its beginning and the rest.

    >>> dated_name("2026-11-19_早报"), dated_name("20261117 早报").rest, dated_name("1984-读后").day
    (DatedName(day=datetime.date(2026, 11, 19), rest='早报'), '早报', None)
    """
    for pattern in (_DASHED_DAY, _PLAIN_DAY, _CHINESE_DAY):
        if (match := pattern.match(name)) and (day := _calendar_day(match)):
            return DatedName(day, name[match.end() :])
    return DatedName(None, name)


def day_in_path(path: str) -> date | None:
    """The day that a path names: its file, the folder of an `index` file, or folders 2026/11/20.

    It stands at the beginning or the end of a name.

    Args:
        path: Without the file's suffix.
    """
    names = list(_telling_names(path))
    found = [dated_name(name).day for name in names]
    found += [_calendar_day(match) for match in _FOLDERS.finditer(path)]
    found += [_calendar_day(match) for name in names if (match := _LAST_DAY.search(name))]
    return next(filter(None, found), None)


def _telling_names(path: str) -> Iterator[str]:
    folder, _, name = path.rpartition("/")
    yield name
    if name.partition(".")[0].lower() in INDEX_NAMES and folder:
        yield folder.rpartition("/")[2]


def _calendar_day(match: re.Match[str]) -> date | None:
    try:
        parts = match.groupdict()
        month, day = (
            next(filter(None, (parts.get(f"{kind}{part}") for kind in ("", "plain_", "cn_"))), "0")
            for part in ("month", "day")
        )
        return date(int(match["year"]), int(month), int(day))
    except ValueError:
        return None
