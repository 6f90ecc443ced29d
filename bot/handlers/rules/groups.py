"""Rules of group chats, as pure functions: whether a message addresses the bot, and what it asks."""

import re
from dataclasses import dataclass

from telegram import Message, MessageEntity, User
from telegram.constants import MessageEntityType

ANONYMOUS_ADMIN = 1087968824
CHANNEL_BOT = 136817688
"""Ids that Telegram puts in place of an anonymous admin and of a channel; people write behind them."""

_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@(\w+))?(?=\s|$)")
_EDGES = " \t\r\n,，:：;；、。.!！—"


@dataclass(frozen=True, slots=True)
class Addressed:
    """A group message that addresses the bot.

    Attributes:
        question: What it asks; empty if it only names the bot.
        follows_up: The message replies to a message of the bot.
    """

    question: str
    follows_up: bool = False


def parse_address(message: Message, bot: User) -> Addressed | None:
    """Return what a group message asks the bot; None if it does not address the bot, which stays silent.

    A message addresses the bot by mentioning its name or by replying to it. If a reply to somebody else
    consists of a mention alone, the message it replies to is the question. A message that begins with a
    command is never a question; commands have handlers of their own.
    """
    text = message.text or message.caption or ""
    if not _from_person(message) or message.forward_origin or _COMMAND.match(text):
        return None
    mentions = _mentions(message, bot)
    follows_up = replies_to(message, bot)
    if mentions:
        question = _without(text, [entity for entity, is_bot in mentions.items() if is_bot])
        if any(mentions.values()):
            return Addressed(question or ("" if follows_up else quoted_text(message)), follows_up)
    if not follows_up or not text.strip():
        return None
    # 「@李四 你看」 in reply to the bot is meant for 李四.
    if any(not is_bot and entity.offset == 0 for entity, is_bot in mentions.items()):
        return None
    return Addressed(text.strip(), follows_up=True)


def without_mentions(message: Message, bot: User) -> str:
    """Return the text of a message without mentions of the bot, which mean nothing in a private chat."""
    text = message.text or message.caption or ""
    mentions = [entity for entity, is_bot in _mentions(message, bot).items() if is_bot]
    return _without(text, mentions) if mentions else text


def is_addressed(message: Message, bot: User) -> bool:
    """Say whether a message addresses the bot; in a private chat every message does."""
    if message.chat.type == "private":
        return True
    command = _COMMAND.match(message.text or "")
    if command:
        return (command[2] or "").lower() == (bot.username or "").lower()
    return parse_address(message, bot) is not None


def replies_to(message: Message, bot: User) -> bool:
    """Say whether a message replies to a message of the bot.

    In a forum every message replies to the service message that opened its topic. Such a reply does not
    count, even if the bot opened the topic.
    """
    original = message.reply_to_message
    return (
        original is not None
        and original.from_user is not None
        and original.from_user.id == bot.id
        and original.forum_topic_created is None
    )


def refers_to_message(message: Message) -> bool:
    """Say whether a message replies to another one, of this chat or another, or quotes one."""
    original = message.reply_to_message
    is_reply = original is not None and original.forum_topic_created is None
    return is_reply or message.external_reply is not None or message.quote is not None


def quoted_text(message: Message) -> str:
    """Return the text a reply refers to: the quoted part if one was chosen, else the whole message."""
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
    """Return the mentions of a message, each with whether it names the bot."""
    kinds: list[str | None] = [MessageEntityType.MENTION, MessageEntityType.TEXT_MENTION]
    found = message.parse_entities(kinds) if message.text else message.parse_caption_entities(kinds)
    name = f"@{bot.username}".lower()
    return {
        entity: entity.user.id == bot.id if entity.user else words.lower() == name
        for entity, words in found.items()
    }


def _without(text: str, entities: list[MessageEntity]) -> str:
    """Return the text without some of its entities; their offsets count UTF-16 units."""
    encoded = text.encode("utf-16-le", "surrogatepass")
    for entity in sorted(entities, key=lambda found: -found.offset):
        start, end = entity.offset * 2, (entity.offset + entity.length) * 2
        encoded = encoded[:start] + " ".encode("utf-16-le") + encoded[end:]
    return " ".join(encoded.decode("utf-16-le", "replace").split()).strip(_EDGES)
