"""Notices to people who get no answer. Each is sent in a task of its own, beside everything else."""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from bot.inbox.envelope import Envelope
from bot.inbox.update import Notice, current_update

logger = logging.getLogger(__name__)

APOLOGY_SECONDS = 600.0
"""A chat gets one apology in this time, however many of its questions came too late."""

_MAX_REMEMBERED = 20_000

Notify = Callable[[Envelope, Notice], Awaitable[None]]
"""Tells the sender of an update why there is no answer."""


class Apologies:
    """Sends notices.

    Attributes:
        tasks: Notices that are being sent.
    """

    def __init__(self, notify: Notify) -> None:
        self._notify = notify
        self._last_apology: OrderedDict[int, float] = OrderedDict()
        self.tasks: set[asyncio.Task[None]] = set()

    def apologise(self, envelope: Envelope, notice: Notice) -> None:
        """Send a notice unless the chat got an apology within APOLOGY_SECONDS."""
        if envelope.chat_id is None:
            return
        now = time.monotonic()
        if now - self._last_apology.get(envelope.chat_id, float("-inf")) < APOLOGY_SECONDS:
            return
        self._last_apology[envelope.chat_id] = now
        self._last_apology.move_to_end(envelope.chat_id)
        if len(self._last_apology) > _MAX_REMEMBERED:
            self._last_apology.popitem(last=False)
        self.send(envelope, notice)

    def send(self, envelope: Envelope, notice: Notice) -> None:
        """Send a notice."""
        task = asyncio.create_task(self._send(self._notify(envelope, notice)))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _send(self, sending: Awaitable[None]) -> None:
        current_update.set(None)  # a notice does not answer the update
        try:
            await sending
        except Exception as error:  # the notice is a courtesy
            logger.info("a notice could not be sent: %s", type(error).__name__)
