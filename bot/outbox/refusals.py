"""Telegram's refusals that are no failures of the program: a place takes no message of the bot."""

from enum import StrEnum

from telegram.error import BadRequest, Forbidden, TelegramError


class Refusal(StrEnum):
    """Why a place takes no message. The values stand in the database and in locale keys (`refusals.…`)."""

    MUTED = "muted"
    """The bot may not write in the group."""
    TOPIC_CLOSED = "topic_closed"
    TOPIC_GONE = "topic_gone"
    GONE = "gone"
    """The chat has blocked or removed the bot, or does not exist any more."""


_WORDS: tuple[tuple[Refusal, tuple[str, ...]], ...] = (
    (Refusal.TOPIC_CLOSED, ("topic_closed",)),
    (Refusal.TOPIC_GONE, ("topic_deleted", "message thread not found")),
    (
        Refusal.MUTED,
        (
            *("not enough rights", "need administrator rights", "have no rights to send"),
            *("chat_restricted", "_forbidden"),
        ),
    ),
    (Refusal.GONE, ("chat not found", "user not found", "deactivated", "was deleted", "peer_id_invalid")),
)
"""Parts of Telegram's reasons, which PTB writes in small or capital letters."""


def refusal_of(error: BaseException) -> Refusal | None:
    """Return why a place took no message; None: the error is of another kind.

    A mute arrives as 400 or 403; any other 403 means that the bot was blocked or removed.

    >>> refusal_of(BadRequest("Topic_closed")), refusal_of(Forbidden("Chat_write_forbidden"))
    (<Refusal.TOPIC_CLOSED: 'topic_closed'>, <Refusal.MUTED: 'muted'>)
    >>> refusal_of(Forbidden("bot was blocked by the user")), refusal_of(BadRequest("message is too long"))
    (<Refusal.GONE: 'gone'>, None)
    """
    if not isinstance(error, BadRequest | Forbidden):
        return None
    for refusal, words in _WORDS:
        if mentions_any(error, words):
            return refusal
    return Refusal.GONE if isinstance(error, Forbidden) else None


def is_unreachable(error: BaseException) -> bool:
    """Return whether the chat takes no message of the bot: blocked, muted or gone, or its topic closed."""
    return refusal_of(error) is not None


def mentions_any(error: TelegramError, words: tuple[str, ...]) -> bool:
    """Return whether Telegram's reason holds one of these words, in small letters."""
    text = error.message.lower()
    return any(word in text for word in words)
