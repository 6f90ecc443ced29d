"""The feeds that a web page names."""

import re
from typing import Final
from urllib.parse import urljoin

from corpus.sources.addresses import AddressError, feed_address
from corpus.sources.decoding import decode_feed

MAX_FOUND: Final = 20
MAX_PAGE_CHARS: Final = 2_000_000

_TYPES: Final = frozenset(
    {"application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml"}
)
_LOOKS_LIKE: Final = re.compile(r"/(?:rss|feed|atom|index)(?:\.xml|\.json|/)?$|\.rss$|\.atom$", re.I)
GUESSES: Final = ("/feed", "/rss.xml", "/atom.xml", "/feed.xml", "/index.xml", "/rss")
"""Paths where sites have their feeds if they do not say."""


def feeds_of_page(raw: bytes, content_type: str, address: str) -> tuple[tuple[str, str], ...]:
    """Return address and title of each feed that a page names, those it declares first."""
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(decode_feed(raw, content_type)[:MAX_PAGE_CHARS], "lxml")
    base_tag = soup.select_one("base[href]")
    base = urljoin(address, str(base_tag["href"])) if base_tag is not None else address
    found: dict[str, str] = {}
    for link in soup.find_all("link", href=True):
        relation = [one.lower() for one in link.get_attribute_list("rel") if one]
        kind = str(link.get("type") or "").partition(";")[0].strip().lower()
        if "alternate" in relation and kind in _TYPES:
            _add(found, base, str(link["href"]), str(link.get("title") or ""))
    for link in soup.find_all("a", href=True):
        if _LOOKS_LIKE.search(str(link["href"]).partition("?")[0]):
            _add(found, base, str(link["href"]), link.get_text(" ", strip=True))
    return tuple(list(found.items())[:MAX_FOUND])


def _add(found: dict[str, str], base: str, link: str, title: str) -> None:
    try:
        found.setdefault(feed_address(urljoin(base, link)), " ".join(title.split())[:100])
    except (AddressError, ValueError):
        return
