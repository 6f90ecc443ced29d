"""Questions that show how to ask: answered by this archive, and in the reader's script."""

import asyncio
import unicodedata

from bot.handlers.context import Context
from bot.wording.i18n import Language
from corpus.text import fold

CHOICE = 3
"""So many times the questions shown are looked at, for some may be in the other script."""


async def questions(context: Context, count: int) -> tuple[str, ...]:
    """Return questions to try, those in the reader's script first."""
    found = await asyncio.to_thread(context.corpus.example_questions, count * CHOICE)
    traditional = context.t.language is Language.HANT
    return tuple(sorted(found, key=lambda words: is_traditional(words) is not traditional)[:count])


async def question(context: Context) -> str:
    """Return one of them, a usual one where the archive has none."""
    found = await questions(context, 1)
    return found[0] if found else context.t("ask.example")


def is_traditional(words: str) -> bool:
    """Say whether words hold a traditional character, one that folding makes another.

    >>> is_traditional("為什麼"), is_traditional("为什么")
    (True, False)
    """
    return fold(words) != unicodedata.normalize("NFKC", words).lower()
