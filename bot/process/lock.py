"""The lock on DATA_DIR: two bots with one inbox would answer everything twice."""

import contextlib
import fcntl
import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path

logger = logging.getLogger(__name__)

FILE_NAME = "bot.lock"

PROBES = 3
PROBE_SECONDS = 0.05
"""How often and at which interval the lock is tried: a process that only looks holds it for an instant."""


class AlreadyRunningError(Exception):
    """Another process holds the lock; the text names it."""


class InstanceLock:
    """The lock on a folder, held from the start to `release`.

    Attributes:
        problem: Why a second instance would not be noticed, or that there is one; None: all is well.
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._path = data_dir / FILE_NAME
        self._descriptor: int | None = None
        self.problem: str | None = None

    def acquire(self) -> None:
        """Lock the file that stands at the path now, and make it if there is none.

        Raises:
            AlreadyRunningError: Another process holds the lock.
            OSError: The file cannot be made or opened.
        """
        self._data_dir.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK, 0o644)
        try:
            _lock_file(descriptor)
        except BlockingIOError:
            holder = os.read(descriptor, 32).decode("ascii", "replace").strip() or "unknown"
            os.close(descriptor)
            raise AlreadyRunningError(
                f"another baotong runs over DATA_DIR {self._data_dir} (process {holder}): stop it, "
                "or give this one a DATA_DIR of its own"
            ) from None
        except OSError:
            os.close(descriptor)
            raise
        with contextlib.suppress(OSError):  # a full disk
            os.truncate(descriptor, 0)
            os.write(descriptor, f"{os.getpid()}\n".encode())
        self.release()
        self._descriptor = descriptor

    def check(self) -> None:
        """Lock again if the file was removed or replaced: a second instance would lock another one."""
        if self._descriptor is None or self._is_in_place(self._descriptor):
            return
        problem = None
        try:
            self.acquire()
        except AlreadyRunningError as error:
            problem = str(error)
        except OSError as error:
            problem = f"{self._path} was removed and cannot be made: {error.strerror}"
        if problem is None:
            logger.warning("%s was removed or replaced: made and locked again", self._path)
        elif problem != self.problem:
            logger.error("%s", problem)
        self.problem = problem

    def release(self) -> None:
        """Give the lock back; does nothing if it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _is_in_place(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), self._path.stat())
        except OSError:
            return False


def _lock_file(descriptor: int) -> None:
    """Lock a file for one process alone. `is_held` of another process may hold it for an instant.

    Raises:
        BlockingIOError: Another process holds the lock.
    """
    for _ in range(PROBES - 1):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(PROBE_SECONDS)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def is_held(data_dir: Path) -> bool:
    """Say whether a process holds the lock on a folder. Writes nothing."""
    try:
        descriptor = os.open(data_dir / FILE_NAME, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # a file system without locks
        return False
    finally:
        os.close(descriptor)
    return False


@contextlib.contextmanager
def only_instance(data_dir: Path) -> Iterator[InstanceLock]:
    """Hold the lock on a folder. It is released when the process ends, however it ends.

    Where the file system takes no new files (read-only, full) the bot runs without the lock and logs that.

    Raises:
        AlreadyRunningError: Another process holds it.
    """
    lock = InstanceLock(data_dir)
    try:
        lock.acquire()
    except OSError as error:
        path = data_dir / FILE_NAME
        logger.warning("%s cannot be made (%s): a second instance would not be noticed", path, error.strerror)
    try:
        yield lock
    finally:
        lock.release()
