"""PostgreSQL in place of SQLite: connections, the SQL that differs, and the schema's migrations.

Needs the extra `postgres`. Every error of the server or of the way to it is a `PostgresError`, in words for
an operator that hold no password.
"""

import contextlib
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from bot.storage.connections import Cursor, Parameters
from bot.storage.dialect import adapt, translate
from corpus.errors import StoreError
from corpus.store import Migration

if TYPE_CHECKING:
    import psycopg

logger = logging.getLogger(__name__)

MISSING = "the extra postgres is not installed: pip install --require-hashes -r requirements-postgres.lock"

MIN_VERSION = 120_000
"""PostgreSQL 12, as `server_version` counts."""

REST_SECONDS = 5.0
"""After a server could not be reached nobody tries for so long: each try may take CONNECT_SECONDS."""

CONNECT_SECONDS = 2
ANSWER_SECONDS = 6.0
"""A server that has not answered a statement for so long is given up. It ends statements before that."""

WATCH_SECONDS = 0.5
STATEMENT_MILLISECONDS = 5_000
LOCK_MILLISECONDS = 2_000
IDLE_MILLISECONDS = 10_000
"""A transaction whose process was stopped in the midst of it holds its locks for no longer than this."""

_MIGRATION_LOCK = 0x6261_6F74_6F6E_67_01
WRITE_LOCK = 0x6261_6F74_6F6E_67_02
BOT_LOCK = 0x6261_6F74_6F6E_67_03
"""Advisory locks, by numbers that no other program is likely to use in the same database."""


class PostgresError(StoreError):
    """The database in PostgreSQL cannot be used, or refuses a statement."""


class Server:
    """Opens connections to the database that a URL names.

    Attributes:
        name: Database and host, without user and password, for messages.
    """

    def __init__(self, url: str, *, password: str | None = None) -> None:
        try:
            import psycopg
            from psycopg.conninfo import conninfo_to_dict
        except ImportError as error:
            raise PostgresError(f"STATE_URL: {MISSING}") from error
        try:
            parts = conninfo_to_dict(url)
        except psycopg.Error as error:
            raise PostgresError(f"STATE_URL cannot be read: {first_line(error)}") from None
        host = parts.get("host") or "this machine"
        self._options = parts.get("options") or ""
        self.name = f"database {parts.get('dbname') or parts.get('user') or 'of the user'} on {host}"
        self._url = url
        self._password = password
        self._lock = threading.Lock()
        self._retry_at = float("-inf")
        self._waiting: dict[socket.socket, float] = {}
        self._watcher: threading.Thread | None = None

    def connect(self) -> "psycopg.Connection[Any]":
        """Open a connection.

        Raises:
            PostgresError: The server cannot be reached or refuses; or it could not a moment ago.
        """
        import psycopg

        if time.monotonic() < self._retry_at:
            raise PostgresError(f"the {self.name} could not be used a moment ago")
        options = (
            f"{self._options} -c lock_timeout={LOCK_MILLISECONDS}"
            f" -c statement_timeout={STATEMENT_MILLISECONDS}"
            f" -c idle_in_transaction_session_timeout={IDLE_MILLISECONDS}"
        )
        extras: dict[str, Any] = {} if self._password is None else {"password": self._password}
        try:
            return psycopg.connect(
                self._url,
                autocommit=True,
                cursor_factory=psycopg.ClientCursor,
                connect_timeout=CONNECT_SECONDS,
                application_name="baotong",
                keepalives_idle=5,
                keepalives_interval=2,
                keepalives_count=3,
                tcp_user_timeout=STATEMENT_MILLISECONDS,
                options=options,
                **extras,
            )
        except psycopg.Error as error:
            self._retry_at = time.monotonic() + REST_SECONDS
            raise PostgresError(f"the {self.name} cannot be used: {first_line(error)}") from None

    def explain(self, error: "psycopg.Error") -> PostgresError:
        """Return an error in words for an operator."""
        return PostgresError(f"the {self.name}: {first_line(error)}")

    @contextmanager
    def deadline(self, handle: socket.socket) -> Iterator[None]:
        """Cut a connection that is still waiting for an answer after ANSWER_SECONDS.

        A server whose process is stopped keeps the connection and answers nothing. No limit that the server
        watches ends that, and neither does the driver.
        """
        with self._lock:
            self._waiting[handle] = time.monotonic()
            if self._watcher is None:
                self._watcher = threading.Thread(target=self._cut_overdue, name="postgres", daemon=True)
                self._watcher.start()
        try:
            yield
        finally:
            with self._lock:
                self._waiting.pop(handle, None)

    def _cut_overdue(self) -> None:
        while True:
            time.sleep(WATCH_SECONDS)
            with self._lock:
                now = time.monotonic()
                for handle, since in self._waiting.items():
                    if now - since > ANSWER_SECONDS:
                        with contextlib.suppress(OSError):  # cut before
                            handle.shutdown(socket.SHUT_RDWR)


class PostgresConnection:
    """A connection that is made when it is first used, and made anew when it was lost.

    What was lost in the midst of a transaction fails, and so does the rest of the transaction.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._open: psycopg.Connection[Any] | None = None
        self._handle: socket.socket | None = None  # a second one on the same connection, to cut it by
        self._in_transaction = False

    def execute(self, sql: str, parameters: Parameters = (), /) -> Cursor:
        """Execute a statement."""
        return self._run(lambda raw: raw.execute(translate(sql), adapt(parameters)))

    def executemany(self, sql: str, parameters: Iterable[Parameters], /) -> Cursor:
        """Execute a statement for each set of values."""

        def run(raw: "psycopg.Connection[Any]") -> Cursor:
            cursor = raw.cursor()
            cursor.executemany(translate(sql), [adapt(each) for each in parameters])
            return cursor

        return self._run(run)

    @contextmanager
    def transaction(self, *, lock: int | None = None, milliseconds: int | None = None) -> Iterator[None]:
        """Run a block as one transaction: committed when it ends well, rolled back when it raises.

        Args:
            lock: Number of an advisory lock that the transaction holds; None: it needs none.
            milliseconds: How long it waits for each lock; None: LOCK_MILLISECONDS.
        """
        self.execute("BEGIN")
        self._in_transaction = True
        try:
            if milliseconds is not None:
                self.execute(f"SET LOCAL lock_timeout = {max(milliseconds, 1):d}")
            if lock is not None:
                self.execute("SELECT pg_advisory_xact_lock(?)", (lock,))
            yield
            self._commit()
        except BaseException:
            with contextlib.suppress(PostgresError):
                self.execute("ROLLBACK")
            raise
        finally:
            self._in_transaction = False

    def _commit(self) -> None:
        import psycopg

        status = self._open.info.transaction_status if self._open is not None else None
        if status == psycopg.pq.TransactionStatus.INERROR:  # the server would undo it and say nothing
            raise PostgresError("a statement of the transaction has failed")
        self.execute("COMMIT")

    def close(self) -> None:
        """Close the connection."""
        if self._open is not None:
            self._open.close()
        if self._handle is not None:
            self._handle.close()

    def _run(self, work: "Callable[[psycopg.Connection[Any]], Cursor]") -> Cursor:
        import psycopg

        if self._open is None or self._open.closed:
            if self._in_transaction:
                raise PostgresError(f"the connection to the {self._server.name} was lost")
            self.close()
            self._open = self._server.connect()
            self._handle = None
        if self._handle is None:
            self._handle = socket.socket(fileno=os.dup(self._open.fileno()))
        try:
            with self._server.deadline(self._handle):
                return work(self._open)
        except psycopg.Error as error:
            raise self._server.explain(error) from error


class Leadership:
    """A lock that one process holds at a time, for as long as its connection lives.

    When the process ends, however it ends, the server gives the lock to whoever asks next.
    """

    def __init__(self, server: Server, number: int) -> None:
        self._connection = PostgresConnection(server)
        self._number = number
        self._backend: int | None = None

    def hold(self) -> bool:
        """Take the lock, or make sure that it is still held; return whether it is.

        Raises:
            PostgresError: The server cannot be used, so nothing is known of the lock.
        """
        (backend,) = self._connection.execute("SELECT pg_backend_pid()").fetchone()
        if backend != self._backend:
            (taken,) = self._connection.execute("SELECT pg_try_advisory_lock(?)", (self._number,)).fetchone()
            self._backend = backend if taken else None
        return self._backend is not None

    def close(self) -> None:
        """Give the lock back."""
        if self._backend is not None:
            with contextlib.suppress(PostgresError):  # the end of the connection takes the server a moment
                self._connection.execute("SELECT pg_advisory_unlock(?)", (self._number,))
        self._connection.close()
        self._backend = None


def migrate(connection: PostgresConnection, migrations: Sequence[Migration]) -> None:
    """Bring the schema up to the last of `migrations`; doing it twice, or twice at once, changes nothing.

    Raises:
        PostgresError: A migration failed, and the schema is as before it; or a newer version wrote it.
    """
    _check_version(connection)
    newest = migrations[-1].number
    for migration in migrations:
        with connection.transaction(lock=_MIGRATION_LOCK):
            if migration.number == 1:
                connection.execute("CREATE TABLE IF NOT EXISTS schema_version (number BIGINT NOT NULL)")
            (known,) = connection.execute("SELECT coalesce(max(number), 0) FROM schema_version").fetchone()
            if known > newest:
                raise newer_schema(known, newest)
            if migration.number <= known:
                continue
            # It uses nothing that only sqlite3 has: all migrations are run by the tests over both.
            migration.apply(cast(Any, connection))
            connection.execute("DELETE FROM schema_version")
            connection.execute("INSERT INTO schema_version (number) VALUES (?)", (migration.number,))
        logger.info("database upgraded: schema=%d", migration.number)


def examine(server: Server, migrations: Sequence[Migration]) -> str:
    """Return a line about a database that the bot can use; nothing is changed in it.

    Raises:
        PostgresError: The bot cannot use it; the text says why.
    """
    connection = PostgresConnection(server)
    try:
        (version,) = connection.execute("SHOW server_version").fetchone()
        _check_version(connection)
        known, newest = schema_version(connection), migrations[-1].number
        if known is not None and known > newest:
            raise newer_schema(known, newest)
        (may_create,) = connection.execute(
            "SELECT coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)"
        ).fetchone()
        if (known or 0) < newest and not may_create:
            raise PostgresError(f"its user may not create tables in the {server.name}")
        (encoding,) = connection.execute("SHOW server_encoding").fetchone()
        if encoding != "UTF8":
            raise PostgresError(f"the {server.name} is in {encoding}, not UTF8: Chinese cannot be stored")
        (reading,) = connection.execute("SHOW transaction_read_only").fetchone()
        if reading == "on":
            raise PostgresError(f"the {server.name} can only be read: is it a replica?")
    finally:
        connection.close()
    schema = "its tables will be made at the first start" if known is None else f"schema {known}"
    return f"{server.name}, PostgreSQL {version.split()[0]}, {schema}"


def newer_schema(known: int, newest: int) -> PostgresError:
    """Return the error of a database that a newer version of this program has written."""
    return PostgresError(
        f"the database was written by a newer version of this program (schema {known}, known: {newest}); "
        "update the program or restore a backup"
    )


def _check_version(connection: PostgresConnection) -> None:
    (version,) = connection.execute("SHOW server_version_num").fetchone()
    if int(version) < MIN_VERSION:
        raise PostgresError(f"PostgreSQL {MIN_VERSION // 10_000} or newer is needed")


def schema_version(connection: PostgresConnection) -> int | None:
    """Return the number of the last migration; None: the database holds no schema of this program."""
    (table,) = connection.execute("SELECT to_regclass('schema_version')").fetchone()
    if table is None:
        return None
    (known,) = connection.execute("SELECT coalesce(max(number), 0) FROM schema_version").fetchone()
    return int(known)


def first_line(error: Exception) -> str:
    """Return what an error says, without what the server adds for programmers."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
