"""Addresses in a post's markup that are passed on: of links and of pictures, checked.

Relative ones stay as they are written: what they are relative to is known when the article is read, because
the operator's settings give many articles their address.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final
from urllib.parse import urljoin, urlsplit

from corpus.posts.addresses import MAX_URL_CHARS, http_url
from corpus.text.characters import clean_line

MAX_ALT_CHARS: Final = 200
"""A longer description of a picture is cut off."""

_MAILTO: Final = re.compile(r"mailto:([A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]{3,190})(?:\?.*)?", re.I | re.S)
_PROXIED: Final = re.compile(r"https?://[^/?]+/\?(?=https?://)", re.I)
_SITE_IMAGE: Final = re.compile(
    r"(?:^|[_.-])(?:qr|qrcode|erweima|favicon|avatar|spacer|blank|placeholder|loading|(?<![_.-])logo|external-link)"
    r"(?:[_.-]|$)",
    re.I,
)
"""File names of pictures that belong to a site, not to an article."""

_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}:")
_NOT_RELATIVE: Final = re.compile(r"^[#@]|\\|\{[{%]|[\x00-\x1f\x7f]")
"""Places in the page itself, Zola's and Nunjucks's own marks, and what browsers read in their own ways."""

_BLANK: Final = re.compile(r"[\s\x00-\x1f\x7f]")
_SOURCE_FILE: Final = re.compile(r"\.(?:md|markdown|rst|org|adoc)$", re.I)

_SOURCES: Final = ("data-original", "data-src", "data-lazy-src", "data-actualsrc", "data-original-src", "src")
"""Attributes with a picture's address; `src` is a placeholder where a script loads the picture later."""

_SIDES: Final = ("width", "height")
_MAX_DOT: Final = 4
"""Pixels of a side; smaller pictures count readers and show nothing."""


@lru_cache(maxsize=1024)
def link_target(text: str) -> str | None:
    """The address of a link, http, https, mailto or relative; None for others, and for those inside the page.

    >>> link_target("//example.org/新闻"), link_target("mailto:a@example.org?subject=x"), link_target(" ../a")
    ('https://example.org/%E6%96%B0%E9%97%BB', 'mailto:a@example.org', '../a')
    """
    text = text.strip()
    if match := _MAILTO.fullmatch(text):
        return f"mailto:{match[1]}"
    if text.startswith("//"):
        return http_url(f"https:{text}")
    if _SCHEME.match(text):
        return http_url(text)
    return text if text and len(text) <= MAX_URL_CHARS and not _NOT_RELATIVE.search(text) else None


def image_target(text: str) -> str | None:
    """The address of a picture without a proxy before it; None if it is none or belongs to the site."""
    url = link_target(_PROXIED.sub("", text, count=1))
    if url is None or url.startswith("mailto:") or _SITE_IMAGE.search(_file_name(url)):
        return None
    return url


def complete_target(target: str, base: str | None) -> str | None:
    """An address of `link_target`, made absolute; None if it is relative to nothing that is known.

    A file that a site's generator turns into a page (`other.md`) has an address only beside its like.

    >>> complete_target("../a b.png", "https://example.org/2026/x/"), complete_target("/a", None)
    ('https://example.org/2026/a%20b.png', None)
    >>> complete_target("other.md", "https://example.org/x/"), complete_target("other.md", "https://example.org/x.md")
    (None, 'https://example.org/other.md')
    """
    if _SCHEME.match(target):
        return target
    if not base:
        return None
    try:
        path, base_path = urlsplit(target).path, urlsplit(base).path
        joined = urljoin(base, target.replace(" ", "%20"))
    except ValueError:
        return None
    if _SOURCE_FILE.search(path) and not _SOURCE_FILE.search(base_path):
        return None
    return http_url(joined)


def image_of(attributes: Mapping[str, str]) -> tuple[str, str] | None:
    """Address and description of an `img`; None if it shows nothing.

    A complete address goes before a relative one: scripts show what is loaded later in place of `src`.
    """
    if any(_is_dot(attributes.get(side, "")) for side in _SIDES):
        return None
    sources = (attributes.get(name) for name in _SOURCES)
    urls = [url for text in sources if text and (url := image_target(text))]
    url = next((url for url in urls if _SCHEME.match(url)), urls[0] if urls else None)
    return None if url is None else (url, clean_line(attributes.get("alt", ""))[:MAX_ALT_CHARS])


def absolute(link: str, base: str) -> str | None:
    """Return a link of a feed or of a page as an absolute http(s) address; None if it is none.

    >>> absolute("/a b", "https://example.org/rss"), absolute("javascript:alert(1)", "https://example.org/")
    ('https://example.org/a%20b', None)
    """
    link = _BLANK.sub(lambda found: "%20" if found[0] == " " else "", link.strip())
    if not link or len(link) > MAX_URL_CHARS:
        return None
    try:
        joined = urljoin(base, link)
        parts = urlsplit(joined)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return None
    except ValueError:
        return None
    return joined.replace("{", "%7B").replace("}", "%7D")


def _is_dot(length: str) -> bool:
    number = length.strip().lower().removesuffix("px")
    return number.isdecimal() and len(number) < 5 and int(number) <= _MAX_DOT


def _file_name(url: str) -> str:
    return url.partition("?")[0].partition("#")[0].rpartition("/")[2]
