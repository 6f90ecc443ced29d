"""A small archive served over real HTTP, for the tests of the pages."""

import asyncio
import atexit
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from pathlib import Path
from xml.etree.ElementTree import Element

import html5lib
import httpx

from bot.metrics import Metrics
from bot.process.health import listen
from bot.web.gate import Gate
from bot.web.options import SiteOptions
from bot.web.server import WebServer
from bot.web.site import Site
from corpus import Corpus, CorpusOptions

HOST = "127.0.0.1"

POSTS = {
    "bridge.md": """
---
title: '<b>望江大桥 & “通车”'
categories:
 - 新闻
 - 晚报
author: 江城晚报
date: Thu, 30 Dec 2021 06:52:50 GMT
link: https://news.example.org/bridge?a=1&b=2
headimg: https://pictures.example.org/bridge.jpg
---

<div>
<p>望江大桥将于2022年1月5日恢复双向通行&lt;script&gt;alert(1)&lt;/script&gt;。</p>
<h2>施工</h2>
<p>大桥的施工由江城路桥公司负责，历时两个月。</p>
</div>
""",
    "tea.md": """
---
title: 半亩茶饮上市首日涨两成
categories: 金融
author: 江城日报
date: 2022-06-23 08:00:00
---

半亩茶饮今天在香港上市，首日收盘价比发行价高百分之二十。

公司说，募集的资金用来开新店。
""",
    "old.md": "---\ntitle: 江城的老茶馆\ncategories: 生活\n---\n\n开了一百年，半亩茶饮的老板常来喝茶。\n",
    "bare.md": "---\ntitle: 只有标题\ndate: 2020-01-01\n---\n",
}


@asynccontextmanager
async def served(
    folder: Path,
    *,
    posts: dict[str, str] = POSTS,
    options: SiteOptions | None = None,
    metrics: Metrics | None = None,
) -> AsyncIterator[tuple[httpx.AsyncClient, Corpus]]:
    """Serve posts; the client's addresses are relative. Posts other than POSTS are written to `folder`."""
    if posts is POSTS:
        corpus = await asyncio.to_thread(_shared)
        async with serving(corpus, options=options, metrics=metrics) as client:
            yield client, corpus
        return
    with Corpus.open(_written(folder, posts)) as corpus:
        await asyncio.to_thread(corpus.update, workers=0)
        async with serving(corpus, options=options, metrics=metrics) as client:
            yield client, corpus


def _written(folder: Path, posts: dict[str, str]) -> CorpusOptions:
    archive = folder / "posts"
    archive.mkdir()
    for name, text in posts.items():
        (archive / name).write_text(text.lstrip("\n"), encoding="utf-8")
    return CorpusOptions(archive, folder / "data")


@cache
def _shared() -> Corpus:
    """The archive of POSTS, indexed once in a process."""
    folder = tempfile.TemporaryDirectory()
    corpus = Corpus.open(_written(Path(folder.name), POSTS))
    atexit.register(folder.cleanup)
    atexit.register(corpus.close)
    corpus.update(workers=0)
    return corpus


@asynccontextmanager
async def serving(
    corpus: Corpus, *, options: SiteOptions | None = None, metrics: Metrics | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """Serve a corpus."""
    options = options or SiteOptions(public_url="https://news.example.org")
    gate = Gate(Site(corpus, options), options, metrics=metrics)
    server = WebServer(gate, listen(HOST, 0), on_refused=gate.refusals.add)
    server.start()
    limits = httpx.Limits(max_connections=None)
    try:
        async with httpx.AsyncClient(
            base_url=f"http://{HOST}:{server.port}", trust_env=False, limits=limits, timeout=30
        ) as client:
            yield client
    finally:
        await server.stop()


@contextmanager
def serving_in_thread(site: Site, options: SiteOptions) -> Iterator[str]:
    """Serve a site from a thread, for a browser; yields its address without a slash at its end."""
    ports: list[int] = []
    ready = threading.Event()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        gate = Gate(site, options)
        server = WebServer(gate, listen(HOST, 0), on_refused=gate.refusals.add)
        server.start()
        ports.append(server.port)
        ready.set()
        await stop.wait()
        await server.stop()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(60)
        yield f"http://{HOST}:{ports[0]}"
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


def parse(page: str) -> Element:
    """Parse a page as a browser does."""
    tree: Element = html5lib.parse(page, namespaceHTMLElements=False)
    return tree


def shown(tree: Element, path: str) -> str:
    """Return the text of the first element at a path."""
    element = tree.find(path)
    assert element is not None, path
    return "".join(element.itertext())


def article_id(corpus: Corpus, title: str) -> str:
    """Return the id of the article whose title contains some words."""
    [found] = [one.id for one in corpus.latest(limit=100).articles if title in one.title]
    return found
