"""When a feed is fetched next: pure."""

import hashlib
from datetime import datetime, timedelta
from typing import Final

MIN_SECONDS: Final = 15 * 60.0
MAX_SECONDS: Final = 12 * 3_600.0
"""Bounds of the interval that follows from how often a feed publishes."""

MAX_WAIT_SECONDS: Final = 86_400.0
"""Longest wait after failures, and of what a server asks for."""

MAX_EVERY_SECONDS: Final = 7 * 86_400.0
"""Longest interval that an operator may set."""

SPREAD: Final = 0.1
RESUME_SECONDS: Final = 600.0
"""After an outage the feeds that are due are fetched over so many seconds."""


def next_seconds(
    url: str,
    *,
    default_minutes: float,
    every_minutes: float = 0,
    gap_seconds: float = 0,
    asked_seconds: float = 0,
    fails: int = 0,
) -> float:
    """Return how many seconds to wait before a feed is fetched again.

    Args:
        url: Its address; feeds of one interval are spread by it.
        default_minutes: Interval of feeds that do not tell how often they publish.
        every_minutes: Interval that the operator set; 0: none.
        gap_seconds: Median time between its entries; 0: unknown.
        asked_seconds: How long feed and server ask to be left alone.
        fails: Failures in a row; each doubles the wait.
    """
    if every_minutes:
        wait = min(every_minutes * 60, MAX_EVERY_SECONDS)
    elif gap_seconds:
        wait = min(max(gap_seconds / 4, MIN_SECONDS), MAX_SECONDS)
    else:
        wait = default_minutes * 60
    if fails:
        wait = max(min(wait * 2.0 ** min(fails, 20), MAX_WAIT_SECONDS), min(wait, MAX_WAIT_SECONDS))
    asked = min(asked_seconds, MAX_WAIT_SECONDS)
    spread = wait * (1 - SPREAD + 2 * SPREAD * share(url))
    # Never before the time that was asked for, and not all at its end.
    return max(spread, asked * (1 + SPREAD * share(url)))


def share(url: str) -> float:
    """Return a number from 0 to 1 that an address always has."""
    return int.from_bytes(hashlib.sha256(url.encode("utf-8", "replace")).digest()[:4], "big") / 0xFFFFFFFF


def is_due(
    url: str,
    now: datetime,
    *,
    next_at: datetime | None,
    tried_at: datetime | None,
    resumed: datetime | None = None,
) -> bool:
    """Return whether a feed is to be fetched.

    Args:
        url: Its address.
        now: The time.
        next_at: When it was to be fetched next; None: at once.
        tried_at: When it was fetched last; None: never.
        resumed: When fetching began again after an outage; None: it was never interrupted.
    """
    if tried_at is None or next_at is None:
        return True
    if tried_at > now + timedelta(minutes=1):  # the clock was set back
        return True
    if resumed is not None and next_at < resumed:
        next_at = resumed + timedelta(seconds=RESUME_SECONDS * share(url))
    return next_at <= now
