"""What is sent back: pages with their headers, compressed, remembered and validated by ETag."""

import base64
import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from threading import Lock

from bot.web.options import SiteOptions

HTML = "text/html; charset=utf-8"
JSON = "application/json; charset=utf-8"
SVG = "image/svg+xml; charset=utf-8"
ATOM = "application/atom+xml; charset=utf-8"
XML = "application/xml; charset=utf-8"
TEXT = "text/plain; charset=utf-8"

MIN_COMPRESSED_BYTES = 1_000
COMPRESSION_LEVEL = 5

MAX_REMEMBERED_BYTES = 16_000_000
"""Size of all bodies that are remembered."""

MAX_REMEMBERED_BODY_BYTES = 500_000


@dataclass(frozen=True, slots=True)
class Page:
    """A response before compression.

    Attributes:
        max_age: How many seconds browsers may show it without asking again.
        headers: Further headers.
    """

    body: bytes
    type: str = HTML
    status: HTTPStatus = HTTPStatus.OK
    max_age: int = 60
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Encoded:
    """A response as it is sent."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


TELEGRAM_WEB = (
    "https://web.telegram.org",
    "https://weba.telegram.org",
    "https://webk.telegram.org",
    "https://webz.telegram.org",
)
"""Where Telegram's two clients for browsers are. The first is where they send people; sessions that began at
the others stay there."""


def security_policy(options: SiteOptions, style: str = "", *, is_page: bool = True) -> str:
    """Return the Content-Security-Policy: nothing but our own style, and pictures if wanted.

    No other site may frame anything. Telegram's clients for browsers may frame pages that a bot's menu button
    leads to.

    Args:
        options: How the site is set up.
        style: Content of the page's `<style>`; empty: it has none.
        is_page: Whether it is a page for people.
    """
    pictures = "'self' data: https: http:" if options.images else "'self' data:"
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    own = f" 'sha256-{digest}'" if style else ""
    ancestors = " ".join(TELEGRAM_WEB) if is_page and options.is_framed else "'none'"
    return (
        f"default-src 'none'; style-src 'self'{own}; img-src {pictures}; form-action 'self'; "
        f"base-uri 'none'; frame-ancestors {ancestors}"
    )


def common_headers(options: SiteOptions) -> dict[str, str]:
    """Return the headers that every response has."""
    headers = {
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }
    return headers if options.indexed else {**headers, "X-Robots-Tag": "noindex"}


def encode(page: Page, options: SiteOptions, *, etag: str | None, gzipped: bool) -> Encoded:
    """Compress a page and add its headers.

    Args:
        page: The page.
        options: How the site is set up.
        etag: Its entity tag; None: it must not be stored.
        gzipped: Whether the client takes gzip.
    """
    body = page.body
    policy = security_policy(options, is_page=page.type == HTML)
    own = {"Content-Type": page.type, "Content-Security-Policy": policy}
    headers = {**own, **common_headers(options), **page.headers}
    headers["Vary"] = "Accept-Language, Accept-Encoding"
    if gzipped and len(body) >= MIN_COMPRESSED_BYTES:
        body = gzip.compress(body, COMPRESSION_LEVEL, mtime=0)
        headers["Content-Encoding"] = "gzip"
    headers["Content-Length"] = str(len(body))
    if etag is None:
        headers["Cache-Control"] = "no-store"
    else:
        headers["ETag"] = etag
        headers["Cache-Control"] = f"public, max-age={page.max_age}"
    return Encoded(page.status, tuple(headers.items()), body)


def not_modified(options: SiteOptions, etag: str) -> Encoded:
    """Return the response for a client that has the page already.

    Browsers put its headers in the place of those they have: the policy, which may name a page's own style,
    stays as it was.
    """
    headers = {**common_headers(options), "ETag": etag, "Vary": "Accept-Language, Accept-Encoding"}
    headers["Cache-Control"] = "public, max-age=60"
    return Encoded(HTTPStatus.NOT_MODIFIED, tuple(headers.items()), b"")


def entity_tag(*parts: object) -> str:
    """Return a weak entity tag made from all that a page depends on.

    >>> entity_tag(1, "/latest") == entity_tag(1, "/latest"), entity_tag(1, "x") == entity_tag(2, "x")
    (True, False)
    """
    return f'W/"{hashlib.blake2b(repr(parts).encode("utf-8", "replace"), digest_size=12).hexdigest()}"'


def matches(header: str, etag: str) -> bool:
    """Say whether an If-None-Match header names an entity tag."""
    return header.strip() == "*" or etag in (word.strip() for word in header.split(","))


class Memory:
    """The last responses by entity tag, within MAX_REMEMBERED_BYTES. Thread-safe."""

    def __init__(self, limit: int = MAX_REMEMBERED_BYTES) -> None:
        self._limit = limit
        self._size = 0
        self._kept: OrderedDict[tuple[str, bool], Encoded] = OrderedDict()
        self._lock = Lock()

    def get(self, etag: str, *, gzipped: bool) -> Encoded | None:
        """Return a remembered response."""
        with self._lock:
            found = self._kept.get((etag, gzipped))
            if found is not None:
                self._kept.move_to_end((etag, gzipped))
            return found

    def put(self, etag: str, encoded: Encoded, *, gzipped: bool) -> None:
        """Remember a response, unless it is big; the oldest ones are forgotten."""
        if len(encoded.body) > MAX_REMEMBERED_BODY_BYTES:
            return
        with self._lock:
            if (etag, gzipped) not in self._kept:
                self._kept[etag, gzipped] = encoded
                self._size += len(encoded.body)
            while self._size > self._limit:
                _, oldest = self._kept.popitem(last=False)
                self._size -= len(oldest.body)
