"""PostgreSQL in place of SQLite: connections, the SQL that differs, and the schema's migrations.

Needs the extra `postgres`. Every error of the server or of the way to it is a `PostgresError`, in words for
an operator that hold no password.
"""

import contextlib
import logging
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from bot.storage.connections import Cursor, Parameters
from corpus.errors import StoreError
from corpus.store import Migration

if TYPE_CHECKING:
    import psycopg

logger = logging.getLogger(__name__)

MISSING = "the extra postgres is not installed: pip install --require-hashes -r requirements-postgres.lock"

MIN_VERSION = 120_000
"""PostgreSQL 12, as `server_version` counts."""

REST_SECONDS = 2.0
"""After a server could not be reached nobody tries for so long: each try may take CONNECT_SECONDS."""

CONNECT_SECONDS = 2
STATEMENT_MILLISECONDS = 5_000
LOCK_MILLISECONDS = 2_000
IDLE_MILLISECONDS = 10_000
"""A transaction whose process was stopped in the midst of it holds its locks for no longer than this."""

_MIGRATION_LOCK = 0x6261_6F74_6F6E_67_01
WRITE_LOCK = 0x6261_6F74_6F6E_67_02
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
        self.name = f"database {parts.get('dbname') or parts.get('user') or 'of the user'} on {host}"
        self._url = url
        self._password = password
        self._lock = threading.Lock()
        self._retry_at = float("-inf")

    def connect(self) -> "psycopg.Connection[Any]":
        """Open a connection.

        Raises:
            PostgresError: The server cannot be reached or refuses; or it could not a moment ago.
        """
        import psycopg

        if time.monotonic() < self._retry_at:
            raise PostgresError(f"the {self.name} could not be used a moment ago")
        options = (
            f"-c lock_timeout={LOCK_MILLISECONDS} -c statement_timeout={STATEMENT_MILLISECONDS}"
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
                tcp_user_timeout=STATEMENT_MILLISECONDS + 2_000,
                options=options,
                **extras,
            )
        except psycopg.Error as error:
            self._retry_at = time.monotonic() + REST_SECONDS
            raise PostgresError(f"the {self.name} cannot be used: {first_line(error)}") from None

    def explain(self, error: "psycopg.Error") -> PostgresError:
        """Return an error in words for an operator."""
        return PostgresError(f"the {self.name}: {first_line(error)}")


class PostgresConnection:
    """A connection that is made when it is first used, and made anew when it was lost.

    What was lost in the midst of a transaction fails, and so does the rest of the transaction.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._open: psycopg.Connection[Any] | None = None
        self._in_transaction = False

    def execute(self, sql: str, parameters: Parameters = (), /) -> Cursor:
        """Execute a statement."""
        return self._run(lambda raw: raw.execute(translate(sql), _adapt(parameters)))

    def executemany(self, sql: str, parameters: Iterable[Parameters], /) -> Cursor:
        """Execute a statement for each set of values."""

        def run(raw: "psycopg.Connection[Any]") -> Cursor:
            cursor = raw.cursor()
            cursor.executemany(translate(sql), [_adapt(each) for each in parameters])
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

    def _run(self, work: "Callable[[psycopg.Connection[Any]], Cursor]") -> Cursor:
        import psycopg

        if self._open is None or self._open.closed:
            if self._in_transaction:
                raise PostgresError(f"the connection to the {self._server.name} was lost")
            self._open = self._server.connect()
        try:
            return work(self._open)
        except psycopg.Error as error:
            raise self._server.explain(error) from error


_TOKENS = re.compile(
    r"(?P<text>'[^']*')|(?P<comment>--[^\n]*)|(?P<mark>\?)|:(?P<name>[a-z_0-9]+)|(?P<percent>%)"
)

_TYPES = (
    ("INTEGER PRIMARY KEY AUTOINCREMENT", "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY"),
    ("INTEGER", "BIGINT"),
    ("REAL", "DOUBLE PRECISION"),
    ("BLOB", "BYTEA"),
    (" STRICT, WITHOUT ROWID", ""),
    (" STRICT", ""),
    # A B-tree refuses keys of more than 2,704 bytes, which a search may well have: its hash has none.
    ("search TEXT NOT NULL UNIQUE", "search TEXT NOT NULL, EXCLUDE USING hash (search WITH =)"),
    (
        "UNIQUE (chat_id, thread_id, question, filters)",
        "EXCLUDE USING hash"
        " (md5(chat_id::text || ' ' || thread_id::text || md5(question) || md5(filters)) WITH =)",
    ),
)
"""What definitions of tables say in SQLite and in PostgreSQL, the longer ones first."""


@lru_cache(maxsize=1_000)
def translate(sql: str) -> str:
    """Return a statement as PostgreSQL and its driver understand it.

    >>> translate("SELECT '%?' FROM chats WHERE chat_id = ? AND at < :before -- why?")
    "SELECT '%%?' FROM chats WHERE chat_id = %s AND at < %(before)s "
    >>> translate("CREATE TABLE greeted (chat_id INTEGER PRIMARY KEY, at REAL NOT NULL) STRICT")
    'CREATE TABLE greeted (chat_id BIGINT PRIMARY KEY, at DOUBLE PRECISION NOT NULL)'
    """
    translated = _TOKENS.sub(_replacement, sql)
    if translated.split(maxsplit=2)[:2] in (["CREATE", "TABLE"], ["ALTER", "TABLE"]):
        for ours, theirs in _TYPES:
            translated = translated.replace(ours, theirs)
    return translated


def _replacement(token: re.Match[str]) -> str:
    match token.lastgroup:
        case "mark":
            return "%s"
        case "name":
            return f"%({token['name']})s"
        case "comment":
            return ""
        case _:
            return token[0].replace("%", "%%")


def _adapt(parameters: Parameters) -> Parameters:
    if isinstance(parameters, Mapping):
        return {name: _value(value) for name, value in parameters.items()}
    return tuple(map(_value, parameters))


def _value(value: Any) -> Any:
    """Return a value as both databases keep it: SQLite has no truth values, PostgreSQL no NUL in texts."""
    if isinstance(value, bool):
        return int(value)
    # Not the text itself: the driver writes members of an enumeration by their names.
    return value.replace("\0", "\N{REPLACEMENT CHARACTER}") if isinstance(value, str) else value


def migrate(connection: PostgresConnection, migrations: Sequence[Migration]) -> None:
    """Bring the schema up to the last of `migrations`; doing it twice, or twice at once, changes nothing.

    Raises:
        PostgresError: A migration failed, and the schema is as before it; or a newer version wrote it.
    """
    (version,) = connection.execute("SHOW server_version_num").fetchone()
    if int(version) < MIN_VERSION:
        raise PostgresError(f"PostgreSQL {MIN_VERSION // 10_000} or newer is needed")
    newest = migrations[-1].number
    for migration in migrations:
        with connection.transaction(lock=_MIGRATION_LOCK):
            if migration.number == 1:
                connection.execute("CREATE TABLE IF NOT EXISTS schema_version (number BIGINT NOT NULL)")
            (known,) = connection.execute("SELECT coalesce(max(number), 0) FROM schema_version").fetchone()
            if known > newest:
                raise PostgresError(
                    "the database was written by a newer version of this program "
                    f"(schema {known}, known: {newest}); update the program or restore a backup"
                )
            if migration.number <= known:
                continue
            # It uses nothing that only sqlite3 has: all migrations are run by the tests over both.
            migration.apply(cast(Any, connection))
            connection.execute("DELETE FROM schema_version")
            connection.execute("INSERT INTO schema_version (number) VALUES (?)", (migration.number,))
        logger.info("database upgraded: schema=%d", migration.number)


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
