"""The outside of a raw update: who wrote where and when. Reads any junk without failing."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

Raw = Mapping[str, object]

KINDS = (
    "message",
    "edited_message",
    "callback_query",
    "inline_query",
    "chosen_inline_result",
    "my_chat_member",
    "chat_member",
)
"""Kinds of updates that are asked for."""

PRESS = "callback_query"
INLINE = "inline_query"
FLEETING = frozenset({PRESS, INLINE, "chosen_inline_result"})
"""Kinds that expire within seconds: after a restart nobody waits for them any more."""

SHARED_IDS = frozenset({777000, 136817688, 1087968824})
"""Telegram's stand-ins for channels and anonymous admins: many people under one number."""

_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the inbox must know of an update.

    Attributes:
        lane: Updates of one lane are handled one after the other, in order of arrival.
        user_id: Who caused it; None: nobody, or one of Telegram's stand-ins.
        chat_id: Where an answer would go; None for inline queries.
        topic_id: Forum topic of the message, or None.
        message_id: Of the message, or None.
        sent: When the person wrote it, seconds since the epoch; None where Telegram does not say.
        wants_answer: A message meant for the bot: it is answered, counted and apologised for.
        press_id: Of a pressed button, or None.
        language: Of the person's client, or None.
    """

    update_id: int
    kind: str
    lane: str
    user_id: int | None = None
    chat_id: int | None = None
    topic_id: int | None = None
    message_id: int | None = None
    sent: float | None = None
    private: bool = False
    wants_answer: bool = False
    press_id: str | None = None
    language: str | None = None


def read_envelope(update: object, *, bot_id: int = 0, bot_name: str = "") -> Envelope | None:
    """Read the outside of an update; None when it has no usable number and so cannot be stored.

    Args:
        update: One element of what getUpdates returned, or what a webhook was given.
        bot_id: The bot's own id, to know replies to it.
        bot_name: Its user name without @, to know mentions.
    """
    if not isinstance(update, Mapping):
        return None
    number = _number(update.get("update_id"))
    if number is None or number < 0:
        return None
    kind = next((name for name in update if name != "update_id"), "unknown")
    content = _table(update.get(kind))
    user = _table(content.get("from") or content.get("user"))
    user_id = _number(user.get("id"))
    language = user.get("language_code")
    message = _table(content.get("message")) if kind == PRESS else content
    chat = _table(message.get("chat"))
    chat_id = _number(chat.get("id"))
    private = chat.get("type") == "private"
    press_id = content.get("id") if kind == PRESS else None
    return Envelope(
        update_id=number,
        kind=str(kind)[:64],
        lane=_lane(kind, chat_id, user_id),
        user_id=None if user_id in SHARED_IDS else user_id,
        chat_id=chat_id,
        topic_id=_number(message.get("message_thread_id")) if message.get("is_topic_message") else None,
        message_id=_number(message.get("message_id")),
        sent=_number(content.get("edit_date") or content.get("date")) if kind != PRESS else None,
        private=private,
        wants_answer=kind in {"message", "edited_message"}
        and _wants_answer(content, private=private, bot_id=bot_id, bot_name=bot_name),
        press_id=press_id if isinstance(press_id, str) else None,
        language=language if isinstance(language, str) else None,
    )


def encode(update: Raw) -> str:
    """An update as text that any database takes; lone surrogates stay escaped."""
    return json.dumps(update, ensure_ascii=True, separators=(",", ":"))


def _lane(kind: str, chat_id: int | None, user_id: int | None) -> str:
    # Whoever types an inline query must not wait for an answer in their private chat.
    if kind in {INLINE, "chosen_inline_result"} or chat_id is None:
        return f"{kind}:{user_id}"
    return str(chat_id)


def _wants_answer(message: Raw, *, private: bool, bot_id: int, bot_name: str) -> bool:
    if private:
        return True
    words = message.get("text") or message.get("caption")
    if not isinstance(words, str):
        return False
    sender = _table(message.get("from"))
    if sender.get("is_bot") and sender.get("id") not in SHARED_IDS:
        return False
    replied = _table(_table(message.get("reply_to_message")).get("from"))
    if replied.get("id") == bot_id and not _table(message.get("reply_to_message")).get("forum_topic_created"):
        return True
    mention = f"@{bot_name.lower()}"
    if words.startswith("/"):
        command = words.split(maxsplit=1)[0].lower()
        return "@" not in command or command.endswith(mention)
    return bool(bot_name) and mention in words.lower()


def _table(value: object) -> Raw:
    return value if isinstance(value, Mapping) else {}


def _number(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > _LARGEST:
        return None
    return value
