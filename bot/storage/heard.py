"""What messages that were meant for the bot said, so that an edit without a change is known.

Telegram sends an edit also when somebody first reacts to a message, or when a link preview is loaded. Only a
digest of the words is stored.

The functions take a connection to the bot's database; writing ones belong inside a transaction.
"""

from datetime import datetime, timedelta

from bot.storage.connections import Connection, upsert
from bot.storage.pruning import OldRows

EDITABLE = timedelta(hours=48)
"""How long people can edit their messages."""


def create_table(connection: Connection) -> None:
    """Create the table of messages heard; for a migration."""
    connection.execute(
        """
        CREATE TABLE heard (
            chat_id INTEGER NOT NULL,
            message_id INTEGER NOT NULL,
            user_id INTEGER,
            digest BLOB NOT NULL,
            at REAL NOT NULL,
            PRIMARY KEY (chat_id, message_id)
        ) STRICT, WITHOUT ROWID
        """
    )
    connection.execute("CREATE INDEX heard_by_user ON heard (user_id)")


_HEAR = upsert("heard", ("chat_id", "message_id", "user_id", "digest", "at"), key=("chat_id", "message_id"))


def hear(
    connection: Connection,
    chat_id: int,
    message_id: int,
    digest: bytes,
    *,
    user_id: int | None,
    now: datetime,
) -> bool:
    """Record what a message says now; return whether it said the same before.

    Args:
        connection: Inside a transaction.
        chat_id: Its chat.
        message_id: Its id.
        digest: Of its words.
        user_id: Who wrote it; None: an id that many people share.
        now: The time.
    """
    row = connection.execute(
        "SELECT digest FROM heard WHERE chat_id = ? AND message_id = ?", (chat_id, message_id)
    ).fetchone()
    if row is not None and row[0] == digest:
        return True
    connection.execute(
        _HEAR,
        (chat_id, message_id, user_id, digest, now.timestamp()),
    )
    return False


PRUNE = (OldRows("heard", ("chat_id", "message_id"), "at < :edited_until"),)
"""Messages that nobody can edit any more."""

FORGET: tuple[str, ...] = ("DELETE FROM heard WHERE user_id = :user_id OR chat_id = :user_id",)
"""Statements that delete what was heard of a person; bound with `user_id`."""
