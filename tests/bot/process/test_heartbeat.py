"""The heartbeat of the event loop."""

import asyncio
import contextlib

import pytest

from bot.process import heartbeat


async def test_a_beat_that_fails_is_logged_once_and_does_not_stop_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    beats: list[int] = []

    def fail() -> None:
        raise RuntimeError("broken")

    running = asyncio.create_task(heartbeat.run([fail, lambda: beats.append(1)], seconds=0.001))
    async with asyncio.timeout(60):
        while len(beats) < 3:  # noqa: ASYNC110 — looks from outside
            await asyncio.sleep(0.001)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert caplog.text.count("a heartbeat failed") == 1
