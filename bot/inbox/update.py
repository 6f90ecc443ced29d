"""An update on its way through the inbox: queued, in flight, and the outcome it ends with."""

import asyncio
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Any

from bot.inbox.envelope import Envelope

Update = dict[str, Any]
"""A raw update as Telegram sent it."""


class Outcome(StrEnum):
    """How an update ended. The values stand in the database and in metrics."""

    ANSWERED = "answered"
    QUIET = "quiet"
    """It was not meant for the bot, or it was handled and there was nothing to say."""
    UNCHANGED = "unchanged"
    """An edit that changed no word."""
    LIMITED = "limited"
    """Its sender or its group was over the rate limit."""
    STALE = "stale"
    """It was too old to be answered."""
    EXPIRED = "expired"
    """A press or an inline query that nobody waits for any more."""
    JOINED = "joined"
    """It was handled together with the update before it, as one message."""
    SUPERSEDED = "superseded"
    """An inline query whose author has typed on."""
    UNREACHABLE = "unreachable"
    """Its sender has blocked the bot or removed it from the chat."""
    FAILED = "failed"
    POISON = "poison"
    """It could not be read, or the bot crashed each time it was handled."""
    HUNG = "hung"
    """The event loop hung while it was handled."""


class Notice(Enum):
    """Why there is no answer; the value is the locale key of the message."""

    SLOW_DOWN = "limits.slow_down"
    GROUP_SLOW_DOWN = "limits.group_slow_down"
    STALE = "limits.stale"
    FAILED = "errors.private"


class BacklogFullError(Exception):
    """The backlog is full: the inbox accepts no more updates for now."""


class PoisonError(Exception):
    """The update cannot be read."""


@dataclass(slots=True, eq=False, kw_only=True)
class QueuedUpdate:
    """An update that was accepted and is not finished.

    Attributes:
        queue: Key of the queue it waits in; see `Envelope.queue`.
        queued_at: When it was queued, by the monotonic clock.
        raw: The update itself. None: it is read from the database when its turn comes.
        sent_at: When its sender wrote it, as far as is known; seconds since the epoch.
        is_question: Whether its sender waits for an answer, as far as is known without reading it.
        stored: Whether it is in the database.
        attempts: How often handling it was begun, as far as the database has told.
        hangs: How often the event loop hung while it was in flight.
        replayed: Whether an earlier run of the bot left it unfinished.
        parts: Later updates that are handled together with it, as one message.
        done: Set when nothing more will be done about it.
    """

    update_id: int
    queue: str
    queued_at: float
    raw: Update | None = None
    sent_at: float = 0.0
    is_question: bool = False
    stored: bool = True
    attempts: int = 0
    hangs: int = 0
    replayed: bool = False
    parts: list["QueuedUpdate"] = field(default_factory=list)
    done: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True, eq=False)
class InFlight:
    """An update that is being handled.

    Attributes:
        raw: The update as its handlers get it.
        answered: Whether something was said to somebody while it was handled.
        error: What the last attempt to handle it failed with.
    """

    queued: QueuedUpdate
    envelope: Envelope
    raw: Update
    answered: bool = False
    error: BaseException | None = None


current_update: ContextVar[InFlight | None] = ContextVar("current_update", default=None)
"""The update that the running task handles; None in tasks that handle none."""
