"""The durable inbox: every update is stored before it is confirmed to Telegram, and is answered once.

    Telegram → accept (stored, confirmed) → queue of its chat → worker → acknowledged with the first reply

Queues are served side by side, round robin; within one, updates are handled in order. After a restart
everything unfinished is handled again, except what nobody waits for any more. While the database cannot be
written, `accept` returns only when its updates are finished. Telegram hears of their arrival after that, so
it keeps them meanwhile.
"""

import asyncio
import contextlib
import functools
import json
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import timedelta

from bot.inbox.acks import AckWriter, StorageHealth
from bot.inbox.addressing import BotIdentity
from bot.inbox.apologies import Apologies, Notify
from bot.inbox.envelope import EDIT, INLINE, Envelope, called_names, read_envelope
from bot.inbox.gathering import Bursts
from bot.inbox.limits import Limits, Verdict
from bot.inbox.options import InboxOptions
from bot.inbox.queues import ChatQueues
from bot.inbox.rich_messages import with_text
from bot.inbox.store import STORAGE_ERRORS, Arrival, InboxStore, UnfinishedUpdate
from bot.inbox.update import BacklogFullError, Notice, Outcome, QueuedUpdate, Update, current_update
from bot.inbox.worker import Worker
from bot.metrics import Metrics
from bot.process.watchdog import AbnormalExit
from bot.storage.database import State
from bot.storage.heard import EDITABLE

logger = logging.getLogger(__name__)

PRUNE_SECONDS = 10.0
"""How long a thread deletes old entries before another one goes on: a longer one would count as stuck."""

_MAX_REMEMBERED = 20_000


class Inbox:
    """Accepts updates and handles each of them to its end.

    Args:
        state: The database that updates are stored in.
        handle: Handles one update; raises PoisonError if it cannot be read. Errors of its handlers are not
            raised; they are passed to `report_failure` while it runs.
        notify: Tells the sender of an update why there is no answer.
        limits: Rate limits of people and groups.
        now: The time at Telegram, seconds since the epoch; None: the clock of `state`.

    Attributes:
        previous_exit: How the last run of the bot crashed or hung, until its updates in flight are dealt
            with; None: it did not.
        me: What the bot is called by.
        on_names_called: Awaited with the user names that groups call, before it is decided what is meant for
            the bot: one may be its new name.
    """

    def __init__(
        self,
        state: State,
        handle: Callable[[Update], Awaitable[None]],
        *,
        notify: Notify,
        options: InboxOptions | None = None,
        limits: Limits | None = None,
        now: Callable[[], float] | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        metrics = metrics or Metrics()
        self._state = state
        self._options = options or InboxOptions()
        self._now = now or (lambda: state.now().timestamp())
        self._store = InboxStore(state)
        self._durable = state.path is not None
        self._limits = limits or Limits()
        self._bursts = Bursts()
        self._metrics = metrics
        self._stopping = asyncio.Event()
        self._health = StorageHealth(metrics)
        self._acks = AckWriter(self._store, metrics, self._health, stopping=self._stopping)
        self._apologies = Apologies(notify)
        self._queues = ChatQueues()
        self._worker = Worker(
            self._store,
            handle,
            self._options,
            queues=self._queues,
            read_envelope=self._read_envelope,
            acks=self._acks,
            apologies=self._apologies,
            health=self._health,
            on_quiet=self._limits.refund,
            stopping=self._stopping,
            now=self._now,
        )
        self._running: set[asyncio.Task[None]] = set()
        self._seen: OrderedDict[int, None] = OrderedDict()
        self._has_resumed = False
        self.previous_exit: AbnormalExit | None = None
        self.me = BotIdentity()
        self.on_names_called: Callable[[frozenset[str]], Awaitable[None]] | None = None

    # --- State -------------------------------------------------------------------------------

    @property
    def depth(self) -> int:
        """How many updates wait or are in flight."""
        return self._queues.depth

    @property
    def is_full(self) -> bool:
        """Whether `accept` takes no more updates for now."""
        return self.depth >= self._options.max_backlog

    @property
    def is_moving(self) -> bool:
        """Whether nothing waits, or something was finished within the last minute."""
        return self._queues.is_moving

    @property
    def storage_problem(self) -> str | None:
        """Why updates cannot be stored at the moment, in words for an operator; None: they can."""
        return self._health.problem

    def backlog(self) -> int:
        """Return how many questions of the same chat wait behind the one that the caller handles."""
        update = current_update.get()
        return self._queues.backlog(update.envelope.queue) if update is not None else 0

    # --- Life --------------------------------------------------------------------------------

    async def start(self, previous_exit: AbnormalExit | None = None) -> None:
        """Resume what the last run of the bot left unfinished.

        Args:
            previous_exit: How the last run crashed or hung. The updates that were in flight at a hang are
                handled alone, before anything else; a single one is given up.
        """
        self.previous_exit = previous_exit
        if not self._durable:
            if previous_exit is not None:
                _log_exit(previous_exit, "not known")
                self.previous_exit = None
            self._health.report_failure(self._memory_reason())
            return
        await self._resume()

    async def check_storage(self) -> None:
        """Try again to store updates after a failure: perhaps none arrives that would show it works again."""
        if not self._durable:
            return
        if self._state.file_problem is not None:
            await self._follow_file()
        if self._health.problem is None and self._has_resumed:
            return
        try:
            await self._store.probe()
        except STORAGE_ERRORS as error:
            logger.debug("updates still cannot be stored: %s", error)
            return
        self._health.report_success()
        if not self._has_resumed:
            await self._resume()

    async def prune(self, retention: timedelta) -> None:
        """Delete what is older than `retention`; a failure is logged."""
        try:
            # Not in the store's thread, where updates would wait for it.
            while not await asyncio.to_thread(self._state.prune, retention, seconds=PRUNE_SECONDS):
                logger.debug("old entries are being deleted")
        except STORAGE_ERRORS as error:
            logger.warning("old entries could not be deleted: %s", error)

    async def stop(self, seconds: float) -> None:
        """Finish the updates in flight within so many seconds; the next run resumes the rest."""
        self._stopping.set()
        tasks = self._running | self._apologies.tasks
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
            if late:
                logger.warning("cancelled in flight, to be resumed at the next start: %d", len(late))
        await self._acks.close()
        await asyncio.to_thread(self._store.close)

    async def _follow_file(self) -> None:
        try:
            await self._store.run(self._state.follow_file)
        except (*STORAGE_ERRORS, OSError) as error:
            logger.error("another bot.sqlite3 stands in place of the open one: %s", error)
            self._health.report_failure(str(error))

    def _memory_reason(self) -> str:
        return self._state.problem or "bot.sqlite3 is not used"

    # --- Accepting ---------------------------------------------------------------------------

    async def accept(self, updates: Sequence[object], *, delayed: bool = False) -> None:
        """Accept updates. When it returns Telegram may forget them.

        Args:
            updates: As Telegram sent them.
            delayed: Whether they may have waited at Telegram. If so their age counts from when they were
                written, by Telegram's clock; otherwise it counts from now, whatever clocks say.

        Raises:
            BacklogFullError: Telegram must keep these updates and send them again.
        """
        if self.is_full:
            raise BacklogFullError(f"{self.depth} updates wait already")
        if self.on_names_called is not None:
            await self.on_names_called(frozenset(name for update in updates for name in called_names(update)))
        arrivals = self._read_arrivals(updates, delayed=delayed)
        if not arrivals:
            return
        new = await self._store_arrivals(arrivals)
        if new is None:
            await self._handle_unstored(arrivals)
            return
        for arrival in arrivals:
            if arrival.update_id not in new:
                continue  # Telegram has sent it before
            if (outcome := new[arrival.update_id]) is not None:
                self._metrics.observe_update(arrival.envelope.kind, outcome)
            elif arrival.update_id in self._seen:  # it was handled while it could not be stored
                self._acks.ack(arrival.update_id, Outcome.ANSWERED)
            else:
                self._admit(arrival, stored=True)

    def _read_arrivals(self, updates: Iterable[object], *, delayed: bool) -> list[Arrival]:
        """Read the metadata of updates. Those without a usable number are left out, as are repeated ones."""
        arrivals: dict[int, Arrival] = {}
        now = self._now()
        for update in map(with_text, updates):
            envelope = self._read_envelope(update)
            if envelope is None or not isinstance(update, dict):
                logger.error("an update without a number was passed over")
                self._metrics.observe_update("unknown", Outcome.POISON)
                continue
            sent_at = min(envelope.sent_at, now) if delayed and envelope.sent_at is not None else now
            if envelope.update_id in arrivals:
                continue
            goes_on = self._bursts.goes_on(envelope, update, time.monotonic())
            outcome = None if goes_on else _outcome_at_once(envelope, now)
            arrivals[envelope.update_id] = Arrival(envelope, sent_at, update, outcome, goes_on)
        return list(arrivals.values())

    async def _store_arrivals(self, arrivals: Sequence[Arrival]) -> dict[int, Outcome | None] | None:
        """Store updates and return the new ones as `InboxStore.add` does; None: nothing could be stored."""
        if not self._durable:
            self._health.report_failure(self._memory_reason())
            return None
        try:
            new = await self._store.add(arrivals)
        except STORAGE_ERRORS as error:
            self._health.report_failure(str(error))
            return None
        self._health.report_success()
        return new

    async def _handle_unstored(self, arrivals: Sequence[Arrival]) -> None:
        """Handle updates from memory, and wait for their end: until then Telegram keeps them."""
        waiting = [arrival for arrival in arrivals if arrival.outcome is None]
        new = [arrival for arrival in waiting if arrival.update_id not in self._seen]
        queued = [self._admit(arrival, stored=False) for arrival in new]
        try:
            async with asyncio.timeout(self._options.unstored_seconds):
                for update in queued:
                    if update is not None:
                        await update.done.wait()
        except TimeoutError:
            logger.error("updates could be neither stored nor handled in time; they may be lost")

    def _admit(self, arrival: Arrival, *, stored: bool) -> QueuedUpdate | None:
        """Queue an update; None: it is over the limit, and is finished."""
        envelope = arrival.envelope
        self._remember(envelope.update_id)
        verdict = Verdict.ACCEPT if arrival.goes_on else self._limits.judge(envelope, self._now())
        if verdict is not Verdict.ACCEPT:
            self._acks.finish(envelope.update_id, envelope.kind, Outcome.LIMITED, stored=stored)
            if verdict is Verdict.NOTIFY:
                notice = Notice.SLOW_DOWN if envelope.private else Notice.GROUP_SLOW_DOWN
                self._apologies.send(envelope, notice)
            return None
        if envelope.kind == INLINE:
            self._supersede(envelope.queue)
        update = QueuedUpdate(
            update_id=envelope.update_id,
            queue=envelope.queue,
            queued_at=time.monotonic(),
            raw=arrival.raw if not stored or self._queues.has_room else None,
            sent_at=arrival.sent_at,
            is_question=envelope.wants_answer,
            stored=stored,
        )
        self._enqueue(update)
        return update

    def _supersede(self, queue: str) -> None:
        """Finish the inline queries that still wait: only the last thing typed matters."""
        for older in self._queues.clear(queue):
            self._acks.finish(older.update_id, INLINE, Outcome.SUPERSEDED, stored=older.stored)

    def _remember(self, update_id: int) -> None:
        self._seen[update_id] = None
        if len(self._seen) > _MAX_REMEMBERED:
            self._seen.popitem(last=False)

    def _read_envelope(self, update: object) -> Envelope | None:
        return read_envelope(update, self.me)

    # --- Resuming after a restart ------------------------------------------------------------

    async def _resume(self) -> None:
        """Queue what the last run left unfinished; after a hang, first what may have caused it."""
        try:
            unfinished = await self._load_unfinished()
        except STORAGE_ERRORS as error:
            self._health.report_failure(str(error))
            return
        self._has_resumed = True
        if unfinished:
            logger.info("resuming updates from before the restart: %d", len(unfinished))
        # An update that may hang the event loop is handled alone: should it hang again, it is the cause.
        for row in unfinished:
            if row.hangs and not self._stopping.is_set():
                await self._handle_alone(row)
        for row in unfinished:
            if not row.hangs:
                self._enqueue(_requeued(row))

    async def _load_unfinished(self) -> list[UnfinishedUpdate]:
        """Read what is unfinished, and give up the update that hung the last run if it was the only one."""
        previous_exit = self.previous_exit
        hung = previous_exit is not None and previous_exit.hung
        rows = await self._store.load_unfinished(hung=hung)
        in_flight = [row.update_id for row in rows if row.in_flight and row.update_id not in self._seen]
        if previous_exit is not None:
            _log_exit(previous_exit, ", ".join(map(str, in_flight)) or "none")
        if hung and len(in_flight) == 1:
            await self._give_up_hung(in_flight[0])
        self.previous_exit = None
        return [row for row in rows if row.update_id not in self._seen]

    async def _give_up_hung(self, update_id: int) -> None:
        """Finish the update that hung the event loop, and apologise to its sender."""
        body = await self._store.give_up_hung(update_id)
        envelope = self._read_envelope(json.loads(body)) if body is not None else None
        if envelope is None:
            return
        logger.error("update %d made the bot hang: given up", update_id)
        self._metrics.observe_update(envelope.kind, Outcome.HUNG)
        if envelope.wants_answer:
            self._apologies.apologise(envelope, Notice.FAILED)

    async def _handle_alone(self, row: UnfinishedUpdate) -> None:
        update = _requeued(row)
        self._enqueue(update)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._options.alone_seconds):
                await update.done.wait()

    # --- Handling ----------------------------------------------------------------------------

    async def mark_answered(self) -> None:
        """Acknowledge the current update, if there is one: something was said to somebody."""
        update = current_update.get()
        if update is None or update.answered:
            return
        update.answered = True
        self._metrics.observe_update(
            update.envelope.kind, Outcome.ANSWERED, seconds=time.monotonic() - update.queued.queued_at
        )
        self._acks.finish_parts(update.queued, update.envelope.kind)
        if update.queued.stored:
            await self._acks.ack_now(update.envelope.update_id, Outcome.ANSWERED)

    def report_failure(self, error: BaseException) -> None:
        """Note that a handler of the current update failed: it is not finished unless it was answered."""
        update = current_update.get()
        if update is not None:
            update.error = error

    def _enqueue(self, update: QueuedUpdate) -> None:
        self._queues.put(update)
        self._dispatch()

    def _dispatch(self) -> None:
        """Start as many updates as may be in flight."""
        while len(self._running) < self._options.concurrency and not self._stopping.is_set():
            update = self._queues.take()
            if update is None:
                return
            task = asyncio.create_task(self._run(update))
            self._running.add(task)
            task.add_done_callback(functools.partial(self._on_finished, queue=update.queue))

    async def _run(self, update: QueuedUpdate) -> None:
        try:
            await self._worker.run(update)
        finally:
            self._queues.release(update)

    def _on_finished(self, task: asyncio.Task[None], queue: str) -> None:
        self._running.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("the inbox failed", exc_info=task.exception())
        self._queues.finish(queue)
        self._dispatch()


def _outcome_at_once(envelope: Envelope, now: float) -> Outcome | None:
    """Return how a message ends that there is nothing to do about; None: it is to be handled."""
    if envelope.is_chatter:
        return Outcome.QUIET
    is_old = envelope.written_at is not None and now - envelope.written_at > EDITABLE.total_seconds()
    return Outcome.UNCHANGED if envelope.kind == EDIT and is_old else None


def _log_exit(previous_exit: AbnormalExit, in_flight: str) -> None:
    if previous_exit.paused:
        what = "was stopped from outside for long, and ended when it went on"
    else:
        what = "hung and was ended" if previous_exit.hung else "crashed"
    logger.critical("the bot %s; updates in flight: %s; where: %s", what, in_flight, previous_exit.summary)


def _requeued(row: UnfinishedUpdate) -> QueuedUpdate:
    return QueuedUpdate(
        update_id=row.update_id,
        queue=row.queue,
        queued_at=time.monotonic(),
        attempts=row.attempts,
        hangs=row.hangs,
        replayed=True,
    )
