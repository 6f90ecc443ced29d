"""Telegram's clock, as far as the bot can know it: by it the age of a question is told.

The `Date` of each answer of the Bot API says what time it is there. From then on the monotonic clock counts,
so that neither a wrong clock of this machine nor one that is set while the bot runs makes a question old.
"""

import statistics
import time
from collections import deque
from collections.abc import Callable
from email.utils import parsedate_to_datetime

MAX_OFF_SECONDS = 60.0
"""A machine whose clock is further off is told of."""

QUICK_SECONDS = 5.0
"""An answer that took longer may have been dated long before it arrived."""

REMEASURE_SECONDS = 120.0
"""A slow answer counts too where no quick one came for so long."""

SAMPLES = 5


class Clock:
    """The time at Telegram, in seconds since the epoch.

    Args:
        wall: This machine's clock, used until Telegram's was heard.
        monotonic: A clock that nobody sets.
    """

    def __init__(
        self, *, wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._samples: deque[float] = deque(maxlen=SAMPLES)
        self._measured = float("-inf")
        self._base: float | None = None

    def now(self) -> float:
        """The time at Telegram; this machine's where nothing was measured yet."""
        return self._wall() if self._base is None else self._base + self._monotonic()

    def heard(self, date: str | None, *, seconds: float = 0.0) -> None:
        """An answer of Telegram came, with this `Date`; it took so many seconds. Nonsense is passed over."""
        now = self._monotonic()
        if seconds > QUICK_SECONDS and now - self._measured < REMEASURE_SECONDS:
            return
        try:
            moment = parsedate_to_datetime(date or "").timestamp()
        except (TypeError, ValueError, OverflowError, OSError):
            return
        self._measured = now
        self._samples.append(moment - now)
        # One answer may be dated by a gateway with a clock of its own.
        self._base = statistics.median_low(self._samples)

    def not_before(self, sent: float) -> None:
        """Something was written at `sent` by Telegram's clock: it cannot be earlier there now."""
        if self._base is None and sent > self._wall():
            self._samples.append(sent - self._monotonic())
            self._base = self._samples[-1]

    @property
    def offset(self) -> float:
        """How many seconds this machine's clock is ahead of Telegram's; negative: behind."""
        return self._wall() - self.now()

    @property
    def problem(self) -> str | None:
        """What is wrong with this machine's clock, for an operator."""
        offset = self.offset
        if abs(offset) <= MAX_OFF_SECONDS:
            return None
        return (
            f"this machine's clock is {abs(offset):.0f} s {'ahead of' if offset > 0 else 'behind'} "
            "Telegram's: switch on time synchronisation"
        )
