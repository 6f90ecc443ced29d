"""What people are told who get no answer, said once and beside everything else."""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from bot.inbox.envelope import Envelope
from bot.inbox.update import Notice, in_hand

logger = logging.getLogger(__name__)

APOLOGY_SECONDS = 600.0
"""A chat gets one apology in this time, however many questions came too late."""

_MOST_REMEMBERED = 20_000

Notify = Callable[[Envelope, Notice], Awaitable[None]]
"""Tells somebody why there is no answer."""


class Notices:
    """Says why there is no answer, each notice in a task of its own."""

    def __init__(self, notify: Notify) -> None:
        self._notify = notify
        self._apologised: OrderedDict[int, float] = OrderedDict()
        self.tasks: set[asyncio.Task[None]] = set()

    def apologise(self, envelope: Envelope, notice: Notice) -> None:
        """Say it, unless the chat was told something like it a short while ago."""
        if envelope.chat_id is None:
            return
        now = time.monotonic()
        if now - self._apologised.get(envelope.chat_id, float("-inf")) < APOLOGY_SECONDS:
            return
        self._apologised[envelope.chat_id] = now
        self._apologised.move_to_end(envelope.chat_id)
        if len(self._apologised) > _MOST_REMEMBERED:
            self._apologised.popitem(last=False)
        self.tell(envelope, notice)

    def tell(self, envelope: Envelope, notice: Notice) -> None:
        """Say it."""
        task = asyncio.create_task(self._tell_now(self._notify(envelope, notice)))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _tell_now(self, telling: Awaitable[None]) -> None:
        in_hand.set(None)  # what is said here answers nothing
        try:
            await telling
        except Exception as error:  # the notice is a courtesy
            logger.info("a notice could not be sent: %s", type(error).__name__)
