"""What the start of the bot needs: reaching Telegram, and errors that say which setting to change."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from telegram.error import BadRequest, InvalidToken, TelegramError

from bot.inbox.polling import DELAYS, QuietRequest
from bot.process.clock import Clock
from bot.settings import Settings

logger = logging.getLogger(__name__)

READ_SECONDS = 12.0
"""Timeout of a response of Telegram: a call that is given up too early may have been carried out."""

_LOGGED_EVERY = 20
"""One in so many failures to reach Telegram is logged."""


class StartError(Exception):
    """The bot cannot run as it is set up; the text is fit for an operator.

    Attributes:
        code: Exit code. 2: only another setting helps, so a supervisor need not try again.
    """

    def __init__(self, reason: str, *, code: int = 1) -> None:
        super().__init__(reason)
        self.code = code


def new_request(settings: Settings, clock: Clock) -> QuietRequest:
    """Make the HTTP client of all calls but polls. It is patient: a second try may say a thing twice."""
    return QuietRequest(
        clock,
        connection_pool_size=128,
        connect_timeout=10.0,
        read_timeout=READ_SECONDS,
        write_timeout=20.0,
        pool_timeout=30.0,
        proxy=settings.proxy_url,
    )


async def call_until_reached(call: Callable[[], Awaitable[object]], settings: Settings) -> None:
    """Call Telegram until it answers: the network may be up later than the bot.

    Raises:
        StartError: Telegram refuses the token or the call.
    """
    failures = 0
    while True:
        try:
            await call()
        except InvalidToken:
            raise StartError("BOT_TOKEN: Telegram does not know this token", code=2) from None
        except BadRequest as error:
            name = "WEBHOOK_URL" if settings.webhook_url else "TELEGRAM_API_BASE"
            raise StartError(f"{name}: refused by Telegram: {error}", code=2) from None
        except TelegramError as error:
            if failures % _LOGGED_EVERY == 0:
                proxy = "" if settings.proxy_url else "; PROXY_URL sets a way around"
                logger.warning("Telegram cannot be reached, trying on: %s%s", error, proxy)
            await asyncio.sleep(DELAYS[min(failures, len(DELAYS) - 1)])
            failures += 1
        else:
            if failures:
                logger.info("Telegram reached after %d failures", failures)
            return
