"""Writes rest while another process keeps the database locked."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from bot.storage.lock_rest import REST_SECONDS, LockRest
from corpus.errors import StoreError


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@contextmanager
def locked_file(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a file that another connection keeps locked."""
    with closing(sqlite3.connect(path)) as other, closing(sqlite3.connect(path, timeout=0)) as connection:
        other.execute("CREATE TABLE words (word)")
        other.execute("BEGIN IMMEDIATE")
        yield connection
        other.rollback()


def meet_a_lock(rest: LockRest, connection: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.OperationalError, match="locked"), rest.attempt():
        connection.execute("INSERT INTO words VALUES ('words')")


def test_after_a_lock_writes_fail_at_once_then_one_tries_for_all(tmp_path: Path) -> None:
    clock = Clock()
    rest = LockRest(clock=clock)
    with locked_file(tmp_path / "a.sqlite3") as connection:
        meet_a_lock(rest, connection)
        with pytest.raises(StoreError, match="a moment ago"), rest.attempt():
            pytest.fail("it must not be tried")
        clock.now += REST_SECONDS
        # The first tries; the others go on resting meanwhile.
        with rest.attempt(), pytest.raises(StoreError), rest.attempt():
            pytest.fail("it must not be tried")
        with rest.attempt():
            pass


def test_each_further_lock_begins_another_rest(tmp_path: Path) -> None:
    clock = Clock()
    rest = LockRest(clock=clock)
    with locked_file(tmp_path / "a.sqlite3") as connection:
        for _ in range(3):
            meet_a_lock(rest, connection)
            clock.now += REST_SECONDS / 2
            with pytest.raises(StoreError), rest.attempt():
                pytest.fail("it must not be tried")
            clock.now += REST_SECONDS / 2


@pytest.mark.parametrize(
    "error", [sqlite3.IntegrityError("no"), sqlite3.ProgrammingError("no"), ValueError("no")]
)
def test_other_failures_let_nobody_rest(error: Exception) -> None:
    rest = LockRest()
    with pytest.raises(type(error)), rest.attempt():
        raise error
    with rest.attempt():
        pass
