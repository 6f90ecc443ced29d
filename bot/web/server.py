"""The web server: uvicorn inside the event loop of whoever runs it, which keeps the signals."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import partial

from starlette.types import ASGIApp
from uvicorn import Config, Server

from bot.web.connections import MAX_HEAD_BYTES, Connection, Connections

STOP_SECONDS = 1.0
"""How long responses that are being sent may take when the server stops."""


class _Server(Server):
    """uvicorn's server without its signal handlers and with our way of accepting connections.

    uvicorn's own handlers raise a signal again when it has stopped. The bot would take that for a second
    Ctrl-C and end with work in hand.
    """

    def __init__(self, config: Config, on_refused: Callable[[int], object]) -> None:
        super().__init__(config)
        self._on_refused = on_refused
        self.accepted = Connections(self._connect, on_closed=partial(on_refused, 429))

    def _connect(self, on_close: Callable[[Connection], object]) -> Connection:
        bad_request = partial(self._on_refused, 400)
        return Connection(self.config, self.server_state, {}, on_close=on_close, on_bad_request=bad_request)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the process."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept connections."""
        self.servers = []
        for listener in sockets or ():
            self.accepted.start(listener)
        self.started = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept no more, finish what is being answered, close everything."""
        self.accepted.stop()
        await super().shutdown()
        self.accepted.abort()


class WebServer:
    """A web server that is open between `start` and `stop`.

    Args:
        application: Answers the requests.
        listener: A listening socket (`bot.process.health.listen`), which `stop` closes.
        on_refused: Called with the status for each request that was refused before the application saw it.
        during: Is open for as long as requests are answered, opened and closed in one task.

    Attributes:
        port: The port it listens on.
    """

    def __init__(
        self,
        application: ASGIApp,
        listener: socket.socket,
        *,
        on_refused: Callable[[int], object],
        during: AbstractAsyncContextManager[None] | None = None,
    ) -> None:
        # What is no HTTP is counted, not logged: a scanner must not fill the disk.
        logging.getLogger("uvicorn").setLevel(logging.CRITICAL)
        config = Config(
            application,
            http=Connection,
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            h11_max_incomplete_event_size=MAX_HEAD_BYTES,
            timeout_graceful_shutdown=1,
            proxy_headers=False,
        )
        self._server = _Server(config, on_refused)
        self._task: asyncio.Task[None] | None = None
        self._listener = listener
        self._during = during or nullcontext()
        self.port: int = listener.getsockname()[1]

    def start(self) -> None:
        """Accept connections; to be called while an event loop runs."""
        self._task = asyncio.create_task(self._serve())

    async def _serve(self) -> None:
        async with self._during:
            await self._server.serve(sockets=[self._listener])

    async def stop(self) -> None:
        """Close the listener, finish what is being answered within STOP_SECONDS, close all connections."""
        if self._task is None:
            return
        self._server.should_exit = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS + 1):
                await self._task
        self._server.accepted.stop()
        self._server.accepted.abort()
