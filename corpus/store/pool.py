"""Connection pool for one SQLite file: one connection per thread, errors in words for an operator."""

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
"""Beginnings of the messages of SQLite and Python for files whose content is damaged."""

DECODING_ERRORS = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, MemoryError)
"""Errors that decoding a damaged row may raise: UTF-8, JSON, dates and sizes."""


def is_damage(error: Exception) -> bool:
    """Whether an error means that the content of a database is damaged or belongs to another one."""
    if isinstance(error, DamagedStoreError):
        return True
    if isinstance(error, StoreError):
        cause = error.__cause__
        return isinstance(cause, Exception) and is_damage(cause)
    if not isinstance(error, sqlite3.Error):
        return isinstance(error, DECODING_ERRORS)
    code = getattr(error, "sqlite_errorcode", None)
    return (
        primary_code(error) in _DAMAGED
        or code == sqlite3.SQLITE_IOERR_SHORT_READ
        or str(error).lower().startswith(_DAMAGE_WORDS)
    )


@dataclass(slots=True)
class _Handle:
    """A thread's connection with what is needed to use and close it.

    Attributes:
        lock: Held while the connection is in use, so that no other thread closes it meanwhile.
        connection: The connection.
        thread: The thread that it belongs to.
        generation: The pool's generation when it was opened; `reopen` begins a new one.
        frozen_signature: State of the file, if it can be read only as long as it stays unchanged.
    """

    connection: sqlite3.Connection
    thread: threading.Thread
    generation: int
    frozen_signature: tuple[int, ...] | None = None
    lock: threading.RLock = field(default_factory=threading.RLock)


class ConnectionPool:
    """Opens a database once per thread, and closes it for all threads.

    A file that cannot be written is opened read-only. A file that is removed later is not made again by a
    thread that opens it: it would be an empty one.

    Args:
        path: The database file.
        damage_advice: What an operator should do if the file is damaged.

    Attributes:
        on_damage: Called with a description whenever damage is encountered.
    """

    def __init__(self, path: Path, *, damage_advice: str) -> None:
        self.path = path
        self.damage_advice = damage_advice
        self.on_damage: Callable[[str], None] = lambda _: None
        self._local = threading.local()
        self._handles: list[_Handle] = []
        self._lock = threading.Lock()
        self._generation = 0
        self._may_create = True
        self._closed = False

    def close(self) -> None:
        """Close the connections of all threads, each as soon as its current operation ends."""
        self._closed = True
        self._close_handles(lambda _: True)

    def reopen(self, *, create: bool = False) -> None:
        """Have every thread open the file again, because another one may have replaced it.

        Args:
            create: Make the file if there is none.
        """
        self._may_create = create
        self._generation += 1
        self._close_handles(lambda handle: handle.generation != self._generation)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """This thread's connection, for a block that only reads and decodes rows.

        Raises:
            StoreError: In place of SQLite's errors.
            DamagedStoreError: In place of decoding errors.
        """
        with self.connected() as connection:
            try:
                yield connection
            except DECODING_ERRORS as error:
                self.fail("read", error)

    @contextmanager
    def connected(self) -> Iterator[sqlite3.Connection]:
        """This thread's connection.

        Raises:
            StoreError: In place of SQLite's errors.
        """
        handle = self._acquire()
        try:
            yield handle.connection
        except sqlite3.Error as error:
            self.fail("read", error)
        finally:
            handle.lock.release()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """This thread's connection, inside a transaction.

        Raises:
            StoreError: In place of SQLite's errors.
        """
        handle = self._acquire()
        try:
            with transaction(handle.connection) as connection:
                yield connection
        except sqlite3.Error as error:
            self.fail("write", error)
        finally:
            handle.lock.release()

    def fail(self, verb: str, error: Exception) -> NoReturn:
        """Raise an error that says what is wrong with the file, and what to do if that is known.

        Args:
            verb: What was tried: `read`, `write` or `open`.
            error: An error of SQLite, or a decoding error.
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
        raise DamagedStoreError(f"{text}; {self.damage_advice}") from error

    def _acquire(self) -> _Handle:
        """This thread's handle, with its lock held; the caller must release it."""
        while True:
            handle = self._current_handle()
            handle.lock.acquire()
            if handle.generation == self._generation or self._closed:
                return handle
            handle.lock.release()  # `reopen` was called in between

    def _current_handle(self) -> _Handle:
        handle: _Handle | None = getattr(self._local, "handle", None)
        if handle is None or handle.generation != self._generation or self._has_changed(handle):
            handle = self._local.handle = self._open_handle()
            with self._lock:
                self._handles.append(handle)
            # Close the connections of threads that have ended, and this one if `close` was called meanwhile.
            self._close_handles(lambda other: self._closed or not other.thread.is_alive())
        return handle

    def _open_handle(self) -> _Handle:
        thread, generation = threading.current_thread(), self._generation
        if self._closed:
            raise StoreError(f"{self.path} was closed")
        try:
            connection = open_database(self.path, create=self._may_create)
        except DamagedStoreError as error:
            self.on_damage(str(error))
            raise DamagedStoreError(f"{error}; {self.damage_advice}") from error
        except StoreError as error:
            cause = error.__cause__
            if not isinstance(cause, sqlite3.Error):
                raise
            if primary_code(cause) not in _NOT_WRITABLE or not self.path.exists():
                self.fail("open", cause)
        else:
            self._may_create = False
            return _Handle(connection, thread, generation)
        frozen_signature = _signature_of(self.path)
        return _Handle(open_frozen(self.path), thread, generation, frozen_signature)

    def _has_changed(self, handle: _Handle) -> bool:
        return handle.frozen_signature is not None and handle.frozen_signature != _signature_of(self.path)

    def _close_handles(self, unwanted: Callable[[_Handle], bool]) -> None:
        with self._lock:
            dropped = [handle for handle in self._handles if unwanted(handle)]
            self._handles = [handle for handle in self._handles if not unwanted(handle)]
        for handle in dropped:
            with (
                handle.lock,
                contextlib.suppress(sqlite3.Error),
            ):  # checkpointing into a damaged file may fail
                handle.connection.close()


def _signature_of(path: Path) -> tuple[int, ...]:
    """What changes when a database is written: its status, or the existence of a log beside it."""
    status = path.stat()
    log = path.with_name(f"{path.name}-wal")
    return status.st_ino, status.st_size, status.st_mtime_ns, int(log.exists())
