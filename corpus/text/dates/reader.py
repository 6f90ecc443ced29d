"""Dates of a text: parts joined to ranges and lists, each completed from its neighbour, and resolved.

    date   = [weekday] part [weekday] [pointing]                          9月26日星期一那天
    range  = [从] date 到 date                                            从9月20日到26日
    side   = [从 | since] (date | range) [之前 | 之后 | 以来 | 起]          9月26日以后
    list   = date (和 date)*                                              9月25日、26日

In a range or a list a later date takes what it leaves open from the one before it, and the first one of a
range from the second (20 in 20至26日).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from corpus.models import Span
from corpus.text.dates.mention import DateMention
from corpus.text.dates.parts import Part, Period, in_year, period_of
from corpus.text.dates.patterns import find_parts
from corpus.text.dates.pieces import LIST, RANGE, WEEKDAY_AFTER, WEEKDAY_BEFORE, B
from corpus.text.dates.vocabulary import any_word, lookup

_RANGE: Final = re.compile(RANGE)
_LIST: Final = re.compile(f"{LIST}|{B}")
_RANGE_LEAD: Final = re.compile(f"{any_word('range_lead')}{B}$")
_SIDE: Final = re.compile(f"{B}(?P<side>{any_word('side')})")
_SIDE_LEAD: Final = re.compile(f"(?P<side>{any_word('side_lead')}) $")
_POINTING: Final = re.compile(f"{B}的?{any_word('pointing')}")
_SIDES: Final = {**lookup("side"), **lookup("side_lead")}
_MAX_LEAD: Final = 16
"""Most characters of what stands before a date and belongs to it."""

_LATIN: Final = re.compile("[a-z]")
_MAY_BE_RESPELT: Final = re.compile(r"\d ?[./-] ?\d|\d{8}|[\d〇○零一二三四五六七八九十] ?[年月日号]")

JOINING_WORDS: Final = frozenset(
    word for name in ("range", "range_lead", "list", "side", "side_lead", "pointing") for word in lookup(name)
)
"""Words inside a date that say nothing without it. No article need contain them."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The dates of a text.

    Attributes:
        mentions: Days and periods, in reading order, without overlaps.
        impossible: Where a day is written that no calendar has (2022年2月30日).
    """

    mentions: tuple[DateMention, ...]
    impossible: tuple[Span, ...] = ()


def read_dates(folded: str, today: date) -> Reading:
    """Read the dates of a folded text.

    >>> reading = read_dates("9月25日、26日和2月30日", date(2022, 9, 28))
    >>> [str(mention.since) for mention in reading.mentions], reading.impossible
    (['2022-09-25', '2022-09-26'], ((10, 15),))
    """
    parts = find_parts(folded, today)
    if not parts:
        return Reading(())
    possible = _widened(folded, [part for part in parts if not part.is_impossible])
    mentions: list[DateMention] = []
    for group in _groups(folded, possible):
        try:
            mention = _mention(folded, group, today)
        except (ValueError, OverflowError):  # outside of the calendar
            continue
        if mention is not None and (not mentions or mentions[-1].span[1] <= mention.span[0]):
            mentions.append(mention)
    return Reading(tuple(mentions), tuple(part.span for part in parts if part.is_impossible))


def find_dates(folded: str, today: date) -> Iterator[DateMention]:
    """Find the dates in a folded text, in reading order and without overlaps.

    >>> [(m.since.isoformat(), m.until.isoformat()) for m in find_dates("上周财经", date(2022, 9, 28))]
    [('2022-09-19', '2022-09-25')]
    """
    yield from read_dates(folded, today).mentions


def parse_date(text: str, today: date) -> DateMention | None:
    """Read a folded text that is one date and nothing else, as the value of a filter is; None for others.

    >>> str(parse_date("9月20日到26日", date(2022, 9, 28)).until)
    '2022-09-26'
    """
    text = text.strip()
    match = re.fullmatch(r"(\d{4})[-/.]?(\d{1,2})", text)
    if match:
        text = f"{match[1]}年{match[2]}月"
    mentions = read_dates(text, today).mentions
    if len(mentions) != 1 or mentions[0].span != (0, len(text)):
        return None
    return mentions[0]


def parse_day(text: str, today: date, *, last: bool = False) -> date | None:
    """Read the value of a date filter: a day, or the first (or last) day of a month, year or word.

    >>> parse_day("2021-12", date(2022, 1, 1), last=True)
    datetime.date(2021, 12, 31)
    """
    mention = parse_date(text, today)
    if mention is None:
        return None
    return mention.until if last else mention.since


def respell_dates(folded: str, today: date) -> str:
    """Write days as articles do, without what only points at them: 9/26 and 9 月 26 日（周一）become 9月26日.

    Dates that are counted from today and dates in English stay.

    >>> respell_dates("9/26和2022.09.25那天的新闻", date(2022, 9, 28))
    '9月26日和2022年9月25日的新闻'
    """
    if _MAY_BE_RESPELT.search(folded) is None:
        return folded
    pieces, end = [], 0
    for part in _widened(folded, find_parts(folded, today)):
        start, after = part.span
        if not _is_plain(part) or _LATIN.search(folded, start, after):
            continue
        pointed = _POINTING.match(folded, after) if part.day is not None else None
        units = ((part.year, "年"), (part.month, "月"), (part.day, "日"))
        written = "".join(f"{value}{unit}" for value, unit in units if value is not None)
        if not pointed and written[:-1] == folded[start:after].rstrip("年月日号份"):
            continue  # 26号 stays, so does 2022
        pieces += [folded[end:start], written]
        end = pointed.end() if pointed else after
    return "".join([*pieces, folded[end:]])


def _is_plain(part: Part) -> bool:
    """Whether a part says a day of a month, or a month of a year, in numbers; 五月 alone may begin a name."""
    is_whole = part.last_day is None and part.last_month is None and part.fixed is None
    has_two = part.month is not None and (part.day is not None or part.year is not None)
    return is_whole and has_two and not (part.relative or part.is_number or part.is_impossible)


def _widened(folded: str, parts: Sequence[Part]) -> list[Part]:
    """Make the day of the week beside a date a piece of it."""
    wide: list[Part] = []
    for part in parts:
        if wide and part.span[0] < wide[-1].span[1]:
            continue  # the day of the week, read as a date of its own
        if part.day is not None and not part.is_weekday:
            start, end = part.span
            behind = WEEKDAY_AFTER.match(folded, end)
            before = WEEKDAY_BEFORE.search(folded[max(0, start - _MAX_LEAD) : start])
            if before:
                start -= before.end() - before.start()
                while wide and start < wide[-1].span[1]:
                    wide.pop()
            part = replace(part, span=(start, behind.end() if behind else end))
        wide.append(part)
    return wide


@dataclass(frozen=True, slots=True)
class _Group:
    """A date, or two that a word joins to a range.

    Attributes:
        first: The date, or the first one.
        last: The second one of a range.
        start: Where the group begins.
    """

    first: Part
    last: Part | None
    start: int


def _groups(folded: str, parts: Sequence[Part]) -> Iterator[_Group]:
    """Join ranges, and complete what a list leaves open."""
    place = 0
    before: Part | None = None
    while place < len(parts):
        part = parts[place]
        if before is not None and _joins(_LIST, folded, before, part):
            part = _completed(part, before)
        following = parts[place + 1] if place + 1 < len(parts) else None
        place += 1
        if following is not None and _joins(_RANGE, folded, part, following):
            place += 1
            if part.is_weekday and following.is_weekday:
                continue  # 周一到周五: every week
            first, last = _completed_first(part, following), _completed(following, part)
            if part.is_number or following.is_number or _may_join(first, last):
                before = last
                yield _Group(first, last, part.span[0])
                continue
            place -= 1
        if part.is_number and not (before and _joins(_LIST, folded, before, part)):
            following = _next_in_list(folded, parts, place - 1)
            part = part if following is None else _completed_first(part, following)
        before = part
        yield _Group(part, None, part.span[0])


def _next_in_list(folded: str, parts: Sequence[Part], place: int) -> Part | None:
    """Return the first date with a unit that a list of numbers leads to (26日 in 24、25、26日)."""
    while parts[place].is_number and place + 1 < len(parts):
        if not _joins(_LIST, folded, parts[place], parts[place + 1]):
            return None
        place += 1
    return parts[place]


def _joins(pattern: re.Pattern[str], folded: str, first: Part, last: Part) -> bool:
    """Whether two dates have only a word of a pattern between them."""
    return pattern.fullmatch(folded, first.span[1], last.span[0]) is not None


def _may_join(first: Part, last: Part) -> bool:
    """Whether two dates are of a kind: 9月20日到26日, but not 2022到9月."""
    if first.fixed or last.fixed:
        return not first.recent and not last.recent and not (first.is_weekday and last.is_weekday)
    return (first.day is None) == (last.day is None) or first.month is not None or last.month is None


def _completed(part: Part, before: Part) -> Part:
    """Return a date with the year and the month of the one before it, where it says none."""
    if part.fixed or before.fixed or part.year is not None:
        return part
    if part.month is None:
        if part.day is None or before.month is None:
            return part
        part = replace(part, month=before.month)
    if before.year is None:
        return part
    return replace(part, year=before.year, relative=before.relative)


def _completed_first(part: Part, last: Part) -> Part:
    """Return the first date of a range with the year and the month of the last, where it says none."""
    if part.fixed or last.fixed or part.year is not None:
        return part
    if part.month is None and part.day is not None and last.month is not None and last.day is not None:
        return replace(part, month=last.month, year=last.year, relative=last.relative)
    if part.month is not None and last.month is not None and last.year is not None:
        later = (part.month, part.day or 0) > (last.month, last.day or 31)
        return replace(part, year=last.year - later, relative=last.relative)
    return part


def _mention(folded: str, group: _Group, today: date) -> DateMention | None:
    """Resolve a date or a range, with what stands beside it."""
    period = _range_of(group.first, group.last, today) if group.last else period_of(group.first, today)
    if period is None:
        return None
    parts = [group.first, group.last] if group.last else [group.first]
    start, end = group.start, parts[-1].span[1]
    lead = folded[max(0, start - _MAX_LEAD) : start]
    pointed = _POINTING.match(folded, end)
    end = pointed.end() if pointed else end
    led = _RANGE_LEAD.search(lead)
    may_have_side = not any(part.recent or part.is_weekday for part in parts)
    side, sided = _SIDE.match(folded, end), _SIDE_LEAD.search(lead)
    if side and _SIDES[side["side"]].get("needs_lead") and not led:
        side = None
    found = (side or sided) if may_have_side else None
    if found:
        period = _on_side(period, found["side"], today)
        start, end = (start, found.end()) if found is side else (start - len(found.group()), end)
    if led and (group.last or (found and found is side)):
        start -= len(led.group())
    return DateMention(
        (start, end),
        period.since,
        period.until,
        any_year=period.any_year,
        any_month=period.any_month,
        relative=any(part.relative for part in parts),
        recent=any(part.recent for part in parts),
        is_range=group.last is not None,
        vague=any(part.last_month is not None for part in parts),
    )


def _range_of(first: Part, last: Part, today: date) -> Period | None:
    """Return the days from the first of two dates to the second; None where there are none."""
    since, until = period_of(first, today), period_of(last, today)
    if since is None or until is None:
        return None
    if last.is_weekday:  # 上周一到周三
        days = (until.until - since.since).days % 7 - (until.until - until.since).days
        return Period(since.since, since.since + timedelta(days=days)) if days > 0 else None
    if since.any_month and until.any_month:  # 26号到28号, 28号到3号
        start = period_of(first, until.until)
        return None if start is None else Period(start.since, until.until, any_year=True, any_month=True)
    if since.any_year and until.any_year:
        until = in_year(last, since.since.year) or until
        if until.until < since.since:
            until = in_year(last, since.since.year + 1) or until
    elif until.until < since.since and last.year == first.year and last.month is not None:
        until = in_year(last, until.until.year + 1) or until  # 2021年12月30日到1月2日
        until = until._replace(any_year=False)
    if until.until < since.since:
        return None
    return Period(since.since, until.until, any_year=since.any_year and until.any_year)


def _on_side(period: Period, word: str, today: date) -> Period:
    """Return what lies before or after a period, up to today."""
    entry = _SIDES[word]
    if entry["side"] == "before":
        return Period(date.min, period.until if entry["includes"] else period.since - timedelta(days=1))
    since = period.since if entry["includes"] else period.until + timedelta(days=1)
    return Period(since, max(since, today))
