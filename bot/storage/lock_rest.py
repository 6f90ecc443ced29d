"""A rest after a lock: how a database that another process keeps locked delays few writes instead of all."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from corpus.errors import StoreError

REST_SECONDS = 5.0
"""How long writes fail at once after one has waited in vain for another process."""


class LockRest:
    """Lets writes fail at once for REST_SECONDS after one has met a lock.

    When the rest is over one write tries the lock, and the others go on resting until it has succeeded. Any
    thread may use it.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._retry_at: float | None = None

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Run a block that writes.

        Raises:
            StoreError: Another write has met a lock a moment ago; the block did not run.
        """
        self._begin()
        try:
            yield
        except sqlite3.Error as error:
            self._retry_at = self._clock() + REST_SECONDS if _is_lock(error) else None
            raise
        except BaseException:
            self._retry_at = None
            raise
        self._retry_at = None

    def _begin(self) -> None:
        with self._lock:
            if self._retry_at is None:
                return
            now = self._clock()
            if now < self._retry_at:
                raise StoreError("bot.sqlite3 was locked by another process a moment ago")
            self._retry_at = now + REST_SECONDS


def _is_lock(error: sqlite3.Error) -> bool:
    code = getattr(error, "sqlite_errorcode", None)  # None: raised by the module, not by SQLite
    return code is not None and code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
