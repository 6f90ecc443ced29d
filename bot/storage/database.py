"""The bot's own database: updates waiting for an answer, and what people set, subscribed to and said.

It is precious: nothing in it can be rebuilt. A file that cannot be used is left exactly as it is; the
bot then answers from memory and says so.
"""

import contextlib
import logging
import os
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.process.open_file import OpenFile
from bot.storage import chats, searches, subscriptions, votes
from bot.storage.backups import backup_database
from bot.storage.chats import create_greeted
from corpus.errors import StoreError
from corpus.store import Migration, migrate, open_database, open_frozen, transaction

__all__ = ["FORGET", "MIGRATIONS", "PRUNE", "State", "backup_database", "find_damage", "utc_now"]

logger = logging.getLogger(__name__)

BUSY_MILLISECONDS = 2_000
"""How long a statement waits for another writer: long for a query, short for a person."""

TURN_SECONDS = 0.25
"""How long a writer waits for the others of this process before it leaves the order to SQLite."""

IN_HAND = timedelta(hours=1)
"""An update is in hand no longer than this."""

MAX_WISHES = 1_000
"""People who asked to be forgotten of whom it is remembered, in memory, for as long as that."""

MAX_TRIES = 3
"""How often it is tried to empty SQLite's log, each time for `BUSY_MILLISECONDS`."""

CONFIRMED_AFTER = timedelta(hours=48)
"""Telegram forgets an update after 24 hours; until then its number must be known, to be answered once."""


def _create_inbox(connection: sqlite3.Connection) -> None:
    connection.execute(
        """
        CREATE TABLE inbox (
            update_id INTEGER PRIMARY KEY,
            lane TEXT NOT NULL,
            user_id INTEGER,
            kind TEXT NOT NULL,
            asked REAL NOT NULL,
            body TEXT,
            attempts INTEGER NOT NULL DEFAULT 0,
            outcome TEXT,
            finished REAL
        )
        """
    )
    connection.execute("CREATE INDEX inbox_waiting ON inbox (update_id) WHERE outcome IS NULL")
    connection.execute("CREATE INDEX inbox_finished ON inbox (finished) WHERE outcome IS NOT NULL")


def _create_community(connection: sqlite3.Connection) -> None:
    for module in (chats, subscriptions, votes):
        module.create_tables(connection)


def _note_hangs(connection: sqlite3.Connection) -> None:
    """`counted`: how many of its attempts were begun before the present life of the bot."""
    connection.execute("ALTER TABLE inbox ADD COLUMN hangs INTEGER NOT NULL DEFAULT 0")
    connection.execute("ALTER TABLE inbox ADD COLUMN counted INTEGER NOT NULL DEFAULT 0")


MIGRATIONS: tuple[Migration, ...] = (
    Migration(1, _create_inbox),
    Migration(2, _create_community),
    Migration(3, searches.create_tables),
    Migration(4, create_greeted),
    Migration(5, searches.create_owners),
    Migration(6, searches.create_lists),
    Migration(7, votes.create_day_index),
    Migration(8, _note_hangs),
)
"""All changes of the schema, in order. Append, never edit: files out there were made by the earlier ones."""

FORGET: tuple[str, ...] = (
    # The number alone keeps an update from being answered twice; the day, how long it must be known.
    "UPDATE inbox SET user_id = NULL, lane = '', kind = '', body = NULL,"
    " asked = 86400.0 * CAST(asked / 86400 AS INTEGER),"
    " finished = 86400.0 * CAST(coalesce(finished, asked) / 86400 AS INTEGER),"
    " outcome = coalesce(outcome, 'forgotten')"
    " WHERE (user_id = :user_id OR user_id IS NULL"
    " AND lane IN ('' || :user_id, 'inline_query:' || :user_id, 'chosen_inline_result:' || :user_id))"
    " AND (outcome IS NOT NULL OR update_id <= :wished)",
    # What could not be read may tell of the person all the same.
    "UPDATE inbox SET body = NULL, user_id = NULL, lane = '', kind = ''"
    " WHERE outcome IS NOT NULL AND instr(body, :user_id) > 0",
    *chats.FORGET,
    *subscriptions.FORGET,
    *searches.FORGET,  # before the questions, by which messages are known
    *votes.FORGET,
)
"""Statements that delete what is known of one person.

What stays is the number of each update, and the day it came. Bound with `user_id` and `wished`, the number
of the update that asked for it: what was written after it still waits for its answer.
"""

PRUNE: tuple[str, ...] = (
    "DELETE FROM inbox WHERE asked < :before",
    *subscriptions.PRUNE,
    *votes.PRUNE,
    *searches.PRUNE,
)
"""Statements that delete what is older than RETENTION_DAYS; bound with `before`, seconds since the epoch."""


def utc_now() -> datetime:
    """The clock, unless a test brings its own."""
    return datetime.now(UTC)


class State:
    """Connections to `bot.sqlite3`, one for each thread.

    Attributes:
        path: The file; None: everything is kept in memory and gone with the process.
        problem: Why the state is kept in memory though it should not be, or None.
    """

    def __init__(
        self, path: Path | None, *, now: Callable[[], datetime] = utc_now, problem: str | None = None
    ) -> None:
        self.path = path
        self.problem = problem
        self.now = now
        self._threads = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._lock = threading.RLock()
        self._turn = threading.RLock()
        self._wishes: dict[int, tuple[int, datetime]] = {}
        self._memory: sqlite3.Connection | None = None
        self._file: OpenFile | None = None
        self._is_following = False
        self.opening = 0
        """Grows whenever another file is opened: connections made before are of no more use."""
        if path is None:
            self._memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
            migrate(self._memory, MIGRATIONS)

    @classmethod
    def open(cls, path: Path, *, now: Callable[[], datetime] = utc_now) -> "State":
        """Open or create the file and bring its schema up to date.

        Raises:
            StoreError: It cannot be read or written, is damaged, or is of a newer version. It is not touched.
        """
        state = cls(path, now=now)
        try:
            _keep_private(path)
            connection = state.connection()
            migrate(connection, MIGRATIONS)
            connection.execute("SELECT count(*) FROM inbox WHERE outcome IS NULL").fetchone()
            state._file = OpenFile.of(path)
        except (sqlite3.Error, OSError) as error:
            state.close()
            raise StoreError(f"cannot use {path}: {error}") from error
        except StoreError as error:
            state.close()
            text = str(error)
            raise StoreError(text if str(path) in text else f"{path}: {text}") from error
        return state

    @classmethod
    def in_memory(cls, *, now: Callable[[], datetime] = utc_now, problem: str | None = None) -> "State":
        """A state that is gone with the process: for `baotong chat`, tests and a broken file."""
        return cls(None, now=now, problem=problem)

    @classmethod
    def open_or_memory(cls, path: Path, *, now: Callable[[], datetime] = utc_now) -> "State":
        """Open the file after checking it whole; if it cannot be used leave it alone and work in memory."""
        try:
            damage = find_damage(path)
            if damage:
                raise StoreError(f"{path} is damaged: {damage}")
            return cls.open(path, now=now)
        except StoreError as error:
            logger.critical(
                "%s. The file is left as it is. Answering goes on, but settings, subscriptions and feedback "
                "are not saved until it is repaired or replaced by a backup.",
                error,
            )
            return cls.in_memory(now=now, problem=str(error))

    def __enter__(self) -> "State":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def connection(self) -> sqlite3.Connection:
        """This thread's connection, for reading; it lives as long as the state.

        Raises:
            StoreError: The file cannot be opened.
        """
        if self.path is None:
            assert self._memory is not None  # noqa: S101 — made in __init__
            return self._memory
        connection: sqlite3.Connection | None = getattr(self._threads, "connection", None)
        if connection is None or self._threads.opening != self.opening:
            self._threads.opening = self.opening
            connection = self.new_connection()
            self._threads.connection = connection
        return connection

    def new_connection(self, *, durable: bool = False) -> sqlite3.Connection:
        """A connection of the caller's own, closed with the state.

        Args:
            durable: True: what is committed survives a power cut, not only the end of the process.
        """
        if self.path is None:
            return self.connection()
        if self._file is not None and (change := self._file.change):
            # To open it would make an empty one, or mix two.
            raise StoreError(f"{self.path} was {change} while the bot runs")
        connection = open_database(self.path, durable=durable)
        connection.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS:d}")
        connection.execute("PRAGMA secure_delete=ON")  # what is forgotten is overwritten
        with self._lock:
            self._opened.append(connection)
        return connection

    @property
    def file_problem(self) -> str | None:
        """Why what is stored now would be gone at the next start; None: it would not."""
        change = self._file.change if self._file is not None else None
        return f"{self.path} was {change} while the bot runs" if change else None

    @property
    def is_cut_short(self) -> bool:
        """Whether the file on the disk is shorter than it was: what SQLite still answers is not all there."""
        return self._file is not None and self._file.is_cut_short

    def follow_file(self) -> None:
        """Go on with the file that stands at the path now, if it is not the one that was opened.

        Nothing is lost: a file that was removed is written anew from the connections that are still open. A
        file that another one has replaced is kept beside it, and its updates are carried over. Connections
        that were handed out before are not to be used again (`opening` has grown).

        Raises:
            StoreError: The other file cannot be used; nothing has changed.
            sqlite3.Error: The open file cannot be read.
            OSError: No copy can be written.
        """
        if self.path is None or self._file is None or (change := self._file.change) is None:
            return
        kept = self.path.with_name(f"{self.path.name}.{change}-{self.now():%Y%m%dT%H%M%S}")
        with self._turn, self._lock, self._following():
            old = self._opened[0]
            (busy, *_) = old.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if busy:  # its log would be taken for that of the other file
                raise StoreError(f"{self.path} was {change}, and the open file is being read")
            if change == "replaced":
                _check_frozen(self.path)
            _copy(old, kept)
            if change == "removed":
                os.link(kept, self.path)  # fails where a file stands by now
                kept.unlink()
            opened, self._opened, self._file = self._opened, [], None
            for connection in opened:
                connection.close()
            self.opening += 1
            connection = self.connection()
            migrate(connection, MIGRATIONS)
            if change == "replaced":
                _carry_over_updates(connection, kept)
            self._file = OpenFile.of(self.path)
        logger.critical(
            "%s was %s while the bot ran: %s",
            self.path,
            change,
            "it was written anew, nothing is lost"
            if change == "removed"
            else f"going on with the new one; the former one is kept as {kept}",
        )

    @contextmanager
    def _following(self) -> Iterator[None]:
        """What were written now into the open file would be gone with it."""
        self._is_following = True
        try:
            yield
        finally:
            self._is_following = False

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """This thread's connection in a transaction: all of the block or nothing of it.

        Raises:
            sqlite3.OperationalError: Locked by another process, full disk, read-only.
        """
        if self.path is None:
            with self._lock, transaction(self.connection()) as connection:
                yield connection
        else:
            with self.turn_to_write(), transaction(self.connection()) as connection:
                yield connection

    @contextmanager
    def turn_to_write(self) -> Iterator[None]:
        """Let the threads of this process write one after the other.

        SQLite lets all but one sleep for up to a tenth of a second, again and again. An answer that
        Telegram has and that is not marked for so long is given twice after a kill.
        """
        mine = self._turn.acquire(timeout=TURN_SECONDS)  # a file locked from outside holds up each only once
        if not mine and self._is_following:
            raise StoreError(f"{self.path} is being written anew")
        try:
            yield
        finally:
            if mine:
                self._turn.release()

    def forget(self, user_id: int, *, wished: int = sys.maxsize) -> None:
        """Delete everything that is known of a person.

        Args:
            user_id: The person.
            wished: Number of the update with the wish: what came after it is still to be answered.
        """
        with self.transaction() as connection:
            if wished < sys.maxsize:
                self._wishes[user_id] = (wished, self.now())
            for statement in FORGET:
                connection.execute(statement, {"user_id": user_id, "wished": wished})
            while len(self._wishes) > MAX_WISHES:
                del self._wishes[next(iter(self._wishes))]
        self._empty_log()

    def is_forgotten(self, user_id: int, update_id: int) -> bool:
        """Say whether an update came before its person's wish to be forgotten: what it leads to is not kept.

        It may have been in hand at that moment. To be asked inside the transaction that would keep it.
        """
        wished, when = self._wishes.get(user_id, (-1, self.now()))
        return update_id <= wished and self.now() - when < IN_HAND

    def prune(self, retention: timedelta) -> None:
        """Delete what is older than `retention`, and the numbers of updates that Telegram has forgotten."""
        now = self.now()
        with self.transaction() as connection:
            for statement in PRUNE:
                connection.execute(statement, {"before": (now - retention).timestamp()})
            connection.execute(
                "DELETE FROM inbox WHERE outcome IS NOT NULL AND body IS NULL AND finished < ?",
                ((now - CONFIRMED_AFTER).timestamp(),),
            )
        self._empty_log()

    def _empty_log(self) -> None:
        """What was deleted from the database still stands in its log, until that is begun anew."""
        for _ in range(MAX_TRIES):  # somebody may be reading, or writing on
            with contextlib.suppress(sqlite3.Error):
                busy, _, _ = self.connection().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                if not busy:
                    return
        logger.info("what was deleted stays in the log of bot.sqlite3 until the next clean-up")

    def backup(self, target: Path) -> int:
        """Write a consistent copy while the bot runs; an older file there is replaced once the copy is sound.

        Returns:
            Size of the copy in bytes.

        Raises:
            StoreError: There is nothing to copy, it is damaged, or the target cannot be written.
        """
        if self.path is None:
            raise StoreError("there is no bot.sqlite3 to back up")
        return backup_database(self.path, target)

    def close(self) -> None:
        """Close all connections, of whatever thread."""
        with self._lock:
            opened, self._opened = self._opened, []
        for connection in opened:
            connection.close()
        self._threads = threading.local()
        if self._memory is not None:
            self._memory.close()


def _check_frozen(path: Path) -> None:
    """Make sure that a file is a sound database, without the files that SQLite keeps beside it.

    Raises:
        StoreError: It is not.
    """
    try:
        with closing(open_frozen(path)) as connection:
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            connection.execute("SELECT 1 FROM inbox LIMIT 1")
    except sqlite3.Error as error:
        verdict = str(error)
    if verdict != "ok":
        raise StoreError(f"{path} was replaced by what is no bot.sqlite3: {verdict}")


def _copy(source: sqlite3.Connection, target: Path) -> None:
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    try:
        with closing(sqlite3.connect(target)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
    except BaseException:
        target.unlink()
        raise


def _carry_over_updates(connection: sqlite3.Connection, former: Path) -> None:
    """Waiting updates go on waiting, and answered ones are not answered again."""
    connection.execute("ATTACH ? AS former", (str(former),))
    try:
        columns = ", ".join(name for _, name, *_ in connection.execute("PRAGMA former.table_info(inbox)"))
        with transaction(connection):
            connection.execute(
                f"INSERT OR REPLACE INTO inbox ({columns}) SELECT {columns} FROM former.inbox"  # noqa: S608
            )
    finally:
        connection.execute("DETACH former")


def _keep_private(path: Path) -> None:
    """See to it that people's words are read by nobody else on this machine.

    SQLite gives its side files the rights that the database has when they are made, so it comes first.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    for file in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        with contextlib.suppress(OSError):  # not there, or somebody else's
            file.chmod(0o600)


def find_damage(path: Path) -> str | None:
    """What SQLite finds wrong with a database file; None if it is sound or not there. Writes nothing."""
    if not path.exists():
        return None
    try:
        with closing(open_database(path, read_only=True)) as connection:
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        # A lock or missing rights are no damage: opening for real says it better.
        return None if isinstance(error, sqlite3.OperationalError) else str(error)
    except StoreError as error:
        cause = error.__cause__
        return None if isinstance(cause, sqlite3.OperationalError) else str(cause)
    return None if verdict == "ok" else str(verdict).splitlines()[0]
