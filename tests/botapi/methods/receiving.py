"""getMe, getUpdates and the webhook."""

import re
import time
from urllib.parse import urlsplit

from tests.botapi.errors import bad_request
from tests.botapi.formatting import Json
from tests.botapi.methods.base import MethodsBase
from tests.botapi.parameters import Parameters
from tests.botapi.updates import Webhook


class ReceivingMethods(MethodsBase):
    """How updates reach the bot."""

    def getMe(self, _: Parameters) -> Json:  # noqa: N802
        return self._world.bot.as_me()

    async def getUpdates(self, parameters: Parameters) -> list[Json]:  # noqa: N802
        updates = self._world.updates
        updates.allow(_kinds(parameters))
        return await updates.poll(
            offset=parameters.integer("offset"),
            limit=parameters.number("limit", 100, 1, 100),
            wait=parameters.number("timeout", 0, 0, 50),
        )

    async def setWebhook(self, parameters: Parameters) -> bool:  # noqa: N802
        url = parameters.text("url")
        updates = self._world.updates
        if not url:
            return await self.deleteWebhook(parameters)
        parts = urlsplit(url)
        if parts.scheme != "https":
            raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
        if parts.port not in (None, 443, 80, 88, 8443):
            raise bad_request("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
        secret = parameters.text("secret_token")
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", secret):
            raise bad_request("secret token contains unallowed characters")
        if parameters.flag("drop_pending_updates"):
            updates.drop()
        updates.allow(_kinds(parameters))
        await updates.set_webhook(Webhook(url, secret, parameters.number("max_connections", 40, 1, 100)))
        return True

    async def deleteWebhook(self, parameters: Parameters) -> bool:  # noqa: N802
        if parameters.flag("drop_pending_updates"):
            self._world.updates.drop()
        await self._world.updates.set_webhook(None)
        return True

    def getWebhookInfo(self, _: Parameters) -> Json:  # noqa: N802
        updates = self._world.updates
        info: Json = {"url": "", "has_custom_certificate": False, "pending_update_count": updates.waiting}
        if updates.webhook:
            info |= {"url": updates.webhook.url, "max_connections": updates.webhook.max_connections}
            if updates.webhook.last_error:
                info |= {
                    "last_error_date": int(time.time()),
                    "last_error_message": updates.webhook.last_error,
                }
        return info


def _kinds(parameters: Parameters) -> list[str] | None:
    kinds = parameters.json("allowed_updates")
    return kinds if isinstance(kinds, list) else None
