"""A feed server on loopback, good and bad: what it answers is set by the test, each request is noted.

with FeedServer() as server:
    server.pages["/rss"] = Page(b"<rss>…")
    url = server.url("/rss")
"""

import asyncio
import gzip
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

FEED = "application/rss+xml"


@dataclass
class Page:
    """What a path answers.

    Attributes:
        chunked: Send the body in chunks.
        cut: Announce this many bytes more than are sent, then close.
        packed: Compress the body.
        validators: Answer 304 to a request with the right validator.
        changing_etag: Send another ETag each time.
    """

    body: bytes = b""
    status: int = 200
    content_type: str = FEED
    headers: dict[str, str] = field(default_factory=dict)
    etag: str = ""
    modified: str = ""
    chunked: bool = False
    cut: int = 0
    packed: bool = False
    changing_etag: bool = False
    delay: float = 0


Stream = Callable[[], AsyncIterator[bytes]]


class FeedServer:
    """The server, in a thread of its own; use as a context manager.

    Attributes:
        pages: What each path answers; a path that is missing gives 404. A `Stream` writes raw bytes.
        requests: Path and headers of each request, in order.
        busiest: The most requests that were answered at one time.
        busiest_of: The same for each host by whose name the server was asked.
    """

    def __init__(self, host: str = "127.0.0.1") -> None:
        self._host = host
        self.pages: dict[str, Page | Stream] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.port = 0
        self.busiest = 0
        self.busiest_of: dict[str, int] = {}
        self._busy = Counter[str]()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def url(self, path: str, *, host: str | None = None) -> str:
        return f"http://{host or self._host}:{self.port}{path}"

    def seen(self, path: str) -> list[dict[str, str]]:
        """Headers of the requests for a path."""
        return [headers for one, headers in self.requests if one == path]

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(60)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, self._host, 0, backlog=512))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0.05))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await self._head(reader):
                path, headers = head
                self.requests.append((path, headers))
                host = headers.get("host", "")
                self._busy[host] += 1
                self.busiest = max(self.busiest, self._busy.total())
                self.busiest_of[host] = max(self.busiest_of.get(host, 0), self._busy[host])
                try:
                    if not await self._answer(path, headers, writer):
                        break
                finally:
                    self._busy[host] -= 1
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _head(self, reader: asyncio.StreamReader) -> tuple[str, dict[str, str]] | None:
        try:
            raw = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return None
        first, *lines = raw.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines if line)
        return first.split(" ")[1], {name.lower(): value.strip() for name, _, value in pairs}

    async def _answer(self, path: str, headers: dict[str, str], writer: asyncio.StreamWriter) -> bool:
        page = self.pages.get(path) or self.pages.get(path.partition("?")[0]) or Page(b"", status=404)
        if not isinstance(page, Page):
            async for part in page():
                writer.write(part)
                await writer.drain()
            return False
        if page.delay:
            await asyncio.sleep(page.delay)
        etag = f'"{time.monotonic_ns()}"' if page.changing_etag else page.etag
        fresh = (page.etag and headers.get("if-none-match") == page.etag) or (
            page.modified and headers.get("if-modified-since") == page.modified
        )
        status = 304 if fresh else page.status
        body = b"" if fresh else page.body
        sent = {"Content-Type": page.content_type, **page.headers}
        if etag:
            sent["ETag"] = etag
        if page.modified:
            sent["Last-Modified"] = page.modified
        if page.packed and body:
            body, sent["Content-Encoding"] = gzip.compress(body), "gzip"
        if page.chunked:
            sent["Transfer-Encoding"] = "chunked"
            pieces = [body[start : start + 100] for start in range(0, len(body), 100)]
            body = b"".join(f"{len(one):x}\r\n".encode() + one + b"\r\n" for one in pieces)
            body += b"" if page.cut else b"0\r\n\r\n"
        else:
            sent["Content-Length"] = str(len(body) + page.cut)
        head = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
        writer.write(f"HTTP/1.1 {status} x\r\n{head}\r\n".encode() + body)
        await writer.drain()
        return not page.cut


async def hanging() -> AsyncIterator[bytes]:
    """Accepts and never says a word."""
    await asyncio.sleep(3_600)
    yield b""


async def slow() -> AsyncIterator[bytes]:
    """One byte at a time."""
    yield b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n"
    while True:
        yield b"<"
        await asyncio.sleep(0.2)


async def endless() -> AsyncIterator[bytes]:
    """Entries without an end, as fast as they are read."""
    yield b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n<rss><channel>"
    item = b"<item><title>again and again</title></item>" * 1_000
    while True:
        yield item
        await asyncio.sleep(0)


async def endless_head() -> AsyncIterator[bytes]:
    """Headers without an end."""
    yield b"HTTP/1.1 200 OK\r\n"
    while True:
        yield b"X-Again: and again\r\n" * 1_000
        await asyncio.sleep(0)


def bomb(megabytes: int = 1_000) -> Stream:
    """A gzip of a few hundred kilobytes that unpacks to so many megabytes."""
    import zlib

    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    blank = b" " * 1_000_000
    packed = b"".join([*(packer.compress(blank) for _ in range(megabytes)), packer.flush()])

    async def send() -> AsyncIterator[bytes]:
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"
        yield head.encode() + packed

    return send


def bad_pages(*, megabytes: int = 1_000) -> dict[str, Page | Stream]:
    """The 22 addresses of a bad server.

    Args:
        megabytes: Size of the bomb when it is unpacked.
    """
    good = b"<rss version='2.0'><channel><title>x</title><item><title>y</title></item></channel></rss>"
    return {
        "/bomb": bomb(megabytes),
        "/endless": endless,
        "/endless-head": endless_head,
        "/hanging": hanging,
        "/slow": slow,
        "/late": Page(good, delay=60),
        "/cut": Page(good, cut=9),
        "/cut-chunks": Page(good, chunked=True, cut=1),
        "/broken-gzip": Page(b"\x1f\x8b broken", headers={"Content-Encoding": "gzip"}),
        "/brotli": Page(good, headers={"Content-Encoding": "br"}),
        "/empty": Page(b""),
        "/page": Page(b"<html><body>no feed</body></html>", content_type="text/html"),
        "/json": Page(b'{"error": "no such feed"}', content_type="application/json"),
        "/half": Page(good[: len(good) // 2]),
        "/binary": Page(bytes(range(256)) * 100),
        "/large": Page(b"<rss><channel>" + b"<item/>" * 3_000_000),
        "/loop": Page(status=302, headers={"Location": "/loop"}),
        "/file": Page(status=302, headers={"Location": "file:///etc/passwd"}),
        "/private": Page(status=301, headers={"Location": "http://10.0.0.1/"}),
        "/401": Page(status=401),
        "/429": Page(status=429, headers={"Retry-After": "3600"}),
        "/503": Page(status=503),
    }
