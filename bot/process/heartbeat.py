"""The heartbeat of the event loop: whoever has to know that the loop turns is told about once a second."""

import asyncio
import logging
from collections.abc import Callable, Sequence

logger = logging.getLogger(__name__)

BEAT_SECONDS = 1.0

Beat = Callable[[], object]


async def run(beats: Sequence[Beat], *, seconds: float = BEAT_SECONDS) -> None:
    """Call every function at each turn, until cancelled. One that fails does not keep the others from it."""
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
