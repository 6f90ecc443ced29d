"""Fixtures for everything that talks to the bot; loaded by `tests/conftest.py`."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.botapi.server import BotApiServer


@pytest_asyncio.fixture
async def telegram() -> AsyncIterator[BotApiServer]:
    """A Bot API server. At the end of the test there must be no lint and no refused request.

    A test that provokes some says so: `telegram.journal.forgive(kind, …)`, `telegram.expect_refusals()`.
    """
    async with BotApiServer() as server:
        yield server
        server.check()
