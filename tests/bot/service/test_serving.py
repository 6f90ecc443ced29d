"""`baotong serve` as a process: it serves, follows the folder, ends cleanly, keeps private archives home."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from bot.service import serving
from bot.settings import Settings
from tests.bot.web.sites import POSTS
from tests.botapi.process import PROJECT


@asynccontextmanager
async def started(
    folder: Path, *options: str, **environment: str
) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """Start the command over POSTS; yields it with the address that it prints."""
    archive = folder / "posts"
    archive.mkdir(exist_ok=True)
    for name, text in POSTS.items():
        (archive / name).write_text(text.lstrip("\n"), encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot", "serve", "--port", "0", *options),
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(PROJECT),
            "CORPUS_DIR": str(archive),
            "DATA_DIR": str(folder / "data"),
            **environment,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            line = (await process.stdout.readline()).decode().strip()
        yield process, line
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_an_archive_never_indexed_is_served_and_a_signal_ends_it_with_a_page_in_hand(
    tmp_path: Path, number: signal.Signals
) -> None:
    async with started(tmp_path) as (process, url), httpx.AsyncClient(trust_env=False) as client:
        assert url.startswith("http://127.0.0.1:")
        answer = await client.get(f"{url}search", params={"q": "望江大桥什么时候恢复双向通行"})
        assert "<mark>" in answer.text
        assert (await client.get(f"{url}healthz")).text == "ok\n"
        assert (await client.get(f"{url}metrics")).status_code == 404
        asked = asyncio.create_task(client.get(f"{url}search", params={"q": "半亩茶饮首日涨了多少"}))
        await asyncio.sleep(0.5)
        process.send_signal(number)
        assert "百分之二十" in (await asked).text
        async with asyncio.timeout(60):
            assert await process.wait() == 0
    assert not (tmp_path / "data" / "bot.lock").exists()
    assert not (tmp_path / "data" / "bot.sqlite3").exists()


async def test_a_new_post_is_found_without_a_restart(tmp_path: Path) -> None:
    async with started(tmp_path) as (_, url), httpx.AsyncClient(trust_env=False) as client:
        (tmp_path / "posts" / "new.md").write_text(
            "---\ntitle: 新桥开工\n---\n\n新桥开工了。\n", encoding="utf-8"
        )
        async with asyncio.timeout(60):
            while "新桥开工" not in (await client.get(f"{url}latest")).text:  # noqa: ASYNC110 — another process
                await asyncio.sleep(0.3)


async def test_health_and_metrics_have_a_port_of_their_own_on_request(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    client = httpx.AsyncClient(trust_env=False)
    async with started(tmp_path, "--metrics-port", str(port)) as (_, url), client:
        await client.get(f"{url}latest")
        metrics = await client.get(f"http://127.0.0.1:{port}/metrics")
        assert 'baotong_web_requests_total{kind="latest",status="200"} 1.0' in metrics.text
        assert (await client.get(f"http://127.0.0.1:{port}/healthz")).status_code == 200


@pytest.mark.parametrize(("host", "status"), [("0.0.0.0", 2), ("127.0.0.1", None)])
async def test_a_private_archive_is_served_to_this_machine_only(
    tmp_path: Path, host: str, status: int | None
) -> None:
    async with started(tmp_path, "--host", host, ALLOWED_IDS="7") as (process, url):
        if status is not None:
            assert await process.wait() == status
            assert process.stderr is not None
            assert "ALLOWED_IDS makes this archive private" in (await process.stderr.read()).decode()
            return
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.get(url)
        assert answer.status_code == 200
        assert answer.headers["X-Robots-Tag"] == "noindex"


def test_a_taken_port_gives_way_to_the_next_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with serving._listen("127.0.0.1", port) as listener:
            assert port < listener.getsockname()[1] <= port + serving.MAX_PORTS_TRIED


def test_a_private_archive_has_no_pages_in_the_bot() -> None:
    public = Settings.model_construct(public_url="https://read.example.org")
    private = Settings.model_construct(public_url="https://read.example.org", allowed_ids=frozenset({1}))
    assert public.serves_pages
    assert not private.serves_pages
    assert not Settings.model_construct().serves_pages
