"""One worker: two processes that do heavy work under bounds of time and memory which the kernel enforces.

The outer process imports what the work needs and forks; the inner process works. When the inner process is
ended, for whatever reason, the outer one forks the next within milliseconds.
"""

import contextlib
import ctypes
import functools
import gc
import logging
import multiprocessing
import os
import pickle
import resource
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from multiprocessing import connection, resource_tracker
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar

from corpus.errors import CorpusError

logger = logging.getLogger(__name__)

Item = TypeVar("Item")

GARBAGE_THRESHOLD: Final = 50_000
"""Garbage collection threshold of a worker; with Python's 700 collecting takes a fifteenth of its time."""

BATCH_FACTOR: Final = 50
"""Time for a batch of several items after its last item, as a multiple of the limit of one item."""

STALL_FACTOR: Final = 6

MIN_STALL_SECONDS: Final = 1.0
"""Wall time of all attempts but the last, as a multiple of their processor time."""

MAX_RETAINED_SHARE: Final = 0.5
"""Share of the memory bound; a process that holds more after a batch is replaced by a fresh one."""

_EXIT_DONE: Final = 0

_EXIT_RENEW: Final = 3

_EXIT_NO_MEMORY: Final = 4
"""Exit codes of the inner process."""

_ENDED_BUSY: Final = 5
"""In place of the exit code of an inner process that the clock ended while it computed."""

_CAN_FORK: Final = sys.platform != "darwin"
"""Whether forking is safe. On macOS it is not, so there the outer process does the work itself."""


class WorkerError(CorpusError):
    """No worker process can be started; this says nothing about any item."""


class Cause(Enum):
    """Why an item has no result."""

    TIME = "it took too much processor time"
    STALLED = "it took too long by the clock, and hardly computed"
    SLOW = "it took too long by the clock, computing"
    MEMORY = "it needed too much memory"
    ENDED = "its process ended in another way"
    LEFT = "it is slow, and the time for slow items is over"


@dataclass(frozen=True, slots=True)
class Bounds:
    """Bounds of the work on one item.

    Attributes:
        seconds: Processor time of the first attempt, the second, and so on. An item that exceeds it is tried
            again alone, after all quicker ones; after the last attempt it is refused. With a single attempt
            all results come in order.
        stall_seconds: Wall time of the last attempt, in seconds: the machine may be busy or a disk slow.
        memory: Resident bytes of a process; only enforced on Linux.
    """

    seconds: tuple[float, ...] = (0.1, 1.0, 5.0, 20.0)
    stall_seconds: float = 120.0
    memory: int = 500_000_000

    def busy_seconds(self, attempt: int) -> float:
        """Processor time from which on an attempt that is ended by the clock is not taken for a stall."""
        return self.seconds[max(0, attempt - 1)]

    def wall_seconds(self, attempt: int) -> float:
        """Wall time that an attempt may take, in seconds."""
        if attempt == len(self.seconds) - 1:
            return self.stall_seconds
        return max(MIN_STALL_SECONDS, self.seconds[attempt] * STALL_FACTOR)


@dataclass(frozen=True, slots=True)
class Failure:
    """A process ended during a batch.

    Attributes:
        cause: Why it ended.
        place: Place of the item that it worked on; the number of items if it was after the last one.
    """

    cause: Cause
    place: int


class Worker:
    """The parent's handle on one worker; its processes are started on demand, and again after they end."""

    def __init__(
        self,
        function: Callable[..., Any],
        bounds: Bounds,
        warm_up: Callable[[], None],
        cache_dir: Path | None,
    ) -> None:
        self._target = functools.partial(_run_outer_process, function, bounds, warm_up, cache_dir)
        self._context = multiprocessing.get_context("spawn")  # forking a process with threads may deadlock
        self._item_place = self._context.RawValue(ctypes.c_int)
        self._busy_from = self._context.RawValue(ctypes.c_double)
        self._lock = threading.Lock()
        self._process: multiprocessing.process.BaseProcess | None = None
        self._pipe: Connection | None = None
        self._lifeline: Connection | None = None
        self._is_stopping = False

    def run(self, batch: Sequence[Any], attempt: int) -> bytes | Failure:
        """Process a batch. Returns the pickled result or a `Failure`."""
        pipe = self._pipe or self._start()
        self._item_place.value = len(batch)
        try:
            pipe.send((batch, attempt))
            message = pipe.recv_bytes()
        except (EOFError, OSError):
            code = self.close()
            if not self._is_stopping:
                logger.debug("a worker process has ended: exit code %s", code)
        else:
            if not message.startswith(_ENDED_PREFIX):
                return message
            code = int(message.removeprefix(_ENDED_PREFIX))
        return Failure(_CAUSES.get(code, Cause.ENDED), self._item_place.value)

    def _start(self) -> Connection:
        pipe, child_pipe = self._context.Pipe()
        child_lifeline, lifeline = self._context.Pipe(duplex=False)
        with self._lock:
            if self._is_stopping:
                raise EOFError
            self._pipe, self._lifeline = pipe, lifeline
            self._process = self._context.Process(
                target=self._target,
                args=(self._item_place, self._busy_from, child_pipe, child_lifeline),
                daemon=True,
            )
            with (
                _interrupts_blocked()
            ):  # Ctrl-C goes to all processes of a terminal, also to one that imports
                self._process.start()
        child_pipe.close()
        child_lifeline.close()
        try:
            pipe.recv_bytes()  # _READY
        except (EOFError, OSError):
            code = self.close()
            if self._is_stopping:
                raise
            raise WorkerError(f"no process for reading can be started: one ended with {code}") from None
        return pipe

    @property
    def pid(self) -> int | None:
        """Process id of the outer process."""
        return None if self._process is None else self._process.pid

    def stop(self) -> None:
        """End the processes in the middle of their work. May be called from any thread."""
        with self._lock:
            self._is_stopping = True
            if self._lifeline is not None:
                self._lifeline.close()
                self._lifeline = None

    def close(self) -> int:
        """Let the processes finish and end. Returns the exit code."""
        if self._process is None or self._pipe is None:
            return 0
        self._pipe.close()
        self._process.join()
        code = self._process.exitcode or 0
        with self._lock:
            if self._lifeline is not None:
                self._lifeline.close()
            self._process = self._pipe = self._lifeline = None
        return code


_READY: Final = b"ready"
"""First message of an outer process. If the process ends before sending it, no item is to blame."""

_ENDED_PREFIX: Final = b"ended "
"""Prefix of a message, in place of a pickle: the inner process ended with the exit code that follows."""

_CAUSES: Final = {
    -signal.SIGPROF: Cause.TIME,
    -signal.SIGALRM: Cause.STALLED,
    _ENDED_BUSY: Cause.SLOW,
    _EXIT_NO_MEMORY: Cause.MEMORY,
}


# --- In the worker's processes -------------------------------------------------------------------


def _run_outer_process(
    function: Callable[[Iterable[Any]], Any],
    bounds: Bounds,
    warm_up: Callable[[], None],
    cache_dir: Path | None,
    place: "ctypes.c_int",
    busy_from: "ctypes.c_double",
    pipe: Connection,
    lifeline: Connection,
) -> None:
    """Main loop of the outer process: warm up, fork, and fork again when the inner process has ended."""
    _set_up_process(cache_dir)
    warm_up()
    pipe.send_bytes(_READY)
    gc.freeze()  # imported objects are permanent and shared with the forks
    if not _CAN_FORK:
        threading.Thread(target=_end_with_parent, args=(lifeline,), daemon=True).start()
        _run_inner_process(function, bounds, place, busy_from, pipe)
    while True:
        ended, held = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", DeprecationWarning
            )  # about numpy's threads, which handle forks themselves
            inner = os.fork()
        if inner == 0:
            os.close(ended)
            _run_inner_process(function, bounds, place, busy_from, pipe)
        os.close(held)
        if lifeline in connection.wait([ended, lifeline]):  # the parent stops this worker or has ended
            os.kill(inner, signal.SIGKILL)
            os._exit(1)
        _, status, usage = os.wait4(inner, 0)
        code = os.waitstatus_to_exitcode(status)
        if code == -signal.SIGALRM and usage.ru_utime + usage.ru_stime > busy_from.value:
            code = _ENDED_BUSY
        os.close(ended)
        if code in _CAUSES:
            pipe.send_bytes(_ENDED_PREFIX + str(code).encode())
        elif code != _EXIT_RENEW:
            os._exit(_EXIT_DONE if code == _EXIT_DONE else 1)  # it may have ended in the middle of a message


@contextlib.contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Block SIGINT in this thread; a process that is started meanwhile inherits that."""
    resource_tracker.ensure_running()  # its start would unblock the signal
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _set_up_process(cache_dir: Path | None) -> None:
    from corpus.text import analyzer

    if cache_dir is not None:
        analyzer.use_cache_dir(cache_dir)
    gc.set_threshold(
        GARBAGE_THRESHOLD
    )  # a post creates thousands of objects, hardly any in a reference cycle
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the parent ends the others
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)


def _run_inner_process(
    function: Callable[[Iterable[Any]], Any],
    bounds: Bounds,
    place: "ctypes.c_int",
    busy_from: "ctypes.c_double",
    pipe: Connection,
) -> NoReturn:
    """Main loop of the inner process: one batch after the other. It never returns."""
    _limit_memory(bounds.memory)
    while True:
        try:
            batch, attempt = pipe.recv()
        except (EOFError, OSError):
            os._exit(_EXIT_DONE)
        try:
            message = pickle.dumps((function(_timed(batch, bounds, attempt, place, busy_from)), None))
        except MemoryError:
            os._exit(_EXIT_NO_MEMORY)
        except Exception as error:
            message = _pickled_error(error)
        _set_timers(0, 0)
        try:
            pipe.send_bytes(message)
        except OSError:
            os._exit(_EXIT_DONE)
        if _resident() > bounds.memory * MAX_RETAINED_SHARE:
            os._exit(_EXIT_RENEW)


def _timed(
    batch: Sequence[Item],
    bounds: Bounds,
    attempt: int,
    place: "ctypes.c_int",
    busy_from: "ctypes.c_double",
) -> Iterator[Item]:
    """Yield the items and restart the kernel's timers with each; the timers kill a process that exceeds them.

    Signals that Python handles would be delayed until a regular expression or a parser has finished.
    """
    seconds, wall_seconds = bounds.seconds[attempt], bounds.wall_seconds(attempt)
    for number, item in enumerate(batch):
        place.value = number
        busy_from.value = time.process_time() + bounds.busy_seconds(attempt)
        _set_timers(seconds, wall_seconds)
        yield item
    if len(batch) > 1:
        place.value = len(batch)
        _set_timers(seconds * BATCH_FACTOR, wall_seconds * BATCH_FACTOR)


def _set_timers(seconds: float, wall_seconds: float) -> None:
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, wall_seconds)


def _pickled_error(error: Exception) -> bytes:
    try:
        return pickle.dumps((None, error))
    except Exception:
        return pickle.dumps((None, RuntimeError(f"{type(error).__name__}: {error}")))


def _limit_memory(most: int) -> None:
    """Make allocations fail at a bound on resident memory; does nothing where /proc is missing."""
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
    """Resident bytes of this process, and bytes of its data segment; None where /proc is missing."""
    try:
        fields = Path("/proc/self/statm").read_bytes().split()
    except OSError:
        return None
    return int(fields[1]) * resource.getpagesize(), int(fields[5]) * resource.getpagesize()


def _end_with_parent(lifeline: Connection) -> None:
    connection.wait([lifeline])
    os._exit(1)
