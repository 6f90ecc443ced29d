"""The durable inbox: every update is stored before Telegram hears that it arrived, and answered once.

    Telegram → accept (stored, confirmed) → lane of its chat → handle → marked with the first reply

Lanes run side by side and take turns; within one, updates are dealt with in order. After a restart
whatever was not marked is dealt with again, except what nobody waits for any more. While the database
cannot be written, `accept` returns only when its updates are dealt with: Telegram, which is told of
their arrival afterwards, keeps them meanwhile.
"""

import asyncio
import contextlib
import functools
import json
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from bot.inbox.acks import Marks, Trouble
from bot.inbox.apologies import Notices, Notify
from bot.inbox.envelope import INLINE, Envelope, encode, read_envelope
from bot.inbox.limits import Limits, Verdict
from bot.inbox.queues import Lanes
from bot.inbox.store import InboxStore, Left, StorageError
from bot.inbox.update import FullError, Notice, Outcome, Update, Waiting, in_hand
from bot.inbox.worker import RETRY_DELAYS, Dealer
from bot.metrics import Metrics
from bot.process.watchdog import LastEnd
from bot.storage.database import State
from corpus.errors import StoreError

logger = logging.getLogger(__name__)

CONCURRENCY = 128
"""Updates in hand at once. Most of them wait for the network."""

UNSAVED_SECONDS = 30.0
"""How long confirming waits for answers while the database cannot be written."""

MOST_WAITING = 50_000
"""With that many waiting nothing more is taken in: Telegram keeps the rest for a day."""

ALONE_SECONDS = 10.0
"""How long everything else waits for an update that may make the bot hang. A hang ends the bot; an update
that only takes its time goes on beside the others."""

_MOST_REMEMBERED = 20_000


class Inbox:
    """Takes updates in and sees each of them through.

    Args:
        state: Where they are stored.
        handle: Deals with one update; raises PoisonError if it cannot be read. Errors of its handlers
            are not raised but told to `report_failure` while it runs.
        notify: Tells somebody why there is no answer.
        is_passing: Whether an error may be gone a little later.
        is_unreachable: Whether an error says that whoever asked does not want an answer any more.
        stale: Questions older than this get an apology instead of an answer.
        now: The time at Telegram, seconds since the epoch; the state's own where none is given.
    """

    def __init__(
        self,
        state: State,
        handle: Callable[[Update], Awaitable[None]],
        *,
        notify: Notify,
        is_passing: Callable[[BaseException], bool],
        is_unreachable: Callable[[BaseException], bool] = lambda _: False,
        stale: timedelta = timedelta(minutes=10),
        limits: Limits | None = None,
        now: Callable[[], float] | None = None,
        metrics: Metrics | None = None,
        concurrency: int = CONCURRENCY,
        retry_delays: Sequence[float] = RETRY_DELAYS,
    ) -> None:
        metrics = metrics or Metrics()
        self._state = state
        self._now = now or (lambda: state.now().timestamp())
        self._store = InboxStore(state)
        self._durable = state.path is not None
        self._limits = limits or Limits()
        self._metrics = metrics
        self._concurrency = concurrency
        self._stopping = asyncio.Event()
        self._trouble = Trouble(metrics)
        self._marks = Marks(self._store, metrics, self._trouble, stopping=self._stopping)
        self._notices = Notices(notify)
        self._dealer = Dealer(
            self._store,
            handle,
            read=self._read,
            marks=self._marks,
            notices=self._notices,
            trouble=self._trouble,
            is_passing=is_passing,
            is_unreachable=is_unreachable,
            stale=stale,
            retry_delays=retry_delays,
            stopping=self._stopping,
            now=self._now,
        )
        self._lanes = Lanes()
        self._in_hand: set[asyncio.Task[None]] = set()
        self._seen: OrderedDict[int, None] = OrderedDict()
        self._took_up = False
        self.last_end: LastEnd | None = None
        """How the life before this one ended, until what it had in hand is looked through."""
        self.bot_id = 0
        self.bot_name = ""

    # --- What others see ---------------------------------------------------------------------

    @property
    def depth(self) -> int:
        """How many updates wait or are in hand."""
        return self._lanes.depth

    def waiting_behind(self) -> int:
        """How many updates of the same chat wait behind the one that is being handled by the caller."""
        hand = in_hand.get()
        return self._lanes.behind(hand.envelope.lane) if hand is not None else 0

    @property
    def trouble(self) -> str | None:
        """Why updates cannot be stored at the moment, in words for an operator; None when they can."""
        return self._trouble.reason

    @property
    def is_moving(self) -> bool:
        """Whether nothing waits, or something was finished within the last minute."""
        return self._lanes.is_moving

    async def start(self, last_end: LastEnd | None = None) -> None:
        """Take up what was left behind.

        Args:
            last_end: How the life before this one ended, where it did not end by itself. What was in hand
                when it hung is dealt with alone before anything else; a single update is given up.
        """
        self.last_end = last_end
        if not self._durable:
            if last_end is not None:
                _log_end(last_end, "not known")
                self.last_end = None
            self._trouble.note(self._state.problem or "bot.sqlite3 is not used")
            return
        await self._take_up()

    async def accept(self, updates: Sequence[object], *, backlog: bool = False) -> None:
        """Take updates in. When it returns Telegram may forget them.

        Args:
            updates: As Telegram sent them.
            backlog: They may have waited at Telegram, so their age counts from when they were written
                by Telegram's clock; otherwise from now, whatever clocks say.

        Raises:
            FullError: Too much waits already; Telegram must keep these and send them again.
        """
        if self.depth >= MOST_WAITING:
            raise FullError(f"{self.depth} updates wait already")
        letters = [letter for update in updates if (letter := self._open(update, backlog=backlog))]
        if not letters:
            return
        saved = True
        try:
            if not self._durable:
                raise StoreError(self._state.problem or "bot.sqlite3 is not used")
            fresh = await self._store.add(
                [(envelope, asked, encode(raw)) for envelope, asked, raw in letters]
            )
            self._trouble.clear()
        except StorageError as error:
            saved = False
            self._trouble.note(str(error))
            fresh = frozenset(one.update_id for one, _, _ in letters if one.update_id not in self._seen)
        taken = []
        for envelope, asked, raw in letters:
            if envelope.update_id not in fresh:
                continue
            if envelope.update_id in self._seen:  # dealt with while it could not be stored
                self._marks.note_soon(envelope.update_id, Outcome.ANSWERED)
                continue
            self._remember(envelope.update_id)
            waiting = self._admit(envelope, asked, raw, saved=saved)
            if waiting is not None:
                taken.append(waiting)
        if not saved and taken:
            await self._finished(taken)

    async def spoken(self) -> None:
        """Something was said to somebody: the update in hand, if any, is answered. Called by the sender."""
        hand = in_hand.get()
        if hand is None or hand.answered:
            return
        hand.answered = True
        self._metrics.observe_update(
            hand.envelope.kind, Outcome.ANSWERED, seconds=time.monotonic() - hand.arrived
        )
        if hand.saved:
            await self._marks.note(hand.envelope.update_id, Outcome.ANSWERED)

    def report_failure(self, update: object, error: BaseException) -> None:
        """A handler failed: unless something is said yet, the update in hand is not done."""
        del update  # the one in hand is known better
        hand = in_hand.get()
        if hand is not None:
            hand.error = error

    async def check_storage(self) -> None:
        """Where storing failed try it anew, for nothing may arrive that would show that it works again."""
        if not self._durable:
            return
        if self._state.file_problem is not None:
            await self._follow_file()
        if self._trouble.reason is None and self._took_up:
            return
        try:
            await self._store.try_writing()
        except StorageError as error:
            logger.debug("updates still cannot be stored: %s", error)
            return
        self._trouble.clear()
        if not self._took_up:
            await self._take_up()

    async def _follow_file(self) -> None:
        try:
            await self._store.run(self._state.follow_file)
        except (*StorageError, OSError) as error:
            logger.error("another bot.sqlite3 stands in place of the open one: %s", error)
            self._trouble.note(str(error))

    async def prune(self, retention: timedelta) -> None:
        """Delete what is old; a failure is logged and tried again another time."""
        try:
            await self._store.run(lambda: self._state.prune(retention))
        except StorageError as error:
            logger.warning("old entries could not be deleted: %s", error)

    async def stop(self, seconds: float) -> None:
        """Finish what is in hand, at most for so long; the rest is taken up at the next start."""
        self._stopping.set()
        tasks = self._in_hand | self._notices.tasks
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
            if late:
                logger.warning("ended while in hand, taken up at the next start: %d", len(late))
        await self._marks.close()
        await asyncio.to_thread(self._store.close)

    # --- In ----------------------------------------------------------------------------------

    async def _take_up(self) -> None:
        """Deal with what an earlier life of the bot left behind."""
        end, hung = self.last_end, self.last_end is not None and self.last_end.hung
        try:
            left = await self._store.take_stock(hung=hung)
            in_hand = [row.update_id for row in left if row.in_hand and row.update_id not in self._seen]
            if end is not None:
                _log_end(end, ", ".join(map(str, in_hand)) or "none")
            if hung and len(in_hand) == 1:
                await self._give_up(in_hand[0])
            self.last_end = None
        except StorageError as error:
            self._trouble.note(str(error))
            return
        self._took_up = True
        left = [row for row in left if row.update_id not in self._seen]
        if left:
            logger.info("taking up updates from before the restart: %d", len(left))
        # While an update that may make the bot hang is in hand nothing else is: then it is known by that.
        for row in left:
            if row.hangs and not self._stopping.is_set():
                await self._deal_alone(row)
        for row in left:
            if not row.hangs:
                self._enqueue(_again(row))

    async def _give_up(self, update_id: int) -> None:
        """Close the update that made the bot hang, and say so to whoever wrote it."""
        body = await self._store.close_hung(update_id)
        envelope = self._read(json.loads(body)) if body is not None else None
        if envelope is None:
            return
        logger.error("update %d made the bot hang: given up", update_id)
        self._metrics.observe_update(envelope.kind, Outcome.HUNG)
        if envelope.wants_answer:
            self._notices.apologise(envelope, Notice.FAILED)

    async def _deal_alone(self, row: Left) -> None:
        waiting = _again(row)
        self._enqueue(waiting)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ALONE_SECONDS):
                await waiting.done.wait()

    def _open(self, update: object, *, backlog: bool) -> tuple[Envelope, float, Update] | None:
        envelope = self._read(update)
        if envelope is None or not isinstance(update, dict):
            logger.error("an update without a number was passed over")
            self._metrics.observe_update("unknown", Outcome.POISON)
            return None
        now = self._now()
        asked = min(envelope.sent, now) if backlog and envelope.sent is not None else now
        return envelope, asked, update

    def _admit(self, envelope: Envelope, asked: float, raw: Update, *, saved: bool) -> Waiting | None:
        verdict = self._limits.judge(envelope, self._now())
        if verdict is not Verdict.TAKE:
            self._marks.conclude(envelope.update_id, envelope.kind, Outcome.LIMITED, saved=saved)
            if verdict is Verdict.TELL:
                self._notices.tell(envelope, Notice.SLOW_DOWN if envelope.private else Notice.GROUP_SLOW_DOWN)
            return None
        waiting = Waiting(
            envelope.update_id, envelope.lane, arrived=time.monotonic(), asked=asked, saved=saved
        )
        if not saved or self._lanes.has_room:
            waiting.update = raw
        if envelope.kind == INLINE:
            self._supersede(envelope)
        self._enqueue(waiting)
        return waiting

    def _supersede(self, envelope: Envelope) -> None:
        """Only the last thing typed matters."""
        for older in self._lanes.clear(envelope.lane):
            self._marks.conclude(older.update_id, INLINE, Outcome.SUPERSEDED, saved=older.saved)

    def _enqueue(self, waiting: Waiting) -> None:
        self._lanes.put(waiting)
        self._dispatch()

    def _remember(self, update_id: int) -> None:
        self._seen[update_id] = None
        if len(self._seen) > _MOST_REMEMBERED:
            self._seen.popitem(last=False)

    async def _finished(self, taken: list[Waiting]) -> None:
        try:
            async with asyncio.timeout(UNSAVED_SECONDS):
                for waiting in taken:
                    await waiting.done.wait()
        except TimeoutError:
            logger.error("updates could be neither stored nor dealt with in time; they may be lost")

    # --- In hand -----------------------------------------------------------------------------

    def _dispatch(self) -> None:
        while len(self._in_hand) < self._concurrency and not self._stopping.is_set():
            waiting = self._lanes.take()
            if waiting is None:
                return
            task = asyncio.create_task(self._see_through(waiting))
            self._in_hand.add(task)
            task.add_done_callback(functools.partial(self._next, lane=waiting.lane))

    def _next(self, task: asyncio.Task[None], lane: str) -> None:
        self._in_hand.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("the inbox failed", exc_info=task.exception())
        self._lanes.finished(lane)
        self._dispatch()

    async def _see_through(self, waiting: Waiting) -> None:
        try:
            await self._dealer.see_through(waiting)
        finally:
            self._lanes.let_go(waiting)

    def _read(self, update: object) -> Envelope | None:
        return read_envelope(update, bot_id=self.bot_id, bot_name=self.bot_name)


def _log_end(end: LastEnd, in_hand: str) -> None:
    what = "hung and was ended" if end.hung else "crashed"
    logger.critical("the bot %s; updates in hand: %s; where: %s", what, in_hand, end.what)


def _again(row: Left) -> Waiting:
    return Waiting(
        row.update_id,
        row.lane,
        arrived=time.monotonic(),
        attempts=row.attempts,
        hangs=row.hangs,
        replayed=True,
    )
