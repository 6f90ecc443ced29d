"""How updates reach the inbox: by polling or by a webhook; and the web server of the reader pages."""

import functools
import secrets
from typing import Any

from bot.handlers.context import App
from bot.inbox.envelope import KINDS
from bot.inbox.inbox import Inbox
from bot.inbox.polling import Poller, QuietRequest
from bot.metrics import Metrics
from bot.process.clock import Clock
from bot.service.servers import PageServer, WebhookServer
from bot.service.startup import StartError, call_until_reached
from bot.settings import Settings
from bot.web import article_page
from corpus import Corpus


class Receiver:
    """Receives updates as the settings say.

    Attributes:
        poller: The poller; None: updates come by webhook, or nothing was started yet.
    """

    def __init__(
        self, settings: Settings, corpus: Corpus, application: App, inbox: Inbox, *, metrics: Metrics
    ) -> None:
        self._settings = settings
        self._corpus = corpus
        self._bot = application.bot
        self._inbox = inbox
        self._metrics = metrics
        self._server: WebhookServer | PageServer | None = None
        self.poller: Poller | None = None

    async def start(self, clock: Clock, token: str) -> None:
        """Set or delete the webhook at Telegram, and open the web server where one is needed.

        Raises:
            StartError: The port cannot be used, or Telegram refuses.
        """
        if self._settings.webhook_url:
            await self._start_webhook(self._settings.webhook_url)
        else:
            await self._start_polling(clock, token)

    async def stop(self) -> None:
        """Close the web server."""
        if self._server:
            await self._server.stop()

    async def confirm(self) -> None:
        """Confirm the last updates that were polled."""
        if self.poller:
            await self.poller.confirm()

    async def _start_polling(self, clock: Clock, token: str) -> None:
        await call_until_reached(self._bot.delete_webhook, self._settings)
        request = QuietRequest(clock, connection_pool_size=2, proxy=self._settings.proxy_url)
        url = f"{self._settings.telegram_api_base}/bot{token}/getUpdates"
        poller = self.poller = Poller(request, url, self._inbox, kinds=KINDS, metrics=self._metrics)
        self._metrics.watch("poll_age_seconds", "Since Telegram last answered a poll.", lambda: poller.age)
        if pages := self._pages():
            self._listen(PageServer(pages, **self._address(), metrics=self._metrics))

    async def _start_webhook(self, url: str) -> None:
        given = self._settings.webhook_secret
        secret = given.get_secret_value() if given else secrets.token_urlsafe(32)
        accept = functools.partial(self._inbox.accept, delayed=True)
        self._listen(
            WebhookServer(url, secret, accept, **self._address(), pages=self._pages(), metrics=self._metrics)
        )
        set_webhook = functools.partial(
            self._bot.set_webhook, url, secret_token=secret, allowed_updates=list(KINDS)
        )
        await call_until_reached(set_webhook, self._settings)

    def _address(self) -> dict[str, Any]:
        return {"host": self._settings.web_host, "port": self._settings.web_port}

    def _pages(self) -> list[Any]:
        """Return the routes of the reader pages; none for a private archive."""
        if not self._settings.serves_pages:
            return []
        return list(article_page.routes(self._corpus, self._settings.zone))

    def _listen(self, server: WebhookServer | PageServer) -> None:
        try:
            server.start()
        except OSError as error:
            raise StartError(
                f"WEB_HOST, WEB_PORT: cannot listen on {self._settings.web_host}:"
                f"{self._settings.web_port}: {error.strerror}"
            ) from error
        self._server = server
