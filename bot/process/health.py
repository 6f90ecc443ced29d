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
from bot.process.guard import JSON, TEXT, Response

logger = logging.getLogger(__name__)

GUARD = Path(__file__).with_name("guard.py")
"""Program of the guard."""

RESTART_SECONDS = 10.0
"""Minimum time between two starts of the guard."""

_KEPT_VARIABLES = ("PATH", "LANG", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
"""Environment variables that the guard gets: it needs no secrets."""

Problems = Callable[[], Mapping[str, str]]
"""Returns what keeps the bot from answering, by subject; empty: nothing."""


class Health:
    """Starts the guard, sends it the heartbeat, and answers what it passes on.

    Args:
        problems: Called for each `/readyz`. An error that it raises is reported as a problem.
        port: Port for HTTP; 0: none, and the guard only makes sure that the bot ends.

    Attributes:
        signal_descriptor: Descriptor that numbers of signals are to be written to (`signal.set_wakeup_fd`).
    """

    def __init__(self, problems: Problems, metrics: Metrics, *, host: str, port: int) -> None:
        self._problems = problems
        self._metrics = metrics
        self._host, self._port = host, port
        self._listener: socket.socket | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        self._started_at = float("-inf")
        self._answering: asyncio.Task[None] | None = None
        self._guard_input, self.signal_descriptor = os.pipe()
        os.set_blocking(self.signal_descriptor, False)
        self._channel, self._guard_channel = socket.socketpair()

    def start(self) -> None:
        """Listen, and start the guard; to be called while an event loop runs.

        Raises:
            OSError: The port is taken or may not be used. The guard runs, without HTTP.
        """
        self._answering = asyncio.create_task(self._answer_requests())
        try:
            if self._port:
                self._listener = listen(self._host, self._port)
        finally:
            self._start_guard()

    def beat(self) -> None:
        """Tell the guard that the event loop has turned. A guard that has ended is started again."""
        with contextlib.suppress(BlockingIOError):  # the pipe is full: the guard does not read
            os.write(self.signal_descriptor, b"\0")
        gone = self._guard is None or self._guard.poll() is not None
        if gone and time.monotonic() - self._started_at > RESTART_SECONDS:
            logger.error("the process that answers /healthz is gone, starting it again")
            self._start_guard()

    async def stop(self) -> None:
        """End the guard and close everything."""
        if self._answering:
            self._answering.cancel()
            await asyncio.gather(self._answering, return_exceptions=True)
        if self._listener:
            self._listener.close()
        if self._guard:
            self._guard.kill()  # it has nothing to save
            self._guard.wait()
        for descriptor in (self._guard_input, self.signal_descriptor):
            os.close(descriptor)
        self._guard_channel.close()
        self._channel.close()

    def _start_guard(self) -> None:
        self._started_at = time.monotonic()
        channel = self._guard_channel.fileno()
        listener = self._listener.fileno() if self._listener else -1
        try:
            self._guard = subprocess.Popen(  # noqa: S603 — our own file
                [sys.executable, "-I", "-S", str(GUARD), str(listener), str(channel)],
                stdin=self._guard_input,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[descriptor for descriptor in (listener, channel) if descriptor >= 0],
                env={name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ},
            )
        except OSError as error:
            logger.error("no health and metrics: no process can be started: %s", error)

    async def _answer_requests(self) -> None:
        """Answer the requests that the guard passes on."""
        reader, writer = await asyncio.open_connection(sock=self._channel)
        try:
            while line := await reader.readline():
                number, _, name = line.decode().strip().partition(" ")
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
