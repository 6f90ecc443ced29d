"""An agent asks through the Model Context Protocol: the SDK's own client, over a process and over HTTP."""

import asyncio
import json
import logging
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import Event
from typing import Any

import httpx
import pytest
import pytest_asyncio
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp_types import CallToolResult, TextContent

from bot.metrics import Metrics
from bot.process.health import listen
from bot.web import agents
from bot.web.agents import Agents, accepted_hosts
from bot.web.gate import AGENTS_PATH, Gate
from bot.web.options import SiteOptions
from bot.web.server import WebServer
from bot.web.site import Site
from corpus import Corpus
from tests.bot.command_line import Baotong, one_line
from tests.bot.web.sites import HOST
from tests.botapi.harness import PROJECT

JSON = {"content-type": "application/json", "accept": "application/json, text/event-stream"}

HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}


@asynccontextmanager
async def serving(
    corpus: Corpus, options: SiteOptions | None = None, metrics: Metrics | None = None
) -> AsyncIterator[str]:
    """Serve pages and agents; yields the address of the agents' server."""
    options = options or SiteOptions()
    served = Agents(corpus, options, version="1", hosts=accepted_hosts(options))
    gate = Gate(Site(corpus, options), options, agents=served, metrics=metrics)
    server = WebServer(gate, listen(HOST, 0), on_refused=gate.refusals.add, during=served.running())
    server.start()
    try:
        yield f"http://{HOST}:{server.port}{options.base}{AGENTS_PATH}"
    finally:
        await server.stop()


@pytest_asyncio.fixture
async def url(newspaper: Corpus) -> AsyncIterator[str]:
    """The address of a server over the newspaper."""
    async with serving(newspaper) as address:
        yield address


async def call(client: Client, tool: str, **arguments: Any) -> Any:
    """What a tool gives, as its line of JSON; its structured content says the same."""
    result = await client.call_tool(tool, arguments)
    value = json.loads(words_of(result))
    assert not result.is_error
    assert result.structured_content in (value, {"categories": value})
    return value


def words_of(result: object) -> str:
    assert isinstance(result, CallToolResult)
    [content] = result.content
    assert isinstance(content, TextContent)
    return content.text


def without_times(value: Any) -> Any:
    return {**value, "milliseconds": 0} if isinstance(value, dict) else value


async def test_an_agent_that_starts_the_command_gets_what_the_command_line_prints(indexed: Baotong) -> None:
    command = StdioServerParameters(
        command=sys.executable,
        args=["-m", "bot", "mcp"],
        env=indexed.environment(PYTHONPATH=str(PROJECT)),
        cwd=indexed.folder,
    )
    async with Client(command) as client:
        tools = (await client.list_tools()).tools
        assert [tool.name for tool in tools] == ["ask", "latest", "categories", "read_article"]
        assert all(
            tool.description and tool.annotations and tool.annotations.read_only_hint for tool in tools
        )
        asked = await call(client, "ask", question="临江大桥什么时候通车", since="2026-09", limit=2)
        printed = indexed.json("ask", "临江大桥什么时候通车", "--since", "2026-09", "--limit", "2", "--json")
        assert without_times(asked) == without_times(printed)
        assert asked["confidence"] == "answer"
        assert await call(client, "latest", limit=3) == indexed.json("latest", "--limit", "3", "--json")
        assert await call(client, "categories") == indexed.json("categories", "--json")
        key = asked["hits"][0]["article"]["id"]
        assert await call(client, "read_article", id=key) == indexed.json("show", key, "--json")


def test_ctrl_c_ends_the_command_while_it_waits_for_the_agent(indexed: Baotong) -> None:
    with indexed.started("mcp") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(HELLO).encode() + b"\n")
        process.stdin.flush()
        assert b"serverInfo" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_an_agent_asks_over_http_in_either_form_of_the_protocol(url: str, mode: Any) -> None:
    async with Client(url, mode=mode) as client:
        asked = await call(client, "ask", question="临江大桥什么时候通车")
        assert asked["hits"][0]["article"]["title"] == "临江大桥十月一日零时通车"


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("ask", {"question": "大桥", "category": "天书"}, "the tool `categories` lists them"),
        ("ask", {"question": "大桥", "author": "无名"}, "no author '无名'"),
        ("ask", {"question": "大桥", "since": "soon"}, "since: 'soon' is not a day"),
        ("ask", {"question": "大桥", "since": "2022", "until": "2021"}, "is after until"),
        ("ask", {"question": "长" * 1_001}, "at most 1000 characters"),
        ("ask", {"question": "大桥", "limit": 0}, "greater than or equal to 1"),
        ("ask", {}, "Field required"),
        ("latest", {"category": "天书"}, "no category '天书'"),
        ("read_article", {"id": "../../etc/passwd"}, "no article '../../etc/passwd'"),
    ],
)
async def test_what_cannot_be_is_refused_in_words(
    url: str, tool: str, arguments: dict[str, Any], words: str
) -> None:
    async with Client(url) as client:
        result = await client.call_tool(tool, arguments)
        assert result.is_error
        assert words in words_of(result)


async def test_an_answer_that_there_is_not_says_so(url: str) -> None:
    async with Client(url) as client:
        asked = await call(client, "ask", question="量子计算机超导材料论文")
        assert asked["confidence"] == "none"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"host": "evil.example"}, 421),
        ({"origin": "https://evil.example"}, 403),
        ({"host": "localhost:81", "origin": "http://localhost:81"}, 200),
        ({"content-type": "text/plain"}, 400),
    ],
)
async def test_a_page_of_another_origin_cannot_ask(url: str, headers: dict[str, str], status: int) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.post(url, content=json.dumps(HELLO), headers={**JSON, **headers})
        assert answer.status_code == status


async def test_no_connection_is_held_open_for_news_that_never_come(url: str) -> None:
    async with httpx.AsyncClient(timeout=60) as client:
        answer = await client.get(url, headers={"accept": "text/event-stream"})
        assert answer.status_code == 405
        assert (await client.delete(url)).status_code == 405


async def test_a_body_that_is_too_long_is_refused(url: str) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.post(url, content=b"[" * (agents.MAX_BODY_BYTES + 1), headers=JSON)
        assert answer.status_code == 413


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{" * 30_000, b"\xff\xfe", b'{"jsonrpc": "2.0"}'])
async def test_what_is_no_request_is_refused_and_the_next_is_answered(
    url: str, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.post(url, content=body, headers=JSON)
        assert 400 <= answer.status_code < 500
    assert not [
        record
        for record in caplog.records
        if record.levelno >= logging.WARNING and "web requests" not in record.message
    ]
    async with Client(url) as agent:
        assert (await call(agent, "latest", limit=1))["total"] == 15


async def test_agents_stand_below_the_path_of_the_site_and_pages_beside_them(newspaper: Corpus) -> None:
    options = SiteOptions(public_url="https://news.example.org/read")
    async with serving(newspaper, options) as url, httpx.AsyncClient(trust_env=False) as client:
        async with Client(url) as agent:
            assert (await call(agent, "latest", limit=1))["total"] == 15
        named = {**JSON, "host": "news.example.org", "origin": "https://news.example.org"}
        assert (await client.post(url, content=json.dumps(HELLO), headers=named)).status_code == 200
        assert (await client.get(url.replace(AGENTS_PATH, "/latest"))).status_code == 200
        assert (await client.post(url.replace(AGENTS_PATH, "/latest"), json={})).status_code == 405
        assert (await client.post(f"{url}/more", json={})).status_code == 404


async def test_where_no_whole_texts_are_shown_agents_get_beginnings(newspaper: Corpus) -> None:
    [whole] = [one for one in newspaper.export() if one.article.title == "临江大桥十月一日零时通车"]
    async with serving(newspaper, SiteOptions(whole_texts=False)) as url, Client(url) as agent:
        shown = await call(agent, "read_article", id=whole.article.id)
    assert len(shown["paragraphs"]) == 1
    assert len(whole.paragraphs) > 1


async def test_a_visitor_who_asks_too_often_waits(newspaper: Corpus) -> None:
    metrics = Metrics()
    visitor, other = {"x-forwarded-for": "203.0.113.7"}, {"x-forwarded-for": "203.0.113.8"}
    async with serving(newspaper, metrics=metrics) as url, httpx.AsyncClient(trust_env=False) as client:
        for _ in range(100):
            refused = await client.post(url, content=json.dumps(HELLO), headers={**JSON, **visitor})
            if refused.status_code == 429:
                break
        assert refused.status_code == 429
        assert int(refused.headers["Retry-After"]) > 0
        answer = await client.post(url, content=json.dumps(HELLO), headers={**JSON, **other})
        assert answer.status_code == 200
    assert b'baotong_web_requests_total{kind="agents",status="429"} 1.0' in metrics.text()


async def test_when_too_many_wait_the_next_is_told_to_come_back(
    newspaper: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agents, "MAX_WAITING", 1)
    began, go_on = Event(), Event()
    real = newspaper.categories

    def slow() -> Any:
        began.set()
        assert go_on.wait(60)
        return real()

    monkeypatch.setattr(newspaper, "categories", slow)
    async with serving(newspaper) as url, Client(url) as agent:
        working = [asyncio.create_task(agent.call_tool("categories", {})) for _ in range(agents.MAX_AT_ONCE)]
        assert await asyncio.to_thread(began.wait, 60)
        results: list[Any] = []
        while not results:  # the one that waits is there once another is refused
            waits = asyncio.create_task(agent.call_tool("categories", {}))
            working.append(waits)
            done, _ = await asyncio.wait([waits], timeout=0.5)
            results = [one.result() for one in done]
        assert results[0].is_error
        assert "try again later" in words_of(results[0])
        go_on.set()
        finished = await asyncio.gather(*working)
    assert sum(not one.is_error for one in finished) == agents.MAX_AT_ONCE + 1


def test_without_the_extra_it_is_named(indexed: Baotong, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.service.agents.find_spec", lambda name: None)
    one_line(indexed("mcp"), "the extra mcp is not installed", "requirements-mcp.lock")
