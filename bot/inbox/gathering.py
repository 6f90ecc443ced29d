"""Messages that one person sent as one: an album, a text that the client has cut in two, a burst of forwards.

Telegram delivers each piece as an update of its own. Pure; `bot.inbox.worker` waits for the pieces.
"""

import copy
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from bot.inbox.envelope import Envelope
from bot.inbox.update import Update

GATHER_SECONDS: Final = 0.8
"""How long a piece waits for the next one."""

MAX_GATHER_SECONDS: Final = 3.0
"""How long the first piece waits at most, however many follow."""

LONG_UNITS: Final = 4_000
"""Length of a text, in UTF-16 units, from which on it may be cut off: clients cut at 4,096."""

MAX_TEXT_UNITS: Final = 4_096
"""Length at which clients cut, within a word if they must."""

MAX_JOINED_CHARS: Final = 8_192
"""Longest text that is made of pieces; what is beyond it is left out."""

_MAX_BURSTS: Final = 1_000

_MEDIA: Final = ("photo", "video", "document", "audio", "animation", "voice", "video_note", "sticker")


class Piece(StrEnum):
    """What a message may be a piece of."""

    ALBUM = "album"
    FORWARDS = "forwards"
    LONG_TEXT = "long_text"


def piece_of(envelope: Envelope, update: Update) -> Piece | None:
    """Return what an update begins or goes on with that others may belong to; None: it stands alone.

    In a group only what is for the bot is waited for.
    """
    message = _message(update)
    if message is None or not envelope.wants_answer:
        return None
    if _is_forwarded(message):
        return Piece.FORWARDS
    if message.get("media_group_id"):
        return Piece.ALBUM
    return Piece.LONG_TEXT if _units(message.get("text")) >= LONG_UNITS else None


def belongs_to(piece: Piece, before: Update, update: Update) -> bool:
    """Say whether an update goes on with the piece that came before it.

    Args:
        piece: What the one before is a piece of.
        before: The last piece.
        update: What came next in the same chat.
    """
    last, message = _message(before), _message(update)
    if last is None or message is None or _author(last) != _author(message):
        return False
    match piece:
        case Piece.FORWARDS:
            return _is_forwarded(message)
        case Piece.ALBUM:
            return bool(message.get("media_group_id") == last.get("media_group_id"))
        case Piece.LONG_TEXT:
            is_tail = isinstance(message.get("text"), str) and not _is_forwarded(message)
            return is_tail and _units(last.get("text")) >= LONG_UNITS and not _is_command(message)


@dataclass(slots=True)
class _Burst:
    """The pieces of a message that are arriving: the last one, and when the first and the last came."""

    piece: Piece
    last: Update
    began_at: float
    last_at: float


class Bursts:
    """Recognises the pieces of a message as they arrive, so that it counts as one against the limits."""

    def __init__(self) -> None:
        self._bursts: OrderedDict[str, _Burst] = OrderedDict()

    def goes_on(self, envelope: Envelope, update: Update, now: float) -> bool:
        """Say whether an arrival is a further piece of what arrived in its queue just before.

        The tail of a text for the bot, which its client has cut in a group, is chatter by itself.

        Args:
            envelope: Its metadata.
            update: The update.
            now: When it arrived, by the monotonic clock.
        """
        burst = self._bursts.get(envelope.queue)
        if burst is not None and _is_in_time(burst, now) and belongs_to(burst.piece, burst.last, update):
            burst.last, burst.last_at = update, now
            return True
        if envelope.is_chatter:
            return False  # it ends nothing: others of a group talk meanwhile
        self._bursts.pop(envelope.queue, None)
        piece = piece_of(envelope, update)
        if piece is not None:
            self._bursts[envelope.queue] = _Burst(piece, update, now, now)
            if len(self._bursts) > _MAX_BURSTS:
                self._bursts.popitem(last=False)
        return False


def _is_in_time(burst: _Burst, now: float) -> bool:
    return now - burst.last_at <= GATHER_SECONDS and now - burst.began_at <= MAX_GATHER_SECONDS


def join(updates: Sequence[Update]) -> Update:
    """Return one update for several pieces: the first one, with the texts of all.

    Formatting keeps its place. A text that clients have cut within a word is whole again.
    """
    if len(updates) == 1:
        return updates[0]
    joined: Update = copy.deepcopy(updates[0])
    message = joined["message"]
    text, entities, end = "", [], 0
    for update in updates:
        words, marks = _words(update["message"])
        if not words:
            continue
        if text:
            glue = "" if _is_cut(text[-MAX_TEXT_UNITS:]) else "\n"
            text, end = text + glue, end + len(glue)
        if len(text) + len(words) > MAX_JOINED_CHARS:
            words = words[: MAX_JOINED_CHARS - len(text)]
        room = end + _units(words)
        shifted = ({**mark, "offset": end + _number(mark, "offset")} for mark in marks)
        entities += [mark for mark in shifted if mark["offset"] + _number(mark, "length") <= room]
        text, end = text + words, room
        if len(text) >= MAX_JOINED_CHARS:
            break
    if text:
        has_media = any(name in message for name in _MEDIA)
        name = "caption" if has_media else "text"
        message[name] = text
        message["caption_entities" if has_media else "entities"] = entities
    return joined


def _message(update: Update) -> dict[str, Any] | None:
    message = update.get("message")
    return message if isinstance(message, dict) else None


def _author(message: dict[str, Any]) -> tuple[Any, ...]:
    """Return who wrote a message, where; also for those who write as a group or a channel."""
    ids = [
        one.get("id") if isinstance(one, dict) else None for one in map(message.get, ("from", "sender_chat"))
    ]
    topic = message.get("message_thread_id") if message.get("is_topic_message") else None
    return (*ids, topic)


def _is_forwarded(message: dict[str, Any]) -> bool:
    return "forward_origin" in message or "forward_date" in message


def _is_command(message: dict[str, Any]) -> bool:
    return any(mark.get("type") == "bot_command" and mark.get("offset") == 0 for mark in _words(message)[1])


def _is_cut(text: str) -> bool:
    """Say whether a text ends where clients cut if they find no better place."""
    return _units(text) >= MAX_TEXT_UNITS and not text[-1].isspace()


def _words(message: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    """Return the text or the caption of a message and its formatting."""
    for name, marks in (("text", "entities"), ("caption", "caption_entities")):
        words, found = message.get(name), message.get(marks)
        if isinstance(words, str) and words:
            listed = found if isinstance(found, list) else []
            return words, [mark for mark in listed if isinstance(mark, dict)]
    return "", []


def _number(mark: dict[str, Any], name: str) -> int:
    value = mark.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _units(text: object) -> int:
    """Return the length of a text in UTF-16 units; 0 for anything else."""
    return len(text) + sum(character > "\uffff" for character in text) if isinstance(text, str) else 0
