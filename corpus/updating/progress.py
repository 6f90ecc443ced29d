"""Progress and timing of an update; and blocks that Ctrl-C must not interrupt."""

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
        phase: `scan`, `read`, `index` or `vectors`.
        done: Files read, passages indexed, or articles encoded, so far.
        total: How many there are in all; 0 when it is not known.
    """

    phase: str
    done: int
    total: int


Show = Callable[[Progress], None]


def show_nothing(_: Progress) -> None:
    """Ignore progress."""


class Stages:
    """Wall time of each stage of an update."""

    NAMES = ("scan", "read", "store", "index", "merge")

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(self.NAMES, 0.0)

    @contextmanager
    def during(self, stage: str) -> Iterator[None]:
        """Add the duration of a block to a stage."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] += time.perf_counter() - start

    def waiting(self, stage: str, source: Iterable[Item]) -> Iterator[Item]:
        """Yield the items of `source`; the time of waiting for each is added to a stage."""
        items = iter(source)
        while True:
            with self.during(stage):
                item = next(items, None)
            if item is None:
                return
            yield item


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Delay the effect of Ctrl-C until the block ends, because its writes belong together.

    The signal handler is called at once, so that it can print a message. Its exception is raised after the
    block.
    """
    previous = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(previous):
        yield  # signals interrupt only the main thread, and only through a Python handler
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
