"""An update on its way through the inbox: as it waits, as it is in hand, and what becomes of it."""

import asyncio
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Any

from bot.inbox.envelope import Envelope

Update = dict[str, Any]
"""A raw update as Telegram sent it."""


class Outcome(StrEnum):
    """What became of an update."""

    ANSWERED = "answered"
    QUIET = "quiet"
    """Dealt with, and nothing was to be said."""
    LIMITED = "limited"
    STALE = "stale"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    """An inline query after which its person had typed on."""
    UNREACHABLE = "unreachable"
    """Whoever asked has blocked the bot since, or thrown it out."""
    FAILED = "failed"
    POISON = "poison"
    HUNG = "hung"
    """The event loop stopped turning while it was dealt with."""


class Notice(Enum):
    """What people are told who get no answer."""

    SLOW_DOWN = "limits.slow_down"
    GROUP_SLOW_DOWN = "limits.group_slow_down"
    STALE = "limits.stale"
    FAILED = "errors.private"


class FullError(Exception):
    """So much waits that nothing more is taken in."""


class PoisonError(Exception):
    """An update that cannot be read."""


@dataclass(slots=True, eq=False)
class Waiting:
    """An update that was taken in and is not dealt with yet.

    Attributes:
        arrived: When it was taken in, by the monotonic clock.
        update: The update itself where it is kept in memory; else it is read from the database.
        asked: When its person wrote it, as far as is known; seconds since the epoch.
        saved: Whether it is in the database.
        attempts: How often it was begun before this life of the bot.
        hangs: How often the bot hung while it was in hand.
        replayed: It was left behind by an earlier life of the bot.
        done: Set when nothing more is done about it.
    """

    update_id: int
    lane: str
    arrived: float
    update: Update | None = None
    asked: float = 0.0
    saved: bool = True
    attempts: int = 0
    hangs: int = 0
    replayed: bool = False
    done: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True, eq=False)
class Hand:
    """An update that is being dealt with."""

    envelope: Envelope
    arrived: float
    saved: bool = True
    answered: bool = False
    error: BaseException | None = None


in_hand: ContextVar[Hand | None] = ContextVar("update_in_hand", default=None)
"""The update that the running task deals with."""
