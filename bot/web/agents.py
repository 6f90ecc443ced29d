"""The server for agents: the Model Context Protocol over the same chain, with the JSON of the command line.

Importing this module needs the extra `mcp`.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import urlsplit

import anyio
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.transport_security import TransportSecuritySettings
from mcp_types import CallToolResult, TextContent, ToolAnnotations
from pydantic import Field
from starlette.types import ASGIApp, Receive, Scope, Send

from bot import output
from bot.web.article_page import shown_text
from bot.web.gate import AGENTS_PATH, refuse
from bot.web.options import SiteOptions
from bot.wording.requests import answer_json, check_filters, read_filters
from corpus import ArticleText, Corpus
from corpus.errors import CorpusError
from corpus.models import Category, Filters

MAX_BODY_BYTES: Final = 64_000
MAX_QUESTION_CHARS: Final = 1_000
MAX_HITS: Final = 50
MAX_LISTED: Final = 100

MAX_AT_ONCE: Final = 2
"""How many calls are worked on at once; the others wait."""

MAX_WAITING: Final = 100
"""Calls that may wait; further ones are refused."""

LOCAL_HOSTS: Final = ("localhost:*", "127.0.0.1:*", "[::1]:*")
"""Names under which a server is reached on its own machine, which a proxy passes on unless it is told to keep
the visitor's."""

INSTRUCTIONS: Final = """\
Answers come from an archive of news articles, most of them in Chinese; ask in the language of the archive.
`ask` returns passages word for word. Each hit names its article: cite title, author, day, and url if any.
`confidence` tells how far to trust the first hit. "answer": it answers the question. "related": it may have
to do with it; say so. "none": the archive has no answer; say that, and make none up. `sentences` are spans of
the passage's text, in code points, that answer. `read_article` gives a whole text by its article's id."""

_READS_ONLY: Final = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)

Question = Annotated[
    str,
    Field(
        min_length=1,
        max_length=MAX_QUESTION_CHARS,
        description="A whole question or some words, as a person would type them.",
    ),
]
CategoryName = Annotated[
    str | None, Field(description="Only articles of this category: a name or path that `categories` lists.")
]
Author = Annotated[str | None, Field(description="Only articles of this author or outlet.")]
Since = Annotated[
    str | None,
    Field(description="Only from this day on: 2021-12-01, 2021-12, 2021 or as people say it: 昨天."),
]
Until = Annotated[str | None, Field(description="Only up to this day, itself included.")]
Hits = Annotated[int, Field(ge=1, le=MAX_HITS, description="How many hits at most.")]
Listed = Annotated[int, Field(ge=1, le=MAX_LISTED, description="How many articles at most.")]
ArticleId = Annotated[
    str,
    Field(min_length=1, max_length=1_000, description="The id of an article, or its path in the archive."),
]


def build_server(
    corpus: Corpus, *, version: str, shown: Callable[[ArticleText], ArticleText] = lambda text: text
) -> MCPServer:
    """Return a server with the tools `ask`, `latest`, `categories` and `read_article` over an archive.

    Args:
        corpus: The open archive.
        version: Of this program.
        shown: Returns an article as far as it may be shown.
    """
    server = MCPServer("baotong", title="Baotong 报童", instructions=INSTRUCTIONS, version=version)
    turns = asyncio.Semaphore(MAX_AT_ONCE)
    waiting = 0

    async def work(call: Callable[[], output.Json | list[output.Json]]) -> CallToolResult:
        nonlocal waiting
        if waiting >= MAX_WAITING:
            raise ToolError("too many ask at the moment: try again later")
        waiting += 1
        try:
            await turns.acquire()
        finally:
            waiting -= 1
        # Whoever gives up waiting leaves the thread at work: its turn ends with it.
        working = asyncio.ensure_future(asyncio.to_thread(_call, call))
        working.add_done_callback(end_turn)
        return await asyncio.shield(working)

    def end_turn(done: asyncio.Future[CallToolResult]) -> None:
        turns.release()
        if not done.cancelled():
            done.exception()  # it is known now, also where nobody waits for it

    @server.tool(annotations=_READS_ONLY)
    async def ask(
        question: Question,
        category: CategoryName = None,
        author: Author = None,
        since: Since = None,
        until: Until = None,
        limit: Hits = 5,
    ) -> CallToolResult:
        """Find what the archive says to a question: passages, the answering sentences, and how sure it is."""
        read = partial(_filters, corpus, category, author, since, until)
        return await work(lambda: answer_json(corpus.ask(question, filters=read(), limit=limit), corpus.zone))

    @server.tool(annotations=_READS_ONLY)
    async def latest(category: CategoryName = None, limit: Listed = 10) -> CallToolResult:
        """List the newest articles, newest first, and how many there are."""
        return await work(
            lambda: output.latest(corpus.latest(category=_category(corpus, category), limit=limit))
        )

    @server.tool(annotations=_READS_ONLY)
    async def categories() -> CallToolResult:
        """List the tree of categories with the number of articles in each."""
        return await work(lambda: [output.category(root) for root in corpus.categories()])

    @server.tool(annotations=_READS_ONLY)
    async def read_article(id: ArticleId) -> CallToolResult:  # noqa: A002 — the name of the argument
        """Return a whole article, paragraph by paragraph; its beginning where no whole texts are shown."""
        return await work(lambda: output.article_text(shown(_article(corpus, id))))

    return server


def _call(call: Callable[[], output.Json | list[output.Json]]) -> CallToolResult:
    """Return what a call gives, as the line that the command line prints and as structured content."""
    try:
        value = call()
    except (ValueError, CorpusError) as error:
        raise ToolError(str(error)) from error
    structured = value if isinstance(value, dict) else {"categories": value}
    return CallToolResult(
        content=[TextContent(type="text", text=output.dump(value))], structured_content=structured
    )


def _filters(
    corpus: Corpus, category: str | None, author: str | None, since: str | None, until: str | None
) -> Filters:
    filters = read_filters(category, author, since, until, today=corpus.today())
    check_filters(corpus, filters, listing="the tool `categories`")
    return filters


def _category(corpus: Corpus, name: str | None) -> Category | None:
    if name is None:
        return None
    found = corpus.find_categories(name)
    if not found:
        raise ValueError(f"no category {name!r}: the tool `categories` lists them")
    if len(found) > 1:
        paths = ", ".join("/".join(one.path) for one in found)
        raise ValueError(f"several categories are named {name!r}, say which: {paths}")
    return found[0]


def _article(corpus: Corpus, key: str) -> ArticleText:
    article = corpus.article(key)
    if article is None:
        raise ValueError(f"no article {key!r} in the archive: `ask` and `latest` give ids")
    return article


def run_over_stdio(corpus: Corpus, *, version: str) -> None:
    """Serve one agent over standard input and output until it closes them."""
    anyio.run(build_server(corpus, version=version).run_stdio_async)


def accepted_hosts(options: SiteOptions, listening: str = "") -> tuple[str, ...]:
    """Return the values of `Host` that the server for agents accepts.

    Args:
        options: How the site is set up: its public address is accepted, with and without its port.
        listening: Address that the server listens on.

    >>> accepted_hosts(SiteOptions(public_url="https://news.example.org/a"))[3:]
    ('news.example.org', 'news.example.org:443')
    """
    parts = urlsplit(options.origin)
    name = parts.netloc.rpartition("@")[2]
    port = "" if parts.port else f":{443 if parts.scheme == 'https' else 80}"
    public = (name, name + port) if port else (name,)
    own = f"[{listening}]:*" if ":" in listening else f"{listening}:*"
    hosts = (*LOCAL_HOSTS, *(public if name else ()), *((own,) if listening else ()))
    return tuple(dict.fromkeys(hosts))


class Agents:
    """The server for agents over streamable HTTP, an ASGI application for AGENTS_PATH without sessions.

    Args:
        corpus: The open archive.
        options: How the site is set up.
        version: Of this program.
        hosts: Values of `Host` that are accepted: a web page of another origin must not reach a server on the
            reader's own machine (DNS rebinding). `name:*` accepts any port.
    """

    def __init__(self, corpus: Corpus, options: SiteOptions, *, version: str, hosts: Iterable[str]) -> None:
        # Each request and each refusal would be a line: strangers must not fill the disk.
        logging.getLogger("mcp").setLevel(logging.ERROR)
        server = build_server(corpus, version=version, shown=partial(shown_text, options=options))
        accepted = list(hosts)
        origins = [f"{scheme}://{host}" for host in accepted for scheme in ("http", "https")]
        self._app: ASGIApp = server.streamable_http_app(
            streamable_http_path=AGENTS_PATH,
            json_response=True,
            stateless_http=True,
            max_request_body_size=MAX_BODY_BYTES,
            transport_security=TransportSecuritySettings(allowed_hosts=accepted, allowed_origins=origins),
        )
        self._sessions = server.session_manager

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Answer requests for as long as this is open; once in the life of this object, in one task."""
        async with self._sessions.run():
            yield

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request. Only POST is: without sessions there is nothing to follow or to end."""
        if scope["method"] != "POST":
            await refuse(HTTPStatus.METHOD_NOT_ALLOWED, {"Allow": "POST"}, "POST only\n")(
                scope, receive, send
            )
            return
        await self._app(
            {**scope, "path": AGENTS_PATH, "raw_path": AGENTS_PATH.encode(), "root_path": ""}, receive, send
        )
