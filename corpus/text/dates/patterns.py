"""One date at a time: 2022年9月26日, 9/26, 二〇二二年九月, Sep 26 2022, 三季度, 昨天, 上周三, 近一周."""

import functools
import re
from collections.abc import Callable
from datetime import date
from typing import Final

from corpus.text.dates.parts import Part
from corpus.text.dates.pieces import (
    AFTER_MONTH,
    ALONE,
    COUNT,
    DASH,
    ENDS_NUMBER,
    ENGLISH_WEEKDAY,
    HAN_NUMERALS,
    LENGTH,
    LIST,
    MONTH,
    MONTH_END,
    MONTH_NAME,
    NAMED_DAY,
    NOT_DAY_AFTER,
    NOT_INSIDE_NUMBER,
    NUMBER,
    ORDINAL,
    RANGE,
    UNITS,
    WEEK,
    WEEKDAY,
    YEAR,
    B,
    words_of,
)
from corpus.text.dates.readers import (
    read_ago,
    read_calendar,
    read_day_of_month,
    read_days_before,
    read_english,
    read_lately,
    read_month_and_day,
    read_number_before_unit,
    read_number_behind_day,
    read_numeric,
    read_part_of_this_month,
    read_quarter,
    read_recent,
    read_relative_day,
    read_week,
    read_weekday,
    read_year_last,
)
from corpus.text.dates.vocabulary import AT_END, AT_START, any_word

_Read = Callable[[re.Match[str], date], Part | None]

_PATTERNS: Final[tuple[tuple[re.Pattern[str], _Read], ...]] = (
    (
        re.compile(
            r"(?<![\d.a-z/-])(?P<year>(?:19|20)\d\d)(?P<sign>[-/.])(?P<month>\d{1,2})[-/.](?P<day>\d{1,2})"
            r"(?![.\-/]?\d)[日号]?"
        ),
        read_numeric,
    ),
    (
        re.compile(
            r"(?<![\da-z.])(?P<year>(?:19|20)\d\d)(?P<month>0[1-9]|1[0-2])(?P<day>0[1-9]|[12]\d|3[01])"
            rf"(?![\da-z]|\.\d|{B}(?:{UNITS}))"
        ),
        read_numeric,
    ),
    (
        re.compile(
            rf"{YEAR}(?:{B}的?{B}(?:{MONTH}{AFTER_MONTH}|(?P<month_sign>\d{{1,2}})[./](?P<day_sign>\d{{1,2}})(?![\d.])|(?P<part_of_year>{any_word('part_of_year')})"
            rf"|(?P<named_day>{NAMED_DAY})|(?P<same_day>今天|今日)))?"
        ),
        read_calendar,
    ),
    (
        re.compile(
            rf"(?<![\d.])(?P<year>(?:19|20)\d\d){B}(?:(?P<part_of_year>{any_word('part_of_year')})"
            rf"|(?P<named_day>{NAMED_DAY}))"
        ),
        read_calendar,
    ),
    (re.compile(rf"(?<![a-z\d])(?P<part_of_year>q[1-4]),?{B}(?P<year>20\d\d)(?!\d)"), read_calendar),
    (
        re.compile(rf"(?P<month_word>{any_word('month')}){AFTER_MONTH}"),
        read_calendar,
    ),
    (
        re.compile(
            r"(?<![\d.a-z/-])(?P<year>(?:19|20)\d\d)[-/](?P<month>0[1-9]|1[0-2]|[1-9])"
            rf"(?![\d./a-z-]|{B}(?:赛季|学年|财年|年|{UNITS}))"
        ),
        read_numeric,
    ),
    (
        re.compile(
            r"(?<![\d./a-z-])(?P<first>\d{1,2})(?P<sign>[-/.])(?P<second>\d{1,2})[-/.](?P<year>(?:19|20)\d\d)"
            r"(?![.\-/]?\d)"
        ),
        read_year_last,
    ),
    (
        re.compile(
            rf"(?<![a-z\d])(?:(?P<day_before>\d{{1,2}}(?:st|nd|rd|th)?)(?:{B}{DASH}{B}(?P<last_before>\d{{1,2}})"
            rf"{ORDINAL})?(?:{B}|-)(?P<of>of )?)?(?P<name>{MONTH_NAME})\.?(?:{B}(?:the )?"
            rf"(?P<day_behind>\d{{1,2}}(?:st|nd|rd|th)?)(?![\da-z])(?:{B}{DASH}{B}(?P<last_behind>\d{{1,2}})"
            rf"{ORDINAL})?)?(?:(?:,?{B}(?:of )?|-)(?P<year>(?:19|20)\d\d)(?!\d))?"
        ),
        read_english,
    ),
    (
        re.compile(rf"{NOT_INSIDE_NUMBER}(?<!个){MONTH}{MONTH_END}{AFTER_MONTH}"),
        read_calendar,
    ),
    (
        re.compile(
            rf"{NOT_INSIDE_NUMBER}(?P<part>(?:19|20)\d\d|{NUMBER})"
            rf"(?=(?:(?:{RANGE}|{LIST})(?:\d{{4}}|{NUMBER})){{1,4}}{B}(?P<unit>[年月日号]){NOT_DAY_AFTER})"
        ),
        read_number_before_unit,
    ),
    (
        re.compile(rf"(?<![\d.])(?P<year>(?:19|20)\d\d)(?![\d.年]|{words_of('not_year_after')})"),
        read_calendar,
    ),
    (
        re.compile(
            r"(?<![\d./a-z$¥€£])(?P<month>1[0-2]|0?[1-9])(?P<sign>[./])"
            r"(?P<day>[12]\d|3[01]|0?[1-9])(?![\d./%a-z])[日号]?"
        ),
        read_month_and_day,
    ),
    (
        re.compile(rf"{NOT_INSIDE_NUMBER}(?P<day>{NUMBER})(?P<suffix>{B}[日号]){NOT_DAY_AFTER}"),
        read_day_of_month,
    ),
    (
        re.compile(rf"(?<=[日号]){RANGE}(?P<part>{NUMBER}){ENDS_NUMBER}{AT_END}"),
        read_number_behind_day,
    ),
    (
        re.compile(rf"(?<=[、,和及与])(?P<part>\d{{1,2}})(?={B}[两三四]{B}[日天])"),
        read_number_behind_day,
    ),
    (
        re.compile(rf"(?:{words_of('reaching_back')}){B}这?{B}{COUNT}{B}{LENGTH}(?:以?来)?"),
        read_lately,
    ),
    (
        re.compile(rf"(?<![一-龥\d])前{B}{COUNT}{B}(?P<length>(?!年){any_word('length')}){AT_END}"),
        read_days_before,
    ),
    (
        re.compile(
            rf"(?:(?<![{HAN_NUMERALS}几数多\d第.])(?:(?<![一-龥])|(?<=[在于从自到的和]))"
            rf"{COUNT}{B}(?P<length>{any_word('length')})"
            rf"(?:{B}(?:之前|以前|前)(?![后年台锋往提])| ago))"
        ),
        read_ago,
    ),
    (re.compile(rf"(?P<word>{any_word('quarter')})"), read_quarter),
    (re.compile(rf"{AT_START}月(?P<part_of_month>{any_word('part_of_month')})"), read_part_of_this_month),
    (re.compile(rf"(?P<word>{any_word('day')})(?:{words_of('part_of_day')})?"), read_relative_day),
    (
        re.compile(
            r"最近几?天?|近几[天日周]|[这前][几两][天日]|近[日来期](?:来)?|(?<!目)日前|近[些几]?年来?"
            r"|(?<![a-z])(?:recently|lately|these days)(?![a-z])"
        ),
        read_recent,
    ),
    (
        re.compile(
            rf"(?P<which>{any_word('which_week')}){B}(?:(?:{WEEK})(?:(?P<weekday>{WEEKDAY})|(?![期边年岁刊围口]))|week(?![a-z]))"
        ),
        read_week,
    ),
    (
        re.compile(rf"(?<![a-z])(?P<which>last|this) (?P<weekday>{ENGLISH_WEEKDAY})"),
        read_week,
    ),
    (
        re.compile(rf"(?<![每个第各隔周下])(?:{WEEK})(?P<weekday>{WEEKDAY})(?![周年])"),
        read_weekday,
    ),
    (
        re.compile(rf"(?P<part_of_year>{ALONE})"),
        read_calendar,
    ),
    (
        re.compile(rf"(?P<named_day>{NAMED_DAY})(?={B}(?:{words_of('pointing')}))"),
        read_calendar,
    ),
)


@functools.lru_cache(maxsize=8)
def find_parts(folded: str, today: date) -> tuple[Part, ...]:
    """Find dates in a folded text, in reading order and without overlaps.

    The last texts are remembered: a question is read once to respell its days and once for their meaning.
    """
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
    return tuple(sorted(found, key=lambda part: part.span))
