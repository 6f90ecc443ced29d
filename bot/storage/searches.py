"""Stored searches under short keys, and which message shows which search.

Buttons and replies rely on them. A stored search never changes, and its key tells nothing about who asked.
So a button of an old message shows what the message was about, even after a restart, whoever presses it.

The functions take a connection to the bot's database; writing ones belong inside a transaction.
"""

import json
import secrets
import string
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from bot.storage.connections import Connection
from bot.storage.pruning import OldRows
from corpus.dialogue import Search
from corpus.models import Filters, Order

KEY_LENGTH = 8
"""Length of a key in base 62, 47 bits: short enough for a button, too long to be guessed."""

MAX_QUESTION_CHARS = 4096
"""Longer questions are cut before they are stored."""

_ALPHABET = string.digits + string.ascii_letters


@dataclass(frozen=True, slots=True)
class ShownResult:
    """A numbered result of a message: an article, and the passage at which it is opened."""

    article: str
    passage: int = 0


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """What a message of the bot shows.

    Attributes:
        message_id: Id of the bot's message; negative: the number of one that only its receiver sees.
        question_id: Id of the message that it answers, or None.
        search: Key of the search.
        offset: Rank of the first result, from 0.
        article: Id of the first article; None: nothing was found.
        asked: Number of the recorded question (`bot.storage.votes`), or None.
        results: The numbered results, from number `offset` + 1 on; of an opened article those of the message
            that it was opened from. They are stored because new articles move the results of a search.
        page: Page size of a list of the newest articles; None: the message shows results of a search.
        thread: Topic of the chat in which the message stands; None outside topics and in General.
        person: Who asked for it: a user, or a chat in whose name somebody wrote; None: not known.
    """

    chat_id: int
    message_id: int
    question_id: int | None
    search: str
    offset: int = 0
    article: str | None = None
    asked: int | None = None
    results: tuple[ShownResult, ...] = ()
    page: int | None = None
    thread: int | None = None
    person: int | None = None

    @property
    def back_target(self) -> tuple[str, int]:
        """Key and offset of the results that "back" leads to; a list of the newest articles has none."""
        return (self.search, self.offset) if self.page is None else ("", 0)


def create_tables(connection: Connection) -> None:
    """Create the tables of searches and of the messages that show them; for a migration."""
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


def create_owners(connection: Connection) -> None:
    """Create the table of who has made a search; for a migration.

    It is needed to forget a person: once buttons have narrowed a search no message shows the former one.
    """
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


def create_listed_results(connection: Connection) -> None:
    """Add the numbered results of a message, and the page size of a list of the newest; for a migration."""
    connection.execute("ALTER TABLE shown ADD COLUMN listed TEXT NOT NULL DEFAULT ''")
    connection.execute("ALTER TABLE shown ADD COLUMN page INTEGER")


def create_threads(connection: Connection) -> None:
    """Add the topic of the chat in which a message stands; for a migration."""
    connection.execute("ALTER TABLE shown ADD COLUMN thread INTEGER")


def create_persons(connection: Connection) -> None:
    """Add who asked for a message; for a migration. Of earlier ones that is known where a question stands."""
    connection.execute("ALTER TABLE shown ADD COLUMN person INTEGER")
    connection.execute("UPDATE shown SET person = (SELECT user_id FROM asked WHERE asked.id = shown.asked)")


def save(connection: Connection, search: Search, now: datetime, user_id: int | None = None) -> str:
    """Store a search and return its key; the same search has the same key, whoever asks it."""
    body = _encode(search)
    connection.execute(
        "INSERT INTO searches (key, search, used) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (_new_key(), body, now.timestamp()),
    )
    (key,) = connection.execute(
        "UPDATE searches SET used = ? WHERE search = ? RETURNING key", (now.timestamp(), body)
    ).fetchone()
    if user_id is not None:
        connection.execute(
            "INSERT INTO search_owners (key, user_id) VALUES (?, ?) ON CONFLICT DO NOTHING", (key, user_id)
        )
    return str(key)


def load(connection: Connection, key: str) -> Search | None:
    """Return the search with a key; None: there is none, or none any more."""
    row = connection.execute("SELECT search FROM searches WHERE key = ?", (key,)).fetchone()
    return _decode(row[0]) if row else None


def save_shown(connection: Connection, shown: ShownMessage, now: datetime) -> None:
    """Store what a message shows from now on, and note that its search is used.

    Whoever presses its buttons, it stays with the person who asked for it.
    """
    connection.execute(
        "INSERT INTO shown"
        " (chat_id, message_id, question_id, search, rank, article, asked, listed, page, thread, person, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (chat_id, message_id) DO UPDATE"
        " SET question_id = coalesce(excluded.question_id, shown.question_id),"
        " search = excluded.search, rank = excluded.rank, article = excluded.article, asked = excluded.asked,"
        " listed = excluded.listed, page = excluded.page, at = excluded.at",
        (
            shown.chat_id,
            shown.message_id,
            shown.question_id,
            shown.search,
            shown.offset,
            shown.article,
            shown.asked,
            " ".join(f"{result.article}:{result.passage}" for result in shown.results),
            shown.page,
            shown.thread,
            shown.person,
            now.timestamp(),
        ),
    )
    connection.execute("UPDATE searches SET used = ? WHERE key = ?", (now.timestamp(), shown.search))


_SELECT_SHOWN = (
    "SELECT chat_id, message_id, question_id, search, rank, article, asked, listed, page, thread, person"
    " FROM shown WHERE chat_id = ?"
)


def shown_in(connection: Connection, chat_id: int, message_id: int) -> ShownMessage | None:
    """Return what a message of the bot shows."""
    row = connection.execute(f"{_SELECT_SHOWN} AND message_id = ?", (chat_id, message_id)).fetchone()
    return _from_row(row)


def answer_to(connection: Connection, chat_id: int, question_id: int) -> ShownMessage | None:
    """Return the newest message of the bot that answers a question."""
    row = connection.execute(
        f"{_SELECT_SHOWN} AND question_id = ? ORDER BY abs(message_id) DESC LIMIT 1", (chat_id, question_id)
    ).fetchone()
    return _from_row(row)


def last_shown(
    connection: Connection,
    chat_id: int,
    *,
    thread: int | None = None,
    person: int | None = None,
    since: datetime | None = None,
) -> ShownMessage | None:
    """Return the newest message of the bot in a topic of a chat that shows a search.

    Args:
        connection: To the database.
        chat_id: The chat.
        thread: The topic; None outside topics and in General.
        person: Only messages that this person asked for.
        since: Only messages from this time on.
    """
    by_person, whom = ("", ()) if person is None else (" AND person = ?", (person,))
    row = connection.execute(
        f"{_SELECT_SHOWN} AND coalesce(thread, 0) = ? AND at >= ?{by_person}"
        " ORDER BY abs(message_id) DESC LIMIT 1",
        (chat_id, thread or 0, since.timestamp() if since else 0, *whom),
    ).fetchone()
    return _from_row(row)


PRUNE = (
    OldRows("shown", ("chat_id", "message_id"), "at < :before"),
    OldRows("searches", ("key",), "used < :before"),
    OldRows(
        "search_owners",
        ("key", "user_id"),
        "NOT EXISTS (SELECT 1 FROM searches WHERE searches.key = search_owners.key)",
    ),
)
"""What was not used for long."""

FORGET: tuple[str, ...] = (
    "DELETE FROM searches WHERE (key IN (SELECT key FROM search_owners WHERE user_id = :user_id)"
    " OR key IN (SELECT search FROM shown WHERE chat_id = :user_id)"
    " AND key NOT IN (SELECT search FROM shown WHERE chat_id <> :user_id))"
    " AND key NOT IN (SELECT key FROM search_owners WHERE user_id <> :user_id)",
    "DELETE FROM search_owners WHERE user_id = :user_id",
    "DELETE FROM shown WHERE chat_id = :user_id OR person = :user_id"
    " OR asked IN (SELECT id FROM asked WHERE user_id = :user_id)"
    " OR search <> '' AND search NOT IN (SELECT key FROM searches)",
)
"""Statements that delete a person's searches, unless somebody else has made the same, and the messages that
showed them; bound with `user_id`. The person's questions (`bot.storage.votes`) must still be there."""


def _from_row(row: tuple[Any, ...] | None) -> ShownMessage | None:
    if row is None:
        return None
    chat_id, message_id, question_id, search, rank, article, asked, listed, page, thread, person = row
    return ShownMessage(
        chat_id=chat_id,
        message_id=message_id,
        question_id=question_id,
        search=search,
        offset=rank,
        article=article,
        asked=asked,
        results=tuple(map(_decode_result, listed.split())),
        page=page,
        thread=thread,
        person=person,
    )


def _decode_result(text: str) -> ShownResult:
    article, _, passage = text.rpartition(":")
    return ShownResult(article, int(passage))


def _new_key() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(KEY_LENGTH))


def _encode(search: Search) -> str:
    filters = {name: value for name, value in asdict(search.filters).items() if value}
    body = {"question": search.question[:MAX_QUESTION_CHARS], "order": search.order, "filters": filters}
    if search.topic:
        body["topic"] = search.topic[:MAX_QUESTION_CHARS]
    return json.dumps(body, ensure_ascii=True, sort_keys=True, default=date.isoformat)


def _decode(body: str) -> Search:
    stored: dict[str, Any] = json.loads(body)
    filters = stored["filters"]
    for name in ("since", "until"):
        if name in filters:
            filters[name] = date.fromisoformat(filters[name])
    for name in ("phrases", "excluded"):
        filters[name] = tuple(filters.get(name, ()))
    return Search(stored["question"], Filters(**filters), Order(stored["order"]), stored.get("topic", ""))
