"""Any text → folded text, words, characters, sentences, passages, days, numbers, sounds.

What needs the dictionary or numpy is imported when it is first asked for: a process that fetches feeds needs
neither.
"""

import importlib
from typing import TYPE_CHECKING, Any

from corpus.text.characters import is_numbered, single_spaced

if TYPE_CHECKING:
    from corpus.text.analyzer import word_spans, words
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

_LATE = {
    "find_dates": "corpus.text.dates",
    "fold": "corpus.text.folding",
    "is_head": "corpus.text.outline",
    "parse_day": "corpus.text.dates",
    "sentences": "corpus.text.passages",
    "word_spans": "corpus.text.analyzer",
    "words": "corpus.text.analyzer",
}


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_LATE[name]), name)
