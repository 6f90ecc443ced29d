"""The bot's own library, as the client with which the server is tested."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from telegram import Bot
from telegram.request import HTTPXRequest

from tests.botapi import BotApiServer, Chat, Person


@pytest_asyncio.fixture
async def bot(telegram: BotApiServer) -> AsyncIterator[Bot]:
    def request() -> HTTPXRequest:
        return HTTPXRequest(4, read_timeout=30, httpx_kwargs={"trust_env": False})

    root = f"{telegram.url}/bot"
    async with Bot(telegram.token, root, request=request(), get_updates_request=request()) as bot:
        yield bot


@pytest.fixture
def person(telegram: BotApiServer) -> Person:
    return telegram.person("小明")


@pytest.fixture
def chat(telegram: BotApiServer, person: Person) -> Chat:
    return telegram.private(person, started=True)
