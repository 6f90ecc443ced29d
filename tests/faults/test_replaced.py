"""Database files that are removed, replaced or cut short under the running bot; a clock that is off."""

import sqlite3
from contextlib import closing

import pytest

from tests.botapi import BotApiServer
from tests.botapi.fixtures import StartBot
from tests.botapi.harness import free_port
from tests.faults.conftest import ANSWER, Crowd, outcomes, problems, until, wait_for

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


async def test_an_archive_that_is_removed_is_made_again_and_a_copy_in_its_place_is_followed(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    port = free_port()
    bot = await baotong(METRICS_PORT=port)
    bot.errors_expected = True
    crowd = Crowd(telegram, 1)
    crowd.ask(0)
    await crowd.answered(within=10, bot=bot)
    store = bot.data_dir / "corpus.sqlite3"
    with closing(sqlite3.connect(store)) as source, closing(sqlite3.connect(bot.data_dir / "copy")) as copy:
        source.backup(copy)
    for file in bot.data_dir.glob("corpus.sqlite3*"):
        file.unlink()
    assert "was removed while it was open" in (await problems(port))["archive"]
    await wait_for(port, None, within=30)
    for suffix in ("-wal", "-shm"):
        store.with_name(f"{store.name}{suffix}").unlink(missing_ok=True)
    (bot.data_dir / "copy").rename(store)
    await wait_for(port, None, within=30)
    crowd.ask(0)
    await crowd.answered(within=10, bot=bot)
    assert ANSWER in crowd.chats[0].answers[-1].text
    assert bot.log.count("corpus.sqlite3 was removed while it was open") == 1
    assert "corpus.sqlite3 was replaced while it was open: going on with it" in bot.log


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
    assert await problems(port) == {}
    with store.open("r+b") as file:
        file.truncate(8_192)
    assert "corpus.sqlite3" in (await problems(port))["archive"]
    await wait_for(port, None, within=30)
    assert "Traceback" not in bot.log
