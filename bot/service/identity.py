"""Keeps what the bot is called by up to date: it may be renamed while it runs."""

import asyncio
import logging
import time
from collections.abc import Callable

from telegram.error import TelegramError

from bot.handlers.context import App, identity
from bot.inbox.inbox import Inbox

logger = logging.getLogger(__name__)

REFRESH_SECONDS = 300.0
"""Interval at which Telegram is asked for the name."""

MIN_SECONDS = 10.0
"""Shortest time between two questions for the name that groups bring about."""

MAX_OTHERS = 20_000
"""How many names of others are remembered. When there are more, all are forgotten and asked about again."""

ANSWER_SECONDS = 3.0
"""How long an answer is waited for: updates wait meanwhile."""


class IdentityRefresh:
    """Asks Telegram for the bot's name, regularly and when a group calls a name that nobody knows.

    With group privacy on the bot gets little but messages that name it, so an unknown name may be its own.
    """

    def __init__(
        self, application: App, inbox: Inbox, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._application = application
        self._inbox = inbox
        self._clock = clock
        self._asked_at = float("-inf")
        self._others: set[str] = set()

    def apply(self) -> None:
        """Tell the inbox the name that the application knows."""
        me = identity(self._application.bot.bot, self._application.bot_data.commands)
        if self._inbox.me.name and not self._inbox.me.is_named(me.name):
            logger.info("renamed: @%s is now @%s", self._inbox.me.name, me.name)
        self._inbox.me = me

    async def check(self, names: frozenset[str]) -> None:
        """Ask Telegram for the bot's name if groups call one that was not seen before.

        Args:
            names: User names in lower case.
        """
        unknown = {name for name in names - self._others if not self._inbox.me.is_named(name)}
        if not unknown or self._clock() - self._asked_at < MIN_SECONDS or not await self.ask():
            return
        if len(self._others) > MAX_OTHERS:
            self._others.clear()
        self._others |= unknown

    async def ask(self) -> bool:
        """Ask Telegram for the name; return whether it answered."""
        self._asked_at = self._clock()
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._application.bot.get_me()
        except (TelegramError, TimeoutError) as error:
            logger.info("the bot's name could not be asked for: %s", type(error).__name__)
            return False
        self.apply()
        return True

    async def run(self) -> None:
        """Ask for the name every REFRESH_SECONDS, until cancelled."""
        while True:
            await asyncio.sleep(REFRESH_SECONDS)
            await self.ask()
