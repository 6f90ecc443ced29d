"""A database file that is damaged: put aside under another name, and read for what it still says."""

import os
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from corpus.errors import StoreError
from corpus.store.database import open_database
from corpus.store.pool import DECODING_ERRORS


def set_aside(path: Path, moment: datetime) -> Path:
    """Rename a database and the files beside it, with the time in the new name. Returns the new path.

    Raises:
        StoreError: It cannot be renamed.
    """
    aside = path.with_name(f"{path.name}.damaged-{moment:%Y%m%d-%H%M%S}")
    try:
        for suffix in ("", "-wal", "-shm"):
            file = path.with_name(f"{path.name}{suffix}")
            if os.path.lexists(file):
                file.rename(aside.with_name(f"{aside.name}{suffix}"))
    except OSError as error:
        raise StoreError(f"{path} is damaged and cannot be set aside: {error}") from error
    return aside


def read_meta(path: Path, key: str) -> str | None:
    """A value in the table `meta` of a database that may be damaged; None if it cannot be read."""
    try:
        with closing(open_database(path, read_only=True)) as connection:
            row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
            return row[0] if row and isinstance(row[0], str) else None
    except (sqlite3.Error, StoreError, *DECODING_ERRORS):
        return None
