"""How updates reach the inbox: by polling or by a webhook; and the web server of webhook and pages."""

import functools
import secrets

from bot.handlers.context import App
from bot.inbox.envelope import KINDS
from bot.inbox.inbox import Inbox
from bot.inbox.polling import Poller, QuietRequest
from bot.metrics import Metrics
from bot.process.clock import Clock
from bot.process.health import listen
from bot.service.agents import build_agents
from bot.service.startup import StartError, call_until_reached
from bot.service.webhook import Webhook, hook_path
from bot.settings import Settings
from bot.web.gate import Gate
from bot.web.options import SiteOptions
from bot.web.server import WebServer
from bot.web.site import Site
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
        self._server: WebServer | None = None
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
        if self._settings.serves_pages:
            self._listen(None)

    async def _start_webhook(self, url: str) -> None:
        given = self._settings.webhook_secret
        secret = given.get_secret_value() if given else secrets.token_urlsafe(32)
        accept = functools.partial(self._inbox.accept, delayed=True)
        self._listen((hook_path(url), Webhook(secret, accept)))
        set_webhook = functools.partial(
            self._bot.set_webhook, url, secret_token=secret, allowed_updates=list(KINDS)
        )
        await call_until_reached(set_webhook, self._settings)

    def _listen(self, hook: tuple[str, Webhook] | None) -> None:
        """Open the web server; of a private archive it shows nothing, to people or agents."""
        options = SiteOptions.from_settings(self._settings, bot=self._bot.username)
        host, port = self._settings.web_host, self._settings.web_port
        site, agents = None, None
        if self._settings.serves_pages:
            site = Site(self._corpus, options)
            agents = build_agents(self._settings, self._corpus, options, listening=host)
        gate = Gate(site, options, hook=hook, agents=agents, metrics=self._metrics)
        try:
            listener = listen(host, port)
        except OSError as error:
            raise StartError(
                f"WEB_HOST, WEB_PORT: cannot listen on {host}:{port}: {error.strerror}"
            ) from error
        during = agents.running() if agents else None
        self._server = WebServer(gate, listener, on_refused=gate.refusals.add, during=during)
        self._server.start()
