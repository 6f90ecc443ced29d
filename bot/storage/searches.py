"""Searches under a short key, and which message shows which of them: what buttons and replies rely on.

A search never changes once it is stored, and its key says nothing of who asked: a button of an old
message shows what its message was about, after a restart too, whoever presses it.

The functions take a connection to `bot.sqlite3`; writing ones belong inside a transaction.
"""

import json
import secrets
import sqlite3
import string
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from corpus.dialogue import Search
from corpus.models import Filters, Order

KEY_LENGTH = 8
"""Base62, 47 bits: short enough for a button, too long to guess somebody's question."""

QUESTION_LENGTH = 4096

_ALPHABET = string.digits + string.ascii_letters


@dataclass(frozen=True, slots=True)
class Place:
    """What stands under a number of a message: an article, and the passage at which it is opened."""

    article: str
    passage: int = 0


@dataclass(frozen=True, slots=True)
class Shown:
    """What a message of the bot shows.

    Attributes:
        message_id: The bot's message.
        question_id: The message it answers, or None.
        search: Key of the search.
        offset: Rank, from 0, of the result shown first.
        article: Id of the article shown first, or None when nothing was found.
        asked: Number under which the question was recorded (`bot.votes`), or None.
        listed: What stands under the numbers from `offset` + 1 on, or stood where it was opened from.
            Asked again, a new article would have moved it.
        page: Articles a page, where that is a list of the newest; None: the results of a search.
    """

    chat_id: int
    message_id: int
    question_id: int | None
    search: str
    offset: int = 0
    article: str | None = None
    asked: int | None = None
    listed: tuple[Place, ...] = ()
    page: int | None = None

    @property
    def way_back(self) -> tuple[str, int]:
        """Key of the results to come back to, and the rank of the first; a list of the newest has none."""
        return (self.search, self.offset) if self.page is None else ("", 0)

    def under(self, number: int) -> Place | None:
        """Return what stands under a number; None where that number is not shown."""
        place = number - 1 - self.offset
        return self.listed[place] if 0 <= place < len(self.listed) else None


def create_tables(connection: sqlite3.Connection) -> None:
    """Create the tables of searches and of messages that show them; for a migration."""
    connection.execute(
        """
        CREATE TABLE searches (
            key TEXT PRIMARY KEY,
            search TEXT NOT NULL UNIQUE,
            used REAL NOT NULL
        ) STRICT
        """
    )
    connection.execute(
        """
        CREATE TABLE shown (
            chat_id INTEGER NOT NULL,
            message_id INTEGER NOT NULL,
            question_id INTEGER,
            search TEXT NOT NULL,
            rank INTEGER NOT NULL,
            article TEXT,
            asked INTEGER,
            at REAL NOT NULL,
            PRIMARY KEY (chat_id, message_id)
        ) STRICT, WITHOUT ROWID
        """
    )
    connection.execute("CREATE INDEX shown_by_question ON shown (chat_id, question_id)")


def create_owners(connection: sqlite3.Connection) -> None:
    """Note whose words a search holds: where buttons narrow it no message shows the one before any more."""
    connection.execute(
        """
        CREATE TABLE search_owners (
            key TEXT NOT NULL,
            user_id INTEGER NOT NULL,
            PRIMARY KEY (key, user_id)
        ) STRICT, WITHOUT ROWID
        """
    )
    connection.execute("CREATE INDEX search_owners_by_user ON search_owners (user_id)")


def create_lists(connection: sqlite3.Connection) -> None:
    """Note what stands under the numbers of a message, and how long a list of the newest is."""
    connection.execute("ALTER TABLE shown ADD COLUMN listed TEXT NOT NULL DEFAULT ''")
    connection.execute("ALTER TABLE shown ADD COLUMN page INTEGER")


def save(connection: sqlite3.Connection, search: Search, now: datetime, user_id: int | None = None) -> str:
    """Store a search and return its key; the same search has the same key, whoever asks it."""
    body = _write(search)
    (key,) = connection.execute(
        "INSERT INTO searches (key, search, used) VALUES (?, ?, ?)"
        " ON CONFLICT (search) DO UPDATE SET used = excluded.used RETURNING key",
        (_new_key(), body, now.timestamp()),
    ).fetchone()
    if user_id is not None:
        connection.execute("INSERT OR IGNORE INTO search_owners (key, user_id) VALUES (?, ?)", (key, user_id))
    return str(key)


def load(connection: sqlite3.Connection, key: str) -> Search | None:
    """Return the search under a key; None where there is none (any more)."""
    row = connection.execute("SELECT search FROM searches WHERE key = ?", (key,)).fetchone()
    return _read(row[0]) if row else None


def note_shown(connection: sqlite3.Connection, shown: Shown, now: datetime) -> None:
    """Note what a message shows from now on; the search counts as used."""
    connection.execute(
        "INSERT OR REPLACE INTO shown"
        " (chat_id, message_id, question_id, search, rank, article, asked, listed, page, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            shown.chat_id,
            shown.message_id,
            shown.question_id,
            shown.search,
            shown.offset,
            shown.article,
            shown.asked,
            " ".join(f"{place.article}:{place.passage}" for place in shown.listed),
            shown.page,
            now.timestamp(),
        ),
    )
    connection.execute("UPDATE searches SET used = ? WHERE key = ?", (now.timestamp(), shown.search))


_SHOWN = (
    "SELECT chat_id, message_id, question_id, search, rank, article, asked, listed, page"
    " FROM shown WHERE chat_id = ?"
)


# Pages of results are not recorded as questions.
_ASKED_BY = (
    " AND (asked IN (SELECT id FROM asked WHERE user_id = ?)"
    " OR asked IS NULL AND search IN (SELECT key FROM search_owners WHERE user_id = ?))"
)


def shown_in(connection: sqlite3.Connection, chat_id: int, message_id: int) -> Shown | None:
    """Return what a message of the bot shows."""
    row = connection.execute(f"{_SHOWN} AND message_id = ?", (chat_id, message_id)).fetchone()
    return _shown(row)


def answer_to(connection: sqlite3.Connection, chat_id: int, question_id: int) -> Shown | None:
    """Return the newest message of the bot that answers a question."""
    row = connection.execute(
        f"{_SHOWN} AND question_id = ? ORDER BY message_id DESC LIMIT 1", (chat_id, question_id)
    ).fetchone()
    return _shown(row)


def last_shown(
    connection: sqlite3.Connection, chat_id: int, *, user_id: int | None = None, since: datetime | None = None
) -> Shown | None:
    """Return the newest message of the bot in a chat that shows a search.

    Args:
        user_id: Only what this person asked for.
        since: Only what was shown from then on.
    """
    row = connection.execute(
        f"{_SHOWN} AND at >= ?{_ASKED_BY if user_id is not None else ''} ORDER BY message_id DESC LIMIT 1",
        (chat_id, since.timestamp() if since else 0, *([user_id] * 2 if user_id is not None else ())),
    ).fetchone()
    return _shown(row)


PRUNE: tuple[str, ...] = (
    "DELETE FROM shown WHERE at < :before",
    "DELETE FROM searches WHERE used < :before",
    "DELETE FROM search_owners WHERE key NOT IN (SELECT key FROM searches)",
)
"""Statements that remove what was not used for long; bound with `before`, seconds since 1970."""

FORGET: tuple[str, ...] = (
    "DELETE FROM searches WHERE (key IN (SELECT key FROM search_owners WHERE user_id = :user_id)"
    " OR key IN (SELECT search FROM shown WHERE chat_id = :user_id)"
    " AND key NOT IN (SELECT search FROM shown WHERE chat_id <> :user_id))"
    " AND key NOT IN (SELECT key FROM search_owners WHERE user_id <> :user_id)",
    "DELETE FROM search_owners WHERE user_id = :user_id",
    "DELETE FROM shown WHERE chat_id = :user_id OR asked IN (SELECT id FROM asked WHERE user_id = :user_id)"
    " OR search <> '' AND search NOT IN (SELECT key FROM searches)",
)
"""Statements that remove a person's searches, unless somebody else made the same, and which messages showed
them; bound with `user_id`. The questions they asked (`votes`) must still be there."""


def _shown(row: tuple[Any, ...] | None) -> Shown | None:
    if row is None:
        return None
    chat_id, message_id, question_id, search, rank, article, asked, places, page = row
    parts = (place.rpartition(":") for place in places.split())
    listed = tuple(Place(name, int(passage)) for name, _, passage in parts)
    return Shown(chat_id, message_id, question_id, search, rank, article, asked, listed, page)


def _new_key() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(KEY_LENGTH))


def _write(search: Search) -> str:
    filters = {name: value for name, value in asdict(search.filters).items() if value}
    body = {"question": search.question[:QUESTION_LENGTH], "order": search.order, "filters": filters}
    if search.topic:
        body["topic"] = search.topic[:QUESTION_LENGTH]
    return json.dumps(body, ensure_ascii=True, sort_keys=True, default=date.isoformat)


def _read(body: str) -> Search:
    stored: dict[str, Any] = json.loads(body)
    filters = stored["filters"]
    for name in ("since", "until"):
        if name in filters:
            filters[name] = date.fromisoformat(filters[name])
    for name in ("phrases", "excluded"):
        filters[name] = tuple(filters.get(name, ()))
    return Search(stored["question"], Filters(**filters), Order(stored["order"]), stored.get("topic", ""))
