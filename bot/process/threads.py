"""A thread pool for blocking work. Stuck work neither uses up the pool nor stops the process from ending."""

import os
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

STUCK_SECONDS = 30.0
"""Work that takes longer is stuck: another thread is started in place of its own."""

MAX_THREADS = min(32, (os.cpu_count() or 1) + 4)
"""Maximum number of working threads, not counting stuck ones."""


class DaemonThreadPool(ThreadPoolExecutor):
    """The executor of `asyncio.to_thread`, with daemon threads.

    `ThreadPoolExecutor` waits for its threads when it is shut down, and again when the interpreter exits. One
    thread that never returns would keep the process alive for ever. This pool waits for no thread.
    """

    def __init__(self, size: int = MAX_THREADS, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(max_workers=size)  # starts no thread: its own `submit` is never called
        self._size = size
        self._clock = clock
        self._changed = threading.Condition()
        self._jobs: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._started_at: dict[int, float] = {}
        self._idle = 0
        self._closed = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Schedule a function to run in a thread.

        Raises:
            RuntimeError: The pool is shut down.
        """
        future: Future[T] = Future()
        with self._changed:
            if self._closed:
                raise RuntimeError("the pool is shut down")
            self._jobs.append((future, partial(fn, *args, **kwargs)))
            self._grow()
            self._changed.notify()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Accept no more work and cancel what waits. Running work goes on; nothing waits for it."""
        with self._changed:
            self._closed = True
            waiting, self._jobs = self._jobs, deque()
            self._changed.notify_all()
        for future, _ in waiting:
            future.cancel()

    def replace_stuck(self) -> None:
        """Start threads in place of stuck ones if work waits; to be called periodically."""
        with self._changed:
            self._grow()

    @property
    def busy(self) -> int:
        """How many pieces of work are running."""
        return len(self._started_at)

    def running_longer_than(self, seconds: float) -> int:
        """Return how many pieces of work have been running for more than so many seconds."""
        now = self._clock()
        return sum(now - begun > seconds for begun in list(self._started_at.values()))

    def _grow(self) -> None:
        while len(self._jobs) > self._idle and self._idle + self._working() < self._size:
            self._idle += 1
            threading.Thread(target=self._work, name="work", daemon=True).start()

    def _working(self) -> int:
        return len(self._started_at) - self.running_longer_than(STUCK_SECONDS)

    def _work(self) -> None:
        me = threading.get_ident()
        while True:
            with self._changed:
                while not self._jobs and not self._closed:
                    self._changed.wait()
                self._idle -= 1
                if not self._jobs:
                    return
                future, job = self._jobs.popleft()
                self._started_at[me] = self._clock()
            set_result = _run(future, job)
            with self._changed:
                del self._started_at[me]
            set_result()
            del future, job, set_result
            with self._changed:
                if (
                    self._idle + self._working() >= self._size
                ):  # another thread was started in place of this one
                    return
                self._idle += 1


def _run(future: Future[Any], job: Callable[[], Any]) -> Callable[[], None]:
    """Do the work, and return the function that sets its result."""
    if not future.set_running_or_notify_cancel():
        return lambda: None
    try:
        return partial(future.set_result, job())
    except BaseException as error:
        return partial(future.set_exception, error)
