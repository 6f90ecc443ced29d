"""Long polling: fetches raw updates, which the inbox stores before the next poll confirms them."""

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

from bot.inbox.envelope import read_number
from bot.inbox.inbox import Inbox
from bot.metrics import Metrics
from bot.process.clock import Clock

logger = logging.getLogger(__name__)

POLL_SECONDS = 25
"""Timeout of an idle poll at Telegram."""

BATCH = 100
"""Maximum number of updates in a poll. A batch that is not full is the last of a backlog."""

CONFLICT_SECONDS = 3.0
"""Pause after a conflict with another instance: short and fixed, to take over soon after that one ends."""

CONFLICT_MEMORY_SECONDS = 15.0
"""How long after its last error a conflict counts as going on."""

REFUSED_SECONDS = 30.0
"""Pause after Telegram has refused the token."""

MAX_FLOOD_SECONDS = 300.0
"""Maximum pause after a 429, whatever the server asks for."""

DELAYS = (0.5, 1.0, 2.0, 4.0)
"""Seconds between failed polls; the last one repeats."""

_REPEAT_SECONDS = 60.0
"""Interval at which a lasting failure is logged again."""

_IDLE_SECONDS = 6 * 86_400.0
"""Telegram may number updates anew, from a lower number, after a week without any."""


class QuietRequest(HTTPXRequest):
    """PTB's HTTP client, but responses that cannot be read are not logged: they hold people's words.

    Args:
        clock: Gets the date of each response.
        options: As for `HTTPXRequest`.
    """

    def __init__(self, clock: Clock | None = None, **options: Any) -> None:
        if clock is not None:
            options["httpx_kwargs"] = {"event_hooks": _date_hooks(clock)}
        super().__init__(**options)

    @staticmethod
    def parse_json_payload(payload: bytes) -> Any:
        """Parse a response of Telegram.

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
        clock.observe(response.headers.get("date"), seconds=time.monotonic() - asked_at)

    return {"request": [asked], "response": [answered]}


class Poller:
    """Fetches updates and passes them to the inbox; goes on after every failure.

    Args:
        request: An HTTP client that nothing else uses.
        url: Address of `getUpdates`, with the token.
        inbox: Accepts the updates.
        kinds: Kinds of updates to ask for (`allowed_updates`).
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
        self._catching_up = True
        self._last_success = clock()
        self._last_update = clock()
        self._last_conflict = float("-inf")
        self._failures = 0
        self._last_logged: tuple[str, float] = ("", float("-inf"))

    @property
    def age(self) -> float:
        """Seconds since Telegram last answered a poll."""
        return self._clock() - self._last_success

    @property
    def in_conflict(self) -> bool:
        """Whether another instance polls with the same token."""
        return self._clock() - self._last_conflict < CONFLICT_MEMORY_SECONDS

    async def run(self) -> None:
        """Poll until cancelled."""
        async with self._request:
            while True:
                while self._inbox.is_full:
                    self._log_once(logging.ERROR, "the backlog is full: no more updates are accepted for now")
                    await asyncio.sleep(1)
                try:
                    await self._accept(await self._poll(timeout=POLL_SECONDS, limit=BATCH))
                except Exception as error:  # whatever it is: a bot that does not poll hears nothing
                    await asyncio.sleep(self._pause_after(error))

    async def confirm(self) -> None:
        """Confirm the stored updates at the end, so that Telegram does not send them again."""
        if not self._offset:
            return
        try:
            async with self._request, asyncio.timeout(1.5):
                await self._poll(timeout=0, limit=1)
        except (TelegramError, TimeoutError, RuntimeError):
            logger.debug("the last updates were not confirmed; they are recognised when they come again")

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

    async def _accept(self, updates: list[Any]) -> None:
        now = self._clock()
        if self._failures:
            logger.info("polling again after %d failures", self._failures)
        self._last_success, self._failures, self._last_logged = now, 0, ("", float("-inf"))
        self._metrics.conflict.set(self.in_conflict)
        if updates:
            self._last_update = now
            await self._pass_on(updates)
            numbers = [number for update in updates if (number := read_number(update)) is not None]
            self._offset = max(numbers, default=self._offset - 1) + 1
        elif now - self._last_update > _IDLE_SECONDS:
            self._offset = 0
        if len(updates) < BATCH:
            self._catching_up = False

    async def _pass_on(self, updates: list[Any]) -> None:
        """Pass updates to the inbox. If it fails over one of them, the others are still passed on."""
        try:
            await self._inbox.accept(updates, delayed=self._catching_up)
        except Exception:
            logger.exception("updates could not be accepted together, trying one by one")
            for update in updates:
                try:
                    await self._inbox.accept([update], delayed=self._catching_up)
                except Exception as error:
                    logger.critical("an update was passed over: %s", type(error).__name__)

    def _pause_after(self, error: Exception) -> float:
        """Log and count a failure; return the pause before the next poll, in seconds."""
        self._catching_up = True
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
            pause = _flood_seconds(error)
        elif not isinstance(error, TelegramError):
            level = logging.ERROR
        self._log_once(level, text)
        return pause

    def _log_once(self, level: int, text: str) -> None:
        """Log a failure once, then every _REPEAT_SECONDS while it lasts."""
        last, at = self._last_logged
        if text != last or self._clock() - at > _REPEAT_SECONDS:
            self._last_logged = text, self._clock()
            logger.log(level, "%s", text)


def _flood_seconds(error: RetryAfter) -> float:
    """Return how long to wait after a 429; bounded, for what a server asks may be no number, or a year."""
    wait = error.retry_after
    try:
        seconds = wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
    except (TypeError, ValueError):
        seconds = 0.0
    return min(max(seconds, DELAYS[0]), MAX_FLOOD_SECONDS)
