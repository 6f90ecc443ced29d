"""Long polling for raw updates: stored by the inbox before the next poll confirms them."""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError
from telegram.request import BaseRequest, HTTPXRequest

from bot.inbox.inbox import MOST_WAITING, Inbox
from bot.metrics import Metrics
from bot.process.clock import Clock

logger = logging.getLogger(__name__)

POLL_SECONDS = 25
"""Telegram answers an idle poll after this time."""

BATCH = 100
"""Updates a poll; a batch that is not full was the last of a backlog."""

CONFLICT_SECONDS = 3.0
"""Pause after another instance took the updates: short and fixed, to take over soon after it ends."""

CONFLICT_MEMORY = 15.0
"""So long after the last conflict there still is one, as far as anybody can tell."""

REFUSED_SECONDS = 30.0
DELAYS = (0.5, 1.0, 2.0, 4.0)
"""Seconds between failed polls; the last repeats."""

_REPEAT_SECONDS = 60.0
"""A failure that lasts is logged again after this time."""

_IDLE_SECONDS = 6 * 86_400.0
"""After a week without updates Telegram numbers them anew, maybe from below."""


class QuietRequest(HTTPXRequest):
    """PTB's HTTP client, which would otherwise log whole answers that it cannot read: people's words.

    Args:
        clock: Is told the date of each answer.
        options: As for `HTTPXRequest`.
    """

    def __init__(self, clock: Clock | None = None, **options: Any) -> None:
        if clock is not None:
            options["httpx_kwargs"] = {"event_hooks": _date_hooks(clock)}
        super().__init__(**options)

    @staticmethod
    def parse_json_payload(payload: bytes) -> Any:
        """Read an answer of Telegram.

        Raises:
            TelegramError: It is not a JSON object.
        """
        try:
            value = json.loads(payload.decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise TelegramError("Invalid server response")
        return value


def _date_hooks(clock: Clock) -> dict[str, list[Callable[..., Any]]]:
    async def asked(request: httpx.Request) -> None:
        request.extensions["asked_at"] = time.monotonic()

    async def answered(response: httpx.Response) -> None:
        asked_at = response.request.extensions.get("asked_at", float("-inf"))
        clock.heard(response.headers.get("date"), seconds=time.monotonic() - asked_at)

    return {"request": [asked], "response": [answered]}


class Poller:
    """Fetches updates and hands them to the inbox, whatever happens on the way.

    Args:
        request: A client of its own, with a read timeout above POLL_SECONDS.
        url: Address of getUpdates, with the token.
        inbox: Takes the updates.
        kinds: Kinds of updates to ask for.
    """

    def __init__(
        self,
        request: BaseRequest,
        url: str,
        inbox: Inbox,
        *,
        kinds: Sequence[str],
        metrics: Metrics | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._request = request
        self._url = url
        self._inbox = inbox
        self._kinds = list(kinds)
        self._metrics = metrics or Metrics()
        self._clock = clock
        self._offset = 0
        self._backlog = True
        self._last_success = clock()
        self._last_update = clock()
        self._last_conflict = float("-inf")
        self._failures = 0
        self._said: tuple[str, float] = ("", float("-inf"))

    @property
    def age(self) -> float:
        """Seconds since Telegram last answered a poll."""
        return self._clock() - self._last_success

    @property
    def in_conflict(self) -> bool:
        """Whether another instance polls with the same token."""
        return self._clock() - self._last_conflict < CONFLICT_MEMORY

    async def run(self) -> None:
        """Poll until cancelled."""
        async with self._request:
            while True:
                while self._inbox.depth >= MOST_WAITING:
                    self._say(logging.ERROR, f"{MOST_WAITING} updates wait: taking in no more for now")
                    await asyncio.sleep(1)
                try:
                    updates = await self._poll(timeout=POLL_SECONDS, limit=BATCH)
                except Exception as error:  # whatever it is: a bot that stops polling is deaf
                    await asyncio.sleep(self._pause_after(error))
                else:
                    await self._take(updates)

    async def confirm(self) -> None:
        """Tell Telegram at the end which updates were stored, so that they are not sent again."""
        if not self._offset:
            return
        try:
            async with self._request, asyncio.timeout(1.5):
                await self._poll(timeout=0, limit=1)
        except (TelegramError, TimeoutError, RuntimeError):
            logger.debug("the last updates were not confirmed; they are known when they come again")

    async def _poll(self, *, timeout: int, limit: int) -> list[Any]:  # noqa: ASYNC109 — Telegram's own
        values = {
            "timeout": timeout,
            "limit": limit,
            "offset": self._offset,
            "allowed_updates": json.dumps(self._kinds),
        }
        result = await self._request.post(
            f"{self._url}?{urlencode(values)}", read_timeout=timeout + 15.0, connect_timeout=10.0
        )
        if not isinstance(result, list):
            raise TelegramError("Invalid server response")
        return result

    async def _take(self, updates: list[Any]) -> None:
        now = self._clock()
        if self._failures:
            logger.info("polling again after %d failures", self._failures)
        self._last_success, self._failures, self._said = now, 0, ("", float("-inf"))
        self._metrics.conflict.set(self.in_conflict)
        if updates:
            self._last_update = now
            await self._hand_over(updates)
            numbers = [update["update_id"] for update in updates if isinstance(update, dict)]
            self._offset = max((n for n in numbers if isinstance(n, int)), default=self._offset - 1) + 1
        elif now - self._last_update > _IDLE_SECONDS:
            self._offset = 0
        if len(updates) < BATCH:
            self._backlog = False

    async def _hand_over(self, updates: list[Any]) -> None:
        """Give updates to the inbox; should one of them be more than it can take, the others still arrive."""
        try:
            await self._inbox.accept(updates, backlog=self._backlog)
        except Exception:
            logger.exception("updates could not be taken in together, trying one by one")
            for update in updates:
                try:
                    await self._inbox.accept([update], backlog=self._backlog)
                except Exception as error:
                    logger.critical("an update was passed over: %s", type(error).__name__)

    def _pause_after(self, error: Exception) -> float:
        """Note a failure and tell how long to wait before the next poll, in seconds."""
        self._backlog = True
        self._metrics.count_poll_error(type(error).__name__)
        pause = DELAYS[min(self._failures, len(DELAYS) - 1)]
        self._failures += 1
        level, text = logging.WARNING, f"polling failed, trying again: {error or type(error).__name__}"
        if isinstance(error, Conflict):
            self._last_conflict = self._clock()
            self._metrics.conflict.set(1)
            pause, level = CONFLICT_SECONDS, logging.ERROR
            text = (
                f"another instance polls with the same BOT_TOKEN, or a webhook is set: stop it. "
                f"This one takes over when it is gone. ({error})"
            )
        elif isinstance(error, InvalidToken):
            pause, level = REFUSED_SECONDS, logging.CRITICAL
            text = f"Telegram refuses BOT_TOKEN: {error}"
        elif isinstance(error, RetryAfter):
            wait = error.retry_after
            pause = wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
        elif not isinstance(error, TelegramError):
            level = logging.ERROR
        self._say(level, text)
        return pause

    def _say(self, level: int, text: str) -> None:
        """Log a failure once, and again only while it lasts."""
        last, at = self._said
        if text != last or self._clock() - at > _REPEAT_SECONDS:
            self._said = text, self._clock()
            logger.log(level, "%s", text)
