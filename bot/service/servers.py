"""The public web server: the webhook that Telegram pushes updates to, and the reader pages.

It serves nothing for operators: `bot.process.health` has a listener of its own.
"""

import asyncio
import contextlib
import hmac
import json
import logging
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from tornado.httpserver import HTTPServer
from tornado.web import Application, HTTPError, RequestHandler, stream_request_body

from bot.inbox.update import BacklogFullError
from bot.metrics import Metrics
from bot.process.health import listen
from bot.service.connections import Connections, UnloggedApplication

logger = logging.getLogger(__name__)

MAX_BYTES = 1_000_000
"""Maximum size of a request body; Telegram's updates are far smaller."""

BODY_SECONDS = 10.0
"""How long a client may take to send a body."""

IDLE_SECONDS = 20.0
"""How long a connection may be idle, before and while it sends a header."""

_SUMMARY_SECONDS = 60.0
"""Minimum time between two log lines about refused requests."""

_TOO_MANY = 429
"""Status under which connections are counted that were closed because there were too many."""

Accept = Callable[[Sequence[object]], Awaitable[None]]
"""Stores updates. When it returns Telegram may forget them."""


class _Server:
    """A listener that is open between `start` and `stop`."""

    def __init__(self, application: Application, refusals: "_Refusals", host: str, port: int) -> None:
        self._server = HTTPServer(
            application,
            max_body_size=MAX_BYTES,
            max_header_size=16_384,
            body_timeout=BODY_SECONDS,
            idle_connection_timeout=IDLE_SECONDS,
        )
        self._connections = Connections(self._server, on_closed=lambda: refusals.add(_TOO_MANY))
        self._host, self._port = host, port

    def start(self) -> None:
        """Listen.

        Raises:
            OSError: The port is taken or may not be used.
        """
        # tornado's own `listen` leaks the socket when the port is taken.
        self._connections.start(listen(self._host, self._port))

    async def stop(self) -> None:
        """Close the listener and all connections."""
        self._connections.stop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await self._server.close_all_connections()


# --- Webhook -------------------------------------------------------------------------------------


class WebhookServer(_Server):
    """Accepts the updates that Telegram pushes. Each is stored before the response 200.

    Args:
        url: Public address of the webhook. Only its path and `pages` are served.
        secret: Secret that Telegram sends in a header.
        accept: Stores updates.
        pages: Further routes.
    """

    def __init__(
        self,
        url: str,
        secret: str,
        accept: Accept,
        *,
        host: str,
        port: int,
        pages: Sequence[Any] = (),
        metrics: Metrics | None = None,
    ) -> None:
        refusals = _Refusals(metrics or Metrics())
        shared: dict[str, Any] = {"accept": accept, "secret": secret.encode(), "refusals": refusals}
        path = urlsplit(url).path or "/"
        routes = [
            (f"{_escape_path(path)}$", _Webhook, shared),
            *pages,
            (r".*", _NotFound, {"refusals": refusals}),
        ]
        super().__init__(UnloggedApplication(routes), refusals, host, port)


class PageServer(_Server):
    """Serves the reader pages while updates come by polling."""

    def __init__(self, pages: Sequence[Any], *, host: str, port: int, metrics: Metrics | None = None) -> None:
        refusals = _Refusals(metrics or Metrics())
        routes = [*pages, (r".*", _NotFound, {"refusals": refusals})]
        super().__init__(UnloggedApplication(routes), refusals, host, port)


class _Refusals:
    """Counts refused requests, and logs at most one line every _SUMMARY_SECONDS."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._count = 0
        self._logged_at = float("-inf")

    def add(self, status: int) -> None:
        self._metrics.count_refused(status)
        self._count += 1
        now = time.monotonic()
        if now - self._logged_at > _SUMMARY_SECONDS:
            logger.warning("web requests refused: %d, the last with status %d", self._count, status)
            self._logged_at, self._count = now, 0


class _Handler(RequestHandler):
    refusals: _Refusals

    def write_error(self, status_code: int, **_: Any) -> None:
        """Send the status and nothing else."""
        self.refusals.add(status_code)
        self.set_header("Connection", "close")
        self.finish()

    def log_exception(self, *_: Any) -> None:
        """Log nothing: refusals are counted, and other errors were logged where they happened."""


@stream_request_body
class _NotFound(_Handler):
    def initialize(self, refusals: _Refusals) -> None:
        self.refusals = refusals

    def prepare(self) -> None:
        """Refuse the request before anything of a body is read."""
        raise HTTPError(404)

    def data_received(self, chunk: bytes) -> None:
        """Drop a body. Tornado would keep it, and fails over one whose client leaves."""


@stream_request_body
class _Webhook(_Handler):
    SUPPORTED_METHODS = ("POST",)

    def initialize(self, accept: Accept, secret: bytes, refusals: _Refusals) -> None:
        self.accept = accept
        self.secret = secret
        self.refusals = refusals
        self.body = bytearray()

    def prepare(self) -> None:
        """Refuse bad requests before anything of the body is read."""
        if self.request.method != "POST":
            raise HTTPError(405)
        given = self.request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
        if not hmac.compare_digest(given.encode("utf-8", "replace"), self.secret):
            raise HTTPError(403)
        length = self.request.headers.get("Content-Length", "0")
        if not re.fullmatch("[0-9]{1,9}", length) or int(length) > MAX_BYTES:
            raise HTTPError(413)

    def data_received(self, chunk: bytes) -> None:
        """Collect the body, which the server cuts off at MAX_BYTES."""
        self.body += chunk

    async def post(self) -> None:
        """Store the update, then confirm it."""
        try:
            update = json.loads(self.body)
        except (ValueError, RecursionError):
            raise HTTPError(400) from None
        try:
            await self.accept([update])
        except BacklogFullError:
            raise HTTPError(503) from None
        except Exception:
            logger.exception("an update could not be accepted; Telegram will send it again")
            raise HTTPError(503) from None
        self.set_status(200)


def _escape_path(path: str) -> str:
    return "".join(
        f"\\{letter}" if not letter.isalnum() and letter not in "/_-" else letter for letter in path
    )
