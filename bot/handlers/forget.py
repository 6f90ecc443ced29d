"""/forget: remove a person's words and choices, after a confirmation."""

import asyncio
import logging
import sqlite3
from dataclasses import dataclass
from enum import StrEnum

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.constants import ChatType

from bot.handlers.context import Context
from bot.handlers.replies import Reply, edit_or_send, reply
from bot.messages import markup
from bot.messages.callback_data import encode, payload
from corpus.errors import StoreError

logger = logging.getLogger(__name__)


class Decision(StrEnum):
    """Answer to the confirmation."""

    YES = "y"
    NO = "n"


@payload("F")
@dataclass(frozen=True, slots=True)
class Forget:
    """Remove the data of the person who presses, or keep it."""

    decision: Decision


async def command(update: Update, context: Context) -> None:
    """Say what would be removed and ask for confirmation."""
    chat = update.effective_chat
    if chat is None or chat.type != ChatType.PRIVATE:
        await reply(update, context, markup.text(context.t("forget.only_private")))
        return
    buttons = [
        InlineKeyboardButton(context.t("forget.yes"), callback_data=encode(Forget(Decision.YES))),
        InlineKeyboardButton(context.t("forget.no"), callback_data=encode(Forget(Decision.NO))),
    ]
    question = markup.text(context.t("forget.ask", days=f"{context.settings.retention_days:g}"))
    await reply(update, context, Reply(question, InlineKeyboardMarkup([buttons])))


async def press(update: Update, context: Context, data: Forget) -> str | None:
    """Remove the data, or keep everything as it is."""
    chat, user = update.effective_chat, update.effective_user
    if chat is None or user is None or chat.id != user.id:
        return context.t("forget.only_private")
    t = context.t  # read before the chosen language is removed too
    if data.decision is Decision.NO:
        await edit_or_send(update, context, markup.text(t("forget.left")))
        return None
    try:
        if context.state.problem is not None:  # the data to remove is in a file that cannot be used
            raise StoreError(context.state.problem)
        await asyncio.to_thread(context.state.forget, user.id, up_to=update.update_id)
    except (sqlite3.Error, StoreError) as error:
        logger.warning("a person could not be forgotten: %s", error)
        return t("forget.failed")
    await edit_or_send(update, context, markup.text(t("forget.done")))
    return None
