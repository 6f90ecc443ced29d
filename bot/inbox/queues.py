"""The lanes of the inbox: side by side and in turns, one update of each at a time. Knows no Telegram."""

import time
from collections import deque

from bot.inbox.update import Waiting

MOST_IN_MEMORY = 512
"""Updates that wait in memory; others are read from the database when their turn comes."""

STUCK_SECONDS = 60.0


class Lanes:
    """Updates that wait, first come first served within a lane; lanes take turns."""

    def __init__(self) -> None:
        self._lanes: dict[str, deque[Waiting]] = {}
        self._ready: deque[str] = deque()
        self._last_progress = time.monotonic()
        self.depth = 0
        """How many updates wait or are in hand."""
        self.in_memory = 0

    @property
    def is_moving(self) -> bool:
        """Whether nothing waits, or something was finished a short while ago."""
        return self.depth == 0 or time.monotonic() - self._last_progress < STUCK_SECONDS

    @property
    def has_room(self) -> bool:
        """Whether one more update may be kept in memory."""
        return self.in_memory < MOST_IN_MEMORY

    def behind(self, lane: str) -> int:
        """How many updates of a lane wait."""
        return len(self._lanes.get(lane, ()))

    def put(self, waiting: Waiting) -> None:
        """Put an update at the end of its lane."""
        if self.depth == 0:
            self._last_progress = time.monotonic()  # what came before was rest
        self.depth += 1
        self.in_memory += waiting.update is not None
        lane = self._lanes.get(waiting.lane)
        if lane is None:
            self._lanes[waiting.lane] = deque([waiting])
            self._ready.append(waiting.lane)
        else:
            lane.append(waiting)
            # A lane with nothing in hand stands in `_ready` already.

    def take(self) -> Waiting | None:
        """Take the update whose turn it is; its lane rests until `finished`. None: there is none."""
        while self._ready:
            lane = self._ready.popleft()
            queue = self._lanes[lane]
            if queue:
                return queue.popleft()
            del self._lanes[lane]
        return None

    def clear(self, lane: str) -> list[Waiting]:
        """Take all that wait out of a lane, and return them."""
        queue = self._lanes.get(lane)
        cleared = list(queue or ())
        if queue is not None:
            queue.clear()
        for waiting in cleared:
            self.depth -= 1
            self.let_go(waiting)
        return cleared

    def let_go(self, waiting: Waiting) -> None:
        """Nothing more is done about an update: it leaves the memory, and who waits for that goes on."""
        self.in_memory -= waiting.update is not None
        waiting.update = None
        waiting.done.set()

    def finished(self, lane: str) -> None:
        """What was taken from a lane is dealt with: the next may be taken."""
        self.depth -= 1
        self._last_progress = time.monotonic()
        self._ready.append(lane)
