"""Deletes many old rows in short transactions, so that others can write in between."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

from bot.storage.connections import Connection

SLICE_SECONDS = 0.02
"""How long one transaction deletes."""

STEP_ROWS = 100
"""How many rows are deleted between two looks at the clock."""

PAGE_ROWS = 5_000
"""How many keys of old rows are held in memory at once."""


@dataclass(frozen=True, slots=True)
class OldRows:
    """The rows of a table that are to be deleted.

    Attributes:
        table: Its name.
        key: The columns of its primary key.
        condition: SQL that tells whether a row is old. It may use `:before`, seconds since the epoch, and
            further parameters of `delete_in_slices`.
    """

    table: str
    key: tuple[str, ...]
    condition: str

    @property
    def select(self) -> str:
        """The statement that reads the keys of a page of old rows, in their order."""
        columns = ", ".join(self.key)
        return f"SELECT {columns} FROM {self.table} WHERE ({self.condition}) ORDER BY {columns} LIMIT :page"  # noqa: S608

    @property
    def select_after(self) -> str:
        """The same for the page after a key (`:key0`, …)."""
        columns = ", ".join(self.key)
        values = ", ".join(f":key{number}" for number in range(len(self.key)))
        return (
            f"SELECT {columns} FROM {self.table} WHERE ({self.condition})"  # noqa: S608
            f" AND ({columns}) > ({values}) ORDER BY {columns} LIMIT :page"
        )

    @property
    def delete(self) -> str:
        """The statement that deletes one row, if it still is old."""
        match = " AND ".join(f"{column} = :key{number}" for number, column in enumerate(self.key))
        return f"DELETE FROM {self.table} WHERE {match} AND ({self.condition})"  # noqa: S608


def delete_in_slices(
    connection: Connection,
    old: OldRows,
    parameters: Mapping[str, float],
    *,
    transaction: Callable[[], AbstractContextManager[object]],
    end: float | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Delete old rows, and rest after each transaction for as long as it took.

    Returns:
        Whether none is left.

    Args:
        connection: Reads and deletes.
        old: Which rows.
        parameters: Values of the condition.
        transaction: Begins a transaction on the connection.
        end: When to stop, by the monotonic clock; None: when nothing is left.
        sleep: Waits for so many seconds.

    Raises:
        sqlite3.Error: What was deleted before stays deleted.
    """
    for page in _pages(connection, old, parameters):
        while page:
            if end is not None and time.monotonic() >= end:
                return False
            with transaction():
                started = time.monotonic()  # not before: it may have waited for others
                while page:
                    step, page = page[:STEP_ROWS], page[STEP_ROWS:]
                    connection.executemany(old.delete, step)
                    if time.monotonic() - started >= SLICE_SECONDS:
                        break
            sleep(time.monotonic() - started)
    return True


def _pages(
    connection: Connection, old: OldRows, parameters: Mapping[str, float]
) -> Iterator[list[dict[str, object]]]:
    """Yield the parameters that delete each old row, a page at a time."""
    rows = connection.execute(old.select, {**parameters, "page": PAGE_ROWS}).fetchall()
    while rows:
        page = [{**parameters, **{f"key{n}": value for n, value in enumerate(row)}} for row in rows]
        last = page[-1]
        yield page
        rows = connection.execute(old.select_after, {**last, "page": PAGE_ROWS}).fetchall()
