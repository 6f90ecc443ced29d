"""The only way out: every call of the Bot API passes here, in order and at a pace for each chat.

A 429 halts its own chat only. Broken connections are tried again within bounds; where Telegram may
have acted before the connection broke, a message is sent once more and not oftener, so that at most
one double is possible. A group that was upgraded is followed to its new number.
"""

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)
from telegram.ext import BaseRateLimiter

from bot.metrics import Metrics
from bot.outbox.pace import Pace, Window

logger = logging.getLogger(__name__)

# Durations in PTB's errors as timedeltas; without this, every RetryAfter warns that they will be some day.
os.environ.setdefault("PTB_TIMEDELTA", "true")


class CancelledUnsentError(asyncio.CancelledError):
    """A `BULK` call was cancelled before it left: it certainly had no effect."""


Result = bool | dict[str, Any] | list[dict[str, Any]]
Call = Callable[[], Awaitable[Result]]

BULK = "bulk"
"""`rate_limit_args=BULK` marks what nobody waits for, such as digests: it goes behind answers."""

NETWORK_DELAYS = (0.4, 1.0, 2.0, 4.0)
"""Seconds between tries after a broken connection or a gateway's error."""

OFFLINE_SECONDS = 15.0
"""After this long without any success a call is tried once only: the inbox keeps the question."""

MOST_FLOOD_SECONDS = 90.0
"""A 429 that asks for more is handed on; the inbox comes back to the question later."""

_COSMETIC = frozenset({"sendchataction", "setmessagereaction", "sendmessagedraft"})
"""Signs of life: not worth a place in the queue nor a second try."""

_SPEAKING = ("send", "edit", "answer", "copy", "forward")
"""A successful call of these answers the update in hand."""

_CREATING = ("send", "copy", "forward")
"""Doing these twice shows."""

_GONE = ("chat not found", "chat was deactivated", "group chat was deactivated", "peer_id_invalid")
_ACTED_BEFORE = ("message is not modified", "query is too old", "query id is invalid")
"""What a repeated call is told when the first one, whose connection broke, had been carried out."""

_MOST_LANES = 2_000
_MOST_REMEMBERED = 10_000


@dataclass(slots=True)
class _Lane:
    """The queue of one chat: whoever holds the lock speaks next."""

    windows: tuple[Window, ...]
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    halted_until: float = 0.0
    waiting: int = 0


class Sender(BaseRateLimiter[str]):
    """PTB's rate limiter, which here also orders, retries and follows.

    Attributes:
        on_spoken: Awaited right after a successful call that says something to somebody.
        on_forbidden: Called with a chat that does not want the bot any more.
        on_migrate: Called with the old and new number of a group that was upgraded.
    """

    def __init__(
        self,
        *,
        pace: Pace | None = None,
        metrics: Metrics | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pace = pace or Pace()
        self._metrics = metrics or Metrics()
        self._clock = clock
        self._lanes: dict[int | str, _Lane] = {}
        self._overall = Window(self._pace.overall)
        self._overall_lock = asyncio.Lock()
        self._bulk = Window(self._pace.bulk)
        self._bulk_lock = asyncio.Lock()
        self._moved: dict[int | str, int] = {}
        self._forbidden: dict[int | str, None] = {}
        self._last_success = clock()
        self._last_failure = float("-inf")
        self.on_spoken: Callable[[], Awaitable[None]] | None = None
        self.on_forbidden: list[Callable[[int], None]] = []
        self.on_migrate: list[Callable[[int, int], None]] = []

    async def initialize(self) -> None:
        """Nothing to prepare."""

    async def shutdown(self) -> None:
        """Nothing to release."""

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Result]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: str | None,
    ) -> Result:
        """Carry out a call of the Bot API when its turn has come.

        Raises:
            CancelledUnsentError: It was one of `BULK` and cancelled while it waited for its turn.
        """
        method = endpoint.lower()
        has_left = False

        async def call() -> Result:
            nonlocal has_left
            has_left = True
            return await callback(*args, **kwargs)

        chat_id = self._follow(data)
        if method in _COSMETIC:
            result = await self._show_life(call, method, chat_id)
        elif chat_id is None or not method.startswith(_SPEAKING):
            result = await self._persist(call, method, data, lane=None)
        else:
            is_bulk = rate_limit_args == BULK
            try:
                if is_bulk:
                    await self._pass(self._bulk, self._bulk_lock)
                result = await self._speak(call, method, data, chat_id, is_bulk=is_bulk)
            except asyncio.CancelledError:
                if is_bulk and not has_left:
                    raise CancelledUnsentError from None
                raise
        if method.startswith(_SPEAKING) and method not in _COSMETIC and self.on_spoken:
            await self.on_spoken()
        return result

    async def _show_life(self, call: Call, method: str, chat_id: int | str | None) -> Result:
        lane = self._lanes.get(chat_id) if chat_id is not None else None
        if lane and (lane.waiting or lane.halted_until > self._clock()):
            return True
        try:
            result = await call()
        except RetryAfter as error:
            self._halt(lane or self._lane(chat_id or 0), _seconds(error))
            return True
        except TelegramError as error:
            self._metrics.count_send_error(method, _reason(error))
            raise
        self._metrics.count_call(method)
        return result

    async def _speak(
        self, call: Call, method: str, data: dict[str, Any], chat_id: int | str, *, is_bulk: bool
    ) -> Result:
        lane = self._lane(chat_id)
        lane.waiting += 1
        try:
            async with lane.lock:
                while (wait := self._wait(lane)) > 0:  # noqa: ASYNC110 — time passes, nobody signals it
                    await asyncio.sleep(wait)
                await self._pass(self._overall, self._overall_lock)
                try:
                    return await self._persist(call, method, data, lane=lane, is_bulk=is_bulk)
                finally:
                    for window in lane.windows:
                        window.take(self._clock())
        finally:
            lane.waiting -= 1

    def _wait(self, lane: _Lane) -> float:
        now = self._clock()
        return max(lane.halted_until - now, *(window.wait(now) for window in lane.windows))

    async def _pass(self, window: Window, lock: asyncio.Lock) -> None:
        """Wait for one's turn in a window that many share; first come, first served."""
        async with lock:
            while (wait := window.wait(self._clock())) > 0:  # noqa: ASYNC110
                await asyncio.sleep(wait)
            window.take(self._clock())

    async def _persist(
        self, call: Call, method: str, data: dict[str, Any], *, lane: _Lane | None, is_bulk: bool = False
    ) -> Result:
        """Try until it is done or hopeless. A digest is rather lost than doubled: nobody waits for it."""
        delays = iter(NETWORK_DELAYS)
        flood_waited = 0.0
        unsure = False
        while True:
            try:
                result = await call()
            except RetryAfter as error:
                self._metrics.count_send_error(method, "429")
                flood_waited += _seconds(error)
                if flood_waited > MOST_FLOOD_SECONDS:
                    raise
                logger.info("flood limit: method=%s wait=%.0f s", method, _seconds(error))
                await asyncio.sleep(self._halt(lane, _seconds(error)))
            except ChatMigrated as error:
                self._migrate(data, error.new_chat_id)
            except (Forbidden, BadRequest) as error:
                self._metrics.count_send_error(method, _reason(error))
                if unsure and _is_any(error, _ACTED_BEFORE):
                    return True
                self._remember_refusal(data.get("chat_id"), error)
                raise
            except (InvalidToken, Conflict):
                self._metrics.count_send_error(method, "refused")
                raise
            except TelegramError as error:  # the network, a gateway, an answer that is no JSON
                self._metrics.count_send_error(method, _reason(error))
                delay = next(delays, None)
                if delay is None or self._is_offline():
                    raise
                if not is_unsent(error):
                    if (unsure or is_bulk) and method.startswith(_CREATING):
                        raise
                    unsure = True
                logger.info("trying again: method=%s in=%.1f s after: %s", method, delay, error)
                await asyncio.sleep(delay)
            else:
                self._succeed(method, data.get("chat_id"))
                return result

    def _succeed(self, method: str, chat_id: int | str | None) -> None:
        self._last_success = self._clock()
        self._metrics.count_call(method)
        if chat_id is not None:
            self._forbidden.pop(chat_id, None)

    def _is_offline(self) -> bool:
        now = self._clock()
        # A quiet bot has had no success for long either: only failures in a row count.
        if now - self._last_failure > OFFLINE_SECONDS:
            self._last_success = max(self._last_success, now - 1)
        self._last_failure = now
        return now - self._last_success > OFFLINE_SECONDS

    def _halt(self, lane: _Lane | None, seconds: float) -> float:
        """Let a chat rest; returns how long to wait before the next try."""
        pause = seconds + 0.2
        if lane is not None:
            lane.halted_until = max(lane.halted_until, self._clock() + pause)
        return pause

    def _follow(self, data: dict[str, Any]) -> int | str | None:
        chat_id: int | str | None = data.get("chat_id")
        if isinstance(chat_id, str) and chat_id.lstrip("-").isdigit():
            chat_id = int(chat_id)
        if chat_id in self._moved:
            chat_id = data["chat_id"] = self._moved[chat_id]
            _drop_what_stayed_behind(data)
        return chat_id

    def _migrate(self, data: dict[str, Any], new: int) -> None:
        old = data["chat_id"]
        logger.info("group upgraded: old=%s new=%s", old, new)
        data["chat_id"] = new
        _drop_what_stayed_behind(data)
        _remember(self._moved, old, new)
        for hook in self.on_migrate:
            _guarded(hook, old, new)

    def _remember_refusal(self, chat_id: int | str | None, error: TelegramError) -> None:
        if not isinstance(chat_id, int) or not (isinstance(error, Forbidden) or _is_any(error, _GONE)):
            return
        if chat_id not in self._forbidden:
            logger.info("not wanted any more in a chat: %s", error)
            _remember(self._forbidden, chat_id, None)
            for hook in self.on_forbidden:
                _guarded(hook, chat_id)

    def _lane(self, chat_id: int | str) -> _Lane:
        lane = self._lanes.get(chat_id)
        if lane is None:
            if len(self._lanes) >= _MOST_LANES:
                self._forget_idle()
            # Names with @ are channels and supergroups, as negative numbers are.
            is_group = isinstance(chat_id, str) or chat_id < 0
            rates = (self._pace.chat, self._pace.group) if is_group else (self._pace.chat,)
            lane = self._lanes[chat_id] = _Lane(tuple(map(Window, rates)))
        return lane

    def _forget_idle(self) -> None:
        now = self._clock()
        self._lanes = {
            chat_id: lane
            for chat_id, lane in self._lanes.items()
            if lane.waiting or lane.halted_until > now or not all(window.idle(now) for window in lane.windows)
        }


def is_unsent(error: TelegramError) -> bool:
    """Say whether a call surely was not carried out, so that trying again cannot double it.

    A connection that never stood, or a gateway that answered in Telegram's place. A connection that
    broke later, and an answer that could not be read, leave it open.
    """
    cause = error.__cause__
    if isinstance(cause, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.ProxyError):
        return True
    return type(error) is NetworkError and not isinstance(cause, httpx.HTTPError)


def is_passing(error: BaseException) -> bool:
    """Say whether the same call may succeed a little later."""
    if isinstance(error, BadRequest | Forbidden | InvalidToken | ChatMigrated):
        return False
    return isinstance(error, TelegramError | TimeoutError)


def _seconds(error: RetryAfter) -> float:
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


def _is_any(error: TelegramError, words: tuple[str, ...]) -> bool:
    text = error.message.lower()
    return any(word in text for word in words)


def _reason(error: TelegramError) -> str:
    return type(error).__name__


def _drop_what_stayed_behind(data: dict[str, Any]) -> None:
    """Messages and topics of the old group are not known in the new one."""
    data.pop("reply_parameters", None)
    data.pop("message_thread_id", None)


def _remember(known: dict[Any, Any], key: object, value: object) -> None:
    if len(known) >= _MOST_REMEMBERED:
        known.pop(next(iter(known)))
    known[key] = value


def _guarded(hook: Callable[..., None], *arguments: object) -> None:
    try:
        hook(*arguments)
    except Exception:
        logger.exception("a hook of the sender failed")
