"""`feeds.sqlite3`: what is known of each feed and entry. It can be made again from the posts.

The list of feeds is another file (`feed_list`); articles are in another one still (`corpus.store`).
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from corpus.store.database import Migration, chunks, migrate, open_database, transaction

FILE_NAME: Final = "feeds.sqlite3"

IMPORT_SCHEME: Final = "import:"
"""Beginning of the addresses under which imports are remembered, beside those of feeds."""

MOVES: Final = 3
"""A move for good counts after so many fetches with the same target, over MOVE_SECONDS."""

MOVE_SECONDS: Final = 86_400


@dataclass(frozen=True, slots=True)
class FeedState:
    """What is known of a feed.

    Attributes:
        id: Its number; entries belong to it, not to the address.
        outlet: Who publishes it, as its posts say.
        started: Whether it was read once.
        fails: Failures in a row.
        failing_since: The first of them; None: it does not fail.
        tried_at: When it was fetched last; None: never.
        next_at: When it is fetched next; None: now.
        ttl_seconds: How long the feed asks to be left alone.
        gap_seconds: Median time between its entries; 0: unknown.
        answered_at: When it last gave entries; those seen then were its last ones.
        is_gone: Whether the site said so: it is left alone until somebody asks.
    """

    id: int
    url: str
    title: str = ""
    outlet: str = ""
    started: bool = False
    etag: str = ""
    modified: str = ""
    moved_to: str = ""
    moves: int = 0
    moving_since: datetime | None = None
    fails: int = 0
    failing_since: datetime | None = None
    tried_at: datetime | None = None
    last_ok: datetime | None = None
    next_at: datetime | None = None
    answered_at: datetime | None = None
    last_status: int = 0
    last_error: str = ""
    ttl_seconds: float = 0
    gap_seconds: float = 0
    is_gone: bool = False
    is_noticed: bool = False


@dataclass(frozen=True, slots=True)
class KnownEntry:
    """An entry that was seen.

    Attributes:
        key: What identifies it within its feed.
        alt: Its link or guid without scheme and host; empty: there is none.
        page: Its link without scheme and `www.`; empty: there is none.
        path: The post, below the archive; None: it was only seen.
        digest: `text` as it was written; empty: it was promised and maybe not written.
        text: Hash of what readers saw of it last.
        title: Its title.
        published: Its date when it was first seen.
        is_news: Whether subscribers get it.
    """

    key: str
    alt: str
    page: str
    path: str | None
    digest: str
    text: str
    title: str
    published: datetime | None
    first_seen: datetime
    last_seen: datetime
    is_news: bool = False


def _create(connection: sqlite3.Connection) -> None:
    connection.execute(
        """
        CREATE TABLE feeds (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            url TEXT NOT NULL UNIQUE,
            title TEXT NOT NULL DEFAULT '',
            outlet TEXT NOT NULL DEFAULT '',
            started INTEGER NOT NULL DEFAULT 0,
            etag TEXT NOT NULL DEFAULT '',
            modified TEXT NOT NULL DEFAULT '',
            moved_to TEXT NOT NULL DEFAULT '',
            moves INTEGER NOT NULL DEFAULT 0,
            moving_since INTEGER,                 -- times are seconds since 1970
            fails INTEGER NOT NULL DEFAULT 0,
            failing_since INTEGER,
            tried_at INTEGER,
            last_ok INTEGER,
            next_at INTEGER,
            answered_at INTEGER,
            last_status INTEGER NOT NULL DEFAULT 0,
            last_error TEXT NOT NULL DEFAULT '',
            ttl_seconds REAL NOT NULL DEFAULT 0,
            gap_seconds REAL NOT NULL DEFAULT 0,
            is_gone INTEGER NOT NULL DEFAULT 0,
            is_noticed INTEGER NOT NULL DEFAULT 0
        ) STRICT
        """
    )
    connection.execute(
        """
        CREATE TABLE entries (
            feed INTEGER NOT NULL REFERENCES feeds (id),
            key TEXT NOT NULL,
            alt TEXT NOT NULL,
            page TEXT NOT NULL,
            path TEXT UNIQUE,
            digest TEXT NOT NULL,
            text TEXT NOT NULL,
            title TEXT NOT NULL,
            published INTEGER,
            first_seen INTEGER NOT NULL,
            last_seen INTEGER NOT NULL,
            is_news INTEGER NOT NULL,
            PRIMARY KEY (feed, key)
        ) STRICT, WITHOUT ROWID
        """
    )
    connection.execute("CREATE INDEX entries_by_alt ON entries (alt)")
    connection.execute("CREATE INDEX entries_by_page ON entries (page)")
    connection.execute("CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID")


_MIGRATIONS: Final = (Migration(1, _create),)

_FEED_COLUMNS: Final = (
    "id, url, title, outlet, started, etag, modified, moved_to, moves, moving_since, fails, failing_since, "
    "tried_at, last_ok, next_at, answered_at, last_status, last_error, ttl_seconds, gap_seconds, is_gone, "
    "is_noticed"
)
_TIMES: Final = frozenset(
    {"moving_since", "failing_since", "tried_at", "last_ok", "next_at", "answered_at", "published"}
)
_FLAGS: Final = frozenset({"started", "is_gone", "is_noticed", "is_news"})


class FeedStates:
    """The open database.

    Raises:
        StoreError: It cannot be opened.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self._connection = open_database(path, read_only=read_only)
        if not read_only:
            migrate(self._connection, _MIGRATIONS)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known of any feed."""
        return self._connection.execute("SELECT 1 FROM feeds LIMIT 1").fetchone() is None

    # --- Feeds -----------------------------------------------------------------------------------

    def feeds(self) -> tuple[FeedState, ...]:
        """Return all feeds of which something is known, also those that are followed no more."""
        rows = self._connection.execute(f"SELECT {_FEED_COLUMNS} FROM feeds ORDER BY id")  # noqa: S608 — a constant
        return tuple(_feed(row) for row in rows)

    def feed(self, url: str) -> FeedState:
        """Return what is known of a feed. One that has moved to this address is that feed."""
        found = self._find("url", url) or self._find("moved_to", url)
        if found is not None:
            if found.url != url:
                self.change(found, url=url, moved_to="", moves=0, moving_since=None)
            return self._find("url", url) or found
        with transaction(self._connection):
            self._connection.execute("INSERT OR IGNORE INTO feeds (url) VALUES (?)", (url,))
        made = self._find("url", url)
        if made is None:
            raise LookupError(url)
        return made

    def _find(self, column: str, value: str) -> FeedState | None:
        row = self._connection.execute(
            f"SELECT {_FEED_COLUMNS} FROM feeds WHERE {column} = ? LIMIT 1",  # noqa: S608 — constants
            (value,),
        ).fetchone()
        return None if row is None else _feed(row)

    def change(self, feed: FeedState, **values: Any) -> None:
        """Change columns of a feed, named as the attributes of `FeedState`."""
        if not values:
            return
        columns = ", ".join(f"{name} = ?" for name in values)
        with transaction(self._connection):
            self._connection.execute(
                f"UPDATE feeds SET {columns} WHERE id = ?",  # noqa: S608 — names of attributes
                [*(_column(value) for value in values.values()), feed.id],
            )

    def forget_wait(self, feed: FeedState) -> None:
        """Let a feed be fetched at the next round, whatever was said."""
        self.change(feed, next_at=None, is_gone=False)

    # --- Entries ---------------------------------------------------------------------------------

    def known(self, feed: FeedState, keys: Sequence[str], alts: Sequence[str]) -> list[KnownEntry]:
        """Return the entries of a feed with one of these keys or alts, and those of its last answer."""
        seen = _column(feed.answered_at) if feed.answered_at is not None else -1
        found: dict[str, KnownEntry] = {}
        for column, values in (("key", keys), ("alt", [alt for alt in alts if alt])):
            for chunk in chunks(values):
                marks = ",".join("?" * len(chunk))
                statement = f"{_SELECT_ENTRY} WHERE feed = ? AND {column} IN ({marks})"
                for row in self._connection.execute(statement, [feed.id, *chunk]):
                    found[row[0]] = _entry(row)
        for row in self._connection.execute(
            f"{_SELECT_ENTRY} WHERE feed = ? AND last_seen = ?", (feed.id, seen)
        ):
            found[row[0]] = _entry(row)
        return list(found.values())

    def same_text(self, feed: FeedState, texts: Sequence[str]) -> dict[str, KnownEntry]:
        """Return entries of a feed that say the same, by the hash of their text."""
        found: dict[str, KnownEntry] = {}
        for chunk in chunks(texts):
            marks = ",".join("?" * len(chunk))
            for row in self._connection.execute(
                f"{_SELECT_ENTRY} WHERE feed = ? AND text IN ({marks})", [feed.id, *chunk]
            ):
                entry = _entry(row)
                found.setdefault(entry.text, entry)
        return found

    def elsewhere(self, feed: FeedState, outlet: str, pages: Sequence[str]) -> frozenset[str]:
        """Return those pages that another feed of the same outlet has a post of."""
        found: set[str] = set()
        for chunk in chunks([page for page in pages if page]):
            marks = ",".join("?" * len(chunk))
            rows = self._connection.execute(
                "SELECT page FROM entries JOIN feeds ON feeds.id = entries.feed"  # noqa: S608 — question marks
                f" WHERE page IN ({marks}) AND feed != ? AND outlet = ? AND path IS NOT NULL",
                [*chunk, feed.id, outlet],
            )
            found.update(page for (page,) in rows)
        return frozenset(found)

    def save(
        self,
        feed: FeedState,
        *,
        added: Iterable[KnownEntry] = (),
        renamed: Iterable[tuple[str, KnownEntry]] = (),
        changed: Iterable[KnownEntry] = (),
    ) -> None:
        """Save entries in one transaction.

        Args:
            feed: Their feed.
            added: New ones.
            renamed: Pairs of an old key and the entry as it is now.
            changed: Known ones, as they are now; their keys stay.
        """
        with transaction(self._connection) as connection:
            for key, entry in renamed:
                connection.execute("DELETE FROM entries WHERE feed = ? AND key = ?", (feed.id, key))
                connection.execute(_INSERT_ENTRY, _values(feed, entry))
            for entry in (*added, *changed):
                connection.execute(_INSERT_ENTRY, _values(feed, entry))

    def taken(self, path: str) -> bool:
        """Return whether a path was promised to an entry."""
        found = self._connection.execute("SELECT 1 FROM entries WHERE path = ?", (path,)).fetchone()
        return found is not None

    def count(self, feed: FeedState) -> int:
        """Return how many posts a feed has."""
        (number,) = self._connection.execute(
            "SELECT count(path) FROM entries WHERE feed = ?", (feed.id,)
        ).fetchone()
        return int(number)

    def newest(self, feed: FeedState) -> datetime | None:
        """Return the date of a feed's newest entry."""
        (seconds,) = self._connection.execute(
            "SELECT max(published) FROM entries WHERE feed = ?", (feed.id,)
        ).fetchone()
        return _moment(seconds)

    def withheld(self, paths: Iterable[str]) -> frozenset[str]:
        """Return which of these posts are a feed's backlog: subscribers do not get them."""
        found: set[str] = set()
        for chunk in chunks(list(paths)):
            marks = ",".join("?" * len(chunk))
            rows = self._connection.execute(
                f"SELECT path FROM entries WHERE path IN ({marks}) AND NOT is_news",  # noqa: S608 — marks
                list(chunk),
            )
            found.update(path for (path,) in rows)
        return frozenset(found)

    def expired(self, before: datetime) -> list[tuple[int, str, str]]:
        """Return feed, key and path of posts of feeds that are older than a time; imports are kept."""
        rows = self._connection.execute(
            "SELECT feed, key, path FROM entries JOIN feeds ON feeds.id = entries.feed"
            " WHERE path IS NOT NULL AND digest != '' AND coalesce(published, first_seen) < ?"
            " AND NOT url GLOB ?",
            (_column(before), f"{IMPORT_SCHEME}*"),
        )
        return [(int(feed), str(key), str(path)) for feed, key, path in rows]

    def forget_posts(self, expired: Iterable[tuple[int, str, str]]) -> None:
        """Note that posts were removed on purpose; the entries stay known, so they do not come back."""
        with transaction(self._connection) as connection:
            connection.executemany(
                "UPDATE entries SET path = NULL WHERE feed = ? AND key = ?",
                [(feed, key) for feed, key, _ in expired],
            )

    # --- Meta ------------------------------------------------------------------------------------

    def meta(self, name: str) -> str | None:
        """Return a remembered value."""
        row = self._connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def set_meta(self, name: str, value: str) -> None:
        """Remember a value."""
        with transaction(self._connection):
            self._connection.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", (name, value))


_ENTRY_COLUMNS: Final = "key, alt, page, path, digest, text, title, published, first_seen, last_seen, is_news"
_SELECT_ENTRY: Final = f"SELECT {_ENTRY_COLUMNS} FROM entries"  # noqa: S608 — a constant
_INSERT_ENTRY: Final = (
    f"INSERT OR REPLACE INTO entries (feed, {_ENTRY_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
)


def _values(feed: FeedState, entry: KnownEntry) -> list[Any]:
    columns = (
        *(
            entry.key,
            entry.alt,
            entry.page,
            entry.path,
            entry.digest,
            entry.text,
            entry.title,
            entry.published,
        ),
        *(entry.first_seen, entry.last_seen, entry.is_news),
    )
    return [feed.id, *map(_column, columns)]


def _column(value: Any) -> Any:
    if isinstance(value, datetime):
        return int(value.timestamp())
    return int(value) if isinstance(value, bool) else value


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _feed(row: tuple[Any, ...]) -> FeedState:
    names = [name.strip() for name in _FEED_COLUMNS.split(",")]
    return FeedState(**{name: _attribute(name, value) for name, value in zip(names, row, strict=True)})


def _attribute(name: str, value: Any) -> Any:
    if name in _TIMES:
        return _moment(value)
    return bool(value) if name in _FLAGS else value


def _entry(row: tuple[Any, ...]) -> KnownEntry:
    key, alt, page, path, digest, text, title, published, first_seen, last_seen, is_news = row
    return KnownEntry(
        key,
        alt,
        page,
        path,
        digest,
        text,
        title,
        _moment(published),
        datetime.fromtimestamp(first_seen, UTC),
        datetime.fromtimestamp(last_seen, UTC),
        bool(is_news),
    )


@contextmanager
def open_states(data_dir: Path, *, read_only: bool = False) -> Iterator[FeedStates]:
    """Open the database of a DATA_DIR and close it at the end.

    Raises:
        StoreError: It cannot be opened.
    """
    states = FeedStates(data_dir / FILE_NAME, read_only=read_only)
    try:
        yield states
    finally:
        states.close()


def withheld(data_dir: Path, paths: Iterable[str]) -> frozenset[str]:
    """Return which posts are a feed's backlog, which subscribers do not get; none where no feed is followed.

    Raises:
        StoreError: The database cannot be opened.
    """
    if not (data_dir / FILE_NAME).exists():
        return frozenset()
    with open_states(data_dir, read_only=True) as states:
        return states.withheld(paths)
