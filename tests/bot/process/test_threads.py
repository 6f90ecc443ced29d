"""The pool of threads: work without end neither fills it nor keeps anybody waiting."""

import asyncio
import threading

import pytest

from bot.process import threads
from bot.process.threads import DaemonThreadPool


async def test_stuck_work_makes_room_for_other_work_and_its_end_is_not_waited_for() -> None:
    now = 0.0
    pool, never = DaemonThreadPool(2, clock=lambda: now), threading.Event()
    asyncio.get_running_loop().set_default_executor(pool)
    stuck = [asyncio.ensure_future(asyncio.to_thread(never.wait)) for _ in range(2)]
    waiting = asyncio.ensure_future(asyncio.to_thread(int, "7"))
    await asyncio.sleep(0.05)
    pool.replace_stuck()
    assert not waiting.done()
    now = threads.STUCK_SECONDS + 1
    pool.replace_stuck()
    assert await waiting == 7
    assert (pool.busy, pool.running_longer_than(threads.STUCK_SECONDS)) == (2, 2)
    pool.shutdown(wait=True)
    never.set()
    await asyncio.gather(*stuck)


async def test_results_and_exceptions_come_back() -> None:
    asyncio.get_running_loop().set_default_executor(DaemonThreadPool(3))
    assert await asyncio.gather(*(asyncio.to_thread(pow, n, 2) for n in range(50))) == [
        n * n for n in range(50)
    ]
    with pytest.raises(ValueError, match="invalid literal"):
        await asyncio.to_thread(int, "x")
