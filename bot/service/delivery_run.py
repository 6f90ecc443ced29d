"""One run of deliveries: collect what is due, match it in batches, claim and send it chat by chat."""

import asyncio
import logging
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import Any

from telegram.constants import ParseMode
from telegram.error import RetryAfter, TelegramError

from bot.handlers import access, refusals
from bot.handlers.context import App, BotData
from bot.handlers.replies import Reply, preview_options
from bot.messages.render_context import RenderContext
from bot.outbox.refusals import Refusal, refusal_of
from bot.outbox.sender import BULK, CancelledUnsentError, is_unsent
from bot.service import deliveries
from bot.service.background import Pause, StoppedError
from bot.service.deliveries import Delivery, NewArticles
from bot.storage import chats, subscriptions
from bot.storage.chats import ChatPreferences
from bot.storage.subscriptions import Subscription
from bot.wording.i18n import language_of, translator
from corpus import sources
from corpus.errors import CorpusError
from corpus.models import Filters

logger = logging.getLogger(__name__)

Group = list[Subscription]
"""Subscriptions of one chat and topic, which one message serves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """Bounds of a run. Times are in seconds.

    Attributes:
        concurrency: How many chats are written to at the same time: a slow one must not delay the others.
        run_seconds: The run begins nothing more after this time; the next one, a minute later, goes on.
        min_sending_seconds: Results are sent for at least this long, however long matching took.
        max_questions: How many questions are matched together. Their chats are served before further
            questions are matched.
    """

    concurrency: int = 4
    run_seconds: float = 45.0
    min_sending_seconds: float = 10.0
    max_questions: int = 500


@dataclass(frozen=True, slots=True)
class DueDeliveries:
    """What is due.

    Attributes:
        groups: The subscriptions that are due, by chat and topic; those that have waited longest first.
    """

    new_articles: NewArticles
    groups: list[Group]


class DeliveryRun:
    """Sends each chat what is due.

    Args:
        now: Aware.
    """

    def __init__(self, application: App, now: datetime, options: RunOptions) -> None:
        self._bot = application.bot
        self._data = application.bot_data
        self._now = now
        self._options = options
        was_running = application.running
        self._pause = Pause(lambda: was_running and not application.running)
        self._turns = asyncio.Semaphore(options.concurrency)

    async def run(self) -> int:
        """Return how many messages were sent.

        Raises:
            sqlite3.Error: The database cannot be used.
            CorpusError: The archive cannot be read.
            StoppedError: The bot is stopping.
        """
        due = await self._collect_in_turn()
        if due is None:
            return 0
        sent = 0
        end = time.monotonic() + self._options.run_seconds
        for number, batch in enumerate(self._batches(due.groups)):
            # The first batch is always served, so that every run makes progress.
            if number and time.monotonic() > end:
                break
            async with self._data.pushing:
                await asyncio.to_thread(self._match, due.new_articles, batch)
            until = max(end, time.monotonic() + self._options.min_sending_seconds)
            serving = (self._serve(group, due.new_articles, until) for group in batch)
            sent += sum(await asyncio.gather(*serving))
        if sent:
            logger.info("delivered: messages=%d", sent)
        return sent

    # --- Collecting and matching -----------------------------------------------------------------

    async def _collect_in_turn(self) -> DueDeliveries | None:
        """Collect what is due once no other run computes."""
        self._data.push_waits = True
        try:
            await self._data.pushing.acquire()
        finally:
            self._data.push_waits = False
        try:
            return await asyncio.to_thread(self._collect)
        finally:
            self._data.pushing.release()

    def _collect(self) -> DueDeliveries | None:
        """Return what is due; None: nothing is.

        Nothing is due while an archive is indexed from nothing, as after its database was removed: cursors
        still count the articles of the former database. Nor while the index is behind the store: whoever is
        told of an article asks about it at once. The end of the update starts the next run.
        """
        self._pause.begin()
        corpus = self._data.corpus
        last_number = corpus.last_number()
        if corpus.statistics().updated is None or corpus.is_index_behind:
            return None
        self._reset_stale_cursors(corpus.settled_number(), last_number)
        groups = list(self._due_groups(last_number))
        if not groups:
            return None
        groups.sort(key=lambda group: min(one.last_run for one in group))
        cursor = min(one.cursor for group in groups for one in group)
        withheld = partial(sources.withheld, self._data.settings.data_dir)
        return DueDeliveries(NewArticles(corpus, last_number, cursor, self._pause, withheld=withheld), groups)

    def _reset_stale_cursors(self, settled: int, last_number: int) -> None:
        state = self._data.state
        if subscriptions.has_stale_cursor(state.connection(), settled, last_number):
            with state.transaction() as connection:
                subscriptions.reset_stale_cursors(connection, settled, last_number)

    def _due_groups(self, last_number: int) -> Iterator[Group]:
        waiting = subscriptions.waiting(self._data.state.connection(), last_number)
        # A chat that is not allowed any more gets nothing but stays subscribed: it may be an operator's slip.
        allowed = (one for one in waiting if access.is_allowed(self._data.settings, one.user_id, one.chat_id))
        for _, group in groupby(allowed, key=lambda one: (one.chat_id, one.thread_id)):
            self._pause()
            if due := deliveries.select_due(self._data, list(group), self._now):
                yield due

    def _batches(self, groups: Sequence[Group]) -> Iterator[list[Group]]:
        """Split groups into batches whose questions are matched together."""
        batch: list[Group] = []
        questions: set[tuple[str, Filters]] = set()
        for group in groups:
            batch.append(group)
            questions.update((one.question, one.filters) for one in group)
            if len(questions) >= self._options.max_questions:
                yield batch
                batch, questions = [], set()
        if batch:
            yield batch

    def _match(self, new_articles: NewArticles, batch: list[Group]) -> None:
        self._pause.begin()
        new_articles.match(one for group in batch for one in group)

    # --- Sending -----------------------------------------------------------------------------------

    async def _serve(self, group: Group, new_articles: NewArticles, until: float) -> bool:
        """Claim and send a group's delivery unless the time is over; return whether a message was sent."""
        async with self._turns:
            if time.monotonic() >= until:
                return False
            delivery = await self._claim(group, new_articles)
            return delivery is not None and await self._send_or_settle(delivery)

    async def _claim(self, group: Group, new_articles: NewArticles) -> Delivery | None:
        """Claim a delivery; None: there is nothing to send, or nothing could be claimed."""

        def claim() -> Delivery | None:
            self._pause.begin()
            return deliveries.claim(self._data, group, new_articles, self._now)

        try:
            async with self._data.pushing:
                return await asyncio.to_thread(claim)
        except (sqlite3.Error, CorpusError) as error:
            # Nothing was claimed: the next run tries again.
            logger.warning("a delivery could not be prepared: %s", error)
        except StoppedError:
            pass  # nothing was claimed: the next start delivers it
        except Exception:
            logger.exception("a delivery could not be prepared")
        return None

    async def _send_or_settle(self, delivery: Delivery) -> bool:
        """Send a claimed delivery. If that fails, release it, drop its subscriptions, or give it up."""
        try:
            message, preferences = self._render(delivery)
        except Exception:  # whatever one delivery meets, the other chats get theirs
            logger.exception("a delivery could not be written, and is put off")
            await asyncio.to_thread(self._release, delivery)
            return False
        try:
            await self._send(delivery, message, preferences)
        except TelegramError as error:
            await asyncio.to_thread(self._settle, delivery, error)
            await self._report(delivery, refusal_of(error))
            return False
        except CancelledUnsentError:  # the bot is stopping
            self._release(delivery)
            raise
        except Exception:
            # It may have arrived: sending it again would risk a double.
            logger.exception("a delivery is lost")
            return False
        return True

    def _render(self, delivery: Delivery) -> tuple[Reply, ChatPreferences]:
        """Return a delivery as a message, and the preferences of its chat."""
        preferences = chats.load(self._data.state.connection(), delivery.chat_id)
        language = preferences.language or delivery.sections[0].subscription.language
        view = RenderContext.for_chat(
            preferences,
            translator(language_of(language)),
            settings=self._data.settings,
            username=self._bot.bot.username or "",
            now=self._now,
        )
        return deliveries.render_message(delivery, view), preferences

    async def _send(self, delivery: Delivery, message: Reply, preferences: ChatPreferences) -> None:
        try:
            await self._send_to(delivery.thread_id, delivery, message, preferences)
        except TelegramError as error:
            # The topic of a private chat may be gone or refused; the person still wants the news.
            is_topic = delivery.thread_id is not None and delivery.chat_id > 0
            if not is_topic or refusal_of(error) is not Refusal.TOPIC_GONE:
                raise
            await self._send_to(None, delivery, message, preferences)

    async def _send_to(
        self, thread: int | None, delivery: Delivery, message: Reply, preferences: ChatPreferences
    ) -> None:
        extras: dict[str, Any] = {"rate_limit_args": BULK} if self._bot.rate_limiter else {}
        await self._bot.send_message(
            delivery.chat_id,
            message.html,
            parse_mode=ParseMode.HTML,
            message_thread_id=thread,
            reply_markup=message.keyboard,
            link_preview_options=preview_options(message, preferences.preview),
            disable_notification=delivery.is_digest,
            **extras,
        )

    async def _report(self, delivery: Delivery, refusal: Refusal | None) -> None:
        if refusal is not None:
            await refusals.report(self._bot, self._data, delivery.chat_id, delivery.thread_id, refusal)

    def _settle(self, delivery: Delivery, error: TelegramError) -> None:
        """Decide what becomes of a delivery that could not be sent."""
        refusal = refusal_of(error)
        if refusal is Refusal.GONE:
            drop_subscriptions(self._data, delivery.chat_id)
        elif refusal is Refusal.TOPIC_GONE and delivery.thread_id is not None:
            drop_subscriptions(self._data, delivery.chat_id, delivery.thread_id)
        elif isinstance(error, RetryAfter) or is_unsent(error):
            logger.info("a delivery is put off: %s", error.message)
            self._release(delivery)
        else:
            # It may have arrived, or the bot may not speak there: sending it again would risk a double.
            logger.warning("a delivery is lost: %s", error.message)

    def _release(self, delivery: Delivery) -> None:
        try:
            deliveries.release(self._data.state, delivery)
        except (sqlite3.Error, CorpusError) as error:
            logger.warning("a delivery is lost: %s", error)


def drop_subscriptions(data: BotData, chat_id: int, thread_id: int | None = None) -> None:
    """Delete the subscriptions of a chat, or of one of its topics; a failure is logged."""
    try:
        with data.state.transaction() as connection:
            dropped = subscriptions.drop_chat(connection, chat_id, thread_id)
    except (sqlite3.Error, CorpusError) as error:
        logger.warning("subscriptions could not be ended: %s", error)
        return
    if dropped:
        logger.info("subscriptions ended with their chat: subscriptions=%d", dropped)
