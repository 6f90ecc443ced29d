"""What the bot does unasked: tell chats of new articles, at once or as a digest at their hour."""

import asyncio
import logging
import sqlite3
from datetime import datetime
from itertools import groupby
from typing import Any, cast

from telegram.constants import ParseMode
from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError

from bot import access, chats, parcels, subscriptions
from bot.context import App, BotData, Context
from bot.i18n import language_of, translator
from bot.parcels import Arrivals, Parcel
from bot.replies import preview_options
from bot.sending import BULK, is_unsent
from bot.subscriptions import Subscription
from bot.views import make_view
from corpus.errors import CorpusError
from corpus.models import UpdateReport

logger = logging.getLogger(__name__)

TICK_SECONDS = 60
FIRST_TICK_SECONDS = 5
AT_THE_SAME_TIME = 4
"""Chats written to at once: one that answers slowly must not hold up the others."""

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

    Safe to run at any time, also twice at once: what one run has claimed the other leaves alone.
    Nothing is raised; a chat that cannot be reached does not keep the others waiting.
    """
    data = application.bot_data
    moment = now or data.now()
    try:
        arrivals, waiting = await asyncio.to_thread(_look, data)
    except (sqlite3.Error, CorpusError) as error:
        logger.warning("subscriptions could not be looked at: %s", error)
        return 0
    turns = asyncio.Semaphore(AT_THE_SAME_TIME)
    was_running = application.running

    async def serve(group: list[Subscription]) -> bool:
        async with turns:
            if was_running and not application.running:
                return False  # the bot is being stopped: what is not claimed yet is delivered next time
            return await _serve(application, group, arrivals, moment)

    groups = [list(group) for _, group in groupby(waiting, key=lambda one: (one.chat_id, one.thread_id))]
    sent = sum(await asyncio.gather(*map(serve, groups)))
    if sent:
        logger.info("delivered: messages=%d", sent)
    return sent


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


def _look(data: BotData) -> tuple[Arrivals, tuple[Subscription, ...]]:
    """Return what is new and who has not considered it.

    While an archive is indexed from nothing, as after its database was removed, nothing is news:
    cursors still count the articles of the old one.
    """
    last_number = data.corpus.last_number()
    arrivals = Arrivals(data.corpus, last_number)
    if data.corpus.statistics().updated is None:
        return arrivals, ()
    connection = data.state.connection()
    settled = data.corpus.settled_number()
    if subscriptions.any_astray(connection, settled, last_number):
        with data.state.transaction() as connection:
            subscriptions.rewind(connection, settled, last_number)
    # Who lost admission keeps the subscription, for it may be a slip of the operator's, and hears nothing.
    admitted = tuple(
        one
        for one in subscriptions.waiting(connection, last_number)
        if access.allowed(data.settings, one.user_id, one.chat_id)
    )
    return arrivals, admitted


async def _serve(application: App, group: list[Subscription], arrivals: Arrivals, now: datetime) -> bool:
    """Claim and send what one chat is due; say whether a message left."""
    data = application.bot_data
    try:
        parcel = await asyncio.to_thread(parcels.claim, data, group, arrivals, now)
    except (sqlite3.Error, CorpusError) as error:
        # Not claimed is not sent: the next tick tries again.
        logger.warning("a delivery could not be prepared: %s", error)
        return False
    if parcel is None:
        return False
    try:
        await _send(application, parcel, now)
    except TelegramError as error:
        await asyncio.to_thread(_settle, data, parcel, error)
        return False
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
    ready = parcels.message(parcel, view)
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
        logger.info("a delivery is put off: chat=%d: %s", parcel.chat_id, error.message)
        try:
            parcels.take_back(data.state, parcel)
        except sqlite3.Error as failure:
            logger.warning("a delivery is lost: %s", failure)
    else:
        # It may have arrived, or the bot may not speak there: once more would risk a second one.
        logger.warning("a delivery is lost: chat=%d: %s", parcel.chat_id, error.message)


def _drop(data: BotData, chat_id: int, thread_id: int | None = None) -> None:
    try:
        with data.state.transaction() as connection:
            dropped = subscriptions.drop_chat(connection, chat_id, thread_id)
    except sqlite3.Error as error:
        logger.warning("subscriptions could not be ended: %s", error)
        return
    if dropped:
        logger.info("subscriptions ended with their chat: chat=%d subscriptions=%d", chat_id, dropped)


def _is_any(words: str, known: tuple[str, ...]) -> bool:
    return any(one in words for one in known)
