"""Work in a thread that leaves room for answers, and ends soon when the bot is stopped."""

import time
from collections.abc import Callable

SLICE_SECONDS = 0.02
"""Python runs one thread at a time: so long answers may wait for a piece of work."""


class StoppedError(Exception):
    """The bot is being stopped: the work is given up where it is."""


class Pause:
    """Called again and again by long work: rests as long as was worked, and ends it when the bot stops.

    For work that runs one piece after the other, in whatever thread.
    """

    def __init__(self, is_stopped: Callable[[], bool]) -> None:
        self._is_stopped = is_stopped
        self._since = time.monotonic()

    def begin(self) -> None:
        """A new piece of work begins.

        Raises:
            StoppedError: The bot is being stopped.
        """
        if self._is_stopped():
            raise StoppedError
        self._since = time.monotonic()

    def __call__(self) -> None:
        """Rest if it is time to.

        Raises:
            StoppedError: The bot is being stopped.
        """
        worked = time.monotonic() - self._since
        if worked >= SLICE_SECONDS:
            time.sleep(min(worked, 5 * SLICE_SECONDS))
            self.begin()
