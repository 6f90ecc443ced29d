"""How fast Telegram takes messages: sliding windows and their figures."""

from collections import deque
from dataclasses import dataclass

_ROUNDING = 1e-6
"""Seconds: whoever waited as long as was said is let through, whatever the sum of two numbers rounds to."""


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `most` messages in any `seconds`."""

    most: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Pace:
    """The limits that are kept.

    Telegram's FAQ names about 1 a second into a chat with short bursts, 20 a minute into a group and
    30 a second overall. All are kept with a margin: what leaves here evenly may arrive in a bunch.
    """

    chat: Rate = Rate(3, 3.2)
    group: Rate = Rate(19, 61.0)
    overall: Rate = Rate(26, 1.0)
    bulk: Rate = Rate(15, 1.0)


UNPACED = Pace(*(Rate(1_000_000, 1.0) for _ in range(4)))
"""For servers of one's own and for measurements."""


class Window:
    """A sliding window over moments of a monotonic clock."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._taken: deque[float] = deque()

    def wait(self, now: float) -> float:
        """Seconds until the next one may be taken; 0: now.

        >>> window = Window(Rate(most=2, seconds=10))
        >>> window.take(0.0), window.take(4.0), window.wait(5.0), window.wait(10.0)
        (None, None, 5.0, 0.0)
        """
        while self._taken and self._taken[0] <= now - self._rate.seconds + _ROUNDING:
            self._taken.popleft()
        if len(self._taken) < self._rate.most:
            return 0.0
        return self._taken[0] + self._rate.seconds - now

    def take(self, now: float) -> None:
        """Count one."""
        self._taken.append(now)

    def idle(self, now: float) -> bool:
        """Say whether nothing was taken within the window."""
        return not self._taken or self._taken[-1] <= now - self._rate.seconds
