"""The sender: every call of the Bot API passes through it, in order and at a limited rate for each chat.

A 429 halts only its own chat. Calls whose connection breaks are retried within bounds. If Telegram may have
acted before the connection broke, a message is sent once more at most, so that one double is possible and
never two. A group that was upgraded is followed to its new id.
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
from bot.outbox.refusals import Refusal, mentions_any, refusal_of

logger = logging.getLogger(__name__)

# PTB gives durations in its errors as timedeltas; without this every RetryAfter logs a deprecation warning.
os.environ.setdefault("PTB_TIMEDELTA", "true")


class CancelledUnsentError(asyncio.CancelledError):
    """A `BULK` call was cancelled before it was sent: it certainly had no effect."""


Result = bool | dict[str, Any] | list[dict[str, Any]]
Call = Callable[[], Awaitable[Result]]

BULK = "bulk"
"""`rate_limit_args=BULK` marks messages that nobody waits for, such as digests: answers go first."""

NETWORK_DELAYS = (0.4, 1.0, 2.0, 4.0)
"""Seconds between tries after a broken connection or an error of a gateway."""

OFFLINE_SECONDS = 15.0
"""After this long without any success a call is tried only once: the inbox keeps the question."""

MAX_FLOOD_SECONDS = 90.0
"""A 429 that asks for a longer wait is raised; the inbox handles the question again later."""

FORGET_SECONDS = 120.0
"""After this long without another failure it is not known any more whether messages can be sent."""

_COSMETIC = frozenset({"sendchataction", "setmessagereaction", "sendmessagedraft"})
"""Signs of life, which are neither queued nor retried."""

_ANSWERING = ("send", "edit", "answer", "copy", "forward")
"""Methods that say something: a successful call answers the current update."""

_CREATING = ("send", "copy", "forward")
"""Methods whose repetition people would see."""

_ALREADY_DONE = ("message is not modified", "query is too old", "query id is invalid")
"""Errors of a repeated call whose first try was carried out although its connection broke."""

_MAX_QUEUES = 2_000
_MAX_REMEMBERED = 10_000


@dataclass(slots=True)
class _ChatQueue:
    """The calls that wait to speak into one chat; whichever holds the lock is next.

    Attributes:
        halted_until: Time before which nothing is sent, after a 429.
        waiting: How many calls wait or are under way.
    """

    windows: tuple[Window, ...]
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    halted_until: float = 0.0
    waiting: int = 0

    def is_idle(self, now: float) -> bool:
        """Return whether nothing waits, and forgetting the queue changes nothing."""
        if self.waiting or self.halted_until > now:
            return False
        return all(window.is_idle(now) for window in self.windows)


class Sender(BaseRateLimiter[str]):
    """PTB's rate limiter; it also keeps calls in order, retries them and follows upgraded groups.

    Attributes:
        failure: Type of the last error with which a message could not be sent; empty: there was none.
        on_answered: Awaited right after a successful call that says something.
        on_forbidden: Called with the id of a chat that has blocked or removed the bot.
        on_migrate: Called with the old and the new id of a group that was upgraded.
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
        self._queues: dict[int | str, _ChatQueue] = {}
        self._overall = Window(self._pace.overall)
        self._overall_lock = asyncio.Lock()
        self._bulk = Window(self._pace.bulk)
        self._bulk_lock = asyncio.Lock()
        self._moved: dict[int | str, int] = {}
        self._forbidden: dict[int | str, None] = {}
        self._last_success = clock()
        self._last_failure = float("-inf")
        self._unsent_since: float | None = None
        self._unsent_last = 0.0
        self.failure = ""
        self.on_answered: Callable[[], Awaitable[None]] | None = None
        self.on_forbidden: list[Callable[[int], None]] = []
        self.on_migrate: list[Callable[[int, int], None]] = []

    @property
    def failing_seconds(self) -> float:
        """Seconds between the first and the last failure to send a message; 0: none since the last success.

        A failure that nothing followed for FORGET_SECONDS counts no more.
        """
        if self._unsent_since is None or self._clock() - self._unsent_last > FORGET_SECONDS:
            return 0.0
        return self._unsent_last - self._unsent_since

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
        """Make a call of the Bot API when its turn has come.

        Raises:
            CancelledUnsentError: It was marked `BULK` and cancelled while it waited for its turn.
        """
        method = endpoint.lower()
        has_left = False

        async def call() -> Result:
            nonlocal has_left
            has_left = True
            try:
                return await callback(*args, **kwargs)
            except (ArithmeticError, LookupError, AttributeError, TypeError, ValueError) as error:
                # PTB's reading of a response whose fields have other types or sizes than Telegram's.
                raise TelegramError(f"Unreadable response: {error!r}") from error

        chat_id = self._current_chat_id(data)
        if method in _COSMETIC:
            return await self._call_cosmetic(call, method, chat_id)
        if not method.startswith(_ANSWERING):
            return await self._call_with_retries(call, method, data)
        if chat_id is None:
            result = await self._call_with_retries(call, method, data)
        else:
            is_bulk = rate_limit_args == BULK
            try:
                if is_bulk:
                    await self._wait_for_turn(self._bulk, self._bulk_lock)
                result = await self._call_in_order(call, method, data, chat_id, is_bulk=is_bulk)
            except asyncio.CancelledError:
                if is_bulk and not has_left:
                    raise CancelledUnsentError from None
                raise
        if self.on_answered:
            await self.on_answered()
        return result

    async def _call_cosmetic(self, call: Call, method: str, chat_id: int | str | None) -> Result:
        """Make a call that only shows life; skip it if the chat has messages waiting or is halted."""
        queue = self._queues.get(chat_id) if chat_id is not None else None
        if queue and (queue.waiting or queue.halted_until > self._clock()):
            return True
        try:
            result = await call()
        except RetryAfter as error:
            self._halt(queue or self._queue(chat_id or 0), _seconds(error))
            return True
        except TelegramError as error:
            self._metrics.count_send_error(method, _reason(error))
            raise
        self._metrics.count_call(method)
        return result

    async def _call_in_order(
        self, call: Call, method: str, data: dict[str, Any], chat_id: int | str, *, is_bulk: bool
    ) -> Result:
        """Make a call after all earlier ones into the same chat, as soon as the rate limits allow it."""
        queue = self._queue(chat_id)
        queue.waiting += 1
        try:
            async with queue.lock:
                while (wait := self._seconds_to_wait(queue)) > 0:  # noqa: ASYNC110 — time passes, nobody signals it
                    await asyncio.sleep(wait)
                await self._wait_for_turn(self._overall, self._overall_lock)
                try:
                    return await self._call_with_retries(call, method, data, queue=queue, is_bulk=is_bulk)
                finally:
                    for window in queue.windows:
                        window.take(self._clock())
        finally:
            queue.waiting -= 1

    def _seconds_to_wait(self, queue: _ChatQueue) -> float:
        now = self._clock()
        return max(queue.halted_until - now, *(window.wait(now) for window in queue.windows))

    async def _wait_for_turn(self, window: Window, lock: asyncio.Lock) -> None:
        """Wait until a shared window has room and count the message; first come, first served."""
        async with lock:
            while (wait := window.wait(self._clock())) > 0:  # noqa: ASYNC110
                await asyncio.sleep(wait)
            window.take(self._clock())

    async def _call_with_retries(
        self,
        call: Call,
        method: str,
        data: dict[str, Any],
        *,
        queue: _ChatQueue | None = None,
        is_bulk: bool = False,
    ) -> Result:
        """Call until it succeeds or is hopeless. A digest is rather lost than doubled."""
        delays = iter(NETWORK_DELAYS)
        flood_waited = 0.0
        unsure = False
        while True:
            try:
                result = await call()
            except RetryAfter as error:
                self._metrics.count_send_error(method, "429")
                flood_waited += _seconds(error)
                if flood_waited > MAX_FLOOD_SECONDS:
                    raise
                logger.info("flood limit: method=%s wait=%.0f s", method, _seconds(error))
                await asyncio.sleep(self._halt(queue, _seconds(error)))
            except ChatMigrated as error:
                self._migrate(data, error.new_chat_id)
            except (Forbidden, BadRequest) as error:
                self._metrics.count_send_error(method, _reason(error))
                self._note_sent(method)
                if unsure and mentions_any(error, _ALREADY_DONE):
                    return True
                self._remember_refusal(data.get("chat_id"), error)
                raise
            except (InvalidToken, Conflict):
                self._metrics.count_send_error(method, "refused")
                raise
            except TelegramError as error:  # the network, a gateway, a response that is no JSON
                self._metrics.count_send_error(method, _reason(error))
                self._note_unsent(method, error)
                delay = next(delays, None)
                if delay is None or self._record_failure():
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
        self._note_sent(method)
        if chat_id is not None:
            self._forbidden.pop(chat_id, None)

    def _note_sent(self, method: str) -> None:
        """Note that Telegram was reached with a message, whatever it thought of it."""
        if method.startswith(_ANSWERING):
            self._unsent_since = None

    def _note_unsent(self, method: str, error: TelegramError) -> None:
        if not method.startswith(_ANSWERING):
            return
        now = self._clock()
        if self._unsent_since is None or now - self._unsent_last > FORGET_SECONDS:
            self._unsent_since = now
        self._unsent_last = now
        self.failure = _reason(error)

    def _record_failure(self) -> bool:
        """Note a failed call; return whether all calls have failed for OFFLINE_SECONDS."""
        now = self._clock()
        # An idle bot has had no success for long either: only consecutive failures count.
        if now - self._last_failure > OFFLINE_SECONDS:
            self._last_success = max(self._last_success, now - 1)
        self._last_failure = now
        return now - self._last_success > OFFLINE_SECONDS

    def _halt(self, queue: _ChatQueue | None, seconds: float) -> float:
        """Halt a chat after a 429; return how long to wait before the next try, in seconds.

        The wait is bounded: what follows a longer one is refused anew, rather than held back unseen.
        """
        pause = min(seconds, MAX_FLOOD_SECONDS) + 0.2
        if queue is not None:
            queue.halted_until = max(queue.halted_until, self._clock() + pause)
        return pause

    def _current_chat_id(self, data: dict[str, Any]) -> int | str | None:
        """Return the chat of a call; an upgraded group's new id, which also goes into `data`."""
        chat_id: int | str | None = data.get("chat_id")
        if isinstance(chat_id, str) and chat_id.lstrip("-").isdigit():
            chat_id = int(chat_id)
        if chat_id in self._moved:
            chat_id = data["chat_id"] = self._moved[chat_id]
            _drop_old_references(data)
        return chat_id

    def _migrate(self, data: dict[str, Any], new: int) -> None:
        old = data["chat_id"]
        logger.info("group upgraded: old=%s new=%s", old, new)
        data["chat_id"] = new
        _drop_old_references(data)
        _remember(self._moved, old, new)
        for hook in self.on_migrate:
            _call_hook(hook, old, new)

    def _remember_refusal(self, chat_id: int | str | None, error: TelegramError) -> None:
        if not isinstance(chat_id, int) or refusal_of(error) is not Refusal.GONE:
            return
        if chat_id not in self._forbidden:
            logger.info("a chat has blocked or removed the bot: %s", error)
            _remember(self._forbidden, chat_id, None)
            for hook in self.on_forbidden:
                _call_hook(hook, chat_id)

    def _queue(self, chat_id: int | str) -> _ChatQueue:
        queue = self._queues.get(chat_id)
        if queue is None:
            if len(self._queues) >= _MAX_QUEUES:
                self._forget_idle()
            # User names with @ stand for channels and supergroups, as negative ids do.
            is_group = isinstance(chat_id, str) or chat_id < 0
            rates = (self._pace.chat, self._pace.group) if is_group else (self._pace.chat,)
            queue = self._queues[chat_id] = _ChatQueue(tuple(map(Window, rates)))
        return queue

    def _forget_idle(self) -> None:
        now = self._clock()
        self._queues = {chat_id: queue for chat_id, queue in self._queues.items() if not queue.is_idle(now)}


def is_unsent(error: TelegramError) -> bool:
    """Return whether a call certainly was not carried out, so that a second try cannot double it.

    That is so if no connection was made, or if a gateway responded in Telegram's place. After a connection
    that broke later, and after a response that could not be read, nobody knows.
    """
    cause = error.__cause__
    if isinstance(cause, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.ProxyError):
        return True
    return type(error) is NetworkError and not isinstance(cause, httpx.HTTPError)


def is_transient(error: BaseException) -> bool:
    """Return whether the same call may succeed a little later."""
    if isinstance(error, BadRequest | Forbidden | InvalidToken | ChatMigrated):
        return False
    return isinstance(error, TelegramError | TimeoutError)


def _seconds(error: RetryAfter) -> float:
    wait = error.retry_after
    try:
        seconds = wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
    except (TypeError, ValueError):  # a server may write anything
        seconds = 1.0
    return max(seconds, 0.0)


def _reason(error: TelegramError) -> str:
    return type(error).__name__


def _drop_old_references(data: dict[str, Any]) -> None:
    """Remove references to messages and topics of the old group, which the new one does not know."""
    data.pop("reply_parameters", None)
    data.pop("message_thread_id", None)


def _remember(known: dict[Any, Any], key: object, value: object) -> None:
    if len(known) >= _MAX_REMEMBERED:
        known.pop(next(iter(known)))
    known[key] = value


def _call_hook(hook: Callable[..., None], *arguments: object) -> None:
    try:
        hook(*arguments)
    except Exception:
        logger.exception("a hook of the sender failed")
