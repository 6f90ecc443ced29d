"""Health and metrics for operators: the bot's side of the guard process (`bot.process.guard`).

`/healthz` says whether the event loop turns; the guard answers it. `/readyz` says whether the bot can answer
questions, and if not why; `/metrics` gives all metrics in Prometheus' format. The bot answers those two.
"""

import asyncio
import contextlib
import json
import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST

from bot.metrics import Metrics
from bot.process.guard import BEAT, JSON, TEXT, Response

logger = logging.getLogger(__name__)

GUARD = Path(__file__).with_name("guard.py")
"""Program of the guard."""

RESTART_SECONDS = 10.0
"""Minimum time between two starts of the guard."""

MAX_UNREAD_BEATS = 15
"""A guard that leaves so many heartbeats unread (about as many seconds) is replaced."""

_KEPT_VARIABLES = ("PATH", "LANG", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
"""Environment variables that the guard gets: it needs no secrets."""

Problems = Callable[[], Mapping[str, str]]
"""Returns what keeps the bot from answering, by subject; empty: nothing."""


class Health:
    """Starts the guard, sends it the heartbeat, and answers what it passes on.

    Args:
        problems: Called for each `/readyz`. An error that it raises is reported as a problem.
        port: Port for HTTP; 0: none, and the guard only makes sure that the bot ends.
        stacks: Descriptor of the watchdog's file, to which the guard adds that the bot was stopped from
            outside; None: there is none.

    Attributes:
        signal_descriptor: Descriptor that numbers of signals are to be written to (`signal.set_wakeup_fd`).
    """

    def __init__(
        self, problems: Problems, metrics: Metrics, *, host: str, port: int, stacks: int | None = None
    ) -> None:
        self._problems = problems
        self._metrics = metrics
        self._host, self._port = host, port
        self._listener: socket.socket | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        self._started_at = float("-inf")
        self._unread_beats = 0
        self._stacks = stacks
        self._answering: set[asyncio.Task[None]] = set()
        self._guard_input, self.signal_descriptor = os.pipe()
        os.set_blocking(self.signal_descriptor, False)

    def start(self) -> None:
        """Listen, and start the guard; to be called while an event loop runs.

        Raises:
            OSError: The port is taken or may not be used. The guard runs, without HTTP.
        """
        try:
            if self._port:
                self._listener = listen(self._host, self._port)
        finally:
            self._start_guard()

    def beat(self) -> None:
        """Tell the guard that the event loop has turned.

        A guard that has ended is started again; one that reads no heartbeats (SIGSTOP) is ended first.
        """
        with contextlib.suppress(BlockingIOError):  # the pipe is full: the guard does not read
            os.write(self.signal_descriptor, b"\0")
        # Counted in beats, not in seconds: a machine that sleeps stops both processes.
        self._unread_beats += 1
        if self._guard and self._unread_beats > MAX_UNREAD_BEATS:
            self._guard.kill()
            self._unread_beats = 0
        gone = self._guard is None or self._guard.poll() is not None
        if gone and time.monotonic() - self._started_at > RESTART_SECONDS:
            logger.error("the process that answers /healthz is gone, starting it again")
            self._start_guard()

    async def stop(self) -> None:
        """End the guard and close everything."""
        for task in self._answering:
            task.cancel()
        await asyncio.gather(*self._answering, return_exceptions=True)
        if self._listener:
            self._listener.close()
        if self._guard:
            self._guard.kill()  # it has nothing to save
            self._guard.wait()
        for descriptor in (self._guard_input, self.signal_descriptor):
            os.close(descriptor)

    def _start_guard(self) -> None:
        """Start a guard with a channel of its own: in that of one that was killed, half a line may stand."""
        self._started_at = time.monotonic()
        self._unread_beats = 0
        try:
            channel, guard_channel = socket.socketpair()
        except OSError as error:
            logger.error("no health and metrics: %s", error)
            return
        listener = self._listener.fileno() if self._listener else -1
        stacks = -1 if self._stacks is None else self._stacks
        passed = (listener, guard_channel.fileno(), stacks)
        with guard_channel:
            try:
                self._guard = subprocess.Popen(  # noqa: S603 — our own file
                    [sys.executable, "-I", "-S", str(GUARD), *map(str, passed)],
                    stdin=self._guard_input,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    pass_fds=[descriptor for descriptor in passed if descriptor >= 0],
                    env={name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ},
                )
            except OSError as error:
                logger.error("no health and metrics: no process can be started: %s", error)
                channel.close()
                return
        task = asyncio.create_task(self._answer_requests(channel))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)
        task.add_done_callback(lambda _: channel.close())  # also if it is cancelled before it begins

    async def _answer_requests(self, channel: socket.socket) -> None:
        """Answer the requests that a guard passes on, until it has ended."""
        reader, writer = await asyncio.open_connection(sock=channel)
        try:
            with contextlib.suppress(OSError):  # the guard has ended
                while line := await reader.readline():
                    number, _, name = line.decode().strip().partition(" ")
                    if name == BEAT:
                        self._unread_beats = 0
                        continue
                    status, kind, body = self._metrics_page() if name == "metrics" else self._ready_page()
                    writer.write(f"{number}\t{status}\t{kind}\t{len(body)}\n".encode() + body)
                    await writer.drain()
        finally:
            writer.close()

    def _ready_page(self) -> Response:
        try:
            problems = dict(self._problems())
        except Exception as error:
            problems = {"check": f"what keeps the bot from answering cannot be told: {type(error).__name__}"}
        body = json.dumps({"ready": not problems, "problems": problems}).encode()
        return 503 if problems else 200, JSON, body

    def _metrics_page(self) -> Response:
        try:
            return 200, CONTENT_TYPE_LATEST, self._metrics.text()
        except Exception as error:
            return 503, TEXT, f"the metrics cannot be read: {type(error).__name__}\n".encode()


def listen(host: str, port: int) -> socket.socket:
    """Open a listening TCP socket.

    Raises:
        OSError: The port is taken or may not be used.
    """
    family, *_, address = socket.getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    return socket.create_server(address[:2], family=family, backlog=128)
