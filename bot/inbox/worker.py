"""The worker: handles one update to its end, with retries, and gives up what nobody waits for.

An update that was in flight when the bot ended is handled again. One that crashes the bot every time is
recognised by its attempts.
"""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable

from bot.inbox import gathering
from bot.inbox.acks import AckWriter, StorageHealth
from bot.inbox.apologies import Apologies
from bot.inbox.envelope import EXPIRING_KINDS, Envelope
from bot.inbox.options import InboxOptions
from bot.inbox.queues import ChatQueues
from bot.inbox.store import STORAGE_ERRORS, InboxStore
from bot.inbox.update import InFlight, Notice, Outcome, PoisonError, QueuedUpdate, Update, current_update

logger = logging.getLogger(__name__)

LOAD_RETRY_SECONDS = 2.0
"""Pause before an update is read from the database again."""


class HandlerTimeoutError(Exception):
    """A handler took longer than `InboxOptions.handle_seconds`; another try would take as long."""


class Worker:
    """Handles updates.

    Args:
        handle: As for `Inbox`.
        queues: What waits behind the updates in flight.
        read_envelope: Reads the metadata of a raw update; None: it has no usable number.
        on_quiet: Called with an update that was handled without anything being said.
        stopping: Set when the bot stops. What is not finished then is left to the next run.
        now: The time at Telegram, seconds since the epoch.
    """

    def __init__(
        self,
        store: InboxStore,
        handle: Callable[[Update], Awaitable[None]],
        options: InboxOptions,
        *,
        queues: ChatQueues,
        read_envelope: Callable[[object], Envelope | None],
        acks: AckWriter,
        apologies: Apologies,
        health: StorageHealth,
        on_quiet: Callable[[Envelope], None],
        stopping: asyncio.Event,
        now: Callable[[], float],
    ) -> None:
        self._store = store
        self._handle = handle
        self._options = options
        self._queues = queues
        self._read_envelope = read_envelope
        self._acks = acks
        self._apologies = apologies
        self._health = health
        self._on_quiet = on_quiet
        self._stopping = stopping
        self._now = now
        self._suspects = asyncio.Lock()

    async def run(self, queued: QueuedUpdate) -> None:
        """Handle an update to its end."""
        if queued.attempts < self._options.suspicious_attempts:
            await self._run(queued)
            return
        # Suspects run one by one, so that innocent neighbours of a crashing update are not given up.
        async with self._suspects:
            if not self._stopping.is_set():
                await self._run(queued)

    async def _run(self, queued: QueuedUpdate) -> None:
        update = await self._load(queued)
        if update is None:
            return
        if queued.attempts > self._options.max_attempts:
            self._give_up_crashing(update)
            return
        await self._gather(update)
        await self._retry(update)

    async def _load(self, queued: QueuedUpdate) -> InFlight | None:
        """Note that handling begins, and read the update; None: it is finished or gone."""
        raw = await self._begin(queued) if queued.stored else queued.raw
        envelope = None if raw is None else self._read_envelope(raw)
        return None if raw is None or envelope is None else InFlight(queued, envelope, raw)

    async def _begin(self, queued: QueuedUpdate) -> Update | None:
        while True:
            try:
                row = await self._store.begin(queued.update_id)
            except STORAGE_ERRORS as error:
                self._health.report_failure(str(error))
                if queued.raw is not None:
                    return queued.raw
                if await self._is_stopping_within(LOAD_RETRY_SECONDS):
                    return None
                continue
            if row is None:
                return None
            queued.sent_at = row.sent_at
            queued.attempts = row.attempts
            return queued.raw or json.loads(row.body)

    async def _gather(self, update: InFlight) -> None:
        """Join an update with those that its sender sent with it, as one message; wait for them a moment.

        Anything else that arrives in the chat meanwhile ends the wait.
        """
        first, pieces = update.queued, [update.raw]
        piece = gathering.piece_of(update.envelope, update.raw)
        last, end = first.queued_at, first.queued_at + gathering.MAX_GATHER_SECONDS
        while piece is not None and not self._stopping.is_set():
            following = self._queues.next_in(first.queue)
            if following is None:
                wait = min(last + gathering.GATHER_SECONDS, end) - time.monotonic()
                if wait <= 0 or not await self._queues.arrival(first.queue, wait):
                    break
                continue
            raw = await self._begin(following) if following.raw is None else following.raw
            if raw is not None:
                if following.queued_at > end or not gathering.belongs_to(piece, pieces[-1], raw):
                    break
                pieces.append(raw)
            self._queues.join_next(first)
            last = following.queued_at
        update.raw = gathering.join(pieces)

    def _give_up_crashing(self, update: InFlight) -> None:
        logger.error(
            "update %d was in flight at %d crashes of the bot: given up",
            update.envelope.update_id,
            update.queued.attempts - 1,
        )
        self._finish(update, Outcome.POISON)
        self._apologise(update, Notice.STALE)

    async def _retry(self, update: InFlight) -> None:
        """Handle an update until it has an outcome, it is too late, or the bot stops."""
        delays = iter(self._options.retry_delays)
        delay = 0.0
        while not self._is_too_late(update):
            try:
                failure = await self._call(update)
            except PoisonError as error:
                logger.error("update %d cannot be read, passed over: %s", update.envelope.update_id, error)
                self._finish(update, Outcome.POISON)
                return
            if update.answered:
                return
            outcome = self._outcome_of(failure)
            if outcome is not None:
                self._finish(update, outcome)
                if isinstance(failure, HandlerTimeoutError):
                    self._apologise(update, Notice.FAILED)
                return
            delay = next(delays, delay)
            logger.warning(
                "update %d not answered (%s), again in %.0f s",
                update.envelope.update_id,
                type(failure).__name__,
                delay,
            )
            if await self._is_stopping_within(delay):
                return

    async def _call(self, update: InFlight) -> BaseException | None:
        """Call the handler once; return the error that it raised or reported.

        Raises:
            PoisonError: The update cannot be read.
        """
        update.error = None
        token = current_update.set(update)
        timeout = asyncio.timeout(self._options.handle_seconds)
        try:
            async with timeout:
                await self._handle(update.raw)
        except PoisonError:
            raise
        except TimeoutError as error:
            logger.error("update %d: handling failed", update.envelope.update_id, exc_info=error)
            update.error = HandlerTimeoutError() if timeout.expired() else error
        except Exception as error:
            logger.error("update %d: handling failed", update.envelope.update_id, exc_info=error)
            update.error = error
        finally:
            current_update.reset(token)
        return update.error

    def _outcome_of(self, failure: BaseException | None) -> Outcome | None:
        """Return how an update ends that was handled without an answer; None: it is handled again."""
        if failure is None:
            return Outcome.QUIET
        if isinstance(failure, HandlerTimeoutError):
            return Outcome.FAILED
        if self._options.is_transient(failure):
            return None
        return Outcome.UNREACHABLE if self._options.is_unreachable(failure) else Outcome.FAILED

    def _is_too_late(self, update: InFlight) -> bool:
        """Whether nobody waits for an answer any more; then the update is finished, with an apology."""
        if update.envelope.kind in EXPIRING_KINDS:
            if self._is_expired(update):
                self._finish(update, Outcome.EXPIRED)
                return True
            return False
        notice = self._stale_notice(update)
        if notice is None:
            return False
        self._finish(update, Outcome.STALE)
        self._apologise(update, notice)
        return True

    def _is_expired(self, update: InFlight) -> bool:
        return update.queued.replayed or _waited(update) > self._options.expiry_seconds

    def _stale_notice(self, update: InFlight) -> Notice | None:
        """Return what to tell the sender of a question that is too old; None: it is not."""
        # Everything but questions changes settings or reports a move: it counts whatever its age.
        if not update.envelope.wants_answer:
            return None
        if self._now() - update.queued.sent_at > self._options.stale.total_seconds():
            return Notice.STALE
        if not update.envelope.private and _waited(update) > self._options.group_seconds:
            # Where sending failed all that time, the group did not ask too much.
            return Notice.STALE if update.error else Notice.GROUP_SLOW_DOWN
        return None

    def _finish(self, update: InFlight, outcome: Outcome) -> None:
        envelope = update.envelope
        if outcome is Outcome.QUIET:
            self._on_quiet(envelope)
        self._acks.finish(envelope.update_id, envelope.kind, outcome, stored=update.queued.stored)
        self._acks.finish_parts(update.queued, envelope.kind)

    def _apologise(self, update: InFlight, notice: Notice) -> None:
        if update.envelope.wants_answer:
            self._apologies.apologise(update.envelope, notice)

    async def _is_stopping_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                return await self._stopping.wait()
        except TimeoutError:
            return False


def _waited(update: InFlight) -> float:
    return time.monotonic() - update.queued.queued_at
