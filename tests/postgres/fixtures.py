"""The same tests over SQLite and PostgreSQL. Loaded by `tests/conftest.py`.

Whatever asks for `database` or `new_state` runs twice: over SQLite in `make test`, over PostgreSQL too in
`make test-postgres`. Nothing is started unless a test of the second kind runs.
"""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.postgres.server import PostgresServer

Clock = Callable[[], datetime]

BOTH = ("sqlite", pytest.param("postgres", marks=pytest.mark.postgres))


class Database(Protocol):
    """The bot's database, as the bot and as an onlooker see it."""

    def open(self, now: Clock | None = None) -> Any:
        """Open it as the bot does; what was stored before is there."""
        ...

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a statement on a connection of the test's own."""
        ...

    def locked(self) -> contextlib.AbstractContextManager[None]:
        """Keep everybody else from writing."""
        ...


class SqliteDatabase:
    """A file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def open(self, now: Clock | None = None) -> Any:
        from bot.storage.database import State, utc_now

        return State.open(self._path, now=now or utc_now)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self._path, isolation_level=None)) as connection:
            return connection.execute(sql).fetchall()

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        with closing(sqlite3.connect(self._path, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield
            connection.execute("ROLLBACK")


class PostgresDatabase:
    """The database of the tests' server."""

    def __init__(self, server: PostgresServer) -> None:
        self.server = server

    def open(self, now: Clock | None = None) -> Any:
        from bot.storage.database import utc_now
        from bot.storage.shared_state import PostgresState

        return PostgresState.connect(self.server.url, now=now or utc_now)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return self.server.query(sql)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        import psycopg

        with psycopg.connect(self.server.url) as connection:
            connection.execute("LOCK TABLE inbox, chats IN ACCESS EXCLUSIVE MODE")
            # Readers of a locked SQLite file see it as it was; here they would wait as writers do.
            yield
            connection.rollback()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The server; started for the first test that needs it."""
    server = PostgresServer()
    try:
        server.create()
        yield server
    finally:
        server.close()


@pytest.fixture
def postgres(postgres_server: PostgresServer) -> PostgresServer:
    """The server with an empty database."""
    postgres_server.empty()
    return postgres_server


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """An empty database of either kind."""
    if request.param == "postgres":
        return PostgresDatabase(request.getfixturevalue("postgres"))
    return SqliteDatabase(tmp_path / "bot.sqlite3")


@pytest.fixture(params=BOTH, scope="session")
def new_state(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Make a state with an empty database; of PostgreSQL there is one at a time. Takes the clock, `now`."""
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")

        def make(**options: Any) -> Any:
            from bot.storage.shared_state import PostgresState

            server.empty()
            return PostgresState.connect(server.url, **options)

        return make
    from bot.storage.database import State

    return State.in_memory
