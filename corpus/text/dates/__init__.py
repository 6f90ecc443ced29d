"""Any folded text → the days and periods that it names, as people write them.

`words.toml` has the words, `parts` reads one date at a time, `reader` joins what belongs together: ranges,
lists, a weekday beside a date, 之前 and 以后.
"""

from corpus.text.dates.mention import MAX_DATE_TERMS, DateMention, date_terms, mention_terms
from corpus.text.dates.parts import RECENT_DAYS
from corpus.text.dates.reader import Reading, find_dates, parse_day, parse_period, read_dates, respell_dates

__all__ = [
    "MAX_DATE_TERMS",
    "RECENT_DAYS",
    "DateMention",
    "Reading",
    "date_terms",
    "find_dates",
    "mention_terms",
    "parse_day",
    "parse_period",
    "read_dates",
    "respell_dates",
]
