"""Opens SQLite files: WAL mode, pragmas, numbered migrations, transactions."""

import contextlib
import errno
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from corpus.errors import DamagedStoreError, StoreError
from corpus.files import NO_FILE, is_something_else

logger = logging.getLogger(__name__)

BUSY_SECONDS = 10.0

MAX_KEYS_PER_STATEMENT = 500

_DESCRIPTORS = 4
"""Descriptors that a connection needs: the file, its log, the index of the log, a folder."""

Key = TypeVar("Key", bound=int | str)

CACHE_KILOBYTES = 8_000
"""Page cache of a connection. With SQLite's default of 2 MB a question over 134,000 passages took 8.2 ms of
processor time, with 8 MB 7.0 ms, with 16 MB no less."""


class NewerSchemaError(StoreError):
    """The database was written by a newer version of this program."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered change of a schema; it is applied once, in its own transaction, together with its number.

    Attributes:
        number: Position in the sequence, from 1; stored in SQLite's `user_version`.
        apply: Changes the schema. Must not commit and must not call `executescript`, which commits.
    """

    number: int
    apply: Callable[[sqlite3.Connection], None]


def open_database(
    path: Path, *, durable: bool = False, read_only: bool = False, create: bool = True
) -> sqlite3.Connection:
    """Open or create a database file.

    The connection is in explicit-transaction mode (`isolation_level=None`): use `transaction`.
    It may be handed from one thread to another but not used by two at once.

    Args:
        path: The file; its folder is made when it is missing.
        durable: True: a committed transaction survives a power cut (`synchronous=FULL`), not only
            a crash of the process.
        read_only: True: nothing is created or written.
        create: False: the file must exist.

    Raises:
        StoreError: The file cannot be opened or is not a database.
        DamagedStoreError: Something that is no file stands in its place, or in that of a file beside it.
    """
    _check_kind(path)
    try:
        if read_only:
            return _connect(f"{path.resolve().as_uri()}?mode=ro", set_up=_set_up)
        set_up = _set_up_durable if durable else _set_up_writing
        if not create:
            return _connect(f"{path.resolve().as_uri()}?mode=rw", set_up=set_up)
        path.parent.mkdir(parents=True, exist_ok=True)
        return _connect(path, set_up=set_up)
    except sqlite3.DatabaseError as error:
        _check_descriptors(path)
        raise StoreError(f"cannot use {path} as a database: {explain(error)}") from error
    except OSError as error:
        raise StoreError(f"cannot open {path}: {error}") from error


def open_frozen(path: Path) -> sqlite3.Connection:
    """Open a file that nobody writes, in a folder that cannot be written.

    Even reading a WAL database needs files beside it, which cannot be created there. SQLite does without them
    if it is told that the file is immutable. If the file changes, the connection must not be used any more.

    Raises:
        StoreError: It cannot be read, or its last writer did not finish.
    """
    _check_kind(path)
    _check_descriptors(path)
    log = path.with_name(f"{path.name}-wal")
    try:
        if log.exists() and log.stat().st_size:
            raise StoreError(
                f"cannot read {path}: whoever wrote it last did not finish; it must be opened once with "
                "the right to write into its folder"
            )
        return _connect(f"{path.resolve().as_uri()}?immutable=1", set_up=_set_up)
    except (sqlite3.DatabaseError, OSError) as error:
        raise StoreError(f"cannot read {path}: {error}") from error


def _check_kind(path: Path) -> None:
    """Check that files stand where SQLite opens some: it would wait for a fifo for ever.

    Raises:
        DamagedStoreError: Something else does.
    """
    for suffix in ("", "-wal", "-shm"):
        file = path.with_name(f"{path.name}{suffix}")
        if is_something_else(file):
            raise DamagedStoreError(f"cannot open {file}: {NO_FILE}")


def _check_descriptors(path: Path) -> None:
    """Check that as many descriptors are free as a database needs: SQLite does not tell why it opens nothing.

    Raises:
        StoreError: They are not.
    """
    opened: list[int] = []
    try:
        # Not the database: closing any descriptor of a file drops the locks of this process on it.
        opened.extend(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC) for _ in range(_DESCRIPTORS))
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE):
            raise StoreError(f"cannot open {path}: {error.strerror}") from error
    finally:
        for descriptor in opened:
            os.close(descriptor)


def _connect(target: Path | str, *, set_up: Callable[[sqlite3.Connection], None]) -> sqlite3.Connection:
    connection = sqlite3.connect(
        target,
        uri=isinstance(target, str),
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        set_up(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _set_up(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute(f"PRAGMA cache_size=-{CACHE_KILOBYTES}")
    connection.execute("PRAGMA schema_version").fetchone()


def _set_up_writing(connection: sqlite3.Connection, synchronous: str = "NORMAL") -> None:
    # If several processes create the same file, all but one get SQLITE_BUSY immediately: SQLite does not wait
    # when the journal mode changes.
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            break
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
    connection.execute(f"PRAGMA synchronous={synchronous}")
    _set_up(connection)


def _set_up_durable(connection: sqlite3.Connection) -> None:
    _set_up_writing(connection, "FULL")


_WORDS = {
    sqlite3.SQLITE_FULL: "the disk is full; make room and try again",
    sqlite3.SQLITE_BUSY: "another program has locked it; close that program or try again later",
    sqlite3.SQLITE_READONLY: "this user may not write it",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; does this user have the right to it and its folder?",
    sqlite3.SQLITE_CORRUPT: "it is damaged",
    sqlite3.SQLITE_NOTADB: "it is damaged or no database at all",
    sqlite3.SQLITE_IOERR: "the disk reports an error",
}


def explain(error: sqlite3.Error) -> str:
    """An error in words for an operator, with SQLite's message in brackets."""
    words = _WORDS.get(primary_code(error))
    return str(error) if words is None else f"{words} ({error})"


def primary_code(error: sqlite3.Error) -> int:
    """SQLite's primary result code; -1 for an error of Python's module itself."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return -1 if code is None else code & 0xFF


class transaction:  # noqa: N801 — reads as a keyword: `with transaction(connection):`
    """Run a block as one transaction: committed when it ends well, rolled back when it raises.

    The write lock is taken at the start (`BEGIN IMMEDIATE`), so two writers wait for each other
    instead of failing half-way.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> sqlite3.Connection:
        self._connection.execute("BEGIN IMMEDIATE")
        return self._connection

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._connection.execute("COMMIT")
        finally:
            # Also after a commit that failed: the next transaction must not find this one open.
            if self._connection.in_transaction:  # after a full disk it is usually rolled back already
                with contextlib.suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")


def migrate(connection: sqlite3.Connection, migrations: Sequence[Migration]) -> None:
    """Bring the schema up to the last of `migrations`; doing it twice changes nothing.

    Raises:
        NewerSchemaError: The file was written by a newer version.
        StoreError: A migration failed; the file is then as it was before that migration.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    newest = migrations[-1].number if migrations else 0
    if version > newest:
        raise NewerSchemaError(
            "the database was written by a newer version of this program "
            f"(schema {version}, known: {newest}); update the program or restore a backup"
        )
    for migration in migrations:
        if migration.number <= version:
            continue
        try:
            with transaction(connection):
                # Another process may have migrated while this one waited for the lock.
                (version,) = connection.execute("PRAGMA user_version").fetchone()
                if migration.number <= version:
                    continue
                migration.apply(connection)
                connection.execute(f"PRAGMA user_version={migration.number:d}")
        except sqlite3.Error as error:
            raise StoreError(
                f"the database could not be upgraded to schema {migration.number}: {explain(error)}"
            ) from error
        logger.info("database upgraded: schema=%d", migration.number)


def rows_of(
    connection: sqlite3.Connection, statement: str, keys: Sequence[Key], *further: int
) -> Iterator[tuple[Any, ...]]:
    """Execute a statement for any number of keys, in chunks, because SQLite limits the number of parameters.

    Args:
        connection: The connection.
        statement: SQL with `{marks}` in place of the list of keys.
        keys: The keys.
        further: Values of the parameters after that list.
    """
    for chunk in chunks(keys):
        marked = statement.format(marks=",".join("?" * len(chunk)))
        yield from connection.execute(marked, [*chunk, *further]).fetchall()


def chunks(keys: Sequence[Key]) -> Iterator[Sequence[Key]]:
    """Split keys into chunks that fit into one statement."""
    for start in range(0, len(keys), MAX_KEYS_PER_STATEMENT):
        yield keys[start : start + MAX_KEYS_PER_STATEMENT]
