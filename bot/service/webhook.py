"""The webhook that Telegram pushes updates to, as an ASGI application."""

import hmac
import json
import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from urllib.parse import quote, urlsplit

from starlette.types import Receive, Scope, Send

from bot.inbox.update import BacklogFullError
from bot.web.gate import refuse

logger = logging.getLogger(__name__)

MAX_BYTES = 1_000_000
"""Maximum size of a request body; Telegram's updates are far smaller."""

Accept = Callable[[Sequence[object]], Awaitable[None]]
"""Stores updates. When it returns Telegram may forget them."""

_SECRET = b"x-telegram-bot-api-secret-token"


def hook_path(url: str) -> str:
    """Return the path of the webhook's address, as clients send it.

    >>> hook_path("https://news.example.org/hook.php?x=1"), hook_path("https://example.org")
    ('/hook.php', '/')
    """
    return quote(urlsplit(url).path or "/", safe="/%:@!$&'()*+,;=~-._")


class Webhook:
    """Accepts the updates that Telegram pushes. Each is stored before the response 200.

    Args:
        secret: Secret that Telegram sends in a header.
        accept: Stores updates.
    """

    def __init__(self, secret: str, accept: Accept) -> None:
        self._secret = secret.encode()
        self._accept = accept

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request with a status and nothing else."""
        status = self._refusal(scope) or await self._take(receive)
        await refuse(status, {} if status is not HTTPStatus.OK else {"Connection": "keep-alive"})(
            scope, receive, send
        )

    def _refusal(self, scope: Scope) -> HTTPStatus | None:
        """Return why a request is refused before anything of its body is read; None: it is not."""
        if scope["method"] != "POST":
            return HTTPStatus.METHOD_NOT_ALLOWED
        headers = scope["headers"]
        given = [value for name, value in headers if name == _SECRET]
        if len(given) != 1 or not hmac.compare_digest(given[0], self._secret):
            return HTTPStatus.FORBIDDEN
        lengths = [value for name, value in headers if name == b"content-length"]
        if any(not re.fullmatch(b"[0-9]{1,9}", length) or int(length) > MAX_BYTES for length in lengths):
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        return None

    async def _take(self, receive: Receive) -> HTTPStatus:
        """Read the body, store the update, and return the status."""
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return HTTPStatus.BAD_REQUEST  # the client is gone
            body += message.get("body", b"")
            if len(body) > MAX_BYTES:
                return HTTPStatus.BAD_REQUEST
            if not message.get("more_body"):
                break
        try:
            update = json.loads(bytes(body))
        except (ValueError, RecursionError):
            return HTTPStatus.BAD_REQUEST
        try:
            await self._accept([update])
        except BacklogFullError:
            return HTTPStatus.SERVICE_UNAVAILABLE
        except Exception:
            logger.exception("an update could not be accepted; Telegram will send it again")
            return HTTPStatus.SERVICE_UNAVAILABLE
        return HTTPStatus.OK
