"""What a feed says: values that parsers make and the rest of the room uses, and their limits."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

MAX_ENTRIES: Final = 5_000
"""Entries of one answer that are read; further ones are left out."""

MAX_BODY_CHARS: Final = 1_000_000
"""Characters of an entry's body that are kept."""


class NotAFeedError(ValueError):
    """An answer is no feed; the text says what it is instead."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a feed.

    Attributes:
        title: One line of plain text; empty if the entry has none.
        guid: The feed's own identifier; empty if there is none.
        link: Absolute http(s) address, or None.
        body: HTML, as the feed has it.
        author: Who wrote it, or None.
        published: Aware UTC; None if unknown.
        image: Address of a picture beside the body, or None.
        base: Address that links of the body are relative to.
        is_summary: Whether the feed gives a summary only.
    """

    title: str
    guid: str
    link: str | None
    body: str
    author: str | None = None
    published: datetime | None = None
    image: str | None = None
    base: str = ""
    is_summary: bool = False


@dataclass(frozen=True, slots=True)
class Feed:
    """One answer of a feed.

    Attributes:
        title: Its title, one line; empty if it has none.
        link: The site's address, or None.
        entries: In the order of the feed.
        ttl_minutes: How long the feed asks to be left alone; 0: it does not.
        is_complete: Whether the document has its end.
    """

    title: str
    link: str | None
    entries: tuple[Entry, ...] = field(repr=False)
    ttl_minutes: float = 0
    is_complete: bool = True
