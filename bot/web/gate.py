"""The gate in front of the pages: methods, bodies, rates, errors, metrics. An ASGI application."""

import json
import logging
import re
import time
from collections.abc import Mapping
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.metrics import Metrics
from bot.web.errors import error_body
from bot.web.limits import SEARCH_COST, AddressLimits
from bot.web.options import SiteOptions

logger = logging.getLogger(__name__)

_SUMMARY_SECONDS = 60.0
"""Minimum time between two log lines about refused requests."""

AGENTS_PATH = "/mcp"
"""Where agents ask, below the site's base."""

_SEARCHING = ("/search", "/trend", "/feed.xml", "/api/ask", "/api/trend", AGENTS_PATH)
_KINDS = {
    "": "home",
    "a": "article",
    "search": "search",
    "latest": "latest",
    "category": "category",
    "trend": "trend",
    "feed.xml": "feed",
    "api": "api",
    "healthz": "health",
    "mcp": "agents",
}


class Refusals:
    """Counts refused requests, and logs at most one line every _SUMMARY_SECONDS."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._count = 0
        self._logged_at = float("-inf")

    def add(self, status: int) -> None:
        """Count one."""
        self._metrics.count_refused(status)
        self._count += 1
        now = time.monotonic()
        if now - self._logged_at > _SUMMARY_SECONDS:
            logger.warning("web requests refused: %d, the last with status %d", self._count, status)
            self._logged_at, self._count = now, 0


class Gate:
    """Lets requests through to the webhook and to the pages.

    Args:
        pages: Answers GET and HEAD; None: there are no pages.
        options: How the site is set up.
        hook: Path of the webhook and what answers it; None: updates do not come this way.
        agents: Answers requests of any method for AGENTS_PATH, with its own bounds on bodies; None: nothing
            is there.
        metrics: Counts requests.
    """

    def __init__(
        self,
        pages: ASGIApp | None,
        options: SiteOptions,
        *,
        hook: tuple[str, ASGIApp] | None = None,
        agents: ASGIApp | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        self._pages = pages
        self._options = options
        self._hook = hook
        self._agents = agents
        self._metrics = metrics or Metrics()
        self._limits = AddressLimits()
        self.refusals = Refusals(self._metrics)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        sender = _Sender(send)
        started = time.monotonic()
        application, kind = self._find(scope)
        try:
            await application(scope, receive, sender)
        except Exception:
            logger.exception("a web request failed")
            if sender.status is None:
                await refuse(HTTPStatus.INTERNAL_SERVER_ERROR)(scope, receive, sender)
        status = sender.status or HTTPStatus.INTERNAL_SERVER_ERROR
        if kind is not None:
            self._metrics.observe_page(kind, status, time.monotonic() - started)
        if status >= HTTPStatus.BAD_REQUEST:
            self.refusals.add(status)

    def _find(self, scope: Scope) -> tuple[ASGIApp, str | None]:
        """Return what answers a request, and the kind of page it asks for; None: it is no page."""
        if scope["http_version"] not in {"1.0", "1.1"}:
            return refuse(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED), None
        if any(_CONTROL.search(value) for _, value in scope["headers"]):
            return refuse(HTTPStatus.BAD_REQUEST), None
        raw_path = scope["raw_path"].decode("ascii", "replace")
        reads = scope["method"] in {"GET", "HEAD"}
        if self._hook is not None and raw_path == self._hook[0] and not (reads and raw_path == "/"):
            return self._hook[1], None
        if self._pages is None:
            return refuse(HTTPStatus.NOT_FOUND), None
        path = below(self._options.base, scope["path"])
        kind = _KINDS.get(path.split("/")[1], "other")
        application = self._pages
        if self._agents is not None and path == AGENTS_PATH:
            application, reads = self._agents, False
        elif not reads:
            return application, kind  # the router says 404 or 405
        headers = {name: value for name, value in scope["headers"] if name in _LOOKED_AT}
        if reads and (headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers):
            return _refuse_page(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, path), kind
        wait = self._seconds_to_wait(scope, headers, path)
        if wait:
            after = {"Retry-After": str(int(wait) + 1)}
            return _refuse_page(HTTPStatus.TOO_MANY_REQUESTS, path, after), kind
        return application, kind

    def _seconds_to_wait(self, scope: Scope, headers: Mapping[bytes, bytes], path: str) -> float:
        address = self._address(scope, headers)
        if address is None:
            return 0.0
        return self._limits.seconds_to_wait(address, SEARCH_COST if path.startswith(_SEARCHING) else 1.0)

    def _address(self, scope: Scope, headers: Mapping[bytes, bytes]) -> str | None:
        """Return the address of the visitor; None: a proxy that names nobody, or this machine."""
        peer = scope["client"][0] if scope.get("client") else ""
        if not self._options.is_proxy(peer):
            return peer
        named = headers.get(b"x-forwarded-for", b"").decode("latin-1")
        for address in reversed(named.split(",")):
            if address.strip() and not self._options.is_proxy(address.strip()):
                return address.strip()
        return None


_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
"""Characters that no value of a header may have; h11 lets them pass."""

_LOOKED_AT = frozenset({b"content-length", b"transfer-encoding", b"x-forwarded-for"})
_WORDS = {
    HTTPStatus.TOO_MANY_REQUESTS: "请求太多，请稍后再试。Too many requests, please try again later.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "这个网址不接收内容。This address takes no body.",
}


def below(base: str, path: str) -> str:
    """Return a path without the site's base, which a reverse proxy may have removed already.

    >>> below("/news", "/news/a/1"), below("/news", "/a/1"), below("/news", "/news"), below("", "/x")
    ('/a/1', '/a/1', '/', '/x')
    """
    if base and (path == base or path.startswith(f"{base}/")):
        path = path[len(base) :]
    return path if path.startswith("/") else f"/{path}"


def _refuse_page(status: HTTPStatus, path: str, headers: Mapping[str, str] | None = None) -> ASGIApp:
    """Refuse a request for a page in words, or one for the API in JSON."""
    if path.startswith("/api/"):
        body = json.dumps(error_body(status, _WORDS[status].partition("。")[2]))
        return refuse(status, {**(headers or {}), "Content-Type": "application/json"}, body)
    return refuse(status, headers, f"{_WORDS[status]}\n")


def refuse(status: HTTPStatus, headers: Mapping[str, str] | None = None, text: str = "") -> ASGIApp:
    """Return an application that answers with a status and closes the connection, without reading a body."""
    body = text.encode()

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        fields = {
            "Content-Length": str(len(body)),
            "Content-Type": "text/plain; charset=utf-8",
            "Connection": "close",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            **(headers or {}),
        }
        encoded = [(name.lower().encode(), value.encode()) for name, value in fields.items()]
        await send({"type": "http.response.start", "status": int(status), "headers": encoded})
        await send({"type": "http.response.body", "body": body})

    return answer


class _Sender:
    """Passes messages on and remembers the status."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status: int | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self._send(message)
