"""Any folded text → the days and periods that it names, as people write them.

`words.toml` has the words, `patterns` finds one date at a time, `readers` reads it, and `reader` joins what
belongs together: ranges, lists, a weekday beside a date, 之前 and 以后.
"""

from corpus.text.dates.mention import MAX_DATE_TERMS, DateMention, date_terms, mention_terms, years_before
from corpus.text.dates.reader import (
    JOINING_WORDS,
    Reading,
    find_dates,
    parse_date,
    parse_day,
    read_dates,
    respell_dates,
)
from corpus.text.dates.readers import RECENT_DAYS

__all__ = [
    "JOINING_WORDS",
    "MAX_DATE_TERMS",
    "RECENT_DAYS",
    "DateMention",
    "Reading",
    "date_terms",
    "find_dates",
    "mention_terms",
    "parse_date",
    "parse_day",
    "read_dates",
    "respell_dates",
    "years_before",
]
