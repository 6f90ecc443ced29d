"""Example questions that this archive answers, in the reader's script."""

import asyncio
import unicodedata

from bot.handlers.context import Context
from bot.wording.i18n import Language
from corpus.text import fold

OVERSAMPLING = 3
"""How many candidates are fetched for each question shown, since some are in the other script."""


async def questions(context: Context, count: int) -> tuple[str, ...]:
    """Return example questions in the reader's language, those in the reader's script first."""
    found = await asyncio.to_thread(context.corpus.example_questions, count * OVERSAMPLING)
    reads_english, traditional = context.t.language is Language.ENGLISH, context.t.language is Language.HANT
    readable = [words for words in found if is_chinese(words) is not reads_english]
    return tuple(sorted(readable, key=lambda words: is_traditional(words) is not traditional)[:count])


def is_chinese(words: str) -> bool:
    """Say whether words contain a Chinese character.

    >>> is_chinese("iPhone 14 多少钱"), is_chinese("who won")
    (True, False)
    """
    return any("\u3400" <= character <= "\u9fff" for character in words)


async def question(context: Context) -> str:
    """Return one example question; a fixed one if the archive offers none."""
    found = await questions(context, 1)
    return found[0] if found else context.t("ask.example")


def is_traditional(words: str) -> bool:
    """Say whether words contain a traditional character, that is one which folding changes.

    >>> is_traditional("為什麼"), is_traditional("为什么")
    (True, False)
    """
    return fold(words) != unicodedata.normalize("NFKC", words).lower()
