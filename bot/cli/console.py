r"""Standard output and standard error of the command line, where somebody may listen, or nobody.

Standard output holds results in UTF-8 whatever the locale says; a lone surrogate goes out as `\udc80`,
which is also how JSON writes it.
"""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from rich.console import Console, RenderableType

    from bot.cli.terminal_render import Look

WIDEST = 96
"""Columns; longer lines tire the eye."""


class CommandError(Exception):
    """Something the person at the keyboard can put right; the text is the one line they see."""

    def __init__(self, reason: str, *, code: int = 1) -> None:
        super().__init__(reason)
        self.code = code


class ReaderGone(Exception):  # noqa: N818 — not an error: whoever read us has seen enough
    """Nobody reads standard output any more, as after `| head`."""


class OutputError(Exception):
    """Standard output cannot be written; the text says why."""


def prepare() -> None:
    """Make both streams take any text, also where the locale knows only ASCII."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


@contextmanager
def _outlet() -> Iterator[None]:
    """Say in the command line's own words why standard output takes no more.

    Raises:
        ReaderGone: Nobody reads any more.
        OutputError: Standard output is closed, or its disk is full.
    """
    if sys.stdout is None:
        raise OutputError("standard output is closed")
    try:
        yield
    except BrokenPipeError as error:
        _silence()
        raise ReaderGone from error
    except OSError as error:
        _silence()
        raise OutputError(f"standard output cannot be written: {error.strerror}") from error


def write(text: str) -> None:
    """Write a result at once: whoever waits at the other end of a pipe must not wait for more."""
    with _outlet():
        sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
        sys.stdout.buffer.flush()


def write_lines(lines: Iterable[str]) -> None:
    """Write lines one by one as they come."""
    for line in lines:
        write(line + "\n")


def show(value: "RenderableType") -> None:
    """Write a card or table: with colours and fitted on a terminal, as whole plain lines elsewhere."""
    with _outlet():
        console = _stage()
        with console.capture() as captured:  # rich would end the process where a reader has gone
            console.print(value, soft_wrap=not console.is_terminal)
    write(captured.get())


def look(zone: "ZoneInfo") -> "Look":
    """What standard output can show."""
    from bot.cli.terminal_render import Look

    console = _stage()
    if not console.is_terminal:
        return Look(zone)
    return Look(zone, columns=console.width, bold=not (console.is_dumb_terminal or console.no_color))


def _stage() -> "Console":
    from rich.console import Console

    console = Console(highlight=False)
    console.width = min(console.width, WIDEST)
    return console


def say(text: str) -> None:
    """Tell the person at the keyboard something that is no result."""
    if sys.stderr is not None:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()


def _silence() -> None:
    """Let what is still to be flushed at the end go nowhere instead of failing again."""
    descriptor = os.open(os.devnull, os.O_WRONLY)
    os.dup2(descriptor, 1)
    os.close(descriptor)
