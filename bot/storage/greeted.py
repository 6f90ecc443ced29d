"""Which groups have been greeted: once, however often the bot is promoted, muted or moved.

The functions take a connection to `bot.sqlite3`; writing ones belong inside a transaction.
"""

import sqlite3
from datetime import datetime


def create_tables(connection: sqlite3.Connection) -> None:
    """Create the table of greeted groups; for a migration."""
    connection.execute("CREATE TABLE greeted (chat_id INTEGER PRIMARY KEY, at REAL NOT NULL) STRICT")


def greet(connection: sqlite3.Connection, chat_id: int, now: datetime) -> bool:
    """Note that a group is greeted; False when it was before."""
    cursor = connection.execute(
        "INSERT OR IGNORE INTO greeted (chat_id, at) VALUES (?, ?)", (chat_id, now.timestamp())
    )
    return cursor.rowcount > 0


def leave(connection: sqlite3.Connection, chat_id: int) -> None:
    """Note that the bot was sent away; who invites it back is greeted again."""
    connection.execute("DELETE FROM greeted WHERE chat_id = ?", (chat_id,))
