"""Metadata of a raw update: who wrote it, where and when. Reading it never fails, whatever it holds."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from bot.inbox.addressing import BotIdentity, mentioned_names, read_address, reports_move, words_digest

RawUpdate = Mapping[str, object]

KINDS = (
    "message",
    "edited_message",
    "callback_query",
    "inline_query",
    "chosen_inline_result",
    "my_chat_member",
    "guest_message",
    "message_reaction",
)
"""Kinds of updates that the bot asks Telegram for (`allowed_updates`)."""

PRESS = "callback_query"
INLINE = "inline_query"
GUEST = "guest_message"
REACTION = "message_reaction"
EXPIRING_KINDS = frozenset({PRESS, INLINE, "chosen_inline_result", GUEST})
"""Kinds that expire within seconds: after a restart nobody waits for them any more."""

VOTING_EMOJI = frozenset("👍👎")
"""Reactions that say whether an answer was helpful."""

SHARED_IDS = frozenset({777000, 136817688, 1087968824})
"""User ids that many people share: Telegram's stand-ins for channels and anonymous admins."""

EDIT = "edited_message"
MESSAGE_KINDS = frozenset({"message", EDIT})

_CHATS = frozenset({"private", "group", "supergroup", "channel"})
"""Kinds of chats."""

_MAX_INTEGER = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Envelope:
    """Metadata of an update.

    Attributes:
        kind: Name of the field that holds its content, such as `message`.
        queue: Key of its queue. Updates of one queue are handled one after the other, in order of arrival.
        user_id: Who caused it; None: nobody, or an id that many people share (SHARED_IDS).
        chat_id: Chat that an answer would go to; None for inline queries and guest messages.
        topic_id: Forum topic of the message, or None.
        message_id: Id of the message, or None.
        sent_at: When it was written, seconds since the epoch; None where Telegram does not say.
        written_at: When it was first written, which no edit changes; as `sent_at`.
        private: Whether the chat is a private one.
        wants_answer: Whether it is a message that is meant for the bot (`read_address`). Only those count
            against the limits of people and groups, and only their senders are told why there is no answer.
        words: Digest of its words if it wants an answer, else None.
        is_chatter: Whether it is a message that the bot has nothing to do with, or a reaction that says
            nothing about an answer.
        press_id: Id of the callback query of a pressed button, or None.
        language: Language of the sender's client, or None.
    """

    update_id: int
    kind: str
    queue: str
    user_id: int | None = None
    chat_id: int | None = None
    topic_id: int | None = None
    message_id: int | None = None
    sent_at: float | None = None
    written_at: float | None = None
    private: bool = False
    wants_answer: bool = False
    words: bytes | None = None
    is_chatter: bool = False
    press_id: str | None = None
    language: str | None = None


def read_number(update: object) -> int | None:
    """Return the `update_id` of an update; None: it has no usable one."""
    number = _integer(update.get("update_id")) if isinstance(update, Mapping) else None
    return number if number is not None and number >= 0 else None


def read_envelope(update: object, me: BotIdentity | None = None) -> Envelope | None:
    """Read the metadata of an update; None: it has no usable `update_id` and so cannot be stored.

    Args:
        update: One element of what getUpdates returned, or the body of a webhook request.
        me: What the bot is called by.
    """
    update_id = read_number(update)
    if update_id is None or not isinstance(update, Mapping):
        return None
    kind = next((name for name in update if name != "update_id"), "unknown")
    content = _mapping(update.get(kind))
    user = _mapping(content.get("from") or content.get("user"))
    user_id = _integer(user.get("id"))
    language = user.get("language_code")
    message = _mapping(content.get("message")) if kind == PRESS else content
    chat = _mapping(message.get("chat"))
    chat_id = _integer(chat.get("id"))
    private = chat.get("type") == "private"
    press_id = content.get("id") if kind == PRESS else None
    is_message = kind in MESSAGE_KINDS
    if kind == GUEST:
        chat_id, private = None, False  # it may bear the id of another chat
    # A message of no known kind of chat is something new or unreadable: the handlers look at it.
    in_chat = is_message and chat_id is not None and chat.get("type") in _CHATS
    wants_answer = is_message and read_address(content, me or BotIdentity(), edited=kind == EDIT) is not None
    return Envelope(
        update_id=update_id,
        kind=str(kind)[:64],
        queue=_queue_key(kind, chat_id, user_id),
        user_id=None if user_id in SHARED_IDS else user_id,
        chat_id=chat_id,
        topic_id=_integer(message.get("message_thread_id")) if message.get("is_topic_message") else None,
        message_id=_integer(message.get("message_id")),
        sent_at=_integer(content.get("edit_date") or content.get("date")) if kind != PRESS else None,
        written_at=_integer(content.get("date")) if kind != PRESS else None,
        private=private,
        wants_answer=wants_answer,
        words=words_digest(content) if wants_answer else None,
        is_chatter=(in_chat and not wants_answer and not reports_move(content))
        or (kind == REACTION and not _is_vote(content)),
        press_id=press_id if isinstance(press_id, str) else None,
        language=language if isinstance(language, str) else None,
    )


def called_names(update: object) -> tuple[str, ...]:
    """Return the user names, in lower case, that a message of a group mentions or sends commands to."""
    contents = [update.get(kind) for kind in MESSAGE_KINDS] if isinstance(update, Mapping) else []
    messages = (_mapping(content) for content in contents)
    return tuple(
        name
        for message in messages
        if _mapping(message.get("chat")).get("type") != "private"
        for name in mentioned_names(message)
    )


def encode(update: RawUpdate) -> str:
    """Write an update as ASCII JSON, which any database takes: lone surrogates stay escaped."""
    return json.dumps(update, ensure_ascii=True, separators=(",", ":"))


def _queue_key(kind: str, chat_id: int | None, user_id: int | None) -> str:
    # An inline query must not wait for an answer in its author's private chat.
    if kind in {INLINE, "chosen_inline_result"} or chat_id is None:
        return f"{kind}:{user_id}"
    return str(chat_id)


def _is_vote(reaction: RawUpdate) -> bool:
    """Return whether a reaction is a 👍 or a 👎, or was one before."""
    lists = [reaction.get(name) for name in ("old_reaction", "new_reaction")]
    emoji = [_mapping(one).get("emoji") for found in lists if isinstance(found, list) for one in found]
    return any(one in VOTING_EMOJI for one in emoji if isinstance(one, str))


def _mapping(value: object) -> RawUpdate:
    return value if isinstance(value, Mapping) else {}


def _integer(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > _MAX_INTEGER:
        return None
    return value
