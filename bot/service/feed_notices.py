"""Notices about feeds, for the chat of errors: what fails, what is back, what stops everything."""

import logging

from telegram.error import TelegramError

from bot.handlers.context import App
from bot.wording import dates
from bot.wording.i18n import Language, translator
from corpus.sources import Notice, RoundReport

logger = logging.getLogger(__name__)

MAX_LINES = 20


class FeedNotices:
    """Sends what a round has to tell to ERROR_CHAT_ID; a full disk is told once, until there is room."""

    def __init__(self, application: App) -> None:
        self._application = application
        self._told_disk: str | None = None

    async def __call__(self, report: RoundReport) -> None:
        """Send the notices of a round; a hook of the feeds."""
        settings = self._application.bot_data.settings
        t = translator(Language.HANS)
        lines = []
        if report.disk is not None and report.disk != self._told_disk:
            lines.append(t("feeds.disk", reason=report.disk))
        self._told_disk = report.disk
        weekly = [one for one in report.notices if one.kind == "week"]
        lines += [self._line(one) for one in report.notices if one.kind != "week"]
        if weekly:
            lines += [t("feeds.week", count=len(weekly)), *map(self._line, weekly)]
        if not lines or settings.error_chat_id is None:
            return
        if len(lines) > MAX_LINES:
            lines = [*lines[:MAX_LINES], t("feeds.more", count=len(lines) - MAX_LINES)]
        try:
            await self._application.bot.send_message(
                settings.error_chat_id, "\n".join(lines)[:4_000], disable_notification=True
            )
        except TelegramError as error:
            logger.warning("the error chat could not be told of feeds: %s", error.message)

    def _line(self, notice: Notice) -> str:
        t = translator(Language.HANS)
        zone = self._application.bot_data.settings.zone
        since = dates.date_words(notice.since.astimezone(zone).date(), t) if notice.since else ""
        if notice.kind == "back":
            return t("feeds.back", title=notice.title)
        if notice.kind == "gone":
            return t("feeds.gone", title=notice.title)
        return t("feeds.failing", title=notice.title, since=since, reason=notice.reason)
