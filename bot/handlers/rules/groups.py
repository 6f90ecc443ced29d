"""Rules of group chats, as pure functions: what a message refers to."""

from telegram import Message

ANONYMOUS_ADMIN = 1087968824
"""Id that Telegram puts in place of an anonymous admin."""


def refers_to_message(message: Message) -> bool:
    """Say whether a message replies to another one, of this chat or another, or quotes one."""
    original = message.reply_to_message
    is_reply = original is not None and original.forum_topic_created is None
    return is_reply or message.external_reply is not None or message.quote is not None


def quoted_text(message: Message) -> str:
    """Return the text a reply refers to: the quoted part if one was chosen, else the whole message.

    Of a poll that is its question, of a checklist its title.
    """
    original = message.reply_to_message
    if message.quote is not None and message.quote.text:
        return message.quote.text.strip()
    if original is None or original.forum_topic_created is not None:
        return ""
    title = (
        original.poll.question if original.poll else original.checklist.title if original.checklist else ""
    )
    return (original.text or original.caption or title).strip()
