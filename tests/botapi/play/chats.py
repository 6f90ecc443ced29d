"""A chat, watched by its people."""

import asyncio
import time
from typing import TYPE_CHECKING, Literal

from tests.botapi.formatting import FormattedText, Json, clean, find_entities
from tests.botapi.members import member_change
from tests.botapi.messages import Message
from tests.botapi.stored import ChatState, Stored
from tests.botapi.values import CHANNEL_POSTER, BotState, Event, Member, Topic
from tests.botapi.world import World

if TYPE_CHECKING:
    from tests.botapi.play.people import Person

PATIENCE = 60.0
"""Seconds that a wait for something lasts unless told otherwise: it ends with the thing, however busy the
machine is, and only a failing test waits as long."""

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
        """Open a topic in a forum, or in a private chat (Bot API 9.3: a switch in BotFather)."""
        if not self.state.forum and not (self.state.kind == "private" and self._world.bot.private_topics):
            raise ValueError("only a forum has topics, and a private chat whose bot allows them")
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
            change = member_change(self.state, actor, user, _STATUS[old], _STATUS[state])
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
