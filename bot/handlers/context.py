"""The typed context of every handler: corpus, database, settings, words and preferences."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Self, TypeVar
from zoneinfo import ZoneInfo

from telegram import MaybeInaccessibleMessage, Message, Update, User
from telegram.constants import ChatType
from telegram.ext import Application, CallbackContext, ExtBot

from bot.inbox.addressing import Address, BotIdentity, read_address, reports_move
from bot.inbox.envelope import SHARED_IDS
from bot.messages.render_context import RenderContext
from bot.storage import chats, searches
from bot.storage.chats import AnswerLength, ChatPreferences
from bot.storage.connections import Connection
from bot.storage.lock_rest import LockRest
from bot.storage.searches import ShownMessage
from bot.wording.i18n import Translate, language_of, translator
from corpus.dialogue import Search
from corpus.errors import StoreError

if TYPE_CHECKING:
    from bot.feed_rounds import FeedRounds
    from bot.inbox.inbox import Inbox
    from bot.messages.menus import Command
    from bot.metrics import Metrics
    from bot.outbox.sender import Sender
    from bot.refresh import Refresh
    from bot.settings import Settings
    from bot.storage.database import State
    from corpus import Corpus
    from corpus.sources import FollowedFeed

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

GENERAL_TOPIC = 1
"""Id of the General topic of a forum. Telegram refuses messages that name it."""

BUSY_MILLISECONDS = 300
"""How long a write waits for another process that writes: somebody waits for an answer meanwhile."""


@dataclass(slots=True)
class BotData:
    """Shared state of the application, for all handlers.

    Attributes:
        corpus: The archive.
        settings: The operator's settings.
        state: The bot's own database.
        now: The clock; aware UTC.
        commands: Every command, for the menus.
        metrics: Counts answers; None where they are not exported (`baotong chat`).
        inbox: Updates waiting for an answer; None in `baotong chat`.
        sender: Sends every call to Telegram; None in `baotong chat`.
        refresh: Keeps the archive up to date; None in `baotong chat`.
        feeds: Fetches feeds; None in `baotong chat`.
        offered_feeds: Feeds that operators were shown and have not followed yet, by a short key.
        keeps_votes: Votes on answers are kept, so buttons for them are offered; not in `baotong chat`.
        folds_buttons: Answers show two rows of buttons, the others behind 更多; not in `baotong chat`.
        denied_chats: Chats that were told, since the start, that this archive is private.
        pushing: Lock of the computation of deliveries: one runs at a time.
        push_waits: A run of deliveries waits for that lock.
        last_reported: Time of the last report to the error chat, by the failure's place in the program.
        last_queue_notice: Time when a group was last told that its questions are queued, by chat.
        lock_rest: Lets writes of handlers rest while another process keeps the database locked.
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
    feeds: "FeedRounds | None" = None
    offered_feeds: "dict[str, tuple[FollowedFeed, ...]]" = field(default_factory=dict)
    keeps_votes: bool = True
    folds_buttons: bool = True
    denied_chats: set[int] = field(default_factory=set)
    pushing: asyncio.Lock = field(default_factory=asyncio.Lock)
    push_waits: bool = False
    last_reported: dict[str, datetime] = field(default_factory=dict)
    last_queue_notice: dict[int, datetime] = field(default_factory=dict)
    lock_rest: LockRest = field(default_factory=LockRest)


class Context(CallbackContext[ExtBot[None], dict[Any, Any], dict[Any, Any], BotData]):
    """The context of one update."""

    handled_update: Update | None = None
    words: str = ""
    """What was written behind the command that is carried out."""
    chat_is_known: bool = True
    """False if the chat's preferences could not be read, so that `chat` holds the defaults."""
    _preferences: ChatPreferences | None = None

    @classmethod
    def from_update(cls, update: object, application: Application[Any, Any, Any, Any, Any, Any]) -> Self:
        """Keep the update: its chat and its person decide the language."""
        context = super().from_update(update, application)
        if isinstance(update, Update):
            context.handled_update = update
        return context

    @property
    def me(self) -> BotIdentity:
        """What the bot is called by."""
        return identity(self.bot.bot, self.bot_data.commands)

    @cached_property
    def address(self) -> Address | None:
        """How the message of the update speaks to the bot; None: it is not meant for the bot, or is none."""
        update = self.handled_update
        message = (update.message or update.edited_message) if update else None
        if update is None or message is None:
            return None
        return read_address(message.to_dict(), self.me, edited=update.edited_message is not None)

    @property
    def follows_up(self) -> bool:
        """Whether the message of the update replies to a message of the bot."""
        return self.address is not None and self.address.follows_up

    @property
    def is_chatter(self) -> bool:
        """Whether the update is a message that the bot has nothing to do with."""
        update = self.handled_update
        message = (update.message or update.edited_message) if update else None
        return message is not None and self.address is None and not reports_move(message.to_dict())

    @property
    def is_guest(self) -> bool:
        """Whether the bot is called as a guest, in a chat that is none of its own."""
        return self.handled_update is not None and self.handled_update.guest_message is not None

    @property
    def corpus(self) -> "Corpus":
        """The archive."""
        return self.bot_data.corpus

    @property
    def settings(self) -> "Settings":
        """The operator's settings."""
        return self.bot_data.settings

    @property
    def state(self) -> "State":
        """The bot's own database."""
        return self.bot_data.state

    @property
    def zone(self) -> ZoneInfo:
        """The chat's time zone: its own choice, else TIMEZONE."""
        return self.chat.zone_info(self.settings.timezone)

    def now(self) -> datetime:
        """Return the time, aware UTC."""
        return self.bot_data.now()

    def today(self) -> date:
        """Return the chat's local day."""
        return self.now().astimezone(self.zone).date()

    @property
    def chat(self) -> ChatPreferences:
        """The chat's preferences; for an inline query and a guest those of the person's private chat."""
        if self._preferences is None:
            self._preferences = self.preferences_of(self._home())
        return self._preferences

    @property
    def t(self) -> Translate:
        """The words in the chat's language, else in that of the person's client."""
        user = self.handled_update.effective_user if self.handled_update else None
        return translator(language_of(self.chat.language or (user.language_code if user else None)))

    @property
    def view(self) -> RenderContext:
        """The rendering context of the chat; brief in groups, unless they chose long answers."""
        place = self.handled_update.effective_chat if self.handled_update else None
        user = self.handled_update.effective_user if self.handled_update else None
        shared = self.is_guest or (place is not None and place.type != ChatType.PRIVATE)
        return RenderContext.for_chat(
            self.chat,
            self.t,
            settings=self.settings,
            username=self.bot.bot.username or "",
            now=self.now(),
            brief=shared and self.chat.length is not AnswerLength.LONG,
            language_code=user.language_code if user else None,
            folds=self.bot_data.folds_buttons,
        )

    def preferences_of(self, chat_id: int | None) -> ChatPreferences:
        """Return a chat's preferences; the defaults if the database cannot be read."""
        if chat_id is None:
            return ChatPreferences()
        try:
            return chats.load(self.state.connection(), chat_id)
        except (sqlite3.Error, StoreError) as error:
            logger.warning("preferences could not be read: %s", error)
            self.chat_is_known = False
            return ChatPreferences()

    def read(
        self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T | None:
        """Run a short query on the bot's database; None if it cannot be read.

        A reader gets an answer even if the database is damaged or locked.
        """
        try:
            return query(self.state.connection(), *args, **kwargs)
        except (sqlite3.Error, StoreError) as error:
            logger.warning("state could not be read: %s", error)
            return None

    async def write(
        self, change: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T | None:
        """Run a change as one transaction, in a thread; None if it could not be written (logged).

        Another process's lock delays the first writes only: those after it fail at once for some seconds.

        Nothing is written about a person who asked to be forgotten while this update was handled.
        """

        def run() -> T | None:
            with (
                self.bot_data.lock_rest.attempt(),
                self.state.transaction(busy_milliseconds=BUSY_MILLISECONDS) as connection,
            ):
                if self._is_forgotten():
                    return None
                return change(connection, *args, **kwargs)

        try:
            return await asyncio.to_thread(run)
        except (sqlite3.Error, StoreError) as error:
            logger.warning("state could not be written: %s", error)
            return None

    async def keep(
        self, change: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T | None:
        """Write a change that people are told is saved; None also if it would be lost with the process."""
        if self.state.problem is not None:
            logger.warning("state cannot be kept: %s", self.state.problem)
            return None
        return await self.write(change, *args, **kwargs)

    @property
    def person(self) -> int | None:
        """Who caused the update: a user, or the chat in whose name somebody wrote; None: nobody.

        All who write as anonymous admins share one user id, as do all who write as channels.
        """
        update = self.handled_update
        message = (update.message or update.edited_message) if update else None
        if message is not None and message.sender_chat is not None:
            return message.sender_chat.id
        user = update.effective_user if update else None
        return user.id if user else None

    @property
    def topic(self) -> int | None:
        """Topic of the chat that the update belongs to; None outside topics and in General."""
        message = self.handled_update.effective_message if self.handled_update else None
        return topic_of(message)

    async def remember_shown(self, shown: ShownMessage) -> None:
        """Store what a message of the bot shows, with its topic, the question and the person who asked it."""
        update = self.handled_update
        message = (update.message or update.edited_message) if update else None
        question_id = (message.message_id if message is not None else 0) or shown.question_id
        shown = replace(shown, thread=self.topic, person=self.person, question_id=question_id)
        await self.write(searches.save_shown, shown, self.now())

    async def save_search(self, search: Search) -> str | None:
        """Store a search for the sender of the update and return its key; None if it could not be stored."""
        user = self.handled_update.effective_user if self.handled_update else None
        owner = None if user is None or user.id in SHARED_IDS else user.id
        return await self.write(searches.save, search, self.now(), owner)

    def _is_forgotten(self) -> bool:
        update = self.handled_update
        user = update.effective_user if update else None
        return update is not None and user is not None and self.state.is_forgotten(user.id, update.update_id)

    def _home(self) -> int | None:
        if self.handled_update is None:
            return None
        user = self.handled_update.effective_user
        place = user if self.is_guest else self.handled_update.effective_chat or user
        return place.id if place else None


def topic_of(message: MaybeInaccessibleMessage | None) -> int | None:
    """Return the topic in which to answer a message; None outside topics and in General."""
    if not isinstance(message, Message) or not message.is_topic_message:
        return None
    is_general = message.message_thread_id == GENERAL_TOPIC and message.chat.type != ChatType.PRIVATE
    return None if is_general else message.message_thread_id


def identity(bot: User, commands: Iterable["Command"]) -> BotIdentity:
    """Return what a bot with these commands is called by."""
    names = {name: command.edits for command in commands for name in command.names}
    edited = frozenset(name for name, edits in names.items() if edits)
    return BotIdentity(bot.id, bot.username or "", frozenset(names), edited)


App = Application[ExtBot[None], Context, dict[Any, Any], dict[Any, Any], BotData, None]
"""The application type with all its type arguments."""
