"""Whom a message is for: the one notion of "meant for the bot", read from raw messages.

Limits, queue notices, apologies and handlers all go by it, so that nobody pays for, or is told about, what
the bot would not answer. Reading never fails, whatever a message holds.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeGuard

RawMessage = Mapping[str, object]

_CONTENT = (
    *("text", "caption", "rich_message", "animation", "audio", "document", "live_photo", "paid_media"),
    *("photo", "sticker", "story", "video", "video_note", "voice", "checklist", "contact", "dice", "game"),
    *("poll", "venue", "location", "invoice", "giveaway"),
)
"""Fields of what people send. A message with none of them is a service message."""

_MAX_UNITS = 1 << 20
"""No entity reaches further, in UTF-16 units."""

_GROUPS = frozenset({"group", "supergroup"})
_EDGES = " \t\r\n,，:：;；、。.!！—"


@dataclass(frozen=True, slots=True)
class BotIdentity:
    """What the bot is called by.

    Attributes:
        id: Its own id, by which replies to it are recognised.
        name: Its user name without @, by which mentions and commands are recognised.
        commands: Names of its commands.
        edited_commands: Names of the commands that it answers again when their message is edited.
    """

    id: int = 0
    name: str = ""
    commands: frozenset[str] = frozenset()
    edited_commands: frozenset[str] = frozenset()

    def is_named(self, name: str) -> bool:
        """Return whether a user name, without @ and in any case, is the bot's."""
        return bool(self.name) and name.lower() == self.name.lower()


class Way(Enum):
    """How a message speaks to the bot."""

    PRIVATE = auto()
    """It stands in the private chat with the bot."""
    COMMAND = auto()
    """It begins with one of the bot's commands, in a private chat with any command."""
    MENTION = auto()
    REPLY = auto()
    """It replies to a message of the bot."""


@dataclass(frozen=True, slots=True)
class Address:
    """A message that is meant for the bot.

    Attributes:
        way: How it speaks to the bot.
        question: What it says, without mentions of the bot; empty if it only names the bot.
        follows_up: Whether it replies to a message of the bot.
    """

    way: Way
    question: str
    follows_up: bool = False


@dataclass(frozen=True, slots=True)
class Entity:
    """A part of a text: a command, a mention, an address.

    Attributes:
        kind: Telegram's name of its type.
        offset: Where it begins, in UTF-16 units.
        length: In UTF-16 units.
        user_id: Whom a `text_mention` names, else None.
    """

    kind: str
    offset: int
    length: int
    user_id: int | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a message: its text, or the caption of what it shows."""

    text: str = ""
    entities: tuple[Entity, ...] = ()

    def covered(self, entity: Entity) -> str:
        """Return the part of the text that an entity covers."""
        return _utf16(self.text)[entity.offset * 2 : (entity.offset + entity.length) * 2].decode(
            "utf-16-le", "replace"
        )

    def without(self, entities: Iterable[Entity]) -> str:
        """Return the text without some of its entities, and without the punctuation that set them apart."""
        encoded = _utf16(self.text)
        for entity in sorted(entities, key=lambda one: -one.offset):
            start, end = entity.offset * 2, (entity.offset + entity.length) * 2
            encoded = encoded[:start] + _utf16(" ") + encoded[end:]
        lines = encoded.decode("utf-16-le", "replace").splitlines()
        return "\n".join(" ".join(line.split()) for line in lines).strip(_EDGES)


def read_words(message: RawMessage) -> Words:
    """Return the words of a message; empty if it has none."""
    for name, entities in (("text", "entities"), ("caption", "caption_entities")):
        text = message.get(name)
        if isinstance(text, str) and text:
            return Words(text, tuple(_entities(message.get(entities))))
    return Words()


def read_address(message: RawMessage, me: BotIdentity, *, edited: bool = False) -> Address | None:
    """Return how a message speaks to the bot; None: it is not meant for the bot, which stays silent.

    In a private chat everything is meant for it that people send. In a group only these are: one of its
    commands, a mention of its name, and a reply to one of its messages that does not begin with somebody
    else's name. A forwarded message of a group was written to somebody else. Never meant for it are messages
    of other bots and through them, those of a channel's direct messages, and service messages.

    Args:
        message: A raw message, new or edited.
        me: The bot.
        edited: Whether somebody has edited it. Then only its words count.
    """
    chat = _mapping(message.get("chat"))
    private = chat.get("type") == "private"
    if not (private or chat.get("type") in _GROUPS) or chat.get("is_direct_messages"):
        return None
    if not is_from_person(message) or not _has_content(message):
        return None
    if message.get("forward_origin") and not private:
        return None
    words = read_words(message)
    if edited and not words.text.strip():
        return None
    mentions = [entity for entity in words.entities if _names(words, entity, me)]
    follows_up = replies_to(message, me.id)
    command = _command(words)
    if command is not None:
        return _command_address(words, command, me, private=private, edited=edited, follows_up=follows_up)
    if private:
        text = words.without(mentions) if mentions else words.text.strip()
        return Address(Way.PRIVATE, text, follows_up)
    if mentions:
        return Address(Way.MENTION, words.without(mentions), follows_up)
    if follows_up and words.text.strip() and not _begins_with_mention(words):
        return Address(Way.REPLY, words.text.strip(), follows_up=True)
    return None


def words_digest(message: RawMessage) -> bytes:
    """Return a digest of what a message says and whom it mentions; 16 bytes."""
    words = read_words(message)
    mentioned = [str(entity.user_id) for entity in words.entities if entity.user_id is not None]
    said = "\0".join([words.text, *mentioned])
    return hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def question_of(message: RawMessage, me: BotIdentity) -> str:
    """Return what a message says, without mentions of the bot; empty if it only names it."""
    words = read_words(message)
    mentions = [entity for entity in words.entities if _names(words, entity, me)]
    return words.without(mentions) if mentions else words.text.strip()


def reports_move(message: RawMessage) -> bool:
    """Return whether a message is the service message of a group that has a new id; the bot acts on it."""
    return "migrate_to_chat_id" in message or "migrate_from_chat_id" in message


def is_from_person(message: RawMessage) -> bool:
    """Return whether a person wrote a message with their own hands.

    Telegram writes messages of anonymous admins and of channels with a stand-in that counts as a bot; they
    have a `sender_chat`, which bots do not. What was inserted by inline mode was made by a bot, and what was
    forwarded from the linked channel by nobody.
    """
    if message.get("via_bot") or message.get("is_automatic_forward"):
        return False
    return not _mapping(message.get("from")).get("is_bot") or bool(message.get("sender_chat"))


def replies_to(message: RawMessage, user_id: int) -> bool:
    """Return whether a message replies to a message of somebody.

    In a forum every message replies to the service message that opened its topic. Such a reply does not
    count.
    """
    original = _mapping(message.get("reply_to_message"))
    if original.get("forum_topic_created") is not None:
        return False
    return _mapping(original.get("from")).get("id") == user_id


def mentioned_names(message: RawMessage) -> tuple[str, ...]:
    """Return the user names, without @ and in lower case, that a message mentions or sends commands to."""
    words = read_words(message)
    covered = (
        words.covered(entity) for entity in words.entities if entity.kind in {"mention", "bot_command"}
    )
    return tuple(name.lower() for text in covered if (name := text.partition("@")[2]))


def _command_address(
    words: Words, command: Entity, me: BotIdentity, *, private: bool, edited: bool, follows_up: bool
) -> Address | None:
    name, _, to = words.covered(command)[1:].partition("@")
    if edited and name.lower() not in me.edited_commands:
        return None
    # Other bots' commands come without their names too. In private even an unknown one is answered.
    if private or (name.lower() in me.commands and (not to or me.is_named(to))):
        return Address(Way.COMMAND, words.without([command]), follows_up)
    return None


def _command(words: Words) -> Entity | None:
    """Return the command that a message begins with."""
    return next((one for one in words.entities if one.kind == "bot_command" and one.offset == 0), None)


def _names(words: Words, entity: Entity, me: BotIdentity) -> bool:
    """Return whether an entity mentions the bot."""
    if entity.kind == "text_mention":
        return entity.user_id == me.id
    return entity.kind == "mention" and me.is_named(words.covered(entity)[1:])


def _begins_with_mention(words: Words) -> bool:
    """Return whether a text begins with somebody's name: 「@李四 你看」 is meant for 李四."""
    return any(one.offset == 0 and one.kind in {"mention", "text_mention"} for one in words.entities)


def _has_content(message: RawMessage) -> bool:
    return any(message.get(name) is not None for name in _CONTENT)


def _entities(found: object) -> Iterable[Entity]:
    for raw in found if isinstance(found, list | tuple) else ():
        entity = _mapping(raw)
        kind, offset, length = entity.get("type"), entity.get("offset"), entity.get("length")
        if not isinstance(kind, str) or not _is_position(offset) or not _is_position(length):
            continue
        user_id = _mapping(entity.get("user")).get("id")
        yield Entity(kind, offset, length, user_id if isinstance(user_id, int) else None)


def _is_position(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_UNITS


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-le", "surrogatepass")


def _mapping(value: object) -> RawMessage:
    return value if isinstance(value, Mapping) else {}
