"""What the bot does unasked: tell chats of new articles, at once or as a digest at their hour."""

import asyncio
import logging
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, cast

from telegram.constants import ParseMode
from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError

from bot.handlers import access
from bot.handlers.context import App, BotData, Context
from bot.handlers.replies import preview_options
from bot.messages.view import make_view
from bot.outbox.sender import BULK, CancelledUnsentError, is_unsent
from bot.service import deliveries
from bot.service.background import Pause, StoppedError
from bot.service.deliveries import News, Parcel
from bot.storage import chats, subscriptions
from bot.storage.subscriptions import Subscription
from bot.wording.i18n import language_of, translator
from corpus.errors import CorpusError
from corpus.models import Filters, UpdateReport

logger = logging.getLogger(__name__)

TICK_SECONDS = 60
FIRST_TICK_SECONDS = 5
AT_THE_SAME_TIME = 4
"""Chats written to at once: one that answers slowly must not hold up the others."""

RUN_SECONDS = 45.0
"""After so long nothing more is begun: the next run, a minute after this one, goes on."""

MIN_SENDING_SECONDS = 10.0
"""However long matching took, so long its results are sent."""

MAX_QUESTIONS = 500
"""Questions matched together; their chats are told before further ones are matched."""

_CHAT_GONE = ("chat not found", "user not found", "deactivated", "was deleted", "peer_id_invalid")
_TOPIC_GONE = ("message thread not found", "topic_deleted")


def schedule(application: App) -> None:
    """Look every minute whether a digest is due or quiet hours have ended."""
    if application.job_queue is None:
        raise RuntimeError("the application was built without a job queue")
    application.job_queue.run_repeating(
        _tick,
        TICK_SECONDS,
        first=FIRST_TICK_SECONDS,
        name="deliveries",
        job_kwargs={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )


async def on_updated(application: App, report: UpdateReport) -> None:
    """Let chats be told of what was just added; a hook of the refresh, which does not wait for it."""
    if report.added and application.job_queue is not None:
        application.job_queue.run_once(_tick, 0, name="news", job_kwargs={"misfire_grace_time": None})


async def deliver(application: App, now: datetime | None = None) -> int:
    """Send each chat what is due, in one message, and return how many were sent.

    Who has waited longest comes first. What is not done after `RUN_SECONDS`, or when the bot is stopped,
    is left to the next run. Safe to run at any time, also twice at once: what one run has claimed the
    other leaves alone. Nothing is raised; a chat that cannot be reached does not keep the others waiting.
    """
    data = application.bot_data
    if data.push_waits:
        return 0  # the run that waits will see what is new
    moment = now or data.now()
    was_running = application.running
    pause = Pause(lambda: was_running and not application.running)
    sent = 0
    try:
        due = await _look_in_turn(data, moment, pause)
        if due is not None:
            sent = await _deliver(application, due, moment, pause)
    except (sqlite3.Error, CorpusError) as error:
        logger.warning("subscriptions could not be looked at: %s", error)
    except StoppedError:
        logger.debug("deliveries are left to the next start")
    return sent


async def _look_in_turn(data: BotData, now: datetime, pause: Pause) -> "_Due | None":
    """Look what is due once no other run computes."""
    data.push_waits = True
    try:
        await data.pushing.acquire()
    finally:
        data.push_waits = False
    try:
        return await asyncio.to_thread(_look, data, now, pause)
    finally:
        data.pushing.release()


async def _deliver(application: App, due: "_Due", now: datetime, pause: Pause) -> int:
    data, news = application.bot_data, due.news
    turns = asyncio.Semaphore(AT_THE_SAME_TIME)
    end = time.monotonic() + RUN_SECONDS
    sent = 0

    async def serve(group: list[Subscription], until: float) -> bool:
        async with turns:
            return time.monotonic() < until and await _serve(application, group, news, now, pause)

    for number, portion in enumerate(_portions(due.groups)):
        if number and time.monotonic() > end:  # the first is always done, or nobody would ever be told
            break
        async with data.pushing:
            await asyncio.to_thread(_match, news, portion, pause)
        until = max(end, time.monotonic() + MIN_SENDING_SECONDS)
        sent += sum(await asyncio.gather(*(serve(group, until) for group in portion)))
    if sent:
        logger.info("delivered: messages=%d", sent)
    return sent


def _portions(groups: Sequence[list[Subscription]]) -> Iterator[list[list[Subscription]]]:
    """Chats whose questions are matched together."""
    portion: list[list[Subscription]] = []
    questions: set[tuple[str, Filters]] = set()
    for group in groups:
        portion.append(group)
        questions.update((one.question, one.filters) for one in group)
        if len(questions) >= MAX_QUESTIONS:
            yield portion
            portion, questions = [], set()
    if portion:
        yield portion


def chat_gone(application: App, chat_id: int) -> None:
    """End the subscriptions of a chat that does not want the bot any more; a hook of the sender."""
    _drop(application.bot_data, chat_id)


def chat_migrated(application: App, old: int, new: int) -> None:
    """Hand everything of a group over to its new number; a hook of the sender."""
    try:
        with application.bot_data.state.transaction() as connection:
            chats.migrate(connection, old, new)
    except sqlite3.Error as error:
        logger.warning("a group could not be followed to its new number: %s", error)


async def _tick(context: Context) -> None:
    await deliver(cast(App, context.application))  # PTB forgets the type of its own job queue


@dataclass(frozen=True, slots=True)
class _Due:
    """What is new, and the subscriptions that are due, by chat and topic: who waited longest first."""

    news: News
    groups: list[list[Subscription]]


def _look(data: BotData, now: datetime, pause: Pause) -> _Due | None:
    """Return what is new and who is to hear of it; None: nothing is, or nobody.

    While an archive is indexed from nothing, as after its database was removed, nothing is news:
    cursors still count the articles of the old one.
    """
    pause.begin()
    last_number = data.corpus.last_number()
    if data.corpus.statistics().updated is None:
        return None
    connection = data.state.connection()
    settled = data.corpus.settled_number()
    if subscriptions.any_astray(connection, settled, last_number):
        with data.state.transaction() as connection:
            subscriptions.rewind(connection, settled, last_number)
    # Who lost admission keeps the subscription, for it may be a slip of the operator's, and hears nothing.
    admitted = (
        one
        for one in subscriptions.waiting(connection, last_number)
        if access.allowed(data.settings, one.user_id, one.chat_id)
    )
    groups = []
    for _, group in groupby(admitted, key=lambda one: (one.chat_id, one.thread_id)):
        pause()
        if due := deliveries.due_of(data, list(group), now):
            groups.append(due)
    if not groups:
        return None
    groups.sort(key=lambda group: min(one.last_run for one in group))
    cursor = min(one.cursor for group in groups for one in group)
    return _Due(News(data.corpus, last_number, cursor, pause), groups)


def _match(news: News, portion: list[list[Subscription]], pause: Pause) -> None:
    pause.begin()
    news.match(one for group in portion for one in group)


def _claim(
    data: BotData, group: list[Subscription], news: News, now: datetime, pause: Pause
) -> Parcel | None:
    pause.begin()
    return deliveries.claim(data, group, news, now)


async def _serve(
    application: App, group: list[Subscription], news: News, now: datetime, pause: Pause
) -> bool:
    """Claim and send what one chat is due; say whether a message left."""
    data = application.bot_data
    try:
        async with data.pushing:
            parcel = await asyncio.to_thread(_claim, data, group, news, now, pause)
    except (sqlite3.Error, CorpusError) as error:
        # Not claimed is not sent: the next tick tries again.
        logger.warning("a delivery could not be prepared: %s", error)
        return False
    except StoppedError:
        return False  # what is not claimed yet is delivered next time
    if parcel is None:
        return False
    try:
        await _send(application, parcel, now)
    except TelegramError as error:
        await asyncio.to_thread(_settle, data, parcel, error)
        return False
    except CancelledUnsentError:  # the bot is being stopped
        _take_back(data, parcel)
        raise
    return True


async def _send(application: App, parcel: Parcel, now: datetime) -> None:
    data, bot = application.bot_data, application.bot
    preferences = chats.load(data.state.connection(), parcel.chat_id)
    language = preferences.language or parcel.sections[0].subscription.language
    view = make_view(
        preferences,
        translator(language_of(language)),
        settings=data.settings,
        username=bot.bot.username or "",
        now=now,
    )
    ready = deliveries.message(parcel, view)
    extras: dict[str, Any] = {"rate_limit_args": BULK} if bot.rate_limiter else {}
    await bot.send_message(
        parcel.chat_id,
        ready.html,
        parse_mode=ParseMode.HTML,
        message_thread_id=parcel.thread_id,
        reply_markup=ready.keyboard,
        link_preview_options=preview_options(ready, preferences.preview),
        disable_notification=parcel.is_digest,
        **extras,
    )


def _settle(data: BotData, parcel: Parcel, error: TelegramError) -> None:
    """Draw the conclusion from a message that could not be sent."""
    words = error.message.lower()
    if isinstance(error, Forbidden) or _is_any(words, _CHAT_GONE):
        _drop(data, parcel.chat_id)
    elif isinstance(error, BadRequest) and _is_any(words, _TOPIC_GONE) and parcel.thread_id is not None:
        _drop(data, parcel.chat_id, parcel.thread_id)
    elif isinstance(error, RetryAfter) or is_unsent(error):
        logger.info("a delivery is put off: %s", error.message)
        _take_back(data, parcel)
    else:
        # It may have arrived, or the bot may not speak there: once more would risk a second one.
        logger.warning("a delivery is lost: %s", error.message)


def _take_back(data: BotData, parcel: Parcel) -> None:
    try:
        deliveries.take_back(data.state, parcel)
    except sqlite3.Error as failure:
        logger.warning("a delivery is lost: %s", failure)


def _drop(data: BotData, chat_id: int, thread_id: int | None = None) -> None:
    try:
        with data.state.transaction() as connection:
            dropped = subscriptions.drop_chat(connection, chat_id, thread_id)
    except sqlite3.Error as error:
        logger.warning("subscriptions could not be ended: %s", error)
        return
    if dropped:
        logger.info("subscriptions ended with their chat: subscriptions=%d", dropped)


def _is_any(words: str, known: tuple[str, ...]) -> bool:
    return any(one in words for one in known)
