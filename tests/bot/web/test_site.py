"""The site over real HTTP: addresses, headers, validation, languages, floods, slow clients."""

import asyncio
import contextlib
import gzip
import socket
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from bot.web import article_page, connections
from bot.web.limits import MAX_LARGE, MAX_WAITING
from bot.web.options import SiteOptions
from bot.web.responses import Page
from corpus import Corpus, IndexUnavailableError
from tests.bot.web.sites import POSTS, article_id, parse, served

PAGES = [
    "/",
    "/search",
    "/search?q=望江大桥",
    "/latest",
    "/category",
    "/feed.xml",
    "/robots.txt",
    "/sitemap.xml",
]


def test_the_web_face_imports_no_telegram() -> None:
    code = "import bot.web.site, bot.web.server, bot.service.serving, sys; print('telegram' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "False\n"


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_answers_head_and_a_validator(tmp_path: Path, path: str) -> None:
    async with served(tmp_path) as (client, _):
        answer = await client.get(path)
        head = await client.head(path)
        again = await client.get(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert answer.status_code == head.status_code == 200
    assert head.content == b""
    assert head.headers["Content-Length"] == answer.headers.get(
        "Content-Length", head.headers["Content-Length"]
    )
    assert (again.status_code, again.content) == (304, b"")
    assert answer.headers["Vary"] == "Accept-Language, Accept-Encoding"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "set-cookie" not in answer.headers


async def test_a_validator_holds_until_the_archive_changes(tmp_path: Path) -> None:
    async with served(tmp_path, posts=dict(POSTS)) as (client, corpus):
        before = (await client.get("/latest")).headers["ETag"]
        (tmp_path / "posts" / "new.md").write_text("---\ntitle: 新桥\n---\n\n新桥通车。\n", encoding="utf-8")
        await asyncio.to_thread(corpus.update, workers=0)
        answer = await client.get("/latest", headers={"If-None-Match": before})
    assert answer.status_code == 200
    assert "新桥" in answer.text


async def test_pages_are_compressed_for_clients_that_take_it(tmp_path: Path) -> None:
    async with served(tmp_path) as (client, _):
        plain = await client.get("/", headers={"Accept-Encoding": "identity"})
        request = client.build_request("GET", "/", headers={"Accept-Encoding": "gzip"})
        answer = await client.send(request, stream=True)
        packed = b"".join([piece async for piece in answer.aiter_raw()])
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(packed) == plain.content


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "FOO"])
async def test_pages_can_only_be_opened(tmp_path: Path, method: str) -> None:
    async with served(tmp_path) as (client, _):
        answer = await client.request(method, "/latest")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    "path",
    [
        "/metrics",
        "/readyz",
        "/healthz",
        "/.env",
        "/templates/base.html",
        "/%2e%2e/etc/passwd",
        "/static/",
    ],
)
async def test_nothing_else_is_there(tmp_path: Path, path: str) -> None:
    async with served(tmp_path) as (client, _):
        answer = await client.get(path)
    assert answer.status_code == 404
    assert "没有这一页。" in answer.text


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/search?q=" + "长" * 1_001, 413, "请控制在1000个字以内"),
        ("/search?q=桥&category=" + "长" * 201, 413, "请控制在200个字以内"),
        ("/search?q=桥&since=明天的明天", 400, "看不懂日期“明天的明天”"),
        ("/search?q=桥&since=2022-02-01&until=2021-01-01", 400, "开始日期晚于结束日期"),
        ("/search?q=桥&page=0", 404, "没有这一页"),
        ("/search?q=桥&page=-1", 404, "没有这一页"),
        ("/search?q=桥&page=99999999999999999999", 404, "没有这一页"),
        ("/latest?page=5001", 404, "没有这一页"),
        ("/latest?page=2", 404, "没有这一页"),
        ("/latest?category=火星", 404, "没有叫“火星”的分类"),
        ("/category/nothing", 404, "没有这一页"),
    ],
)
async def test_what_cannot_be_answered_is_said_in_words(
    tmp_path: Path, path: str, status: int, words: str
) -> None:
    async with served(tmp_path) as (client, _):
        answer = await client.get(path)
    assert answer.status_code == status
    assert words in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("header", "path", "language", "words"),
    [
        ("zh-CN", "/", "zh-Hans", "提问"),
        ("zh-TW,zh;q=0.9", "/", "zh-Hant", "最新文章"),
        ("en-GB,en;q=0.8", "/", "en", "Ask"),
        ("en", "/?lang=zh-Hant", "zh-Hant", "報童"),
        ("en", "/?lang=nonsense", "en", "Ask"),
    ],
)
async def test_the_interface_speaks_the_readers_language(
    tmp_path: Path, header: str, path: str, language: str, words: str
) -> None:
    async with served(tmp_path) as (client, _):
        answer = await client.get(path, headers={"Accept-Language": header})
    assert parse(answer.text).get("lang") == language
    assert words in answer.text


async def test_links_keep_the_language_that_was_chosen(tmp_path: Path) -> None:
    async with served(tmp_path) as (client, _):
        tree = parse((await client.get("/latest?lang=en")).text)
    articles = [a.get("href") or "" for a in tree.iter("a") if (a.get("href") or "").startswith("/a/")]
    assert articles
    assert all("lang=en" in href for href in articles)


@pytest.mark.parametrize("prefix", ["", "/news"])
async def test_below_a_path_all_addresses_are_made_there(tmp_path: Path, prefix: str) -> None:
    """A reverse proxy may take the path off, or pass it on."""
    options = SiteOptions(public_url="https://example.org/news")
    async with served(tmp_path, options=options) as (client, corpus):
        answer = await client.get(f"{prefix}/a/{article_id(corpus, '半亩茶饮')}")
        tree = parse(answer.text)
        style = next(link.get("href") for link in tree.iter("link") if link.get("rel") == "stylesheet")
        assert (await client.get(style or "")).status_code == 200
    hrefs = {a.get("href") or "" for a in tree.iter("a")} - {"#main"}
    assert hrefs
    assert all(href.startswith("/news/") for href in hrefs)


async def test_an_operator_may_keep_search_engines_out(tmp_path: Path) -> None:
    options = SiteOptions(public_url="https://example.org", indexed=False)
    async with served(tmp_path, options=options) as (client, _):
        page, robots, sitemap = [await client.get(path) for path in ("/", "/robots.txt", "/sitemap.xml")]
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert robots.text == "User-agent: *\nDisallow: /\n"
    assert "<url>" not in sitemap.text


async def test_while_the_index_is_made_visitors_are_told_to_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise IndexUnavailableError("being made")

    async with served(tmp_path) as (client, _):
        monkeypatch.setattr(Corpus, "ask", fail)
        answer = await client.get("/search?q=望江大桥")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "文章正在整理" in answer.text


async def test_a_fault_is_logged_and_says_nothing_of_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("inner words")

    async with served(tmp_path) as (client, _):
        monkeypatch.setattr(Corpus, "latest", fail)
        answer = await client.get("/latest")
    assert answer.status_code == 500
    assert "inner words" not in answer.text
    assert "a web request failed" in caplog.text


async def test_whoever_calls_for_many_pages_leaves_threads_for_questions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    async with served(tmp_path) as (client, _):
        monkeypatch.setattr(Corpus, "article", lambda *_: go_on.wait(200) and None)
        calls = [asyncio.create_task(client.get(f"/a/{number:011}")) for number in range(MAX_WAITING + 30)]
        done, _rest = await asyncio.wait(calls, timeout=60, return_when=asyncio.FIRST_COMPLETED)
        assert {call.result().status_code for call in done} == {503}
        async with asyncio.timeout(60):
            assert await asyncio.to_thread(str, 1) == "1"
        go_on.set()
        answers = await asyncio.gather(*calls)
        assert {answer.status_code for answer in answers} == {404, 503}


async def test_whoever_never_reads_holds_a_page_for_a_bounded_time_and_in_a_bounded_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "WRITE_SECONDS", 4.0)
    huge = Page(b"x" * 9_000_000)
    monkeypatch.setattr(article_page, "article_page", lambda *_: huge)
    async with served(tmp_path) as (client, _):
        port = urlsplit(str(client.base_url)).port
        idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(MAX_LARGE + 3)]
        for number, connection in enumerate(idle):
            connection.sendall(f"GET /a/{number} HTTP/1.0\r\n\r\n".encode())
        heads = dict.fromkeys(idle, b"")
        async with asyncio.timeout(60):
            while not all(heads.values()):
                await asyncio.sleep(0.05)
                for connection in idle:
                    connection.setblocking(False)
                    with contextlib.suppress(BlockingIOError):
                        heads[connection] = connection.recv(40, socket.MSG_PEEK)
        assert sum(b" 503 " in head for head in heads.values()) == 3
        assert (await client.get("/latest")).status_code == 200
        async with asyncio.timeout(60):
            status = 0
            while status != 200:
                await asyncio.sleep(0.2)
                async with client.stream("GET", "/a/1") as answer:
                    status = answer.status_code
        for connection in idle:
            connection.close()


async def test_two_hundred_visitors_at_once_are_all_answered(tmp_path: Path) -> None:
    async with served(tmp_path) as (client, corpus):
        path = f"/a/{article_id(corpus, '半亩茶饮')}"
        answers = await asyncio.gather(*(client.get(path) for _ in range(200)))
    assert {answer.status_code for answer in answers} <= {200, 503}
    assert sum(answer.status_code == 200 for answer in answers) >= MAX_WAITING


async def test_a_page_of_another_host_is_not_served_by_name(tmp_path: Path) -> None:
    """No address on a page is made from the Host header, which a stranger writes."""
    async with served(tmp_path) as (client, _):
        answer = await client.get("/", headers={"Host": "evil.example.com"})
    assert "evil" not in answer.text


async def test_requests_that_are_no_http_get_nothing_but_a_status(tmp_path: Path) -> None:
    junk = [
        b"\x16\x03\x01\r\n\r\n",
        b"GET /\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 4_000 + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"x" * 100_000 + b"\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
        b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n",
        b"GET //a/ HTTP/1.0\r\nHost: x\r\n\r\n",
    ]
    async with served(tmp_path) as (client, _):
        port = urlsplit(str(client.base_url)).port
        for request in junk:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request)
            with contextlib.suppress(ConnectionError):
                try:
                    answer = await asyncio.wait_for(reader.read(), 60)
                except TimeoutError:
                    pytest.fail(f"kept open after {request[:60]!r}")
                assert answer == b"" or answer[:10] in {b"HTTP/1.1 4", b"HTTP/1.1 5"}, request[:60]
            writer.close()
        assert (await client.get("/")).status_code == 200


async def test_a_body_smuggled_behind_a_length_is_no_second_request(tmp_path: Path) -> None:
    async with served(tmp_path) as (client, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(str(client.base_url)).port)
        writer.write(
            b"POST /latest HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"0\r\n\r\nGET /category HTTP/1.1\r\nHost: x\r\n\r\n"
        )
        answer = await asyncio.wait_for(reader.read(100_000), 60)
        writer.close()
    assert b" 200 OK" not in answer


@pytest.mark.parametrize(
    ("options", "ancestors"),
    [
        (SiteOptions(bot="baotong_bot", public_url="https://news.example.org"), "telegram"),
        (SiteOptions(bot="baotong_bot", public_url="http://news.example.org"), "'none'"),
        (SiteOptions(public_url="https://news.example.org"), "'none'"),
    ],
)
async def test_only_telegram_may_frame_pages_and_only_those_its_menu_button_leads_to(
    tmp_path: Path, options: SiteOptions, ancestors: str
) -> None:
    async with served(tmp_path, options=options) as (client, corpus):
        article = f"/a/{article_id(corpus, '望江大桥')}"
        paths = ["/", "/search?q=大桥", "/latest", "/category", "/trend?q=大桥", article, "/a/none"]
        pages = {path: framing(await client.get(path)) for path in paths}
        files = ["/api/latest", "/feed.xml", "/robots.txt", "/favicon.svg", "/opensearch.xml"]
        others = {path: framing(await client.get(path)) for path in files}
    assert set(others.values()) == {"'none'"}
    [found] = set(pages.values())
    if ancestors == "telegram":
        hosts = [urlsplit(one).hostname or "" for one in found.split()]
        assert all(host.endswith(".telegram.org") for host in hosts)
        assert hosts[0] == "web.telegram.org"
    else:
        assert found == ancestors


def framing(answer: httpx.Response) -> str:
    """Who may frame what an answer holds."""
    return answer.headers["Content-Security-Policy"].partition("frame-ancestors ")[2]


async def test_a_validator_leaves_the_policy_of_the_page_that_a_browser_has(tmp_path: Path) -> None:
    async with served(tmp_path) as (client, corpus):
        path = f"/a/{article_id(corpus, '望江大桥')}"
        first = await client.get(path)
        again = await client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert "Content-Security-Policy" not in again.headers
