"""Subscriptions: searches whose new results a chat is sent, when they are due, and what was delivered.

Two things keep an article from being delivered twice: the cursor of each subscription (the number of the last
article it has considered, see `Corpus.added_after`) and the list of articles that a chat was sent. Both are
written before a message is sent. So a crash may lose a delivery and never repeats one.

The functions take a connection to the bot's database; writing ones belong inside a transaction.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from bot.storage.chats import QuietHours
from bot.storage.connections import Connection
from bot.storage.pruning import OldRows
from corpus.models import Filters

MAX_PER_CHAT = 50
"""Maximum number of subscriptions of a chat."""

DEFAULT_HOUR = 8
"""Local hour of a digest if none was chosen."""

CLOCK_ERROR = timedelta(days=1)
"""A last run that lies further in the future was recorded by a clock that has been set back since."""


class Mode(StrEnum):
    """When new articles are delivered."""

    AT_ONCE = "at_once"
    DAILY = "daily"


class TooManySubscriptionsError(Exception):
    """The chat has `MAX_PER_CHAT` subscriptions."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A search whose new results a chat is sent.

    Attributes:
        thread_id: Forum topic that it was made in, or None.
        question: Words as typed, filter syntax included; empty if there are only filters.
        hour: Local hour of the digest, 0 to 23; kept while the mode is AT_ONCE.
        user_id: Who subscribed; None: they asked to be forgotten.
        language: Locale of its messages if the chat chose none.
        cursor: Number of the last article that was considered.
        last_run: When it was last delivered, or found nothing new.
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
    """Return the latest time, not after `now`, at which a digest of that hour is due; aware UTC.

    There is one each local day. Where the clock skips the hour (start of summer time) it is when the hour
    would have begun. Where the hour comes twice it is the first.
    """
    today = now.astimezone(zone).date()
    slots = (_slot(today - timedelta(days=days), hour, zone) for days in range(3))
    return next(slot for slot in slots if slot <= now)


def _slot(day: date, hour: int, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(hour), zone).astimezone(UTC)


def is_due(subscription: Subscription, now: datetime, zone: ZoneInfo, quiet: QuietHours | None) -> bool:
    """Return whether a subscription may be delivered now.

    Nothing is due in quiet hours; what they held back is due when they end. A digest that was missed because
    the bot was down is due once, as soon as it is up. Zone and quiet hours are the chat's.
    """
    if quiet is not None and quiet.include(now.astimezone(zone)):
        return False
    if subscription.mode is Mode.AT_ONCE:
        return True
    if subscription.last_run > now + CLOCK_ERROR:
        return True
    return subscription.last_run < last_slot(now, subscription.hour, zone)


def create_tables(connection: Connection) -> None:
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
    connection: Connection,
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
    """Store a subscription. One that the chat already has for the same search is returned unchanged.

    Args:
        cursor: `Corpus.last_number()`: articles that are in the archive already are not new.

    Raises:
        TooManySubscriptionsError: The chat has `MAX_PER_CHAT` of them.
    """
    existing = find(connection, chat_id, thread_id, question=question, filters=filters)
    if existing is not None:
        return existing
    key = _key(chat_id, thread_id, question, filters)
    (count,) = connection.execute(
        "SELECT count(*) FROM subscriptions WHERE chat_id = ?", (chat_id,)
    ).fetchone()
    if count >= MAX_PER_CHAT:
        raise TooManySubscriptionsError(f"chat {chat_id} has {count} subscriptions")
    row = connection.execute(
        "INSERT INTO subscriptions"
        " (chat_id, thread_id, question, filters, mode, hour, user_id, language, cursor, last_run)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " RETURNING id",
        (*key, mode.value, hour, user_id, language, cursor, _seconds(now)),
    ).fetchone()
    return _from_row(connection.execute(_SELECT + " WHERE id = ?", row).fetchone())


def find(
    connection: Connection, chat_id: int, thread_id: int | None, *, question: str, filters: Filters
) -> Subscription | None:
    """Return the subscription that a chat already has for a search, or None."""
    row = connection.execute(
        _SELECT + " WHERE (chat_id, thread_id, question, filters) = (?, ?, ?, ?)",
        _key(chat_id, thread_id, question, filters),
    ).fetchone()
    return None if row is None else _from_row(row)


def _key(chat_id: int, thread_id: int | None, question: str, filters: Filters) -> tuple[int, int, str, str]:
    """Return the unique key of a subscription."""
    return chat_id, thread_id or 0, " ".join(question.split()), _dump(filters)


def get(connection: Connection, chat_id: int, subscription_id: int) -> Subscription | None:
    """Return one of a chat's own subscriptions, or None."""
    row = connection.execute(
        _SELECT + " WHERE id = ? AND chat_id = ?",
        (subscription_id, chat_id),
    ).fetchone()
    return None if row is None else _from_row(row)


def for_chat(connection: Connection, chat_id: int) -> tuple[Subscription, ...]:
    """Return a chat's subscriptions, oldest first."""
    rows = connection.execute(
        _SELECT + " WHERE chat_id = ? ORDER BY id",
        (chat_id,),
    )
    return tuple(_from_row(row) for row in rows)


def waiting(connection: Connection, last_number: int) -> tuple[Subscription, ...]:
    """Return the subscriptions that have not considered every article up to `last_number`.

    Those of one chat and topic stand together.
    """
    rows = connection.execute(
        _SELECT + " WHERE cursor < ? ORDER BY chat_id, thread_id, id",
        (last_number,),
    )
    return tuple(_from_row(row) for row in rows)


def set_time(
    connection: Connection,
    chat_id: int,
    subscription_id: int,
    *,
    mode: Mode,
    hour: int | None,
    now: datetime,
) -> Subscription | None:
    """Change when one of a chat's subscriptions is delivered; None: it does not exist any more.

    Args:
        hour: None: the hour stays. A digest that is chosen after its hour starts tomorrow.
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


def remove(connection: Connection, chat_id: int, subscription_id: int) -> bool:
    """Delete one of a chat's subscriptions; return False if it did not exist any more.

    With the last one of a chat or topic the list of its deliveries is deleted.
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


def drop_chat(connection: Connection, chat_id: int, thread_id: int | None = None) -> int:
    """Delete all subscriptions of a chat, or of one of its topics, that cannot be written to any more.

    Returns:
        How many were deleted.
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
    "DELETE FROM subscriptions WHERE chat_id = :user_id",  # the id of a private chat is that of its person
    "DELETE FROM deliveries WHERE chat_id = :user_id",
    "UPDATE subscriptions SET user_id = NULL WHERE user_id = :user_id",
)
"""Statements that delete a person's subscriptions, and their id from those they made for a group."""


def claim(
    connection: Connection, due: Iterable[Subscription], *, cursor: int, now: datetime
) -> tuple[Subscription, ...]:
    """Record that subscriptions have considered every article up to `cursor`; to be called before sending.

    Returns:
        The subscriptions that were unchanged until now. The others were deleted, delivered or moved with
        their chat meanwhile, and must not be delivered.
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
    connection: Connection,
    chat_id: int,
    thread_id: int | None,
    article_ids: Sequence[str],
    *,
    now: datetime,
) -> None:
    """Record that a chat was sent these articles."""
    connection.executemany(
        "INSERT INTO deliveries (chat_id, thread_id, article_id, delivered) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        [(chat_id, thread_id or 0, article_id, _seconds(now)) for article_id in article_ids],
    )


def release(
    connection: Connection,
    before: Iterable[Subscription],
    article_ids: Sequence[str],
) -> None:
    """Undo `claim` and `mark_delivered` for a message that certainly was not sent.

    Args:
        before: The subscriptions as they were before, all of one chat and topic.
    """
    for subscription in before:
        connection.execute(
            "UPDATE subscriptions SET cursor = CASE WHEN cursor > :cursor THEN :cursor ELSE cursor END,"
            " last_run = CASE WHEN last_run > :last_run THEN :last_run ELSE last_run END WHERE id = :id",
            {
                "cursor": subscription.cursor,
                "last_run": _seconds(subscription.last_run),
                "id": subscription.id,
            },
        )
        connection.executemany(
            "DELETE FROM deliveries WHERE chat_id = ? AND thread_id = ? AND article_id = ?",
            [(subscription.chat_id, subscription.thread_id or 0, article_id) for article_id in article_ids],
        )


def has_stale_cursor(connection: Connection, settled: int, last_number: int) -> bool:
    """Return whether a cursor belongs to a former database: the archive was indexed from nothing since.

    Args:
        settled: Number of the last article of the database's first index run; 0: unknown.
        last_number: Number of the newest article.
    """
    row = connection.execute(
        "SELECT 1 FROM subscriptions WHERE cursor > ? OR cursor < ? LIMIT 1", (last_number, settled)
    ).fetchone()
    return row is not None


def reset_stale_cursors(connection: Connection, settled: int, last_number: int) -> None:
    """Reset cursors of a former database to the last article of this one's first index run.

    Articles up to that one are not news. If `settled` is 0, cursors are set to the newest article. Arguments
    as for `has_stale_cursor`.
    """
    connection.execute(
        "UPDATE subscriptions SET cursor = :start WHERE cursor > :last OR cursor < :settled",
        {"start": settled or last_number, "settled": settled, "last": last_number},
    )


def delivered(
    connection: Connection, chat_id: int, thread_id: int | None, *, limit: int = 500
) -> tuple[str, ...]:
    """Return the ids of the last articles that a chat was sent, oldest first."""
    rows = connection.execute(
        "SELECT article_id FROM deliveries WHERE chat_id = ? AND thread_id = ?"
        " ORDER BY delivered DESC, article_id LIMIT ?",
        (chat_id, thread_id or 0, limit),
    ).fetchall()
    return tuple(article_id for (article_id,) in reversed(rows))


PRUNE = (OldRows("deliveries", ("chat_id", "thread_id", "article_id"), "delivered < :before"),)
"""Old deliveries."""


_SELECT = (
    "SELECT id, chat_id, thread_id, question, filters, mode, hour, user_id, language, cursor, last_run"
    " FROM subscriptions"
)


def _from_row(row: tuple[Any, ...]) -> Subscription:
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
    """Write filters as JSON; equal filters give equal text."""
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
