"""Telegram's clock, estimated from its responses; the age of a question is measured by it.

The `Date` header of each response of the Bot API says what time it is at Telegram. Between responses the
monotonic clock counts. So neither a wrong clock of this machine nor one that is set while the bot runs makes
a question seem old.
"""

import statistics
import time
from collections import deque
from collections.abc import Callable
from email.utils import parsedate_to_datetime

MAX_OFFSET_SECONDS = 60.0
"""An offset of this machine's clock beyond this is a problem."""

QUICK_SECONDS = 5.0
"""A response that took longer may have been dated long before it arrived."""

REMEASURE_SECONDS = 120.0
"""A slow response counts too if no quick one came for this long."""

SAMPLES = 5
"""How many responses the estimate is made from."""


class Clock:
    """The time at Telegram, in seconds since the epoch.

    Args:
        wall: This machine's clock; used until the first response.
        monotonic: A clock that nobody sets.
    """

    def __init__(
        self, *, wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._samples: deque[float] = deque(maxlen=SAMPLES)
        self._measured_at = float("-inf")
        self._base: float | None = None

    def now(self) -> float:
        """Return the time at Telegram; this machine's time before the first response."""
        return self._wall() if self._base is None else self._base + self._monotonic()

    def observe(self, date: str | None, *, seconds: float = 0.0) -> None:
        """Take the time from a response.

        Args:
            date: Its `Date` header; what is no date is ignored.
            seconds: How long the response took.
        """
        now = self._monotonic()
        if seconds > QUICK_SECONDS and now - self._measured_at < REMEASURE_SECONDS:
            return
        try:
            moment = parsedate_to_datetime(date or "").timestamp()
        except (TypeError, ValueError, OverflowError, OSError):
            return
        self._measured_at = now
        self._samples.append(moment - now)
        # A single response may be dated by a gateway with a clock of its own.
        self._base = statistics.median_low(self._samples)

    @property
    def offset(self) -> float:
        """Seconds by which this machine's clock is ahead of Telegram's; negative: behind."""
        return self._wall() - self.now()

    @property
    def problem(self) -> str | None:
        """What is wrong with this machine's clock, in words for an operator; None: nothing."""
        offset = self.offset
        if abs(offset) <= MAX_OFFSET_SECONDS:
            return None
        return (
            f"this machine's clock is {abs(offset):.0f} s {'ahead of' if offset > 0 else 'behind'} "
            "Telegram's: switch on time synchronisation"
        )
