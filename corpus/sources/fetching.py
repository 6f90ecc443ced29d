"""Fetching over HTTP, within bounds: conditional, redirects followed one by one, bytes and time limited.

Bytes are counted after decompression, so a small answer cannot fill the memory. Everything that goes wrong is
a `FetchError` whose text an operator can use.
"""

import asyncio
import email.utils
import re
import zlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, Self
from urllib.parse import urljoin, urlsplit

import httpcore
import httpx

from corpus.sources.addresses import AddressError, feed_address, redacted
from corpus.sources.network import (
    CheckedTransport,
    Place,
    PrivateAddressError,
    is_allowed,
    is_literally_private,
)

MAX_REDIRECTS: Final = 5
MAX_WAIT_SECONDS: Final = 86_400.0
"""A server may ask to be left alone for a day at most."""

CHUNK_BYTES: Final = 1 << 20
MAX_HEADER_CHARS: Final = 1_000
"""Validators longer than this are not kept."""

_MOVED_FOR_GOOD: Final = frozenset({301, 308})
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MAX_AGE: Final = re.compile(r"(?:^|[,\s])max-age=\"?(\d{1,9})", re.I)
_REASONS: Final = {
    400: "the server does not understand the request",
    401: "the site wants a password",
    402: "the site wants to be paid",
    403: "the site's bot protection refuses us, or it is closed to us",
    404: "there is nothing at this address any more",
    406: "the site does not give what we accept",
    410: "the site says that it is gone for good",
    429: "the site says that it is asked too often",
    451: "the site may not give it for legal reasons",
    503: "the site is not available, or its bot protection refuses us",
}
_ACCEPT: Final = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.5"
)


class FetchError(Exception):
    """An address could not be fetched.

    Attributes:
        reason: Why, for an operator; it never holds a secret.
        status: The status of the answer; 0: there was none.
        wait_seconds: How long the server asks to be left alone.
    """

    def __init__(self, reason: str, *, status: int = 0, wait_seconds: float = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.wait_seconds = wait_seconds


@dataclass(frozen=True, slots=True)
class FetchOptions:
    """Bounds and manners.

    Attributes:
        user_agent: How the program names itself.
        max_bytes: Most bytes of an answer, after decompression.
        seconds: Most seconds from the first connection to the last byte, redirects included.
        allowed: Places that may have private addresses.
        proxy: Address of the proxy; None: there is none.
    """

    user_agent: str = "Baotong"
    max_bytes: int = 10_000_000
    seconds: float = 30.0
    allowed: frozenset[Place] = frozenset()
    proxy: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What an address gave.

    Attributes:
        status: 200, or 304: nothing has changed.
        url: Where it came from in the end.
        moved_to: Where the address has moved for good; None: it has not.
        body: The bytes, uncompressed; whoever reads them last may empty them.
        content_type: The header of that name.
        etag: Validator for the next time, or empty.
        modified: The other one.
        max_age_seconds: How long the answer says it is fresh.
    """

    status: int
    url: str
    moved_to: str | None
    body: bytearray
    content_type: str
    etag: str = ""
    modified: str = ""
    max_age_seconds: float = 0


class Fetcher:
    """Fetches addresses; use as an asynchronous context manager."""

    def __init__(self, options: FetchOptions, *, now: Callable[[], datetime]) -> None:
        self._options = options
        self._now = now
        self._direct = self._client(CheckedTransport(options.allowed))
        self._proxied = (
            self._client(httpx.AsyncHTTPTransport(proxy=options.proxy)) if options.proxy is not None else None
        )

    def _client(self, transport: httpx.AsyncBaseTransport) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=transport,
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(self._options.seconds),
            headers={
                "User-Agent": self._options.user_agent,
                "Accept-Encoding": "gzip",
                "Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5",
            },
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        await self._direct.aclose()
        if self._proxied is not None:
            await self._proxied.aclose()

    async def fetch(
        self,
        url: str,
        *,
        etag: str = "",
        modified: str = "",
        proxied: bool | None = None,
        accept: str = _ACCEPT,
    ) -> Answer:
        """Fetch an address.

        Args:
            url: http or https.
            etag: Validator of the answer before, or empty.
            modified: The other one.
            proxied: Whether the proxy is used; None: it is if there is one.
            accept: Which types are wanted.

        Raises:
            FetchError: There is no answer, it is not a good one, or it goes beyond the bounds.
        """
        headers = {"Accept": accept}
        if etag:
            headers["If-None-Match"] = etag
        if modified:
            headers["If-Modified-Since"] = modified
        try:
            async with asyncio.timeout(self._options.seconds):
                return await self._follow(feed_address(url), headers, through=proxied is not False)
        except TimeoutError as error:
            raise FetchError(f"no whole answer within {self._options.seconds:g} s") from error
        except AddressError as error:
            raise FetchError(str(error)) from error
        except PrivateAddressError as error:
            raise FetchError(str(error)) from error
        except (httpx.TimeoutException, httpcore.TimeoutException) as error:
            raise FetchError(f"no answer within {self._options.seconds:g} s") from error
        except (httpx.ProxyError, httpcore.ProxyError) as error:
            raise FetchError(f"the proxy of FEED_PROXY_URL does not connect: {error}") from error
        except (httpx.ConnectError, httpcore.ConnectError) as error:
            raise FetchError(f"cannot be connected to: {_text(error)}") from error
        except (httpx.RemoteProtocolError, httpcore.RemoteProtocolError) as error:
            raise FetchError(f"the answer breaks off or is not HTTP: {_text(error)}") from error
        except (httpx.HTTPError, httpx.InvalidURL, httpcore.NetworkError, OSError, ValueError) as error:
            raise FetchError(_text(error)) from error

    async def _follow(self, url: str, headers: Mapping[str, str], *, through: bool) -> Answer:
        """Send the request, and again where a redirect leads."""
        client = self._proxied if self._proxied is not None and through else self._direct
        first = _place(url)
        moved_to: str | None = None
        for_good = True
        for _ in range(MAX_REDIRECTS + 1):
            self._check(url, first, proxied=client is self._proxied)
            async with _sent(client, url, headers) as response:
                if response.status_code not in _REDIRECTS:
                    return replace(await self._read(response, url), moved_to=moved_to)
                target = response.headers.get("Location", "")
                if not target:
                    raise FetchError("a redirect that leads nowhere", status=response.status_code)
                for_good = for_good and response.status_code in _MOVED_FOR_GOOD
            url = feed_address(urljoin(url, target))
            if for_good:
                moved_to = url
        raise FetchError(f"more than {MAX_REDIRECTS} redirects")

    def _check(self, url: str, first: Place, *, proxied: bool) -> None:
        """Refuse what the check at connect does not see.

        Raises:
            PrivateAddressError: A redirect leads to a private place that is allowed to others, or the address
                is private by its very name and a proxy would resolve it.
        """
        host, port = _place(url)
        allowed = is_allowed(host, port or 0, self._options.allowed)
        if allowed and (host, port) != first:
            raise PrivateAddressError(host)
        if proxied and not allowed and is_literally_private(host):
            raise PrivateAddressError(host)

    async def _read(self, response: httpx.Response, url: str) -> Answer:
        status = response.status_code
        if status == 304:
            return Answer(304, url, None, bytearray(), "", max_age_seconds=_max_age(response.headers))
        if status != 200:
            reason = _REASONS.get(status, "the server fails" if status >= 500 else "the server refuses")
            raise FetchError(
                f"{status}: {reason}", status=status, wait_seconds=_wait(response.headers, self._now())
            )
        return Answer(
            status=200,
            url=url,
            moved_to=None,
            body=await self._body(response),
            content_type=response.headers.get("Content-Type", ""),
            etag=_validator(response.headers.get("ETag", "")),
            modified=_validator(response.headers.get("Last-Modified", "")),
            max_age_seconds=_max_age(response.headers),
        )

    async def _body(self, response: httpx.Response) -> bytearray:
        """Read a body, uncompressed.

        Raises:
            FetchError: It is too large, breaks off, or is packed otherwise than was asked for.
        """
        encoding = response.headers.get("Content-Encoding", "").strip().lower()
        if encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise FetchError(f"packed as {encoding[:40]}, which was not asked for", status=200)
        unpacker = _Unpacker(packed=encoding not in ("", "identity"))
        body = bytearray()
        left = self._options.max_bytes
        async for chunk in response.aiter_raw(CHUNK_BYTES):
            for part in unpacker.pieces(chunk):
                left -= len(part)
                if left < 0:
                    raise FetchError(f"more than {self._options.max_bytes:,} bytes", status=200)
                body += part
        if unpacker.breaks_off:
            raise FetchError("the answer breaks off", status=200)
        return body


class _Unpacker:
    """Uncompresses an answer piece by piece; no piece is larger than CHUNK_BYTES."""

    def __init__(self, *, packed: bool) -> None:
        self._inflater = zlib.decompressobj(47) if packed else None
        self._begun = False

    def pieces(self, chunk: bytes) -> Iterator[bytes]:
        """Yield what a piece of the answer holds.

        Raises:
            FetchError: It is not packed as it says.
        """
        if self._inflater is None:
            yield chunk
            return
        self._begun = True
        while chunk:
            try:
                piece = self._inflater.decompress(chunk, CHUNK_BYTES)
            except zlib.error as error:
                raise FetchError("packed in a way that cannot be unpacked", status=200) from error
            chunk = self._inflater.unconsumed_tail
            if piece:
                yield piece
            elif self._inflater.eof:
                return

    @property
    def breaks_off(self) -> bool:
        """Whether the end is missing."""
        return self._begun and self._inflater is not None and not self._inflater.eof


@asynccontextmanager
async def _sent(
    client: httpx.AsyncClient, url: str, headers: Mapping[str, str]
) -> AsyncIterator[httpx.Response]:
    request = client.build_request("GET", url, headers=headers)
    response = await client.send(request, stream=True)
    try:
        yield response
    finally:
        await response.aclose()


def _place(url: str) -> Place:
    parts = urlsplit(url)
    return (parts.hostname or ""), parts.port or (443 if parts.scheme == "https" else 80)


def _validator(text: str) -> str:
    return text if len(text) <= MAX_HEADER_CHARS and text.isascii() and text.isprintable() else ""


def _max_age(headers: httpx.Headers) -> float:
    found = _MAX_AGE.search(headers.get("Cache-Control", ""))
    return min(float(found[1]), MAX_WAIT_SECONDS) if found else 0


def _wait(headers: httpx.Headers, now: datetime) -> float:
    """Return how long to wait, of a `Retry-After` in seconds or as a date; 0: nothing is said."""
    text = headers.get("Retry-After", "").strip()
    if text.isdecimal() and len(text) < 10:
        return min(float(text), MAX_WAIT_SECONDS)
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return 0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0), MAX_WAIT_SECONDS)


def _text(error: Exception) -> str:
    """Return the text of an error without the secrets of an address."""
    text = str(error) or type(error).__name__
    return re.sub(r"https?://[^\s'\"]{1,2000}", lambda found: redacted(found[0]), text)
