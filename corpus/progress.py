"""How far long work has come, and work that a Ctrl-C must not cut in half."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an update has come.

    Attributes:
        phase: `scan`, `read` or `index`.
        done: Files read, or passages indexed, so far.
        total: How many there are in all; 0 when it is not known.
    """

    phase: str
    done: int
    total: int


Show = Callable[[Progress], None]


def show_nothing(_: Progress) -> None:
    """Take in progress and do nothing with it."""


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let a Ctrl-C wait until the block has ended: what it writes belongs together."""
    previous = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or previous is None:
        yield  # Python interrupts only its main thread, and only by a handler of its own
        return
    waiting: list[FrameType | None] = []
    signal.signal(signal.SIGINT, lambda _, frame: waiting.append(frame))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
        if waiting and callable(previous):
            previous(signal.SIGINT, waiting[0])
