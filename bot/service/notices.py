"""Notices of the inbox, sent: why there is no answer, in the language of whoever asked."""

import contextlib
import sqlite3

from bot.handlers import access
from bot.handlers.context import App
from bot.inbox.envelope import PRESS, Envelope
from bot.inbox.update import Notice
from bot.settings import Settings
from bot.storage import chats
from bot.storage.chats import Askers
from bot.storage.database import State
from bot.wording.i18n import language_of, translator
from corpus.errors import CorpusError


class NoticeSender:
    """Sends notices to people who may use the bot, and whom it would have answered."""

    def __init__(self, application: App, settings: Settings, state: State) -> None:
        self._bot = application.bot
        self._settings = settings
        self._state = state

    async def __call__(self, envelope: Envelope, notice: Notice) -> None:
        """Send a notice to where an update came from."""
        if not access.is_allowed(self._settings, envelope.user_id, envelope.chat_id):
            return
        if not await self._may_ask(envelope):
            return
        words = translator(language_of(self._language(envelope)))(notice.value)
        if envelope.kind == PRESS and envelope.press_id:
            await self._bot.answer_callback_query(envelope.press_id, words)
        elif envelope.chat_id is not None:
            await self._bot.send_message(envelope.chat_id, words, message_thread_id=envelope.topic_id)

    async def _may_ask(self, envelope: Envelope) -> bool:
        """Return whether an update would have been answered, where a group may have its admins answered only.

        Where that cannot be known it would not.
        """
        if envelope.private or envelope.chat_id is None or envelope.kind == PRESS:
            return True
        try:
            if chats.load(self._state.connection(), envelope.chat_id).askers is Askers.ALL:
                return True
        except (sqlite3.Error, CorpusError):
            return False
        return envelope.user_id is not None and await access.has_rights(
            self._bot, envelope.chat_id, envelope.user_id
        )

    def _language(self, envelope: Envelope) -> str | None:
        """Return the language that the chat chose, or that of the person's client."""
        if envelope.chat_id is not None:
            with contextlib.suppress(sqlite3.Error, CorpusError):
                chosen = chats.load(self._state.connection(), envelope.chat_id).language
                if chosen:
                    return chosen
        return envelope.language
