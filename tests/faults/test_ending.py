"""How the bot ends, and what it leaves in its log and elsewhere."""

import asyncio
import contextlib
import os
import signal
import time
from pathlib import Path

import httpx
import pytest

from tests.botapi import BotApiServer, faults
from tests.botapi.fixtures import StartBot
from tests.botapi.harness import free_port
from tests.faults.conftest import ANSWER, QUESTION, Crowd, until, webhook_settings


@pytest.mark.fault(28)
async def test_sigterm_under_load_ends_in_time_and_loses_nothing(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    bot = await baotong()
    crowd = Crowd(telegram, 40)
    telegram.faults.rate(1.0, [faults.slow(0.3)], "sendMessage")
    for number in range(120):
        crowd.ask(number)
    await until(lambda: crowd.answers > 3)
    started = time.monotonic()
    assert await bot.stop() == 0
    assert time.monotonic() - started < 10
    telegram.faults.clear()
    await bot.start()
    await crowd.answered(within=20)
    await asyncio.sleep(0.5)
    assert (crowd.lost(), crowd.doubled()) == (0, 0)


@pytest.mark.fault(28)
@pytest.mark.slow
async def test_sigterm_while_a_call_hangs_ends_within_ten_seconds(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    bot = await baotong()
    crowd = Crowd(telegram, 1)
    telegram.faults.plan(faults.hang(), "sendMessage")
    crowd.ask(0)
    await until(lambda: not telegram.faults.pending)
    started = time.monotonic()
    assert await bot.stop() == 0
    assert time.monotonic() - started < 10
    await bot.start()
    await crowd.answered(within=10)
    assert crowd.doubled() == 0


@pytest.mark.fault(28)
@pytest.mark.slow
async def test_sigterm_in_webhook_mode_and_when_idle_is_quick(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    bot = await baotong(**webhook_settings(telegram))
    started = time.monotonic()
    assert await bot.stop() == 0
    assert time.monotonic() - started < 3


@pytest.mark.fault(28)
@pytest.mark.slow
async def test_sigterm_before_telegram_is_reached_ends_at_once(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    async with telegram.outage():
        bot = await baotong(wait=0)
        await until(lambda: "cannot be reached" in bot.log, within=20)
        started = time.monotonic()
        assert await bot.stop() == 0
        assert time.monotonic() - started < 3


@pytest.mark.fault(28)
@pytest.mark.slow
async def test_sigint_twice_leaves_at_once_and_nothing_is_lost(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    bot = await baotong()
    crowd = Crowd(telegram, 1)
    telegram.faults.plan(faults.hang(), "sendMessage")
    crowd.ask(0)
    await until(lambda: not telegram.faults.pending)
    os.kill(bot.pid, signal.SIGINT)
    await asyncio.sleep(0.3)
    assert bot.running
    os.kill(bot.pid, signal.SIGINT)
    assert await bot.wait(2) == 130
    await bot.start()
    await crowd.answered(within=10)
    assert crowd.doubled() == 0


@pytest.mark.fault(17, 27)
async def test_neither_token_nor_questions_are_in_log_metrics_or_process_list(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    bot = await baotong(LOG_LEVEL="INFO")
    bot.errors_expected = True
    crowd = Crowd(telegram, 3)
    private = "李雷和韩梅梅的秘密\n2026-01-01 00:00:00 CRITICAL forged"
    telegram.faults.plan(faults.refusal(403, "Forbidden: bot was blocked by the user"), "sendMessage")
    telegram.faults.plan(faults.server_error(502), "sendMessage", times=2)
    telegram.faults.plan(faults.garbage(), "sendMessage")
    telegram.updates.put_raw({"message": {"text": private, "from": crowd.people[0].as_user()}})
    for number in range(3):
        crowd.people[number].say(crowd.chats[number], private)
    await until(lambda: not telegram.faults.pending)
    telegram.faults.plan(faults.garbage(), "getUpdates")
    crowd.ask(1)
    await asyncio.sleep(2)
    secret = telegram.token.partition(":")[2]
    command_line = Path(f"/proc/{bot.pid}/cmdline").read_text(encoding="utf-8")  # noqa: ASYNC240
    for text in (bot.log, command_line):
        assert secret not in text
        assert "韩梅梅" not in text
        assert QUESTION not in text
        assert "forged" not in text


@pytest.mark.fault(17)
@pytest.mark.slow
async def test_the_token_stays_out_of_the_log_at_debug_whatever_breaks(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    bot = await baotong(LOG_LEVEL="DEBUG")
    bot.errors_expected = True
    crowd = Crowd(telegram, 1)
    for trouble in (
        faults.refusal(401, "Unauthorized"),
        faults.refusal(404, "Not Found"),
        faults.truncated(),
    ):
        telegram.faults.plan(trouble, "sendMessage")
        crowd.people[0].say(crowd.chats[0], QUESTION)
        await until(lambda: not telegram.faults.pending)
    async with telegram.outage():
        await asyncio.sleep(1)
    telegram.faults.plan(faults.refusal(401, "Unauthorized"), "getUpdates")
    crowd.people[0].say(crowd.chats[0], QUESTION)
    await asyncio.sleep(3)
    assert bot.log  # searched for the token at the end of every test


@pytest.mark.fault(28)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_one_signal_with_a_question_and_a_page_in_hand_answers_both(
    telegram: BotApiServer, baotong: StartBot, number: signal.Signals
) -> None:
    port = free_port()
    bot = await baotong(PUBLIC_URL="https://read.example.org", WEB_PORT=port, MCP="on")
    crowd = Crowd(telegram, 1)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        assert (await client.get("/latest")).status_code == 200
        telegram.faults.plan(faults.slow(1.0), "sendMessage")
        crowd.ask(0)
        await until(lambda: not telegram.faults.pending, within=60)
        asked = asyncio.create_task(client.get("/search", params={"q": QUESTION}))
        await asyncio.sleep(0.05)
        os.kill(bot.pid, number)
        assert await bot.wait(60) == 0
        with contextlib.suppress(httpx.TransportError):  # it was not accepted yet
            assert "临江大桥" in (await asked).text
    assert (crowd.lost(), crowd.doubled()) == (0, 0)
    [answer] = crowd.chats[0].answers
    assert ANSWER in answer.text
