import os
import sqlite3
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.storage import chats
from bot.storage import database as module
from bot.storage.database import FORGET, MIGRATIONS, State, backup_database, find_damage
from corpus.errors import StoreError
from corpus.store.database import migrate, open_database

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "bot.sqlite3"


def add_update(
    state: State, update_id: int, *, asked: datetime, user_id: int = 7, body: str | None = "{}"
) -> None:
    with state.transaction() as connection:
        connection.execute(
            "INSERT INTO inbox (update_id, lane, user_id, kind, asked, body)"
            " VALUES (?, '7', ?, 'message', ?, ?)",
            (update_id, user_id, asked.timestamp(), body),
        )


def count(state: State) -> int:
    return int(state.connection().execute("SELECT count(*) FROM inbox").fetchone()[0])


def test_migrations_are_numbered_without_gaps() -> None:
    assert [migration.number for migration in MIGRATIONS] == list(range(1, len(MIGRATIONS) + 1))


def test_what_was_written_is_there_after_opening_again(path: Path) -> None:
    with State.open(path) as state:
        add_update(state, 1, asked=NOW)
    with State.open(path) as state:
        assert count(state) == 1


def test_only_its_owner_may_read_the_file_and_what_sqlite_keeps_beside_it(path: Path) -> None:
    with State.open(path) as state:
        add_update(state, 1, asked=NOW)
        files = list(path.parent.iterdir())
        assert len(files) == 3
        assert [file.name for file in files if file.stat().st_mode & 0o077] == []


def test_a_file_that_others_could_read_is_closed_to_them(path: Path) -> None:
    State.open(path).close()
    path.chmod(0o644)
    State.open(path).close()
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "delete", [lambda state: state.forget(7), lambda state: state.prune(timedelta(days=1))]
)
def test_what_is_deleted_is_gone_from_the_log_too(path: Path, delete: Callable[[State], None]) -> None:
    with State.open(path, now=lambda: NOW) as state:
        add_update(state, 1, asked=NOW - timedelta(days=2), body="私事")
        delete(state)
        for file in path.parent.iterdir():
            assert "私事".encode() not in file.read_bytes()


def test_each_thread_has_a_connection_of_its_own(path: Path) -> None:
    with State.open(path) as state:
        others = []
        thread = threading.Thread(target=lambda: others.append(state.connection()))
        thread.start()
        thread.join()
        assert others[0] is not state.connection()
        assert state.connection() is state.connection()


@pytest.mark.parametrize("make", [lambda path: State.open(path), lambda _: State.in_memory()])
def test_a_transaction_is_all_or_nothing(path: Path, make: Callable[[Path], State]) -> None:
    with make(path) as state:
        with pytest.raises(sqlite3.IntegrityError), state.transaction() as connection:
            connection.executemany(
                "INSERT INTO inbox (update_id, lane, kind, asked) VALUES (?, '', '', 0)", [(1,), (1,)]
            )
        assert count(state) == 0


def test_an_older_schema_is_brought_up_to_date(path: Path) -> None:
    connection = open_database(path)
    migrate(connection, MIGRATIONS[:1])
    connection.close()
    with State.open(path) as state:
        (version,) = state.connection().execute("PRAGMA user_version").fetchone()
    assert version == len(MIGRATIONS)


def test_a_newer_schema_is_refused_and_left_alone(path: Path) -> None:
    with State.open(path) as state:
        add_update(state, 1, asked=NOW)
        state.connection().execute("PRAGMA user_version=9999")
    with pytest.raises(StoreError, match="newer version"):
        State.open(path)
    with State.open_or_memory(path) as state:
        assert "newer version" in (state.problem or "")
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM inbox").fetchone() == (1,)
    connection.close()


@pytest.mark.parametrize("suffix", ["", "-wal", "-shm"])
def test_a_fifo_in_the_place_of_the_file_is_waited_for_by_nobody(path: Path, suffix: str) -> None:
    State.open(path).close()
    place = path.with_name(path.name + suffix)
    place.unlink(missing_ok=True)
    os.mkfifo(place)
    with State.open_or_memory(path) as state:
        assert state.path is None
        assert "it is no file but a folder, a fifo or a device" in (state.problem or "")
        assert count(state) == 0


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_file_under_the_running_bot_is_told_and_not_followed(
    path: Path, make: Callable[[Path], None]
) -> None:
    with State.open(path) as state:
        add_update(state, 1, asked=NOW)
        path.unlink()
        make(path)
        assert state.file_problem is not None
        with pytest.raises(StoreError, match="it is no file"):
            state.follow_file()


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda raw: b"not a database at all, only some text" * 99, id="other content"),
        pytest.param(lambda raw: raw[:4096] + b"\xa5" * (len(raw) - 4096), id="pages overwritten"),
        pytest.param(lambda raw: raw[: len(raw) // 2], id="cut off"),
    ],
)
def test_a_damaged_file_is_left_byte_for_byte_and_the_bot_works_in_memory(
    path: Path, damage: Callable[[bytes], bytes], caplog: pytest.LogCaptureFixture
) -> None:
    with State.open(path) as state:
        for update_id in range(500):
            add_update(state, update_id, asked=NOW, body="x" * 200)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()
    broken = damage(path.read_bytes())
    path.write_bytes(broken)
    assert find_damage(path)
    with State.open_or_memory(path) as state:
        assert state.problem
        add_update(state, 1, asked=NOW)
    assert path.read_bytes() == broken
    assert "The file is left as it is" in caplog.text


def test_a_sound_or_missing_file_has_no_damage(path: Path) -> None:
    assert find_damage(path) is None
    State.open(path).close()
    assert find_damage(path) is None


def test_a_folder_in_place_of_the_file_is_told_in_plain_words(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(StoreError, match=r"bot\.sqlite3"):
        State.open(path)


def test_a_lock_from_outside_fails_a_write_within_seconds_but_not_a_read(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUSY_MILLISECONDS", 100)
    with State.open(path) as state:
        add_update(state, 1, asked=NOW)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            add_update(state, 2, asked=NOW)
        assert count(state) == 1
        other.execute("ROLLBACK")
        other.close()
        add_update(state, 2, asked=NOW)
        assert count(state) == 2


def test_threads_take_turns_and_need_no_patience_of_sqlite(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUSY_MILLISECONDS", 0)  # whoever meets a lock fails at once
    with State.open(path) as state:
        first = threading.Event()
        failures: list[Exception] = []

        def write() -> None:
            first.wait()
            try:
                add_update(state, 2, asked=NOW)
            except sqlite3.OperationalError as error:
                failures.append(error)

        second = threading.Thread(target=write)
        second.start()
        with state.transaction() as connection:
            connection.execute("DELETE FROM inbox")
            first.set()
            second.join(0.05)
            assert second.is_alive()
        second.join()
        assert failures == []
        assert count(state) == 1


def test_pruning_deletes_old_words_and_numbers_telegram_has_forgotten(path: Path) -> None:
    with State.open(path, now=lambda: NOW) as state:
        add_update(state, 1, asked=NOW - timedelta(days=91))
        add_update(state, 2, asked=NOW - timedelta(days=3), body=None)
        add_update(state, 3, asked=NOW - timedelta(days=3))
        add_update(state, 4, asked=NOW - timedelta(hours=1), body=None)
        with state.transaction() as connection:
            connection.execute("UPDATE inbox SET outcome = 'answered', finished = asked WHERE update_id != 3")
        state.prune(timedelta(days=90))
        left = state.connection().execute("SELECT update_id FROM inbox ORDER BY 1").fetchall()
    assert left == [(3,), (4,)]


def test_a_person_is_forgotten_and_others_are_not(path: Path) -> None:
    with State.open(path) as state:
        add_update(state, 1, asked=NOW, user_id=7)
        add_update(state, 2, asked=NOW, user_id=8)
        state.forget(7)
        rows = state.connection().execute("SELECT update_id, body, outcome FROM inbox ORDER BY 1").fetchall()
    assert rows == [(1, None, "forgotten"), (2, "{}", None)]


def test_no_row_and_no_byte_says_who_was_forgotten_where_and_when(path: Path) -> None:
    person, group = 5_000_000_002, "-100123"
    rows = [
        (1, str(person), person, "message", "answered", None),
        (2, group, person, "message", "quiet", None),
        (3, f"inline_query:{person}", person, "inline_query", "superseded", None),
        (4, group, person, "callback_query", None, f'{{"from":{{"id":{person}}}}}'),
        (5, str(person), None, "unknown", "poison", f'{{"chat":{{"id":{person}}}}}'),
        (6, group, 8, "message", "poison", f'{{"reply_to_message":{{"from":{{"id":{person}}}}}}}'),
        (7, group, 8, "message", "answered", None),
    ]
    asked = NOW.timestamp() + 12_345.678
    with State.open(path) as state:
        with state.transaction() as connection:
            connection.executemany(
                "INSERT INTO inbox (update_id, lane, user_id, kind, outcome, body, asked, finished)"
                f" VALUES (?, ?, ?, ?, ?, ?, {asked}, iif(?5 IS NULL, NULL, {asked}))",
                rows,
            )
        state.forget(person, up_to=4)
        left = state.connection().execute(
            "SELECT update_id, lane, user_id, kind, body, asked, finished FROM inbox ORDER BY 1"
        )
        known = left.fetchall()
        held = b"".join(file.read_bytes() for file in path.parent.iterdir())
    day = NOW.timestamp()
    assert known[:5] == [(number, "", None, "", None, day, day) for number in range(1, 6)]
    assert known[5][:5] == (6, "", None, "", None)
    assert known[6] == (7, group, 8, "message", None, asked, asked)
    assert str(person).encode() not in held
    assert person.to_bytes(6, "big") not in held  # as SQLite writes it


def test_what_was_deleted_leaves_the_log_though_somebody_reads_at_that_moment(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUSY_MILLISECONDS", 50)
    with State.open(path) as state:
        add_update(state, 1, asked=NOW, body='"words"')
        reader = state.new_connection()
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM inbox").fetchall()
        ended = threading.Timer(0.1, reader.execute, ("COMMIT",))
        ended.start()
        state.forget(7)
        ended.join()
        assert b"words" not in b"".join(file.read_bytes() for file in path.parent.iterdir())


def test_what_somebody_asks_after_the_wish_to_be_forgotten_still_waits_for_its_answer(path: Path) -> None:
    with State.open(path) as state:
        for number in (1, 2, 3):
            add_update(state, number, asked=NOW)
        state.forget(7, up_to=2)
        rows = state.connection().execute("SELECT update_id, body, outcome FROM inbox ORDER BY 1").fetchall()
    assert rows == [(1, None, "forgotten"), (2, None, "forgotten"), (3, "{}", None)]


def test_what_was_deleted_leaves_the_log_once_a_long_reader_has_ended(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "CHECKPOINT_MILLISECONDS", 10)

    def held() -> bytes:
        return b"".join(file.read_bytes() for file in path.parent.iterdir())

    with State.open(path) as state:
        add_update(state, 1, asked=NOW, body='"words"')
        reader = state.new_connection()
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM inbox").fetchall()
        for _ in range(3):
            state.forget(7)
            state.empty_log()
        assert b"words" in held()
        assert caplog.text.count("still stands in the log") == 1
        reader.execute("COMMIT")
        state.empty_log()
        assert b"words" not in held()


def test_the_log_of_a_run_that_was_killed_is_emptied_by_the_next(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHECKPOINT_MILLISECONDS", 10)
    with State.open(path) as killed, State.open(path) as state:
        add_update(killed, 1, asked=NOW, body='"words"')
        with killed.transaction() as connection:
            connection.execute("DELETE FROM inbox")
        assert b"words" in b"".join(file.read_bytes() for file in path.parent.iterdir())
        state.empty_log()
        assert b"words" not in b"".join(file.read_bytes() for file in path.parent.iterdir())


def test_who_is_forgotten_is_forgotten_in_a_replaced_database_too(path: Path) -> None:
    with State.open(path, now=lambda: NOW) as state:
        for number, person in ((1, 7), (2, 8)):
            add_update(state, number, asked=NOW, user_id=person, body=f'"words of {person}"')
        with state.transaction() as connection:
            connection.execute("UPDATE inbox SET outcome = 'poison', finished = asked")
        fresh = path.with_name("fresh.sqlite3")
        State.open(fresh).close()
        fresh.replace(path)
        state.follow_file()
        [kept] = path.parent.glob("bot.sqlite3.replaced-*")
        assert b"words of 7" in kept.read_bytes()
        state.forget(7)
        assert b"words of 7" not in b"".join(file.read_bytes() for file in path.parent.iterdir())
        assert b"words of 8" in kept.read_bytes()
        kept.write_bytes(b"no database at all" * 100)
        with pytest.raises(StoreError, match="replaced-"):
            state.forget(8)
        assert b"words of 8" not in path.read_bytes()


@pytest.mark.parametrize("statement", FORGET)
def test_every_statement_that_deletes_fits_the_schema(path: Path, statement: str) -> None:
    with State.open(path) as state, state.transaction() as connection:
        connection.execute(statement, {"user_id": 1, "up_to": 1, "before": 0.0})


def test_a_backup_while_somebody_writes_is_sound_and_can_be_restored(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "copies" / "bot.sqlite3"
    with State.open(path) as state:
        add_update(state, 1, asked=NOW)
        stop = threading.Event()

        def write() -> None:
            number = 2
            while not stop.is_set():
                add_update(state, number, asked=NOW)
                number += 1

        writer = threading.Thread(target=write)
        writer.start()
        size = state.backup(target)
        stop.set()
        writer.join()
    assert target.stat().st_size == size
    assert target.stat().st_mode & 0o077 == 0
    path.unlink()
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    target.replace(path)
    with State.open(path) as restored:
        assert count(restored) >= 1
        assert find_damage(path) is None


def test_a_backup_replaces_an_older_one_and_nothing_else(path: Path, tmp_path: Path) -> None:
    State.open(path).close()
    with pytest.raises(StoreError, match="is the database itself"):
        backup_database(path, path)
    with pytest.raises(StoreError, match="is a folder"):
        backup_database(path, tmp_path)
    with pytest.raises(StoreError, match="nothing to back up"):
        backup_database(tmp_path / "none", tmp_path / "copy")
    backup_database(path, tmp_path / "copy")
    backup_database(path, tmp_path / "copy")
    assert not list(tmp_path.glob(".*.part"))


def test_a_backup_of_a_damaged_database_leaves_the_older_copy(path: Path, tmp_path: Path) -> None:
    with State.open(path) as state:
        for update_id in range(500):
            add_update(state, update_id, asked=NOW, body="x" * 200)
    target = tmp_path / "copy"
    backup_database(path, target)
    before = target.read_bytes()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()
    raw = path.read_bytes()
    path.write_bytes(raw[:8192] + b"\x5a" * (len(raw) - 8192))
    with pytest.raises(StoreError):
        backup_database(path, target)
    assert target.read_bytes() == before


def inbox_rows(state: State) -> list[tuple[int, str | None]]:
    return list(state.connection().execute("SELECT update_id, outcome FROM inbox ORDER BY update_id"))


@pytest.mark.parametrize("sides", [True, False], ids=["with what is beside it", "alone"])
def test_a_file_that_was_removed_is_written_anew_with_all_that_was_stored(path: Path, sides: bool) -> None:
    with State.open(path) as state:
        add_update(state, 1, asked=NOW)
        for file in path.parent.glob("bot.sqlite3*" if sides else "bot.sqlite3"):
            file.unlink()
        add_update(state, 2, asked=NOW)
        assert "removed" in (state.file_problem or "")
        with pytest.raises(StoreError, match="removed"):
            state.new_connection()
        assert not path.exists()
        state.follow_file()
        assert not state.file_problem
        add_update(state, 3, asked=NOW)
        seen: list[int] = []
        thread = threading.Thread(target=lambda: seen.append(count(state)))
        thread.start()
        thread.join()
        assert seen == [3]
        assert path.stat().st_mode & 0o077 == 0
    assert find_damage(path) is None
    with State.open(path) as state:
        assert [number for number, _ in inbox_rows(state)] == [1, 2, 3]


def test_a_file_that_was_replaced_is_kept_and_its_updates_are_carried_over(
    path: Path, tmp_path: Path
) -> None:
    backup = tmp_path / "copy.sqlite3"
    with State.open(path, now=lambda: NOW) as state:
        add_update(state, 1, asked=NOW)
        state.backup(backup)
        add_update(state, 2, asked=NOW)
        with state.transaction() as connection:
            connection.execute("UPDATE inbox SET outcome = 'answered', body = NULL WHERE update_id = 1")
            chats.save(connection, 7, chats.ChatPreferences(language="en"))
        backup.replace(path)
        assert "replaced" in (state.file_problem or "")
        state.follow_file()
        assert inbox_rows(state) == [(1, "answered"), (2, None)]
        assert chats.load(state.connection(), 7).language is None  # what was restored counts
        [kept] = path.parent.glob("bot.sqlite3.replaced-*")
    assert find_damage(path) is None
    with State.open(kept) as former:
        assert chats.load(former.connection(), 7).language == "en"


@pytest.mark.parametrize("content", [b"", b"no database at all" * 1_000])
def test_a_file_that_was_replaced_by_junk_is_named_and_the_open_one_goes_on(
    path: Path, content: bytes
) -> None:
    with State.open(path) as state:
        add_update(state, 1, asked=NOW)
        other = path.with_name("other")
        other.write_bytes(content)
        other.replace(path)
        with pytest.raises(StoreError):
            state.follow_file()
        assert state.file_problem
        add_update(state, 2, asked=NOW)
        assert count(state) == 2
        path.unlink()
        state.follow_file()
        assert count(state) == 2
    with State.open(path) as state:
        assert count(state) == 2


def test_a_file_that_is_cut_short_under_the_bot_is_noticed_without_being_opened(path: Path) -> None:
    with State.open(path) as state:
        state.connection().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        looks = [state.is_truncated]
        os.truncate(path, path.stat().st_size - 4_096)
        looks.append(state.is_truncated)
        assert looks == [False, True]
        assert state.file_problem is None
