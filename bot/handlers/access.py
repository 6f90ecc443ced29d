"""Who may use a private archive: one gate before all handlers."""

import logging

from telegram import InlineQueryResultsButton, Update
from telegram.error import TelegramError
from telegram.ext import ApplicationHandlerStop

from bot.handlers import answer_press
from bot.handlers.context import Context
from bot.handlers.errors import describe
from bot.handlers.replies import reply
from bot.handlers.rules import groups
from bot.messages import markup
from bot.settings import Settings

logger = logging.getLogger(__name__)

START_PARAMETER = "private"
"""What the button under an inline query that was turned away leads to /start with."""

MOST_REMEMBERED = 10_000
"""Chats that were turned away; after so many some are told again."""


def allowed(settings: Settings, user_id: int | None, chat_id: int | None) -> bool:
    """Say whether a person, or everybody in a chat, may use the archive; admins always may."""
    if not settings.allowed_ids:
        return True
    admitted = settings.allowed_ids | settings.admin_ids
    return user_id in admitted or chat_id in admitted


async def guard(update: Update, context: Context) -> None:
    """Let an update through to the handlers, or turn it away politely and stop it here.

    Whatever goes wrong on the way, nobody passes whose admission is not certain.

    Raises:
        ApplicationHandlerStop: The person may not use this archive.
    """
    try:
        user, chat = update.effective_user, update.effective_chat
        if allowed(context.settings, user.id if user else None, chat.id if chat else None):
            return
        await _turn_away(update, context)
    except TelegramError as error:
        logger.info("somebody could not be turned away: %s", error.message)
    except Exception as error:
        # The application would log any other exception and go on with the handlers.
        kind, where = describe(error)
        logger.error("somebody could not be turned away: %s at %s", kind, where)
    raise ApplicationHandlerStop


async def _turn_away(update: Update, context: Context) -> None:
    words = context.t("access.private")
    message, chat = update.message, update.effective_chat
    if update.inline_query:
        button = InlineQueryResultsButton(context.t("access.inline"), start_parameter=START_PARAMETER)
        await update.inline_query.answer([], cache_time=300, is_personal=True, button=button)
    elif update.callback_query:
        await answer_press(update, words)
    elif message and chat and chat.id not in context.bot_data.told_off:
        if not groups.is_addressed(message, context.bot.bot):
            return
        if len(context.bot_data.told_off) >= MOST_REMEMBERED:
            context.bot_data.told_off.clear()
        context.bot_data.told_off.add(chat.id)
        await reply(update, context, markup.text(words))
