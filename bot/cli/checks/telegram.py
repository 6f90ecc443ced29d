"""Checks that ask Telegram: token, groups, inline mode, webhook, chats that are written to, clock."""

import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

from bot.cli.checks.findings import Finding, fatal, good, remark
from bot.settings import Settings

MAX_CLOCK_SKEW = 60.0

_UNKNOWN_CHAT = frozenset({400, 403})
"""What Telegram answers about a chat that the bot has never met, or was thrown out of."""


async def telegram_findings(settings: Settings) -> list[Finding]:
    """Check with Telegram: token, privacy mode, inline mode, webhook, clock."""
    if settings.bot_token is None:
        return [fatal("token", "BOT_TOKEN is not set: @BotFather gives one (`baotong chat` works without)")]
    import httpx

    base = f"{settings.telegram_api_base}/bot{settings.bot_token.get_secret_value()}"
    try:
        async with httpx.AsyncClient(proxy=settings.proxy_url, timeout=10) as client:
            answer = await client.get(f"{base}/getMe")
            hook = await client.get(f"{base}/getWebhookInfo")
            strangers = [
                (name, chat)
                for name, chat in _written_to(settings)
                if (await client.get(f"{base}/getChat", params={"chat_id": chat})).status_code
                in _UNKNOWN_CHAT
            ]
    except (httpx.HTTPError, ValueError, ImportError) as error:
        way = " through PROXY_URL" if settings.proxy_url else ""
        hint = "" if settings.proxy_url else "; where Telegram is blocked, PROXY_URL sets a way around"
        reason = f"{settings.telegram_api_base} cannot be reached{way} ({type(error).__name__}){hint}"
        return [fatal("telegram", reason)]
    if answer.status_code in {401, 404}:
        return [fatal("token", "BOT_TOKEN: Telegram does not know this token")]
    try:
        me, webhook = answer.json()["result"], hook.json()["result"]
        return [
            *_bot_findings(settings, me),
            *_webhook_findings(settings, webhook),
            *_chat_findings(strangers),
            *_clock_findings(answer.headers),
        ]
    except (ValueError, KeyError, TypeError):
        return [fatal("telegram", f"{settings.telegram_api_base} answers, but not as the Bot API does")]


def _bot_findings(settings: Settings, me: dict[str, object]) -> Iterator[Finding]:
    yield good("token", f"@{me['username']}")
    if not me.get("can_join_groups", True):
        yield remark("groups", "the bot may not be added to groups (@BotFather /setjoingroups)")
    if me.get("can_read_all_group_messages"):
        yield good("groups", "privacy mode is off: every mention and reply reaches the bot")
    else:
        yield remark(
            "groups",
            "privacy mode is on: in groups only commands and replies are sure to reach the bot "
            "(@BotFather /setprivacy, then add the bot anew; or make it an admin)",
        )
    if not me.get("supports_inline_queries"):
        yield remark("inline", "inline mode is off (@BotFather /setinline)")
    if settings.guest != "off" and not me.get("supports_guest_queries"):
        yield remark("guest", "guest mode is off: nobody can call the bot where it is no member (@BotFather)")


def _webhook_findings(settings: Settings, webhook: dict[str, object]) -> Iterator[Finding]:
    url = webhook.get("url")
    if settings.webhook_url and settings.webhook_secret is None:
        yield remark("webhook", "WEBHOOK_SECRET is not set: a new one is made at each start")
    if url and not settings.webhook_url:
        yield remark("webhook", "a webhook is set at Telegram; the bot will remove it and poll")
    if webhook.get("last_error_message") and url == settings.webhook_url:
        yield remark("webhook", f"Telegram's last push failed: {webhook['last_error_message']}")


def _written_to(settings: Settings) -> Iterator[tuple[str, int]]:
    """Return the chats that the bot writes to unasked, each with the variable that names it."""
    if settings.error_chat_id is not None:
        yield "ERROR_CHAT_ID", settings.error_chat_id
    for person in sorted(settings.admin_ids):
        yield "ADMIN_IDS", person


def _chat_findings(strangers: list[tuple[str, int]]) -> Iterator[Finding]:
    for name, chat in strangers:
        how = "they press Start in a chat with it first" if chat > 0 else "it must be a member of the group"
        yield remark("chats", f"{name} {chat}: the bot cannot write there; {how}")


def _clock_findings(headers: object) -> Iterator[Finding]:
    date = headers.get("date") if hasattr(headers, "get") else None
    if not date:
        return
    off = time.time() - parsedate_to_datetime(date).timestamp()
    if abs(off) > MAX_CLOCK_SKEW:
        yield remark(
            "clock", f"this machine's clock is {off:+.0f} s off Telegram's: switch on time synchronisation"
        )
