"""Messages that ask the bot for something of its own: they open what a command opens, or are answered."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from telegram import Update

from bot.handlers import browse, settings, subscribe
from bot.handlers.context import Context
from bot.handlers.replies import reply
from bot.messages import markup
from bot.storage.chats import AnswerLength
from bot.wording.answers import about_words
from corpus.models import AnswerKind, IntentKind
from corpus.question import Utterance, find_intent

_OPENED: Final[dict[IntentKind, Callable[[Update, Context], Awaitable[None]]]] = {
    IntentKind.SETTINGS: settings.command,
    IntentKind.SUBSCRIPTIONS: subscribe.list_command,
    IntentKind.ARCHIVE_CATEGORIES: browse.top,
}
"""What is opened in place of an answer."""


async def is_own_question(context: Context, message: Utterance) -> bool:
    """Tell whether a message asks for a list, a number, the archive or the bot: it goes on from nothing."""
    intent = find_intent(message)
    if intent is None or not intent.only_of_outlets:
        return intent is not None
    # Whether what it names is an outlet, the archive knows.
    found = await asyncio.to_thread(context.corpus.ask, message.typed, limit=1)
    return found.kind in {AnswerKind.LIST, AnswerKind.COUNT}


async def answer(update: Update, context: Context, message: Utterance) -> bool:
    """Answer a message about the archive or the bot; return whether it was one.

    Where the wording is an article's title, the archive answers with the article, and so it is none.
    """
    intent = find_intent(message)
    if intent is None or intent.kind.lists:
        return False
    found = await asyncio.to_thread(context.corpus.ask, message.typed, limit=1)
    if found.about is None:
        return False
    if opened := _OPENED.get(intent.kind):
        await opened(update, context)
        return True
    user = update.effective_user
    if intent.kind is IntentKind.MY_ID and user is not None:
        words = context.t("about.your_id", id=user.id)
    elif intent.kind is IntentKind.SHORTER and context.chat.length is AnswerLength.SHORT:
        words = context.t("about.shortest")
    else:
        words = about_words(found.about, context.t, zone=context.zone)
    await reply(update, context, markup.text(words))
    return True
