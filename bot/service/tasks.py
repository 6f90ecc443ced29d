"""Background tasks of the running bot: started again after a failure, or the reason to stop it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

logger = logging.getLogger(__name__)

RESTART_SECONDS = 10.0
"""Pause before a failed task is started again."""


class BackgroundTasks:
    """Tasks that run beside answering.

    Args:
        on_failure: Called when a task ends with an error that nothing has caught.
    """

    def __init__(self, on_failure: Callable[[], None]) -> None:
        self._on_failure = on_failure
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, Any], name: str) -> None:
        """Run a coroutine; its failure stops the bot."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._on_done)

    def start_restarting(self, work: Callable[[], Awaitable[None]], name: str) -> None:
        """Run a function; after a failure it is called again, RESTART_SECONDS later."""
        self.start(_restarting(work), name)

    def cancel(self) -> frozenset[asyncio.Task[Any]]:
        """Cancel all tasks, and return them to be waited for."""
        tasks = frozenset(self._tasks)
        for task in tasks:
            task.cancel()
        return tasks

    def _on_done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.critical("%s ended", task.get_name(), exc_info=error)
            self._on_failure()


async def _restarting(work: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            return await work()
        except Exception:
            logger.exception("starting again: %s", getattr(work, "__qualname__", work))
            await asyncio.sleep(RESTART_SECONDS)
