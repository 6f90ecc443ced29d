"""Typed lines become updates; what the bot shows appears on the screen."""

import asyncio
import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from typing import TextIO

from rich.console import Console
from telegram import Update

from bot.cli.chat.home import DEEP_LINK, READER, HomeApi, Json
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
    """Talk until /quit or the end of the input.

    On a terminal the bot greets, asks for lines and clears nothing; from a pipe it reads one line a
    message, shows it and the answer, and ends with the input.

    Args:
        settings: What the operator set; who sits here may do everything.
        corpus: The archive, open.
        state: The bot's own database, open.
        lines: Where lines come from, standard input by default.
        console: Where the chat is shown, standard output by default.
        locale: Decides the language, by default what `LC_ALL` or `LANG` says; `C` or empty: Chinese.

    Returns:
        The exit code, 0.
    """
    lines = lines or _standard_input()
    console = console or Console(highlight=False)
    if locale is None:
        locale = os.environ.get("LC_ALL") or os.environ.get("LANG", "")
    api = HomeApi(_language_code(locale))
    settings = settings.model_copy(
        update={
            "admin_ids": settings.admin_ids | {READER},
            "allowed_ids": settings.allowed_ids and settings.allowed_ids | {READER},
            "error_chat_id": None,
        }
    )
    application = build_application(settings, corpus, state, token=OFFLINE_TOKEN, request=api)
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
        sys.stdin.reconfigure(errors="replace")  # a stray byte is no reason to stop
    return sys.stdin


def _talk(runner: asyncio.Runner, application: App, api: HomeApi, screen: Screen, lines: TextIO) -> None:
    at_terminal = lines.isatty()

    def deal_with(update: Json) -> None:
        with screen.waiting() if at_terminal else nullcontext():
            runner.run(application.process_update(Update.de_json(update, application.bot)))
        for news in api.news():
            screen.show(news)

    if at_terminal:
        screen.hint()
        deal_with(api.typed("/start"))
    for line in _typed_lines(lines, screen):
        choice = screen.choice(line)
        if choice is None:
            deal_with(api.typed(DEEP_LINK.sub(r"/start \1", line)))
        elif choice.data is not None:
            deal_with(api.pressed(choice.message_id, choice.data))
        elif choice.payload is not None:
            deal_with(api.typed(f"/start {choice.payload}"))
        else:
            screen.say(choice.note)


def _typed_lines(lines: TextIO, screen: Screen) -> Iterator[str]:
    """What the person typed, without blank lines, until they leave."""
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
    """`zh_TW.UTF-8` → `zh-tw`; None where the environment says nothing of a language."""
    name = locale.partition(".")[0].partition("@")[0]
    return None if name in ("", "C", "POSIX") else name.replace("_", "-").lower()
