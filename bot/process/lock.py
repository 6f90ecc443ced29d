"""The lock on DATA_DIR: two bots with one inbox would answer everything twice."""

import contextlib
import fcntl
import logging
import os
from collections.abc import Iterator
from pathlib import Path

logger = logging.getLogger(__name__)

FILE_NAME = "bot.lock"


class AlreadyRunningError(Exception):
    """Another process holds the lock; the text names it."""


@contextlib.contextmanager
def only_instance(data_dir: Path) -> Iterator[None]:
    """Hold the lock on a folder. It is released when the process ends, however it ends.

    Where the file system takes no new files (read-only, full) the bot runs without the lock and logs that.

    Raises:
        AlreadyRunningError: Another process holds it.
    """
    path = data_dir / FILE_NAME
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        logger.warning("%s cannot be made (%s): a second instance would not be noticed", path, error.strerror)
        yield
        return
    with os.fdopen(descriptor, "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = file.read(32).strip() or "unknown"
            raise AlreadyRunningError(
                f"another baotong runs over DATA_DIR {data_dir} (process {holder}): stop it, "
                "or give this one a DATA_DIR of its own"
            ) from None
        with contextlib.suppress(OSError):  # a full disk
            file.truncate(0)
            file.write(f"{os.getpid()}\n")
            file.flush()
        yield
