"""What anybody may send to the webhook; the details are in `tests/bot/service/test_servers.py`."""

import asyncio
import socket
import time

import httpx
import pytest

from tests.botapi import BotApiServer
from tests.botapi.fixtures import StartBot
from tests.faults.conftest import ANSWER, QUESTION, Crowd, webhook_settings

pytestmark = pytest.mark.fault(16)


def send(port: int, request: bytes) -> bytes:
    """Send bytes as they are, and return how the answer begins."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(request)
        return connection.recv(12)


async def test_forged_requests_are_refused_fast_quietly_and_real_ones_answered(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    settings = webhook_settings(telegram)
    bot = await baotong(LOG_LEVEL="INFO", **settings)
    crowd = Crowd(telegram, 1)
    update = {
        "update_id": 1,
        "message": {
            "message_id": 1,
            "date": int(time.time()),
            "chat": crowd.chats[0].state.as_json(),
            "from": crowd.people[0].as_user(),
            "text": QUESTION,
        },
    }
    wrong = {"X-Telegram-Bot-Api-Secret-Token": "wrong"}
    lines_before = len(bot.log.splitlines())
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{settings['WEB_PORT']}", trust_env=False
    ) as client:
        forged = [
            client.post("/hook", json=update, headers=headers) for headers in ({}, wrong) for _ in range(50)
        ]
        forged += [client.get("/hook"), client.get("/"), client.get("/healthz"), client.get("/metrics")]
        started = time.monotonic()
        statuses = [answer.status_code for answer in await asyncio.gather(*forged)]
        assert time.monotonic() - started < 3
    assert statuses == [403] * 100 + [405, 404, 404, 404]
    head = b"POST /hook HTTP/1.1\r\nHost: x\r\nX-Telegram-Bot-Api-Secret-Token: "
    for request in (b"\x16\x03\x01\r\n\r\n", head + b"wro\x11ng\r\n\r\n", head + b"a\rb\r\n\r\n"):
        for _ in range(10):
            assert await asyncio.to_thread(send, settings["WEB_PORT"], request) in (b"", b"HTTP/1.1 400")
    await crowd.chats[0].silence(0.5)
    assert len(bot.log.splitlines()) - lines_before <= 3
    crowd.ask(0)
    assert ANSWER in (await crowd.chats[0].next_answer()).text
