"""The rules of a group as pure functions: is the bot spoken to, and what is it asked."""

import re
from dataclasses import dataclass

from telegram import Message, MessageEntity, User
from telegram.constants import MessageEntityType

ANONYMOUS_ADMIN = 1087968824
CHANNEL_BOT = 136817688
"""Telegram's own stand-ins for an admin and for a channel that write in a group; they are people."""

_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@(\w+))?(?=\s|$)")
_EDGES = " \t\r\n,，:：;；、。.!！—"


@dataclass(frozen=True, slots=True)
class Address:
    """How a message speaks to the bot.

    Attributes:
        question: What is asked; empty when the bot was only called.
        follows_up: The message replies to something the bot said.
    """

    question: str
    follows_up: bool = False


def addressed(message: Message, bot: User) -> Address | None:
    """Return what a group message asks the bot; None: it is not meant for the bot, which stays silent.

    Spoken to is the bot by a mention of its name or by a reply to it. A mention without words of its
    own, in reply to somebody's message, asks that message. Commands are not looked at here, except
    that a message that begins with one is never a question.
    """
    text = message.text or message.caption or ""
    if not _from_person(message) or message.forward_origin or _COMMAND.match(text):
        return None
    mentions = _mentions(message, bot)
    follows_up = replies_to(message, bot)
    if mentions:
        question = _without(text, [entity for entity, is_bot in mentions.items() if is_bot])
        if any(mentions.values()):
            return Address(question or ("" if follows_up else quoted_text(message)), follows_up)
    if not follows_up or not text.strip():
        return None
    # 「@李四 你看」 in reply to the bot is meant for 李四.
    if any(not is_bot and entity.offset == 0 for entity, is_bot in mentions.items()):
        return None
    return Address(text.strip(), follows_up=True)


def without_the_bot(message: Message, bot: User) -> str:
    """Return the text of a message without mentions of the bot, which in a private chat say nothing."""
    text = message.text or message.caption or ""
    mentions = [entity for entity, is_bot in _mentions(message, bot).items() if is_bot]
    return _without(text, mentions) if mentions else text


def is_addressed(message: Message, bot: User) -> bool:
    """Say whether a message is meant for the bot; in a private chat every one is."""
    if message.chat.type == "private":
        return True
    command = _COMMAND.match(message.text or "")
    if command:
        return (command[2] or "").lower() == (bot.username or "").lower()
    return addressed(message, bot) is not None


def replies_to(message: Message, bot: User) -> bool:
    """Say whether a message replies to something the bot said.

    In a forum every message replies to the notice that opened its topic; that says nothing, also
    when the bot opened it.
    """
    original = message.reply_to_message
    return (
        original is not None
        and original.from_user is not None
        and original.from_user.id == bot.id
        and original.forum_topic_created is None
    )


def quoted_text(message: Message) -> str:
    """Return the words a reply refers to: the quoted part if one was chosen, else the whole message."""
    original = message.reply_to_message
    if message.quote is not None and message.quote.text:
        return message.quote.text.strip()
    if original is None or original.forum_topic_created is not None:
        return ""
    return (original.text or original.caption or "").strip()


def _from_person(message: Message) -> bool:
    author = message.from_user
    if message.via_bot is not None or message.is_automatic_forward:
        return False
    return author is None or not author.is_bot or author.id in {ANONYMOUS_ADMIN, CHANNEL_BOT}


def _mentions(message: Message, bot: User) -> dict[MessageEntity, bool]:
    """Return who is mentioned, each with whether it is the bot."""
    kinds: list[str | None] = [MessageEntityType.MENTION, MessageEntityType.TEXT_MENTION]
    found = message.parse_entities(kinds) if message.text else message.parse_caption_entities(kinds)
    name = f"@{bot.username}".lower()
    return {
        entity: entity.user.id == bot.id if entity.user else words.lower() == name
        for entity, words in found.items()
    }


def _without(text: str, entities: list[MessageEntity]) -> str:
    """Return the text without some of its entities, whose offsets count UTF-16 units."""
    encoded = text.encode("utf-16-le", "surrogatepass")
    for entity in sorted(entities, key=lambda found: -found.offset):
        start, end = entity.offset * 2, (entity.offset + entity.length) * 2
        encoded = encoded[:start] + " ".encode("utf-16-le") + encoded[end:]
    return " ".join(encoded.decode("utf-16-le", "replace").split()).strip(_EDGES)
