"""Addresses in a post's markup that are passed on: of links and of pictures, checked and complete."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from corpus.posts.addresses import http_url
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

_SOURCES: Final = ("data-original", "data-src", "data-lazy-src", "data-actualsrc", "data-original-src", "src")
"""Attributes with a picture's address; `src` is a placeholder where a script loads the picture later."""

_SIDES: Final = ("width", "height")
_MAX_DOT: Final = 4
"""Pixels of a side; smaller pictures count readers and show nothing."""


@lru_cache(maxsize=1024)
def link_target(text: str) -> str | None:
    """The address of a link, http, https or mailto; None for all others, and for those inside the page.

    >>> link_target("//example.org/新闻"), link_target("mailto:a@example.org?subject=x"), link_target("/a")
    ('https://example.org/%E6%96%B0%E9%97%BB', 'mailto:a@example.org', None)
    """
    text = text.strip()
    if match := _MAILTO.fullmatch(text):
        return f"mailto:{match[1]}"
    return http_url(f"https:{text}" if text.startswith("//") else text)


def image_target(text: str) -> str | None:
    """The address of a picture without a proxy before it; None if it is none or belongs to the site."""
    url = link_target(_PROXIED.sub("", text, count=1))
    if url is None or url.startswith("mailto:") or _SITE_IMAGE.search(_file_name(url)):
        return None
    return url


def image_of(attributes: Mapping[str, str]) -> tuple[str, str] | None:
    """Address and description of an `img`; None if it shows nothing or no address is complete."""
    if any(_is_dot(attributes.get(side, "")) for side in _SIDES):
        return None
    sources = (attributes.get(name) for name in _SOURCES)
    url = next((url for text in sources if text and (url := image_target(text))), None)
    return None if url is None else (url, clean_line(attributes.get("alt", ""))[:MAX_ALT_CHARS])


def _is_dot(length: str) -> bool:
    number = length.strip().lower().removesuffix("px")
    return number.isdecimal() and len(number) < 5 and int(number) <= _MAX_DOT


def _file_name(url: str) -> str:
    return url.partition("?")[0].partition("#")[0].rpartition("/")[2]
