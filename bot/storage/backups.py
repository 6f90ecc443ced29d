"""Backups of `bot.sqlite3` and of the feeds: made while the bot runs, written over nothing but backups."""

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bot.process import lock
from corpus.errors import StoreError
from corpus.files import read_regular
from corpus.store import FILE_NAME, open_database

_SIDE_FILES = ("", "-wal", "-shm", "-journal")
"""Suffixes of a database and of the files that SQLite keeps beside it."""

MAX_LIST_BYTES = 50_000_000

_WITHOUT_LOG = b"\1\1"
"""Bytes 18 and 19 of a database that is not in WAL mode."""

_FOLDERS = frozenset({"index", "compiled", "posts"})
"""Folders below DATA_DIR that the program fills."""

_LOCK_SUFFIX = Path(lock.FILE_NAME).suffix


@dataclass(frozen=True, slots=True)
class FeedFiles:
    """What is known of feeds.

    Attributes:
        listed: The list, an OPML file.
        state: The database of what was seen.
    """

    listed: Path
    state: Path

    @property
    def exist(self) -> bool:
        """Whether feeds are, or were, followed."""
        return self.listed.exists() or self.state.exists()


def backup_feeds(feeds: FeedFiles, target: Path) -> list[tuple[Path, int]]:
    """Copy the list of feeds and what was seen of them beside a backup, named like it.

    Args:
        feeds: The files; one that does not exist is left out.
        target: The backup of `bot.sqlite3`: beside `copy.sqlite3` stand `copy.feeds.opml` and
            `copy.feeds.sqlite3`.

    Returns:
        Each copy with its size in bytes.

    Raises:
        StoreError: A copy was not made; the text is fit for an operator.
    """
    stem = target.name.removesuffix(".sqlite3")
    jobs: list[tuple[Path, Path, Callable[[Path], bool], Callable[[Path, Path], int]]] = [
        (feeds.listed, target.with_name(f"{stem}.feeds.opml"), _is_list, _copy_file),
        (feeds.state, target.with_name(f"{stem}.feeds.sqlite3"), _is_copy_of_feeds, _copy),
    ]
    return [
        (place, _backup(source, place, is_copy, copy))
        for source, place, is_copy, copy in jobs
        if source.exists()
    ]


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
    return _backup(source, target, _is_copy, _copy)


def _backup(
    source: Path, target: Path, is_copy: Callable[[Path], bool], copy: Callable[[Path, Path], int]
) -> int:
    """Copy a file of DATA_DIR where only an older copy of it may stand; return its size.

    Raises:
        StoreError: No backup was made.
    """
    try:
        place = target.resolve()
        if reason := _refusal(source, target, place, is_copy):
            raise StoreError(f"{target} {reason}: name another file")
        place.parent.mkdir(parents=True, exist_ok=True)
        return copy(source, place)
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


def _copy_file(source: Path, target: Path) -> int:
    content = read_regular(source, MAX_LIST_BYTES)
    descriptor, name = tempfile.mkstemp(prefix=".backup-", suffix=".part", dir=target.parent)
    part = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:  # readable by its owner only: it may hold tokens
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
        _make_durable(target.parent)
    finally:
        part.unlink(missing_ok=True)
    return len(content)


def _make_durable(folder: Path) -> None:
    """Make a new name in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refusal(source: Path, target: Path, place: Path, is_copy: Callable[[Path], bool]) -> str | None:
    """Return why a backup may not be written to a file; None: it may.

    Args:
        target: The file as it was named.
        place: The same path with links resolved.
        is_copy: Whether a file is an older backup of the source.
    """
    if target.is_dir():
        return "is a folder"
    if place.exists() and place.samefile(source):
        return "is the database itself" if source.suffix == ".sqlite3" else "is the file itself"
    if any(_same_path(place, file) for file in _own_files(source)) or _is_in_own_folder(source, place):
        return "belongs to the bot's own data"
    if place.exists() and not is_copy(place):
        return f"exists and is no copy of {source.name}"
    return None


def _own_files(source: Path) -> Iterator[Path]:
    """Yield the databases of DATA_DIR and their side files, whether they exist or not."""
    names = ("bot.sqlite3", FILE_NAME, "feeds.sqlite3", "feeds.opml")
    databases = (source, *map(source.with_name, names))
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
    """Return whether a file is a backup of `bot.sqlite3`."""
    return _has_tables(path, {"inbox", "inbox_waiting"})


def _is_copy_of_feeds(path: Path) -> bool:
    return _has_tables(path, {"feeds", "entries", "meta"})


def _is_list(path: Path) -> bool:
    from corpus.sources import OpmlError, read_opml

    try:
        read_opml(read_regular(path, MAX_LIST_BYTES))
    except (OSError, OpmlError):
        return False
    return True


def _has_tables(path: Path, wanted: set[str]) -> bool:
    """Return whether a file is a database with these tables that is not in WAL mode, as one in use is."""
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
    return wanted <= tables
