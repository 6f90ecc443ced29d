"""Open connections of a web server: how many there may be, and how long a response may take.

tornado accepts without a bound. A thousand connections that say nothing would use up the descriptors that
questions need.
"""

import asyncio
import logging
import socket
import time
from collections.abc import Callable
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPServerRequest
from tornado.iostream import IOStream
from tornado.web import Application, RequestHandler

logger = logging.getLogger(__name__)

MAX_CONNECTIONS = 200
"""Connections that one server keeps open."""

WRITE_SECONDS = 30.0
"""How long a client may take to receive a response."""

PAUSE_SECONDS = 1.0
"""How long nothing is accepted after the system refused to accept."""

_ACCEPTS_PER_TURN = 64
"""Connections accepted in one turn of the event loop."""

_SUMMARY_SECONDS = 60.0
"""Minimum time between two log lines about connections that could not be accepted."""


class Connections:
    """Accepts connections for a server and keeps at most MAX_CONNECTIONS open.

    When there are that many, a new one takes the place of the oldest on which no request is being answered.
    Where all are being answered, the new one is closed.

    Args:
        on_closed: Called for each connection that is closed to keep the bound.
    """

    def __init__(self, server: HTTPServer, *, on_closed: Callable[[], object]) -> None:
        self._server = server
        self._on_closed = on_closed
        self._listener: socket.socket | None = None
        self._open: dict[Stream, None] = {}
        self._resuming: asyncio.TimerHandle | None = None
        self._logged_at = float("-inf")

    def __len__(self) -> int:
        return len(self._open)

    def start(self, listener: socket.socket) -> None:
        """Accept the connections of a listening socket, which is closed by `stop`."""
        listener.setblocking(False)
        self._listener = listener
        self._resume()

    def stop(self) -> None:
        """Close the listening socket. Open connections stay open."""
        if self._listener is None:
            return
        if self._resuming is not None:
            self._resuming.cancel()
        asyncio.get_running_loop().remove_reader(self._listener)
        self._listener.close()
        self._listener = None

    def _resume(self) -> None:
        self._resuming = None
        if self._listener is not None:
            asyncio.get_running_loop().add_reader(self._listener, self._accept_waiting, self._listener)

    def _accept_waiting(self, listener: socket.socket) -> None:
        for _ in range(_ACCEPTS_PER_TURN):
            try:
                connection, address = listener.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError as error:
                self._pause(listener, error)
                return
            self._admit(connection, address)

    def _pause(self, listener: socket.socket, error: OSError) -> None:
        """Accept nothing for a while: the socket stays readable, and each turn would fail again."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(listener)
        self._resuming = loop.call_later(PAUSE_SECONDS, self._resume)
        now = time.monotonic()
        if now - self._logged_at > _SUMMARY_SECONDS:
            self._logged_at = now
            logger.error("web connections cannot be accepted: %s", error.strerror)

    def _admit(self, connection: socket.socket, address: Any) -> None:
        if len(self._open) >= MAX_CONNECTIONS:
            self._on_closed()
            oldest = next((stream for stream in self._open if not stream.is_answering), None)
            if oldest is None:
                connection.close()
                return
            oldest.close()
        connection.setblocking(False)
        stream = Stream(connection, self._forget)
        self._open[stream] = None
        self._server.handle_stream(stream, address)

    def _forget(self, stream: "Stream") -> None:
        self._open.pop(stream, None)


class Stream(IOStream):
    """A connection that is closed when its client does not receive a response within WRITE_SECONDS.

    Attributes:
        is_answering: Whether a request has come whose response is not finished.
    """

    def __init__(self, connection: socket.socket, on_close: Callable[["Stream"], object]) -> None:
        super().__init__(connection)
        self._on_close = on_close
        self.is_answering = False

    def write(self, data: bytes | memoryview) -> "asyncio.Future[None]":
        """Write as tornado does, within WRITE_SECONDS."""
        written = super().write(data)
        if not written.done():
            timer = asyncio.get_running_loop().call_later(WRITE_SECONDS, self.close)
            written.add_done_callback(lambda _: timer.cancel())
        return written

    def close_fd(self) -> None:
        """Close the socket; called by tornado once."""
        super().close_fd()
        self._on_close(self)


class UnloggedApplication(Application):
    """Notes which connections are being answered. It logs no requests: a scanner must not fill the disk."""

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> Any:
        """Find the handler as tornado does; called when the head of a request has come."""
        _mark(request, is_answering=True)
        return super().find_handler(request, **kwargs)

    def log_request(self, handler: RequestHandler) -> None:
        """Note that a response is finished; called by tornado at that time."""
        _mark(handler.request, is_answering=False)


def _mark(request: HTTPServerRequest, *, is_answering: bool) -> None:
    stream = getattr(request.connection, "stream", None)
    if isinstance(stream, Stream):
        stream.is_answering = is_answering
