"""Rate limits of sending, as sliding windows."""

from collections import deque
from dataclasses import dataclass

_ROUNDING = 1e-6
"""Tolerance in seconds: after the wait that `Window.wait` returned, rounding must not demand another."""


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `limit` messages in any `seconds`."""

    limit: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Pace:
    """The rate limits of sending.

    Telegram's FAQ allows about 1 message a second into a chat with short bursts, 20 a minute into a group
    and 30 a second overall. All limits keep a margin: messages that leave evenly may arrive bunched.

    Attributes:
        chat: Messages into one chat.
        group: Messages into one group, besides `chat`.
        overall: All messages.
        bulk: Messages that nobody waits for, such as digests.
    """

    chat: Rate = Rate(3, 3.2)
    group: Rate = Rate(19, 61.0)
    overall: Rate = Rate(26, 1.0)
    bulk: Rate = Rate(15, 1.0)


UNPACED = Pace(*(Rate(1_000_000, 1.0) for _ in range(4)))
"""No limits: for a Bot API server of one's own and for measurements."""


class Window:
    """A sliding window over times of a monotonic clock."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._taken: deque[float] = deque()

    def wait(self, now: float) -> float:
        """Return the seconds until one more message may be sent; 0: now.

        >>> window = Window(Rate(limit=2, seconds=10))
        >>> window.take(0.0), window.take(4.0), window.wait(5.0), window.wait(10.0)
        (None, None, 5.0, 0.0)
        """
        while self._taken and self._taken[0] <= now - self._rate.seconds + _ROUNDING:
            self._taken.popleft()
        if len(self._taken) < self._rate.limit:
            return 0.0
        return self._taken[0] + self._rate.seconds - now

    def take(self, now: float) -> None:
        """Count a message."""
        self._taken.append(now)

    def is_idle(self, now: float) -> bool:
        """Return whether no message was counted within the window."""
        return not self._taken or self._taken[-1] <= now - self._rate.seconds
