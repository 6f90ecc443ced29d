"""Files of DATA_DIR that are damaged under the running bot: it says so, and mends what can be made again."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.botapi import BotApiServer
from tests.botapi.fixtures import StartBot
from tests.botapi.harness import free_port
from tests.faults.conftest import ANSWER, QUESTION, Crowd, until, wait_for

pytestmark = pytest.mark.fault(18)


async def answered_rightly(telegram: BotApiServer, within: float = 30) -> None:
    """Ask until the answer is the right one; whatever comes before is an apology."""
    crowd = Crowd(telegram, 1)

    def right() -> bool:
        said = [answer.text for answer in crowd.chats[0].answers]
        assert all(ANSWER in text or "抱歉" in text or "整理" in text for text in said), said
        if len(said) == crowd.asked[0]:
            if said and ANSWER in said[-1]:
                return True
            crowd.ask(0, QUESTION)
        return False

    await until(right, within=within)


async def test_a_cut_database_of_articles_is_a_reason_and_is_made_again(
    telegram: BotApiServer, baotong: StartBot, tmp_path: Path
) -> None:
    port = free_port()
    data = tmp_path / "data"
    bot = await baotong(DATA_DIR=data, METRICS_PORT=port)
    await answered_rightly(telegram)
    bot.errors_expected = True
    with closing(sqlite3.connect(data / "corpus.sqlite3")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    os.truncate(data / "corpus.sqlite3", 8_192)
    await wait_for(port, "archive", within=10)
    await answered_rightly(telegram)
    await wait_for(port, None, within=20)
    assert "Traceback" not in bot.log
    assert list(data.glob("corpus.sqlite3.damaged-*"))


async def test_a_bot_over_damaged_files_comes_up_and_answers(
    telegram: BotApiServer, baotong: StartBot, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    bot = await baotong(DATA_DIR=data)
    await answered_rightly(telegram)
    await bot.stop()
    for path in (data / "index").glob("*.segment"):
        os.truncate(path, 4_096)
    (data / "corpus.sqlite3").write_bytes(b"no database" * 1_000)
    again = await baotong(DATA_DIR=data)
    again.errors_expected = True
    await answered_rightly(telegram)
