"""Stopping: signals, the deadline of a stop, and the ways out of the process."""

import asyncio
import contextlib
import logging
import os
import signal
import threading
import time
from collections.abc import Coroutine, Iterator
from typing import Any, NoReturn

from bot.process.systemd import notify
from bot.process.watchdog import Watchdog

logger = logging.getLogger(__name__)

STOP_SECONDS = 9.0
"""A stop that takes longer is cut short. What is stored stays; the next start resumes it."""

WATCHDOG_SECONDS = 9.6
"""This long after a stop was asked for the watchdog ends the process, whatever it does."""


class Shutdown:
    """The stop of the bot: requested by a signal or a failure, and over within STOP_SECONDS.

    Attributes:
        exit_code: Exit code of the process.
    """

    def __init__(self, dog: Watchdog) -> None:
        self._dog = dog
        self._requested = asyncio.Event()
        self._deadline = float("inf")
        self.exit_code = 0

    def fail(self) -> None:
        """Request a stop after which a supervisor starts the bot again."""
        self.exit_code = 1
        self._requested.set()

    def begin(self) -> None:
        """Begin the stop: from now on the process ends within STOP_SECONDS."""
        self._requested.set()
        if self._deadline < float("inf"):
            return
        self._deadline = time.monotonic() + STOP_SECONDS
        notify("STOPPING=1")
        self._dog.end_within(WATCHDOG_SECONDS)
        timer = threading.Timer(STOP_SECONDS, self._cut_short)
        timer.daemon = True
        timer.start()

    def seconds_left(self) -> float:
        """Return how many seconds of the stop are left."""
        return max(0.0, self._deadline - time.monotonic())

    async def wait(self) -> None:
        """Wait until a stop is requested."""
        await self._requested.wait()

    async def run_until_requested(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine; a stop that is requested before its end cancels it."""
        task = asyncio.create_task(work)
        stop = asyncio.create_task(self._requested.wait())
        await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if not task.done():
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    @contextlib.contextmanager
    def signals(self, descriptor: int) -> Iterator[None]:
        """Begin the stop at SIGTERM or SIGINT; a second SIGINT ends the process at once.

        Args:
            descriptor: Each signal's number is written to it, even while the event loop hangs.
        """
        loop = asyncio.get_running_loop()

        def on_signal(number: int, _: object) -> None:
            if self._requested.is_set() and number == signal.SIGINT:
                os._exit(130)
            loop.call_soon_threadsafe(self.begin)

        numbers = (signal.SIGTERM, signal.SIGINT)
        before = [(number, signal.signal(number, on_signal)) for number in numbers]
        descriptor_before = signal.set_wakeup_fd(descriptor, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(descriptor_before)
            for number, handler in before:
                signal.signal(number, handler)

    def _cut_short(self) -> None:
        logger.warning("stopping takes too long, ended: what is not finished is resumed at the next start")
        exit_now(self.exit_code)


def exit_on_early_signal(*_: object) -> NoReturn:
    """Handle SIGTERM while the event loop does not run.

    Raises:
        SystemExit: Always.
    """
    raise SystemExit(0)


def exit_now(code: int) -> NoReturn:
    """End the process without waiting for anything."""
    logging.shutdown()
    os._exit(code)
