"""The loop of `baotong chat`: typed lines become updates, and the screen shows what the bot sends."""

import asyncio
import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from typing import TextIO

from rich.console import Console
from telegram import Update

from bot.cli.chat.memory_api import DEEP_LINK, READER_ID, InMemoryBotApi, Json
from bot.cli.chat.screen import Screen
from bot.handlers.context import App
from bot.service.application import OFFLINE_TOKEN, build_application
from bot.settings import Settings
from bot.storage.database import State
from bot.wording.i18n import language_of
from corpus import Corpus

_LEAVING = frozenset({"/quit", "/exit", "/q"})


def chat(
    settings: Settings,
    corpus: Corpus,
    state: State,
    *,
    lines: TextIO | None = None,
    console: Console | None = None,
    locale: str | None = None,
) -> int:
    """Run a chat until /quit or the end of the input.

    On a terminal the bot greets and prompts. From a pipe it reads one message per line and shows each with
    its answer.

    Args:
        settings: The operator's settings. The user has all rights.
        corpus: The archive, open.
        state: The bot's own database, open.
        lines: Source of lines, standard input by default.
        console: Where the chat is shown, standard output by default.
        locale: Determines the language, by default `LC_ALL` or `LANG`; `C` and empty mean Chinese.

    Returns:
        The exit code, 0.
    """
    lines = lines or _standard_input()
    console = console or Console(highlight=False)
    if locale is None:
        locale = os.environ.get("LC_ALL") or os.environ.get("LANG", "")
    api = InMemoryBotApi(_language_code(locale))
    settings = settings.model_copy(
        update={
            "admin_ids": settings.admin_ids | {READER_ID},
            "allowed_ids": settings.allowed_ids and settings.allowed_ids | {READER_ID},
            "error_chat_id": None,
        }
    )
    application = build_application(settings, corpus, state, token=OFFLINE_TOKEN, request=api)
    application.bot_data.keeps_votes = False
    application.bot_data.folds_buttons = False
    screen = Screen(console, language_of(api.language_code))
    with asyncio.Runner() as runner:
        runner.run(application.initialize())
        try:
            with suppress(KeyboardInterrupt):
                _talk(runner, application, api, screen, lines)
        finally:
            runner.run(application.shutdown())
    return 0


def _standard_input() -> TextIO:
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")  # an invalid byte must not end the chat
    return sys.stdin


def _talk(
    runner: asyncio.Runner, application: App, api: InMemoryBotApi, screen: Screen, lines: TextIO
) -> None:
    at_terminal = lines.isatty()

    def handle(update: Json) -> None:
        with screen.waiting() if at_terminal else nullcontext():
            runner.run(application.process_update(Update.de_json(update, application.bot)))
        for event in api.take_events():
            screen.show(event)

    if at_terminal:
        screen.hint()
        handle(api.typed("/start"))
    for line in _typed_lines(lines, screen):
        choice = screen.choice(line)
        if choice is None:
            handle(api.typed(DEEP_LINK.sub(r"/start \1", line)))
        elif choice.data is not None:
            handle(api.pressed(choice.message_id, choice.data))
        elif choice.payload is not None:
            handle(api.typed(f"/start {choice.payload}"))
        else:
            screen.say(choice.note)


def _typed_lines(lines: TextIO, screen: Screen) -> Iterator[str]:
    """Yield typed lines that are not blank, until the user leaves."""
    read = _prompting(screen) if lines.isatty() else _echoing(lines, screen)
    while (line := read()) is not None and line not in _LEAVING:
        if line:
            yield line


def _prompting(screen: Screen) -> Callable[[], str | None]:
    with suppress(ImportError):
        import readline  # noqa: F401 — gives `input` its history and line editing

    def read() -> str | None:
        try:
            return input(screen.words["prompt"]).strip()
        except (EOFError, KeyboardInterrupt):
            screen.say(f"\n{screen.words['bye']}")
            return None

    return read


def _echoing(lines: TextIO, screen: Screen) -> Callable[[], str | None]:
    def read() -> str | None:
        line = lines.readline()
        if not line:
            return None
        screen.echo(line.strip())
        return line.strip()

    return read


def _language_code(locale: str) -> str | None:
    """Return the language code of a locale (`zh_TW.UTF-8` → `zh-tw`); None if it names no language."""
    name = locale.partition(".")[0].partition("@")[0]
    return None if name in ("", "C", "POSIX") else name.replace("_", "-").lower()
