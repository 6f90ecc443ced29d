"""The bot's own database: its file, schema and connections, and what is deleted when.

It holds updates, preferences, subscriptions, questions and votes. Nothing in it can be rebuilt. A file that
cannot be used is therefore left exactly as it is; the bot then works in memory and logs that.
"""

import contextlib
import logging
import os
import re
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.process.lock import is_held
from bot.storage import chats, heard, refusals, searches, subscriptions, votes
from bot.storage.backups import backup_database
from bot.storage.chats import create_greeted
from bot.storage.connections import Connection
from bot.storage.pruning import OldRows, delete_in_slices
from corpus.errors import StoreError
from corpus.store import Migration, OpenFile, migrate, open_database, open_frozen, transaction

__all__ = ["FORGET", "MIGRATIONS", "PRUNE", "State", "backup_database", "find_damage", "utc_now"]

logger = logging.getLogger(__name__)

_REPLACED_AT = re.compile(r"\d{8}T\d{6}")
"""How the name of a replaced database ends."""

BUSY_MILLISECONDS = 2_000
"""How long a statement waits for another process that writes: long for a query, short for a person."""

WRITE_TURN_SECONDS = 0.25
"""How long a thread waits for the other writers of this process before it leaves the order to SQLite."""

MAX_IN_FLIGHT = timedelta(hours=1)
"""No update is in flight for longer than this."""

MAX_FORGET_REQUESTS = 1_000
"""Maximum number of requests to be forgotten that are remembered in memory."""

MAX_CHECKPOINTS = 3
"""How often emptying SQLite's log is tried when something was deleted; after that `empty_log` goes on."""

CHECKPOINT_MILLISECONDS = 200
"""How long one try waits for readers. Nobody can write meanwhile."""

KEEP_UPDATE_IDS = timedelta(hours=48)
"""How long numbers of finished updates are kept. Telegram sends an update again for up to 24 hours."""

KEEP_HEARD = heard.EDITABLE + timedelta(hours=24)
"""How long digests of messages are kept: an edit may wait at Telegram for 24 hours."""


def _create_inbox(connection: Connection) -> None:
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


def _create_chats_subscriptions_votes(connection: Connection) -> None:
    for module in (chats, subscriptions, votes):
        module.create_tables(connection)


def _add_hangs(connection: Connection) -> None:
    """Add the columns `hangs` and `counted` (attempts that were begun before the present run of the bot)."""
    connection.execute("ALTER TABLE inbox ADD COLUMN hangs INTEGER NOT NULL DEFAULT 0")
    connection.execute("ALTER TABLE inbox ADD COLUMN counted INTEGER NOT NULL DEFAULT 0")


MIGRATIONS: tuple[Migration, ...] = (
    Migration(1, _create_inbox),
    Migration(2, _create_chats_subscriptions_votes),
    Migration(3, searches.create_tables),
    Migration(4, create_greeted),
    Migration(5, searches.create_owners),
    Migration(6, searches.create_listed_results),
    Migration(7, votes.create_day_index),
    Migration(8, _add_hangs),
    Migration(9, searches.create_threads),
    Migration(10, heard.create_table),
    Migration(11, searches.create_persons),
    Migration(12, refusals.create_table),
    Migration(13, chats.create_audience),
)
"""All changes of the schema, in order. Append, never edit: existing files were made by the earlier ones."""

FORGET: tuple[str, ...] = (
    # The number keeps an update from being answered twice; the day tells how long it must be kept.
    "UPDATE inbox SET user_id = NULL, lane = '', kind = '', body = NULL,"
    " asked = 86400.0 * (CAST(asked AS BIGINT) / 86400),"
    " finished = 86400.0 * (CAST(coalesce(finished, asked) AS BIGINT) / 86400),"
    " outcome = coalesce(outcome, 'forgotten')"
    " WHERE (user_id = :user_id OR user_id IS NULL"
    " AND lane IN ('' || :user_id, 'inline_query:' || :user_id, 'chosen_inline_result:' || :user_id))"
    " AND (outcome IS NOT NULL OR update_id <= :up_to)",
    # The body of an update that could not be read may name the person.
    "UPDATE inbox SET body = NULL, user_id = NULL, lane = '', kind = ''"
    " WHERE outcome IS NOT NULL AND body LIKE '%' || :user_id || '%'",
    *heard.FORGET,
    *chats.FORGET,
    *subscriptions.FORGET,
    *searches.FORGET,  # before votes: messages are found by their questions
    *votes.FORGET,
)
"""Statements that delete everything known about a person, except the number and day of each update.

Bound with `user_id` and `up_to`, the number of the update that asked for it. Later updates of the person
still wait for an answer and are kept until then.
"""

PRUNE: tuple[OldRows, ...] = (
    OldRows("inbox", ("update_id",), "asked < :before"),
    OldRows("inbox", ("update_id",), "outcome IS NOT NULL AND body IS NULL AND finished < :resent_until"),
    *heard.PRUNE,
    *refusals.PRUNE,
    *subscriptions.PRUNE,
    *votes.PRUNE,
    *searches.PRUNE,
)
"""What is older than RETENTION_DAYS (`before`), updates that Telegram sends no more (`resent_until`),
and what is needed for edits that it sends no more (`edited_until`)."""


def utc_now() -> datetime:
    """Return the time, aware UTC."""
    return datetime.now(UTC)


class State:
    """Connections to `bot.sqlite3`, one for each thread.

    Attributes:
        path: The file; None: everything is in memory and lost when the process ends.
        problem: Why a file that should be used is not; None: it is, or none should be.
        now: The clock; aware UTC.
        generation: Grows whenever another file is opened. Connections made before are of no more use.
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
        self._write_lock = threading.RLock()
        self._forget_requests: dict[int, tuple[int, datetime]] = {}
        self._memory: sqlite3.Connection | None = None
        self._file: OpenFile | None = None
        self._is_following = False
        self._log_is_due = False
        self._has_warned = False
        self.generation = 0

    @classmethod
    def open(cls, path: Path, *, now: Callable[[], datetime] = utc_now) -> "State":
        """Open or create the file and bring its schema up to date.

        Raises:
            StoreError: It cannot be read or written, is damaged, or is of a newer version. It is not changed.
        """
        state = cls(path, now=now)
        try:
            _keep_private(path)
            connection = state._connection()
            migrate(connection, MIGRATIONS)
            connection.execute("SELECT count(*) FROM inbox WHERE outcome IS NULL").fetchone()
            state._file = OpenFile.from_path(path)
            state._log_is_due = True  # what was deleted before the last stop may still stand in it
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
        """Return a state in memory: for `baotong chat`, tests and a file that cannot be used."""
        state = cls(None, now=now, problem=problem)
        state._memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        migrate(state._memory, MIGRATIONS)
        return state

    @classmethod
    def open_or_memory(cls, path: Path, *, now: Callable[[], datetime] = utc_now) -> "State":
        """Check the whole file and open it. If it cannot be used, leave it as it is and work in memory."""
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

    @property
    def is_kept(self) -> bool:
        """Whether what is stored outlives the process."""
        return self.path is not None

    @property
    def name(self) -> str:
        """What the database is called in messages for an operator."""
        return "bot.sqlite3"

    @property
    def is_used_by_a_bot(self) -> bool:
        """Whether a running bot works with it."""
        return self.path is not None and is_held(self.path.parent)

    @property
    def may_hide_commits(self) -> bool:
        """Whether something may have been stored though storing it failed."""
        return False

    @property
    def place(self) -> str:
        """Where it is, in messages for an operator."""
        return str(self.path or "the memory")

    def connection(self) -> Connection:
        """Return this thread's connection, for reading. It stays open as long as the state.

        Raises:
            StoreError: The file cannot be opened.
        """
        return self._connection()

    def _connection(self) -> sqlite3.Connection:
        if self.path is None:
            assert self._memory is not None  # noqa: S101 — made in in_memory
            return self._memory
        connection: sqlite3.Connection | None = getattr(self._threads, "connection", None)
        if connection is None or self._threads.generation != self.generation:
            self._threads.generation = self.generation
            connection = self._new_connection()
            self._threads.connection = connection
        return connection

    def new_connection(self, *, durable: bool = False) -> Connection:
        """Open a connection for the caller alone; it is closed with the state.

        Args:
            durable: Whether commits survive a power cut, not only the end of the process.

        Raises:
            StoreError: The file cannot be opened.
        """
        return self._new_connection(durable=durable)

    def _new_connection(self, *, durable: bool = False) -> sqlite3.Connection:
        if self.path is None:
            return self._connection()
        if self._file is not None and (change := self._file.change):
            # Opening the path would create an empty file, or mix two files.
            raise StoreError(f"{self.path} was {change} while the bot runs")
        connection = open_database(self.path, durable=durable)
        connection.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS:d}")
        connection.execute("PRAGMA secure_delete=ON")  # what is forgotten is overwritten
        with self._lock:
            self._opened.append(connection)
        return connection

    @property
    def file_problem(self) -> str | None:
        """Why the next start would not find what is stored now; None: it would."""
        change = self._file.change if self._file is not None else None
        return f"{self.path} was {change} while the bot runs" if change else None

    @property
    def is_truncated(self) -> bool:
        """Whether the file is shorter than it has been: parts of what SQLite still returns are lost."""
        return self._file is not None and self._file.is_truncated

    def follow_file(self) -> None:
        """Switch to the file that stands at the path now, if it is not the one that was opened.

        Nothing is lost. A removed file is written anew from the connections that are still open. A replaced
        file is kept beside the new one, and its updates are copied into that. Connections that were handed
        out before must not be used again; `generation` has grown.

        Raises:
            StoreError: The other file cannot be used. Nothing has changed.
            sqlite3.Error: The open file cannot be read.
            OSError: No copy can be written.
        """
        if self.path is None or self._file is None or (change := self._file.change) is None:
            return
        kept = self.path.with_name(f"{self.path.name}.{change}-{self.now():%Y%m%dT%H%M%S}")
        with self._write_lock, self._lock, self._following():
            self._save_open_file(change, kept)
            self._reopen()
            if change == "replaced":
                _carry_over_updates(self._connection(), kept)
            self._file = OpenFile.from_path(self.path)
        logger.critical(
            "%s was %s while the bot ran: %s",
            self.path,
            change,
            "it was written anew, nothing is lost"
            if change == "removed"
            else f"going on with the new one; the former one is kept as {kept}",
        )

    def _save_open_file(self, change: str, kept: Path) -> None:
        """Copy the open file to `kept`; if it was removed, move the copy to where it stood."""
        assert self.path is not None  # noqa: S101 — only files are followed
        connection = self._opened[0]
        (busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:  # SQLite would take its log for that of the other file
            raise StoreError(f"{self.path} was {change}, and the open file is being read")
        if change == "replaced":
            _check_frozen(self.path)
        _copy_to_new_file(connection, kept)
        if change == "removed":
            os.link(kept, self.path)  # fails if a file stands there by now
            kept.unlink()

    def _reopen(self) -> None:
        """Close all connections, and open the file that stands at the path now."""
        opened, self._opened, self._file = self._opened, [], None
        for connection in opened:
            connection.close()
        self.generation += 1
        migrate(self._connection(), MIGRATIONS)

    @contextmanager
    def _following(self) -> Iterator[None]:
        """Refuse writes meanwhile: what is written into the old file now is lost with it."""
        self._is_following = True
        try:
            yield
        finally:
            self._is_following = False

    @contextmanager
    def transaction(self, *, busy_milliseconds: int | None = None) -> Iterator[Connection]:
        """Run a block as one transaction on this thread's connection.

        Args:
            busy_milliseconds: How long it waits for another process that writes; None: BUSY_MILLISECONDS.

        Raises:
            sqlite3.OperationalError: Locked by another process, full disk, read-only.
        """
        if self.path is None:
            with self._lock, transaction(self._connection()) as connection:
                yield connection
        else:
            with (
                self.write_turn(),
                _waiting(self._connection(), busy_milliseconds) as connection,
                transaction(connection),
            ):
                yield connection

    @contextmanager
    def writing(self, connection: Connection, *, single: bool = False) -> Iterator[Connection]:
        """Run a block as one transaction on a connection that `new_connection` has opened.

        Args:
            connection: It is used by nobody else meanwhile.
            single: Whether the block executes one statement: then a server is asked once, not three times.
        """
        assert isinstance(connection, sqlite3.Connection)  # noqa: S101 — this class opens no others
        with self.write_turn(), transaction(connection):
            yield connection

    @contextmanager
    def write_turn(self) -> Iterator[None]:
        """Let the threads of this process write one after the other.

        SQLite makes waiting writers sleep for up to a tenth of a second, again and again. A kill in that
        time, after Telegram has got an answer and before it is acknowledged, would double the answer.
        """
        mine = self._write_lock.acquire(
            timeout=WRITE_TURN_SECONDS
        )  # a file locked by another process delays each writer only once
        if not mine and self._is_following:
            raise StoreError(f"{self.path} is being written anew")
        try:
            yield
        finally:
            if mine:
                self._write_lock.release()

    def forget(self, user_id: int, *, up_to: int = sys.maxsize) -> None:
        """Delete everything that is known about a person, in databases that were replaced too.

        Args:
            up_to: Number of the update that asks for it; later ones are still to be answered.

        Raises:
            StoreError: A database that was replaced cannot be used; the one in use has been dealt with.
            sqlite3.Error: Nothing was deleted.
        """
        with self.transaction() as connection:
            if up_to < sys.maxsize:
                self._forget_requests[user_id] = (up_to, self.now())
            for statement in FORGET:
                connection.execute(statement, {"user_id": user_id, "up_to": up_to})
            while len(self._forget_requests) > MAX_FORGET_REQUESTS:
                del self._forget_requests[next(iter(self._forget_requests))]
        self._after_deleting()
        for kept in self._replaced_files():
            _forget_in(kept, user_id)

    def is_forgotten(self, user_id: int, update_id: int) -> bool:
        """Return whether the sender of an update has asked to be forgotten after it.

        Such an update was in flight at that moment; nothing about it is to be kept. To be asked inside the
        transaction that would keep it.
        """
        up_to, when = self._forget_requests.get(user_id, (-1, self.now()))
        return update_id <= up_to and self.now() - when < MAX_IN_FLIGHT

    def prune(self, retention: timedelta, *, seconds: float | None = None) -> bool:
        """Delete what is older than `retention`, and the numbers of updates that Telegram no longer sends.

        It takes many short transactions: others read and write in between. After an error the rest stays.

        Args:
            retention: How long entries are kept.
            seconds: How long it may take; None: until all is deleted.

        Returns:
            Whether all is deleted.
        """
        now = self.now()
        parameters = {
            "before": (now - retention).timestamp(),
            "resent_until": (now - KEEP_UPDATE_IDS).timestamp(),
            "edited_until": (now - KEEP_HEARD).timestamp(),
        }
        generation, connection = self.generation, self.connection()

        @contextmanager
        def one_transaction() -> Iterator[None]:
            if self.generation != generation:
                raise StoreError("another bot.sqlite3 was opened meanwhile")
            with self.transaction():
                yield

        end = None if seconds is None else time.monotonic() + seconds
        has_finished = all(
            delete_in_slices(connection, old, parameters, transaction=one_transaction, end=end)
            for old in PRUNE
        )
        self._after_deleting()
        return has_finished

    def empty_log(self) -> None:
        """Truncate SQLite's log if deleted data still stands in it; to be called every few seconds."""
        if self._log_is_due and self._truncate_log() and self._has_warned:
            self._has_warned = False
            logger.info("what was deleted is gone from the log of bot.sqlite3")

    def _after_deleting(self) -> None:
        """Truncate SQLite's log, in which deleted data still stands, or let `empty_log` do it later."""
        self._log_is_due = True
        if any(self._truncate_log() for _ in range(MAX_CHECKPOINTS)) or self._has_warned:
            return
        self._has_warned = True
        logger.warning(
            "what was deleted still stands in the log of bot.sqlite3, which somebody is reading: tried again"
        )

    def _truncate_log(self) -> bool:
        """Try once to truncate the log; return whether nothing is in it any more."""
        self._log_is_due = False  # first: what is deleted from now on is due again
        with contextlib.suppress(sqlite3.Error, StoreError):
            with _waiting(self._connection(), CHECKPOINT_MILLISECONDS) as connection:
                busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if not busy:
                return True
        self._log_is_due = True
        return False

    def _replaced_files(self) -> list[Path]:
        """Return the databases that were kept when another was put in their place."""
        if self.path is None:
            return []
        prefix = f"{self.path.name}.replaced-"
        return sorted(
            file
            for file in self.path.parent.iterdir()
            if file.name.startswith(prefix) and _REPLACED_AT.fullmatch(file.name.removeprefix(prefix))
        )

    def backup(self, target: Path) -> int:
        """Write a consistent copy while the bot runs. An older copy is replaced once the new one is sound.

        Returns:
            Size of the copy in bytes.

        Raises:
            StoreError: There is nothing to copy, it is damaged, or the target cannot be written.
        """
        if self.path is None:
            raise StoreError("there is no bot.sqlite3 to back up")
        return backup_database(self.path, target)

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._lock:
            opened, self._opened = self._opened, []
        for connection in opened:
            connection.close()
        self._threads = threading.local()
        if self._memory is not None:
            self._memory.close()


@contextmanager
def _waiting(connection: sqlite3.Connection, milliseconds: int | None) -> Iterator[sqlite3.Connection]:
    """Let a connection wait so long for locks; None: as long as always."""
    if milliseconds is None:
        yield connection
        return
    connection.execute(f"PRAGMA busy_timeout={milliseconds:d}")
    try:
        yield connection
    finally:
        connection.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS:d}")


def _forget_in(kept: Path, user_id: int) -> None:
    """Delete everything that is known about a person from a database that is no longer in use.

    Raises:
        StoreError: It cannot be used.
    """
    try:
        with closing(
            sqlite3.connect(f"{kept.resolve().as_uri()}?mode=rw", uri=True, isolation_level=None)
        ) as connection:
            connection.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS:d}")
            connection.execute("PRAGMA secure_delete=ON")
            migrate(connection, MIGRATIONS)
            with transaction(connection):
                for statement in FORGET:
                    connection.execute(statement, {"user_id": user_id, "up_to": sys.maxsize})
    except sqlite3.Error as error:
        raise StoreError(f"cannot use {kept}: {error}") from error


def _check_frozen(path: Path) -> None:
    """Check that a file is a sound `bot.sqlite3`, not using the files that SQLite keeps beside it.

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


def _copy_to_new_file(source: sqlite3.Connection, target: Path) -> None:
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    try:
        with closing(sqlite3.connect(target)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
    except BaseException:
        target.unlink()
        raise


def _carry_over_updates(connection: sqlite3.Connection, former: Path) -> None:
    """Copy the updates of another database, so that each is still answered, and answered once."""
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
    """Make the database readable by its owner only: it holds people's words.

    SQLite creates its side files with the rights that the database has then, so the database comes first.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    for file in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        with contextlib.suppress(OSError):  # it does not exist, or belongs to somebody else
            file.chmod(0o600)


def find_damage(path: Path) -> str | None:
    """Return what SQLite finds wrong with a file; None: it is sound or does not exist. Writes nothing."""
    if not path.exists():
        return None
    try:
        with closing(open_database(path, read_only=True)) as connection:
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        # A lock or missing rights are no damage: opening the file reports them better.
        return None if isinstance(error, sqlite3.OperationalError) else str(error)
    except StoreError as error:
        cause = error.__cause__
        return None if isinstance(cause, sqlite3.OperationalError) else str(cause or error)
    return None if verdict == "ok" else str(verdict).splitlines()[0]
