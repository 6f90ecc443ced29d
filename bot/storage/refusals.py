"""Groups and topics that refused a message, and when the operator was told.

The functions take a connection to the bot's database; writing ones belong inside a transaction.
"""

from datetime import datetime, timedelta

from bot.storage.connections import Connection, upsert
from bot.storage.pruning import OldRows

TELL_EVERY = timedelta(days=1)
"""The operator is told of a place once in this time."""


def create_table(connection: Connection) -> None:
    """Create the table of refusals; for a migration."""
    connection.execute(
        """
        CREATE TABLE refusals (
            chat_id INTEGER NOT NULL,
            thread INTEGER NOT NULL, -- 0: no topic
            reason TEXT NOT NULL,
            told REAL NOT NULL,
            PRIMARY KEY (chat_id, thread)
        ) STRICT, WITHOUT ROWID
        """
    )


def is_to_be_told(
    connection: Connection, chat_id: int, thread: int | None, reason: str, now: datetime
) -> bool:
    """Record that a place refused a message; return whether the operator is to be told."""
    told = connection.execute(
        "SELECT told FROM refusals WHERE chat_id = ? AND thread = ?", (chat_id, thread or 0)
    ).fetchone()
    if told is not None and now.timestamp() - told[0] < TELL_EVERY.total_seconds():
        return False
    connection.execute(
        upsert("refusals", ("chat_id", "thread", "reason", "told"), key=("chat_id", "thread")),
        (chat_id, thread or 0, reason, now.timestamp()),
    )
    return True


PRUNE = (OldRows("refusals", ("chat_id", "thread"), "told < :before"),)
"""What was refused long ago."""
