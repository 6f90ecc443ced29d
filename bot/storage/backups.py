"""Backups of `bot.sqlite3`: made while the bot runs, and never written over anything but a backup."""

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
"""Suffixes of a database and of the files that SQLite keeps beside it."""

_WITHOUT_LOG = b"\1\1"
"""Bytes 18 and 19 of a database that is not in WAL mode."""

_FOLDERS = frozenset({"index", "compiled", "posts"})
"""Folders below DATA_DIR that the program fills."""

_LOCK_SUFFIX = Path(lock.FILE_NAME).suffix


def backup_database(source: Path, target: Path) -> int:
    """Copy a live database with SQLite's online backup; `target` appears whole or not at all.

    Of existing files only an older backup is replaced.

    Args:
        source: The bot's database in DATA_DIR.
        target: File to write; its folder is created if it does not exist.

    Returns:
        Size of the copy in bytes.

    Raises:
        StoreError: No backup was made; the text is fit for an operator.
    """
    if not source.exists():
        raise StoreError(f"{source} does not exist yet: there is nothing to back up")
    try:
        place = target.resolve()
        if reason := _refusal(source, target, place):
            raise StoreError(f"{target} {reason}: name another file")
        place.parent.mkdir(parents=True, exist_ok=True)
        return _copy(source, place)
    except (sqlite3.Error, OSError, RuntimeError) as error:  # RuntimeError: a circle of links
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
    """Make a new name in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refusal(source: Path, target: Path, place: Path) -> str | None:
    """Return why a backup may not be written to a file; None: it may.

    Args:
        target: The file as it was named.
        place: The same path with links resolved.
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
    """Yield the databases of DATA_DIR and their side files, whether they exist or not."""
    databases = (source, source.with_name(FILE_NAME))
    for database in {*databases, *(each.resolve() for each in databases)}:
        for suffix in _SIDE_FILES:
            yield database.with_name(database.name + suffix)


def _is_in_own_folder(source: Path, place: Path) -> bool:
    """Return whether a path is a lock in DATA_DIR, or lies in a folder that the program fills there."""
    data_dir = source.parent
    if place.suffix.casefold() == _LOCK_SUFFIX and _same_path(place.parent, data_dir):
        return True
    return any(
        parent.name.casefold() in _FOLDERS and _same_path(parent.parent, data_dir) for parent in place.parents
    )


def _same_path(one: Path, other: Path) -> bool:
    """Return whether two paths name one file. Case is ignored, as some file systems do."""
    if one.exists() and other.exists():
        return one.samefile(other)
    return str(one.resolve()).casefold() == str(other.resolve()).casefold()


def _is_copy(path: Path) -> bool:
    """Return whether a file is a backup: a database of the bot that is not in WAL mode, as one in use is."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        if file.read(20)[18:] != _WITHOUT_LOG:
            return False
    uri = f"{path.as_uri()}?mode=ro&immutable=1"  # creates no files beside it
    try:
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    except sqlite3.Error:
        return False
    return {"inbox", "inbox_waiting"} <= tables
