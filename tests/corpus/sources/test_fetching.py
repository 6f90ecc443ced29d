import asyncio
import gzip
import resource
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from corpus.sources.fetching import Answer, Fetcher, FetchError, FetchOptions
from tests.corpus.sources.feed_server import FeedServer, Page, bomb, endless, endless_head, hanging, slow

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
BODY = "<rss><channel><title>城南日报</title></channel></rss>".encode()


@pytest.fixture(scope="module")
def server() -> Iterator[FeedServer]:
    with FeedServer() as running:
        yield running


@pytest.fixture
def options(server: FeedServer) -> FetchOptions:
    return FetchOptions(seconds=5, allowed=frozenset({("127.0.0.1", server.port)}))


def fetch(options: FetchOptions, url: str, **values: str) -> Answer:
    async def once() -> Answer:
        async with Fetcher(options, now=lambda: NOW) as fetcher:
            return await fetcher.fetch(url, **values)  # type: ignore[arg-type]

    return asyncio.run(once())


def failure(options: FetchOptions, url: str) -> FetchError:
    with pytest.raises(FetchError) as error:
        fetch(options, url)
    return error.value


@pytest.mark.parametrize(
    "page",
    [
        Page(BODY),
        Page(BODY, packed=True),
        Page(BODY * 20, chunked=True),
        Page(BODY * 20, chunked=True, packed=True),
        Page(gzip.compress(BODY)[:], headers={"Content-Encoding": "x-gzip"}),
    ],
    ids=["plain", "gzip", "chunked", "both", "x-gzip"],
)
def test_bodies_are_read_however_they_are_sent(server: FeedServer, options: FetchOptions, page: Page) -> None:
    server.pages["/rss"] = page
    assert fetch(options, server.url("/rss")).body.startswith(BODY)


def test_validators_are_sent_back_and_304_has_no_body(server: FeedServer, options: FetchOptions) -> None:
    server.pages["/etag"] = Page(BODY, etag='W/"1"', headers={"Cache-Control": "public, max-age=600"})
    first = fetch(options, server.url("/etag"))
    assert (first.etag, first.max_age_seconds) == ('W/"1"', 600)
    assert fetch(options, server.url("/etag"), etag=first.etag).status == 304
    server.pages["/modified"] = Page(BODY, modified="Mon, 30 Nov 2026 06:00:00 GMT")
    first = fetch(options, server.url("/modified"))
    again = fetch(options, server.url("/modified"), modified=first.modified)
    assert (again.status, bytes(again.body)) == (304, b"")
    assert server.seen("/modified")[-1]["if-modified-since"] == first.modified
    assert server.seen("/modified")[-1]["accept-encoding"] == "gzip"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed_and_told_when_they_are_for_good(
    server: FeedServer, options: FetchOptions, status: int
) -> None:
    server.pages["/new"] = Page(BODY)
    server.pages["/old"] = Page(status=status, headers={"Location": "/new"})
    answer = fetch(options, server.url("/old"))
    assert (answer.url, bytes(answer.body)) == (server.url("/new"), BODY)
    assert answer.moved_to == (server.url("/new") if status in (301, 308) else None)


def test_a_move_ends_where_the_first_passing_redirect_begins(
    server: FeedServer, options: FetchOptions
) -> None:
    server.pages["/c"] = Page(BODY)
    server.pages["/b"] = Page(status=302, headers={"Location": "/c"})
    server.pages["/a"] = Page(status=301, headers={"Location": "/b"})
    assert fetch(options, server.url("/a")).moved_to == server.url("/b")


def test_loops_and_long_chains_end(server: FeedServer, options: FetchOptions) -> None:
    server.pages["/loop"] = Page(status=301, headers={"Location": "/loop"})
    assert "redirects" in failure(options, server.url("/loop")).reason
    for number in range(5):
        server.pages[f"/chain{number}"] = Page(status=302, headers={"Location": f"/chain{number + 1}"})
    server.pages["/chain5"] = Page(BODY)
    assert fetch(options, server.url("/chain0")).body == BODY


@pytest.mark.parametrize("target", ["file:///etc/passwd", "gopher://x.test/", "javascript:alert(1)", ""])
def test_redirects_lead_to_the_web_only(server: FeedServer, options: FetchOptions, target: str) -> None:
    server.pages["/away"] = Page(status=302, headers={"Location": target})
    assert failure(options, server.url("/away")).reason


def test_private_addresses_are_refused(server: FeedServer, options: FetchOptions) -> None:
    before = len(server.requests)
    strict = replace(options, allowed=frozenset())
    for host in ("127.0.0.1", "localhost", "[::1]", "0x7f000001", "127.1", "[::ffff:127.0.0.1]", "0.0.0.0"):
        reason = failure(strict, f"http://{host}:{server.port}/rss").reason
        assert "private address" in reason or "resolved" in reason
    assert len(server.requests) == before


def test_a_redirect_to_a_private_address_is_refused(server: FeedServer, options: FetchOptions) -> None:
    for target in (server.url("/rss", host="127.0.0.2"), server.url("/rss", host="localhost")):
        server.pages["/inside"] = Page(status=302, headers={"Location": target})
        assert "private address" in failure(options, server.url("/inside")).reason


def test_what_is_allowed_to_one_feed_is_no_target_for_the_redirects_of_others(
    server: FeedServer, options: FetchOptions
) -> None:
    with FeedServer() as other:
        other.pages["/rss"] = Page(BODY)
        server.pages["/there"] = Page(status=302, headers={"Location": other.url("/rss")})
        both = replace(options, allowed=options.allowed | {("127.0.0.1", other.port)})
        assert fetch(both, other.url("/rss")).body == BODY
        assert "private address" in failure(both, server.url("/there")).reason


def test_a_name_that_changes_its_address_is_checked_where_it_is_connected_to(
    server: FeedServer, options: FetchOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first answer is public, every later one private: only what was checked is connected to."""
    answers = iter(["203.0.113.1", "127.0.0.1", "127.0.0.1"])
    asked: list[str] = []

    async def resolve(_: object, host: str, port: int, **__: object) -> list[tuple[object, ...]]:
        asked.append(host)
        return [(2, 1, 6, "", (next(answers), port))]

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", resolve)
    strict = replace(options, allowed=frozenset(), seconds=0.5)
    before = len(server.requests)
    failure(strict, f"http://rebind.test:{server.port}/rss")  # 203.0.113.1 answers nothing
    assert "private address" in failure(strict, f"http://rebind.test:{server.port}/rss").reason
    assert len(server.requests) == before
    assert asked == ["rebind.test", "rebind.test"]


@pytest.mark.parametrize("status", [401, 403, 404, 410, 429, 500, 503])
def test_refusals_are_told_by_name(server: FeedServer, options: FetchOptions, status: int) -> None:
    server.pages["/no"] = Page(b"<html>", status=status)
    error = failure(options, server.url("/no"))
    assert error.status == status
    assert error.reason.startswith(f"{status}: ")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        ("999999", 86_400),
        (format_datetime(NOW + timedelta(hours=1), usegmt=True), 3_600),
        (format_datetime(NOW - timedelta(hours=1), usegmt=True), 0),
        ("soon", 0),
    ],
)
def test_a_server_may_ask_to_wait(
    server: FeedServer, options: FetchOptions, header: str, seconds: float
) -> None:
    server.pages["/later"] = Page(status=429, headers={"Retry-After": header})
    assert failure(options, server.url("/later")).wait_seconds == seconds


@pytest.mark.parametrize(
    "page",
    [
        Page(BODY, cut=50),
        Page(BODY * 20, chunked=True, cut=1),
        Page(gzip.compress(BODY * 50)[:-20], headers={"Content-Encoding": "gzip"}),
        Page(BODY, headers={"Content-Encoding": "gzip"}),
        Page(BODY, headers={"Content-Encoding": "br"}),
    ],
    ids=["too short", "chunks", "gzip cut off", "not gzip at all", "not asked for"],
)
def test_half_answers_are_failures(server: FeedServer, options: FetchOptions, page: Page) -> None:
    server.pages["/half"] = page
    assert failure(options, server.url("/half")).reason


async def _garbage() -> AsyncIterator[bytes]:
    yield b"SSH-2.0-OpenSSH_9\r\n\r\n"


def test_bombs_and_slow_and_endless_answers_cost_little(server: FeedServer) -> None:
    server.pages |= {
        "/hang": hanging, "/slow": slow, "/endless": endless, "/head": endless_head,
        "/bomb": bomb(300), "/garbage": _garbage, "/good": Page(BODY),
    }  # fmt: skip
    options = FetchOptions(seconds=2, allowed=frozenset({("127.0.0.1", server.port)}))

    async def all_at_once() -> list[Answer | BaseException]:
        async with Fetcher(options, now=lambda: NOW) as fetcher:
            paths = ["/hang", "/slow", "/endless", "/head", "/bomb", "/garbage", "/good"]
            return await asyncio.gather(
                *(fetcher.fetch(server.url(path)) for path in paths), return_exceptions=True
            )

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.monotonic()
    *bad, good = asyncio.run(all_at_once())
    assert time.monotonic() - started < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000
    assert all(isinstance(one, FetchError) for one in bad)
    assert isinstance(good, Answer)


def test_a_proxy_is_asked_where_one_is_set(server: FeedServer, options: FetchOptions) -> None:
    server.pages["http://news.test/rss"] = Page(BODY)
    proxied = replace(options, proxy=server.url(""))
    assert fetch(proxied, "http://news.test/rss").body == BODY
    assert "private address" in failure(proxied, "http://10.0.0.1/rss").reason
    assert "private address" in failure(proxied, "http://localhost:1/rss").reason
    server.pages["/direct"] = Page(BODY)
    assert fetch(proxied, server.url("/direct"), proxied=False).body == BODY  # type: ignore[arg-type]


def test_reasons_hold_no_secret() -> None:
    error = failure(FetchOptions(seconds=1), "http://user:geheim@127.0.0.1:1/rss?token=geheim")
    assert "geheim" not in error.reason
