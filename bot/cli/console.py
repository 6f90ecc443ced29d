r"""Standard output and standard error of the command line.

Results are written to standard output in UTF-8, whatever the locale. A lone surrogate is written as
`\udc80`, as in JSON.
"""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from rich.console import Console, RenderableType

    from bot.cli.terminal_render import TerminalStyle

MAX_COLUMNS = 96
"""Longest line on a terminal, for readability."""


class CommandError(Exception):
    """An error that the user can correct; the text is the one line they see."""

    def __init__(self, reason: str, *, code: int = 1) -> None:
        super().__init__(reason)
        self.code = code


class ReaderGone(Exception):  # noqa: N818 — not an error: the reader has seen enough
    """Nobody reads standard output any more, as after `| head`."""


class OutputError(Exception):
    """Standard output cannot be written; the text says why."""


def prepare() -> None:
    """Make both streams accept any text, even under an ASCII locale."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def counted(number: int, thing: str) -> str:
    """A number with what it counts, a regular English noun.

    >>> counted(1, "article"), counted(1_200, "article")
    ('1 article', '1,200 articles')
    """
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


@contextmanager
def _writing() -> Iterator[None]:
    """Translate failures of standard output.

    Raises:
        ReaderGone: Nobody reads standard output any more.
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
    """Write a result and flush it, so that the reader of a pipe gets it at once."""
    with _writing():
        sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
        sys.stdout.buffer.flush()


def write_lines(lines: Iterable[str]) -> None:
    """Write lines one by one, as they are produced."""
    for line in lines:
        write(line + "\n")


def show(value: "RenderableType") -> None:
    """Write a rich renderable: coloured and wrapped on a terminal, as whole plain lines elsewhere."""
    with _writing():
        console = _console()
        with console.capture() as captured:  # rich would end the process when the reader is gone
            console.print(value, soft_wrap=not console.is_terminal)
    write(captured.get())


def terminal_style(zone: "ZoneInfo") -> "TerminalStyle":
    """Return the style that standard output can show."""
    from bot.cli.terminal_render import TerminalStyle

    console = _console()
    if not console.is_terminal:
        return TerminalStyle(zone)
    return TerminalStyle(zone, columns=console.width, bold=not (console.is_dumb_terminal or console.no_color))


def _console() -> "Console":
    from rich.console import Console

    console = Console(highlight=False)
    console.width = min(console.width, MAX_COLUMNS)
    return console


def say(text: str) -> None:
    """Write a line to standard error, for the user."""
    if sys.stderr is not None:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()


def _silence() -> None:
    """Redirect standard output to the null device, so that the flush at exit does not fail again."""
    descriptor = os.open(os.devnull, os.O_WRONLY)
    os.dup2(descriptor, 1)
    os.close(descriptor)
