"""The durable inbox: every update is stored before Telegram hears that it arrived, and answered once.

    Telegram → accept (stored, confirmed) → lane of its chat → handle → marked with the first reply

Lanes run side by side and take turns; within one, updates are dealt with in order. After a restart
whatever was not marked is dealt with again, except what nobody waits for any more. While the database
cannot be written, `accept` returns only when its updates are dealt with: Telegram, which is told of
their arrival afterwards, keeps them meanwhile.
"""

import asyncio
import functools
import json
import logging
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum, StrEnum
from typing import Any

from bot.envelope import FLEETING, INLINE, Envelope, encode, read_envelope
from bot.inbox_store import InboxStore, StorageError
from bot.limits import Limits, Verdict
from bot.metrics import Metrics
from bot.state import State
from corpus.errors import StoreError

logger = logging.getLogger(__name__)

Update = dict[str, Any]
"""A raw update as Telegram sent it."""

CONCURRENCY = 128
"""Updates in hand at once. Most of them wait for the network."""

HANDLE_SECONDS = 180.0
"""A handler that takes longer has hung; its chat must not be deaf for ever."""

FLEETING_SECONDS = 45.0
"""A press or an inline query that waited longer is not looked at by anybody."""

GROUP_SECONDS = 120.0
"""A question in a group that waited longer here is dropped with a word: the talk has moved on."""

APOLOGY_SECONDS = 600.0
"""A chat gets one apology in this time, however many questions came too late."""

UNSAVED_SECONDS = 30.0
"""How long confirming waits for answers while the database cannot be written."""

SUSPICIOUS_ATTEMPTS = 3
"""Of updates that were in hand that often when the bot ended one may end it: they are begun one by one."""

MOST_ATTEMPTS = 12
"""An update that was in hand that often when the bot ended, ends it. At ten kills it may have been chance."""

MOST_WAITING = 50_000
"""With that many waiting nothing more is taken in: Telegram keeps the rest for a day."""

RETRY_DELAYS = (1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds before an update is dealt with again that no reply could be sent to; the last repeats."""

_MOST_IN_MEMORY = 512
_MOST_REMEMBERED = 20_000


class Outcome(StrEnum):
    """What became of an update."""

    ANSWERED = "answered"
    QUIET = "quiet"
    """Dealt with, and nothing was to be said."""
    LIMITED = "limited"
    STALE = "stale"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    """An inline query after which its person had typed on."""
    UNREACHABLE = "unreachable"
    """Whoever asked has blocked the bot since, or thrown it out."""
    FAILED = "failed"
    POISON = "poison"


class Notice(Enum):
    """What people are told who get no answer."""

    SLOW_DOWN = "limits.slow_down"
    GROUP_SLOW_DOWN = "limits.group_slow_down"
    STALE = "limits.stale"


class FullError(Exception):
    """So much waits that nothing more is taken in."""


class PoisonError(Exception):
    """An update that cannot be read."""


@dataclass(slots=True, eq=False)
class Hand:
    """An update that is being dealt with."""

    envelope: Envelope
    arrived: float
    saved: bool = True
    answered: bool = False
    error: BaseException | None = None


@dataclass(slots=True, eq=False)
class _Waiting:
    update_id: int
    lane: str
    arrived: float
    update: Update | None = None
    asked: float = 0.0
    saved: bool = True
    attempts: int = 0
    replayed: bool = False
    done: asyncio.Event = field(default_factory=asyncio.Event)


_in_hand: ContextVar[Hand | None] = ContextVar("update_in_hand", default=None)


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
    """

    def __init__(
        self,
        state: State,
        handle: Callable[[Update], Awaitable[None]],
        *,
        notify: Callable[[Envelope, Notice], Awaitable[None]],
        is_passing: Callable[[BaseException], bool],
        is_unreachable: Callable[[BaseException], bool] = lambda _: False,
        stale: timedelta = timedelta(minutes=10),
        limits: Limits | None = None,
        metrics: Metrics | None = None,
        concurrency: int = CONCURRENCY,
        retry_delays: Sequence[float] = RETRY_DELAYS,
    ) -> None:
        self._state = state
        self._store = InboxStore(state)
        self._durable = state.path is not None
        self._handle = handle
        self._notify = notify
        self._is_passing = is_passing
        self._is_unreachable = is_unreachable
        self._stale = stale.total_seconds()
        self._limits = limits or Limits()
        self._metrics = metrics or Metrics()
        self._concurrency = concurrency
        self._retry_delays = tuple(retry_delays)
        self._lanes: dict[str, deque[_Waiting]] = {}
        self._ready: deque[str] = deque()
        self._in_hand: set[asyncio.Task[None]] = set()
        self._suspects = asyncio.Lock()
        self._notices: set[asyncio.Task[None]] = set()
        self._depth = 0
        self._in_memory = 0
        self._seen: OrderedDict[int, None] = OrderedDict()
        self._marks: list[tuple[int, str]] = []
        self._marking: asyncio.Task[None] | None = None
        self._apologised: OrderedDict[int, float] = OrderedDict()
        self._stopping = asyncio.Event()
        self._last_progress = time.monotonic()
        self._trouble: str | None = None
        self._took_up = False
        self.bot_id = 0
        self.bot_name = ""

    # --- What others see ---------------------------------------------------------------------

    @property
    def depth(self) -> int:
        """How many updates wait or are in hand."""
        return self._depth

    def waiting_behind(self) -> int:
        """How many updates of the same chat wait behind the one that is being handled by the caller."""
        hand = _in_hand.get()
        return len(self._lanes.get(hand.envelope.lane, ())) if hand is not None else 0

    @property
    def trouble(self) -> str | None:
        """Why updates cannot be stored at the moment, in words for an operator; None when they can."""
        return self._trouble

    @property
    def is_moving(self) -> bool:
        """Whether nothing waits, or something was finished within the last minute."""
        return self._depth == 0 or time.monotonic() - self._last_progress < 60

    async def start(self) -> None:
        """Take up what was left behind."""
        if not self._durable:
            self._note_trouble(self._state.problem or "bot.sqlite3 is not used")
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
        if self._depth >= MOST_WAITING:
            raise FullError(f"{self._depth} updates wait already")
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
            self._recovered()
        except StorageError as error:
            saved = False
            self._note_trouble(str(error))
            fresh = frozenset(one.update_id for one, _, _ in letters if one.update_id not in self._seen)
        taken = []
        for envelope, asked, raw in letters:
            if envelope.update_id not in fresh:
                continue
            if envelope.update_id in self._seen:  # dealt with while it could not be stored
                self._marks.append((envelope.update_id, Outcome.ANSWERED))
                self._schedule_marks(0.05)
                continue
            self._remember(envelope.update_id)
            waiting = self._admit(envelope, asked, raw, saved=saved)
            if waiting is not None:
                taken.append(waiting)
        if not saved and taken:
            await self._finished(taken)

    async def spoken(self) -> None:
        """Something was said to somebody: the update in hand, if any, is answered. Called by the sender."""
        hand = _in_hand.get()
        if hand is None or hand.answered:
            return
        hand.answered = True
        self._metrics.observe_update(
            hand.envelope.kind, Outcome.ANSWERED, seconds=time.monotonic() - hand.arrived
        )
        if hand.saved:
            await self._mark(hand.envelope.update_id, Outcome.ANSWERED)

    def report_failure(self, update: object, error: BaseException) -> None:
        """A handler failed: unless something is said yet, the update in hand is not done."""
        del update  # the one in hand is known better
        hand = _in_hand.get()
        if hand is not None:
            hand.error = error

    async def check_storage(self) -> None:
        """Where storing failed try it anew, for nothing may arrive that would show that it works again."""
        if not self._durable or (self._trouble is None and self._took_up):
            return
        try:
            await self._store.try_writing()
        except StorageError as error:
            logger.debug("updates still cannot be stored: %s", error)
            return
        self._recovered()
        if not self._took_up:
            await self._take_up()

    async def prune(self, retention: timedelta) -> None:
        """Delete what is old; a failure is logged and tried again another time."""
        try:
            await self._store.prune(lambda: self._state.prune(retention))
        except StorageError as error:
            logger.warning("old entries could not be deleted: %s", error)

    async def stop(self, seconds: float) -> None:
        """Finish what is in hand, at most for so long; the rest is taken up at the next start."""
        self._stopping.set()
        tasks = self._in_hand | self._notices
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
            if late:
                logger.warning("ended while in hand, taken up at the next start: %d", len(late))
        if self._marking:
            self._marking.cancel()
            await asyncio.gather(self._marking, return_exceptions=True)
        if self._marks:
            await self._write_marks()
        await asyncio.to_thread(self._store.close)

    # --- In ----------------------------------------------------------------------------------

    async def _take_up(self) -> None:
        """Deal with what an earlier life of the bot left behind."""
        try:
            left = await self._store.waiting()
        except StorageError as error:
            self._note_trouble(str(error))
            return
        self._took_up = True
        left = [row for row in left if row[0] not in self._seen]
        if left:
            logger.info("taking up updates from before the restart: %d", len(left))
        for update_id, lane, attempts in left:
            self._enqueue(
                _Waiting(update_id, lane, arrived=time.monotonic(), attempts=attempts, replayed=True)
            )

    def _open(self, update: object, *, backlog: bool) -> tuple[Envelope, float, Update] | None:
        envelope = read_envelope(update, bot_id=self.bot_id, bot_name=self.bot_name)
        if envelope is None or not isinstance(update, dict):
            logger.error("an update without a number was passed over")
            self._metrics.observe_update("unknown", Outcome.POISON)
            return None
        now = self._now()
        asked = min(envelope.sent, now) if backlog and envelope.sent is not None else now
        return envelope, asked, update

    def _admit(self, envelope: Envelope, asked: float, raw: Update, *, saved: bool) -> _Waiting | None:
        verdict = self._limits.judge(envelope, self._now())
        if verdict is not Verdict.TAKE:
            self._conclude(envelope.update_id, envelope.kind, Outcome.LIMITED, saved=saved)
            if verdict is Verdict.TELL:
                self._tell(envelope, Notice.SLOW_DOWN if envelope.private else Notice.GROUP_SLOW_DOWN)
            return None
        waiting = _Waiting(
            envelope.update_id, envelope.lane, arrived=time.monotonic(), asked=asked, saved=saved
        )
        if not saved or self._in_memory < _MOST_IN_MEMORY:
            waiting.update = raw
        if envelope.kind == INLINE:
            self._supersede(envelope)
        self._enqueue(waiting)
        return waiting

    def _supersede(self, envelope: Envelope) -> None:
        """Only the last thing typed matters."""
        for older in self._lanes.get(envelope.lane, ()):
            self._depth -= 1
            self._in_memory -= older.update is not None
            self._conclude(older.update_id, INLINE, Outcome.SUPERSEDED, saved=older.saved)
            older.done.set()
        if envelope.lane in self._lanes:
            self._lanes[envelope.lane].clear()

    def _enqueue(self, waiting: _Waiting) -> None:
        if self._depth == 0:
            self._last_progress = time.monotonic()  # what came before was rest
        self._depth += 1
        self._in_memory += waiting.update is not None
        lane = self._lanes.get(waiting.lane)
        if lane is None:
            self._lanes[waiting.lane] = deque([waiting])
            self._ready.append(waiting.lane)
        else:
            lane.append(waiting)
            # A lane with nothing in hand stands in `_ready` already.
        self._dispatch()

    def _remember(self, update_id: int) -> None:
        self._seen[update_id] = None
        if len(self._seen) > _MOST_REMEMBERED:
            self._seen.popitem(last=False)

    async def _finished(self, taken: list[_Waiting]) -> None:
        try:
            async with asyncio.timeout(UNSAVED_SECONDS):
                for waiting in taken:
                    await waiting.done.wait()
        except TimeoutError:
            logger.error("updates could be neither stored nor dealt with in time; they may be lost")

    # --- In hand -----------------------------------------------------------------------------

    def _dispatch(self) -> None:
        while self._ready and len(self._in_hand) < self._concurrency and not self._stopping.is_set():
            lane = self._ready.popleft()
            queue = self._lanes[lane]
            if not queue:
                del self._lanes[lane]
                continue
            task = asyncio.create_task(self._see_through(queue.popleft()))
            self._in_hand.add(task)
            task.add_done_callback(functools.partial(self._next, lane=lane))

    def _next(self, task: asyncio.Task[None], lane: str) -> None:
        self._in_hand.discard(task)
        self._depth -= 1
        self._last_progress = time.monotonic()
        if not task.cancelled() and task.exception() is not None:
            logger.error("the inbox failed", exc_info=task.exception())
        self._ready.append(lane)
        self._dispatch()

    async def _see_through(self, waiting: _Waiting) -> None:
        try:
            if waiting.attempts < SUSPICIOUS_ATTEMPTS:
                await self._see_to(waiting)
                return
            # Whoever only was in hand beside the one that ends the bot is not given up with it.
            async with self._suspects:
                if not self._stopping.is_set():
                    await self._see_to(waiting)
        finally:
            self._in_memory -= waiting.update is not None
            waiting.update = None
            waiting.done.set()

    async def _see_to(self, waiting: _Waiting) -> None:
        update, attempts = await self._fetch(waiting)
        if update is None:
            return
        envelope = read_envelope(update, bot_id=self.bot_id, bot_name=self.bot_name)
        if envelope is None:
            return
        if attempts > MOST_ATTEMPTS:
            logger.error(
                "update %d was in hand at %d ends of the bot: passed over", waiting.update_id, attempts - 1
            )
            self._conclude(waiting.update_id, envelope.kind, Outcome.POISON, saved=waiting.saved)
            if envelope.wants_answer:
                self._apologise(envelope, Notice.STALE)
            return
        await self._deal_with(Hand(envelope, waiting.arrived, saved=waiting.saved), waiting, update)

    async def _fetch(self, waiting: _Waiting) -> tuple[Update | None, int]:
        """The update itself and how often it was begun; None: it is done or gone."""
        if not waiting.saved:
            return waiting.update, 1
        while True:
            try:
                row = await self._store.begin(waiting.update_id)
            except StorageError as error:
                self._note_trouble(str(error))
                if waiting.update is not None:
                    return waiting.update, 1
                if await self._is_stopping_within(2.0):
                    return None, 0
                continue
            if row is None:
                return None, 0
            waiting.asked = row.asked
            return waiting.update or json.loads(row.body), row.attempts

    async def _deal_with(self, hand: Hand, waiting: _Waiting, update: Update) -> None:
        delays = iter(self._retry_delays)
        delay = 0.0
        while not self._is_too_late(hand, waiting):
            try:
                failure = await self._handle_once(hand, update)
            except PoisonError as error:
                logger.error("update %d cannot be read, passed over: %s", waiting.update_id, error)
                self._conclude(waiting.update_id, hand.envelope.kind, Outcome.POISON, saved=hand.saved)
                return
            if hand.answered:
                return
            if failure is None:
                self._conclude(waiting.update_id, hand.envelope.kind, Outcome.QUIET, saved=hand.saved)
                return
            if not self._is_passing(failure):
                outcome = Outcome.UNREACHABLE if self._is_unreachable(failure) else Outcome.FAILED
                self._conclude(waiting.update_id, hand.envelope.kind, outcome, saved=hand.saved)
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
        token = _in_hand.set(hand)
        try:
            async with asyncio.timeout(HANDLE_SECONDS):
                await self._handle(update)
        except PoisonError:
            raise
        except Exception as error:
            logger.error("update %d: handling failed", hand.envelope.update_id, exc_info=error)
            hand.error = error
        finally:
            _in_hand.reset(token)
        return hand.error

    def _is_too_late(self, hand: Hand, waiting: _Waiting) -> bool:
        """Conclude an update that came, or became, too late; say so where somebody waits for an answer."""
        envelope = hand.envelope
        age = self._now() - waiting.asked
        waited = time.monotonic() - waiting.arrived
        if envelope.kind in FLEETING:
            if waiting.replayed or waited > FLEETING_SECONDS:
                self._conclude(waiting.update_id, envelope.kind, Outcome.EXPIRED, saved=waiting.saved)
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
        self._conclude(waiting.update_id, envelope.kind, Outcome.STALE, saved=waiting.saved)
        self._apologise(envelope, notice)
        return True

    async def _is_stopping_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                return await self._stopping.wait()
        except TimeoutError:
            return False

    # --- Done --------------------------------------------------------------------------------

    def _conclude(self, update_id: int, kind: str, outcome: Outcome, *, saved: bool) -> None:
        self._metrics.observe_update(kind, outcome)
        if saved:
            self._marks.append((update_id, outcome))
            self._schedule_marks(0.05)

    async def _mark(self, update_id: int, outcome: Outcome) -> None:
        self._marks.append((update_id, outcome))
        await self._write_marks()

    async def _write_marks(self) -> None:
        marks, self._marks = self._marks, []
        try:
            await self._store.finish(marks)
        except StorageError as error:
            self._marks = marks + self._marks
            self._note_trouble(str(error))
            self._schedule_marks(2.0)
        except asyncio.CancelledError:
            # Whether they are written is not known. Writing them twice harms nothing.
            self._marks = marks + self._marks
            raise

    def _schedule_marks(self, seconds: float) -> None:
        if (self._marking is None or self._marking.done()) and not self._stopping.is_set():
            self._marking = asyncio.create_task(self._mark_later(seconds))

    async def _mark_later(self, seconds: float) -> None:
        while self._marks:
            await asyncio.sleep(seconds)
            await self._write_marks()
            seconds = 2.0

    def _apologise(self, envelope: Envelope, notice: Notice) -> None:
        if envelope.chat_id is None:
            return
        now = time.monotonic()
        if now - self._apologised.get(envelope.chat_id, float("-inf")) < APOLOGY_SECONDS:
            return
        self._apologised[envelope.chat_id] = now
        self._apologised.move_to_end(envelope.chat_id)
        if len(self._apologised) > _MOST_REMEMBERED:
            self._apologised.popitem(last=False)
        self._tell(envelope, notice)

    def _tell(self, envelope: Envelope, notice: Notice) -> None:
        task = asyncio.create_task(self._tell_now(self._notify(envelope, notice)))
        self._notices.add(task)
        task.add_done_callback(self._notices.discard)

    async def _tell_now(self, telling: Awaitable[None]) -> None:
        _in_hand.set(None)  # what is said here answers nothing
        try:
            await telling
        except Exception as error:  # the notice is a courtesy
            logger.info("a notice could not be sent: %s", type(error).__name__)

    # --- Trouble -----------------------------------------------------------------------------

    def _note_trouble(self, reason: str) -> None:
        if self._trouble is None:
            logger.critical(
                "updates cannot be stored: %s. Answering goes on; whatever is in hand when the bot ends "
                "may be answered twice or not at all.",
                reason,
            )
            self._trouble = reason
        self._metrics.state_degraded.set(1)

    def _recovered(self) -> None:
        if self._trouble is not None:
            logger.warning("updates are stored again")
        self._trouble = None
        self._metrics.state_degraded.set(0)

    def _now(self) -> float:
        return self._state.now().timestamp()
