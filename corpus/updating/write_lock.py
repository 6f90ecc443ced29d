"""The lock on DATA_DIR: one process writes at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from corpus.errors import StoreError
from corpus.files import open_regular

BUSY: Final = "another process is indexing"
"""Beginning of the text of a BusyError."""

LOCK_NAME: Final = "corpus.lock"


class BusyError(StoreError):
    """Another process is indexing."""


@contextmanager
def write_lock(data_dir: Path, name: str = LOCK_NAME) -> Iterator[None]:
    """Hold a write lock on DATA_DIR. The system releases it when the process ends, however it ends.

    Args:
        data_dir: The folder.
        name: Of the lock's file: store and index have one, the vectors another.

    Raises:
        BusyError: Another process holds the lock.
        StoreError: The folder cannot be written.
    """
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        descriptor = open_regular(data_dir / name, os.O_RDWR | os.O_CREAT)
    except OSError as error:
        raise StoreError(f"DATA_DIR {data_dir} cannot be written: {error.strerror or error}") from error
    with os.fdopen(descriptor, "rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BusyError(f"{BUSY} into {data_dir}; try again later") from error
        except OSError as error:
            raise StoreError(f"DATA_DIR {data_dir} cannot be locked: {error.strerror or error}") from error
        yield
