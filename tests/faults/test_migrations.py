"""kill -9 while files of an earlier version are brought to the present one: nothing in them is lost."""

import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.storage import database as state
from corpus.store import schema
from corpus.store.database import Migration, migrate, open_database, transaction
from tests.botapi.process import PROJECT

pytestmark = pytest.mark.fault(12, 18)

ROWS = 20_000
KILLS = 4

OPEN_STATE = "import bot.storage.database as s; opened = s.State.open(path); opened.close()"
OPEN_STORE = "import corpus.store.store as s; opened = s.Store(path); opened.close()"


def make_state(path: Path) -> None:
    """`bot.sqlite3` before the last migrations."""
    with closing(open_database(path)) as connection:
        migrate(connection, state.MIGRATIONS[:6])
        with transaction(connection):
            connection.executemany(
                "INSERT INTO inbox (update_id, lane, user_id, kind, asked, body) VALUES (?, ?, ?, ?, ?, ?)",
                [(n, str(n % 99), n % 99, "message", float(n), b"{}") for n in range(ROWS)],
            )


def make_store(path: Path) -> None:
    """`corpus.sqlite3` before the last migrations."""
    with closing(open_database(path)) as connection:
        migrate(connection, schema.MIGRATIONS[:2])
        columns = [row[1] for row in connection.execute("PRAGMA table_info(categories)")]
        with transaction(connection):
            connection.executemany(
                f"INSERT INTO categories ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
                [tuple(n if name == "number" else f"栏目{n}" for name in columns) for n in range(1, ROWS)],
            )


def content(path: Path, query: str) -> list[tuple[Any, ...]]:
    """What a query gives; the file is sound."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return connection.execute(query).fetchall()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "opening", "query", "migrations"),
    [
        pytest.param(
            make_state,
            OPEN_STATE,
            "SELECT update_id, lane, user_id, kind, asked, body FROM inbox ORDER BY update_id",
            state.MIGRATIONS,
            id="bot",
        ),
        pytest.param(
            make_store,
            OPEN_STORE,
            "SELECT number, path FROM categories ORDER BY number",
            schema.MIGRATIONS,
            id="corpus",
        ),
    ],
)
def test_killed_migrations_lose_nothing(
    tmp_path: Path, make: Any, opening: str, query: str, migrations: tuple[Migration, ...]
) -> None:
    chance = random.Random(4)
    killed = 0
    for number in range(KILLS):
        path = tmp_path / f"{number}.sqlite3"
        make(path)
        before = content(path, query)
        assert len(before) >= ROWS - 1
        code = f"import sys, pathlib; path = pathlib.Path(sys.argv[1]); {opening.partition(';')[0]}"
        code += f"; print('begins', flush=True); {opening.partition(';')[2]}"
        command = [sys.executable, "-c", code, str(path)]
        for _ in range(2):
            with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE) as opener:
                assert opener.stdout is not None
                assert opener.stdout.readline() == b"begins\n"
                try:
                    opener.wait(chance.uniform(0, 0.05))
                except subprocess.TimeoutExpired:
                    killed += 1
                    opener.kill()
        subprocess.run(command, cwd=PROJECT, check=True, capture_output=True)
        assert content(path, query) == before
        assert content(path, "PRAGMA user_version") == [(len(migrations),)]
    assert killed
