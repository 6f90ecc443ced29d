"""What hangs is ended: the bot comes up again, tells whoever made it hang once, and answers all others."""

import asyncio
import contextlib
import os
import re
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from bot.wording.i18n import Language, translator
from tests.botapi import BotApiServer, faults
from tests.botapi.fixtures import StartBot
from tests.botapi.harness import BotProcess, free_port
from tests.faults import hanging
from tests.faults.conftest import ANSWER, Crowd, outcomes, until

pytestmark = pytest.mark.fault(29)

PROGRAM = ("-m", "tests.faults.hanging", "run")
SORRY = translator(Language.HANS)("errors.private")


@asynccontextmanager
async def supervised(bot: BotProcess) -> AsyncIterator[list[int]]:
    """Start the bot again whenever it ends, as systemd and Docker do; gives the exit codes."""
    codes: list[int] = []

    async def watch() -> None:
        while True:
            codes.append(await bot.wait(within=600))
            await bot.start(wait=0)

    watching = asyncio.create_task(watch())
    try:
        yield codes
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching


@pytest.mark.parametrize("words", [hanging.IN_LOOP, pytest.param(hanging.IN_THREAD, marks=pytest.mark.slow)])
async def test_a_single_update_that_hangs_is_given_up_at_the_first_hang(
    telegram: BotApiServer, baotong: StartBot, words: str
) -> None:
    bot = await baotong(program=PROGRAM, HANG_SECONDS=2)
    bot.errors_expected = True
    crowd = Crowd(telegram, 2)
    crowd.people[0].say(crowd.chats[0], words)
    assert await bot.wait(within=30) == 1
    crowd.ask(1)
    await bot.start()
    assert (await crowd.chats[0].next_answer(within=15)).text == SORRY
    await crowd.answered(within=15)
    assert crowd.chats[1].answers[0].text.count(ANSWER) == 1
    await crowd.chats[0].silence(1)
    assert outcomes(bot.data_dir) == {"hung": 1, "answered": 1}
    [line] = [line for line in bot.log.splitlines() if "CRITICAL" in line]
    assert re.search(r"the bot hung and was ended; updates in flight: \d+; where: .*_match", line)
    assert (bot.data_dir / "stacks.txt").read_bytes() == b""
    assert await bot.stop() == 0
    assert not (bot.data_dir / "stacks.txt").exists()


async def test_of_several_in_hand_the_guilty_one_is_found_and_its_neighbours_are_answered(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    bot = await baotong(program=PROGRAM, HANG_SECONDS=2)
    bot.errors_expected = True
    crowd = Crowd(telegram, 4)
    async with supervised(bot) as codes:
        for place in range(1, 4):
            crowd.ask(place)
        crowd.people[0].say(crowd.chats[0], f"{hanging.IN_THREAD} 1")
        crowd.people[0].say(crowd.chats[0], f"{hanging.IN_THREAD} 2")
        assert (await crowd.chats[0].next_answer(within=60)).text == SORRY
        await crowd.answered(within=10)
        assert crowd.doubled() == 0
        await crowd.chats[0].silence(1)
    assert len(codes) <= 2
    assert outcomes(bot.data_dir) == {"hung": 1, "failed": 1, "answered": 3}


@pytest.mark.slow
@pytest.mark.parametrize("words", [hanging.SPINNING, hanging.SLEEPING])
async def test_threads_that_never_come_back_do_not_keep_others_from_theirs(
    telegram: BotApiServer, baotong: StartBot, words: str
) -> None:
    bot = await baotong(program=PROGRAM, HANG_SECONDS=10)
    bot.errors_expected = True
    crowd = Crowd(telegram, 12)
    guilty = 3 if words == hanging.SPINNING else 10
    for place in range(guilty):
        crowd.people[place].say(crowd.chats[place], words)
    await asyncio.sleep(2.5)
    crowd.ask(11)
    await crowd.answered(within=10)
    assert bot.running
    started = time.monotonic()
    assert await bot.stop() == 0
    assert time.monotonic() - started < 10


@pytest.mark.slow
async def test_sigterm_ends_a_bot_that_hangs_within_ten_seconds(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    bot = await baotong(program=PROGRAM, HANG_SECONDS=60)
    bot.errors_expected = True
    crowd = Crowd(telegram, 1)
    crowd.people[0].say(crowd.chats[0], hanging.IN_THREAD)
    await until(lambda: outcomes(bot.data_dir))
    await asyncio.sleep(0.5)
    started = time.monotonic()
    await bot.stop(grace=10.5)
    assert time.monotonic() - started < 10.5
    await bot.start()
    assert (await crowd.chats[0].next_answer(within=15)).text == SORRY


@pytest.mark.slow
async def test_health_says_since_when_the_loop_has_not_turned(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    port = free_port()
    bot = await baotong(program=PROGRAM, HANG_SECONDS=16, METRICS_PORT=port)
    bot.errors_expected = True
    crowd = Crowd(telegram, 1)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        assert (await client.get("/healthz")).text == "ok\n"
        crowd.people[0].say(crowd.chats[0], hanging.IN_THREAD)
        await asyncio.sleep(2)
        assert (await client.get("/healthz")).status_code == 200
        started = time.monotonic()
        ready = await client.get("/readyz")
        assert time.monotonic() - started < 3
        assert ready.status_code == 503
        assert "did not answer" in ready.json()["problems"]["loop"]
        await asyncio.sleep(9)
        health = await client.get("/healthz")
        assert health.status_code == 503
        assert "has not turned since 2" in health.text
        assert await bot.wait(within=15) == 1
        with pytest.raises(httpx.TransportError):
            await client.get("/healthz")


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_a_hang_among_two_hundred_hostile_messages_is_ended_and_another_person_is_answered(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    bot = await baotong(program=PROGRAM, HANG_SECONDS=5)
    bot.errors_expected = True
    hostile, other = Crowd(telegram, 20), Crowd(telegram, 1)
    async with supervised(bot) as codes:
        for number in range(200):
            place = number % 20
            words = ODD[number % len(ODD)]
            if number == 100:
                words = f"{hanging.IN_LOOP}{words}"[:4_096]
            hostile.people[place].say(hostile.chats[place], words)
            if number % 5 == 0:
                other.ask(0)
                await asyncio.sleep(1)
        await other.answered(within=60)
        delays = other.delays()
        print(f"\nanother person: {delays[len(delays) // 2]:.2f} s, longest {delays[-1]:.2f} s")
        assert other.doubled() == 0
        assert 1 <= len(codes) <= 2
        await until(lambda: "waiting" not in outcomes(bot.data_dir), within=60)
        assert outcomes(bot.data_dir)["hung"] == 1
        assert sum(one.text == SORRY for one in hostile.chats[0].answers) == 1


ODD = (
    f"日期：{'二' * 4_000}",
    "[" * 4_096,
    "昨天" * 2_048,
    f"“{'《' * 4_000}",
    "a\u202e" * 2_048,
    "1" * 4_096,
    "http://" * 585,
    "-" * 4_096,
    "。" * 4_096,
    "😀" * 2_000,
)
"""Messages as long as Telegram lets them be."""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="whether a process is stopped is read from /proc")
async def test_a_bot_that_was_stopped_from_outside_gives_nobody_up(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    bot = await baotong(program=PROGRAM, HANG_SECONDS=14)
    bot.errors_expected = True
    crowd = Crowd(telegram, 1)
    telegram.faults.plan(faults.hang(), "sendMessage")
    crowd.ask(0)
    await until(lambda: not telegram.faults.pending)
    os.kill(bot.pid, signal.SIGSTOP)
    await asyncio.sleep(16)
    os.kill(bot.pid, signal.SIGCONT)
    assert await bot.wait(within=10) == 1
    await bot.start()
    await crowd.answered(within=15)
    assert ANSWER in crowd.chats[0].answers[0].text
    assert outcomes(bot.data_dir) == {"answered": 1}
    assert "Paused: stopped from outside" in bot.log
