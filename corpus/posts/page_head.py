"""The head of a whole HTML page → front matter: its date, its author and its own address."""

import html
import re
from collections.abc import Iterator
from typing import Final

from corpus.posts.front_matter import Value

MAX_HEAD_CHARS: Final = 200_000
"""Characters in which a head is looked for."""

_TAG: Final = re.compile(r"<(meta|link)\s([^<>]{1,3000})>", re.I)
_ATTRIBUTE: Final = re.compile(
    r"([a-z:_.-]{1,40})\s{0,9}=\s{0,9}(?:\"([^\"]{0,2000})\"|'([^']{0,2000})'|([^\s\"'<>]{1,2000}))", re.I
)
_KEYS: Final = {
    **dict.fromkeys(
        (
            *("article:published_time", "datepublished", "pubdate", "publishdate", "publish_date"),
            *(
                "publish-date",
                "og:release_date",
                "weibo:article:create_at",
                "dcterms.created",
                "dc.date",
                "date",
            ),
        ),
        "date",
    ),
    **dict.fromkeys(("author", "article:author", "og:article:author", "dc.creator"), "author"),
    **dict.fromkeys(("canonical", "og:url"), "link"),
}
"""What a `meta` or `link` says, by its name."""


def page_values(body: str) -> dict[str, Value]:
    """Read date, author and link of a page; empty for a body that is no whole page.

    >>> page_values('<html><head><meta name="author" content="甲"></head><body>乙</body></html>')
    {'author': '甲'}
    """
    head = body[:MAX_HEAD_CHARS]
    start = head.lower().find("<head")
    if start < 0:
        return {}
    end = head.lower().find("<body", start)
    found: dict[str, Value] = {}
    for key, value in _named(head[start : end if end >= 0 else len(head)]):
        if not (key == "author" and "://" in value):  # the page of a person
            found.setdefault(key, value)
    return found


def _named(head: str) -> Iterator[tuple[str, str]]:
    for tag in _TAG.finditer(head):
        attributes = {
            match[1].lower(): match[2] or match[3] or match[4] or "" for match in _ATTRIBUTE.finditer(tag[2])
        }
        name = next(
            (attributes[key] for key in ("property", "name", "itemprop", "rel") if key in attributes), ""
        )
        value = html.unescape(attributes.get("content") or attributes.get("href") or "").strip()
        if value and (key := _KEYS.get(name.lower())):
            yield key, value
