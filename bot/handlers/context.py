"""What every handler is given, typed: the corpus, the bot's own state, settings, words, preferences."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Self, TypeVar
from zoneinfo import ZoneInfo

from telegram import Update
from telegram.constants import ChatType
from telegram.ext import Application, CallbackContext, ExtBot, JobQueue

from bot.inbox.envelope import SHARED_IDS
from bot.messages.render import View
from bot.messages.view import make_view
from bot.storage import chats, searches
from bot.storage.chats import AnswerLength, ChatPreferences
from bot.wording.i18n import Translate, language_of, translator
from corpus.dialogue import Search
from corpus.errors import StoreError

if TYPE_CHECKING:
    from bot.inbox.inbox import Inbox
    from bot.messages.menus import Command
    from bot.metrics import Metrics
    from bot.outbox.sender import Sender
    from bot.refresh import Refresh
    from bot.settings import Settings
    from bot.storage.database import State
    from corpus import Corpus

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(slots=True)
class BotData:
    """What the application holds for all its handlers.

    Attributes:
        now: The clock; aware UTC.
        commands: Every command, for the menus.
        metrics: Counts answers; None where nobody reads them. So are the next three.
        inbox: Updates waiting for an answer.
        sender: The way out to Telegram.
        refresh: Keeps the archive up to date.
        told_off: Chats that were told once, since the start, that this archive is private.
        queue_told: When a group was last told that its questions are queued.
        pushing: Held by whoever computes what chats are to be told: one at a time.
        push_waits: A run of deliveries waits for that.
        reported: When the error chat was last told of a failure, by its place in the program.
    """

    corpus: "Corpus"
    settings: "Settings"
    state: "State"
    now: Callable[[], datetime]
    commands: tuple["Command", ...] = ()
    metrics: "Metrics | None" = None
    inbox: "Inbox | None" = None
    sender: "Sender | None" = None
    refresh: "Refresh | None" = None
    told_off: set[int] = field(default_factory=set)
    pushing: asyncio.Lock = field(default_factory=asyncio.Lock)
    push_waits: bool = False
    reported: dict[str, datetime] = field(default_factory=dict)
    queue_told: dict[int, datetime] = field(default_factory=dict)


class Context(CallbackContext[ExtBot[None], dict[Any, Any], dict[Any, Any], BotData]):
    """The context of one update."""

    update_in_hand: Update | None = None
    chat_is_known: bool = True
    """Whether `chat` is what the chat chose. False: that could not be read, and it is the defaults."""
    _preferences: ChatPreferences | None = None

    @classmethod
    def from_update(cls, update: object, application: Application[Any, Any, Any, Any, Any, Any]) -> Self:
        """Remember the update, for its chat and its person decide the language."""
        context = super().from_update(update, application)
        if isinstance(update, Update):
            context.update_in_hand = update
        return context

    @property
    def corpus(self) -> "Corpus":
        """The archive."""
        return self.bot_data.corpus

    @property
    def settings(self) -> "Settings":
        """What the operator set."""
        return self.bot_data.settings

    @property
    def state(self) -> "State":
        """The bot's own database."""
        return self.bot_data.state

    @property
    def zone(self) -> ZoneInfo:
        """Where the chat's clock stands: its own choice, else TIMEZONE."""
        return self.chat.zone_info(self.settings.timezone)

    def now(self) -> datetime:
        """Return the time, aware UTC."""
        return self.bot_data.now()

    def today(self) -> date:
        """Return the chat's local day."""
        return self.now().astimezone(self.zone).date()

    @property
    def chat(self) -> ChatPreferences:
        """What the chat chose; of an inline query, what its person chose in private."""
        if self._preferences is None:
            self._preferences = self.preferences_of(self._home())
        return self._preferences

    @property
    def t(self) -> Translate:
        """The words in the chat's language, or in that of the person's client."""
        user = self.update_in_hand.effective_user if self.update_in_hand else None
        return translator(language_of(self.chat.language or (user.language_code if user else None)))

    @property
    def view(self) -> View:
        """For whom messages are rendered: what the chat chose, and whether several people read it."""
        place = self.update_in_hand.effective_chat if self.update_in_hand else None
        shared = place is not None and place.type != ChatType.PRIVATE
        return make_view(
            self.chat,
            self.t,
            settings=self.settings,
            username=self.bot.bot.username or "",
            now=self.now(),
            brief=shared and self.chat.length is not AnswerLength.LONG,
        )

    def preferences_of(self, chat_id: int | None) -> ChatPreferences:
        """Return what a chat chose; the defaults when the database cannot be read."""
        if chat_id is None:
            return ChatPreferences()
        try:
            return chats.load(self.state.connection(), chat_id)
        except (sqlite3.Error, StoreError) as error:
            logger.warning("preferences could not be read: %s", error)
            self.chat_is_known = False
            return ChatPreferences()

    def read(
        self, query: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T | None:
        """Run a short query on the bot's database; None when it cannot be read.

        A damaged or locked database must not keep a reader from an answer.
        """
        try:
            return query(self.state.connection(), *args, **kwargs)
        except (sqlite3.Error, StoreError) as error:
            logger.warning("state could not be read: %s", error)
            return None

    async def write(
        self, change: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T | None:
        """Run a change as one transaction, in a thread; None when it could not be written (logged).

        Nothing is written of a person who asked to be forgotten while this update was in hand.
        """

        def run() -> T | None:
            with self.state.transaction() as connection:
                if self._is_forgotten():
                    return None
                return change(connection, *args, **kwargs)

        try:
            return await asyncio.to_thread(run)
        except (sqlite3.Error, StoreError) as error:
            logger.warning("state could not be written: %s", error)
            return None

    async def keep(
        self, change: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T | None:
        """Write what people are told is kept; None also while it would be gone with the process."""
        if self.state.problem is not None:
            logger.warning("state cannot be kept: %s", self.state.problem)
            return None
        return await self.write(change, *args, **kwargs)

    async def save_search(self, search: Search) -> str | None:
        """Store a search as that of whoever caused the update; its key, None when it could not be stored."""
        user = self.update_in_hand.effective_user if self.update_in_hand else None
        owner = None if user is None or user.id in SHARED_IDS else user.id
        return await self.write(searches.save, search, self.now(), owner)

    def _is_forgotten(self) -> bool:
        update = self.update_in_hand
        user = update.effective_user if update else None
        return update is not None and user is not None and self.state.is_forgotten(user.id, update.update_id)

    def _home(self) -> int | None:
        if self.update_in_hand is None:
            return None
        place = self.update_in_hand.effective_chat or self.update_in_hand.effective_user
        return place.id if place else None


App = Application[ExtBot[None], Context, dict[Any, Any], dict[Any, Any], BotData, JobQueue[Context]]
"""The application with all its type arguments."""
