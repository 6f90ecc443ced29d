"""Handlers of updates, one module per subject. Each reads the update, asks the corpus, renders and replies.

All of them are registered in one list, in `bot.service.application`.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from telegram import Update
from telegram.error import BadRequest
from telegram.ext import CallbackQueryHandler

from bot.handlers.context import Context
from bot.messages import callback_data

logger = logging.getLogger(__name__)

TOAST_LENGTH = 200

Data = TypeVar("Data")


def on_press(
    kind: type[Data], handler: Callable[[Update, Context, Data], Awaitable[str | None]]
) -> CallbackQueryHandler[Context, None]:
    """Handle presses of buttons of one kind.

    The handler gets the button's dataclass and returns a short notice for the person who pressed, or
    None. The press is answered here, exactly once; handlers must not answer it.
    """

    async def press(update: Update, context: Context) -> None:
        query = update.callback_query
        data = callback_data.decode(query.data if query else None)
        if isinstance(data, kind) and update.effective_chat is not None:
            await answer_press(update, await handler(update, context, data))
        else:  # PTB passes a press without data to every pattern; no button stands under an inline message
            await unknown_press(update, context)

    def fits(raw: object) -> bool:
        return isinstance(callback_data.decode(raw), kind)

    return CallbackQueryHandler(press, pattern=fits)


async def answer_press(update: Update, notice: str | None) -> None:
    """Answer a press. Telegram refuses late and repeated answers; that is only logged."""
    query = update.callback_query
    if query is None:
        return
    try:
        await query.answer((notice or "")[:TOAST_LENGTH] or None)
    except BadRequest as error:
        logger.info("a press could not be answered: %s", error.message)


async def unknown_press(update: Update, context: Context) -> None:
    """Answer the press of a button that is forged or unknown to this version."""
    await answer_press(update, context.t("buttons.outdated"))
