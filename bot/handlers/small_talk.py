"""Replies to small talk (greetings, thanks, insults, distress), which is never searched nor recorded."""

import asyncio

from telegram import Update

from bot.handlers import examples
from bot.handlers.context import Context
from bot.handlers.replies import reply
from bot.handlers.rules import small_talk
from bot.handlers.rules.small_talk import SmallTalk
from bot.messages import markup

_ASKS_ABOUT = frozenset({SmallTalk.ABOUT, SmallTalk.DOUBT})
"""Small talk that asks about a message, where it replies to one: 怎么用, 真的假的."""

_WITH_EXAMPLE = frozenset({SmallTalk.GREETING, SmallTalk.PRESENCE, SmallTalk.ABOUT})


async def answer(
    update: Update, context: Context, words: str, *, follows_up: bool, about_message: bool = False
) -> bool:
    """Answer a message that is nothing but small talk; return whether it was.

    Args:
        update: The update.
        context: Of the update.
        words: What it says.
        follows_up: Whether it replies to an answer: 怎么用 and 怎么查 ask about that, unless it says 你.
        about_message: Whether it replies to somebody's message: 真的假的 asks about that in the same way.
    """
    kind = small_talk.classify(words)
    if kind is None:
        return False
    asks = {SmallTalk.ABOUT} if follows_up else _ASKS_ABOUT if about_message else frozenset[SmallTalk]()
    if kind in asks and not small_talk.addresses_bot(words):
        return False
    values: dict[str, object] = {}
    if kind in _WITH_EXAMPLE:
        values["example"] = await examples.question(context)
    if kind is SmallTalk.ABOUT:
        values["count"] = (await asyncio.to_thread(context.corpus.statistics)).articles
    await reply(update, context, markup.text(context.t(f"talk.{kind}", **values)))
    return True
