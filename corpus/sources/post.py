r"""An entry → the text of its post, in the format of the generator that this archive began with.

The format: an empty line, front matter, an empty line, `<div>   \n`, the body, `  \n</div>`, a line break
and twelve blanks. Added are `writer`, `updated` or `fetched`, `link`, `guid` and `feed`. `guid` is what
identifies the entry, so that everything known of a feed can be made again from its posts.
"""

import html
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final

from corpus.sources.entries import Entry
from corpus.sources.markup import clean_body
from corpus.text.characters import clean_line, without_surrogates

MAX_TITLE_CHARS: Final = 300
"""As posts are read: what is longer ends in an ellipsis."""

_PLAIN: Final = re.compile(r"[\w—－·](?:[\w—－·.+/()（）、，：。！？《》“”…-]| (?=[\w—－·.+/()（]))*")
_NOT_TEXT: Final = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where posts of a feed stand.

    Attributes:
        categories: From the widest to the narrowest; the outlet and the feed's name come last.
        outlet: Who publishes the feed.
        feed: Its address without secrets.
    """

    categories: tuple[str, ...]
    outlet: str
    feed: str


def post_text(
    entry: Entry, place: Place, *, key: str, fetched: datetime, updated: datetime | None = None
) -> str:
    """Return the text of an entry's post.

    Args:
        entry: The entry.
        place: Its feed.
        key: What identifies the entry within the feed.
        fetched: When it was first seen; stands in a post whose date is unknown.
        updated: When its text changed; None: it did not.
    """
    base = entry.link or entry.base or place.feed
    body = clean_body(entry.body, entry.base or base)
    image = _quoted(body.image or entry.image or "")
    writer = clean_line(entry.author or "")
    lines = [
        f"title: {_quoted(_readable(shown_title(entry.title)))}",
        "categories: ",
        *(f" - {_scalar(name)}" for name in place.categories),
        f"headimg: {image}",
        f"author: {_scalar(place.outlet)}",
        "comments: false",
        f"date: {_time(entry.published)}" if entry.published else f"fetched: {_time(fetched)}",
        f"thumbnail: {image}",
    ]
    if writer and writer != place.outlet:
        lines.append(f"writer: {_quoted(_readable(writer))}")
    if updated is not None:
        lines.append(f"updated: {_time(updated)}")
    if entry.link:
        lines.append(f"link: {_quoted(entry.link)}")
    lines += [f"guid: {_quoted(_readable(key))}", f"feed: {_quoted(place.feed)}"]
    front = "\n".join(lines)
    text = f"\n---\n{front}\n---\n\n<div>   \n{body.html}  \n</div>\n            "
    # The site generator would run what stands in braces.
    return without_surrogates(text).replace("\0", "").replace("{", "&#123;").replace("}", "&#125;")


def shown_title(title: str) -> str:
    """Return a title as readers of the post will see it."""
    title = clean_line(title)
    return title if len(title) <= MAX_TITLE_CHARS else title[: MAX_TITLE_CHARS - 1].rstrip() + "…"


def _readable(text: str) -> str:
    """Return a text so that unescaping its entities gives it back."""
    return text if html.unescape(text) == text else text.replace("&", "&amp;")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _scalar(text: str) -> str:
    """Return a name, in quotes if it is not plain YAML."""
    name = _readable(clean_line(text))
    is_plain = _PLAIN.fullmatch(name) and name.lower() not in _NOT_TEXT
    return name if is_plain else _quoted(name)


def _time(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC), usegmt=True)
