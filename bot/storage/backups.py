"""Backups of `bot.sqlite3`: a copy made while the bot runs, that never takes the place of anything else."""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from bot.process import lock
from corpus.errors import StoreError
from corpus.store import FILE_NAME, open_database

_SIDE_FILES = ("", "-wal", "-shm", "-journal")
"""What SQLite appends to a database's name for the files that it keeps beside it."""

_WITHOUT_LOG = b"\1\1"
"""Bytes 18 and 19 of a database that is not in WAL mode."""

_FOLDERS = frozenset({"index", "compiled", "posts"})
"""Folders below DATA_DIR that the program fills."""

_LOCK_SUFFIX = Path(lock.FILE_NAME).suffix


def backup_database(source: Path, target: Path) -> int:
    """Copy a live database with SQLite's online backup; `target` appears whole or not at all.

    Only an older copy is replaced.

    Args:
        source: The bot's database, which lies in DATA_DIR.
        target: Where the copy goes; its folder is made if it is missing.

    Returns:
        Size of the copy in bytes.

    Raises:
        StoreError: In words for an operator.
    """
    if not source.exists():
        raise StoreError(f"{source} does not exist yet: there is nothing to back up")
    try:
        place = target.resolve()
        if objection := _objection(source, target, place):
            raise StoreError(f"{target} {objection}: name another file")
        place.parent.mkdir(parents=True, exist_ok=True)
        return _copy(source, place)
    except (sqlite3.Error, OSError, RuntimeError) as error:  # RuntimeError: links that lead in a circle
        raise StoreError(f"cannot back up {source} to {target}: {error}") from error


def _copy(source: Path, target: Path) -> int:
    descriptor, name = tempfile.mkstemp(prefix=".backup-", suffix=".part", dir=target.parent)
    os.close(descriptor)
    part = Path(name)
    try:
        with closing(open_database(source, read_only=True)) as live, closing(sqlite3.connect(part)) as copy:
            live.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
            (verdict,) = copy.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise StoreError(f"{source} is damaged, the copy would be too: {verdict}")
        with part.open("rb") as file:
            os.fsync(file.fileno())
        size = part.stat().st_size
        part.replace(target)
        _make_durable(target.parent)
    finally:
        for suffix in _SIDE_FILES:
            part.with_name(part.name + suffix).unlink(missing_ok=True)
    return size


def _make_durable(folder: Path) -> None:
    """Let the new name survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _objection(source: Path, target: Path, place: Path) -> str | None:
    """Why a copy may not go to a place; None: it may.

    Args:
        target: As it was named.
        place: The same without links.
    """
    if target.is_dir():
        return "is a folder"
    if place.exists() and place.samefile(source):
        return "is the database itself"
    if any(_same_path(place, file) for file in _own_files(source)) or _is_in_own_folder(source, place):
        return "belongs to the bot's own data"
    if place.exists() and not _is_copy(place):
        return "exists and is no copy of bot.sqlite3"
    return None


def _own_files(source: Path) -> Iterator[Path]:
    """The databases of DATA_DIR and what SQLite keeps beside them, whether they are there or not."""
    databases = (source, source.with_name(FILE_NAME))
    for database in {*databases, *(each.resolve() for each in databases)}:
        for suffix in _SIDE_FILES:
            yield database.with_name(database.name + suffix)


def _is_in_own_folder(source: Path, place: Path) -> bool:
    """Whether a place is a lock of DATA_DIR, or lies in one of the folders that are filled there."""
    data_dir = source.parent
    if place.suffix.casefold() == _LOCK_SUFFIX and _same_path(place.parent, data_dir):
        return True
    return any(
        parent.name.casefold() in _FOLDERS and _same_path(parent.parent, data_dir) for parent in place.parents
    )


def _same_path(one: Path, other: Path) -> bool:
    """Whether two paths lead to one file or would; case does not count, as some file systems have it."""
    if one.exists() and other.exists():
        return one.samefile(other)
    return str(one.resolve()).casefold() == str(other.resolve()).casefold()


def _is_copy(path: Path) -> bool:
    """Whether a file is a database of the bot as `_copy` leaves it: without a log, which one in use has."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        if file.read(20)[18:] != _WITHOUT_LOG:
            return False
    uri = f"{path.as_uri()}?mode=ro&immutable=1"  # nothing is made beside it
    try:
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    except sqlite3.Error:
        return False
    return {"inbox", "inbox_waiting"} <= tables
