"""`feeds.opml`, the list of feeds that are followed: read, changed, written whole.

The file is the truth, and may be edited by hand. It may hold tokens, so only its owner can read it.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from corpus.errors import SourceError
from corpus.sources.opml import FollowedFeed, OpmlError, read_opml, usable, write_opml

FILE_NAME: Final = "feeds.opml"
LOCK_NAME: Final = "feeds.lock"


class FeedListError(SourceError):
    """The list cannot be read or written; the text says why."""


class NotFollowedError(FeedListError):
    """An address is not on the list."""


class FeedsBusyError(FeedListError):
    """Another process fetches or changes the list."""


def read_list(path: Path) -> tuple[FollowedFeed, ...]:
    """Return the feeds that are followed; a file that is missing is an empty list.

    Raises:
        FeedListError: It cannot be read, or is no OPML.
    """
    try:
        return tuple(usable(read_opml(path.read_bytes())))
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise FeedListError(f"{path} cannot be read: {error.strerror}") from error
    except OpmlError as error:
        raise FeedListError(f"{path} is {error}: mend it, or move it away") from error


def write_list(path: Path, feeds: tuple[FollowedFeed, ...]) -> None:
    """Write the list whole, for its owner only.

    Raises:
        FeedListError: It cannot be written.
    """
    hidden = path.with_name(f".{path.name}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "wb") as file:  # noqa: PTH123 — opens a descriptor, not a path
            file.write(write_opml(feeds))
            file.flush()
            os.fsync(file.fileno())
        hidden.replace(path)
    except OSError as error:
        raise FeedListError(f"{path} cannot be written: {error.strerror}") from error


@contextmanager
def feeds_lock(data_dir: Path, *, wait_seconds: float = 0) -> Iterator[None]:
    """Hold the lock on feeds: one process fetches or changes the list at a time.

    The system releases it when the process ends, however it ends.

    Raises:
        FeedsBusyError: Another process holds it, and did for `wait_seconds`.
        FeedListError: DATA_DIR cannot be written.
    """
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        file = (data_dir / LOCK_NAME).open("a")
    except OSError as error:
        raise FeedListError(f"DATA_DIR {data_dir} cannot be written: {error.strerror}") from error
    with file:
        deadline = time.monotonic() + wait_seconds
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() >= deadline:
                    raise FeedsBusyError(
                        "feeds are being fetched by another process; try again later"
                    ) from error
                time.sleep(0.1)
            except OSError as error:
                raise FeedListError(f"DATA_DIR {data_dir} cannot be locked: {error.strerror}") from error
        yield
