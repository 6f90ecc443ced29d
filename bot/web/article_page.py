"""Reader pages: an article as a web page that opens at the passage that was found.

They replace the link of articles that have none, under PUBLIC_URL, and only if the archive is public. A
page is plain text in plain HTML, without a post's own markup and without scripts.
"""

import asyncio
import base64
import contextlib
import hashlib
import html
import itertools
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, RequestHandler, stream_request_body

from corpus import ArticleText, BlockKind, Corpus, Paragraph
from corpus.models import CELL_SEPARATOR

_STYLE = """
:root { color-scheme: light dark; --ink: #1f2328; --dim: #656d76; --mark: #fff3c4; --page: #fffdf9; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e3dc; --dim: #9a9b9f; --mark: #4a4020; --page: #17181a; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 1.0625rem/1.85 "PingFang SC", "Noto Sans CJK SC", "Microsoft YaHei", system-ui, sans-serif; }
article { max-width: 42rem; margin: 0 auto; padding: 2.5rem 1.25rem 6rem; }
h1 { font-size: 1.6rem; line-height: 1.4; margin: 0 0 .5rem; }
h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
.about { color: var(--dim); font-size: .9rem; margin: 0 0 2rem; }
.about a { color: inherit; }
p, ul, blockquote, pre { margin: 0 0 1rem; overflow-wrap: anywhere; }
ul { padding-left: 1.3rem; }
li { margin: 0 0 .3rem; }
section { scroll-margin-top: 4rem; border-radius: .4rem; }
section:target { background: var(--mark); box-shadow: 0 0 0 .6rem var(--mark); }
blockquote { border-left: 3px solid var(--dim); padding-left: 1rem; }
pre { overflow-x: auto; white-space: pre-wrap; font-size: .9rem; }
.caption { color: var(--dim); font-size: .95rem; }
table { display: block; overflow-x: auto; border-collapse: collapse; margin: 0 0 1rem; font-size: .95rem; }
td { border-top: 1px solid var(--dim); padding: .3rem 1rem .3rem 0; vertical-align: top; }
"""

_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Content-Type": "text/html; charset=utf-8",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "public, max-age=300",
}

_TAGS = {
    BlockKind.TEXT: "<p>{}</p>",
    BlockKind.HEADING: "<h2>{}</h2>",
    BlockKind.LIST_ITEM: "<li>{}</li>",
    BlockKind.QUOTE: "<blockquote>{}</blockquote>",
    BlockKind.CODE: "<pre>{}</pre>",
    BlockKind.CAPTION: '<p class="caption">{}</p>',
    BlockKind.ROW: "<tr><td>{}</td></tr>",
}


_GROUP_TAGS = {BlockKind.LIST_ITEM: "<ul>\n{}\n</ul>", BlockKind.ROW: "<table>\n{}\n</table>"}
"""Tags around neighbouring paragraphs of one kind."""

MAX_CONCURRENT = 2
"""Pages rendered at the same time, so that a flood of requests leaves threads for questions."""

MAX_UNSENT = 6
"""Pages in memory at the same time, from rendering until the last byte is sent or the connection closed."""

MAX_WAITING = 100
"""Requests that may wait; further ones get 503."""


class _Throttle:
    """Limits how many requests are served at once and how many wait.

    Attributes:
        rendering: To be held while a page is rendered.
    """

    def __init__(self) -> None:
        self.rendering = asyncio.Semaphore(MAX_CONCURRENT)
        self._free = asyncio.Semaphore(MAX_UNSENT)
        self._waiting = 0

    async def __aenter__(self) -> None:
        if self._waiting >= MAX_WAITING:
            raise HTTPError(503)
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1

    async def __aexit__(self, *_: object) -> None:
        self._free.release()


def routes(corpus: Corpus, zone: ZoneInfo) -> list[tuple[str, type[RequestHandler], dict[str, Any]]]:
    """Return the tornado routes of the pages: `/a/<article id>`."""
    return [
        (r"/a/([0-9A-Za-z]{11})", _ArticleHandler, {"corpus": corpus, "zone": zone, "turns": _Throttle()})
    ]


def page(text: ArticleText, zone: ZoneInfo) -> str:
    """Render an article as HTML. Each passage is a section with the id `p<ordinal>`."""
    article = text.article
    about = [article.author or "", _day(article.published, zone), " / ".join(article.categories)]
    source = (
        f' · <a href="{html.escape(article.url)}" rel="noopener noreferrer">原文</a>' if article.url else ""
    )
    title = html.escape(article.title)
    return (
        f'<!doctype html>\n<html lang="zh-Hans">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<article>\n<h1>{title}</h1>\n"
        f'<p class="about">{html.escape(" · ".join(filter(None, about)))}{source}</p>\n'
        f"{_sections(text.paragraphs, text.passage_starts)}</article>\n</body>\n</html>\n"
    )


def _day(published: datetime | None, zone: ZoneInfo) -> str:
    if published is None:
        return "日期不详"
    local = published.astimezone(zone)
    return f"{local.year}年{local.month}月{local.day}日"


def _sections(paragraphs: Sequence[Paragraph], starts: Sequence[int]) -> str:
    """Render one section per passage; passages that share a long paragraph share its section."""
    ends = [*starts[1:], len(paragraphs)]
    pieces = []
    for start, group in itertools.groupby(enumerate(starts), key=lambda entry: entry[1]):
        ordinals = [ordinal for ordinal, _ in group]
        anchors = "".join(f'<a id="p{ordinal}"></a>' for ordinal in ordinals[1:])
        body = "\n".join(_blocks(paragraphs[start : ends[ordinals[-1]]]))
        pieces.append(f'<section id="p{ordinals[0]}">{anchors}\n{body}\n</section>\n')
    return "".join(pieces)


def _blocks(paragraphs: Sequence[Paragraph]) -> Iterator[str]:
    """Render paragraphs in their tags; neighbouring items form one list, neighbouring rows one table."""
    for kind, group in itertools.groupby(paragraphs, key=lambda paragraph: paragraph.kind):
        written = "\n".join(_TAGS[kind].format(_text(paragraph)) for paragraph in group)
        yield _GROUP_TAGS.get(kind, "{}").format(written)


def _text(paragraph: Paragraph) -> str:
    escaped = html.escape(paragraph.text)
    return escaped.replace(CELL_SEPARATOR, "</td><td>") if paragraph.kind is BlockKind.ROW else escaped


@stream_request_body
class _ArticleHandler(RequestHandler):
    SUPPORTED_METHODS = ("GET", "HEAD")

    def initialize(self, corpus: Corpus, zone: ZoneInfo, turns: _Throttle) -> None:
        self.corpus = corpus
        self.zone = zone
        self.turns = turns

    def prepare(self) -> None:
        """Refuse a request with a body before the body is read."""
        headers = self.request.headers
        if headers.get("Content-Length", "0") != "0" or "Transfer-Encoding" in headers:
            raise HTTPError(413)

    def data_received(self, chunk: bytes) -> None:
        """Drop a body. Tornado would keep it, and fails over one whose client leaves."""

    async def get(self, article_id: str) -> None:
        """Serve one article, or a plain 404."""
        async with self.turns:
            async with self.turns.rendering:
                made = await asyncio.to_thread(self._make, article_id)
            if made is None:
                raise HTTPError(404)
            for name, value in HEADERS.items():
                self.set_header(name, value)
            with contextlib.suppress(StreamClosedError):  # the visitor left, or did not read
                self.write(made)
                del made  # it may be megabytes, and tornado has it
                await self.finish()

    head = get

    def _make(self, article_id: str) -> bytes | None:
        text = self.corpus.article(article_id)
        return None if text is None else page(text, self.zone).encode()

    def write_error(self, status_code: int, **_: Any) -> None:
        """Write a short text; an error page reveals nothing else."""
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish("没有这篇文章。\n" if status_code == 404 else "出错了，请稍后再试。\n")
