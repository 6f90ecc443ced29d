"""Heavy work spread over processes, each item under a bound of time and memory that the kernel enforces.

A worker is two processes. The outer one imports what the work needs and forks; the inner one works. When
the inner one is ended, for whatever reason, the outer one forks the next within milliseconds.
"""

import ctypes
import functools
import gc
import itertools
import logging
import multiprocessing
import os
import pickle
import queue
import resource
import signal
import sys
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future
from concurrent.futures import wait as wait_for
from dataclasses import dataclass, field
from enum import Enum
from multiprocessing import connection
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, Generic, NoReturn, TypeVar

from corpus.errors import CorpusError

logger = logging.getLogger(__name__)

Item = TypeVar("Item")
Result = TypeVar("Result")

AHEAD: Final = 3
"""Batches for each process that are under way at a time: bounded, so that memory stays flat."""

GARBAGE_FROM: Final = 50_000
"""New objects after which a worker looks for garbage; with Python's 700 that is a fifteenth of its work."""

IDLE_SECONDS: Final = 1.0
"""How long `Workers.map` waits for slow items before it tells its caller that nothing came."""

BATCH_FACTOR: Final = 50
"""What a batch of several items may take after the last item, as a multiple of what an item may take."""

STALL_FACTOR: Final = 6
MIN_STALL_SECONDS: Final = 1.0
"""All attempts but the last may take this multiple of their processor time by the clock."""

RENEWED_FROM: Final = 0.5
"""Share of the memory bound; a process that holds more after a batch gives way to a fresh one."""

_DONE: Final = 0
_RENEW: Final = 3
_NO_MEMORY: Final = 4
"""Exit codes of the inner process."""

_FORKS: Final = sys.platform != "darwin"
"""macOS: its libraries may not survive a fork, so there the outer process does the work itself."""


class WorkerError(CorpusError):
    """No process can be started; nothing is known of any item."""


class Cause(Enum):
    """Why an item has no result."""

    TIME = "it took too much processor time"
    STALLED = "it took too long by the clock"
    MEMORY = "it needed too much memory"
    ENDED = "its process ended in another way"
    LEFT = "it is slow, and the time for slow items is over"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An item that was given up.

    Attributes:
        seconds: The limit that it went over: processor time, or by the clock if it STALLED; of an item that
            was LEFT the last one that it went over, or 0.
    """

    cause: Cause
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one item may cost.

    Attributes:
        seconds: Processor time of the first attempt, the second, and so on. An item that takes more is
            tried again, alone, after all others that take less; after the last attempt it is refused.
            With a single attempt all results come in order.
        stalled: Seconds by the clock that the last attempt may take: the machine may be busy, or a disk slow.
        memory: Bytes that a process may hold in memory; only enforced on Linux.
    """

    seconds: tuple[float, ...] = (0.1, 1.0, 5.0, 20.0)
    stalled: float = 120.0
    memory: int = 500_000_000

    def by_the_clock(self, attempt: int) -> float:
        """How long an attempt may take by the clock."""
        if attempt == len(self.seconds) - 1:
            return self.stalled
        return max(MIN_STALL_SECONDS, self.seconds[attempt] * STALL_FACTOR)


def usable_cores() -> int:
    """How many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        return os.cpu_count() or 1


def _nothing() -> None:
    pass


@dataclass(frozen=True, slots=True, eq=False)
class _Task(Generic[Item]):
    """A batch on its way; the future gives a pickled result or the reason why there is none."""

    batch: Sequence[Item]
    attempt: int
    future: "Future[bytes | _Failure]" = field(default_factory=Future)


@dataclass(frozen=True, slots=True)
class _Failure:
    """A process ended: why, and at which item of its batch; after the last item that is their number."""

    cause: Cause
    place: int


class Workers(Generic[Item, Result]):
    """Applies a function to batches of items, in processes or here. Use as a context manager.

    Args:
        function: Makes the result of a batch. It takes the items one after the other; the time of an item
            runs until it takes the next. Must be importable by a new process.
        processes: How many; 0: the work is done in this process, without bounds.
        processes_if_slow: How many from the moment on when an item has gone over its first limit.
        instead: Makes the result of a batch of one item that was given up.
        bounds: What an item may cost.
        prepare: Called once in each worker: loads what the work needs, so that no item is charged with it.
        cache_dir: Where the analyzer may keep its cache.
    """

    def __init__(
        self,
        function: Callable[[Iterable[Item]], Result],
        processes: int,
        *,
        instead: Callable[[Item, Refusal], Result],
        cache_dir: Path | None,
        processes_if_slow: int = 0,
        bounds: Bounds = Bounds(),
        prepare: Callable[[], None] = _nothing,
    ) -> None:
        self._function = function
        self._processes = processes
        self._processes_if_slow = max(processes, processes_if_slow)
        self._instead = instead
        self._bounds = bounds
        self._tasks: queue.SimpleQueue[_Task[Item] | None] = queue.SimpleQueue()
        self._open = functools.partial(_Worker, function, bounds, prepare, cache_dir)
        self._workers: list[_Worker] = []
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> "Workers[Item, Result]":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._drop_waiting()  # nobody wants the batches that are under way: seconds of work each
            for worker in self._workers:
                worker.hang_up()
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
        """Give batches with their results: in order, then the slow items one by one.

        Args:
            batches: Taken as they are needed.
            first_attempt: With which attempt to begin: above 0 for an item that is known to be slow.
            slow_seconds: After this time with slow items no further one is begun, and those that wait are
                given up as LEFT; None: all are done.

        Yields:
            None whenever only slow items are left and none of them is done: a time to make durable what came.
        """
        if not self._processes:
            for batch in batches:
                yield batch, self._function(batch)
            return
        slow: list[deque[Item]] = [deque() for _ in self._bounds.seconds]
        source = iter(batches)
        running: deque[_Task[Item]] = deque()
        while True:
            while len(running) < self._processes * AHEAD and (taken := [*itertools.islice(source, 1)]):
                quick: list[Item] = []
                for item in taken[0]:
                    attempt = min(first_attempt(item), len(slow) - 1)
                    (slow[attempt] if attempt else quick).append(item)
                if quick:
                    running.append(self._submit(quick, 0))
            if not running:
                break
            task = running.popleft()
            outcome = task.future.result()
            if not isinstance(outcome, _Failure):
                yield task.batch, _result_of(outcome)
            elif len(task.batch) == 1 and len(slow) == 1:
                yield task.batch, self._refused(task, outcome.cause)
            else:
                self._processes = self._processes_if_slow
                before, suspect, after = _parted(task.batch, outcome.place)
                if len(slow) == 1:
                    parts = [before, suspect, *after]
                else:
                    parts = [before, *after]
                    slow[1].extend(suspect)
                running.extendleft([self._submit(part, 0) for part in parts if part][::-1])
        if any(slow):
            yield None
            yield from self._map_slow(slow, slow_seconds)

    def _map_slow(
        self, slow: list[deque[Item]], slow_seconds: float | None
    ) -> Iterator[tuple[Sequence[Item], Result] | None]:
        """One item at a time in each process; those that take less come first."""
        end = None if slow_seconds is None else time.monotonic() + slow_seconds
        self._processes = self._processes_if_slow
        for attempt, waiting in enumerate(slow):
            running: list[_Task[Item]] = []
            while True:
                over = end is not None and time.monotonic() >= end
                while waiting and len(running) < self._processes and not over:
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
                    if not isinstance(outcome, _Failure):
                        yield task.batch, _result_of(outcome)
                    elif outcome.cause in (Cause.TIME, Cause.STALLED) and attempt + 1 < len(slow):
                        slow[attempt + 1].extend(task.batch)
                    else:
                        yield task.batch, self._refused(task, outcome.cause)
        for attempt, waiting in enumerate(slow):
            passed = self._bounds.seconds[attempt - 1] if attempt else 0.0
            for item in waiting:
                yield [item], self._instead(item, Refusal(Cause.LEFT, passed))

    def _refused(self, task: _Task[Item], cause: Cause) -> Result:
        stalled = cause is Cause.STALLED
        seconds = self._bounds.by_the_clock(task.attempt) if stalled else self._bounds.seconds[task.attempt]
        return self._instead(task.batch[0], Refusal(cause, seconds))

    def _submit(self, batch: Sequence[Item], attempt: int) -> _Task[Item]:
        task = _Task(batch, attempt)
        self._tasks.put(task)
        while len(self._threads) < self._processes:
            worker = self._open()
            self._workers.append(worker)
            self._threads.append(threading.Thread(target=self._serve, args=(worker,), daemon=True))
            self._threads[-1].start()
        return task

    def _serve(self, worker: "_Worker") -> None:
        """Hand tasks to one worker, until there are no more."""
        while (task := self._tasks.get()) is not None:
            try:
                task.future.set_result(worker.do(task.batch, task.attempt))
            except BaseException as error:
                task.future.set_exception(error)
        worker.close()

    def _drop_waiting(self) -> None:
        while True:
            try:
                self._tasks.get_nowait()
            except queue.Empty:
                return


def _parted(
    batch: Sequence[Item], place: int
) -> tuple[Sequence[Item], Sequence[Item], tuple[Sequence[Item], Sequence[Item]]]:
    """Split a batch whose process ended: what came before the suspect, the suspect, and what comes after.

    The last part comes in halves, so that several processes share it, should there be more suspects. The
    suspect is empty if the process ended after the last item of several.
    """
    if place >= len(batch) > 1:
        half = len(batch) // 2
        return batch[:half], (), (batch[half:], ())
    place = min(place, len(batch) - 1)
    middle = (place + 1 + len(batch)) // 2
    return batch[:place], batch[place : place + 1], (batch[place + 1 : middle], batch[middle:])


def _result_of(message: bytes) -> Any:
    """What a process sent.

    Raises:
        Exception: What the function raised.
    """
    made, error = pickle.loads(message)  # noqa: S301 — from a process of our own
    if error is not None:
        raise error
    return made


class _Worker:
    """One worker, as its parent sees it; started when there is work, and again when it has ended."""

    def __init__(
        self,
        function: Callable[..., Any],
        bounds: Bounds,
        prepare: Callable[[], None],
        cache_dir: Path | None,
    ) -> None:
        self._work = functools.partial(_work, function, bounds, prepare, cache_dir)
        self._context = multiprocessing.get_context("spawn")  # a fork of a process with threads may deadlock
        self._place = self._context.RawValue(ctypes.c_int)
        self._lock = threading.Lock()
        self._process: multiprocessing.process.BaseProcess | None = None
        self._line: Connection | None = None
        self._lifeline: Connection | None = None
        self._hung_up = False

    def do(self, batch: Sequence[Any], attempt: int) -> bytes | _Failure:
        """Have the work done. Returns the pickled result, or why there is none."""
        line = self._line or self._start()
        self._place.value = len(batch)
        try:
            line.send((batch, attempt))
            message = line.recv_bytes()
        except (EOFError, OSError):
            code = self.close()
            if not self._hung_up:
                logger.debug("a worker process has ended: exit code %s", code)
        else:
            if not message.startswith(_ENDED):
                return message
            code = int(message.removeprefix(_ENDED))
        return _Failure(_CAUSES.get(code, Cause.ENDED), self._place.value)

    def _start(self) -> Connection:
        line, far_line = self._context.Pipe()
        far_lifeline, lifeline = self._context.Pipe(duplex=False)
        with self._lock:
            if self._hung_up:
                raise EOFError
            self._line, self._lifeline = line, lifeline
            self._process = self._context.Process(
                target=self._work, args=(self._place, far_line, far_lifeline), daemon=True
            )
            self._process.start()
        far_line.close()
        far_lifeline.close()
        try:
            line.recv_bytes()  # _READY
        except (EOFError, OSError):
            code = self.close()
            if self._hung_up:
                raise
            raise WorkerError(f"no process for reading can be started: one ended with {code}") from None
        return line

    @property
    def pid(self) -> int | None:
        """Of the outer process."""
        return None if self._process is None else self._process.pid

    def hang_up(self) -> None:
        """Have the processes end in the middle of what they do. From any thread."""
        with self._lock:
            self._hung_up = True
            if self._lifeline is not None:
                self._lifeline.close()
                self._lifeline = None

    def close(self) -> int:
        """End the processes once they have nothing more to do. Returns the exit code."""
        if self._process is None or self._line is None:
            return 0
        self._line.close()
        self._process.join()
        code = self._process.exitcode or 0
        with self._lock:
            if self._lifeline is not None:
                self._lifeline.close()
            self._process = self._line = self._lifeline = None
        return code


_READY: Final = b"ready"
"""What an outer process says first: whatever ends one before that has nothing to do with any item."""

_ENDED: Final = b"ended "
"""In place of a pickle: the inner process ended with this code."""

_CAUSES: Final = {
    -signal.SIGPROF: Cause.TIME,
    -signal.SIGALRM: Cause.STALLED,
    _NO_MEMORY: Cause.MEMORY,
}


# --- In the worker's processes -------------------------------------------------------------------


def _work(
    function: Callable[[Iterable[Any]], Any],
    bounds: Bounds,
    prepare: Callable[[], None],
    cache_dir: Path | None,
    place: "ctypes.c_int",
    line: Connection,
    lifeline: Connection,
) -> None:
    """The outer process: prepares, forks, and forks again when the inner process has ended."""
    _begin(cache_dir)
    prepare()
    line.send_bytes(_READY)
    gc.freeze()  # what was imported stays, and the forks share it
    if not _FORKS:
        threading.Thread(target=_end_with_parent, args=(lifeline,), daemon=True).start()
        _do_batches(function, bounds, place, line)
    while True:
        ended, held = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # numpy's threads, which see to it themselves
            inner = os.fork()
        if inner == 0:
            os.close(ended)
            _do_batches(function, bounds, place, line)
        os.close(held)
        if lifeline in connection.wait([ended, lifeline]):  # the parent hangs up, or is gone
            os.kill(inner, signal.SIGKILL)
            os._exit(1)
        code = os.waitstatus_to_exitcode(os.waitpid(inner, 0)[1])
        os.close(ended)
        if code in _CAUSES:
            line.send_bytes(_ENDED + str(code).encode())
        elif code != _RENEW:
            os._exit(_DONE if code == _DONE else 1)  # perhaps in the middle of a message


def _begin(cache_dir: Path | None) -> None:
    from corpus import analyzer

    if cache_dir is not None:
        analyzer.use_cache_dir(cache_dir)
    gc.set_threshold(GARBAGE_FROM)  # a post makes thousands of objects, hardly any in a circle
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all; the parent ends the others
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)


def _do_batches(
    function: Callable[[Iterable[Any]], Any], bounds: Bounds, place: "ctypes.c_int", line: Connection
) -> NoReturn:
    """The inner process: one batch after the other; it never returns."""
    _limit_memory(bounds.memory)
    while True:
        try:
            batch, attempt = line.recv()
        except (EOFError, OSError):
            os._exit(_DONE)
        try:
            message = pickle.dumps((function(_timed(batch, bounds, attempt, place)), None))
        except MemoryError:
            os._exit(_NO_MEMORY)
        except Exception as error:
            message = _pickled_error(error)
        _set_timers(0, 0)
        try:
            line.send_bytes(message)
        except OSError:
            os._exit(_DONE)
        if _resident() > bounds.memory * RENEWED_FROM:
            os._exit(_RENEW)


def _timed(batch: Sequence[Item], bounds: Bounds, attempt: int, place: "ctypes.c_int") -> Iterator[Item]:
    """Give the items; with each, the kernel's timers begin anew, which end a process that overruns them.

    Signals that Python handles would wait until a regular expression or a parser has come to its end.
    """
    seconds, by_the_clock = bounds.seconds[attempt], bounds.by_the_clock(attempt)
    for number, item in enumerate(batch):
        place.value = number
        _set_timers(seconds, by_the_clock)
        yield item
    if len(batch) > 1:
        place.value = len(batch)
        _set_timers(seconds * BATCH_FACTOR, by_the_clock * BATCH_FACTOR)


def _set_timers(seconds: float, by_the_clock: float) -> None:
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, by_the_clock)


def _pickled_error(error: Exception) -> bytes:
    try:
        return pickle.dumps((None, error))
    except Exception:
        return pickle.dumps((None, RuntimeError(f"{type(error).__name__}: {error}")))


def _limit_memory(most: int) -> None:
    """Let allocations fail before this process holds more; where the kernel does not tell, do nothing."""
    sizes = _memory()
    if sizes is not None:
        resident, data = sizes
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        limit = max(0, most - resident) + data
        resource.setrlimit(
            resource.RLIMIT_DATA, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard)
        )


def _resident() -> int:
    sizes = _memory()
    return 0 if sizes is None else sizes[0]


def _memory() -> tuple[int, int] | None:
    """Bytes of this process in memory, and bytes of data that it has reserved."""
    try:
        fields = Path("/proc/self/statm").read_bytes().split()
    except OSError:
        return None
    return int(fields[1]) * resource.getpagesize(), int(fields[5]) * resource.getpagesize()


def _end_with_parent(lifeline: Connection) -> None:
    connection.wait([lifeline])
    os._exit(1)
