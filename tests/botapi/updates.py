"""Updates on their way to the bot: the queue, long polling, and the webhook that pushes them."""

import asyncio
import contextlib
import itertools
import json
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.botapi.errors import ApiError
from tests.botapi.formatting import Json

DEFAULT_KINDS = frozenset(
    {
        "message",
        "edited_message",
        "channel_post",
        "edited_channel_post",
        "inline_query",
        "chosen_inline_result",
        "callback_query",
        "my_chat_member",
        "poll",
        "poll_answer",
        "chat_join_request",
    }
)
"""Kinds delivered until the bot names others: all but chat_member and reactions."""

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
_CONFLICT = (
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
)
_WEBHOOK_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first"
)


@dataclass(slots=True, eq=False)
class Pending:
    """An update that waits for the bot."""

    id: int
    body: Json
    repeated: bool = False


@dataclass(slots=True)
class Webhook:
    """Where and how updates are pushed."""

    url: str
    secret: str = ""
    max_connections: int = 40
    last_error: str | None = None
    last_error_at: int | None = None
    answers: list[int] = field(default_factory=list)
    """HTTP statuses the bot answered with, 0 for none; newest last."""


class Updates:
    """The queue of one bot. At most one poll is open; a webhook excludes polling."""

    def __init__(self) -> None:
        self._ids = itertools.count(700_000_001)
        self._pending: list[Pending] = []
        self._changed = asyncio.Event()
        self._confirmed = asyncio.Event()
        self._last_offset: int | None = None
        self._last_poll_ended = 0.0
        self._poll: asyncio.Future[None] | None = None
        self._last: Pending | None = None
        self._pusher: asyncio.Task[None] | None = None
        self.kinds = DEFAULT_KINDS
        self.webhook: Webhook | None = None
        self.webhook_retry_seconds = 0.2
        """First delay before an update is pushed again; doubles up to 60 seconds."""
        self.reverse_proxy: dict[str, str] = {}
        """Public base address → where the bot really listens."""
        self.on_reply: Callable[[Json], Awaitable[object]] | None = None
        """Called with a method that the bot wrote into its answer to a pushed update."""
        self.polls = 0
        self.closed = False

    @property
    def waiting(self) -> int:
        """How many updates the bot has not confirmed."""
        return len(self._pending)

    @property
    def unconfirmed(self) -> list[int]:
        """Numbers of the updates that the bot has not confirmed."""
        return [pending.id for pending in self._pending]

    @property
    def polling(self) -> bool:
        """Whether a long poll is open now."""
        return self._poll is not None

    def put(self, kind: str, payload: Json) -> int | None:
        """Queue an update; None if the bot did not ask for this kind."""
        if kind not in self.kinds:
            return None
        return self.put_raw({kind: payload})

    def put_raw(self, body: Json) -> int:
        """Queue any update, also one that no client could make; `update_id` is given unless it has one."""
        update_id = body.get("update_id", None) or next(self._ids)
        self._last = Pending(update_id, {"update_id": update_id, **body})
        self._pending.append(self._last)
        self._wake()
        return int(update_id)

    def repeat_last(self) -> None:
        """Deliver the newest update once more with the same id, even if it was confirmed."""
        if self._last is None:
            raise LookupError("there was no update yet")
        self._pending.append(Pending(self._last.id, self._last.body, repeated=True))
        self._wake()

    async def emptied(self, within: float = 60.0) -> None:
        """Wait until the bot has confirmed everything.

        Raises:
            TimeoutError: It has not, within so many seconds.
        """
        async with asyncio.timeout(within):
            while self._pending:
                self._confirmed.clear()
                await self._confirmed.wait()

    def take(self) -> list[Json]:
        """Hand out and confirm everything pending, for tests that drive the application directly."""
        taken, self._pending = self._pending, []
        return [pending.body for pending in taken]

    def drop(self) -> None:
        """Forget everything pending."""
        self._pending.clear()

    def allow(self, kinds: Iterable[str] | None) -> None:
        """Remember `allowed_updates`; an empty list means the default again, None changes nothing."""
        if kinds is not None:
            self.kinds = frozenset(kinds) or DEFAULT_KINDS

    async def poll(self, *, offset: int, limit: int, wait: float) -> list[Json]:
        """Answer one getUpdates.

        Raises:
            ApiError: 409 while a webhook is set, or when another poll takes over.
        """
        if self.webhook:
            raise ApiError(409, _WEBHOOK_ACTIVE)
        self.polls += 1
        if self._poll and not self._poll.done():
            self._poll.set_exception(ApiError(409, _CONFLICT))
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._poll = mine
        now = asyncio.get_running_loop().time()
        if offset == self._last_offset and now < self._last_poll_ended + 0.5:
            limit = 1  # as the real server does: whoever asks the same again at once gets little
        self._last_offset = offset
        try:
            self._confirm(offset)
            await self._wait_for_news(mine, wait)
            given = self._pending[:limit]
            for pending in given:
                if pending.repeated:
                    self._pending.remove(pending)
            return [pending.body for pending in given]
        finally:
            if self._poll is mine:
                self._poll = None
            self._last_poll_ended = asyncio.get_running_loop().time()
            mine.cancel()

    def abandon(self) -> None:
        """End the open poll without an answer: its connection is gone."""
        if self._poll and not self._poll.done():
            self._poll.cancel()
            self._poll = None

    def _confirm(self, offset: int) -> None:
        if offset < 0:
            self._pending = self._pending[offset:]
        elif offset > 0:
            self._pending = [pending for pending in self._pending if pending.id >= offset or pending.repeated]
        self._confirmed.set()

    async def _wait_for_news(self, mine: asyncio.Future[None], longest: float) -> None:
        deadline = asyncio.get_running_loop().time() + longest
        while not self._pending and not self.closed:
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                return
            waiter = asyncio.ensure_future(self._changed.wait())
            waits: set[asyncio.Future[Any]] = {waiter, mine}
            try:
                await asyncio.wait(waits, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            finally:
                waiter.cancel()
            if mine.done():
                mine.result()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    # --- webhook

    async def set_webhook(self, webhook: Webhook | None) -> None:
        """Begin, change or end pushing."""
        await self._stop_pushing()
        self.webhook = webhook
        if webhook:
            self._pusher = asyncio.create_task(self._push_all(webhook), name="webhook pusher")

    async def close(self) -> None:
        """End the open poll and the pushing."""
        self.closed = True
        self._wake()
        await self._stop_pushing()

    async def _stop_pushing(self) -> None:
        if self._pusher:
            self._pusher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._pusher
            self._pusher = None

    async def _push_all(self, webhook: Webhook) -> None:
        """Push in order within a chat, in parallel across chats, each until it succeeds."""
        lines: dict[object, asyncio.Task[None]] = {}
        started: set[Pending] = set()
        places = asyncio.Semaphore(webhook.max_connections)
        async with httpx.AsyncClient(timeout=30.0, trust_env=False) as client, asyncio.TaskGroup() as tasks:
            while True:
                changed = self._changed
                started.intersection_update(self._pending)
                for pending in list(self._pending):
                    if pending not in started:
                        started.add(pending)
                        key = _line(pending.body)
                        lines[key] = tasks.create_task(
                            self._push(client, webhook, pending, lines.get(key), places)
                        )
                await changed.wait()

    async def _push(
        self,
        client: httpx.AsyncClient,
        webhook: Webhook,
        pending: Pending,
        before: asyncio.Task[None] | None,
        places: asyncio.Semaphore,
    ) -> None:
        if before and not before.done():
            await asyncio.wait({before})
        delay = self.webhook_retry_seconds
        while pending in self._pending:
            async with places:
                if await self._push_once(client, webhook, pending):
                    if pending in self._pending:
                        self._pending.remove(pending)
                    self._confirmed.set()
                    return
            await asyncio.sleep(delay)
            delay = min(2 * delay, 60.0)

    async def _push_once(self, client: httpx.AsyncClient, webhook: Webhook, pending: Pending) -> bool:
        headers = {SECRET_HEADER: webhook.secret} if webhook.secret else {}
        try:
            response = await client.post(self._route(webhook.url), json=pending.body, headers=headers)
        except httpx.HTTPError as error:
            webhook.answers.append(0)
            webhook.last_error = f"Connection failed: {type(error).__name__}"
            return False
        webhook.answers.append(response.status_code)
        if not response.is_success:
            webhook.last_error = (
                f"Wrong response from the webhook: {response.status_code} {response.reason_phrase}"
            )
            return False
        await self._run_reply(response.content)
        return True

    def _route(self, url: str) -> str:
        for public, local in self.reverse_proxy.items():
            if url.startswith(public):
                return local + url.removeprefix(public)
        return url

    async def _run_reply(self, body: bytes) -> None:
        with contextlib.suppress(ValueError):
            reply = json.loads(body)
            if isinstance(reply, dict) and "method" in reply and self.on_reply:
                await self.on_reply(reply)


def _line(body: Json) -> object:
    """What an update must stay in order with: its chat, else its author."""
    for payload in body.values():
        if isinstance(payload, dict):
            message = payload.get("message", payload)
            chat = message.get("chat") if isinstance(message, dict) else None
            if isinstance(chat, dict):
                return chat.get("id")
            sender = payload.get("from")
            if isinstance(sender, dict):
                return sender.get("id")
    return None
