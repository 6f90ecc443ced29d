"""A pool of worker processes for heavy work, each item under bounds of time and memory (`process`)."""

import functools
import itertools
import logging
import os
import pickle
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future
from concurrent.futures import wait as wait_for
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from corpus.workers.process import Bounds, Cause, Failure, Worker

logger = logging.getLogger(__name__)

Item = TypeVar("Item")
Result = TypeVar("Result")

DEFAULT_BOUNDS: Final = Bounds()

AHEAD: Final = 3
"""Batches per process that are in flight: bounded, so that memory use stays flat."""

_TIMES: Final = (Cause.TIME, Cause.STALLED, Cause.SLOW)
"""Causes that more time may help against."""

IDLE_SECONDS: Final = 1.0
"""How long `Workers.map` waits for slow items before it yields None."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an item was given up.

    Attributes:
        cause: The reason.
        seconds: The limit that was exceeded: processor time, or wall time if the cause is STALLED or SLOW.
            For LEFT, the last limit that was exceeded, or 0.
    """

    cause: Cause
    seconds: float = 0.0


def usable_cores() -> int:
    """Number of processors that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        return os.cpu_count() or 1


def _do_nothing() -> None:
    pass


@dataclass(frozen=True, slots=True, eq=False)
class _Task(Generic[Item]):
    """A batch in flight; its future gives the pickled result or a `Failure`."""

    batch: Sequence[Item]
    attempt: int
    future: "Future[bytes | Failure]" = field(default_factory=Future)


class Workers(Generic[Item, Result]):
    """Applies a function to batches of items, in worker processes or in this one. Use as a context manager.

    Args:
        function: Makes the result of a batch. It iterates over the items; the time of an item ends when the
            next is taken. A new process must be able to import it.
        processes: Number of processes; 0: the work is done in this process, without bounds.
        processes_if_slow: Number of processes once an item has exceeded its first limit.
        on_refusal: Makes the result of an item that was given up.
        bounds: Bounds of each item.
        warm_up: Called once in each worker: imports what the work needs, so that no item is charged for it.
        cache_dir: Where the analyzer may keep its cache.
    """

    def __init__(
        self,
        function: Callable[[Iterable[Item]], Result],
        processes: int,
        *,
        on_refusal: Callable[[Item, Refusal], Result],
        cache_dir: Path | None,
        processes_if_slow: int = 0,
        bounds: Bounds = DEFAULT_BOUNDS,
        warm_up: Callable[[], None] = _do_nothing,
    ) -> None:
        self._function = function
        self._processes = processes
        self._processes_if_slow = max(processes, processes_if_slow)
        self._on_refusal = on_refusal
        self._bounds = bounds
        self._tasks: queue.SimpleQueue[_Task[Item] | None] = queue.SimpleQueue()
        self._make_worker = functools.partial(Worker, function, bounds, warm_up, cache_dir)
        self._workers: list[Worker] = []
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> "Workers[Item, Result]":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._drop_queued()  # batches in flight take seconds each and are not needed any more
            for worker in self._workers:
                worker.stop()
        for _thread in self._threads:
            self._tasks.put(None)
        for thread in self._threads:
            thread.join()
        self._threads, self._workers = [], []

    def map(
        self,
        batches: Iterable[Sequence[Item]],
        *,
        first_attempt: Callable[[Item], int] = lambda _: 0,
        slow_seconds: float | None = None,
    ) -> Iterator[tuple[Sequence[Item], Result] | None]:
        """Yield batches with their results: in order, then the slow items one by one.

        Args:
            batches: Consumed as needed.
            first_attempt: The attempt to begin with: above 0 for an item that is known to be slow.
            slow_seconds: After this time with slow items no further one is started, and the rest is given up
                as LEFT; None: all are processed.

        Yields:
            Batch and result; or None if only slow items are left and none finished for a while, which is a
            good moment to commit.
        """
        if not self._processes:
            for batch in batches:
                yield batch, self._function(batch)
            return
        slow: list[deque[Item]] = [deque() for _ in self._bounds.seconds]
        source = iter(batches)
        running: deque[_Task[Item]] = deque()
        while True:
            while len(running) < self._processes * AHEAD and (next_batch := [*itertools.islice(source, 1)]):
                if quick_items := _set_slow_aside(next_batch[0], slow, first_attempt):
                    running.append(self._submit(quick_items, 0))
            if not running:
                break
            task = running.popleft()
            outcome = task.future.result()
            if not isinstance(outcome, Failure):
                yield task.batch, _unpickled(outcome)
            elif len(task.batch) == 1 and len(slow) == 1:
                yield task.batch, self._refused(task, outcome.cause)
            else:
                self._processes = self._processes_if_slow
                parts = _parts_to_repeat(task.batch, outcome.place, slow)
                running.extendleft([self._submit(part, 0) for part in parts][::-1])
        if any(slow):
            yield None
            yield from self._map_slow(slow, slow_seconds)

    def _map_slow(
        self, slow: list[deque[Item]], slow_seconds: float | None
    ) -> Iterator[tuple[Sequence[Item], Result] | None]:
        """Process slow items, one at a time in each process, those with the fewest attempts first."""
        end = None if slow_seconds is None else time.monotonic() + slow_seconds
        self._processes = self._processes_if_slow
        for attempt, waiting in enumerate(slow):
            running: list[_Task[Item]] = []
            while True:
                is_over = end is not None and time.monotonic() >= end
                while waiting and len(running) < self._processes and not is_over:
                    running.append(self._submit([waiting.popleft()], attempt))
                if not running:
                    break
                done, _ = wait_for([task.future for task in running], IDLE_SECONDS, FIRST_COMPLETED)
                if not done:
                    yield None
                finished = [task for task in running if task.future in done]
                running = [task for task in running if task.future not in done]
                for task in finished:
                    outcome = task.future.result()
                    if not isinstance(outcome, Failure):
                        yield task.batch, _unpickled(outcome)
                    elif outcome.cause in _TIMES and attempt + 1 < len(slow):
                        slow[attempt + 1].extend(task.batch)
                    else:
                        yield task.batch, self._refused(task, outcome.cause)
        for attempt, waiting in enumerate(slow):
            last_limit = self._bounds.seconds[attempt - 1] if attempt else 0.0
            for item in waiting:
                yield [item], self._on_refusal(item, Refusal(Cause.LEFT, last_limit))

    def _refused(self, task: _Task[Item], cause: Cause) -> Result:
        by_clock = cause in (Cause.STALLED, Cause.SLOW)
        seconds = self._bounds.wall_seconds(task.attempt) if by_clock else self._bounds.seconds[task.attempt]
        return self._on_refusal(task.batch[0], Refusal(cause, seconds))

    def _submit(self, batch: Sequence[Item], attempt: int) -> _Task[Item]:
        task = _Task(batch, attempt)
        self._tasks.put(task)
        while len(self._threads) < self._processes:
            worker = self._make_worker()
            self._workers.append(worker)
            self._threads.append(threading.Thread(target=self._feed, args=(worker,), daemon=True))
            self._threads[-1].start()
        return task

    def _feed(self, worker: "Worker") -> None:
        """Feed tasks to one worker until there are no more."""
        while (task := self._tasks.get()) is not None:
            try:
                task.future.set_result(worker.run(task.batch, task.attempt))
            except BaseException as error:
                task.future.set_exception(error)
        worker.close()

    def _drop_queued(self) -> None:
        while True:
            try:
                self._tasks.get_nowait()
            except queue.Empty:
                return


def _set_slow_aside(
    batch: Sequence[Item], slow: Sequence[deque[Item]], first_attempt: Callable[[Item], int]
) -> list[Item]:
    """Move items that begin with a later attempt to `slow`, by attempt. Returns the others."""
    quick_items: list[Item] = []
    for item in batch:
        attempt = min(first_attempt(item), len(slow) - 1)
        (slow[attempt] if attempt else quick_items).append(item)
    return quick_items


def _parts_to_repeat(batch: Sequence[Item], place: int, slow: Sequence[deque[Item]]) -> list[Sequence[Item]]:
    """Parts of a failed batch to submit again. If there are later attempts, the suspect goes to `slow`."""
    before, suspect, after = _split_at_suspect(batch, place)
    if len(slow) > 1:
        slow[1].extend(suspect)
        parts = [before, *after]
    else:
        parts = [before, suspect, *after]
    return [part for part in parts if part]


def _split_at_suspect(
    batch: Sequence[Item], place: int
) -> tuple[Sequence[Item], Sequence[Item], tuple[Sequence[Item], Sequence[Item]]]:
    """Split a batch whose process ended: items before the suspect, the suspect, and items after it.

    The last part is halved, so that several processes can share it if it has more suspects. There is no
    suspect if the process ended after the last of several items.
    """
    if place >= len(batch) > 1:
        half = len(batch) // 2
        return batch[:half], (), (batch[half:], ())
    place = min(place, len(batch) - 1)
    middle = (place + 1 + len(batch)) // 2
    return batch[:place], batch[place : place + 1], (batch[place + 1 : middle], batch[middle:])


def _unpickled(message: bytes) -> Any:
    """The result that a process sent.

    Raises:
        Exception: The function raised it.
    """
    made, error = pickle.loads(message)  # noqa: S301 — from a process of our own
    if error is not None:
        raise error
    return made
