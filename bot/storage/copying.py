"""Copies the whole state from one database into an empty one, of the same kind or the other."""

from bot.storage.connections import Connection, insert
from bot.storage.database import State
from bot.storage.postgres import PostgresConnection
from corpus.errors import StoreError

TABLES = (
    *("inbox", "chats", "greeted", "searches", "search_owners", "shown"),
    *("subscriptions", "deliveries", "asked", "votes", "heard", "refusals"),
)
"""All tables of the state."""

NUMBERED = ("subscriptions", "asked")
"""Tables whose numbers are never used again, as old buttons carry them."""

BATCH_ROWS = 1_000


def copy_state(source: State, target: State) -> dict[str, int]:
    """Copy every row, in one transaction; after an error the target is as empty as before.

    No bot may use either of them meanwhile.

    Returns:
        How many rows each table has.

    Raises:
        StoreError: The target holds something already, or a database cannot be used.
        sqlite3.Error: A file cannot be read or written.
    """
    with source.transaction() as reader, target.transaction() as writer:
        if filled := [table for table in TABLES if _count(writer, table)]:
            raise StoreError(f"{target.place} is not empty ({', '.join(filled)}): nothing was copied")
        counts = {table: _copy_table(reader, writer, table) for table in TABLES}
        for table in NUMBERED:
            _set_last_number(writer, table, _last_number(reader, table))
    return counts


def _copy_table(reader: Connection, writer: Connection, table: str) -> int:
    rows = reader.execute(f"SELECT * FROM {table}")  # noqa: S608 — names of this module
    statement = insert(table, [column[0] for column in rows.description])
    while batch := rows.fetchmany(BATCH_ROWS):
        writer.executemany(statement, batch)
    read, written = _count(reader, table), _count(writer, table)
    if read != written:
        raise StoreError(f"of {read} rows of {table} {written} arrived: nothing was copied")
    return written


def _count(connection: Connection, table: str) -> int:
    (rows,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
    return int(rows)


def _last_number(connection: Connection, table: str) -> int:
    """Return the highest number that a table has ever given; 0: none."""
    if isinstance(connection, PostgresConnection):
        row = connection.execute(
            "SELECT last_value FROM pg_sequences"
            " WHERE schemaname || '.' || sequencename = pg_get_serial_sequence(?, 'id')",
            (table,),
        ).fetchone()
    else:
        row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
    (highest,) = connection.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()  # noqa: S608
    return max(int(highest), int(row[0] or 0) if row else 0)


def _set_last_number(connection: Connection, table: str, number: int) -> None:
    if not number:
        return
    if isinstance(connection, PostgresConnection):
        connection.execute("SELECT setval(pg_get_serial_sequence(?, 'id'), ?)", (table, number))
    else:
        connection.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
        connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, number))
