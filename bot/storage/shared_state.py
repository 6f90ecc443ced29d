"""The bot's state in PostgreSQL, behind the same face as `bot.sqlite3`."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from bot.storage.connections import Connection
from bot.storage.database import MIGRATIONS, State, utc_now
from bot.storage.postgres import (
    BOT_LOCK,
    WRITE_LOCK,
    Leadership,
    PostgresConnection,
    PostgresError,
    Server,
    migrate,
)
from corpus.errors import StoreError


class PostgresState(State):
    """The state in PostgreSQL: nothing is opened until it is used, and what was lost is opened anew.

    So the bot starts and goes on without the server: reads and writes fail with `StoreError`, as over a
    locked file, and updates are accepted again, in turn, when it is back.
    """

    def __init__(self, server: Server, *, now: Callable[[], datetime] = utc_now) -> None:
        super().__init__(None, now=now)
        self._server = server
        self._per_thread = threading.local()
        self._connections: list[PostgresConnection] = []
        self._is_current = False
        self._schema_lock = threading.Lock()

    @classmethod
    def connect(
        cls, url: str, *, password: str | None = None, now: Callable[[], datetime] = utc_now
    ) -> "PostgresState":
        """Connect and bring the schema up to date.

        Raises:
            PostgresError: The server cannot be used.
        """
        state = cls(Server(url, password=password), now=now)
        try:
            state.connection()
        except PostgresError:
            state.close()
            raise
        return state

    @property
    def is_kept(self) -> bool:
        """Whether what is stored outlives the process."""
        return True

    @property
    def name(self) -> str:
        """What the database is called in messages for an operator."""
        return f"the {self._server.name}"

    @property
    def may_hide_commits(self) -> bool:
        """Whether something may have been stored though storing it failed: the way back was lost."""
        return True

    @property
    def place(self) -> str:
        """Where it is, in messages for an operator."""
        return self.name

    @property
    def is_used_by_a_bot(self) -> bool:
        """Whether a running bot works with it."""
        probe = Leadership(self._server, BOT_LOCK)
        try:
            return not probe.hold()
        finally:
            probe.close()

    def lock_for_one_bot(self) -> Leadership:
        """Return the lock that the one bot over this database holds; it is not taken yet."""
        return Leadership(self._server, BOT_LOCK)

    def connection(self) -> Connection:
        """Return this thread's connection.

        Raises:
            PostgresError: The schema could not be brought up to date yet, and cannot be now.
        """
        return self._of_thread()

    def new_connection(self, *, durable: bool = False) -> Connection:
        """Open a connection for the caller alone; it is closed with the state. All commits are durable."""
        return self._new()

    @contextmanager
    def transaction(self, *, busy_milliseconds: int | None = None) -> Iterator[Connection]:
        """Run a block as one transaction on this thread's connection.

        As in SQLite there is one such writer at a time, in all processes: what a change has read stays true
        until it is written. Only the inbox is written beside it, by statements that bear that.

        Raises:
            PostgresError: The server cannot be used, or another writer takes too long.
        """
        connection = self._of_thread()
        with connection.transaction(lock=WRITE_LOCK, milliseconds=busy_milliseconds):
            yield connection

    @contextmanager
    def writing(self, connection: Connection, *, single: bool = False) -> Iterator[Connection]:
        """Run a block as one transaction on a connection that `new_connection` has opened."""
        assert isinstance(connection, PostgresConnection)  # noqa: S101 — this class opens no others
        if single:  # a statement outside of transactions is one in itself
            yield connection
            return
        with connection.transaction():
            yield connection

    def backup(self, target: Path) -> int:
        """Refuse: PostgreSQL has its own tools.

        Raises:
            StoreError: Always.
        """
        raise StoreError(f"the state is in {self.name}: pg_dump copies it")

    def empty_log(self) -> None:
        """Do nothing: what is deleted from the log, and when, is the server's business."""

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._lock:
            connections, self._connections = self._connections, []
        for connection in connections:
            connection.close()
        super().close()

    def _after_deleting(self) -> None:
        """Do nothing: see `empty_log`."""

    def _of_thread(self) -> PostgresConnection:
        connection: PostgresConnection | None = getattr(self._per_thread, "connection", None)
        if connection is None:
            connection = self._per_thread.connection = self._new()
        return connection

    def _new(self) -> PostgresConnection:
        connection = PostgresConnection(self._server)
        with self._schema_lock:
            if not self._is_current:
                try:
                    migrate(connection, MIGRATIONS)
                except BaseException:
                    connection.close()
                    raise
                self._is_current = True
        with self._lock:
            self._connections.append(connection)
        return connection
