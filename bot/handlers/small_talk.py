"""Replies to small talk (greetings, thanks, insults, distress), which is never searched nor recorded."""

import asyncio

from telegram import Update

from bot.handlers import examples
from bot.handlers.context import Context
from bot.handlers.replies import reply
from bot.handlers.rules import small_talk
from bot.handlers.rules.small_talk import SmallTalk
from bot.messages import markup

_WITH_EXAMPLE = frozenset({SmallTalk.GREETING, SmallTalk.PRESENCE, SmallTalk.ABOUT})


async def answer(update: Update, context: Context, words: str, *, follows_up: bool) -> bool:
    """Answer a message that is nothing but small talk; return whether it was.

    In reply to an answer, 怎么用 and 怎么查 ask about that answer, unless the message says 你.
    """
    kind = small_talk.classify(words)
    if kind is None or (kind is SmallTalk.ABOUT and follows_up and not small_talk.addresses_bot(words)):
        return False
    values: dict[str, object] = {}
    if kind in _WITH_EXAMPLE:
        values["example"] = await examples.question(context)
    if kind is SmallTalk.ABOUT:
        values["count"] = (await asyncio.to_thread(context.corpus.statistics)).articles
    await reply(update, context, markup.text(context.t(f"talk.{kind}", **values)))
    return True
