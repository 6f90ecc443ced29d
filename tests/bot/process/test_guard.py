"""The guard beside a bot that hangs, is stopped, or is flooded with requests."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from bot.process import guard
from bot.process.guard import Guard
from bot.process.health import GUARD, listen
from bot.process.watchdog import read_stacks
from tests.botapi.harness import free_port

HOST = "127.0.0.1"
STACKS = 'Timeout (0:00:30)!\nThread 0x1 (most recent call first):\n  File "/a/b.py", line 3 in f\n'


@asynccontextmanager
async def guarding() -> AsyncIterator[tuple[httpx.AsyncClient, socket.socket]]:
    """A guard, a client of it, and the channel to a bot that reads nothing unless the test does."""
    port = free_port()
    bot, channel = socket.socketpair()
    with bot, channel, listen(HOST, port) as listener:
        command = [
            sys.executable,
            "-I",
            "-S",
            str(GUARD),
            str(listener.fileno()),
            str(channel.fileno()),
            "-1",
        ]
        with subprocess.Popen(  # noqa: ASYNC220 — no wait is needed
            command, stdin=subprocess.PIPE, pass_fds=[listener.fileno(), channel.fileno()]
        ) as process:
            limits = httpx.Limits(max_connections=None)
            async with httpx.AsyncClient(
                base_url=f"http://{HOST}:{port}", trust_env=False, limits=limits, timeout=60
            ) as client:
                yield client, bot
            process.kill()


async def test_silent_connections_keep_nobody_from_an_answer() -> None:
    async with guarding() as (client, _):
        port = client.base_url.port
        silent = [await asyncio.open_connection(HOST, port) for _ in range(guard.MAX_CONNECTIONS + 10)]
        assert (await client.get("/healthz")).text == "ok\n"
        reader, _ = silent[0]
        assert await asyncio.wait_for(reader.read(), 60) == b""
        for _, writer in silent:
            writer.close()


async def test_requests_to_a_stopped_bot_leave_connections_for_health() -> None:
    async with guarding() as (client, _):
        ended = asyncio.Event()

        async def flood() -> None:
            while not ended.is_set():
                assert (await client.get("/readyz")).status_code == 503

        # More than may wait for the bot, and fewer than would take each other's places.
        floods = [asyncio.create_task(flood()) for _ in range(guard.MAX_PENDING + 8)]
        for _ in range(5):
            await asyncio.sleep(0.2)
            assert (await client.get("/healthz")).text == "ok\n"
        ended.set()
        await asyncio.gather(*floods, return_exceptions=True)


async def test_a_full_channel_to_a_stopped_bot_halts_nothing() -> None:
    ours, other = socket.socketpair()
    with ours, other:
        watching = Guard(ours)
        while True:
            try:
                ours.send(b"x" * 1_000, socket.MSG_DONTWAIT)
            except BlockingIOError:
                break
        status, _, _ = await asyncio.wait_for(asyncio.to_thread(watching.ask_bot, "readyz"), 60)
        assert status == 503


async def test_a_line_that_cannot_be_read_is_passed_over() -> None:
    async with guarding() as (client, bot):
        asked = asyncio.create_task(client.get("/readyz"))
        loop = asyncio.get_running_loop()
        bot.setblocking(False)
        number = (await loop.sock_recv(bot, 100)).split()[0]
        answer = b"\t200\ttext/plain\t2\nok"
        await loop.sock_sendall(bot, b"plain\nrest of a body\xff\n1\t2\n" + number + answer)
        assert (await asked).text == "ok"


@pytest.fixture
def stacks(tmp_path: Path) -> Path:
    path = tmp_path / "stacks.txt"
    path.write_text(STACKS)
    return path


def ended(watching: Guard, stacks: Path) -> bool:
    """Whether the next start takes what the guard leaves for a hang."""
    with stacks.open("ab", buffering=0) as file:
        watching.tell_pause(file.fileno())
    found = read_stacks(stacks.read_text())
    assert found is not None
    return found.hung


def test_an_end_after_a_pause_of_bot_and_guard_is_no_hang(stacks: Path) -> None:
    with socket.socket() as channel:
        watching = Guard(channel)
        assert ended(watching, stacks)
        watching._ticked_at -= 11
        assert not ended(watching, stacks)


def test_an_end_after_a_pause_of_the_bot_alone_is_no_hang(stacks: Path) -> None:
    with socket.socket() as channel, subprocess.Popen(["sleep", "60"]) as bot:
        watching = Guard(channel)
        watching.bot_pid = bot.pid
        watching.last_beat -= 11
        assert ended(watching, stacks)  # it does nothing, but is not stopped
        os.kill(bot.pid, signal.SIGSTOP)
        os.waitpid(bot.pid, os.WUNTRACED)
        assert not ended(watching, stacks)
        bot.kill()


def test_a_pause_without_stacks_leaves_nothing_to_tell(tmp_path: Path) -> None:
    with socket.socket() as channel, (tmp_path / "stacks.txt").open("ab") as file:
        watching = Guard(channel)
        watching._ticked_at -= 11
        watching.tell_pause(file.fileno())
        assert os.fstat(file.fileno()).st_size == 0
