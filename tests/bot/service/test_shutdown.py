"""Stopping the bot."""

import asyncio
import os
import signal
import threading
from pathlib import Path

import pytest

from bot.process.watchdog import Watchdog
from bot.service import shutdown as module
from bot.service.shutdown import Shutdown


@pytest.fixture
def dog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Watchdog:
    """A watchdog that ends nothing."""
    monkeypatch.setattr(Watchdog, "end_within", lambda *_: None)
    return Watchdog(tmp_path / "stacks.txt")


@pytest.fixture(autouse=True)
def _no_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading.Timer, "start", lambda _: None)


async def test_a_stop_has_a_deadline_once_it_has_begun(dog: Watchdog) -> None:
    shutdown = Shutdown(dog)
    assert shutdown.seconds_left() == float("inf")
    shutdown.begin()
    left = shutdown.seconds_left()
    assert 0 < left <= module.STOP_SECONDS
    shutdown.begin()  # a second signal puts nothing off
    assert shutdown.seconds_left() <= left
    assert shutdown.exit_code == 0


async def test_work_is_cancelled_by_a_stop(dog: Watchdog) -> None:
    shutdown = Shutdown(dog)
    working = asyncio.create_task(shutdown.run_until_requested(asyncio.sleep(60)))
    await asyncio.sleep(0.01)
    shutdown.fail()
    async with asyncio.timeout(60):
        await working
    assert shutdown.exit_code == 1


async def test_errors_of_the_work_are_raised(dog: Watchdog) -> None:
    async def fail() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await Shutdown(dog).run_until_requested(fail())


async def test_a_signal_begins_the_stop_and_its_number_is_written(dog: Watchdog) -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    before = signal.getsignal(signal.SIGTERM)
    shutdown = Shutdown(dog)
    with shutdown.signals(writing):
        os.kill(os.getpid(), signal.SIGTERM)
        async with asyncio.timeout(60):
            await shutdown.wait()
    assert signal.getsignal(signal.SIGTERM) is before
    assert signal.SIGTERM in os.read(reading, 100)
    os.close(reading)
    os.close(writing)
