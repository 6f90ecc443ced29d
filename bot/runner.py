"""`baotong run`: brings the parts up in order, keeps them going, and takes them down within ten seconds."""

import asyncio
import contextlib
import functools
import logging
import os
import secrets
import signal
import sqlite3
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from datetime import timedelta
from typing import Any

from telegram import Update
from telegram.error import BadRequest, Forbidden, InvalidToken, TelegramError

from bot import access, chats, jobs, lock, pages
from bot.application import build_application, post_init
from bot.context import Context
from bot.envelope import KINDS, PRESS, Envelope
from bot.hand import Notice, PoisonError
from bot.i18n import language_of, translator
from bot.inbox import Inbox
from bot.metrics import Metrics
from bot.polling import DELAYS, POLL_SECONDS, Poller, QuietRequest
from bot.refresh import Refresh, RefreshError
from bot.sending import Sender, is_passing
from bot.settings import Settings
from bot.state import State
from bot.web import HealthServer, PageServer, WebhookServer
from corpus import Corpus
from corpus.errors import CorpusError

logger = logging.getLogger(__name__)

IN_HAND_SECONDS = 7.5
"""Of the ten seconds of a stop: for questions in hand."""

JOBS_SECONDS = 1.0
GAUGE_SECONDS = 30.0
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
    try:
        with (
            lock.only_instance(settings.data_dir),
            State.open_or_memory(settings.state_path) as state,
            Corpus.open(settings.corpus_options(), rebuild_in_background=True) as corpus,
        ):
            corpus.speed_up()
            return asyncio.run(Runner(settings, corpus, state).run())
    except lock.AlreadyRunningError as error:
        raise StartError(str(error)) from error


class Runner:
    """The running bot: what is up, and what keeps it from answering."""

    def __init__(self, settings: Settings, corpus: Corpus, state: State) -> None:
        if settings.bot_token is None:
            raise StartError("BOT_TOKEN is not set", code=2)
        self._settings = settings
        self._corpus = corpus
        self._state = state
        self._token = settings.bot_token.get_secret_value()
        self._stop = asyncio.Event()
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
            metrics=self.metrics,
        )
        self.refresh = Refresh(settings, corpus.folder, metrics=self.metrics)
        self._wire()

    async def run(self) -> int:
        """Bring everything up, wait for the end, take it down."""
        health = self._start_health()
        with self._signals():
            try:
                await self._until_stopped(self._start())
                await self._stop.wait()
            finally:
                logger.info("stopping")
                await self._shut_down()
                if health:
                    await health.stop()
        logger.info("stopped")
        return self._exit_code

    def problems(self) -> dict[str, str]:
        """What keeps the bot from answering at the moment, by subject."""
        found = {}
        if self._starting:
            found["start"] = self._starting
        if self._corpus.empty:
            found["archive"] = self.refresh.problem or "no article is indexed"
        elif self.refresh.watch_problem:
            found["archive"] = self.refresh.watch_problem
        if self.inbox.trouble:
            found["database"] = f"updates and settings cannot be stored: {self.inbox.trouble}"
        if not self.inbox.is_moving:
            found["inbox"] = f"{self.inbox.depth} updates wait and none was finished for a minute"
        if self._poller:
            if self._poller.in_conflict:
                found["conflict"] = "another instance polls with the same token"
            if self._poller.age > OLDEST_POLL_SECONDS:
                found["poll"] = f"Telegram has not answered a poll for {self._poller.age:.0f} s"
        return found

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
        await self.inbox.start()
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
        self._spawn(_kept_up(self._register), "commands")
        self._spawn(_kept_up(self.refresh.run), "refresh")
        self._spawn(_kept_up(self._look_after), "upkeep")
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
        request = QuietRequest(connection_pool_size=2, proxy=self._settings.proxy_url)
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
        return list(pages.routes(self._corpus, self._settings.zone))

    def _listen(self, server: WebhookServer | PageServer) -> None:
        try:
            server.start()
        except OSError as error:
            raise StartError(
                f"WEB_HOST, WEB_PORT: cannot listen on {self._settings.web_host}:"
                f"{self._settings.web_port}: {error.strerror}"
            ) from error
        self._web = server

    def _start_health(self) -> HealthServer | None:
        if not self._settings.metrics_port:
            return None
        host, port = self._settings.metrics_host, self._settings.metrics_port
        server = HealthServer(self.problems, self.metrics, host=host, port=port)
        try:
            server.start()
        except OSError as error:
            # A taken port is no reason to leave people without answers.
            logger.error("METRICS_PORT: no health and metrics on %s:%d: %s", host, port, error.strerror)
            return None
        return server

    def _new_request(self) -> QuietRequest:
        """The client for everything but polling: patient, for a second try may say a thing twice."""
        return QuietRequest(
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
        self.refresh.on_updated.append(lambda _: self._measure())
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
            await self.inbox.check_storage()
            if loop.time() >= next_prune:
                next_prune = loop.time() + PRUNE_SECONDS
                await self.inbox.prune(timedelta(days=self._settings.retention_days))
            await asyncio.sleep(GAUGE_SECONDS)

    async def _measure(self) -> None:
        try:
            size = await asyncio.to_thread(self._corpus.statistics)
        except (CorpusError, OSError) as error:
            logger.warning("the archive could not be measured: %s", error)
            return
        self.metrics.articles.set(size.articles)
        self.metrics.passages.set(size.passages)
        self.metrics.index_bytes.set(size.index_bytes)
        if size.updated:
            self.metrics.updated.set(size.updated.timestamp())
        if size.newest:
            self.metrics.newest.set(size.newest.timestamp())

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
        self._stop.set()
        if self._web:
            await self._web.stop()
        tasks = set(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.inbox.stop(IN_HAND_SECONDS)
        if self._poller:
            await self._poller.confirm()
        with contextlib.suppress(TimeoutError, RuntimeError, TelegramError):
            async with asyncio.timeout(JOBS_SECONDS):
                if self.application.running:
                    await self.application.stop()
        with contextlib.suppress(RuntimeError, TelegramError):
            await self.application.shutdown()

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()

        def ask(number: signal.Signals) -> None:
            if self._stop.is_set() and number == signal.SIGINT:
                os._exit(130)
            self._stop.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, ask, number)
        try:
            yield
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)


async def _kept_up(work: Callable[[], Awaitable[None]]) -> None:
    """Do something beside answering; should it fail, log it and begin anew a little later."""
    while True:
        try:
            return await work()
        except Exception:
            logger.exception("beginning anew: %s", getattr(work, "__qualname__", work))
            await asyncio.sleep(RESTART_SECONDS)
