"""Database files that are removed, replaced or cut short under the running bot; a clock that is off."""

import asyncio
import sqlite3
from contextlib import closing

import pytest

from tests.botapi import BotApiServer
from tests.botapi.fixtures import StartBot
from tests.botapi.harness import free_port
from tests.faults.conftest import Crowd, outcomes, problems, until, wait_for

pytestmark = pytest.mark.fault(18)


async def test_a_state_that_is_removed_is_told_of_and_written_anew(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    port = free_port()
    bot = await baotong(METRICS_PORT=port)
    bot.errors_expected = True
    crowd = Crowd(telegram, 1)
    crowd.ask(0, "/subscribe 大桥")
    await until(lambda: crowd.answers == 1)
    for file in bot.data_dir.glob("bot.sqlite3*"):
        file.unlink()
    assert "removed" in (await problems(port))["database"]
    await wait_for(port, None, within=15)
    crowd.ask(0, "/subscribe 地铁")
    await until(lambda: crowd.answers == 2)
    await bot.restart()
    crowd.ask(0, "/subscriptions")
    answer = await crowd.chats[0].next_answer(within=10)
    while "大桥" not in answer.text or "地铁" not in answer.text:
        answer = await crowd.chats[0].next_answer(within=10)
    await until(lambda: outcomes(bot.data_dir).keys() == {"answered"})
    assert bot.log.count("was removed while the bot ran: it was written anew") == 1


@pytest.mark.slow
async def test_an_archive_that_is_cut_short_is_a_reason_not_a_failure(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    port = free_port()
    bot = await baotong(METRICS_PORT=port)
    bot.errors_expected = True
    store = bot.data_dir / "corpus.sqlite3"
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("PRAGMA wal_checkpoint")
    assert store.stat().st_size > 50_000
    with store.open("r+b") as file:
        file.truncate(8_192)
    await asyncio.sleep(1)
    for _ in range(3):
        found = await problems(port)
        assert "corpus.sqlite3" in found["archive"]
    assert "Traceback" not in bot.log
