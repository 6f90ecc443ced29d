"""Background tasks of the running bot."""

import asyncio

import pytest

from bot.service import tasks as module
from bot.service.tasks import BackgroundTasks


async def settle(tasks: BackgroundTasks) -> None:
    await asyncio.gather(*tasks.cancel(), return_exceptions=True)


async def test_the_failure_of_a_task_is_reported_and_its_end_is_not(caplog: pytest.LogCaptureFixture) -> None:
    failures: list[int] = []
    tasks = BackgroundTasks(lambda: failures.append(1))

    async def end() -> None:
        return

    async def fail() -> None:
        raise RuntimeError("broken")

    tasks.start(end(), "ending")
    await asyncio.sleep(0.01)
    assert failures == []
    tasks.start(fail(), "failing")
    await asyncio.sleep(0.01)
    assert failures == [1]
    assert "failing ended" in caplog.text


async def test_a_restarting_task_begins_again_after_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RESTART_SECONDS", 0.0)
    failures: list[int] = []
    tasks = BackgroundTasks(lambda: failures.append(1))
    done = asyncio.Event()
    errors = [RuntimeError(), RuntimeError()]

    async def work() -> None:
        if errors:
            raise errors.pop()
        done.set()

    tasks.start_restarting(work, "work")
    async with asyncio.timeout(60):
        await done.wait()
    assert failures == []
    await settle(tasks)


async def test_cancelling_is_no_failure() -> None:
    failures: list[int] = []
    tasks = BackgroundTasks(lambda: failures.append(1))
    tasks.start(asyncio.sleep(60), "sleeping")
    await settle(tasks)
    await asyncio.sleep(0)
    assert failures == []
