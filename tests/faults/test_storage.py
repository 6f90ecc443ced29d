"""A database that fails: answers go on, precious data stays as it was, the operator is told."""

import asyncio
import contextlib
import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.inbox import store
from bot.inbox.envelope import Envelope
from bot.inbox.inbox import Inbox
from bot.inbox.update import Notice
from bot.settings import Settings
from bot.storage import database as state_module
from bot.storage.database import MIGRATIONS, State, backup_database
from corpus import Corpus
from corpus.store.database import migrate, open_database
from tests.bot.command_line import Baotong
from tests.botapi import BotApiServer
from tests.botapi.fixtures import StartBot
from tests.botapi.harness import free_port
from tests.faults.conftest import ANSWER, QUESTION, Crowd, outcomes, until, wait_for

pytestmark = pytest.mark.fault(18)


def filled(path: Path, *, updates: int = 50) -> None:
    """A database as a bot left it."""
    with State.open(path) as state, state.transaction() as connection:
        for number in range(updates):
            connection.execute(
                "INSERT INTO inbox (update_id, lane, kind, asked, finished, outcome)"
                " VALUES (?, 'x', 'message', 0, 0, 'answered')",
                (number,),
            )
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


async def answers(telegram: BotApiServer, people: int = 1) -> Crowd:
    crowd = Crowd(telegram, people)
    for number in range(people):
        crowd.ask(number)
    await crowd.answered(within=10)
    return crowd


async def test_a_damaged_database_is_left_alone_and_questions_are_answered(
    telegram: BotApiServer, baotong: StartBot, tmp_path: Path
) -> None:
    data = tmp_path / "damaged"
    filled(data / "bot.sqlite3")
    broken = b"SQLite format 3\x00" + os.urandom(20_000)
    (data / "bot.sqlite3").write_bytes(broken)
    bot = await baotong(DATA_DIR=data)
    bot.errors_expected = True
    await answers(telegram, 3)
    assert (data / "bot.sqlite3").read_bytes() == broken
    assert "The file is left as it is" in bot.log
    await bot.restart(kill=True)
    await answers(telegram)
    assert (data / "bot.sqlite3").read_bytes() == broken


@pytest.mark.slow
async def test_a_database_of_a_newer_version_is_left_alone_and_questions_are_answered(
    telegram: BotApiServer, baotong: StartBot, tmp_path: Path
) -> None:
    data = tmp_path / "newer"
    filled(data / "bot.sqlite3")
    connection = sqlite3.connect(data / "bot.sqlite3")
    connection.execute("PRAGMA user_version=4711")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    before = (data / "bot.sqlite3").read_bytes()
    bot = await baotong(DATA_DIR=data)
    bot.errors_expected = True
    await answers(telegram)
    assert "newer version" in bot.log
    assert (data / "bot.sqlite3").read_bytes() == before


@pytest.mark.slow
async def test_a_database_of_the_first_version_is_brought_up_to_date_with_its_rows(
    telegram: BotApiServer, baotong: StartBot, tmp_path: Path
) -> None:
    data = tmp_path / "older"
    connection = open_database(data / "bot.sqlite3")
    migrate(connection, MIGRATIONS[:1])
    connection.execute(
        "INSERT INTO inbox (update_id, lane, kind, asked, outcome) VALUES (5, 'x', 'message', ?, 'answered')",
        (time.time(),),
    )
    connection.close()
    await baotong(DATA_DIR=data)
    await answers(telegram)
    with State.open(data / "bot.sqlite3") as state:
        assert state.connection().execute("SELECT count(*) FROM inbox WHERE update_id = 5").fetchone() == (1,)


@pytest.mark.slow
async def test_while_another_program_locks_the_database_questions_are_answered(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    port = free_port()
    bot = await baotong(METRICS_PORT=port)
    bot.errors_expected = True
    await answers(telegram)
    other = sqlite3.connect(bot.data_dir / "bot.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    crowd = await answers(telegram, 3)
    assert max(crowd.delays()) < 8
    assert "updates cannot be stored" in bot.log
    await wait_for(port, "database", within=1)
    other.execute("ROLLBACK")
    other.close()
    await asyncio.sleep(6)
    await answers(telegram)
    await until(lambda: "updates are stored again" in bot.log, within=8)
    await wait_for(port, None, within=1)
    await asyncio.sleep(0.5)
    assert "waiting" not in outcomes(bot.data_dir)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of four megabytes, where the machine lets us make one."""
    place = tmp_path / "disk"
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("this needs the right to mount a file system")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)  # a test that failed left its bot running


def fill(disk: Path) -> None:
    """Leave no room."""
    room = shutil.disk_usage(disk).free
    with (disk / "ballast").open("wb", buffering=0) as ballast, contextlib.suppress(OSError):
        while room > 0:
            room -= ballast.write(b"\0" * min(room, 65_536))


@pytest.mark.slow
async def test_on_a_full_disk_questions_are_answered(
    telegram: BotApiServer, baotong: StartBot, small_disk: Path
) -> None:
    port = free_port()
    bot = await baotong(DATA_DIR=small_disk / "data", METRICS_PORT=port)
    bot.errors_expected = True
    await answers(telegram)
    fill(small_disk)
    await answers(telegram, 5)
    await wait_for(port, "database", within=1)
    assert "disk is full" in bot.log
    (small_disk / "ballast").unlink()
    await until(lambda: "updates are stored again" in bot.log, within=40)
    await wait_for(port, None, within=1)
    fill(small_disk)
    await bot.restart(kill=True)
    await answers(telegram, 3)
    (small_disk / "ballast").unlink()
    await bot.restart()
    await answers(telegram, 3)
    with State.open(small_disk / "data" / "bot.sqlite3") as state:
        assert state.problem is None
    await bot.kill()


@pytest.fixture
def sealed(newspaper_folder: Path, tmp_path: Path) -> Iterator[Path]:
    """A folder for data as a bot left it, on a file system that takes nothing, where we may make one."""
    place = tmp_path / "sealed"
    settings = Settings.load(env_file=None, corpus_dir=newspaper_folder, data_dir=place)
    with Corpus.open(settings.corpus_options()) as corpus:
        corpus.update(workers=1)
    filled(settings.state_path)
    for command in (["--bind", str(place), str(place)], ["-o", "remount,bind,ro", str(place)]):
        if subprocess.run(["mount", *command], capture_output=True, check=False).returncode:
            subprocess.run(["umount", str(place)], capture_output=True, check=False)
            pytest.skip("this needs the right to mount a file system")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)  # a test that failed left its bot running


async def test_on_a_read_only_file_system_questions_are_answered_and_nobody_is_told_that_anything_was_saved(
    telegram: BotApiServer, baotong: StartBot, sealed: Path, newspaper_folder: Path
) -> None:
    command = Baotong(sealed.parent, newspaper_folder)
    command.data = sealed
    assert ANSWER in command.process("ask", QUESTION).stdout
    assert "lies on a read-only file system" in command.process("check").stdout
    port = free_port()
    bot = await baotong(DATA_DIR=sealed, METRICS_PORT=port)
    bot.errors_expected = True
    crowd = await answers(telegram)
    await wait_for(port, "database", within=1)
    [person], [chat] = crowd.people, crowd.chats
    chat.new_answers()
    person.say(chat, "/subscribe 大桥")
    assert "没有保存成功" in (await chat.next_answer()).text
    assert "The file is left as it is" in bot.log
    await bot.kill()


class Answering:
    """The inbox with a stand-in for the application that answers everything."""

    def __init__(self, state: State) -> None:
        self.answered: list[int] = []
        self.inbox = Inbox(state, self.handle, notify=self.notify)

    async def handle(self, update: dict[str, Any]) -> None:
        self.answered.append(update["update_id"])
        await self.inbox.mark_answered()

    async def notify(self, envelope: Envelope, notice: Notice) -> None:
        raise AssertionError("nobody is to be told anything")


@pytest.mark.parametrize(
    "break_it",
    [
        pytest.param(lambda connection: connection.execute("PRAGMA max_page_count=1"), id="full"),
        pytest.param(lambda connection: connection.execute("PRAGMA query_only=ON"), id="read-only"),
        pytest.param(lambda connection: connection.execute("DROP TABLE IF EXISTS inbox"), id="table gone"),
    ],
)
async def test_an_inbox_that_cannot_be_written_answers_and_says_so(
    tmp_path: Path,
    break_it: Callable[[sqlite3.Connection], object],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(state_module, "BUSY_MILLISECONDS", 50)
    monkeypatch.setattr(store, "REST_SECONDS", 0.0)
    with State.open(tmp_path / "bot.sqlite3") as state:
        bot = Answering(state)
        await bot.inbox.start()
        await bot.inbox.accept([{"update_id": 1, "message": {"text": "x" * 9_000}}])
        await until(lambda: bot.answered == [1])
        for connection in state._opened:
            break_it(connection)
        await bot.inbox.accept([{"update_id": 2, "message": {"text": "x" * 90_000}}])
        await until(lambda: bot.answered == [1, 2])
        assert "updates cannot be stored" in caplog.text
        await bot.inbox.prune(timedelta(days=1))
        await bot.inbox.stop(1)


@pytest.mark.slow
async def test_a_backup_made_while_the_bot_runs_restores_what_it_knew(
    telegram: BotApiServer, baotong: StartBot, tmp_path: Path
) -> None:
    bot = await baotong()
    crowd = await answers(telegram, 2)
    await until(lambda: outcomes(bot.data_dir) == {"answered": 2})
    backup_database(bot.data_dir / "bot.sqlite3", tmp_path / "copy.sqlite3")
    await bot.kill()
    for path in bot.data_dir.glob("bot.sqlite3*"):
        path.unlink()
    shutil.copy(tmp_path / "copy.sqlite3", bot.data_dir / "bot.sqlite3")
    await bot.start()
    telegram.updates.repeat_last()  # known from the backup: answered already
    await answers(telegram)
    assert crowd.doubled() == 0
