"""Dealing with one update to its end: handled again while sending fails, given up when nobody waits for it.

What was in hand at an end of the bot is dealt with anew. One that ends it each time is known by that.
"""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from bot.inbox.acks import Marks, Trouble
from bot.inbox.apologies import Notices
from bot.inbox.envelope import FLEETING, Envelope
from bot.inbox.store import InboxStore, StorageError
from bot.inbox.update import Hand, Notice, Outcome, PoisonError, Update, Waiting, in_hand

logger = logging.getLogger(__name__)

HANDLE_SECONDS = 180.0
"""A handler that takes longer has hung; its chat must not be deaf for ever."""

FLEETING_SECONDS = 45.0
"""A press or an inline query that waited longer is not looked at by anybody."""

GROUP_SECONDS = 120.0
"""A question in a group that waited longer here is dropped with a word: the talk has moved on."""

SUSPICIOUS_ATTEMPTS = 3
"""Of updates that were in hand that often when the bot ended one may end it: they are begun one by one."""

MOST_ATTEMPTS = 12
"""An update that was in hand that often when the bot ended, ends it. At ten kills it may have been chance."""

RETRY_DELAYS = (1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds before an update is dealt with again that no reply could be sent to; the last repeats."""


class HandlingTooLongError(Exception):
    """Handling an update took longer than HANDLE_SECONDS: trying again would take as long."""


class Dealer:
    """Deals with the updates that are given to it.

    Args:
        handle: As for `Inbox`, and so are `is_passing`, `is_unreachable` and `stale`.
        read: Reads the outside of an update.
        stopping: Set when the bot ends: what is not dealt with then is left to its next life.
        now: Seconds since the epoch.
    """

    def __init__(
        self,
        store: InboxStore,
        handle: Callable[[Update], Awaitable[None]],
        *,
        read: Callable[[object], Envelope | None],
        marks: Marks,
        notices: Notices,
        trouble: Trouble,
        is_passing: Callable[[BaseException], bool],
        is_unreachable: Callable[[BaseException], bool],
        stale: timedelta,
        retry_delays: Sequence[float],
        stopping: asyncio.Event,
        now: Callable[[], float],
    ) -> None:
        self._store = store
        self._handle = handle
        self._read = read
        self._marks = marks
        self._notices = notices
        self._trouble = trouble
        self._is_passing = is_passing
        self._is_unreachable = is_unreachable
        self._stale = stale.total_seconds()
        self._retry_delays = tuple(retry_delays)
        self._stopping = stopping
        self._now = now
        self._suspects = asyncio.Lock()

    async def see_through(self, waiting: Waiting) -> None:
        """Deal with an update to its end."""
        if waiting.attempts < SUSPICIOUS_ATTEMPTS:
            await self._see_to(waiting)
            return
        # Whoever only was in hand beside the one that ends the bot is not given up with it.
        async with self._suspects:
            if not self._stopping.is_set():
                await self._see_to(waiting)

    async def _see_to(self, waiting: Waiting) -> None:
        update, attempts = await self._fetch(waiting)
        if update is None:
            return
        envelope = self._read(update)
        if envelope is None:
            return
        if attempts > MOST_ATTEMPTS:
            logger.error(
                "update %d was in hand at %d ends of the bot: passed over", waiting.update_id, attempts - 1
            )
            self._marks.conclude(waiting.update_id, envelope.kind, Outcome.POISON, saved=waiting.saved)
            if envelope.wants_answer:
                self._notices.apologise(envelope, Notice.STALE)
            return
        await self._deal_with(Hand(envelope, waiting.arrived, saved=waiting.saved), waiting, update)

    async def _fetch(self, waiting: Waiting) -> tuple[Update | None, int]:
        """The update itself and how often it was begun; None: it is done or gone."""
        if not waiting.saved:
            return waiting.update, 1
        while True:
            try:
                row = await self._store.begin(waiting.update_id)
            except StorageError as error:
                self._trouble.note(str(error))
                if waiting.update is not None:
                    return waiting.update, 1
                if await self._is_stopping_within(2.0):
                    return None, 0
                continue
            if row is None:
                return None, 0
            waiting.asked = row.asked
            return waiting.update or json.loads(row.body), row.attempts

    async def _deal_with(self, hand: Hand, waiting: Waiting, update: Update) -> None:
        delays = iter(self._retry_delays)
        delay = 0.0
        while not self._is_too_late(hand, waiting):
            try:
                failure = await self._handle_once(hand, update)
            except PoisonError as error:
                logger.error("update %d cannot be read, passed over: %s", waiting.update_id, error)
                self._marks.conclude(waiting.update_id, hand.envelope.kind, Outcome.POISON, saved=hand.saved)
                return
            if hand.answered:
                return
            if isinstance(failure, HandlingTooLongError):
                self._marks.conclude(waiting.update_id, hand.envelope.kind, Outcome.FAILED, saved=hand.saved)
                if hand.envelope.wants_answer:
                    self._notices.apologise(hand.envelope, Notice.FAILED)
                return
            if failure is None:
                self._marks.conclude(waiting.update_id, hand.envelope.kind, Outcome.QUIET, saved=hand.saved)
                return
            if not self._is_passing(failure):
                outcome = Outcome.UNREACHABLE if self._is_unreachable(failure) else Outcome.FAILED
                self._marks.conclude(waiting.update_id, hand.envelope.kind, outcome, saved=hand.saved)
                return
            delay = next(delays, delay)
            logger.warning(
                "update %d not answered (%s), again in %.0f s",
                waiting.update_id,
                type(failure).__name__,
                delay,
            )
            if await self._is_stopping_within(delay):
                return

    async def _handle_once(self, hand: Hand, update: Update) -> BaseException | None:
        hand.error = None
        token = in_hand.set(hand)
        bound = asyncio.timeout(HANDLE_SECONDS)
        try:
            async with bound:
                await self._handle(update)
        except PoisonError:
            raise
        except TimeoutError as error:
            logger.error("update %d: handling failed", hand.envelope.update_id, exc_info=error)
            hand.error = HandlingTooLongError() if bound.expired() else error
        except Exception as error:
            logger.error("update %d: handling failed", hand.envelope.update_id, exc_info=error)
            hand.error = error
        finally:
            in_hand.reset(token)
        return hand.error

    def _is_too_late(self, hand: Hand, waiting: Waiting) -> bool:
        """Conclude an update that came, or became, too late; say so where somebody waits for an answer."""
        envelope = hand.envelope
        age = self._now() - waiting.asked
        waited = time.monotonic() - waiting.arrived
        if envelope.kind in FLEETING:
            if waiting.replayed or waited > FLEETING_SECONDS:
                self._marks.conclude(waiting.update_id, envelope.kind, Outcome.EXPIRED, saved=waiting.saved)
                return True
            return False
        # What is no question changes settings or tells of a move: it counts whatever its age.
        if not envelope.wants_answer:
            return False
        if age > self._stale:
            notice = Notice.STALE
        elif not envelope.private and waited > GROUP_SECONDS:
            # Where sending failed all that time, others' questions are not to blame.
            notice = Notice.STALE if hand.error else Notice.GROUP_SLOW_DOWN
        else:
            return False
        self._marks.conclude(waiting.update_id, envelope.kind, Outcome.STALE, saved=waiting.saved)
        self._notices.apologise(envelope, notice)
        return True

    async def _is_stopping_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                return await self._stopping.wait()
        except TimeoutError:
            return False
