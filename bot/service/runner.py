"""`baotong run`: brings the parts up in order, keeps them going, and takes them down within ten seconds."""

import asyncio
import contextlib
import functools
import logging
import os
import secrets
import signal
import sqlite3
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

from telegram import Update
from telegram.error import BadRequest, Forbidden, InvalidToken, TelegramError

from bot.handlers import access
from bot.handlers.context import Context
from bot.inbox.envelope import KINDS, PRESS, Envelope
from bot.inbox.inbox import Inbox
from bot.inbox.polling import DELAYS, POLL_SECONDS, Poller, QuietRequest
from bot.inbox.update import Notice, PoisonError
from bot.inbox.worker import HANDLE_SECONDS
from bot.metrics import Metrics
from bot.outbox.sender import Sender, is_passing
from bot.process import heartbeat, lock, threads, watchdog
from bot.process.clock import Clock
from bot.process.health import Health
from bot.process.open_file import OpenFile
from bot.process.systemd import notify
from bot.process.threads import Threads
from bot.process.watchdog import Watchdog
from bot.refresh import Refresh, RefreshError
from bot.service import jobs
from bot.service.application import build_application, post_init
from bot.service.servers import PageServer, WebhookServer
from bot.settings import Settings
from bot.storage import chats
from bot.storage.database import State
from bot.web import article_page
from bot.wording.i18n import language_of, translator
from corpus import Corpus
from corpus.errors import CorpusError
from corpus.models import UpdateReport
from corpus.store import FILE_NAME as STORE

logger = logging.getLogger(__name__)

STOP_SECONDS = 9.0
"""A stop that takes longer is cut short: what is stored stays, the rest is taken up at the next start."""

LAST_SECONDS = 9.6
"""After so many seconds of a stop the watchdog ends the process, whatever it does."""

IN_HAND_SECONDS = 7.0
"""Of a stop: for questions in hand."""

AFTER_SECONDS = 1.5
"""Of a stop: for what comes after the questions in hand."""

JOBS_SECONDS = 1.0
MAX_STUCK = 4
"""So many threads that never come back: the bot ends itself, to be started anew."""

STUCK_SECONDS = HANDLE_SECONDS + 20.0
"""A thread that is still at work so long after its update was given up does not come back."""

GAUGE_SECONDS = 30.0
CHECK_SECONDS = 5.0
"""How often it is looked whether what is stored is still stored where it should be."""

PRUNE_SECONDS = 3_600.0
RESTART_SECONDS = 10.0
READ_SECONDS = 12.0
"""Patience with an answer of Telegram: a call given up too early may have been carried out."""

OLDEST_POLL_SECONDS = POLL_SECONDS + 20.0


class StartError(Exception):
    """The bot cannot run as it is set up; the text is fit for an operator.

    Attributes:
        code: Exit code: 2 where only another setting helps, so that no supervisor tries for ever.
    """

    def __init__(self, reason: str, *, code: int = 1) -> None:
        super().__init__(reason)
        self.code = code


def run(settings: Settings) -> int:
    """Run the bot until SIGTERM or SIGINT; a second SIGINT ends the process at once.

    Returns:
        Exit code.

    Raises:
        StartError: It cannot run.
    """
    signal.signal(signal.SIGTERM, _stop_early)
    try:
        with (
            lock.only_instance(settings.data_dir),
            Watchdog(settings.data_dir / watchdog.FILE_NAME) as dog,
            State.open_or_memory(settings.state_path) as state,
            Corpus.open(settings.corpus_options(), rebuild_in_background=True, renew=True) as corpus,
        ):
            corpus.speed_up()
            runner = Runner(settings, corpus, state, dog)
            code = asyncio.run(runner.run())
            if runner.threads.busy:
                # Files that a thread still uses are better left to the kernel.
                logger.warning("ended with work in threads: %d", runner.threads.busy)
                _leave(code)
            return code
    except lock.AlreadyRunningError as error:
        raise StartError(str(error)) from error


class Runner:
    """The running bot: what is up, and what keeps it from answering."""

    def __init__(self, settings: Settings, corpus: Corpus, state: State, dog: Watchdog) -> None:
        if settings.bot_token is None:
            raise StartError("BOT_TOKEN is not set", code=2)
        self._settings = settings
        self._corpus = corpus
        self._state = state
        self._token = settings.bot_token.get_secret_value()
        self._dog = dog
        self._stop = asyncio.Event()
        self._stop_at = float("inf")
        self.threads = Threads()
        self.clock = Clock()
        self._archive_file = _open_file(settings.data_dir / STORE)
        self._archive_trouble: str | None = None
        self._starting: str | None = "starting"
        self._exit_code = 0
        self._tasks: set[asyncio.Task[Any]] = set()
        self._poller: Poller | None = None
        self._web: WebhookServer | PageServer | None = None
        self.metrics = Metrics()
        self.sender = Sender(metrics=self.metrics)
        self.application = build_application(
            settings, corpus, state, request=self._new_request(), rate_limiter=self.sender
        )
        self.inbox = Inbox(
            state,
            self._handle,
            notify=self._notify,
            is_passing=is_passing,
            is_unreachable=lambda error: isinstance(error, Forbidden),
            stale=timedelta(minutes=settings.stale_minutes),
            now=self.clock.now,
            metrics=self.metrics,
        )
        self.refresh = Refresh(settings, corpus.folder, metrics=self.metrics)
        self._wire()

    async def run(self) -> int:
        """Bring everything up, wait for the end, take it down."""
        asyncio.get_running_loop().set_default_executor(self.threads)
        self._dog.feed()
        health = self._start_health()
        loop = asyncio.get_running_loop()
        self._corpus.mend_elsewhere(lambda: _call(loop, self.refresh.request))
        beating = asyncio.create_task(
            heartbeat.run([self._dog.feed, health.beat, self.threads.relieve, lambda: notify("WATCHDOG=1")])
        )
        with self._signals(health.signals_to):
            try:
                await self._until_stopped(self._start())
                await self._stop.wait()
            finally:
                self._begin_stop()
                logger.info("stopping")
                await self._shut_down()
                beating.cancel()
                await health.stop()
        logger.info("stopped")
        return self._exit_code

    def problems(self) -> dict[str, str]:
        """What keeps the bot from answering at the moment, by subject. Never fails."""
        looks: dict[str, Callable[[], str | None]] = {
            "start": lambda: self._starting,
            "archive": self._archive_problem,
            "database": self._database_problem,
            "inbox": self._inbox_problem,
            "threads": self._threads_problem,
            "clock": lambda: self.clock.problem,
            "conflict": self._conflict_problem,
            "poll": self._poll_problem,
        }
        found = {}
        for subject, look in looks.items():
            try:
                problem = look()
            except Exception as error:
                problem = f"cannot be looked at: {type(error).__name__}: {error}"
            if problem:
                found[subject] = problem
        return found

    def _archive_problem(self) -> str | None:
        if damage := self._corpus.problem:
            return damage
        self._archive_file = self._archive_file or _open_file(self._settings.data_dir / STORE)
        if self._archive_file is not None and (change := self._archive_file.change):
            return (
                f"{self._archive_file.path} was {change} while the bot runs: answers come from the file that "
                "was opened, until the archive is indexed again or the bot restarted"
            )
        if self._archive_file is not None and self._archive_file.is_cut_short:
            return f"{self._archive_file.path} is damaged: it was cut short; it is made anew from the folder"
        if self._corpus.empty:
            return self.refresh.problem or "no article is indexed"
        return self._archive_trouble or self.refresh.watch_problem

    def _database_problem(self) -> str | None:
        reason = self._state.problem or self._state.file_problem
        if reason is None and self._state.is_cut_short:
            reason = f"{self._state.path} is damaged: it was cut short; put a backup in its place"
        if reason:
            return f"updates and settings cannot be stored: {reason}"
        if self.inbox.trouble:
            return f"updates and settings cannot be stored: {self.inbox.trouble}"
        return None

    def _inbox_problem(self) -> str | None:
        if self.inbox.is_moving:
            return None
        return f"{self.inbox.depth} updates wait and none was finished for a minute"

    def _threads_problem(self) -> str | None:
        stuck = self.threads.running_longer_than(threads.STUCK_SECONDS)
        return f"{stuck} pieces of work do not come back from their threads" if stuck else None

    def _conflict_problem(self) -> str | None:
        if self._poller and self._poller.in_conflict:
            return "another instance polls with the same token"
        return None

    def _poll_problem(self) -> str | None:
        if self._poller and self._poller.age > OLDEST_POLL_SECONDS:
            return f"Telegram has not answered a poll for {self._poller.age:.0f} s"
        return None

    # --- Up ------------------------------------------------------------------------------------

    async def _start(self) -> None:
        if self._corpus.unfinished:
            self._starting = "indexing the archive for the first time"
            logger.info("%s", self._starting)
            try:
                await self.refresh.once(urgent=True)
            except RefreshError as error:
                if self._corpus.empty:
                    raise StartError(str(error)) from error
        self._starting = "reaching Telegram"
        # First with little patience: whoever waits for the bot to come up is not helped by a hung call.
        await self._reach(functools.partial(self.application.bot.get_me, read_timeout=5.0))
        await self._reach(self.application.initialize)
        me = self.application.bot.bot
        self.inbox.bot_id, self.inbox.bot_name = me.id, me.username or ""
        jobs.schedule(self.application)
        await self.application.start()
        await self.inbox.start(self._dog.last_end())
        self._forget_last_end()
        if self._settings.webhook_url:
            await self._start_webhook(self._settings.webhook_url)
        else:
            await self._reach(self.application.bot.delete_webhook)
            self._start_polling()
            if self._pages():
                self._listen(
                    PageServer(
                        self._pages(),
                        host=self._settings.web_host,
                        port=self._settings.web_port,
                        metrics=self.metrics,
                    )
                )
        self._starting = None
        notify("READY=1", f"STATUS=running as @{me.username}")
        self._spawn(_kept_up(self._register), "commands")
        self._spawn(_kept_up(self.refresh.run), "refresh")
        self._spawn(_kept_up(self._look_after), "upkeep")
        self._spawn(_kept_up(self._check_storage), "storage")
        logger.info("running as @%s, %s", me.username, "webhook" if self._settings.webhook_url else "polling")

    async def _reach(self, call: Callable[[], Awaitable[object]]) -> None:
        """Call Telegram until it answers: the network may be up later than the bot."""
        failures = 0
        while True:
            try:
                await call()
            except InvalidToken:
                raise StartError("BOT_TOKEN: Telegram does not know this token", code=2) from None
            except BadRequest as error:
                name = "WEBHOOK_URL" if self._settings.webhook_url else "TELEGRAM_API_BASE"
                raise StartError(f"{name}: refused by Telegram: {error}", code=2) from None
            except TelegramError as error:
                if failures % 20 == 0:
                    proxy = "" if self._settings.proxy_url else "; PROXY_URL sets a way around"
                    logger.warning("Telegram cannot be reached, trying on: %s%s", error, proxy)
                await asyncio.sleep(DELAYS[min(failures, len(DELAYS) - 1)])
                failures += 1
            else:
                if failures:
                    logger.info("Telegram reached after %d failures", failures)
                return

    def _start_polling(self) -> None:
        request = QuietRequest(self.clock, connection_pool_size=2, proxy=self._settings.proxy_url)
        url = f"{self._settings.telegram_api_base}/bot{self._token}/getUpdates"
        poller = self._poller = Poller(request, url, self.inbox, kinds=KINDS, metrics=self.metrics)
        self.metrics.watch("poll_age_seconds", "Since Telegram last answered a poll.", lambda: poller.age)
        self._spawn(poller.run(), "polling")

    async def _start_webhook(self, url: str) -> None:
        given = self._settings.webhook_secret
        secret = given.get_secret_value() if given else secrets.token_urlsafe(32)
        server = WebhookServer(
            url,
            secret,
            functools.partial(self.inbox.accept, backlog=True),
            host=self._settings.web_host,
            port=self._settings.web_port,
            pages=self._pages(),
            metrics=self.metrics,
        )
        self._listen(server)
        set_webhook = functools.partial(
            self.application.bot.set_webhook, url, secret_token=secret, allowed_updates=list(KINDS)
        )
        await self._reach(set_webhook)

    def _pages(self) -> list[Any]:
        """Routes of the reader pages; none for a private archive."""
        if not self._settings.serves_pages:
            return []
        return list(article_page.routes(self._corpus, self._settings.zone))

    def _listen(self, server: WebhookServer | PageServer) -> None:
        try:
            server.start()
        except OSError as error:
            raise StartError(
                f"WEB_HOST, WEB_PORT: cannot listen on {self._settings.web_host}:"
                f"{self._settings.web_port}: {error.strerror}"
            ) from error
        self._web = server

    def _start_health(self) -> Health:
        host, port = self._settings.metrics_host, self._settings.metrics_port
        health = Health(self.problems, self.metrics, host=host, port=port)
        try:
            health.start()
        except OSError as error:
            # A taken port is no reason to leave people without answers.
            logger.error("METRICS_PORT: no health and metrics on %s:%d: %s", host, port, error.strerror)
        return health

    def _forget_last_end(self) -> None:
        """Once the updates of the last end are noted, its stacks are of no more use."""
        if self.inbox.last_end is None:
            self._dog.forget_last_end()

    def _new_request(self) -> QuietRequest:
        """The client for everything but polling: patient, for a second try may say a thing twice."""
        return QuietRequest(
            self.clock,
            connection_pool_size=128,
            connect_timeout=10.0,
            read_timeout=READ_SECONDS,
            write_timeout=20.0,
            pool_timeout=30.0,
            proxy=self._settings.proxy_url,
        )

    def _wire(self) -> None:
        """Tell the parts of each other."""
        data = self.application.bot_data
        data.metrics, data.inbox, data.sender, data.refresh = (
            self.metrics,
            self.inbox,
            self.sender,
            self.refresh,
        )
        self.sender.on_spoken = self.inbox.spoken
        self.sender.on_forbidden.append(functools.partial(jobs.chat_gone, self.application))
        self.sender.on_migrate.append(functools.partial(jobs.chat_migrated, self.application))
        self.refresh.on_updated.append(functools.partial(jobs.on_updated, self.application))
        self.refresh.on_updated.append(self._after_update)
        self.application.add_error_handler(self._note_failure)
        self.metrics.watch("queue_depth", "Updates that wait or are in hand.", lambda: self.inbox.depth)

    # --- At work -------------------------------------------------------------------------------

    async def _handle(self, raw: dict[str, Any]) -> None:
        try:
            update = Update.de_json(raw, self.application.bot)
        except Exception as error:  # whatever a library makes of junk
            raise PoisonError(type(error).__name__) from error
        await self.application.process_update(update)

    async def _note_failure(self, update: object, context: Context) -> None:
        """The last of the error handlers: what nobody spoke about is not done."""
        if context.error is not None:
            self.inbox.report_failure(update, context.error)

    async def _notify(self, envelope: Envelope, notice: Notice) -> None:
        """Tell somebody why there is no answer, in their language and where they asked."""
        if not access.allowed(self._settings, envelope.user_id, envelope.chat_id):
            return
        words = translator(language_of(self._language(envelope)))(notice.value)
        bot = self.application.bot
        if envelope.kind == PRESS and envelope.press_id:
            await bot.answer_callback_query(envelope.press_id, words)
        elif envelope.chat_id is not None:
            await bot.send_message(envelope.chat_id, words, message_thread_id=envelope.topic_id)

    def _language(self, envelope: Envelope) -> str | None:
        if envelope.chat_id is not None:
            with contextlib.suppress(sqlite3.Error, CorpusError):
                chosen = chats.load(self._state.connection(), envelope.chat_id).language
                if chosen:
                    return chosen
        return envelope.language

    async def _register(self) -> None:
        await post_init(self.application)

    async def _look_after(self) -> None:
        """Figures every half minute, cleaning every hour."""
        next_prune = 0.0
        loop = asyncio.get_running_loop()
        while True:
            await self._measure()
            self._forget_last_end()
            self._end_if_stuck()
            if self._archive_file is not None and self._archive_file.change:
                self.refresh.request()
            if loop.time() >= next_prune:
                next_prune = loop.time() + PRUNE_SECONDS
                await self.inbox.prune(timedelta(days=self._settings.retention_days))
            await asyncio.sleep(GAUGE_SECONDS)

    async def _check_storage(self) -> None:
        while True:
            await self.inbox.check_storage()
            await asyncio.sleep(CHECK_SECONDS)

    async def _after_update(self, _: UpdateReport) -> None:
        self._archive_file = _open_file(self._settings.data_dir / STORE)
        await self._measure()

    async def _measure(self) -> None:
        try:
            size = await asyncio.to_thread(self._corpus.statistics)
        except (CorpusError, OSError) as error:
            logger.warning("the archive could not be measured: %s", error)
            self._archive_trouble = str(error)
            return
        self._archive_trouble = None
        self.metrics.articles.set(size.articles)
        self.metrics.passages.set(size.passages)
        self.metrics.index_bytes.set(size.index_bytes)
        if size.updated:
            self.metrics.updated.set(size.updated.timestamp())
        if size.newest:
            self.metrics.newest.set(size.newest.timestamp())

    def _end_if_stuck(self) -> None:
        """Threads cannot be ended, only the process can."""
        if self.threads.running_longer_than(STUCK_SECONDS) >= MAX_STUCK:
            logger.critical("%d threads do not come back: ending, to be started anew", MAX_STUCK)
            self._exit_code = 1
            self._stop.set()

    # --- Down ----------------------------------------------------------------------------------

    def _spawn(self, work: Coroutine[Any, Any, Any], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.critical("%s ended", task.get_name(), exc_info=error)
            self._exit_code = 1
            self._stop.set()

    async def _until_stopped(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something unless a signal comes first."""
        task = asyncio.create_task(work)
        stop = asyncio.create_task(self._stop.wait())
        await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if not task.done():
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    async def _shut_down(self) -> None:
        """Take no more in, finish what is in hand, close."""
        if self._web:
            await self._web.stop()
        tasks = set(self._tasks)
        for task in tasks:
            task.cancel()
        await self.inbox.stop(min(IN_HAND_SECONDS, self._left() - AFTER_SECONDS))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._left() - AFTER_SECONDS / 2):
                await asyncio.gather(*tasks, return_exceptions=True)
                if self._poller:
                    await self._poller.confirm()
        with contextlib.suppress(TimeoutError, RuntimeError, TelegramError):
            async with asyncio.timeout(min(JOBS_SECONDS, self._left() - AFTER_SECONDS / 2)):
                if self.application.running:
                    await self.application.stop()
        with contextlib.suppress(RuntimeError, TelegramError):
            await self.application.shutdown()

    def _left(self) -> float:
        """Seconds that are left of a stop."""
        return max(0.0, self._stop_at - time.monotonic())

    def _begin_stop(self) -> None:
        """From now on the end comes within STOP_SECONDS, whatever is still in hand."""
        self._stop.set()
        if self._stop_at < float("inf"):
            return
        self._stop_at = time.monotonic() + STOP_SECONDS
        notify("STOPPING=1")
        self._dog.end_within(LAST_SECONDS)
        last_way_out = threading.Timer(STOP_SECONDS, self._cut_short)
        last_way_out.daemon = True
        last_way_out.start()

    def _cut_short(self) -> None:
        logger.warning("stopping takes too long, ended: what is not finished is taken up at the next start")
        _leave(self._exit_code)

    @contextlib.contextmanager
    def _signals(self, descriptor: int) -> Iterator[None]:
        """Stop at SIGTERM and SIGINT; each is written to the descriptor, also while the loop hangs."""
        loop = asyncio.get_running_loop()

        def ask(number: int, _: object) -> None:
            if self._stop.is_set() and number == signal.SIGINT:
                os._exit(130)
            loop.call_soon_threadsafe(self._begin_stop)

        numbers = (signal.SIGTERM, signal.SIGINT)
        before = [(number, signal.signal(number, ask)) for number in numbers]
        woken = signal.set_wakeup_fd(descriptor, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(woken)
            for number, handler in before:
                signal.signal(number, handler)


def _open_file(path: Path) -> OpenFile | None:
    try:
        return OpenFile.of(path)
    except OSError:
        return None


def _stop_early(*_: object) -> NoReturn:
    """SIGTERM before the event loop runs, or after it."""
    raise SystemExit(0)


def _leave(code: int) -> NoReturn:
    """End the process without waiting for anything."""
    logging.shutdown()
    os._exit(code)


def _call(loop: asyncio.AbstractEventLoop, work: Callable[[], None]) -> None:
    """Have the loop do something, asked from any thread; nothing when it has ended."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(work)


async def _kept_up(work: Callable[[], Awaitable[None]]) -> None:
    """Do something beside answering; should it fail, log it and begin anew a little later."""
    while True:
        try:
            return await work()
        except Exception:
            logger.exception("beginning anew: %s", getattr(work, "__qualname__", work))
            await asyncio.sleep(RESTART_SECONDS)
