"""Who wants to hear of which new articles, when they are due, and what was already delivered.

Two things keep an article from being delivered twice: each subscription's cursor (the number of the
last article it has considered, see `Corpus.added_after`) and the list of what a chat was sent. Both
move before a message leaves, so a crash may skip a delivery and never repeats one.

The functions take a connection to `bot.sqlite3`; writing ones belong inside a transaction.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from bot.storage.chats import QuietHours
from corpus.models import Filters

MOST_PER_CHAT = 50
"""More would make a pushed message a newspaper, and a hostile group a burden."""

DEFAULT_HOUR = 8
"""Local hour of a digest where none was chosen."""

CLOCK_ERROR = timedelta(days=1)
"""A last run this far ahead was noted by a clock that has been set back since."""


class Mode(StrEnum):
    """When new articles are delivered."""

    AT_ONCE = "at_once"
    DAILY = "daily"


class TooManySubscriptionsError(Exception):
    """The chat has as many subscriptions as it may have (`MOST_PER_CHAT`)."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A search whose new results a chat is told of.

    Attributes:
        thread_id: The forum topic that asked for it, or None.
        question: Words as typed, short syntax included; empty when the filters say it all.
        hour: Local hour of the digest, 0..23; kept while the mode is AT_ONCE.
        user_id: Who subscribed, or None after they asked to be forgotten.
        language: Locale to write in where the chat chose none.
        cursor: Number of the last article that was considered.
        last_run: When it was last delivered, or considered and nothing was new.
    """

    id: int
    chat_id: int
    thread_id: int | None
    question: str
    filters: Filters
    mode: Mode
    hour: int
    user_id: int | None
    language: str
    cursor: int
    last_run: datetime


def last_slot(now: datetime, hour: int, zone: ZoneInfo) -> datetime:
    """Return the latest moment, not after `now`, at which a digest of that hour falls due.

    There is one a local day. Where the clock skips the hour (start of summer time) it is the moment
    the hour would have begun; where the hour comes twice, its first. The result is aware UTC.
    """
    today = now.astimezone(zone).date()
    slots = (_slot(today - timedelta(days=days), hour, zone) for days in range(3))
    return next(slot for slot in slots if slot <= now)


def _slot(day: date, hour: int, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(hour), zone).astimezone(UTC)


def is_due(subscription: Subscription, now: datetime, zone: ZoneInfo, quiet: QuietHours | None) -> bool:
    """Say whether a subscription may be delivered now.

    Nothing is due in quiet hours; what they held back is due when they end. A digest missed because
    the bot was down is due as soon as it is up, once. Zone and quiet hours are the chat's.
    """
    if quiet is not None and quiet.cover(now.astimezone(zone)):
        return False
    if subscription.mode is Mode.AT_ONCE:
        return True
    if subscription.last_run > now + CLOCK_ERROR:
        return True
    return subscription.last_run < last_slot(now, subscription.hour, zone)


def create_tables(connection: sqlite3.Connection) -> None:
    """Create the tables of subscriptions and deliveries; for a migration."""
    connection.execute(
        """
        CREATE TABLE subscriptions (
            id INTEGER PRIMARY KEY AUTOINCREMENT, -- never reused: old buttons must not hit a new one
            chat_id INTEGER NOT NULL,
            thread_id INTEGER NOT NULL,           -- 0: no topic
            question TEXT NOT NULL,
            filters TEXT NOT NULL,
            mode TEXT NOT NULL,
            hour INTEGER NOT NULL,
            user_id INTEGER,
            language TEXT NOT NULL,
            cursor INTEGER NOT NULL,
            last_run INTEGER NOT NULL,            -- seconds since 1970
            UNIQUE (chat_id, thread_id, question, filters)
        ) STRICT
        """
    )
    connection.execute(
        """
        CREATE TABLE deliveries (
            chat_id INTEGER NOT NULL,
            thread_id INTEGER NOT NULL,
            article_id TEXT NOT NULL,
            delivered INTEGER NOT NULL,           -- seconds since 1970
            PRIMARY KEY (chat_id, thread_id, article_id)
        ) STRICT, WITHOUT ROWID
        """
    )
    connection.execute("CREATE INDEX deliveries_by_time ON deliveries (delivered)")


def add(
    connection: sqlite3.Connection,
    *,
    chat_id: int,
    thread_id: int | None,
    question: str,
    filters: Filters,
    user_id: int | None,
    language: str,
    cursor: int,
    now: datetime,
    mode: Mode = Mode.AT_ONCE,
    hour: int = DEFAULT_HOUR,
) -> Subscription:
    """Store a subscription; the one the chat already has for the same search is returned as it is.

    `cursor` is `Corpus.last_number()`: what is already in the archive is not news.

    Raises:
        TooManySubscriptionsError: The chat has `MOST_PER_CHAT` of them.
    """
    existing = find(connection, chat_id, thread_id, question, filters)
    if existing is not None:
        return existing
    key = _key(chat_id, thread_id, question, filters)
    (count,) = connection.execute(
        "SELECT count(*) FROM subscriptions WHERE chat_id = ?", (chat_id,)
    ).fetchone()
    if count >= MOST_PER_CHAT:
        raise TooManySubscriptionsError(f"chat {chat_id} has {count} subscriptions")
    row = connection.execute(
        "INSERT INTO subscriptions"
        " (chat_id, thread_id, question, filters, mode, hour, user_id, language, cursor, last_run)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " RETURNING id",
        (*key, mode.value, hour, user_id, language, cursor, _seconds(now)),
    ).fetchone()
    return _read(connection.execute(_SELECT + " WHERE id = ?", row).fetchone())


def find(
    connection: sqlite3.Connection, chat_id: int, thread_id: int | None, question: str, filters: Filters
) -> Subscription | None:
    """Return the subscription that a chat already has for a search, or None."""
    row = connection.execute(
        _SELECT + " WHERE (chat_id, thread_id, question, filters) = (?, ?, ?, ?)",
        _key(chat_id, thread_id, question, filters),
    ).fetchone()
    return None if row is None else _read(row)


def _key(chat_id: int, thread_id: int | None, question: str, filters: Filters) -> tuple[int, int, str, str]:
    """What no two subscriptions have in common."""
    return chat_id, thread_id or 0, " ".join(question.split()), _dump(filters)


def get(connection: sqlite3.Connection, chat_id: int, subscription_id: int) -> Subscription | None:
    """Return one of a chat's own subscriptions, or None."""
    row = connection.execute(
        _SELECT + " WHERE id = ? AND chat_id = ?",
        (subscription_id, chat_id),
    ).fetchone()
    return None if row is None else _read(row)


def of_chat(connection: sqlite3.Connection, chat_id: int) -> tuple[Subscription, ...]:
    """Return a chat's subscriptions, oldest first."""
    rows = connection.execute(
        _SELECT + " WHERE chat_id = ? ORDER BY id",
        (chat_id,),
    )
    return tuple(_read(row) for row in rows)


def waiting(connection: sqlite3.Connection, last_number: int) -> tuple[Subscription, ...]:
    """Return the subscriptions that have not considered every article up to `last_number`.

    Neighbours belong to the same chat and topic.
    """
    rows = connection.execute(
        _SELECT + " WHERE cursor < ? ORDER BY chat_id, thread_id, id",
        (last_number,),
    )
    return tuple(_read(row) for row in rows)


def set_time(
    connection: sqlite3.Connection,
    chat_id: int,
    subscription_id: int,
    *,
    mode: Mode,
    hour: int | None,
    now: datetime,
) -> Subscription | None:
    """Change when a chat's own subscription is delivered; None when it is gone.

    Without `hour` it stays as before. A digest chosen after its hour starts tomorrow.
    """
    subscription = get(connection, chat_id, subscription_id)
    if subscription is None:
        return None
    changed = replace(
        subscription,
        mode=mode,
        hour=subscription.hour if hour is None else hour,
        last_run=datetime.fromtimestamp(_seconds(now), UTC),
    )
    connection.execute(
        "UPDATE subscriptions SET mode = ?, hour = ?, last_run = ? WHERE id = ?",
        (changed.mode.value, changed.hour, _seconds(now), subscription_id),
    )
    return changed


def remove(connection: sqlite3.Connection, chat_id: int, subscription_id: int) -> bool:
    """End one of a chat's own subscriptions; False when it was gone already.

    With the last one of a chat or topic goes what was delivered there.
    """
    ended = connection.execute(
        "DELETE FROM subscriptions WHERE id = ? AND chat_id = ?", (subscription_id, chat_id)
    )
    connection.execute(
        "DELETE FROM deliveries WHERE chat_id = ? AND thread_id NOT IN"
        " (SELECT thread_id FROM subscriptions WHERE chat_id = ?)",
        (chat_id, chat_id),
    )
    return ended.rowcount > 0


def drop_chat(connection: sqlite3.Connection, chat_id: int, thread_id: int | None = None) -> int:
    """End all subscriptions of a chat that can no longer be written to, or of one of its topics.

    Returns:
        How many there were.
    """
    chosen = {"chat": chat_id, "thread": thread_id}
    dropped = connection.execute(
        "DELETE FROM subscriptions WHERE chat_id = :chat AND (:thread IS NULL OR thread_id = :thread)", chosen
    )
    connection.execute(
        "DELETE FROM deliveries WHERE chat_id = :chat AND (:thread IS NULL OR thread_id = :thread)", chosen
    )
    return dropped.rowcount


FORGET: tuple[str, ...] = (
    "DELETE FROM subscriptions WHERE chat_id = :user_id",  # a private chat has the id of its person
    "DELETE FROM deliveries WHERE chat_id = :user_id",
    "UPDATE subscriptions SET user_id = NULL WHERE user_id = :user_id",
)
"""Statements that remove a person's own subscriptions, and their name from those they made for a group."""


def claim(
    connection: sqlite3.Connection, due: Iterable[Subscription], *, cursor: int, now: datetime
) -> tuple[Subscription, ...]:
    """Note that subscriptions have considered every article up to `cursor`, before anything is sent.

    Returns:
        Those that were as given until now. Another one was ended or delivered meanwhile, or moved with
        its chat: it must not be delivered again.
    """
    return tuple(
        subscription
        for subscription in due
        if connection.execute(
            "UPDATE subscriptions SET cursor = ?, last_run = ? WHERE id = ? AND chat_id = ? AND cursor = ?",
            (cursor, _seconds(now), subscription.id, subscription.chat_id, subscription.cursor),
        ).rowcount
    )


def mark_delivered(
    connection: sqlite3.Connection,
    chat_id: int,
    thread_id: int | None,
    article_ids: Sequence[str],
    now: datetime,
) -> None:
    """Note that a chat was sent these articles."""
    connection.executemany(
        "INSERT OR IGNORE INTO deliveries (chat_id, thread_id, article_id, delivered) VALUES (?, ?, ?, ?)",
        [(chat_id, thread_id or 0, article_id, _seconds(now)) for article_id in article_ids],
    )


def take_back(
    connection: sqlite3.Connection,
    before: Iterable[Subscription],
    article_ids: Sequence[str],
) -> None:
    """Undo `claim` and `mark_delivered` for a message that certainly was not sent.

    `before` are the subscriptions as they were, all of one chat and topic.
    """
    for subscription in before:
        connection.execute(
            "UPDATE subscriptions SET cursor = min(cursor, ?), last_run = min(last_run, ?) WHERE id = ?",
            (subscription.cursor, _seconds(subscription.last_run), subscription.id),
        )
        connection.executemany(
            "DELETE FROM deliveries WHERE chat_id = ? AND thread_id = ? AND article_id = ?",
            [(subscription.chat_id, subscription.thread_id or 0, article_id) for article_id in article_ids],
        )


def any_astray(connection: sqlite3.Connection, settled: int, last_number: int) -> bool:
    """Say whether a cursor counts articles of another database: the archive was indexed from nothing.

    Args:
        settled: Articles up to this number were there when the database was made; 0: not known.
        last_number: Of the article that arrived last.
    """
    row = connection.execute(
        "SELECT 1 FROM subscriptions WHERE cursor > ? OR cursor < ? LIMIT 1", (last_number, settled)
    ).fetchone()
    return row is not None


def rewind(connection: sqlite3.Connection, settled: int, last_number: int) -> None:
    """Bring such cursors to where the database stood when it was made: what it had then is not news."""
    connection.execute(
        "UPDATE subscriptions SET cursor = :start WHERE cursor > :last OR cursor < :settled",
        {"start": settled or last_number, "settled": settled, "last": last_number},
    )


def delivered(
    connection: sqlite3.Connection, chat_id: int, thread_id: int | None, *, most: int = 500
) -> tuple[str, ...]:
    """Return the ids of the last articles a chat was sent, at most so many, oldest first."""
    rows = connection.execute(
        "SELECT article_id FROM deliveries WHERE chat_id = ? AND thread_id = ?"
        " ORDER BY delivered DESC, article_id LIMIT ?",
        (chat_id, thread_id or 0, most),
    ).fetchall()
    return tuple(article_id for (article_id,) in reversed(rows))


PRUNE: tuple[str, ...] = ("DELETE FROM deliveries WHERE delivered < :before",)
"""Statements that remove deliveries too old to come again; bound with `before`, seconds since 1970."""


_SELECT = (
    "SELECT id, chat_id, thread_id, question, filters, mode, hour, user_id, language, cursor, last_run"
    " FROM subscriptions"
)


def _read(row: tuple[Any, ...]) -> Subscription:
    number, chat_id, thread_id, question, filters, mode, hour, user_id, language, cursor, last_run = row
    return Subscription(
        id=number,
        chat_id=chat_id,
        thread_id=thread_id or None,
        question=question,
        filters=_load(filters),
        mode=Mode(mode),
        hour=hour,
        user_id=user_id,
        language=language,
        cursor=cursor,
        last_run=datetime.fromtimestamp(last_run, UTC),
    )


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _dump(filters: Filters) -> str:
    """Write filters so that equal ones are equal texts."""
    values = {
        "category": filters.category,
        "author": filters.author,
        "since": filters.since and filters.since.isoformat(),
        "until": filters.until and filters.until.isoformat(),
        "phrases": sorted(filters.phrases),
        "excluded": sorted(filters.excluded),
    }
    kept = {name: value for name, value in values.items() if value}
    return json.dumps(kept, ensure_ascii=False, sort_keys=True)


def _load(text: str) -> Filters:
    values = json.loads(text)
    since, until = values.get("since"), values.get("until")
    return Filters(
        category=values.get("category"),
        author=values.get("author"),
        since=date.fromisoformat(since) if since else None,
        until=date.fromisoformat(until) if until else None,
        phrases=tuple(values.get("phrases", ())),
        excluded=tuple(values.get("excluded", ())),
    )
