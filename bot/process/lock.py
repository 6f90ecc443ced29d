"""One bot over one DATA_DIR: two over the same inbox would answer everything twice."""

import contextlib
import fcntl
import logging
import os
from collections.abc import Iterator
from pathlib import Path

logger = logging.getLogger(__name__)

FILE_NAME = "bot.lock"


class AlreadyRunningError(Exception):
    """Another process runs over the same data; the text names it."""


@contextlib.contextmanager
def only_instance(data_dir: Path) -> Iterator[None]:
    """Hold the right to run over a folder; it ends with the process, however that ends.

    Where the file system takes no new files (read-only, full) the bot runs without the lock, and says so.

    Raises:
        AlreadyRunningError: Somebody else holds it.
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
