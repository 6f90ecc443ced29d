"""The values around messages: the bot, members, topics, what the bot did, answers to presses and queries."""

import time
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

from tests.botapi.formatting import FormattedText, Json
from tests.botapi.keyboards import Keyboard
from tests.botapi.messages import Message

T = TypeVar("T")

GENERAL_TOPIC = 1
ANONYMOUS_ADMIN: Json = {
    "id": 1087968824,
    "is_bot": True,
    "first_name": "Group",
    "username": "GroupAnonymousBot",
}
CHANNEL_STAND_IN: Json = {
    "id": 136817688,
    "is_bot": True,
    "first_name": "Channel",
    "username": "Channel_Bot",
}
"""Sender of what people write in groups in the name of a channel; `sender_chat` is the channel."""

CHANNEL_POSTER: Json = {"id": 777000, "is_bot": False, "first_name": "Telegram"}

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
        hears_bots: Messages of other bots reach it (Bot API 10.0: a switch in BotFather); else they never do.
        private_topics: Private chats have topics (Bot API 9.3: a switch in BotFather).
        private_topics_refused: The bot may not write into them by `message_thread_id`, as all bots in May
            2026 (tdlib/telegram-bot-api#847).
        ephemeral: The server knows messages that one member of a group sees (Bot API 10.3).
        guests: People may call it where it is no member (Bot API 10.0: a switch in BotFather).
        inline: Inline mode is switched on.
        inline_feedback: Share (0 or 1) of chosen inline results that are reported.
    """

    token: str = "4210000000:AAE-local_server_token_0123456789abcde"
    name: str = "报童"
    username: str = "baotong_bot"
    reads_all: bool = False
    mentions_reach_it: bool = True
    hears_bots: bool = False
    private_topics: bool = False
    private_topics_refused: bool = False
    ephemeral: bool = True
    guests: bool = False
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
            "supports_guest_queries": self.guests,
            "can_connect_to_business": False,
            "has_topics_enabled": self.private_topics,
            "has_main_web_app": False,
        }


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
