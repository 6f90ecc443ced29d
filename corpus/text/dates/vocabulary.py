"""The words of days and periods: `words.toml`, as patterns and look-ups."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from corpus.text import data_files

Entry = Mapping[str, Any]
"""One table of `words.toml`."""

TABLES: Final[Mapping[str, Any]] = data_files.read("corpus.text.dates", "words.toml").values

AT_END: Final = r"(?= {0,2}(?:$|[^\w ]|的|有|发生|是|新闻|消息|那天|当天))"
"""What follows a word that would be part of another one before most characters: 9月中的, but 9月中国."""

AT_START: Final = "(?:(?<![一-龥])|(?<=[在于从自到至]))"
"""What stands before a word that most characters would make a piece of another."""


def entries(name: str) -> Sequence[Entry]:
    """Return the tables of a name."""
    found = TABLES[name]
    return found if isinstance(found, list) else [found]


def split_words(words: str) -> list[str]:
    """Split the `words` of an entry.

    >>> split_words("昨天 last_week")
    ['昨天', 'last week']
    """
    return [word.replace("_", " ") for word in words.split()]


def lookup(name: str) -> Mapping[str, Entry]:
    """Return word → its entry."""
    return {word: entry for entry in entries(name) for word in split_words(entry["words"])}


def any_of(words: Iterable[str]) -> str:
    """Return a pattern of any of some texts, the longest first; a Latin word ends with its last letter."""
    return "|".join(
        re.escape(word) + ("(?![a-z])" if word[-1:].isascii() and word[-1:].isalpha() else "")
        for word in sorted(words, key=len, reverse=True)
    )


def any_word(name: str, *, only: str | None = None) -> str:
    """Return a pattern of any word of an entry's name, with what must not stand behind it.

    Args:
        name: Of the entries.
        only: A flag that entries must have.
    """
    patterns = []
    for word, entry in sorted(lookup(name).items(), key=lambda pair: -len(pair[0])):
        if only is not None and not entry.get(only):
            continue
        pattern = any_of([word])
        if word[0].isascii() and word[0].isalpha():
            pattern = f"(?<![a-z]){pattern}"
        if entry.get("unless_after"):
            pattern = f"(?<![{''.join(entry['unless_after'].split())}]){pattern}"
        if entry.get("unless_before"):
            pattern += f"(?!{any_of(split_words(entry['unless_before']))})"
        if entry.get("at_start"):
            pattern = AT_START + pattern
        if entry.get("at_end"):
            pattern += AT_END
        patterns.append(pattern)
    return f"(?:{'|'.join(patterns)})"
