"""Agents ask over HTTP where the operator wants it: in `serve`, and in `run` below PUBLIC_URL."""

import json
import signal
from pathlib import Path

import httpx
import pytest
from mcp import Client
from mcp_types import CallToolResult, TextContent

from bot.service.agents import MISSING, build_agents
from bot.settings import Settings
from bot.web.options import SiteOptions
from corpus import Corpus
from tests.bot.service.test_serving import started
from tests.botapi.fixtures import StartBot
from tests.botapi.harness import free_port

PING = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"})
JSON = {"content-type": "application/json", "accept": "application/json, text/event-stream"}


async def first_title(url: str, question: str) -> str:
    """Ask as an agent does; the title of the first article."""
    async with Client(url) as agent:
        result = await agent.call_tool("ask", {"question": question})
    assert isinstance(result, CallToolResult)
    [content] = result.content
    assert isinstance(content, TextContent)
    title: str = json.loads(content.text)["hits"][0]["article"]["title"]
    return title


async def test_serve_answers_agents_and_ends_cleanly(tmp_path: Path) -> None:
    async with started(tmp_path, MCP="on") as (process, url):
        assert "茶饮上市" in await first_title(f"{url}mcp", "半亩茶饮首日涨了多少")
        async with httpx.AsyncClient(trust_env=False) as client:
            rebound = {**JSON, "host": "evil.example"}
            assert (await client.post(f"{url}mcp", content=PING, headers=rebound)).status_code == 421
            assert (await client.get(f"{url}latest")).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
        assert process.stderr is not None
        said = (await process.stderr.read()).decode()
    assert "Traceback" not in said
    assert "mcp" not in said


async def test_nobody_asks_where_it_is_off(tmp_path: Path) -> None:
    async with started(tmp_path) as (_, url), httpx.AsyncClient(trust_env=False) as client:
        assert (await client.post(f"{url}mcp", content=PING, headers=JSON)).status_code == 404


async def test_the_bot_answers_agents_below_its_public_address(baotong: StartBot) -> None:
    port = free_port()
    bot = await baotong(MCP="on", PUBLIC_URL="https://read.example.org/news", WEB_PORT=port)
    url = f"http://127.0.0.1:{port}/news/mcp"
    assert await first_title(url, "临江大桥什么时候通车") == "临江大桥十月一日零时通车"
    async with httpx.AsyncClient(trust_env=False) as client:
        named = {**JSON, "host": "read.example.org"}
        assert (await client.post(url, content=PING, headers=named)).status_code == 200
    assert await bot.stop() == 0
    bot.check_log()


async def test_the_bot_shows_nothing_of_a_private_archive(baotong: StartBot) -> None:
    port = free_port()
    await baotong(MCP="on", PUBLIC_URL="https://read.example.org", WEB_PORT=port, ALLOWED_IDS="7")
    async with httpx.AsyncClient(trust_env=False) as client:
        with pytest.raises(httpx.ConnectError):
            await client.post(f"http://127.0.0.1:{port}/mcp", content=PING, headers=JSON)


def test_without_the_extra_there_is_a_line_in_the_log_and_no_agents(
    newspaper: Corpus, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("bot.service.agents.find_spec", lambda name: None)
    settings = Settings.load(None, mcp="on")
    assert build_agents(settings, newspaper, SiteOptions(), listening="127.0.0.1") is None
    assert MISSING in caplog.text
