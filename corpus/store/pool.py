"""Connections to one SQLite file for many threads, one each, with errors in words for an operator."""

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from corpus.errors import DamagedStoreError, StoreError
from corpus.store.database import explain, open_database, open_frozen, primary_code, transaction

_NOT_WRITABLE = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_TOOBIG)
_DAMAGE_WORDS = ("no such table", "no such column", "no such index", "could not decode", "malformed")
"""What SQLite and Python say of a file whose content is not that of the database that was written."""

SENSELESS = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, MemoryError)
"""What making sense of a row may raise where the row is damaged: UTF-8, JSON, dates and sizes."""


def is_damage(error: Exception) -> bool:
    """Whether an error says that the content of a database is damaged, or is that of another one."""
    if isinstance(error, DamagedStoreError):
        return True
    if isinstance(error, StoreError):
        cause = error.__cause__
        return isinstance(cause, Exception) and is_damage(cause)
    if not isinstance(error, sqlite3.Error):
        return isinstance(error, SENSELESS)
    code = getattr(error, "sqlite_errorcode", None)
    return (
        primary_code(error) in _DAMAGED
        or code == sqlite3.SQLITE_IOERR_SHORT_READ
        or str(error).lower().startswith(_DAMAGE_WORDS)
    )


@dataclass(slots=True)
class _Handle:
    """A thread's connection, and what must be known to use and to close it.

    Attributes:
        lock: Held while the connection is used, so that it is not closed under a thread's hands.
        frozen: What the file looked like, when it can be read only as long as it stays so.
    """

    connection: sqlite3.Connection
    thread: threading.Thread
    opening: int
    frozen: tuple[int, ...] | None = None
    lock: threading.RLock = field(default_factory=threading.RLock)


class Connections:
    """Opens the file for each thread that asks, and closes it for all of them.

    A file that cannot be written is opened for reading.

    Args:
        path: The database.
        when_damaged: What an operator should do then.

    Attributes:
        on_damage: Told of what is wrong whenever damage is come across.
    """

    def __init__(self, path: Path, *, when_damaged: str) -> None:
        self.path = path
        self.when_damaged = when_damaged
        self.on_damage: Callable[[str], None] = lambda _: None
        self._local = threading.local()
        self._handles: list[_Handle] = []
        self._lock = threading.Lock()
        self._opening = 0
        self._closed = False

    def close(self) -> None:
        """Close the connections of all threads, each as soon as its thread is done with what it does."""
        self._closed = True
        self._drop(lambda _: True)

    def reopen(self) -> None:
        """Let every thread open the file anew: another one may have taken its place."""
        self._opening += 1
        self._drop(lambda handle: handle.opening != self._opening)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """This thread's connection, for a block that does nothing but read and make sense of rows.

        Raises:
            StoreError: In place of SQLite's errors.
            DamagedStoreError: In place of what rows that make no sense lead to.
        """
        with self.connected() as connection:
            try:
                yield connection
            except SENSELESS as error:
                self.fail("read", error)

    @contextmanager
    def connected(self) -> Iterator[sqlite3.Connection]:
        """This thread's connection.

        Raises:
            StoreError: In place of SQLite's errors.
        """
        handle = self._take()
        try:
            yield handle.connection
        except sqlite3.Error as error:
            self.fail("read", error)
        finally:
            handle.lock.release()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """This thread's connection in a transaction.

        Raises:
            StoreError: In place of SQLite's errors.
        """
        handle = self._take()
        try:
            with transaction(handle.connection) as connection:
                yield connection
        except sqlite3.Error as error:
            self.fail("write", error)
        finally:
            handle.lock.release()

    def fail(self, verb: str, error: Exception) -> NoReturn:
        """Say what is wrong with the file, and what to do where that is known.

        Args:
            error: SQLite's, or any other that what was read makes no sense.
        """
        if self._closed:
            raise StoreError(f"{self.path} was closed") from error
        damaged = is_damage(error)
        if not isinstance(error, sqlite3.Error):
            text = f"cannot {verb} {self.path}: it is damaged ({type(error).__name__}: {error})"
        else:
            text = f"cannot {verb} {self.path}: {explain(error)}"
        if not damaged:
            raise StoreError(text) from error
        self.on_damage(text)
        raise DamagedStoreError(f"{text}; {self.when_damaged}") from error

    def _take(self) -> _Handle:
        """This thread's handle, its lock held: who takes it releases that."""
        while True:
            handle = self._handle()
            handle.lock.acquire()
            if handle.opening == self._opening or self._closed:
                return handle
            handle.lock.release()  # `reopen` came in between

    def _handle(self) -> _Handle:
        handle: _Handle | None = getattr(self._local, "handle", None)
        if handle is None or handle.opening != self._opening or self._has_thawed(handle):
            handle = self._local.handle = self._new_handle()
            with self._lock:
                self._handles.append(handle)
            # Threads come and go; the connections of those that went are of no more use. Nor is this one
            # when all were closed in the meantime.
            self._drop(lambda other: self._closed or not other.thread.is_alive())
        return handle

    def _new_handle(self) -> _Handle:
        thread, opening = threading.current_thread(), self._opening
        if self._closed:
            raise StoreError(f"{self.path} was closed")
        try:
            return _Handle(open_database(self.path), thread, opening)
        except StoreError as error:
            cause = error.__cause__
            if not isinstance(cause, sqlite3.Error):
                raise
            if primary_code(cause) not in _NOT_WRITABLE or not self.path.exists():
                self.fail("open", cause)
        frozen = _look_of(self.path)
        return _Handle(open_frozen(self.path), thread, opening, frozen)

    def _has_thawed(self, handle: _Handle) -> bool:
        return handle.frozen is not None and handle.frozen != _look_of(self.path)

    def _drop(self, unwanted: Callable[[_Handle], bool]) -> None:
        with self._lock:
            dropped = [handle for handle in self._handles if unwanted(handle)]
            self._handles = [handle for handle in self._handles if not unwanted(handle)]
        for handle in dropped:
            with handle.lock, contextlib.suppress(sqlite3.Error):  # a damaged file may not take its log in
                handle.connection.close()


def _look_of(path: Path) -> tuple[int, ...]:
    """What changes when a database is written: the file itself, or a log beside it that comes to be."""
    status = path.stat()
    log = path.with_name(f"{path.name}-wal")
    return status.st_ino, status.st_size, status.st_mtime_ns, int(log.exists())
