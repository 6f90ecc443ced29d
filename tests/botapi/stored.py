"""Chats and messages as the server keeps them; only the server changes them."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.botapi.formatting import FormattedText, Json
from tests.botapi.keyboards import Keyboard, Markup
from tests.botapi.messages import Message
from tests.botapi.values import BotState, ChatKind, Event, Member, Topic


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
    receiver: Json | None = None
    """The only person who sees it; its id is negative then, and Telegram's number for it without the sign."""
    reactions: tuple[str, ...] = ()
    reacted: dict[int, tuple[str, ...]] = field(default_factory=dict)
    """People → the emoji with which they reacted."""

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
            receiver=self.receiver["id"] if self.receiver else None,
        )

    def same_content(self, formatted: FormattedText, markup: Markup) -> bool:
        """Whether an edit to this would change nothing."""
        return (self.formatted, self.keyboard) == (formatted, markup.keyboard)


@dataclass(slots=True)
class ChatState:
    """A chat as the server keeps it."""

    id: int
    kind: ChatKind
    title: str
    username: str | None = None
    forum: bool = False
    direct_messages: bool = False
    """The private messages of a channel (Bot API 9.2): a supergroup with a topic for each person."""
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
        if self.direct_messages:
            json["is_direct_messages"] = True
        return json

    def next_id(self) -> int:
        """A new message id."""
        self.last_id += 1
        return self.last_id


def place_in_thread(message: Stored, chat: ChatState, thread_id: int | None) -> None:
    """Give a message its thread: the topic named, else that of the message it answers.

    In plain supergroups and in General, answers carry the id of the first message of their thread, though
    it is no topic: passing it back as `message_thread_id` is refused.
    """
    answered = message.reply_to
    if thread_id is not None:
        message.thread_id, message.in_topic = thread_id, True
    elif answered and answered.in_topic:
        message.thread_id, message.in_topic = answered.thread_id, True
    elif answered and chat.kind == "supergroup":
        message.thread_id = answered.thread_id or answered.id
    if message.in_topic and answered is None:
        message.reply_to = chat.stored.get(message.thread_id or 0)


def photo_sizes(number: int) -> list[Json]:
    """The `photo` field of a message."""
    size = {
        "file_id": f"photo-{number}",
        "file_unique_id": f"p{number}",
        "width": 800,
        "height": 600,
        "file_size": 9000,
    }
    return [size]
