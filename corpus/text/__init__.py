"""Any text → folded text, words, characters, sentences, passages, days, numbers, sounds."""

from corpus.text.analyzer import word_spans, words
from corpus.text.characters import is_numbered, single_spaced
from corpus.text.dates import find_dates, parse_day
from corpus.text.folding import fold
from corpus.text.outline import is_head
from corpus.text.passages import sentences

__all__ = [
    "find_dates",
    "fold",
    "is_head",
    "is_numbered",
    "parse_day",
    "sentences",
    "single_spaced",
    "word_spans",
    "words",
]
