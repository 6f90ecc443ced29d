"""Everything that exists at the server: the bot, people, chats, messages, presses and inline queries.

Tests act through `Person` and `Chat` (`tests.botapi.play`); the bot acts through the methods
(`tests.botapi.methods`). Both change this one state, and every change wakes whoever waits for one.
"""

import asyncio
import itertools
import time
from collections.abc import Callable
from typing import TypeVar

from tests.botapi.formatting import Json
from tests.botapi.journal import Journal
from tests.botapi.stored import ChatState, Stored
from tests.botapi.updates import Updates
from tests.botapi.values import Asked, BotProfile, Event, EventKind, InlineAnswer, InlineResult, PressAnswer

T = TypeVar("T")

_TOLD = {"message": "", "edit": "（改成）"}


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
        self.guests: dict[str, Asked[InlineResult]] = {}
        self.inline_messages: dict[str, Stored] = {}
        self.commands: dict[tuple[str, str], tuple[Json, ...]] = {}
        self.menu_buttons: dict[int, Json] = {}
        self.texts: dict[tuple[str, str], str] = {}
        self.press_lifetime = 30.0
        self.inline_lifetime = 15.0
        self.guest_lifetime = 15.0
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
        if message.receiver:  # core.telegram.org/bots/api#message: ephemeral_message_id, receiver_user
            json |= {"message_id": 0, "ephemeral_message_id": -message.id, "receiver_user": message.receiver}
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
