"""Health and metrics for operators, answered by a small process beside the bot (`bot.guard`).

`/healthz` says whether the event loop turns, `/readyz` whether the bot can answer questions and if not why,
`/metrics` all figures in Prometheus' format.
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

logger = logging.getLogger(__name__)

GUARD = Path(__file__).with_name("guard.py")
AGAIN_SECONDS = 10.0
"""A guard that ended is started again, no more often than this."""

_JSON = "application/json; charset=UTF-8"
_TEXT = "text/plain; charset=utf-8"
_KEPT = ("PATH", "LANG", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
"""All that the guard is given of the environment: it needs no secrets."""

Problems = Callable[[], Mapping[str, str]]
"""What keeps the bot from answering, by subject; empty when all is well."""


class Health:
    """The bot's side of the guard.

    Args:
        problems: Asked for each `/readyz`; should it fail, that is a problem.
        port: Where HTTP is answered; 0: nowhere, and the guard only sees to it that the bot ends.
    """

    def __init__(self, problems: Problems, metrics: Metrics, *, host: str, port: int) -> None:
        self._problems = problems
        self._metrics = metrics
        self._host, self._port = host, port
        self._listener: socket.socket | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        self._started = float("-inf")
        self._answering: asyncio.Task[None] | None = None
        self._heard, self._beats = os.pipe()
        os.set_blocking(self._beats, False)
        self._channel, self._far_end = socket.socketpair()

    @property
    def signals_to(self) -> int:
        """Descriptor to which numbers of signals are to be written (`signal.set_wakeup_fd`)."""
        return self._beats

    def start(self) -> None:
        """Listen, and start the guard; to be called in a running loop.

        Raises:
            OSError: The port is taken or may not be used. The guard runs, without HTTP.
        """
        self._answering = asyncio.create_task(self._answer())
        try:
            if self._port:
                self._listener = listen(self._host, self._port)
        finally:
            self._start_guard()

    def beat(self) -> None:
        """Tell the guard that the loop has turned; start it anew should it have ended."""
        with contextlib.suppress(BlockingIOError):  # it does not read: full
            os.write(self._beats, b"\0")
        gone = self._guard is None or self._guard.poll() is not None
        if gone and time.monotonic() - self._started > AGAIN_SECONDS:
            logger.error("the process that answers /healthz is gone, starting it again")
            self._start_guard()

    async def stop(self) -> None:
        """End the guard."""
        if self._answering:
            self._answering.cancel()
            await asyncio.gather(self._answering, return_exceptions=True)
        if self._listener:
            self._listener.close()
        if self._guard:
            self._guard.kill()  # it keeps nothing
            self._guard.wait()
        for descriptor in (self._heard, self._beats):
            os.close(descriptor)
        self._far_end.close()
        self._channel.close()

    def _start_guard(self) -> None:
        self._started = time.monotonic()
        far_end = self._far_end.fileno()
        listener = self._listener.fileno() if self._listener else -1
        try:
            self._guard = subprocess.Popen(  # noqa: S603 — our own file
                [sys.executable, "-I", "-S", str(GUARD), str(listener), str(far_end)],
                stdin=self._heard,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[descriptor for descriptor in (listener, far_end) if descriptor >= 0],
                env={name: os.environ[name] for name in _KEPT if name in os.environ},
            )
        except OSError as error:
            logger.error("no health and metrics: no process can be started: %s", error)

    async def _answer(self) -> None:
        """Answer what the guard passes on."""
        reader, writer = await asyncio.open_connection(sock=self._channel)
        try:
            while line := await reader.readline():
                number, _, name = line.decode().strip().partition(" ")
                status, kind, body = self._metrics_page() if name == "metrics" else self._ready_page()
                writer.write(f"{number}\t{status}\t{kind}\t{len(body)}\n".encode() + body)
                await writer.drain()
        finally:
            writer.close()

    def _ready_page(self) -> tuple[int, str, bytes]:
        try:
            problems = dict(self._problems())
        except Exception as error:
            problems = {"check": f"what keeps the bot from answering cannot be told: {type(error).__name__}"}
        body = json.dumps({"ready": not problems, "problems": problems}).encode()
        return 503 if problems else 200, _JSON, body

    def _metrics_page(self) -> tuple[int, str, bytes]:
        try:
            return 200, CONTENT_TYPE_LATEST, self._metrics.text()
        except Exception as error:
            return 503, _TEXT, f"the figures cannot be read: {type(error).__name__}\n".encode()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises:
        OSError: The port is taken or may not be used.
    """
    family, *_, place = socket.getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    return socket.create_server(place[:2], family=family, backlog=128)
