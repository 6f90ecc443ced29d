"""The bot with messages that make it hang, each in another way: `python -m tests.faults.hanging run`.

What hangs is put before the bot's own handlers; everything else is the bot as it is. HANG_SECONDS sets how
long its watchdog waits, so that a test need not.
"""

import asyncio
import os
import re
import time

from telegram.ext import MessageHandler, filters

from bot.__main__ import main
from bot.handlers.context import Context
from bot.process import threads, watchdog
from bot.service import application

IN_LOOP = "挂住循环"
"""A regular expression that never ends, in the event loop."""

IN_THREAD = "挂住线程"
"""The same in a thread: it holds the interpreter."""

SPINNING = "空转线程"
"""A thread that computes for ever, and lets others have the interpreter now and then."""

SLEEPING = "沉睡线程"
"""A thread in C that does not hold the interpreter, and never comes back."""


def _match() -> None:
    re.fullmatch("(a*)*b", "a" * 64)


def _spin() -> None:
    while True:
        pass


async def hang(update: object, context: Context) -> None:
    """Hang as the message says."""
    words = update.message.text  # type: ignore[attr-defined]
    if words.startswith(IN_LOOP):
        _match()
    elif words.startswith(IN_THREAD):
        await asyncio.to_thread(_match)
    elif words.startswith(SPINNING):
        await asyncio.to_thread(_spin)
    else:
        await asyncio.to_thread(time.sleep, 10_000)


def with_hanging() -> None:
    """Put the handler before all others."""
    kept = application.handlers
    words = filters.Regex(f"^(?:{IN_LOOP}|{IN_THREAD}|{SPINNING}|{SLEEPING})")
    application.handlers = lambda: [MessageHandler(words, hang), *kept()]


if __name__ == "__main__":
    watchdog.HANG_SECONDS = float(os.environ.get("HANG_SECONDS", "30"))
    threads.STUCK_SECONDS = 1.0
    with_hanging()
    main()
