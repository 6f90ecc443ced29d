"""Everything that exists at the server: the bot, people, chats, messages, presses and inline queries.

Tests act through `Person` and `Chat` (`tests.botapi.play`); the bot acts through the methods
(`tests.botapi.methods`). Both change this one state, and every change wakes whoever waits for one.
"""

import asyncio
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Generic, Literal, TypeVar

from tests.botapi.formatting import FormattedText, Json
from tests.botapi.journal import Journal
from tests.botapi.keyboards import Keyboard, Markup
from tests.botapi.messages import Message
from tests.botapi.updates import Updates

T = TypeVar("T")

GENERAL_TOPIC = 1
ANONYMOUS_ADMIN: Json = {
    "id": 1087968824,
    "is_bot": True,
    "first_name": "Group",
    "username": "GroupAnonymousBot",
}
CHANNEL_POSTER: Json = {"id": 777000, "is_bot": False, "first_name": "Telegram"}

_TOLD = {"message": "", "edit": "（改成）"}

ChatKind = Literal["private", "group", "supergroup", "channel"]
BotState = Literal[
    "member", "administrator", "muted", "left", "kicked", "unstarted", "blocked", "deactivated"
]
EventKind = Literal["message", "edit", "delete", "reaction", "action"]


@dataclass(frozen=True, slots=True)
class BotProfile:
    """The bot under test, as BotFather has it set up.

    Attributes:
        reads_all: Group privacy is switched off: it gets all messages of its groups.
        mentions_reach_it: With privacy on, whether a mention reaches it (guides disagree).
        inline: Inline mode is switched on.
        inline_feedback: Share (0 or 1) of chosen inline results that are reported.
    """

    token: str = "4210000000:AAE-local_server_token_0123456789abcde"
    name: str = "报童"
    username: str = "baotong_bot"
    reads_all: bool = False
    mentions_reach_it: bool = True
    inline: bool = True
    inline_feedback: bool = False

    @property
    def id(self) -> int:
        """The number before the colon of the token."""
        return int(self.token.partition(":")[0])

    def as_user(self) -> Json:
        """The bot as a sender."""
        return {"id": self.id, "is_bot": True, "first_name": self.name, "username": self.username}

    def as_me(self) -> Json:
        """The bot as getMe shows it."""
        return {
            **self.as_user(),
            "can_join_groups": True,
            "can_read_all_group_messages": self.reads_all,
            "supports_inline_queries": self.inline,
            "can_connect_to_business": False,
            "has_main_web_app": False,
        }


@dataclass(slots=True, eq=False)
class Stored:
    """A message as the server keeps it; edits change it in place."""

    chat_id: int
    id: int
    sender: Json | None
    formatted: FormattedText
    markup: Markup = field(default_factory=Markup)
    sender_chat: Json | None = None
    reply_to: "Stored | None" = None
    quote: str | None = None
    thread_id: int | None = None
    in_topic: bool = False
    photo: bytes | str | None = None
    photo_json: list[Json] | None = None
    service: Json = field(default_factory=dict)
    extra: Json = field(default_factory=dict)
    from_bot: bool = False
    inline_message_id: str | None = None
    silent: bool = False
    preview: str | None = None
    sent: float = field(default_factory=time.time)
    edited: float | None = None
    deleted: bool = False
    reactions: tuple[str, ...] = ()

    @property
    def keyboard(self) -> Keyboard:
        """Rows of inline buttons."""
        return self.markup.keyboard

    @property
    def reply_to_topic(self) -> bool:
        """Whether `reply_to` only names the topic, as in every message of a topic that answers no other."""
        return self.in_topic and self.reply_to is not None and self.reply_to.id == self.thread_id

    def view(self) -> Message:
        """The message as people see it now."""
        sender = self.sender_chat or self.sender or {}
        return Message(
            chat_id=self.chat_id,
            id=self.id,
            sender=sender.get("title") or sender.get("first_name", ""),
            from_bot=self.from_bot,
            formatted=self.formatted,
            keyboard=self.keyboard,
            reply_to=self.reply_to.id if self.reply_to and not self.reply_to_topic else None,
            quote=self.quote,
            topic=self.thread_id if self.in_topic else None,
            photo=self.photo,
            service=next(iter(self.service), None),
            silent=self.silent,
            preview=self.preview,
            sent_at=datetime.fromtimestamp(self.sent, UTC),
            edited=self.edited is not None,
        )

    def same_content(self, formatted: FormattedText, markup: Markup) -> bool:
        """Whether an edit to this would change nothing."""
        return (self.formatted, self.keyboard) == (formatted, markup.keyboard)


@dataclass(frozen=True, slots=True)
class Event:
    """Something the bot did in a chat, in order."""

    kind: EventKind
    at: float
    message: Message | None = None
    detail: str = ""


@dataclass(slots=True, eq=False)
class Topic:
    """A topic of a forum. `closed` and `deleted` may be set by tests."""

    id: int
    name: str
    closed: bool = False
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """What somebody is in a group."""

    status: Literal["creator", "administrator", "member", "restricted", "left", "kicked"] = "member"
    anonymous: bool = False


@dataclass(slots=True)
class ChatState:
    """A chat as the server keeps it."""

    id: int
    kind: ChatKind
    title: str
    username: str | None = None
    forum: bool = False
    bot: BotState = "member"
    members: dict[int, Member] = field(default_factory=dict)
    topics: dict[int, Topic] = field(default_factory=dict)
    stored: dict[int, Stored] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    story: list[str] = field(default_factory=list)
    """What happened, in order, as people would tell it."""
    migrated_to: int | None = None
    last_id: int = 0

    def as_json(self) -> Json:
        """The chat as messages name it."""
        json: Json = {"id": self.id, "type": self.kind}
        if self.kind == "private":
            json["first_name"] = self.title
        else:
            json["title"] = self.title
        if self.username:
            json["username"] = self.username
        if self.forum:
            json["is_forum"] = True
        return json

    def next_id(self) -> int:
        """A new message id."""
        self.last_id += 1
        return self.last_id


@dataclass(frozen=True, slots=True)
class PressAnswer:
    """What the person sees after a press.

    Attributes:
        text: Of the toast or the alert; empty if the button merely stopped spinning.
        alert: A window that must be closed, instead of a toast.
        url: Address the client opens, or None.
    """

    text: str = ""
    alert: bool = False
    url: str | None = None


@dataclass(frozen=True, slots=True)
class InlineResult:
    """One line of an inline answer, and the message that choosing it would send."""

    id: str
    type: str
    title: str
    description: str
    content: FormattedText
    keyboard: Keyboard = ()
    url: str | None = None
    thumbnail: str | None = None
    preview: str | None = None
    photo: str | None = None


@dataclass(frozen=True, slots=True)
class InlineAnswer:
    """What an inline query brought.

    Attributes:
        next_offset: Offset for the next page; empty when there is none.
        cache_seconds: How long Telegram may show it again without asking.
        personal: Whether that holds for this person only.
        button: Words on the button above the results, or None.
        start_parameter: Payload of `/start` that the button sends, or None.
    """

    results: tuple[InlineResult, ...]
    next_offset: str
    cache_seconds: int
    personal: bool
    button: str | None = None
    start_parameter: str | None = None


@dataclass(slots=True, eq=False)
class Asked(Generic[T]):
    """A press or an inline query on its way to an answer."""

    id: str
    what: str
    place: str
    chat_id: int | None = None
    at: float = field(default_factory=time.time)
    answer: T | None = None
    reported: bool = False


class World:
    """The state of one server."""

    def __init__(self, bot: BotProfile) -> None:
        self.bot = bot
        self.journal = Journal(bot.token)
        self.updates = Updates()
        self.chats: dict[int, ChatState] = {}
        self.users: dict[int, Json] = {}
        self.presses: dict[str, Asked[PressAnswer]] = {}
        self.inline: dict[str, Asked[InlineAnswer]] = {}
        self.inline_messages: dict[str, Stored] = {}
        self.commands: dict[tuple[str, str], tuple[Json, ...]] = {}
        self.texts: dict[tuple[str, str], str] = {}
        self.press_lifetime = 30.0
        self.inline_lifetime = 15.0
        self.numbers = itertools.count(1)
        self._changed = asyncio.Event()

    def name_of(self, chat: ChatState) -> str:
        """A chat's name for reports."""
        return f"{chat.kind} «{chat.title}»"

    def find_chat(self, key: int | str) -> ChatState | None:
        """A chat by id or @username."""
        if isinstance(key, int):
            return self.chats.get(key)
        name = key.removeprefix("@").lower()
        matches = (chat for chat in self.chats.values() if chat.username and chat.username.lower() == name)
        return next((chat for chat in matches if chat.kind != "private"), None)

    def store(self, message: Stored) -> Stored:
        """Put a new message into its chat."""
        self.chats[message.chat_id].stored[message.id] = message
        self.changed()
        return message

    def happened(
        self, chat: ChatState, kind: EventKind, message: Stored | None = None, detail: str = ""
    ) -> None:
        """Record what the bot did, and look at what people see of it."""
        view = message.view() if message else None
        chat.events.append(Event(kind, time.time(), view, detail))
        if view and kind in _TOLD:
            topic = chat.topics[view.topic].name if view.topic in chat.topics else ""
            chat.story.append(f"{self.bot.name}{f' #{topic}' if topic else ''}{_TOLD[kind]}：\n{view}")
        if view and kind in ("message", "edit"):
            self.journal.look_at_formatted(view.formatted, self.name_of(chat))
            for button in view.buttons:
                self.journal.look_at(button.text, f"a button in {self.name_of(chat)}")
        self.changed()

    def changed(self) -> None:
        """Wake everybody who waits."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait_for(self, look: Callable[[], T | None], within: float) -> T | None:
        """Wait until `look` finds something; None if it does not within so many seconds."""
        deadline = asyncio.get_running_loop().time() + within
        while (found := look()) is None:
            changed = self._changed
            try:
                async with asyncio.timeout_at(deadline):
                    await changed.wait()
            except TimeoutError:
                return look()
        return found

    def message_json(self, message: Stored, *, with_reply: bool = True) -> Json:
        """A message as the Bot API writes it."""
        chat = self.chats[message.chat_id]
        json: Json = {"message_id": message.id, "date": int(message.sent), "chat": chat.as_json()}
        if message.sender:
            json["from"] = message.sender
        if message.sender_chat:
            json["sender_chat"] = message.sender_chat
        if message.thread_id is not None:
            json["message_thread_id"] = message.thread_id
        if message.in_topic:
            json["is_topic_message"] = True
        self._put_text(json, message)
        if message.photo_json:
            json["photo"] = message.photo_json
        if with_reply and message.reply_to and not message.reply_to.deleted:
            json["reply_to_message"] = self.message_json(message.reply_to, with_reply=False)
        if message.quote:
            json["quote"] = {"text": message.quote, "position": 0}
        if message.keyboard and message.markup.raw:
            json["reply_markup"] = message.markup.raw
        if message.edited:
            json["edit_date"] = int(message.edited)
        return {**json, **message.service, **message.extra}

    def _put_text(self, json: Json, message: Stored) -> None:
        if not message.formatted.text:
            return
        caption = message.photo_json is not None
        json["caption" if caption else "text"] = message.formatted.text
        if message.formatted.entities:
            entities = [entity.as_json() for entity in message.formatted.entities]
            json["caption_entities" if caption else "entities"] = entities

    def overdue(self) -> None:
        """Record presses and inline queries that were never answered as lints; each once."""
        for questions, kind in ((self.presses, "unanswered_press"), (self.inline, "unanswered_inline")):
            for asked in questions.values():
                if asked.answer is None and not asked.reported:
                    asked.reported = True
                    self.journal.add_lint(kind, asked.what, asked.place)
