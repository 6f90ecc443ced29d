"""Greetings, thanks, insults, distress: answered with a line of their own, never searched nor recorded."""

import asyncio

from telegram import Update

from bot.handlers import examples
from bot.handlers.context import Context
from bot.handlers.replies import reply
from bot.handlers.rules import small_talk
from bot.handlers.rules.small_talk import Kind
from bot.messages import markup

_WITH_EXAMPLE = frozenset({Kind.GREETING, Kind.PRESENCE, Kind.ABOUT})


async def answer(update: Update, context: Context, words: str, *, follows_up: bool) -> bool:
    """Answer small talk; returns whether the message was nothing else.

    In reply to an answer 怎么用 or 怎么查 goes on from what was answered, unless it says 你.
    """
    kind = small_talk.kind_of(words)
    if kind is None or (kind is Kind.ABOUT and follows_up and not small_talk.is_to_the_bot(words)):
        return False
    values: dict[str, object] = {}
    if kind in _WITH_EXAMPLE:
        values["example"] = await examples.question(context)
    if kind is Kind.ABOUT:
        values["count"] = (await asyncio.to_thread(context.corpus.statistics)).articles
    await reply(update, context, markup.text(context.t(f"talk.{kind}", **values)))
    return True
