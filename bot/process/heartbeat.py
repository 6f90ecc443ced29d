"""The heartbeat of the event loop: functions that are called about once a second while it turns."""

import asyncio
import logging
from collections.abc import Callable, Sequence

logger = logging.getLogger(__name__)

BEAT_SECONDS = 1.0

Beat = Callable[[], object]


async def run(beats: Sequence[Beat], *, seconds: float = BEAT_SECONDS) -> None:
    """Call all functions every so many seconds, until cancelled. If one fails the others are still called."""
    failing: set[Beat] = set()
    while True:
        for beat in beats:
            try:
                beat()
            except Exception:
                if beat not in failing:
                    logger.exception("a heartbeat failed")
                failing.add(beat)
            else:
                failing.discard(beat)
        await asyncio.sleep(seconds)
