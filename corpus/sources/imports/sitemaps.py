"""Sitemaps → the addresses of a site's pages, the newest first."""

import re
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from lxml import etree

from corpus.posts.timestamps import parse_moment
from corpus.sources.addresses import AddressError, feed_address
from corpus.sources.decoding import decode_feed

MAX_BYTES: Final = 50_000_000
"""As the standard of sitemaps has it, unpacked."""

MAX_ADDRESSES: Final = 50_000
_ROOT: Final = re.compile(rb"<(?:[\w-]{1,20}:)?(urlset|sitemapindex)\b")
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Sitemap:
    """What a sitemap lists.

    Attributes:
        pages: Addresses of pages, the newest first.
        sitemaps: Addresses of further sitemaps, the newest first.
    """

    pages: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()


def read_sitemap(raw: bytes, address: str) -> Sitemap | None:
    """Read a sitemap; None if it is none. Only addresses of its own site count, as the standard has it.

    Args:
        raw: Its bytes, which may be packed by gzip.
        address: Where it came from.
    """
    if raw[:2] == b"\x1f\x8b":
        raw = _unpacked(raw)
    found = _ROOT.search(raw, 0, 5_000)
    if found is None:
        return _text_sitemap(raw, address)
    listed = _listed(raw, address)
    return Sitemap(sitemaps=listed) if found[1] == b"sitemapindex" else Sitemap(pages=listed)


def _unpacked(raw: bytes) -> bytes:
    try:
        return zlib.decompressobj(47).decompress(raw, MAX_BYTES)
    except zlib.error:
        return b""


def _text_sitemap(raw: bytes, address: str) -> Sitemap | None:
    """Read the plain form: one address a line and nothing else."""
    if not urlsplit(address).path.endswith(".txt"):
        return None
    lines = [line.strip() for line in decode_feed(raw).split("\n") if line.strip()]
    if not lines or not all(line.startswith(("http://", "https://")) for line in lines[:MAX_ADDRESSES]):
        return None
    return Sitemap(pages=_own(lines, address))


def _listed(raw: bytes, address: str) -> tuple[str, ...]:
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root: Any = etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError):
        return ()
    if root is None:
        return ()
    dated: list[tuple[datetime, str]] = []
    for entry in root:
        values = {
            etree.QName(child).localname: child.text or "" for child in entry if isinstance(child.tag, str)
        }
        if place := values.get("loc", "").strip():
            moment = parse_moment(values.get("lastmod", "").strip(), ZoneInfo("UTC")) or _LONG_AGO
            dated.append((moment, place))
        if len(dated) >= MAX_ADDRESSES:
            break
    dated.sort(key=lambda pair: pair[0], reverse=True)
    return _own([place for _, place in dated], address)


def _own(places: list[str], address: str) -> tuple[str, ...]:
    """Return the addresses on the host of a sitemap, `www.` apart, each once."""
    host = _host(address)
    found: dict[str, None] = {}
    for place in places[:MAX_ADDRESSES]:
        try:
            known = feed_address(place)
        except AddressError:
            continue
        if _host(known) == host:
            found[known] = None
    return tuple(found)


def _host(address: str) -> str:
    return (urlsplit(address).hostname or "").removeprefix("www.")
