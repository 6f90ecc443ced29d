"""What became of updates, written down: several at a time, and again until it is done."""

import asyncio
import logging

from bot.inbox.store import InboxStore, StorageError
from bot.inbox.update import Outcome
from bot.metrics import Metrics

logger = logging.getLogger(__name__)

SOON_SECONDS = 0.05
AGAIN_SECONDS = 2.0
"""So long marks wait for others to be written with, and after a failure."""


class Trouble:
    """Whether updates can be stored at the moment, told to the operator when that changes."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self.reason: str | None = None

    def note(self, reason: str) -> None:
        """Something could not be stored."""
        if self.reason is None:
            logger.critical(
                "updates cannot be stored: %s. Answering goes on; whatever is in hand when the bot ends "
                "may be answered twice or not at all.",
                reason,
            )
            self.reason = reason
        self._metrics.state_degraded.set(1)

    def clear(self) -> None:
        """Something was stored."""
        if self.reason is not None:
            logger.warning("updates are stored again")
        self.reason = None
        self._metrics.state_degraded.set(0)


class Marks:
    """Notes what became of each update.

    Args:
        stopping: Set when the bot ends: from then on marks are only written by `close`.
    """

    def __init__(
        self, store: InboxStore, metrics: Metrics, trouble: Trouble, *, stopping: asyncio.Event
    ) -> None:
        self._store = store
        self._metrics = metrics
        self._trouble = trouble
        self._stopping = stopping
        self._unwritten: list[tuple[int, str]] = []
        self._writing: asyncio.Task[None] | None = None

    def conclude(self, update_id: int, kind: str, outcome: Outcome, *, saved: bool) -> None:
        """Count what became of an update, and note it soon."""
        self._metrics.observe_update(kind, outcome)
        if saved:
            self.note_soon(update_id, outcome)

    def note_soon(self, update_id: int, outcome: Outcome) -> None:
        """Note what became of an update, in a moment."""
        self._unwritten.append((update_id, outcome))
        self._schedule(SOON_SECONDS)

    async def note(self, update_id: int, outcome: Outcome) -> None:
        """Note what became of an update before anything else is done."""
        self._unwritten.append((update_id, outcome))
        await self._write()

    async def close(self) -> None:
        """Write what is not written yet."""
        if self._writing:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)
        if self._unwritten:
            await self._write()

    async def _write(self) -> None:
        marks, self._unwritten = self._unwritten, []
        try:
            await self._store.finish(marks)
        except StorageError as error:
            self._unwritten = marks + self._unwritten
            self._trouble.note(str(error))
            self._schedule(AGAIN_SECONDS)
        except asyncio.CancelledError:
            # Whether they are written is not known. Writing them twice harms nothing.
            self._unwritten = marks + self._unwritten
            raise

    def _schedule(self, seconds: float) -> None:
        if (self._writing is None or self._writing.done()) and not self._stopping.is_set():
            self._writing = asyncio.create_task(self._write_later(seconds))

    async def _write_later(self, seconds: float) -> None:
        while self._unwritten:
            await asyncio.sleep(seconds)
            await self._write()
            seconds = AGAIN_SECONDS
