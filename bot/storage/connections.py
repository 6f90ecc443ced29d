"""What a connection to the bot's database can do, whichever engine keeps it.

Statements are written once, in the SQL that SQLite and PostgreSQL share: `?` and `:name` for values, `ON
CONFLICT` instead of `OR REPLACE`. What differs is translated in `bot.storage.postgres`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

Parameters = Sequence[Any] | Mapping[str, Any]
"""Values of a statement: for `?` in their order, for `:name` by name."""


class Cursor(Protocol):
    """The result of a statement."""

    @property
    def rowcount(self) -> int:
        """How many rows the statement has changed."""
        ...

    @property
    def description(self) -> Any:
        """One sequence for each column; it begins with the column's name."""
        ...

    def fetchmany(self, size: int = ..., /) -> list[Any]:
        """Return at most so many of the next rows."""
        ...

    def fetchone(self) -> Any:
        """Return the next row; None: there is none."""
        ...

    def fetchall(self) -> list[Any]:
        """Return the remaining rows."""
        ...

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """A connection that no two threads use at once: that of `sqlite3`, or a `PostgresConnection`.

    Errors are `sqlite3.Error` or `StoreError`; whoever catches one catches both.
    """

    def execute(self, sql: str, parameters: Parameters = ..., /) -> Cursor:
        """Execute a statement."""
        ...

    def executemany(self, sql: str, parameters: Iterable[Parameters], /) -> Cursor:
        """Execute a statement for each set of values."""
        ...


def insert(table: str, columns: Sequence[str]) -> str:
    """Return the statement that inserts a row.

    >>> insert("votes", ("asked_id", "up"))
    'INSERT INTO votes (asked_id, up) VALUES (?, ?)'
    """
    marks = ", ".join("?" for _ in columns)
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 — names of this package


def upsert(table: str, columns: Sequence[str], *, key: Sequence[str]) -> str:
    """Return the statement that inserts a row, or replaces all of the one that has its key.

    >>> upsert("votes", ("asked_id", "up"), key=("asked_id",))
    'INSERT INTO votes (asked_id, up) VALUES (?, ?) ON CONFLICT (asked_id) DO UPDATE SET up = excluded.up'
    """
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in key)
    return f"{insert(table, columns)} ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changes}"
