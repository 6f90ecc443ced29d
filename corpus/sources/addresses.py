"""Addresses of feeds and entries: cleaned, compared, and shown without their secrets."""

import hashlib
import re
from typing import Final
from urllib.parse import urlsplit, urlunsplit

MAX_ADDRESS_CHARS: Final = 2_048

MIN_ALT_CHARS: Final = 6
"""Paths shorter than this are the same on too many hosts to stand for an entry without its host."""

_TRACKING: Final = frozenset(
    {"chksm", "scene", "xtrack", "spm", "fbclid", "gclid", "mc_cid", "mc_eid", "_hsenc", "_hsmi"}
)
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}:")
_SECRET_NAME: Final = re.compile(r"token|key|secret|pass|auth|sign|code", re.I)
_BLANK: Final = re.compile(r"[\s\x00-\x1f\x7f]")


class AddressError(ValueError):
    """This is no address of a feed; the text says why."""


def feed_address(text: str) -> str:
    """Return the address of a feed as it is kept: http or https, no fragment, the host in lower case.

    Raises:
        AddressError: It is not such an address.

    >>> feed_address(" HTTP://Example.ORG/rss#top ")
    'http://example.org/rss'
    """
    text = text.strip()
    if text[:5].lower() == "feed:":
        text = text[5:]
        text = text if _SCHEME.match(text) else f"http://{text.lstrip('/')}"
    if len(text) > MAX_ADDRESS_CHARS:
        raise AddressError("the address is too long")
    if _BLANK.search(text):
        raise AddressError("the address contains blanks")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise AddressError("this is no address") from error
    if parts.scheme not in ("http", "https"):
        raise AddressError(f"only http and https, not {parts.scheme or 'an address without a scheme'}")
    if not host:
        raise AddressError("the address names no host")
    try:
        host = host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise AddressError("the host is no name") from error
    users, at, _ = parts.netloc.rpartition("@")
    named = f"[{host}]" if ":" in host else host
    place = f"{users}{at}{named}{'' if port is None else f':{port}'}"
    return urlunsplit((parts.scheme, place, parts.path or "/", parts.query, ""))


def redacted(address: str) -> str:
    """Return an address for logs: no user, no password, no values in the query.

    >>> redacted("https://me:secret@example.org/rss?token=1&page=2")
    'https://example.org/rss?token=…&page=…'
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        return "…"
    place = parts.netloc.rpartition("@")[2]
    query = "&".join(f"{pair.partition('=')[0]}=…" for pair in parts.query.split("&")) if parts.query else ""
    return urlunsplit((parts.scheme, place, parts.path, query, ""))


def public_address(address: str) -> str:
    """Return a feed's address for its posts: no user, no password, no parameter that looks like a token.

    >>> public_address("https://me:secret@example.org/rss?token=1&page=2")
    'https://example.org/rss?page=2'
    """
    parts = urlsplit(address)
    place = parts.netloc.rpartition("@")[2]
    pairs = parts.query.split("&") if parts.query else []
    kept = [pair for pair in pairs if not _SECRET_NAME.search(pair.partition("=")[0])]
    return urlunsplit((parts.scheme, place, parts.path, "&".join(kept), ""))


def clean_link(link: str) -> str:
    """Return an entry's link without fragment and without parameters that change from fetch to fetch.

    >>> clean_link("https://example.org/a?id=7&utm_source=rss&chksm=99#top")
    'https://example.org/a?id=7'
    """
    try:
        parts = urlsplit(link)
    except ValueError:
        return link
    if not parts.query:
        return urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))
    pairs = parts.query.split("&")
    kept = [pair for pair in pairs if not _is_tracking(pair.partition("=")[0])]
    return urlunsplit((parts.scheme, parts.netloc, parts.path, "&".join(kept), ""))


def _is_tracking(name: str) -> bool:
    return name.lower() in _TRACKING or name.lower().startswith("utm_")


def without_host(text: str) -> str:
    """Return a link or guid without scheme, `www.`, host and port; other guids as they are.

    Sites move from http to https and from one host to another, and their entries stay the same.

    >>> without_host("http://www.example.org/a?id=7"), without_host("tag:7")
    ('/a?id=7', 'tag:7')
    """
    if not text.startswith(("http://", "https://")):
        return text
    try:
        parts = urlsplit(clean_link(text))
    except ValueError:
        return text
    path = parts.path.rstrip("/")
    # The root of a site, or a number alone, is the same on too many hosts.
    if len(path) + len(parts.query) < MIN_ALT_CHARS:
        return f"{parts.netloc.removeprefix('www.')}{path}?{parts.query}"
    return urlunsplit(("", "", path, parts.query, ""))


def short_hash(text: str) -> str:
    """Return 10 hexadecimal digits that stand for a text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:10]
