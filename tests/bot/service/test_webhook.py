"""The webhook and its web server over real sockets: who is let in, who is turned away and how fast."""

import asyncio
import contextlib
import errno
import json
import os
import socket
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import httpx
import pytest

from bot.metrics import Metrics
from bot.process import health
from bot.process.descriptors import count_descriptors
from bot.service.webhook import Webhook, hook_path
from bot.web import connections
from bot.web.gate import Gate
from bot.web.options import SiteOptions
from bot.web.server import WebServer

SECRET = "right-Secret_1"
HEADER = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
HOST = "127.0.0.1"


class Received(list[object]):
    """What the webhook took in."""

    fails = False

    async def accept(self, updates: Sequence[object]) -> None:
        if self.fails:
            raise OSError("no room")
        self.extend(updates)


@asynccontextmanager
async def webhook(received: Received, metrics: Metrics | None = None) -> AsyncIterator[httpx.AsyncClient]:
    hook = hook_path("https://news.example.org/hook.php?x=1"), Webhook(SECRET, received.accept)
    gate = Gate(None, SiteOptions(), hook=hook, metrics=metrics)
    web = WebServer(gate, health.listen(HOST, 0), on_refused=gate.refusals.add)
    web.start()
    try:
        async with httpx.AsyncClient(base_url=f"http://{HOST}:{web.port}", trust_env=False) as client:
            yield client
    finally:
        await web.stop()


async def test_an_update_with_the_secret_is_stored_before_it_is_confirmed() -> None:
    received = Received()
    async with webhook(received) as client:
        answer = await client.post("/hook.php", json={"update_id": 1}, headers=HEADER)
    assert answer.status_code == 200
    assert received == [{"update_id": 1}]


@pytest.mark.parametrize(
    ("method", "path", "headers", "content", "status"),
    [
        pytest.param("POST", "/hook.php", {}, b"{}", 403, id="no secret"),
        pytest.param(
            "POST", "/hook.php", {"X-Telegram-Bot-Api-Secret-Token": "wrong"}, b"{}", 403, id="wrong"
        ),
        pytest.param("POST", "/hook.php", {"X-Telegram-Bot-Api-Secret-Token": "密"}, b"{}", 403, id="odd"),
        pytest.param("GET", "/hook.php", HEADER, b"", 405, id="GET"),
        pytest.param("DELETE", "/hook.php", HEADER, b"", 405, id="DELETE"),
        pytest.param("POST", "/", HEADER, b"{}", 404, id="other path"),
        pytest.param("POST", "/hook.php/..", HEADER, b"{}", 404, id="longer path"),
        pytest.param("POST", "/hookxphp", HEADER, b"{}", 404, id="a dot is a dot"),
        pytest.param("POST", "/hook.php", HEADER, b"{", 400, id="junk"),
        pytest.param("POST", "/hook.php", HEADER, b"[" * 200_000, 400, id="deep junk"),
        pytest.param("POST", "/hook.php", HEADER, b"\xff\xfe", 400, id="no text"),
    ],
)
async def test_everything_else_is_turned_away(
    method: str, path: str, headers: Mapping[str, str], content: bytes, status: int
) -> None:
    received = Received()
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    async with webhook(received) as client:
        answer = await client.request(method, path, headers=encoded, content=content)
    assert answer.status_code == status
    assert answer.content == b""
    assert not received


async def test_an_update_that_cannot_be_stored_is_not_confirmed(caplog: pytest.LogCaptureFixture) -> None:
    received = Received()
    received.fails = True
    async with webhook(received) as client:
        answer = await client.post("/hook.php", json={"update_id": 1}, headers=HEADER)
    assert answer.status_code == 503
    assert "Telegram will send it again" in caplog.text


@pytest.mark.parametrize(
    ("length", "status"),
    [("50000000", 413), ("1000001", 413), ("²", 400), ("-1", 400), ("1, 2", 400), ("9" * 30, 400)],
)
@pytest.mark.parametrize("headers", [HEADER, {}])
async def test_fifty_megabytes_and_odd_lengths_are_not_read(
    headers: Mapping[str, str], length: str, status: int
) -> None:
    received = Received()
    async with webhook(received) as client:
        reader, writer = await asyncio.open_connection(HOST, client.base_url.port)
        lines = [f"{name}: {value}" for name, value in headers.items()]
        head = ["POST /hook.php HTTP/1.1", "Host: x", *lines, f"Content-Length: {length}", "", ""]
        writer.write("\r\n".join(head).encode("latin-1"))
        answer = (await asyncio.wait_for(reader.readline(), 60)).split()[1]
        writer.close()
    assert int(answer) == (status if headers or status == 400 else 403)
    assert not received


async def test_a_body_without_a_length_is_cut_off_at_the_limit() -> None:
    received = Received()

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b" " * 100_000

    async with webhook(received) as client:
        with contextlib.suppress(httpx.HTTPError):  # cut off while it sends
            answer = await client.post("/hook.php", content=endless(), headers=HEADER)
            assert answer.status_code == 400
    assert not received


@pytest.mark.parametrize("length", ["Content-Length: 900000", "Transfer-Encoding: chunked"])
async def test_a_path_that_there_is_not_is_refused_before_a_body_has_come(length: str) -> None:
    async with webhook(Received()) as client:
        assert await status_before_body(int(client.base_url.port or 0), "/nothing", length) == 404


async def status_before_body(port: int, path: str, length: str) -> int:
    """Announce a body, send none, and return the status of the response."""
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n{length}\r\n\r\n".encode())
    status = int((await asyncio.wait_for(reader.readline(), 60)).split()[1])
    writer.close()
    return status


@pytest.mark.parametrize("sent", [b"POST /hook.php HTT", b"POST /hook.php HTTP/1.1\r\nContent-Le"])
async def test_whoever_sends_headers_drop_by_drop_is_cut_off(
    sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.3)
    async with webhook(Received()) as client:
        reader, writer = await asyncio.open_connection(HOST, client.base_url.port)
        writer.write(sent)
        assert await asyncio.wait_for(reader.read(), 60) == b""
        writer.close()


async def test_whoever_sends_the_body_drop_by_drop_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "BODY_SECONDS", 0.3)
    received = Received()
    async with webhook(received) as client:
        reader, writer = await asyncio.open_connection(HOST, client.base_url.port)
        lines = [
            "POST /hook.php HTTP/1.1",
            f"X-Telegram-Bot-Api-Secret-Token: {SECRET}",
            "Content-Length: 99",
        ]
        writer.write("\r\n".join([*lines, "", "{"]).encode())
        await asyncio.wait_for(reader.read(), 60)
        writer.close()
    assert not received


async def test_a_thousand_forged_posts_make_one_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    metrics = Metrics()
    async with webhook(Received(), metrics) as client:
        for _ in range(10):
            await asyncio.gather(*(client.post("/hook.php", content=b"{}") for _ in range(20)))
    assert len(caplog.records) == 1
    assert b'baotong_webhook_refused_total{status="403"} 200.0' in metrics.text()


async def test_silent_connections_are_bounded_and_keep_nobody_out(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 20)
    received = Received()
    async with webhook(received) as client:
        port = client.base_url.port
        before = count_descriptors()
        silent = [await asyncio.open_connection(HOST, port) for _ in range(60)]
        answer = await client.post("/hook.php", json={"update_id": 1}, headers=HEADER)
        # One at this end and one at the server's for each that is open, only one for those that are closed.
        opened = count_descriptors() - before - 60
        for _, writer in silent:
            writer.close()
    assert answer.status_code == 200
    assert received == [{"update_id": 1}]
    assert opened <= 20 + 2
    assert len(caplog.records) == 1


async def test_requests_being_answered_are_not_closed_for_new_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 2)
    received = Received()
    go_on = asyncio.Event()

    async def accept(updates: Sequence[object]) -> None:
        await go_on.wait()
        received.extend(updates)

    monkeypatch.setattr(received, "accept", accept)
    async with webhook(received) as client:
        posts = [
            asyncio.create_task(client.post("/hook.php", json={"update_id": number}, headers=HEADER))
            for number in range(2)
        ]
        await asyncio.sleep(0.2)
        reader, writer = await asyncio.open_connection(HOST, client.base_url.port)
        assert await asyncio.wait_for(reader.read(), 60) == b""
        writer.close()
        go_on.set()
        assert [answer.status_code for answer in await asyncio.gather(*posts)] == [200, 200]


async def test_a_system_without_descriptors_is_told_once_and_accepted_from_later(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(connections, "PAUSE_SECONDS", 0.1)
    tries: list[float] = []

    class Exhausted(socket.socket):
        def accept(self) -> tuple[socket.socket, object]:
            tries.append(time.monotonic())
            if len(tries) < 4:
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
            return super().accept()

    def listen(host: str, port: int) -> socket.socket:
        listener = Exhausted()
        listener.bind((host, port))
        listener.listen()
        return listener

    monkeypatch.setattr(health, "listen", listen)
    async with webhook(Received()) as client:
        assert (await client.get("/nothing")).status_code == 404
    told = [record for record in caplog.records if record.levelname == "ERROR"]
    assert [record.getMessage() for record in told] == [
        "web connections cannot be accepted: Too many open files"
    ]
    assert tries[3] - tries[0] > 0.25


async def test_a_body_does_not_wait_for_the_confirmation_of_its_head(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without TCP_NODELAY each response takes 40 ms on a connection that is kept."""
    options: list[int] = []
    made = connections.Connection.connection_made

    def connection_made(connection: connections.Connection, transport: asyncio.Transport) -> None:
        found = transport.get_extra_info("socket")
        options.append(found.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        made(connection, transport)

    monkeypatch.setattr(connections.Connection, "connection_made", connection_made)
    async with webhook(Received()) as client:
        await client.get("/nothing")
    assert options == [1]


def test_two_bots_in_one_process_count_apart() -> None:
    one, other = Metrics(), Metrics()
    one.count_call("sendMessage")
    assert b"sendMessage" in one.text()
    assert b"sendMessage" not in other.text()
    assert json.dumps(one.text().decode())
