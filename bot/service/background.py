"""Long work in a thread: it leaves room for answers, and ends soon when the bot stops."""

import time
from collections.abc import Callable

SLICE_SECONDS = 0.02
"""How long work may run without a rest: Python runs one thread at a time, so answers wait meanwhile."""


class StoppedError(Exception):
    """The bot is stopping: the work is abandoned."""


class Pause:
    """A throttle that long work calls again and again. It sleeps as long as was worked.

    One throttle serves work whose pieces run one after the other, in any threads.

    Args:
        is_stopped: Whether the bot is stopping.
    """

    def __init__(self, is_stopped: Callable[[], bool]) -> None:
        self._is_stopped = is_stopped
        self._started_at = time.monotonic()

    def begin(self) -> None:
        """Begin a new piece of work.

        Raises:
            StoppedError: The bot is stopping.
        """
        if self._is_stopped():
            raise StoppedError
        self._started_at = time.monotonic()

    def __call__(self) -> None:
        """Sleep if the work has run for SLICE_SECONDS.

        Raises:
            StoppedError: The bot is stopping.
        """
        worked = time.monotonic() - self._started_at
        if worked >= SLICE_SECONDS:
            time.sleep(min(worked, 5 * SLICE_SECONDS))
            self.begin()
