"""The bot over PostgreSQL: the server goes away, the bot is killed, nothing is lost."""

import asyncio
import random

import pytest

from tests.botapi import BotApiServer
from tests.botapi.fixtures import StartBot
from tests.botapi.harness import free_port
from tests.faults.conftest import Crowd, until, wait_for
from tests.postgres.server import PostgresServer

pytestmark = [pytest.mark.postgres, pytest.mark.fault(18)]


CONNECTED = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'baotong'"


def outcomes(postgres: PostgresServer) -> dict[str, int]:
    return dict(postgres.query("SELECT coalesce(outcome, 'waiting'), count(*) FROM inbox GROUP BY 1"))


async def ask(telegram: BotApiServer, people: int = 3) -> Crowd:
    crowd = Crowd(telegram, people)
    for number in range(people):
        crowd.ask(number)
    await crowd.answered(within=60)
    return crowd


async def test_while_the_server_is_away_questions_are_answered_and_none_twice(
    telegram: BotApiServer, baotong: StartBot, postgres: PostgresServer
) -> None:
    port = free_port()
    bot = await baotong(STATE_URL=postgres.url, METRICS_PORT=port)
    bot.errors_expected = True
    await ask(telegram)
    await until(lambda: outcomes(postgres) == {"answered": 3}, within=60)
    assert not (bot.data_dir / "bot.sqlite3").exists()
    await asyncio.to_thread(postgres.kill)
    try:
        away = await ask(telegram)
        await wait_for(port, "database", within=60)
    finally:
        await asyncio.to_thread(postgres.start)
    await wait_for(port, None, within=60)
    after = await ask(telegram)
    await until(lambda: "waiting" not in outcomes(postgres), within=60)
    for crowd in (away, after):
        assert (crowd.lost(), crowd.doubled()) == (0, 0)
    assert "updates cannot be stored" in bot.log
    assert "updates are stored again" in bot.log


async def test_a_bot_that_starts_without_its_server_uses_it_later(
    telegram: BotApiServer, baotong: StartBot, postgres: PostgresServer
) -> None:
    await asyncio.to_thread(postgres.stop)
    try:
        bot = await baotong(STATE_URL=postgres.url)
        bot.errors_expected = True
        await ask(telegram)
    finally:
        await asyncio.to_thread(postgres.start)
    await until(lambda: "updates are stored again" in bot.log, within=60)
    await ask(telegram)
    await until(lambda: outcomes(postgres).get("answered", 0) >= 3, within=60)


async def test_kills_of_the_bot_lose_nothing(
    telegram: BotApiServer, baotong: StartBot, postgres: PostgresServer
) -> None:
    chance, in_flight = random.Random(7), 0
    bot = await baotong(STATE_URL=postgres.url)
    crowd = Crowd(telegram, 10)

    async def ask_on() -> None:
        for number in range(60):
            crowd.ask(number)
            await asyncio.sleep(chance.uniform(0, 0.2))

    asking = asyncio.create_task(ask_on())
    for _ in range(3):
        await asyncio.sleep(chance.uniform(0.2, 1.5))
        await bot.kill()
        await until(lambda: postgres.query(CONNECTED) == [(0,)], within=60)
        [(begun,)] = postgres.query("SELECT count(*) FROM inbox WHERE outcome IS NULL AND attempts > 0")
        in_flight += begun
        await bot.start()
    await asking
    await crowd.answered(within=90)
    await until(lambda: "waiting" not in outcomes(postgres), within=60)
    assert crowd.lost() == 0
    assert crowd.doubled() <= in_flight  # of each chat at most the one question in flight


async def test_a_second_bot_over_the_same_database_is_refused(
    telegram: BotApiServer, baotong: StartBot, postgres: PostgresServer
) -> None:
    await baotong(STATE_URL=postgres.url)
    second = await baotong(STATE_URL=postgres.url, wait=0)
    second.errors_expected = True
    assert await second.wait(within=60) == 1
    assert "another baotong runs over the database postgres on" in second.log
