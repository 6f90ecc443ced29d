"""Reader pages: over real HTTP, and read as a browser would."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

import html5lib
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.service import connections
from bot.service.servers import PageServer
from bot.settings import Settings
from bot.web import article_page
from bot.web.article_page import MAX_UNSENT, MAX_WAITING, page, routes
from corpus import Article, ArticleText, BlockKind, Corpus, CorpusOptions, Paragraph
from tests.bot.service.test_servers import status_before_body

ZONE = ZoneInfo("Asia/Shanghai")
POST = """
---
title: '<b>桥</b> & “通车”'
categories:
 - 新闻
author: 晚报
date: Thu, 30 Dec 2021 06:52:50 GMT
---

<div>
<p>第一段&lt;script&gt;alert(1)&lt;/script&gt;。</p>
<h2>小标题</h2>
<p>第二段。</p>
</div>
"""


@asynccontextmanager
async def served(tmp_path: Path) -> AsyncIterator[tuple[str, Corpus]]:
    folder = tmp_path / "posts"
    folder.mkdir()
    (folder / "a.md").write_text(POST, encoding="utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with Corpus.open(CorpusOptions(folder, tmp_path / "data")) as corpus:
        await asyncio.to_thread(corpus.update)
        server = PageServer(routes(corpus, ZONE), host="127.0.0.1", port=port)
        server.start()
        try:
            yield f"http://127.0.0.1:{port}", corpus
        finally:
            await server.stop()


def shown(tree: Element, path: str) -> str:
    element = tree.find(path)
    assert element is not None
    return "".join(element.itertext())


async def test_an_article_is_a_plain_page_with_its_passages_as_sections(tmp_path: Path) -> None:
    async with served(tmp_path) as (base, corpus), httpx.AsyncClient() as client:
        article = corpus.latest().articles[0]
        answer = await client.get(f"{base}/a/{article.id}")
        assert answer.status_code == 200
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        tree = html5lib.parse(answer.text, namespaceHTMLElements=False)
        assert shown(tree, ".//h1") == article.title
        assert "<script>alert(1)" in shown(tree, ".//section[@id='p0']")
        assert tree.find(".//script") is None
        assert "2021年12月30日" in shown(tree, ".//p[@class='about']")


@pytest.mark.parametrize("path", ["/", "/a/", "/a/00000000000", "/a/../../etc/passwd", "/a/%00", "/metrics"])
async def test_anything_else_is_not_found(tmp_path: Path, path: str) -> None:
    async with served(tmp_path) as (base, _), httpx.AsyncClient() as client:
        assert (await client.get(base + path)).status_code == 404


async def test_whoever_calls_for_many_pages_leaves_threads_for_questions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    monkeypatch.setattr(Corpus, "article", lambda *_: go_on.wait(30) and None)
    client = httpx.AsyncClient(trust_env=False, limits=httpx.Limits(max_connections=None), timeout=30)
    async with served(tmp_path) as (base, _), client:
        calls = [asyncio.create_task(client.get(f"{base}/a/{'x' * 11}")) for _ in range(MAX_WAITING + 30)]
        done, _ = await asyncio.wait(calls, timeout=5, return_when=asyncio.FIRST_COMPLETED)
        assert {call.result().status_code for call in done} == {503}
        async with asyncio.timeout(5):
            assert await asyncio.to_thread(str, 1) == "1"
        go_on.set()
        answers = await asyncio.gather(*calls)
        assert {answer.status_code for answer in answers} == {404, 503}


async def test_whoever_never_reads_holds_a_page_for_a_bounded_time_and_in_a_bounded_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "WRITE_SECONDS", 2.0)
    monkeypatch.setattr(article_page, "page", lambda *_: "长" * 3_000_000)
    rendered: list[str] = []
    find = Corpus.article

    def article(corpus: Corpus, article_id: str) -> ArticleText | None:
        rendered.append(article_id)
        return find(corpus, article_id)

    monkeypatch.setattr(Corpus, "article", article)
    async with served(tmp_path) as (base, corpus):
        port, request = urlsplit(base).port, f"GET /a/{corpus.latest().articles[0].id} HTTP/1.0\r\n\r\n"
        idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(MAX_UNSENT + 3)]
        for connection in idle:
            connection.sendall(request.encode())
        await asyncio.sleep(1.5)
        assert len(rendered) == MAX_UNSENT
        await asyncio.sleep(2)
        assert len(rendered) == MAX_UNSENT + 3
        idle[0].settimeout(2)

        def read_all(connection: socket.socket) -> int:
            return sum(len(piece) for piece in iter(lambda: connection.recv(1 << 20), b""))

        with contextlib.suppress(ConnectionResetError):
            assert await asyncio.to_thread(read_all, idle[0]) < 9_000_000
        for connection in idle:
            connection.close()


def test_a_private_archive_has_no_pages() -> None:
    public = Settings.model_construct(public_url="https://read.example.org")
    private = Settings.model_construct(public_url="https://read.example.org", allowed_ids=frozenset({1}))
    assert public.serves_pages
    assert not private.serves_pages
    assert not Settings.model_construct().serves_pages


def test_items_of_one_list_stand_in_one_list_and_rows_in_one_table() -> None:
    item, text, row = BlockKind.LIST_ITEM, BlockKind.TEXT, BlockKind.ROW
    items = (("前", text), ("甲", item), ("乙", item), ("后", text), ("丙", item))
    blocks = (*items, ("线路 | 首班", row), ("11路 | 5:50 <b>", row))
    paragraphs = tuple(Paragraph(words, kind) for words, kind in blocks)
    article = Article("A" * 11, "a.md", "单", None, None, None, ())
    tree = html5lib.parse(page(ArticleText(article, paragraphs, (0,)), ZONE), namespaceHTMLElements=False)
    lists = [[shown(found, ".") for found in each.findall("li")] for each in tree.findall(".//ul")]
    assert lists == [["甲", "乙"], ["丙"]]
    [table] = [[shown(cell, ".") for cell in each.iter("td")] for each in tree.findall(".//table")]
    assert table == ["线路", "首班", "11路", "5:50 <b>"]


@given(
    st.text(),
    st.lists(st.tuples(st.text(min_size=1), st.sampled_from(list(BlockKind))), min_size=1, max_size=6),
    st.data(),
)
def test_a_page_shows_every_text_literally_and_has_every_anchor(
    title: str, blocks: list[tuple[str, BlockKind]], data: st.DataObject
) -> None:
    starts = sorted(data.draw(st.lists(st.integers(0, len(blocks) - 1), max_size=4)))
    article = Article("A" * 11, "a.md", title, None, None, None, ())
    paragraphs = tuple(Paragraph(text, kind) for text, kind in blocks)
    text = ArticleText(article, paragraphs, (0, *starts))
    tree = html5lib.parse(page(text, ZONE), namespaceHTMLElements=False)
    assert {element.tag for element in tree.iter() if isinstance(element.tag, str)} <= {
        *("html", "head", "meta", "title", "style", "body", "article", "h1", "h2", "p", "section"),
        *("blockquote", "pre", "a", "ul", "li", "table", "tbody", "tr", "td"),
    }
    anchors = {element.get("id") for element in tree.iter() if element.get("id")}
    assert anchors == {f"p{ordinal}" for ordinal in range(len(starts) + 1)}


async def test_a_request_for_a_page_with_a_body_is_refused_before_it_has_come(tmp_path: Path) -> None:
    async with served(tmp_path) as (root, corpus), httpx.AsyncClient(trust_env=False) as client:
        [article] = corpus.latest().articles
        path, port = f"/a/{article.id}", urlsplit(root).port or 0
        assert await status_before_body(port, path, "Content-Length: 900000") == 413
        assert await status_before_body(port, path, "Transfer-Encoding: chunked") == 413
        assert (await client.get(root + path, headers={"Content-Length": "0"})).status_code == 200
