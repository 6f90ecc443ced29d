"""Metadata of a raw update: who wrote it, where and when. Reading it never fails, whatever it holds."""

import json
import re
from collections.abc import Container, Mapping
from dataclasses import dataclass

RawUpdate = Mapping[str, object]

KINDS = (
    "message",
    "edited_message",
    "callback_query",
    "inline_query",
    "chosen_inline_result",
    "my_chat_member",
    "chat_member",
)
"""Kinds of updates that the bot asks Telegram for (`allowed_updates`)."""

PRESS = "callback_query"
INLINE = "inline_query"
EXPIRING_KINDS = frozenset({PRESS, INLINE, "chosen_inline_result"})
"""Kinds that expire within seconds: after a restart nobody waits for them any more."""

SHARED_IDS = frozenset({777000, 136817688, 1087968824})
"""User ids that many people share: Telegram's stand-ins for channels and anonymous admins."""

_MAX_INTEGER = 2**63 - 1

_COMMAND = re.compile(r"/(?P<name>[A-Za-z0-9_]{1,32})(?:@(?P<to>[A-Za-z0-9_]{1,32}))?(?![A-Za-z0-9_@])")
_MENTION = re.compile(r"(?<![A-Za-z0-9_])@([A-Za-z0-9_]{1,32})(?![A-Za-z0-9_])")
"""A command and a mention as Telegram reads them."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """Metadata of an update.

    Attributes:
        kind: Name of the field that holds its content, such as `message`.
        queue: Key of its queue. Updates of one queue are handled one after the other, in order of arrival.
        user_id: Who caused it; None: nobody, or an id that many people share (SHARED_IDS).
        chat_id: Chat that an answer would go to; None for inline queries.
        topic_id: Forum topic of the message, or None.
        message_id: Id of the message, or None.
        sent_at: When it was written, seconds since the epoch; None where Telegram does not say.
        private: Whether the chat is a private one.
        wants_answer: Whether it is a message for the bot. Only those count against the limits of people and
            groups, and only their senders are told why there is no answer.
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
    private: bool = False
    wants_answer: bool = False
    press_id: str | None = None
    language: str | None = None


def read_number(update: object) -> int | None:
    """Return the `update_id` of an update; None: it has no usable one."""
    number = _integer(update.get("update_id")) if isinstance(update, Mapping) else None
    return number if number is not None and number >= 0 else None


def read_envelope(
    update: object, *, bot_id: int = 0, bot_name: str = "", commands: Container[str] | None = None
) -> Envelope | None:
    """Read the metadata of an update; None: it has no usable `update_id` and so cannot be stored.

    Args:
        update: One element of what getUpdates returned, or the body of a webhook request.
        bot_id: The bot's own id, by which replies to it are recognised.
        bot_name: Its user name without @, by which mentions are recognised.
        commands: Names of the commands that it answers in groups; None: any.
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
    return Envelope(
        update_id=update_id,
        kind=str(kind)[:64],
        queue=_queue_key(kind, chat_id, user_id),
        user_id=None if user_id in SHARED_IDS else user_id,
        chat_id=chat_id,
        topic_id=_integer(message.get("message_thread_id")) if message.get("is_topic_message") else None,
        message_id=_integer(message.get("message_id")),
        sent_at=_integer(content.get("edit_date") or content.get("date")) if kind != PRESS else None,
        private=private,
        wants_answer=kind in {"message", "edited_message"}
        and _wants_answer(content, private=private, bot_id=bot_id, bot_name=bot_name, commands=commands),
        press_id=press_id if isinstance(press_id, str) else None,
        language=language if isinstance(language, str) else None,
    )


def encode(update: RawUpdate) -> str:
    """Write an update as ASCII JSON, which any database takes: lone surrogates stay escaped."""
    return json.dumps(update, ensure_ascii=True, separators=(",", ":"))


def _queue_key(kind: str, chat_id: int | None, user_id: int | None) -> str:
    # An inline query must not wait for an answer in its author's private chat.
    if kind in {INLINE, "chosen_inline_result"} or chat_id is None:
        return f"{kind}:{user_id}"
    return str(chat_id)


def _wants_answer(
    message: RawUpdate, *, private: bool, bot_id: int, bot_name: str, commands: Container[str] | None
) -> bool:
    if private:
        return True
    words = message.get("text") or message.get("caption")
    if not isinstance(words, str):
        return False
    sender = _mapping(message.get("from"))
    if sender.get("is_bot") and sender.get("id") not in SHARED_IDS:
        return False
    replied = _mapping(_mapping(message.get("reply_to_message")).get("from"))
    if replied.get("id") == bot_id and not _mapping(message.get("reply_to_message")).get(
        "forum_topic_created"
    ):
        return True
    if command := _COMMAND.match(words):
        name, to = command["name"].lower(), (command["to"] or "").lower()
        # Other bots' commands come without their names too, and are nothing that is left out.
        return to == bot_name.lower() if to else commands is None or name in commands
    names = {found.lower() for found in _MENTION.findall(words)}
    return bool(bot_name) and bot_name.lower() in names


def _mapping(value: object) -> RawUpdate:
    return value if isinstance(value, Mapping) else {}


def _integer(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > _MAX_INTEGER:
        return None
    return value
