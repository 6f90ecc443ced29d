"""The bot's web server on the internet: updates pushed by Telegram, and reader pages.

What is meant for operators is never where the internet calls: `bot.health` has a listener of its own.
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

from bot.inbox.update import FullError
from bot.metrics import Metrics
from bot.process.health import listen

logger = logging.getLogger(__name__)

MOST_BYTES = 1_000_000
"""Largest update that is read; Telegram's own stay far below."""

BODY_SECONDS = 10.0
HEADER_SECONDS = 20.0
"""Whoever sends slower is cut off."""

_SUMMARY_SECONDS = 60.0

Accept = Callable[[Sequence[object]], Awaitable[None]]
"""Stores updates; when it returns Telegram may forget them."""


class _Server:
    """A listener that is open between `start` and `stop`."""

    def __init__(self, application: Application, host: str, port: int) -> None:
        self._server = HTTPServer(
            application,
            max_body_size=MOST_BYTES,
            max_header_size=16_384,
            body_timeout=BODY_SECONDS,
            idle_connection_timeout=HEADER_SECONDS,
        )
        self._host, self._port = host, port

    def start(self) -> None:
        """Listen.

        Raises:
            OSError: The port is taken or may not be used.
        """
        # tornado's own `listen` forgets to close the socket when the port is taken.
        listener = listen(self._host, self._port)
        listener.setblocking(False)
        self._server.add_socket(listener)

    async def stop(self) -> None:
        """Close the listener and what is still connected."""
        self._server.stop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await self._server.close_all_connections()


class _Quiet(Application):
    """Without a log line for each request: a scanner must not fill the disk."""

    def log_request(self, handler: RequestHandler) -> None:
        """Nothing."""


# --- Webhook -------------------------------------------------------------------------------------


class WebhookServer(_Server):
    """Takes what Telegram pushes: stored first, then answered with 200.

    Args:
        url: The public address; beside `pages` its path is the only one that is served.
        secret: What Telegram sends along in a header.
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
            (f"{_literally(path)}$", _Webhook, shared),
            *pages,
            (r".*", _Nothing, {"refusals": refusals}),
        ]
        super().__init__(_Quiet(routes), host, port)


class PageServer(_Server):
    """Serves reader pages while updates come by polling."""

    def __init__(self, pages: Sequence[Any], *, host: str, port: int, metrics: Metrics | None = None) -> None:
        refusals = _Refusals(metrics or Metrics())
        super().__init__(_Quiet([*pages, (r".*", _Nothing, {"refusals": refusals})]), host, port)


class _Refusals:
    """Counts what is turned away, and logs one line a minute at most."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._count = 0
        self._said = float("-inf")

    def add(self, status: int) -> None:
        self._metrics.count_refused(status)
        self._count += 1
        now = time.monotonic()
        if now - self._said > _SUMMARY_SECONDS:
            logger.warning("web requests refused: %d, the last with status %d", self._count, status)
            self._said, self._count = now, 0


class _Base(RequestHandler):
    refusals: _Refusals

    def write_error(self, status_code: int, **_: Any) -> None:
        """Say no more than the status."""
        self.refusals.add(status_code)
        self.set_header("Connection", "close")
        self.finish()

    def log_exception(self, *_: Any) -> None:
        """Refusals are counted; anything else was logged where it happened."""


class _Nothing(_Base):
    def initialize(self, refusals: _Refusals) -> None:
        self.refusals = refusals

    def prepare(self) -> None:
        raise HTTPError(404)


@stream_request_body
class _Webhook(_Base):
    SUPPORTED_METHODS = ("POST",)

    def initialize(self, accept: Accept, secret: bytes, refusals: _Refusals) -> None:
        self.accept = accept
        self.secret = secret
        self.refusals = refusals
        self.body = bytearray()

    def prepare(self) -> None:
        """Turn away before anything of the body is read."""
        if self.request.method != "POST":
            raise HTTPError(405)
        given = self.request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
        if not hmac.compare_digest(given.encode("utf-8", "replace"), self.secret):
            raise HTTPError(403)
        length = self.request.headers.get("Content-Length", "0")
        if not re.fullmatch("[0-9]{1,9}", length) or int(length) > MOST_BYTES:
            raise HTTPError(413)

    def data_received(self, chunk: bytes) -> None:
        """Collect the body, which the server cuts off at MOST_BYTES."""
        self.body += chunk

    async def post(self) -> None:
        """Store the update; only then Telegram hears that it arrived."""
        try:
            update = json.loads(self.body)
        except (ValueError, RecursionError):
            raise HTTPError(400) from None
        try:
            await self.accept([update])
        except FullError:
            raise HTTPError(503) from None
        except Exception:
            logger.exception("an update could not be taken in; Telegram will send it again")
            raise HTTPError(503) from None
        self.set_status(200)


def _literally(path: str) -> str:
    return "".join(
        f"\\{letter}" if not letter.isalnum() and letter not in "/_-" else letter for letter in path
    )
