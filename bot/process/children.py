"""Ending child processes: with their pipes, so that the event loop may close afterwards."""

import asyncio
import contextlib
from asyncio.subprocess import Process
from typing import Final

KILL_SECONDS: Final = 3.0
"""How long a killed process is waited for."""


async def end(child: Process, *, grace_seconds: float = 0.0) -> None:
    """End a process whose output nobody reads any more.

    Args:
        child: Started with pipes for its output, or without.
        grace_seconds: How long it may take to end by itself once it was asked to; 0: it is killed at once.
    """
    if child.returncode is None and grace_seconds:
        child.terminate()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_seconds):
                await child.communicate()
    if child.returncode is None:
        child.kill()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(KILL_SECONDS):
            await child.communicate()
