"""A person who talks to the bot: writes, presses, types inline queries, joins, leaves, blocks."""

import json
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from tests.botapi.formatting import (
    Entity,
    FormattedText,
    Json,
    clean,
    find_entities,
    utf16_length,
    utf16_slice,
)
from tests.botapi.keyboards import Markup
from tests.botapi.members import member_change
from tests.botapi.messages import Message
from tests.botapi.play.chats import PATIENCE, Chat
from tests.botapi.stored import ChatState, Stored, photo_sizes, place_in_thread
from tests.botapi.values import (
    ANONYMOUS_ADMIN,
    CHANNEL_STAND_IN,
    Asked,
    InlineAnswer,
    InlineResult,
    Member,
    PressAnswer,
    Topic,
)
from tests.botapi.world import World

_START_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")


MAX_TEXT_UNITS = 4096
"""UTF-16 units of a message; a client sends no more in one."""

MAX_INLINE_QUERY = 256
"""Characters of an inline query; a client sends no more."""


@dataclass(frozen=True, slots=True)
class Press:
    """A pressed button that waits for the bot."""

    world: World
    asked: Asked[PressAnswer]

    async def answer(self, within: float = PATIENCE) -> PressAnswer:
        """What the bot answers: a toast, an alert, or nothing but the end of the spinning."""
        answer = await self.world.wait_for(lambda: self.asked.answer, within)
        if answer is None:
            raise AssertionError(f"the press of {self.asked.what!r} was not answered within {within} s")
        return answer


@dataclass(frozen=True, slots=True)
class InlineQuery:
    """An inline query that waits for the bot."""

    world: World
    asked: Asked[InlineAnswer]

    async def answer(self, within: float = PATIENCE) -> InlineAnswer:
        """The bot's results."""
        answer = await self.world.wait_for(lambda: self.asked.answer, within)
        if answer is None:
            raise AssertionError(f"the inline query {self.asked.what!r} was not answered within {within} s")
        return answer


@dataclass(frozen=True, slots=True)
class GuestCall:
    """A message that called the bot where it is no member, and waits for it."""

    world: World
    asked: Asked[InlineResult]

    async def answer(self, within: float = PATIENCE) -> InlineResult:
        """The message that the bot posts as a guest."""
        answer = await self.world.wait_for(lambda: self.asked.answer, within)
        if answer is None:
            raise AssertionError(f"the guest call {self.asked.what!r} was not answered within {within} s")
        return answer


class Person:
    """Somebody who talks to the bot."""

    def __init__(self, world: World, user: Json) -> None:
        self._world = world
        self._user = user
        world.users[user["id"]] = user

    def __repr__(self) -> str:
        return f"<Person {self.id} {self.name!r}>"

    @property
    def id(self) -> int:
        """The user's id."""
        return int(self._user["id"])

    @property
    def name(self) -> str:
        """The first name."""
        return str(self._user["first_name"])

    def as_user(self) -> Json:
        """The person as a sender."""
        return dict(self._user)

    # --- writing

    def say(
        self,
        chat: Chat,
        text: str,
        *,
        reply_to: Message | None = None,
        topic: Topic | None = None,
        quote: str | None = None,
        entities: Iterable[Entity] = (),
        sent: float | None = None,
        forwarded: bool = False,
        as_channel: Chat | None = None,
        elsewhere: str | None = None,
    ) -> Message:
        """Write a message; commands, mentions and addresses in it become entities as in Telegram.

        Args:
            reply_to: The message answered.
            topic: Where in a forum; None: General, or the topic of `reply_to`.
            quote: The words of `reply_to` that are quoted.
            entities: Formatting of the person's own, in UTF-16 offsets of `text`.
            sent: Seconds since 1970, for messages of the past.
            forwarded: The message was written by a hidden user and forwarded.
            as_channel: The person writes in a group in the name of their channel.
            elsewhere: It replies to a message of another chat; the words quoted from that, perhaps none.
                Such a reply tells a bot where the message stands, not what it says: `external_reply` has no
                text, only media (core.telegram.org/bots/api#externalreplyinfo).
        """
        formatted = find_entities(clean(FormattedText(text, tuple(entities))))
        if not formatted.text or len(formatted.text) > 4096:
            raise ValueError("no client sends an empty message or one of more than 4,096 characters")
        message = self._new(chat, formatted, reply_to, topic, quote)
        if sent is not None:
            message.sent = sent
        if as_channel is not None:
            message.sender, message.sender_chat = CHANNEL_STAND_IN, as_channel.state.as_json()
        if forwarded:
            message.extra |= {"forward_origin": _hidden_origin(message)}
        if elsewhere is not None:
            message.extra["external_reply"] = {"origin": _hidden_origin(message)}
            message.quote = elsewhere or None
        return self._send(chat, message)

    def send_photo(self, chat: Chat, caption: str = "", *, reply_to: Message | None = None) -> Message:
        """Send a picture."""
        formatted = find_entities(clean(FormattedText(caption)))
        message = self._new(chat, formatted, reply_to, None, None)
        message.photo = b""
        message.photo_json = photo_sizes(message.id)
        return self._send(chat, message)

    def send_rich(
        self, chat: Chat, *blocks: Json | str, reply_to: Message | None = None, forwarded: bool = False
    ) -> Message:
        """Send a rich message: its words stand in blocks, and there is neither a text nor a caption.

        That is so from Bot API 10.1 on (core.telegram.org/bots/api#richmessage). Mentions and commands are
        rich texts of their own, with no offsets. Plain words stand for a paragraph.
        """
        message = self._new(chat, FormattedText(""), reply_to, None, None)
        written = [{"type": "paragraph", "text": one} if isinstance(one, str) else one for one in blocks]
        message.extra |= {"rich_message": {"blocks": written}}
        if forwarded:
            message.extra["forward_origin"] = _hidden_origin(message)
        self._world.journal.typed(json.dumps(written, ensure_ascii=False))
        return self._send(chat, message)

    def send_checklist(self, chat: Chat, title: str, *tasks: str) -> Message:
        """Send a checklist (core.telegram.org/bots/api#checklist)."""
        message = self._new(chat, FormattedText(""), None, None, None)
        listed = [{"id": number, "text": task} for number, task in enumerate(tasks, 1)]
        message.extra |= {"checklist": {"title": title, "tasks": listed}}
        return self._send(chat, message)

    def send_album(self, chat: Chat, *captions: str, forwarded: bool = False) -> list[Message]:
        """Send several pictures as one album.

        Each is a message of its own, and an update of its own; nothing but their `media_group_id` holds them
        together, and nothing says how many there are (core.telegram.org/bots/api#message).
        """
        if not 2 <= len(captions) <= 10:
            raise ValueError("an album has two to ten pictures")
        group = str(13_000_000_000 + next(self._world.numbers))
        sent = []
        for caption in captions:
            message = self._new(chat, find_entities(clean(FormattedText(caption))), None, None, None)
            message.photo, message.photo_json = b"", photo_sizes(message.id)
            message.extra |= {"media_group_id": group}
            if forwarded:
                message.extra["forward_origin"] = _hidden_origin(message)
            sent.append(self._send(chat, message))
        return sent

    def paste(self, chat: Chat, text: str) -> list[Message]:
        """Send a text of any length: clients send what is beyond 4,096 UTF-16 units as further messages.

        They cut at the last line break or blank of a piece, else within a word
        (tdesktop, ui/text/text_entity.cpp: CutPart).
        """
        sent = []
        while text:
            piece = utf16_slice(text, 0, MAX_TEXT_UNITS)
            if len(piece) < len(text):
                place = max(piece.rfind("\n"), piece.rfind(" "))
                piece = piece[: place + 1] if place > 0 else piece
            text = text[len(piece) :]
            if piece.strip():
                sent.append(self.say(chat, piece.strip()))
        return sent

    def send_sticker(self, chat: Chat) -> Message:
        """Send a sticker: a message without text."""
        message = self._new(chat, FormattedText(""), None, None, None)
        sticker = {
            "file_id": "sticker",
            "file_unique_id": "sticker",
            "type": "regular",
            "width": 512,
            "height": 512,
            "is_animated": False,
            "is_video": False,
            "emoji": "👍",
        }
        message.extra |= {"sticker": sticker}
        return self._send(chat, message)

    def start(self, chat: Chat, payload: str = "") -> Message:
        """Press the start button, with the payload of a deep link if there is one."""
        return self.say(chat, f"/start {payload}".rstrip())

    def follow(self, chat: Chat, link: str) -> Message:
        """Open a `t.me` link to the bot, as a client does.

        Raises:
            ValueError: The link is not one that leads to this bot with a valid payload.
        """
        parts = urlsplit(link)
        query = parse_qs(parts.query, keep_blank_values=True)
        payload = query.get("start", [""])[0]
        ours = parts.netloc in ("t.me", "telegram.me") and parts.path.strip("/") == self._world.bot.username
        if parts.scheme != "https" or not ours or (payload and not _START_PAYLOAD.fullmatch(payload)):
            raise ValueError(f"no client opens the bot by {link!r}")
        return self.start(chat, payload)

    def edit(self, message: Message, text: str) -> Message:
        """Change one's own message."""
        stored = self._world.chats[message.chat_id].stored[message.id]
        if (stored.sender or {}).get("id") not in (self.id, ANONYMOUS_ADMIN["id"]):
            raise ValueError("people edit only what they wrote")
        stored.formatted = find_entities(clean(FormattedText(text)))
        stored.edited = time.time()
        self._world.journal.typed(text)
        self._world.chats[message.chat_id].story.append(f"{self.name}（改成）：\n{text}")
        if self._bot_gets(stored):
            self._world.updates.put("edited_message", self._world.message_json(stored))
        return stored.view()

    def touch(self, message: Message) -> None:
        """Have Telegram send an edit without a change, as it does when somebody first reacts to a message."""
        stored = self._world.chats[message.chat_id].stored[message.id]
        stored.edited = time.time()
        if self._bot_gets(stored):
            self._world.updates.put("edited_message", self._world.message_json(stored))

    def delete(self, message: Message) -> None:
        """Delete a message; bots are not told."""
        self._world.chats[message.chat_id].stored[message.id].deleted = True

    # --- pressing

    def press(self, message: Message, label: str, *, inaccessible: bool = False) -> Press:
        """Press a button by its words (or a part of them, or its data).

        The message may be an old value: clients show buttons that an edit has replaced meanwhile.

        Args:
            inaccessible: The bot may not see the message any more (too old, or deleted).
        """
        button = message.button(label)
        if button.data is None:
            raise ValueError(f"{button} is not for the bot: nothing is sent when it is pressed")
        self._world.chats[message.chat_id].story.append(f"{self.name} 按了 [{button.text}]")
        return self.forge(message, button.data, inaccessible=inaccessible)

    def forge(self, message: Message, data: str, *, inaccessible: bool = False) -> Press:
        """Send any callback data as if a button under this message held it."""
        state = self._world.chats[message.chat_id]
        stored = state.stored[message.id]
        place = f"{self._world.name_of(state)}, message {message.id}"
        asked: Asked[PressAnswer] = Asked(
            f"4210{next(self._world.numbers):016}", data, place, chat_id=message.chat_id
        )
        self._world.presses[asked.id] = asked
        update: Json = {
            "id": asked.id,
            "from": self.as_user(),
            "data": data,
            "chat_instance": str(message.chat_id),
        }
        if inaccessible or stored.deleted:
            update["message"] = {"chat": state.as_json(), "message_id": stored.id, "date": 0}
        elif stored.inline_message_id:
            update["inline_message_id"] = stored.inline_message_id
        else:
            update["message"] = self._world.message_json(stored)
        self._world.updates.put("callback_query", update)
        return Press(self._world, asked)

    # --- inline mode

    def inline(self, query: str, offset: str = "", *, chat_type: str = "private") -> InlineQuery:
        """Type `@bot query` somewhere; `offset` is the `next_offset` of the answer before."""
        if not self._world.bot.inline:
            raise ValueError("inline mode is switched off for this bot")
        asked: Asked[InlineAnswer] = Asked(
            str(880_000 + next(self._world.numbers)), query, f"inline by {self.name}"
        )
        self._world.inline[asked.id] = asked
        self._world.journal.typed(query)
        update = {
            "id": asked.id,
            "from": self.as_user(),
            "query": query[:MAX_INLINE_QUERY],
            "offset": offset,
            "chat_type": chat_type,
        }
        self._world.updates.put("inline_query", update)
        return InlineQuery(self._world, asked)

    def choose(self, chat: Chat, query: InlineQuery, result: InlineResult) -> Message:
        """Pick an inline result: its message appears in the chat, sent via the bot."""
        message = self._new(chat, result.content, None, None, None)
        message.from_bot = True
        message.preview = result.preview
        message.markup = Markup(result.keyboard)
        message.extra |= {"via_bot": self._world.bot.as_user()}
        if result.photo:
            message.photo, message.photo_json = result.photo, photo_sizes(message.id)
        if result.keyboard:
            message.inline_message_id = f"inline-{next(self._world.numbers)}"
            self._world.inline_messages[message.inline_message_id] = message
        self._world.store(message)
        self._world.happened(chat.state, "message", message)
        if self._world.bot.inline_feedback:
            chosen = {"result_id": result.id, "from": self.as_user(), "query": query.asked.what}
            if message.inline_message_id:
                chosen["inline_message_id"] = message.inline_message_id
            self._world.updates.put("chosen_inline_result", chosen)
        if self._bot_gets(message):
            self._world.updates.put("message", self._world.message_json(message))
        return message.view()

    # --- guests

    def call_guest(
        self, text: str, *, replying_to: str = "", chat_id: int = -1_009_000_000_001, kind: str = "supergroup"
    ) -> GuestCall:
        """Mention the bot in a chat in which it is no member.

        It gets that message, and the one it replies to, if guest mode is switched on and it asked for this
        kind of update (core.telegram.org/api/bots/guest-mode). The chat may bear the id of another one that
        it knows (core.telegram.org/bots/api#message, guest_query_id).
        """
        bot = self._world.bot
        formatted = find_entities(clean(FormattedText(text)))
        if not bot.guests or f"@{bot.username}" not in formatted.spans("mention"):
            raise ValueError("guests are called by their names, and only where they want to be")
        number = next(self._world.numbers)
        asked: Asked[InlineResult] = Asked(str(990_000 + number), text, f"guest call by {self.name}")
        self._world.guests[asked.id] = asked
        self._world.journal.typed(text)
        chat: Json = {"id": chat_id, "type": kind, "title": "别人的群"}
        message: Json = {"message_id": number, "date": int(time.time()), "chat": chat, "from": self.as_user()}
        message |= {"text": formatted.text, "entities": [one.as_json() for one in formatted.entities]}
        message["guest_query_id"] = asked.id
        if replying_to:
            other = {"id": 530_000_000, "is_bot": False, "first_name": "别人"}
            said = {"message_id": number - 1, "date": int(time.time()), "chat": chat, "from": other}
            message["reply_to_message"] = {**said, "text": replying_to}
        self._world.updates.put("guest_message", message)
        return GuestCall(self._world, asked)

    def react(self, message: Message, *emoji: str) -> None:
        """React to a message with these emoji instead of those before; with none: take them back.

        The bot hears of it in private chats and where it is an administrator, if it asked for this kind of
        update (core.telegram.org/bots/api#update, message_reaction).
        """
        state = self._world.chats[message.chat_id]
        stored = state.stored[message.id]
        before = stored.reacted.get(self.id, ())
        stored.reacted[self.id] = emoji
        if state.kind != "private" and state.bot != "administrator":
            return
        self._world.updates.put(
            "message_reaction",
            {
                "chat": state.as_json(),
                "message_id": stored.id,
                "user": self.as_user(),
                "date": int(time.time()),
                "old_reaction": [{"type": "emoji", "emoji": one} for one in before],
                "new_reaction": [{"type": "emoji", "emoji": one} for one in emoji],
            },
        )

    # --- membership

    def join(self, chat: Chat) -> None:
        """Enter a group."""
        chat.state.members[self.id] = Member()
        fields = {"new_chat_members": [self.as_user()], "new_chat_member": self.as_user()}
        message = Stored(chat.id, chat.state.next_id(), self.as_user(), FormattedText(""), service=fields)
        self._world.store(message)
        if chat.state.bot in ("member", "administrator"):
            self._world.updates.put("message", self._world.message_json(message))
            change = member_change(chat.state, self.as_user(), self.as_user(), "left", "member")
            self._world.updates.put("chat_member", change)

    def leave(self, chat: Chat) -> None:
        """Leave a group."""
        chat.state.members[self.id] = Member("left")
        fields = {"left_chat_member": self.as_user()}
        message = Stored(chat.id, chat.state.next_id(), self.as_user(), FormattedText(""), service=fields)
        self._world.store(message)
        if chat.state.bot in ("member", "administrator"):
            self._world.updates.put("message", self._world.message_json(message))

    def promote(self, chat: Chat, *, anonymous: bool = False) -> None:
        """Become an administrator; an anonymous one writes in the name of the group."""
        chat.state.members[self.id] = Member("administrator", anonymous)

    def demote(self, chat: Chat) -> None:
        """Become a simple member again."""
        chat.state.members[self.id] = Member()

    def block(self, chat: Chat) -> None:
        """Block the bot in the private chat."""
        Chat(self._world, chat.state).set_bot("blocked", by=self)

    def unblock(self, chat: Chat) -> None:
        """Let the bot write again."""
        Chat(self._world, chat.state).set_bot("member", by=self)

    # --- inside

    def _new(
        self,
        chat: Chat,
        formatted: FormattedText,
        reply_to: Message | None,
        topic: Topic | None,
        quote: str | None,
    ) -> Stored:
        state = chat.state
        answered = state.stored[reply_to.id] if reply_to else None
        sender, sender_chat = self.as_user(), None
        if state.members.get(self.id, Member()).anonymous:
            sender, sender_chat = ANONYMOUS_ADMIN, state.as_json()
        message = Stored(
            state.id,
            state.next_id(),
            sender,
            formatted,
            sender_chat=sender_chat,
            reply_to=answered,
            quote=quote,
        )
        place_in_thread(message, state, topic.id if topic else None)
        if state.direct_messages:
            message.extra["direct_messages_topic"] = {"topic_id": self.id, "user": self.as_user()}
        return message

    def _send(self, chat: Chat, message: Stored) -> Message:
        state = chat.state
        if state.kind == "private":
            if state.bot == "unstarted":
                state.bot = "member"
        elif state.members.get(self.id, Member("left")).status in ("left", "kicked"):
            raise ValueError(f"{self.name} is not in the group")
        self._world.store(message)
        state.story.append(_told(self.name, message, state))
        self._world.journal.typed(message.formatted.text)
        if self._bot_gets(message):
            self._world.updates.put("message", self._world.message_json(message))
        return message.view()

    def _bot_gets(self, message: Stored) -> bool:
        state = self._world.chats[message.chat_id]
        if self._user["is_bot"] and not self._world.bot.hears_bots:
            return False
        if state.kind == "private":
            return state.bot == "member"
        if state.bot not in ("member", "administrator", "muted"):
            return False
        return self._world.bot.reads_all or state.bot == "administrator" or self._addressed(message)

    def _addressed(self, message: Stored) -> bool:
        """Whether a message reaches a bot with group privacy switched on."""
        bot = self._world.bot
        if message.reply_to and (message.reply_to.sender or {}).get("id") == bot.id:
            return True
        if message.extra.get("via_bot", {}).get("id") == bot.id:
            return True
        for entity in message.formatted.entities:
            words = message.formatted.covered(entity).lower()
            if entity.type == "bot_command":
                name = words.partition("@")[2]
                return name in ("", bot.username.lower())
            mentions = entity.type == "mention" and words == f"@{bot.username.lower()}"
            named = entity.type == "text_mention" and (entity.user or {}).get("id") == bot.id
            if bot.mentions_reach_it and (mentions or named):
                return True
        return False


def _hidden_origin(message: Stored) -> Json:
    """Somebody whom forwarded messages do not link to."""
    return {"type": "hidden_user", "date": int(message.sent), "sender_user_name": "某人"}


def _told(name: str, message: Stored, chat: ChatState) -> str:
    """A message as the story of the chat tells it."""
    topic = chat.topics.get(message.thread_id or 0)
    place = f" #{topic.name}" if topic else ""
    answered = message.reply_to if not message.reply_to_topic else None
    reply = f"（回复：{answered.formatted.text[:12]}…）" if answered else ""
    return f"{name}{place}{reply}：\n{message.view()}"


def mention(text: str, person: Person) -> Entity:
    """An entity for somebody without a username, who is called `text` at the very beginning of a message."""
    return Entity("text_mention", 0, utf16_length(text), user=person.as_user())
