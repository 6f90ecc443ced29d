"""Open connections of the web server: how many there may be, and how long each step may take.

asyncio accepts without a bound, and uvicorn waits for a head or a body as long as a client likes. A thousand
connections that say nothing would use up the descriptors that questions need.
"""

import asyncio
import contextlib
import logging
import re
import socket
import time
from collections.abc import Callable
from typing import Any

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

logger = logging.getLogger(__name__)

MAX_CONNECTIONS = 300
"""Connections that one server keeps open."""

HEAD_SECONDS = 20.0
"""How long a connection may be idle, before and while it sends a head."""

MAX_HEAD_BYTES = 16_384
"""Maximum size of the head of a request."""

BODY_SECONDS = 10.0
"""How long a client may take to send a body."""

WRITE_SECONDS = 30.0
"""How long a client may take to receive what was sent to it."""

PAUSE_SECONDS = 1.0
"""How long nothing is accepted after the system refused to accept."""

_HEAD_END = re.compile(rb"\n\r?\n")

_ACCEPTS_PER_TURN = 64
"""Connections accepted in one turn of the event loop."""

_SUMMARY_SECONDS = 60.0
"""Minimum time between two log lines about connections that could not be accepted."""


class Connection(H11Protocol):
    """One connection, in HTTP/1.1 as `h11` reads it.

    It is closed when a head, a body or the receipt of a response takes too long, and after anything that is
    no HTTP.

    Attributes:
        is_answering: Whether a request has come whose response is not finished.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        on_close: Callable[["Connection"], object] = id,
        on_bad_request: Callable[[], object] = bool,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._on_close = on_close
        self._on_bad_request = on_bad_request
        self._deadline: asyncio.TimerHandle | None = None
        self._awaited: tuple[str, int] | None = None
        self._write_deadline: asyncio.TimerHandle | None = None
        self._requests = 0
        self._head = b""

    @property
    def is_answering(self) -> bool:
        """Whether a request has come whose response is not finished."""
        return self.cycle is not None and not self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in uvicorn
        """Begin to wait for a head."""
        super().connection_made(transport)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        for timer in (self._deadline, self._write_deadline):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)
        self._on_close(self)

    def data_received(self, data: bytes) -> None:
        """Take bytes; a head that is too long is refused, also where it comes in one piece."""
        if self._awaited is not None and self._awaited[0] == "head":
            self._head = (self._head + data)[:MAX_HEAD_BYTES]
            if len(self._head) == MAX_HEAD_BYTES and not _HEAD_END.search(self._head):
                self.send_400_response("")
                return
        super().data_received(data)

    def handle_events(self) -> None:
        """Handle what has come, then wait for what is still missing."""
        before = self.cycle
        super().handle_events()
        self._requests += self.cycle is not before
        self._watch()

    def on_response_complete(self) -> None:
        """Wait for the next head once a response is finished."""
        super().on_response_complete()
        self._watch()

    def pause_writing(self) -> None:
        """Give the client WRITE_SECONDS to receive what was written."""
        super().pause_writing()
        if self._write_deadline is None:
            self._write_deadline = self.loop.call_later(WRITE_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Note that the client receives."""
        super().resume_writing()
        if self._write_deadline is not None:
            self._write_deadline.cancel()
            self._write_deadline = None

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, without a word; in the midst of a response, only close."""
        self._on_bad_request()
        if self.conn.our_state not in {h11.IDLE, h11.SEND_RESPONSE}:
            self.transport.abort()
            return
        self.transport.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        self.transport.close()

    def _watch(self) -> None:
        """Start the clock of the step that is awaited, unless it runs already."""
        awaited: tuple[str, int] | None = ("head", self._requests)
        if self.is_answering:
            awaited = ("body", self._requests) if self.cycle.more_body else None
        if awaited == self._awaited:
            return
        self._awaited = awaited
        self._head = b""
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if awaited is not None and not self.transport.is_closing():
            seconds = HEAD_SECONDS if awaited[0] == "head" else BODY_SECONDS
            self._deadline = self.loop.call_later(seconds, self.transport.abort)


class Connections:
    """Accepts connections for a server and keeps at most MAX_CONNECTIONS open.

    When there are that many, a new one takes the place of the oldest on which no request is being answered.
    Where all are being answered, the new one is closed.

    Args:
        connect: Makes the protocol of a connection; it is to call its argument when the connection is closed.
        on_closed: Called for each connection that is closed to keep the bound.
    """

    def __init__(
        self,
        connect: Callable[[Callable[[Connection], object]], Connection],
        *,
        on_closed: Callable[[], object],
    ) -> None:
        self._connect = connect
        self._on_closed = on_closed
        self._listener: socket.socket | None = None
        self._open: dict[Connection, None] = {}
        self._joining: set[asyncio.Task[None]] = set()
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

    def abort(self) -> None:
        """Close all connections at once."""
        for connection in list(self._open):
            connection.transport.abort()

    def _resume(self) -> None:
        self._resuming = None
        if self._listener is not None:
            asyncio.get_running_loop().add_reader(self._listener, self._accept_waiting, self._listener)

    def _accept_waiting(self, listener: socket.socket) -> None:
        for _ in range(_ACCEPTS_PER_TURN):
            try:
                accepted, _address = listener.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError as error:
                self._pause(listener, error)
                return
            self._admit(accepted)

    def _pause(self, listener: socket.socket, error: OSError) -> None:
        """Accept nothing for a while: the socket stays readable, and each turn would fail again."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(listener)
        self._resuming = loop.call_later(PAUSE_SECONDS, self._resume)
        now = time.monotonic()
        if now - self._logged_at > _SUMMARY_SECONDS:
            self._logged_at = now
            logger.error("web connections cannot be accepted: %s", error.strerror)

    def _admit(self, accepted: socket.socket) -> None:
        if len(self._open) + len(self._joining) >= MAX_CONNECTIONS:
            self._on_closed()
            oldest = next((one for one in self._open if not one.is_answering), None)
            if oldest is None:
                accepted.close()
                return
            del self._open[oldest]
            oldest.transport.abort()
        accepted.setblocking(False)
        with contextlib.suppress(OSError):  # the client is gone
            # A head and its body are two writes; the second would wait 40 ms for the client's confirmation.
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        task = asyncio.get_running_loop().create_task(self._join(accepted))
        self._joining.add(task)
        task.add_done_callback(self._joining.discard)

    async def _join(self, accepted: socket.socket) -> None:
        try:
            _, connection = await asyncio.get_running_loop().connect_accepted_socket(
                lambda: self._connect(self._forget), accepted
            )
        except OSError:  # the client is gone
            accepted.close()
            return
        if not connection.transport.is_closing():
            self._open[connection] = None

    def _forget(self, connection: Connection) -> None:
        self._open.pop(connection, None)
