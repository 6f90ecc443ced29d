"""How the self-tests of the server make requests and expect refusals."""

import re
from contextlib import AbstractContextManager

import httpx
import pytest
from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import TelegramError

from tests.botapi import BotApiServer


def refused(error: type[TelegramError], words: str) -> AbstractContextManager[object]:
    """The library writes the first letter large and the others small."""
    return pytest.raises(error, match=f"(?i){re.escape(words)}")


async def ask(telegram: BotApiServer, method: str, **parameters: object) -> str:
    """Make a request that the library would not make, and return the description of the refusal."""
    async with httpx.AsyncClient(trust_env=False) as client:
        response = await client.post(f"{telegram.url}/bot{telegram.token}/{method}", json=parameters)
    return str(response.json()["description"])


def keyboard(*rows: list[InlineKeyboardButton]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(rows)
