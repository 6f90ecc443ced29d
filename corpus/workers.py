"""Heavy work spread over processes: batches go out, results come back in order."""

import functools
import gc
import itertools
import logging
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final, Generic, TypeVar

logger = logging.getLogger(__name__)

Item = TypeVar("Item")
Result = TypeVar("Result")

AHEAD: Final = 3
"""Batches for each process that are under way at a time: bounded, so that memory stays flat."""


GARBAGE_FROM: Final = 50_000
"""New objects after which a worker looks for garbage; with Python's 700 that is a fifteenth of its work."""


def usable_cores() -> int:
    """How many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        return os.cpu_count() or 1


class Workers(Generic[Item, Result]):
    """Applies a function to batches of items, in processes or here. Use as a context manager.

    Args:
        function: Makes the result of a batch. Must be importable by a new process.
        processes: How many; 0: the work is done in this process.
        instead: Makes the result of a batch of one item that ended its process, whatever the cause: a
            crash in a library, no memory left. The other items are not lost by it.
        cache_dir: Where the analyzer may keep its cache.
    """

    def __init__(
        self,
        function: Callable[[Sequence[Item]], Result],
        processes: int,
        *,
        instead: Callable[[Item], Result],
        cache_dir: Path | None,
    ) -> None:
        self._function = function
        self._processes = processes
        self._instead = instead
        self._cache_dir = cache_dir
        self._pool: ProcessPoolExecutor | None = None
        self._line: Connection | None = None
        self._other_end: Connection | None = None

    def __enter__(self) -> "Workers[Item, Result]":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._hang_up()  # nobody wants the batches that are under way: seconds of work each
        self._end_pool()

    def map(self, batches: Iterable[Sequence[Item]]) -> Iterator[tuple[Sequence[Item], Result]]:
        """Batches with their results, in order; one whose process ended comes in batches of one."""
        if not self._processes:
            for batch in batches:
                yield batch, self._function(batch)
            return
        source = iter(batches)
        running: deque[tuple[Sequence[Item], Future[Result]]] = deque()
        while True:
            for batch in itertools.islice(source, self._processes * AHEAD - len(running)):
                running.append((batch, self._submit(batch, self._processes)))
            if not running:
                return
            batch, future = running.popleft()
            try:
                yield batch, future.result()
            except BrokenProcessPool:
                logger.warning("a worker process has ended unexpectedly: its work is done again, one by one")
                lost = [batch, *(other for other, _ in running)]
                running.clear()
                self._end_pool()
                yield from self._one_by_one(itertools.chain.from_iterable(lost))

    def _submit(self, batch: Sequence[Item], processes: int) -> Future[Result]:
        if self._pool is None:
            self._other_end, self._line = multiprocessing.Pipe(duplex=False)
            # spawn: a fork of a process with threads (the bot) may deadlock.
            self._pool = ProcessPoolExecutor(
                processes,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=functools.partial(_begin, self._cache_dir, self._other_end),
            )
        try:
            return self._pool.submit(self._function, batch)
        except BrokenProcessPool as error:  # it broke since the last result: found out by this one's
            failed: Future[Result] = Future()
            failed.set_exception(error)
            return failed

    def _one_by_one(self, items: Iterable[Item]) -> Iterator[tuple[Sequence[Item], Result]]:
        for item in items:
            try:
                yield [item], self._submit([item], 1).result()
            except BrokenProcessPool:
                self._end_pool()
                yield [item], self._instead(item)
        self._end_pool()

    def _hang_up(self) -> None:
        """Have the processes end in the middle of what they do."""
        if self._line is not None:
            self._line.close()

    def _end_pool(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None
        for end in (self._line, self._other_end):
            if end is not None:
                end.close()
        self._line = self._other_end = None


def _begin(cache_dir: Path | None, line: Connection) -> None:
    """Prepare a process for its work; all modules that the work needs come with its function."""
    from corpus import analyzer

    if cache_dir is not None:
        analyzer.use_cache_dir(cache_dir)
    # What was imported stays; and a post makes thousands of objects, hardly any in a circle.
    gc.freeze()
    gc.set_threshold(GARBAGE_FROM)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all; the parent ends the others
    threading.Thread(target=_end_with_parent, args=(line,), daemon=True).start()


def _end_with_parent(line: Connection) -> None:
    """End this process when its parent hangs up, or is killed: by itself it would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel, line])
        os._exit(1)
