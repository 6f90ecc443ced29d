"""Opening SQLite files the one way this project does: WAL, pragmas, numbered migrations."""

import logging
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus.errors import StoreError

logger = logging.getLogger(__name__)

BUSY_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered change of a schema: applied once, in its own transaction, with its record.

    Attributes:
        number: Position in the sequence, from 1; stored in SQLite's `user_version`.
        apply: Changes the schema. Must not commit and must not call `executescript`, which commits.
    """

    number: int
    apply: Callable[[sqlite3.Connection], None]


def open_database(path: Path, *, durable: bool = False, read_only: bool = False) -> sqlite3.Connection:
    """Open or create a database file.

    The connection is in explicit-transaction mode (`isolation_level=None`): use `transaction`.
    It may be handed from one thread to another but not used by two at once.

    Args:
        path: The file; its folder is made when it is missing.
        durable: True: a committed transaction survives a power cut (`synchronous=FULL`), not only
            a crash of the process.
        read_only: True: nothing is created or written.

    Raises:
        StoreError: The file cannot be opened or is not a database.
    """
    try:
        if read_only:
            uri = f"{path.resolve().as_uri()}?mode=ro"
            connection = sqlite3.connect(
                uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(
                path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"cannot open {path}: {error}") from error
    try:
        if not read_only:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA schema_version").fetchone()
    except sqlite3.Error as error:
        connection.close()
        raise StoreError(f"cannot use {path} as a database: {error}") from error
    return connection


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
        if kind is None:
            self._connection.execute("COMMIT")
        elif self._connection.in_transaction:  # a full disk has already rolled it back
            self._connection.execute("ROLLBACK")


def migrate(connection: sqlite3.Connection, migrations: Sequence[Migration]) -> None:
    """Bring the schema up to the last of `migrations`; doing it twice changes nothing.

    Raises:
        StoreError: The file was written by a newer version, or a migration failed; the file is
            then as it was before that migration.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    newest = migrations[-1].number if migrations else 0
    if version > newest:
        raise StoreError(
            f"the database was written by a newer version of this program (schema {version}, known: {newest}); "
            "update the program or restore a backup"
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
                f"the database could not be upgraded to schema {migration.number}: {error}"
            ) from error
        logger.info("database upgraded: schema=%d", migration.number)
