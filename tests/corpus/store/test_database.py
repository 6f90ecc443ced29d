"""Opening SQLite files: modes, transactions, migrations, and what is said when it goes wrong."""

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from corpus.errors import StoreError
from corpus.store import database
from corpus.store.database import (
    Migration,
    NewerSchemaError,
    explain,
    migrate,
    open_database,
    open_frozen,
    transaction,
)


def statement(sql: str) -> Callable[[sqlite3.Connection], None]:
    def apply(connection: sqlite3.Connection) -> None:
        connection.execute(sql)

    return apply


FIRST = Migration(1, statement("CREATE TABLE words(word TEXT UNIQUE)"))
SECOND = Migration(2, statement("ALTER TABLE words ADD COLUMN note TEXT"))


def words(connection: sqlite3.Connection) -> list[str]:
    return [word for (word,) in connection.execute("SELECT word FROM words ORDER BY word")]


def test_a_new_file_is_made_with_its_folder_and_keeps_a_log_for_readers(tmp_path: Path) -> None:
    with closing(open_database(tmp_path / "new" / "x.sqlite3")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)
        assert connection.execute("PRAGMA synchronous").fetchone() == (1,)


def test_a_durable_connection_waits_for_the_disk(tmp_path: Path) -> None:
    with closing(open_database(tmp_path / "x.sqlite3", durable=True)) as connection:
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)


def test_reading_only_creates_nothing(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        open_database(tmp_path / "x.sqlite3", read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_reading_only_cannot_write(tmp_path: Path) -> None:
    with closing(open_database(tmp_path / "x.sqlite3")) as connection:
        migrate(connection, [FIRST])
        with closing(open_database(tmp_path / "x.sqlite3", read_only=True)) as reader:
            assert words(reader) == []
            with pytest.raises(sqlite3.OperationalError):
                reader.execute("INSERT INTO words VALUES ('a')")


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite3"
    path.write_text("not a database, but longer than the header of one" * 50)
    with pytest.raises(StoreError, match=r"x\.sqlite3.*no database"):
        open_database(path)


def test_a_folder_in_the_place_of_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.sqlite3").mkdir()
    with pytest.raises(StoreError, match=r"x\.sqlite3"):
        open_database(tmp_path / "x.sqlite3")


def test_a_transaction_comes_to_stay_or_leaves_no_trace(tmp_path: Path) -> None:
    with closing(open_database(tmp_path / "x.sqlite3")) as connection:
        migrate(connection, [FIRST])
        with transaction(connection):
            connection.execute("INSERT INTO words(word) VALUES ('kept')")
        with pytest.raises(sqlite3.IntegrityError), transaction(connection):
            connection.execute("INSERT INTO words(word) VALUES ('dropped'), ('kept')")
        assert words(connection) == ["kept"]


def test_a_commit_that_fails_leaves_the_connection_usable(tmp_path: Path) -> None:
    with closing(open_database(tmp_path / "x.sqlite3")) as connection:
        connection.execute("CREATE TABLE a(n INTEGER PRIMARY KEY)")
        connection.execute("CREATE TABLE b(n INTEGER REFERENCES a(n) DEFERRABLE INITIALLY DEFERRED)")
        with pytest.raises(sqlite3.IntegrityError), transaction(connection):
            connection.execute("INSERT INTO b VALUES (7)")  # found out at the end
        with transaction(connection):
            connection.execute("INSERT INTO a VALUES (7)")
        assert connection.execute("SELECT count(*) FROM b").fetchone() == (0,)


def test_two_writers_wait_for_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    with (
        closing(open_database(tmp_path / "x.sqlite3")) as one,
        closing(open_database(tmp_path / "x.sqlite3")) as other,
    ):
        migrate(one, [FIRST])
        with transaction(one):
            with pytest.raises(sqlite3.OperationalError) as caught, transaction(other):
                pass
            assert "another program has locked it" in explain(caught.value)
        with transaction(other):
            other.execute("INSERT INTO words(word) VALUES ('later')")
        assert words(one) == ["later"]


def test_migrations_run_once_and_in_order(tmp_path: Path) -> None:
    with closing(open_database(tmp_path / "x.sqlite3")) as connection:
        migrate(connection, [FIRST])
        connection.execute("INSERT INTO words(word) VALUES ('old')")
        migrate(connection, [FIRST, SECOND])
        migrate(connection, [FIRST, SECOND])
        assert connection.execute("SELECT word, note FROM words").fetchall() == [("old", None)]
        assert connection.execute("PRAGMA user_version").fetchone() == (2,)


def test_a_migration_that_fails_leaves_the_file_as_before_it(tmp_path: Path) -> None:
    def fail(connection: sqlite3.Connection) -> None:
        connection.execute("DROP TABLE words")
        connection.execute("no SQL at all")

    with closing(open_database(tmp_path / "x.sqlite3")) as connection:
        with pytest.raises(StoreError, match="schema 2"):
            migrate(connection, [FIRST, Migration(2, fail)])
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert words(connection) == []


def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    with closing(open_database(tmp_path / "x.sqlite3")) as connection:
        migrate(connection, [FIRST, SECOND])
        with pytest.raises(NewerSchemaError, match=r"newer version.*update the program"):
            migrate(connection, [FIRST])


def test_a_file_nobody_writes_can_be_read_where_nothing_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite3"
    with closing(open_database(path)) as connection:
        migrate(connection, [FIRST])
        connection.execute("INSERT INTO words(word) VALUES ('there')")
    with closing(open_frozen(path)) as connection:
        assert words(connection) == ["there"]
    assert [file.name for file in tmp_path.iterdir()] == ["x.sqlite3"]


def test_a_file_left_in_the_middle_of_being_written_is_not_read_without_its_log(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite3"
    with closing(open_database(path)) as connection:
        migrate(connection, [FIRST])
        with pytest.raises(StoreError, match="did not finish"):
            open_frozen(path)


WITHOUT_DESCRIPTORS = """
import os, resource, sys
from pathlib import Path
from corpus.errors import StoreError
from corpus.store import open_database, open_frozen
path = Path(sys.argv[1])
writer = open_database(path)
writer.execute("CREATE TABLE words(word)")
resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))
opened = []
try:
    while True:
        opened.append(os.dup(0))
except OSError:
    for _ in range(int(sys.argv[2])):
        os.close(opened.pop())
for open_file in (open_database, open_frozen):
    try:
        open_file(path)
        print("opened")
    except StoreError as error:
        print(str(error).rpartition(": ")[2])
"""


@pytest.mark.parametrize("free", [0, 1])
def test_descriptors_that_ran_out_are_not_taken_for_a_folder_that_cannot_be_written(
    tmp_path: Path, free: int
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_DESCRIPTORS, str(tmp_path / "x.sqlite3"), str(free)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == ["Too many open files"] * 2


def test_many_may_make_the_same_file_at_once(tmp_path: Path) -> None:
    def make(path: Path, barrier: threading.Barrier) -> None:
        barrier.wait()
        with closing(open_database(path)) as connection:
            migrate(connection, [FIRST, SECOND])

    with ThreadPoolExecutor(6) as pool:
        for number in range(10):
            path, barrier = tmp_path / f"{number}.sqlite3", threading.Barrier(6)
            for made in [pool.submit(make, path, barrier) for _ in range(6)]:
                made.result()
