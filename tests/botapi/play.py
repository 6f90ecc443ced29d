"""People and chats: how tests play Telegram's users.

    xiaoming = server.person("小明")
    chat = server.private(xiaoming)
    xiaoming.say(chat, "2022金砖峰会谁是主席国")
    answer = await chat.next_answer()
    press = xiaoming.press(answer, "下一页")
    await press.answer()
    page = await chat.next_edit()

What people do is done at once (plain calls); what they wait for is awaited, and a wait that ends without the
thing waited for fails with the transcript of the chat and the last requests of the bot.
"""

import asyncio
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qs, urlsplit

from tests.botapi.formatting import Entity, FormattedText, Json, clean, find_entities, utf16_length
from tests.botapi.keyboards import Markup
from tests.botapi.messages import Message
from tests.botapi.world import (
    ANONYMOUS_ADMIN,
    CHANNEL_POSTER,
    Asked,
    BotState,
    ChatState,
    Event,
    InlineAnswer,
    InlineResult,
    Member,
    PressAnswer,
    Stored,
    Topic,
    World,
)

PATIENCE = 5.0
"""Seconds that a wait lasts unless told otherwise."""

_START_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")
_STATUS: dict[BotState, str] = {
    "member": "member",
    "administrator": "administrator",
    "muted": "restricted",
    "left": "left",
    "kicked": "kicked",
    "unstarted": "left",
    "blocked": "kicked",
    "deactivated": "kicked",
}


class Chat:
    """A chat, watched by its people."""

    def __init__(self, world: World, state: ChatState) -> None:
        self._world = world
        self.state = state
        self._read: dict[str, int] = {}

    def __repr__(self) -> str:
        return f"<Chat {self.id} {self.state.kind} {self.state.title!r}>"

    @property
    def id(self) -> int:
        """The chat's id; follows an upgrade to a supergroup."""
        return self.state.id

    @property
    def messages(self) -> tuple[Message, ...]:
        """What stands in the chat now, oldest first."""
        return tuple(message.view() for message in self.state.stored.values() if not message.deleted)

    @property
    def answers(self) -> tuple[Message, ...]:
        """What the bot wrote and still stands there, oldest first, as it looks now."""
        return tuple(message for message in self.messages if message.from_bot)

    @property
    def events(self) -> tuple[Event, ...]:
        """What the bot did here, in order."""
        return tuple(self.state.events)

    def now(self, message: Message) -> Message:
        """How a message looks now."""
        return self.state.stored[message.id].view()

    async def next_answer(self, within: float = PATIENCE) -> Message:
        """The bot's next new message: each is returned once.

        Raises:
            AssertionError: None came within so many seconds.
        """
        return await self._next("message", within)

    async def next_edit(self, within: float = PATIENCE) -> Message:
        """The bot's next edit of one of its messages: each is returned once."""
        return await self._next("edit", within)

    async def next_answers(self, count: int, within: float = PATIENCE) -> list[Message]:
        """The bot's next `count` messages, all within so many seconds."""
        try:
            async with asyncio.timeout(within):
                return [await self.next_answer(within + 1) for _ in range(count)]
        except TimeoutError:
            raise AssertionError(self._explain(f"fewer than {count} answers within {within} s")) from None

    def new_answers(self) -> list[Message]:
        """The bot's new messages that no `next_answer` returned yet, without waiting."""
        return self._unread("message")

    def new_edits(self) -> list[Message]:
        """The bot's edits that no `next_edit` returned yet, without waiting."""
        return self._unread("edit")

    async def silence(self, seconds: float = 0.4) -> None:
        """Make sure that the bot writes and edits nothing for a while.

        Raises:
            AssertionError: It did, now or before without having been looked at.
        """
        await asyncio.sleep(seconds)
        unread = self._unread("message") + self._unread("edit")
        if unread:
            raise AssertionError(self._explain(f"silence was expected, the bot wrote {unread[0].text!r}"))

    def actions(self) -> list[str]:
        """The chat actions (`typing`, …) shown so far."""
        return [event.detail for event in self.state.events if event.kind == "action"]

    def reactions(self, message: Message) -> tuple[str, ...]:
        """The emoji with which the bot reacted to a message."""
        return self.state.stored[message.id].reactions

    def transcript(self) -> str:
        """The chat as it looks now, as plain text, one paragraph a message."""
        return "\n\n".join(f"{message.sender}: {message}" for message in self.messages)

    def story(self) -> str:
        """Everything that happened in the chat, presses and edits included, as plain text."""
        return "\n\n".join(self.state.story)

    # --- what happens to a group

    def topic(self, name: str, *, by: "Person | None" = None) -> Topic:
        """Open a topic in a forum."""
        if not self.state.forum:
            raise ValueError("only a forum has topics")
        created = {"forum_topic_created": {"name": name, "icon_color": 7322096}}
        message = self._service(created, by)
        message.thread_id, message.in_topic = message.id, True
        topic = Topic(message.id, name)
        self.state.topics[topic.id] = topic
        self._announce("message", message)
        return topic

    def add_bot(self, *, by: "Person", administrator: bool = False) -> None:
        """Somebody adds the bot to the group."""
        self.state.members.setdefault(by.id, Member("creator"))
        self.set_bot("administrator" if administrator else "member", by=by)
        user = self._world.bot.as_user()
        fields = {"new_chat_members": [user], "new_chat_member": user, "new_chat_participant": user}
        self._announce("message", self._service(fields, by))

    def remove_bot(self, *, by: "Person") -> None:
        """Somebody throws the bot out of the group."""
        self._announce("message", self._service({"left_chat_member": self._world.bot.as_user()}, by))
        self.set_bot("kicked", by=by)

    def set_bot(self, state: BotState, *, by: "Person | None" = None) -> None:
        """Change what the bot is here (muted, administrator, …) and tell it so."""
        old, self.state.bot = self.state.bot, state
        if old != state and state != "unstarted":
            actor = by.as_user() if by else CHANNEL_POSTER
            user = self._world.bot.as_user()
            change = _member_change(self.state, actor, user, _STATUS[old], _STATUS[state])
            self._world.updates.put("my_chat_member", change)
        self._world.changed()

    def upgrade(self, *, by: "Person | None" = None) -> int:
        """The group becomes a supergroup: its new id is returned, the old one is refused from now on."""
        if self.state.kind != "group":
            raise ValueError("only a basic group can be upgraded")
        old = self.state
        new = ChatState(
            id=-1_002_000_000_000 - next(self._world.numbers),
            kind="supergroup",
            title=old.title,
            bot=old.bot,
            members=dict(old.members),
            events=old.events,
        )
        self._world.chats[new.id] = new
        self._announce("message", self._service({"migrate_to_chat_id": new.id}, by))
        old.migrated_to = new.id
        self.state = new
        self._announce("message", self._service({"migrate_from_chat_id": old.id}, by))
        return new.id

    def rename(self, title: str, *, by: "Person") -> None:
        """Somebody gives the group another title."""
        self.state.title = title
        self._announce("message", self._service({"new_chat_title": title}, by))

    def post(self, text: str, *, edit_of: Message | None = None) -> Message:
        """Post in a channel, or edit a post."""
        if self.state.kind != "channel":
            raise ValueError("only channels have posts")
        formatted = find_entities(clean(FormattedText(text)))
        if edit_of:
            message = self.state.stored[edit_of.id]
            message.formatted, message.edited = formatted, time.time()
            self._announce("edited_channel_post", message)
        else:
            message = Stored(self.id, self.state.next_id(), None, formatted, sender_chat=self.state.as_json())
            self._announce("channel_post", self._world.store(message))
        self._world.journal.typed(text)
        return message.view()

    def forward_post(self, channel: "Chat", post: Message) -> Message:
        """The automatic copy of a channel's post in its discussion group."""
        origin = {
            "type": "channel",
            "date": int(post.sent_at.timestamp()),
            "chat": channel.state.as_json(),
            "message_id": post.id,
        }
        message = Stored(
            self.id,
            self.state.next_id(),
            CHANNEL_POSTER,
            post.formatted,
            sender_chat=channel.state.as_json(),
            extra={"is_automatic_forward": True, "forward_origin": origin},
        )
        self._announce("message", self._world.store(message))
        return message.view()

    # --- inside

    def _service(self, fields: Json, by: "Person | None") -> Stored:
        sender = by.as_user() if by else CHANNEL_POSTER
        message = Stored(self.id, self.state.next_id(), sender, FormattedText(""), service=fields)
        return self._world.store(message)

    def _announce(self, kind: str, message: Stored) -> None:
        if self.state.bot in ("member", "administrator", "muted"):
            self._world.updates.put(kind, self._world.message_json(message))

    def _peek(self, kind: str) -> tuple[int, Event] | None:
        start = self._read.get(kind, 0)
        for index in range(start, len(self.state.events)):
            if self.state.events[index].kind == kind:
                return index, self.state.events[index]
        return None

    async def _next(self, kind: Literal["message", "edit"], within: float) -> Message:
        found = await self._world.wait_for(lambda: self._peek(kind), within)
        if found is None:
            raise AssertionError(self._explain(f"no {kind} from the bot within {within} s"))
        index, event = found
        self._read[kind] = index + 1
        assert event.message is not None
        return event.message

    def _unread(self, kind: Literal["message", "edit"]) -> list[Message]:
        unread: list[Message] = []
        while found := self._peek(kind):
            index, event = found
            self._read[kind] = index + 1
            assert event.message is not None
            unread.append(event.message)
        return unread

    def _explain(self, what: str) -> str:
        calls = [call for call in self._world.journal.calls if call.method.lower() != "getupdates"][-6:]
        lines = [what, "--- the chat:", self.transcript() or "(empty)", "--- the bot's last requests:"]
        return "\n".join(lines + ([str(call) for call in calls] or ["(none)"]))


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
    ) -> Message:
        """Write a message; commands, mentions and addresses in it become entities as in Telegram.

        Args:
            reply_to: The message answered.
            topic: Where in a forum; None: General, or the topic of `reply_to`.
            quote: The words of `reply_to` that are quoted.
            entities: Formatting of the person's own, in UTF-16 offsets of `text`.
            sent: Seconds since 1970, for messages of the past.
            forwarded: The message was written by a hidden user and forwarded.
        """
        formatted = find_entities(clean(FormattedText(text, tuple(entities))))
        if not formatted.text or len(formatted.text) > 4096:
            raise ValueError("no client sends an empty message or one of more than 4,096 characters")
        message = self._new(chat, formatted, reply_to, topic, quote)
        if sent is not None:
            message.sent = sent
        if forwarded:
            origin = {"type": "hidden_user", "date": int(message.sent), "sender_user_name": "某人"}
            message.extra = {"forward_origin": origin}
        return self._send(chat, message)

    def send_photo(self, chat: Chat, caption: str = "", *, reply_to: Message | None = None) -> Message:
        """Send a picture."""
        formatted = find_entities(clean(FormattedText(caption)))
        message = self._new(chat, formatted, reply_to, None, None)
        message.photo = b""
        message.photo_json = photo_sizes(message.id)
        return self._send(chat, message)

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
        message.extra = {"sticker": sticker}
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
            "query": query[:256],
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
        message.extra = {"via_bot": self._world.bot.as_user()}
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

    # --- membership

    def join(self, chat: Chat) -> None:
        """Enter a group."""
        chat.state.members[self.id] = Member()
        fields = {"new_chat_members": [self.as_user()], "new_chat_member": self.as_user()}
        message = Stored(chat.id, chat.state.next_id(), self.as_user(), FormattedText(""), service=fields)
        self._world.store(message)
        if chat.state.bot in ("member", "administrator"):
            self._world.updates.put("message", self._world.message_json(message))
            change = _member_change(chat.state, self.as_user(), self.as_user(), "left", "member")
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


def _told(name: str, message: Stored, chat: ChatState) -> str:
    """A message as the story of the chat tells it."""
    topic = chat.topics.get(message.thread_id or 0)
    place = f" #{topic.name}" if topic else ""
    answered = message.reply_to if not message.reply_to_topic else None
    reply = f"（回复：{answered.formatted.text[:12]}…）" if answered else ""
    return f"{name}{place}{reply}：\n{message.view()}"


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


def commands_shown(world: World, chat: ChatState, person: Person) -> tuple[Json, ...]:
    """The command list that a person's client shows in a chat, by Telegram's order of scopes."""
    member = chat.members.get(person.id, Member())
    admin = member.status in ("creator", "administrator")
    scopes: Sequence[str]
    if chat.kind == "private":
        scopes = (f"chat:{chat.id}", "all_private_chats", "default")
    else:
        admin_scopes = (f"chat_administrators:{chat.id}",) if admin else ()
        general = ("all_chat_administrators",) if admin else ()
        scopes = (
            f"chat_member:{chat.id}:{person.id}",
            *admin_scopes,
            f"chat:{chat.id}",
            *general,
            "all_group_chats",
            "default",
        )
    language = str(person.as_user().get("language_code", "")).partition("-")[0]
    for scope in scopes:
        for code in (language, ""):
            if commands := world.commands.get((scope, code)):
                return commands
    return ()


def mention(text: str, person: Person) -> Entity:
    """An entity for somebody without a username, who is called `text` at the very beginning of a message."""
    return Entity("text_mention", 0, utf16_length(text), user=person.as_user())


def _member_change(chat: ChatState, actor: Json, user: Json, old: str, new: str) -> Json:
    return {
        "chat": chat.as_json(),
        "from": actor,
        "date": int(time.time()),
        "old_chat_member": member_json(user, old),
        "new_chat_member": member_json(user, new),
    }


def member_json(user: Json, status: str, *, anonymous: bool = False) -> Json:
    """A ChatMember of any status, with the fields that go with it."""
    member: Json = {"user": user, "status": status}
    if status in ("creator", "administrator"):
        member["is_anonymous"] = anonymous
    if status == "administrator":
        rights = (
            "can_manage_chat can_delete_messages can_manage_video_chats can_restrict_members "
            "can_promote_members can_change_info can_invite_users can_post_stories can_edit_stories "
            "can_delete_stories can_pin_messages can_manage_topics"
        )
        member |= dict.fromkeys(rights.split(), True) | {"can_be_edited": False}
    if status == "restricted":
        member |= {"is_member": True, "until_date": 0} | dict.fromkeys(_PERMISSIONS, False)
    if status == "kicked":
        member["until_date"] = 0
    return member


_PERMISSIONS = (
    "can_send_messages",
    "can_send_audios",
    "can_send_documents",
    "can_send_photos",
    "can_send_videos",
    "can_send_video_notes",
    "can_send_voice_notes",
    "can_send_polls",
    "can_send_other_messages",
    "can_add_web_page_previews",
    "can_change_info",
    "can_invite_users",
    "can_pin_messages",
    "can_manage_topics",
)


def all_permissions() -> Json:
    """ChatPermissions with everything allowed."""
    return dict.fromkeys(_PERMISSIONS, True)
