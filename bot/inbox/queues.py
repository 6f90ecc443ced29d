"""In-memory FIFO queues, one for each chat, served round robin. Knows nothing of Telegram."""

import asyncio
import time
from collections import deque

from bot.inbox.update import QueuedUpdate

MAX_IN_MEMORY = 512
"""Maximum number of queued updates whose content is kept in memory; the others are read from the database."""

STUCK_SECONDS = 60.0
"""Queues that finish nothing for this long are stuck."""


class ChatQueues:
    """Queued updates: first in, first out within a queue; one in flight for each queue.

    Attributes:
        depth: How many updates wait or are in flight.
        in_memory: How many of them keep their content in memory.
    """

    def __init__(self) -> None:
        self._queues: dict[str, deque[QueuedUpdate]] = {}
        self._ready: deque[str] = deque()
        self._arrivals: dict[str, asyncio.Event] = {}
        self._last_progress = time.monotonic()
        self.depth = 0
        self.in_memory = 0

    @property
    def is_moving(self) -> bool:
        """Whether nothing waits, or something was finished within STUCK_SECONDS."""
        return self.depth == 0 or time.monotonic() - self._last_progress < STUCK_SECONDS

    @property
    def has_room(self) -> bool:
        """Whether one more update may be kept in memory."""
        return self.in_memory < MAX_IN_MEMORY

    def backlog(self, key: str) -> int:
        """Return how many questions wait in a queue; the update in flight does not count."""
        return sum(update.is_question for update in self._queues.get(key, ()))

    def put(self, update: QueuedUpdate) -> None:
        """Append an update to its queue."""
        if self.depth == 0:
            self._last_progress = time.monotonic()  # idle time is no standstill
        self.depth += 1
        self.in_memory += update.raw is not None
        queue = self._queues.get(update.queue)
        if queue is None:
            self._queues[update.queue] = deque([update])
            self._ready.append(update.queue)
        else:
            queue.append(update)
            # A queue with nothing in flight stands in `_ready` already.
        if arrival := self._arrivals.get(update.queue):
            arrival.set()

    def take(self) -> QueuedUpdate | None:
        """Take the next update; None: nothing is ready. Its queue pauses until `finish` is called."""
        while self._ready:
            key = self._ready.popleft()
            queue = self._queues[key]
            if queue:
                return queue.popleft()
            del self._queues[key]
        return None

    def next_in(self, key: str) -> QueuedUpdate | None:
        """Return what waits behind the update in flight of a queue, without taking it; None: nothing does."""
        queue = self._queues.get(key)
        return queue[0] if queue else None

    async def arrival(self, key: str, seconds: float) -> bool:
        """Wait for something to arrive in a queue; False: nothing did within so many seconds."""
        arrival = self._arrivals.setdefault(key, asyncio.Event())
        try:
            async with asyncio.timeout(seconds):
                return await arrival.wait()
        except TimeoutError:
            return False
        finally:
            self._arrivals.pop(key, None)

    def join_next(self, update: QueuedUpdate) -> None:
        """Take what waits behind an update in flight, to be handled and released together with it."""
        part = self._queues[update.queue].popleft()
        self.depth -= 1
        update.parts.append(part)

    def clear(self, key: str) -> list[QueuedUpdate]:
        """Remove all updates that wait in a queue, and return them."""
        queue = self._queues.get(key)
        cleared = list(queue or ())
        if queue is not None:
            queue.clear()
        for update in cleared:
            self.depth -= 1
            self.release(update)
        return cleared

    def release(self, update: QueuedUpdate) -> None:
        """Free the content of an update and of its parts, and wake whoever waits for their end."""
        for each in (update, *update.parts):
            self.in_memory -= each.raw is not None
            each.raw = None
            each.done.set()

    def finish(self, key: str) -> None:
        """Note that the update taken from a queue is finished; the next one may be taken."""
        self.depth -= 1
        self._last_progress = time.monotonic()
        self._ready.append(key)
