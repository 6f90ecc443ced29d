"""How far long work has come, and work that a Ctrl-C must not cut in half."""

import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import TypeVar

Item = TypeVar("Item")


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


class Stages:
    """Adds up how long each stage of an update takes, by the clock."""

    NAMES = ("scan", "read", "store", "index", "merge")

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(self.NAMES, 0.0)

    @contextmanager
    def during(self, stage: str) -> Iterator[None]:
        """Count the time of a block for a stage."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] += time.perf_counter() - start

    def waiting(self, stage: str, source: Iterable[Item]) -> Iterator[Item]:
        """The same items; the time until each comes counts for a stage."""
        items = iter(source)
        while True:
            with self.during(stage):
                item = next(items, None)
            if item is None:
                return
            yield item


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let a Ctrl-C wait until the block has ended: what it writes belongs together.

    Its handler is called at once, so that it can say so; what it raises waits.
    """
    previous = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(previous):
        yield  # Python interrupts only its main thread, and only by a handler of its own
        return
    waiting: list[BaseException] = []

    def hold_back(number: int, frame: FrameType | None) -> None:
        try:
            previous(number, frame)
        except BaseException as error:
            waiting.append(error)

    signal.signal(signal.SIGINT, hold_back)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
        if waiting:
            raise waiting[0]
