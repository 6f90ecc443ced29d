"""Payloads of buttons and deep links: small dataclasses ↔ short text.

A button carries at most 64 bytes, and anybody can send anything in its place. A payload therefore is a
version, the letter of its kind and the fields of a dataclass, all decoded strictly: text that does not
fit its dataclass decodes to None, never to an exception or a guess. Longer state (a search) is stored in
`bot.sqlite3` under a short key, see `bot.storage.searches`.

To add a kind of button, add a dataclass under `@payload("letter")`, here or beside its handler.
"""

import re
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, TypeVar, get_type_hints

VERSION = "1"
MAX_DATA_BYTES = 64
MAX_NUMBER = 10**12

_SEPARATOR = ":"
_WORD = re.compile(r"[0-9A-Za-z_-]{0,32}")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,12})")

_kinds: dict[str, type[Any]] = {}
_letters: dict[type[Any], str] = {}

Kind = TypeVar("Kind")


def payload(letter: str) -> Any:
    """Register a frozen dataclass of `str`, `int` and `StrEnum` fields as a kind of button."""

    def register(kind: type[Kind]) -> type[Kind]:
        if letter in _kinds:
            raise ValueError(f"two kinds of button share the letter {letter!r}")
        _kinds[letter], _letters[kind] = kind, letter
        return kind

    return register


class Narrow(StrEnum):
    """The change of a search that a button makes."""

    CATEGORY = "c"
    MONTH = "m"
    NEWEST = "n"
    RELEVANT = "r"
    EVERYTHING = "e"
    LITERAL = "l"
    ARTICLE = "a"
    UNFILTERED = "u"


class Verdict(StrEnum):
    """A reader's verdict on an answer."""

    GOOD = "g"
    BAD = "b"


@payload("p")
@dataclass(frozen=True, slots=True)
class ResultPage:
    """Show the results of a search from the one at `offset` on."""

    search: str
    offset: int


@payload("n")
@dataclass(frozen=True, slots=True)
class Change:
    """Repeat a search, narrowed, widened or in another order; `article` gives the category or month."""

    search: str
    how: Narrow
    article: str


@payload("q")
@dataclass(frozen=True, slots=True)
class Ask:
    """Ask a stored search as a question of its own, in a new message."""

    search: str


@payload("t")
@dataclass(frozen=True, slots=True)
class Suggestion:
    """Ask the suggestion at `index` of a search."""

    search: str
    index: int


@payload("s")
@dataclass(frozen=True, slots=True)
class SameStory:
    """List the near-duplicates of the result at `offset`."""

    search: str
    offset: int


@payload("r")
@dataclass(frozen=True, slots=True)
class Read:
    """Show a page of an article; `search` and `offset` lead back to the results, if it came from there."""

    article: str
    page: int
    passage: int = -1
    search: str = ""
    offset: int = 0


@payload("i")
@dataclass(frozen=True, slots=True)
class Similar:
    """List articles like this one."""

    article: str
    search: str = ""
    offset: int = 0


@payload("h")
@dataclass(frozen=True, slots=True)
class Share:
    """Send links to an article at a passage and to the search that found it."""

    article: str
    passage: int
    search: str = ""


@payload("l")
@dataclass(frozen=True, slots=True)
class Latest:
    """List the newest articles of one category, or of all if it is empty."""

    category: str
    offset: int
    size: int = 10


@payload("c")
@dataclass(frozen=True, slots=True)
class Tree:
    """Show the subcategories of a category, or the roots if it is empty."""

    category: str
    offset: int = 0


@payload("v")
@dataclass(frozen=True, slots=True)
class Vote:
    """Vote on the answer to the question with this number (`bot.storage.votes`)."""

    asked: int
    verdict: Verdict


class Fold(StrEnum):
    """Whether all buttons of an answer are shown, or two rows of them."""

    OPEN = "o"
    CLOSED = "c"


@payload("m")
@dataclass(frozen=True, slots=True)
class More:
    """Show all buttons below the results of a search from the one at `offset` on, or two rows again.

    Attributes:
        alone: Key of the question as one of its own; empty: it was asked alone.
        found: Whether the results are shown as such, not as the nearest there are: 1 or 0.
    """

    search: str
    offset: int
    fold: Fold
    alone: str = ""
    found: int = 1


@payload("w")
@dataclass(frozen=True, slots=True)
class ReadMore:
    """Show all buttons below a page of an article, or two rows again. The other fields: `Read`."""

    article: str
    page: int
    passage: int
    search: str
    offset: int
    fold: Fold


@payload("u")
@dataclass(frozen=True, slots=True)
class Subscribe:
    """Subscribe to a stored search."""

    search: str


def encode(data: object) -> str:
    """Return the payload of a button.

    Raises:
        ValueError: The fields do not fit; this is a programming error.
    """
    values = [str(getattr(data, field.name)) for field in fields(data)]  # type: ignore[arg-type]
    result = _SEPARATOR.join([VERSION + _letters[type(data)], *values])
    if len(result) > MAX_DATA_BYTES or decode(result) != data:
        raise ValueError(f"does not fit a button: {result!r}")
    return result


def decode(raw: object) -> Any:
    """Return the dataclass of a payload; None for anything forged, foreign or outdated."""
    if not isinstance(raw, str) or len(raw) > MAX_DATA_BYTES:
        return None
    head, *values = raw.split(_SEPARATOR)
    kind = _kinds.get(head[1:]) if head.startswith(VERSION) else None
    if kind is None or len(values) != len(fields(kind)):
        return None
    hints = get_type_hints(kind)
    try:
        read = [_read(hints[field.name], value) for field, value in zip(fields(kind), values, strict=True)]
    except ValueError:
        return None
    return kind(*read)


def _read(hint: type[Any], value: str) -> object:
    if issubclass(hint, StrEnum):
        return hint(value)
    pattern = _NUMBER if hint is int else _WORD
    if not pattern.fullmatch(value):
        raise ValueError(value)
    if hint is int and (abs(int(value)) > MAX_NUMBER or value == "-0"):
        raise ValueError(value)
    return hint(value)


@dataclass(frozen=True, slots=True)
class ArticleLink:
    """Deep link to an article, opened at a passage (ordinal, from 0)."""

    article: str
    passage: int = 0


@dataclass(frozen=True, slots=True)
class SearchLink:
    """Deep link to a stored search."""

    search: str


@dataclass(frozen=True, slots=True)
class CategoryLink:
    """Deep link to a category."""

    category: str


@dataclass(frozen=True, slots=True)
class SubscriptionLink:
    """Deep link that offers to subscribe to a stored search."""

    search: str


DeepLink = ArticleLink | SearchLink | CategoryLink | SubscriptionLink

_ARTICLE_LINK = re.compile(r"a_([0-9A-Za-z]{11})(?:_(0|[1-9][0-9]{0,5}))?")
_KEY_LINK = re.compile(r"([scu])_([0-9A-Za-z]{1,32})")
_KEY_LINKS: dict[str, type[SearchLink | CategoryLink | SubscriptionLink]] = {
    "s": SearchLink,
    "c": CategoryLink,
    "u": SubscriptionLink,
}


def encode_start(target: DeepLink) -> str:
    """Return the text after `?start=` in a deep link: at most 64 of `A-Z a-z 0-9 _ -`.

    Raises:
        ValueError: The fields do not fit; this is a programming error.
    """
    if isinstance(target, ArticleLink):
        result = f"a_{target.article}" + (f"_{target.passage}" if target.passage else "")
    elif isinstance(target, SearchLink):
        result = f"s_{target.search}"
    elif isinstance(target, CategoryLink):
        result = f"c_{target.category}"
    else:
        result = f"u_{target.search}"
    if decode_start(result) != target:
        raise ValueError(f"does not fit a deep link: {result!r}")
    return result


def decode_start(raw: str) -> DeepLink | None:
    """Return the target of a start payload; None for anything forged or foreign."""
    if match := _ARTICLE_LINK.fullmatch(raw):
        return ArticleLink(match[1], int(match[2] or 0))
    if match := _KEY_LINK.fullmatch(raw):
        return _KEY_LINKS[match[1]](match[2])
    return None
