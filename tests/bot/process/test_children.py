"""Child processes end, and leave nothing to the event loop."""

import asyncio
import gc
import signal
import sys

import pytest

from bot.process import children

WAITING = "import time; print('begun', flush=True); time.sleep(600)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {WAITING}"


@pytest.mark.parametrize(
    ("program", "grace", "code"),
    [
        pytest.param(WAITING, 60, -signal.SIGTERM, id="asked"),
        pytest.param(WAITING, 0, -signal.SIGKILL, id="killed"),
        pytest.param(STUBBORN, 0.2, -signal.SIGKILL, id="asked in vain"),
        pytest.param("print('begun', flush=True)", 60, 0, id="ended already"),
    ],
)
async def test_a_child_is_gone_with_its_pipes(program: str, grace: float, code: int) -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    assert await child.stdout.readline() == b"begun\n"
    if not code:
        await child.wait()
    reading = asyncio.create_task(child.communicate())
    await asyncio.sleep(0)
    reading.cancel()
    await children.end(child, grace_seconds=grace)
    assert child.returncode == code
    del reading, child
    gc.collect()  # an open pipe would be a warning, and an error once the loop is closed
