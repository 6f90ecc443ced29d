"""`baotong run`: starts the parts of the bot in order, runs them, and stops them within ten seconds."""

import asyncio
import contextlib
import functools
import logging
import signal
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from telegram import Update
from telegram.error import TelegramError

from bot.feed_rounds import FeedRounds
from bot.handlers.context import Context
from bot.inbox.inbox import Inbox
from bot.inbox.options import HANDLE_SECONDS, InboxOptions
from bot.inbox.update import PoisonError
from bot.metrics import Metrics
from bot.outbox.refusals import is_unreachable
from bot.outbox.sender import Sender, is_transient
from bot.process import descriptors, heartbeat, lock, watchdog
from bot.process.clock import Clock
from bot.process.health import Health
from bot.process.lock import InstanceLock
from bot.process.systemd import notify
from bot.process.threads import DaemonThreadPool
from bot.process.watchdog import Watchdog
from bot.refresh import Refresh, RefreshError
from bot.service import jobs
from bot.service.application import build_application, post_init
from bot.service.archive_monitor import ArchiveMonitor
from bot.service.feed_notices import FeedNotices
from bot.service.identity import IdentityRefresh
from bot.service.notices import NoticeSender
from bot.service.readiness import Readiness
from bot.service.receiving import Receiver
from bot.service.shutdown import Shutdown, exit_now, exit_on_early_signal
from bot.service.startup import StartError, call_until_reached, new_request
from bot.service.tasks import BackgroundTasks
from bot.settings import Settings
from bot.storage.database import State
from bot.storage.opening import open_state_to_run
from bot.storage.postgres import PostgresError
from bot.storage.sole_bot import SoleBot
from bot.wording import charts
from corpus import Corpus

__all__ = ["Runner", "StartError", "run"]

logger = logging.getLogger(__name__)

IN_FLIGHT_SECONDS = 7.0
"""Part of a stop that updates in flight may take."""

CLOSING_SECONDS = 1.5
"""Part of a stop that is kept for what comes after the updates in flight."""

JOBS_SECONDS = 1.0
"""Part of a stop that deliveries may take."""

STUCK_SECONDS = HANDLE_SECONDS + 20.0
"""Work that is still running in a thread this long, after its update was given up, never returns."""

MAX_STUCK = 4
"""With so many threads that never return the bot stops, to be started again."""

GAUGE_SECONDS = 30.0
"""Interval at which the metrics of the archive are read."""

CHECK_SECONDS = 5.0
"""Interval at which it is checked that updates are stored where they should be, and nowhere else what was
deleted."""

PRUNE_SECONDS = 3_600.0
"""Interval at which old entries are deleted."""


def run(settings: Settings) -> int:
    """Run the bot until SIGTERM or SIGINT; a second SIGINT ends the process at once.

    Returns:
        Exit code.

    Raises:
        StartError: It cannot run.
    """
    signal.signal(signal.SIGTERM, exit_on_early_signal)
    descriptors.raise_limit()
    try:
        with (
            lock.only_instance(settings.data_dir) as instance,
            Watchdog(settings.data_dir / watchdog.FILE_NAME) as dog,
            open_state_to_run(settings) as state,
            contextlib.closing(SoleBot(state)) as sole,
            Corpus.open(settings.corpus_options(), rebuild_in_background=True, renew=True) as corpus,
        ):
            corpus.speed_up()
            charts.warm_up()
            sole.check()
            runner = Runner(settings, corpus, state, dog, instance, sole)
            code = asyncio.run(runner.run())
            if runner.pool.busy:
                # Files that a thread still uses are better closed by the kernel.
                logger.warning("ended with work in threads: %d", runner.pool.busy)
                exit_now(code)
        if charts.is_warming_up():
            exit_now(code)
        return code
    except (lock.AlreadyRunningError, PostgresError) as error:
        raise StartError(str(error)) from error


class Runner:
    """The running bot: all its parts, from the start to the stop.

    Attributes:
        pool: The threads in which blocking work runs.

    Raises:
        StartError: No token is set.
    """

    def __init__(
        self,
        settings: Settings,
        corpus: Corpus,
        state: State,
        dog: Watchdog,
        instance: InstanceLock,
        sole: SoleBot,
    ) -> None:
        if settings.bot_token is None:
            raise StartError("BOT_TOKEN is not set", code=2)
        self._token = settings.bot_token.get_secret_value()
        self._settings = settings
        self._corpus = corpus
        self._state = state
        self._dog = dog
        self._instance = instance
        self._sole = sole
        self._shutdown = Shutdown(dog)
        self._tasks = BackgroundTasks(on_failure=self._shutdown.fail)
        self._clock = Clock()
        self._metrics = Metrics()
        self.pool = DaemonThreadPool()
        self._sender = Sender(metrics=self._metrics)
        self._application = build_application(
            settings, corpus, state, request=new_request(settings, self._clock), rate_limiter=self._sender
        )
        self._inbox = Inbox(
            state,
            self._handle,
            notify=NoticeSender(self._application, settings, state),
            options=InboxOptions(
                is_transient=is_transient,
                is_unreachable=is_unreachable,
                stale=timedelta(minutes=settings.stale_minutes),
            ),
            now=self._clock.now,
            metrics=self._metrics,
        )
        self._make_posts_folder()
        self._identity = IdentityRefresh(self._application, self._inbox)
        self._refresh = Refresh(settings, corpus.folder, metrics=self._metrics)
        self._feeds = FeedRounds(settings, corpus, self._refresh, metrics=self._metrics)
        self._archive = ArchiveMonitor(corpus, self._refresh, metrics=self._metrics)
        self._receiver = Receiver(settings, corpus, self._application, self._inbox, metrics=self._metrics)
        self._readiness = Readiness(
            self._archive,
            state=state,
            inbox=self._inbox,
            receiver=self._receiver,
            sender=self._sender,
            pool=self.pool,
            instance=instance,
            clock=self._clock,
        )
        self._connect_parts()

    def _make_posts_folder(self) -> None:
        """Make the folder of posts if feeds are followed and there is no archive but the sample."""
        if self._settings.corpus_dir is None and self._settings.feeds_file.exists():
            with contextlib.suppress(OSError):
                self._corpus.posts_folder.mkdir(parents=True, exist_ok=True)

    def _connect_parts(self) -> None:
        """Give handlers what they use, and register the hooks of the parts with each other."""
        application, data = self._application, self._application.bot_data
        data.metrics, data.inbox = self._metrics, self._inbox
        data.sender, data.refresh, data.feeds = self._sender, self._refresh, self._feeds
        self._sender.on_answered = self._inbox.mark_answered
        self._inbox.on_names_called = self._identity.check
        self._sender.on_forbidden.append(functools.partial(jobs.chat_gone, application))
        self._sender.on_migrate.append(functools.partial(jobs.chat_migrated, application))
        self._refresh.on_updated.append(functools.partial(jobs.on_updated, application))
        self._refresh.on_updated.append(self._archive.on_updated)
        self._feeds.on_report.append(FeedNotices(application))
        application.add_error_handler(self._report_failure)
        self._metrics.watch("queue_depth", "Updates that wait or are in flight.", lambda: self._inbox.depth)

    async def run(self) -> int:
        """Start everything, wait for the stop, and stop everything; return the exit code."""
        loop = asyncio.get_running_loop()
        loop.set_default_executor(self.pool)
        self._dog.feed()
        health = self._start_health()
        self._corpus.mend_elsewhere(lambda: _call_in(loop, self._refresh.request))
        beats = [
            self._dog.feed,
            health.beat,
            self.pool.replace_stuck,
            self._instance.check,
            lambda: notify("WATCHDOG=1"),
        ]
        beating = asyncio.create_task(heartbeat.run(beats))
        with self._shutdown.signals(health.signal_descriptor):
            try:
                await self._shutdown.run_until_requested(self._start())
                await self._shutdown.wait()
            finally:
                self._shutdown.begin()
                logger.info("stopping")
                await self._stop()
                beating.cancel()
                await health.stop()
        logger.info("stopped")
        return self._shutdown.exit_code

    # --- Start ---------------------------------------------------------------------------------

    async def _start(self) -> None:
        await self._index_first()
        self._readiness.stage = "reaching Telegram"
        await self._start_application()
        await self._inbox.start(self._dog.previous_exit())
        self._forget_previous_exit()
        await self._receiver.start(self._clock, self._token)
        self._readiness.stage = None
        name = self._application.bot.bot.username
        notify("READY=1", f"STATUS=running as @{name}")
        self._start_tasks()
        logger.info("running as @%s, %s", name, "webhook" if self._settings.webhook_url else "polling")

    async def _index_first(self) -> None:
        """Index the archive if that was never done to the end."""
        if not self._corpus.unfinished:
            return
        self._readiness.stage = "indexing the archive for the first time"
        logger.info("%s", self._readiness.stage)
        try:
            await self._refresh.once(urgent=True)
        except RefreshError as error:
            if self._corpus.empty:
                raise StartError(str(error)) from error

    async def _start_application(self) -> None:
        # A short timeout at first: whoever waits for the start is not helped by a call that hangs.
        get_me = functools.partial(self._application.bot.get_me, read_timeout=5.0)
        await call_until_reached(get_me, self._settings)
        await call_until_reached(self._application.initialize, self._settings)
        self._identity.apply()
        await self._application.start()

    def _start_tasks(self) -> None:
        if self._receiver.poller:
            self._tasks.start(self._receiver.poller.run(), "polling")
        self._tasks.start_restarting(self._register_commands, "commands")
        self._tasks.start_restarting(self._refresh.run, "refresh")
        self._tasks.start_restarting(self._feeds.run, "feeds")
        self._tasks.start_restarting(self._maintain, "upkeep")
        self._tasks.start_restarting(self._identity.run, "identity")
        self._tasks.start_restarting(self._check_storage, "storage")
        self._tasks.start_restarting(self._deliver, "deliveries")

    def _start_health(self) -> Health:
        host, port = self._settings.metrics_host, self._settings.metrics_port
        health = Health(
            self._readiness.problems, self._metrics, host=host, port=port, stacks=self._dog.descriptor
        )
        try:
            health.start()
        except OSError as error:
            # A taken port is no reason to leave people without answers.
            logger.error("METRICS_PORT: no health and metrics on %s:%d: %s", host, port, error.strerror)
        return health

    # --- Run -----------------------------------------------------------------------------------

    async def _handle(self, raw: dict[str, Any]) -> None:
        """Pass an update to the handlers; called by the inbox."""
        try:
            update = Update.de_json(raw, self._application.bot)
        except Exception as error:  # whatever the library raises over junk
            raise PoisonError(type(error).__name__) from error
        await self._application.process_update(update)

    async def _report_failure(self, _: object, context: Context) -> None:
        """Tell the inbox that a handler failed; the last of the error handlers."""
        if context.error is not None:
            self._inbox.report_failure(context.error)

    async def _register_commands(self) -> None:
        await post_init(self._application)

    async def _deliver(self) -> None:
        await jobs.run_regularly(self._application)

    async def _maintain(self) -> None:
        """Read metrics and look for trouble every GAUGE_SECONDS, prune every PRUNE_SECONDS."""
        next_prune = 0.0
        loop = asyncio.get_running_loop()
        while True:
            await self._archive.measure()
            self._forget_previous_exit()
            self._stop_if_stuck()
            if loop.time() >= next_prune:
                next_prune = loop.time() + PRUNE_SECONDS
                await self._inbox.prune(timedelta(days=self._settings.retention_days))
            await asyncio.sleep(GAUGE_SECONDS)

    async def _check_storage(self) -> None:
        while True:
            await self._inbox.check_storage()
            await asyncio.to_thread(self._state.empty_log)
            try:
                await asyncio.to_thread(self._sole.check)
            except lock.AlreadyRunningError as error:
                logger.critical("%s: ending", error)
                self._shutdown.fail()
            await asyncio.sleep(CHECK_SECONDS)

    def _forget_previous_exit(self) -> None:
        """Empty the file of stacks once the inbox has dealt with what they tell."""
        if self._inbox.previous_exit is None:
            self._dog.forget_previous_exit()

    def _stop_if_stuck(self) -> None:
        """Stop if too many threads never return: they cannot be ended, only the process can."""
        if self.pool.running_longer_than(STUCK_SECONDS) >= MAX_STUCK:
            logger.critical("%d threads do not come back: ending, to be started anew", MAX_STUCK)
            self._shutdown.fail()

    # --- Stop ----------------------------------------------------------------------------------

    async def _stop(self) -> None:
        """Accept no more updates, finish those in flight, close everything."""
        seconds_left = self._shutdown.seconds_left
        await self._receiver.stop()
        tasks = self._tasks.cancel()
        await self._inbox.stop(min(IN_FLIGHT_SECONDS, seconds_left() - CLOSING_SECONDS))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds_left() - CLOSING_SECONDS / 2):
                await asyncio.gather(*tasks, return_exceptions=True)
                await self._receiver.confirm()
        with contextlib.suppress(TimeoutError, RuntimeError, TelegramError):
            async with asyncio.timeout(min(JOBS_SECONDS, seconds_left() - CLOSING_SECONDS / 2)):
                if self._application.running:
                    await self._application.stop()
        with contextlib.suppress(RuntimeError, TelegramError):
            await self._application.shutdown()


def _call_in(loop: asyncio.AbstractEventLoop, work: Callable[[], None]) -> None:
    """Call a function in the loop, from any thread; does nothing when the loop has ended."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(work)
