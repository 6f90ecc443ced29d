"""Tells the operator in words that a group or a topic takes no message of the bot; once a day for each."""

import asyncio
import contextlib
import logging
import sqlite3

from telegram import Bot
from telegram.constants import ParseMode
from telegram.error import TelegramError

from bot.handlers.context import BotData
from bot.inbox.update import current_update
from bot.messages import markup
from bot.outbox.refusals import Refusal
from bot.storage import chats, refusals
from bot.wording import plain_text
from bot.wording.i18n import language_of, translator
from corpus.errors import StoreError

logger = logging.getLogger(__name__)

_TOLD = frozenset({Refusal.MUTED, Refusal.TOPIC_CLOSED, Refusal.TOPIC_GONE})
"""What an operator can mend. Who blocks or removes the bot means it."""

GENERAL = "General"
"""What Telegram calls the topic without a number."""

MAX_TITLE_UNITS = 60


async def report(
    bot: Bot, data: BotData, chat_id: int, thread: int | None, refusal: Refusal, *, title: str | None = None
) -> None:
    """Remember a refusal, and tell the operator if that was not done today.

    Args:
        bot: Sends the message.
        data: Of the application.
        chat_id: The group. People in private chats are nobody's business.
        thread: Its topic, or None.
        refusal: Why it takes no message.
        title: Name of the group, if it is known.
    """
    if chat_id > 0 or refusal not in _TOLD:
        return
    if not await asyncio.to_thread(_is_to_be_told, data, chat_id, thread, refusal):
        return
    logger.warning("a group takes no message: chat=%d topic=%s reason=%s", chat_id, thread, refusal)
    office = data.settings.error_chat_id
    if office is None:
        return
    t = translator(language_of(_language_of_office(data, office)))
    name = plain_text.shorten(plain_text.clean(title or str(chat_id)), MAX_TITLE_UNITS)
    words = t(f"refusals.{refusal}", name=name, id=chat_id, topic=thread or GENERAL)
    token = current_update.set(None)  # this does not answer the update
    try:
        await bot.send_message(
            office, markup.text(words), parse_mode=ParseMode.HTML, disable_notification=True
        )
    except TelegramError as error:
        logger.warning("the error chat could not be told: %s", error.message)
    finally:
        current_update.reset(token)


def _is_to_be_told(data: BotData, chat_id: int, thread: int | None, refusal: Refusal) -> bool:
    """Record a refusal. Where that fails nothing is told: it might be told with every question."""
    try:
        with data.state.transaction() as connection:
            return refusals.is_to_be_told(connection, chat_id, thread, refusal, data.now())
    except (sqlite3.Error, StoreError) as error:
        logger.warning("a refusal could not be recorded: %s", error)
        return False


def _language_of_office(data: BotData, office: int) -> str | None:
    with contextlib.suppress(sqlite3.Error, StoreError):
        return chats.load(data.state.connection(), office).language
    return None
