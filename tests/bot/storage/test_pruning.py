"""Old rows are deleted in short transactions."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.storage import pruning
from bot.storage.database import PRUNE, State
from bot.storage.pruning import OldRows, delete_in_slices
from tests.postgres.fixtures import Database

NOW = datetime(2026, 1, 2, tzinfo=UTC)
OLD = NOW - timedelta(days=100)


def fill(state: State, rows: int, *, asked: datetime = OLD) -> None:
    with state.transaction() as connection:
        connection.executemany(
            "INSERT INTO inbox (update_id, lane, kind, asked, body) VALUES (?, '7', 'message', ?, '{}')",
            [(number, asked.timestamp()) for number in range(rows)],
        )


def count(state: State) -> int:
    return int(state.connection().execute("SELECT count(*) FROM inbox").fetchone()[0])


@pytest.mark.parametrize("old", PRUNE, ids=lambda old: f"{old.table}: {old.condition}")
def test_the_statements_fit_the_schema(database: Database, old: OldRows) -> None:
    parameters = {"before": 0.0, "resent_until": 0.0, "edited_until": 0.0}
    keys = {f"key{number}": "0" for number in range(len(old.key))}
    with database.open() as state, state.transaction() as connection:
        connection.execute(old.select, {**parameters, "page": 1})
        connection.execute(old.select_after, {**parameters, **keys, "page": 1})
        connection.execute(old.delete, {**parameters, **keys})


def test_many_rows_take_many_transactions_with_rests_between(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "SLICE_SECONDS", 0.001)
    monkeypatch.setattr(pruning, "PAGE_ROWS", 1_700)
    left: list[int] = []
    with database.open() as state, database.open() as other:
        fill(state, 5_000)

        @contextmanager
        def one_transaction() -> Iterator[None]:
            with state.transaction():
                yield

        def write_meanwhile(_: float) -> None:
            left.append(count(other))
            with other.transaction(busy_milliseconds=0) as connection:  # fails if anything is locked
                connection.execute("UPDATE inbox SET attempts = 1 WHERE update_id = 4999")

        assert delete_in_slices(
            state.connection(),
            PRUNE[0],
            {"before": NOW.timestamp()},
            transaction=one_transaction,
            sleep=write_meanwhile,
        )
        assert count(state) == 0
    assert len(left) >= 3
    assert left == sorted(left, reverse=True)


def test_a_row_that_is_used_again_meanwhile_stays(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "SLICE_SECONDS", 1e-9)
    monkeypatch.setattr(pruning, "STEP_ROWS", 1)
    with database.open() as state:
        fill(state, 3)

        @contextmanager
        def one_transaction() -> Iterator[None]:
            with state.transaction():
                yield

        def use(_: float) -> None:
            state.connection().execute("UPDATE inbox SET asked = ? WHERE update_id = 2", (NOW.timestamp(),))

        delete_in_slices(
            state.connection(),
            PRUNE[0],
            {"before": OLD.timestamp() + 1},
            transaction=one_transaction,
            sleep=use,
        )
        assert [number for (number,) in state.connection().execute("SELECT update_id FROM inbox")] == [2]


def test_pruning_ends_in_time_and_goes_on_the_next_time(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "SLICE_SECONDS", 1e-9)
    monkeypatch.setattr(pruning, "STEP_ROWS", 10)
    with database.open(lambda: NOW) as state:
        fill(state, 1_000)
        assert not state.prune(timedelta(days=90), seconds=0.0)
        assert count(state) == 1_000
        assert state.prune(timedelta(days=90))
        assert count(state) == 0


@pytest.mark.slow
def test_nobody_waits_long_for_the_turn_while_a_large_database_is_pruned(tmp_path: Path) -> None:
    waits: list[float] = []
    with State.open(tmp_path / "bot.sqlite3", now=lambda: NOW) as state:
        fill(state, 200_000)
        cleaning = threading.Thread(target=state.prune, args=(timedelta(days=90),))
        cleaning.start()
        number = 1_000_000
        while cleaning.is_alive():
            started = time.monotonic()
            with state.transaction() as connection:
                connection.execute(
                    "INSERT INTO inbox (update_id, lane, kind, asked) VALUES (?, '7', 'message', ?)",
                    (number, NOW.timestamp()),
                )
            waits.append(time.monotonic() - started)
            number += 1
            time.sleep(0.01)
        cleaning.join()
        assert count(state) == len(waits)
    assert max(waits) < 1.0
