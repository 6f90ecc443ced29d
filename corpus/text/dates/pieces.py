"""What the patterns of dates are made of: numbers, units, words of `words.toml`."""

import re
from typing import Final

from corpus.text.dates.vocabulary import TABLES, any_of, any_word, lookup, split_words
from corpus.text.numbers import DIGITS, parse_numeral

B: Final = " {0,2}"
"""Blanks inside a date."""

HAN_DIGITS: Final = "〇○零一二三四五六七八九"
HAN_NUMERALS: Final = "一二三四五六七八九十"
NUMBER: Final = f"(?:\\d{{1,2}}|[{HAN_NUMERALS}]{{1,3}})"
"""A month or a day."""

NOT_INSIDE_NUMBER: Final = f"(?<![\\d.{HAN_NUMERALS}第])"
ENDS_NUMBER: Final = f"(?![\\d{HAN_NUMERALS}])"


def words_of(name: str, key: str = "words") -> str:
    """Return a pattern of any word of a table."""
    return any_of(split_words(TABLES[name][key]))


UNITS: Final = words_of("number_units")
BARE_DAY: Final = f"{ENDS_NUMBER}(?!\\.\\d|{B}(?:{UNITS}))"
DAY: Final = f"(?P<day>{NUMBER})(?P<suffix>{B}[日号])"
DAY_ALONE: Final = f"(?P<bare_day>\\d{{1,2}}|[{HAN_NUMERALS}]{{2,3}}){BARE_DAY}"
"""26 in 9月26: one Chinese numeral alone is a piece of something else (3月三峡)."""

MONTH: Final = f"(?P<month>{NUMBER}){B}月份?"
PART_OF_MONTH: Final = any_word("part_of_month")
AFTER_MONTH: Final = f"(?:{B}的?{B}(?:{DAY}|(?P<part_of_month>{PART_OF_MONTH}))|{B}{DAY_ALONE})?"
ALONE: Final = any_word("part_of_year", only="alone")
NAMED_DAY: Final = any_word("named_day")
YEARS: Final = any_word("year")
SHORT_YEAR: Final = f"(?={B}年{B}{NUMBER}{B}月)"
YEAR: Final = (
    f"(?:(?<![\\d.])(?P<year>\\d{{4}}|\\d{{2}}{SHORT_YEAR}|(?<![{HAN_DIGITS}])[{HAN_DIGITS}]{{4}}"
    f"|(?<![{HAN_DIGITS}])[{HAN_DIGITS}]{{2}}{SHORT_YEAR}){B}年(?![年代])|(?P<year_word>{YEARS}))"
)
WEEK: Final = words_of("week")
WEEKDAY: Final = "[" + "".join(word for word in lookup("weekday")) + "]"
ENGLISH_WEEKDAY: Final = f"(?<![a-z])(?:{words_of('english_weekday')})"
MONTH_NAME: Final = any_of(split_words(f"{TABLES['month_name']['words']} {TABLES['month_name']['short']}"))
ORDINAL: Final = "(?:st|nd|rd|th)?(?![\\da-z])"
DASH: Final = "(?:-|–|—|~|to)"
COUNT: Final = f"(?P<count>\\d{{1,3}}|[{HAN_NUMERALS}]{{1,3}}|{any_word('count')})"
LENGTH: Final = f"(?P<length>{any_word('length')})(?![均线轻龄纪级])"
RANGE: Final = f"{B}(?:{words_of('range')}){B}"
LIST: Final = f"{B}(?:{words_of('list')}){B}"
NOT_DAY_AFTER: Final = f"(?!{words_of('not_day_after')})"
MONTH_END: Final = f"(?!{words_of('not_month_after')})"

WEEKDAY_AFTER: Final = re.compile(
    f"{B}[(,]?{B}(?:(?:{WEEK})[一二三四五六日天](?![一二三四五六日天])|{ENGLISH_WEEKDAY}){B}\\)?"
)
"""A day of the week behind a date: 9月26日（星期一）."""

WEEKDAY_BEFORE: Final = re.compile(f"(?:(?:{WEEK})[一二三四五六日天]|{ENGLISH_WEEKDAY}){B},?{B}$")
"""A day of the week before a date: Monday, September 26."""


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
