"""Acknowledgements: the outcome of each update, written to the database in batches until it succeeds."""

import asyncio
import logging

from bot.inbox.store import STORAGE_ERRORS, InboxStore
from bot.inbox.update import Outcome, QueuedUpdate
from bot.metrics import Metrics

logger = logging.getLogger(__name__)

BATCH_SECONDS = 0.05
"""How long an acknowledgement waits for others, to be written in one transaction with them."""

RETRY_SECONDS = 2.0
"""Pause after a failed write."""


class StorageHealth:
    """Whether updates can be stored at the moment. Every change is logged and shown in the metrics.

    Attributes:
        problem: Why updates cannot be stored; None: they can.
    """

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self.problem: str | None = None

    def report_failure(self, reason: str) -> None:
        """Note that something could not be stored."""
        if self.problem is None:
            logger.critical(
                "updates cannot be stored: %s. Answering goes on; updates in flight when the bot ends "
                "may be answered twice or not at all.",
                reason,
            )
            self.problem = reason
        self._metrics.state_degraded.set(1)

    def report_success(self) -> None:
        """Note that something was stored."""
        if self.problem is not None:
            logger.warning("updates are stored again")
        self.problem = None
        self._metrics.state_degraded.set(0)


class AckWriter:
    """Writes the outcomes of updates.

    Args:
        stopping: Set when the bot stops. From then on only `ack_now` and `close` write.
    """

    def __init__(
        self, store: InboxStore, metrics: Metrics, health: StorageHealth, *, stopping: asyncio.Event
    ) -> None:
        self._store = store
        self._metrics = metrics
        self._health = health
        self._stopping = stopping
        self._unwritten: list[tuple[int, Outcome]] = []
        self._writing: asyncio.Task[None] | None = None

    def finish(self, update_id: int, kind: str, outcome: Outcome, *, stored: bool) -> None:
        """Count an outcome in the metrics; acknowledge the update if it is in the database."""
        self._metrics.observe_update(kind, outcome)
        if stored:
            self.ack(update_id, outcome)

    def finish_parts(self, update: QueuedUpdate, kind: str) -> None:
        """Finish what was handled together with an update, with the same write as that."""
        for part in update.parts:
            self.finish(part.update_id, kind, Outcome.JOINED, stored=part.stored)

    def ack(self, update_id: int, outcome: Outcome) -> None:
        """Acknowledge an update with the next batch."""
        self._unwritten.append((update_id, outcome))
        self._schedule(BATCH_SECONDS)

    async def ack_now(self, update_id: int, outcome: Outcome) -> None:
        """Acknowledge an update and wait until that is written or has failed."""
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
        acks, self._unwritten = self._unwritten, []
        try:
            await self._store.finish(acks)
        except STORAGE_ERRORS as error:
            self._unwritten = acks + self._unwritten
            self._health.report_failure(str(error))
            self._schedule(RETRY_SECONDS)
        except asyncio.CancelledError:
            # Nobody knows whether they were written. Writing them twice does no harm.
            self._unwritten = acks + self._unwritten
            raise

    def _schedule(self, seconds: float) -> None:
        if (self._writing is None or self._writing.done()) and not self._stopping.is_set():
            self._writing = asyncio.create_task(self._write_later(seconds))

    async def _write_later(self, seconds: float) -> None:
        while self._unwritten:
            await asyncio.sleep(seconds)
            await self._write()
            seconds = RETRY_SECONDS
