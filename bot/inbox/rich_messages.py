"""Rich messages (Bot API 10.1): their blocks as a text with entities, to be read as any other message.

Clients send long or styled messages as blocks, and such a message has neither `text` nor `caption`. Pure;
reading never fails, whatever the blocks hold.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bot.inbox.update import Update

MAX_CHARS: Final = 8_192
"""How much of a rich message is read; Telegram allows four times as much."""

MAX_NODES: Final = 20_000
"""How many parts of a rich message are looked at, however few words they hold."""

_ENTITIES: Final = {
    "bot_command": "bot_command",
    "mention": "mention",
    "text_mention": "text_mention",
    "url": "text_link",
}
"""Rich texts that mean something to the bot, and the entities that say the same."""

_INLINE: Final = ("text", "expression", "alternative_text")
"""Where a rich text or a block has its words, in the order in which they count."""

_LINES: Final = ("summary", "label", "text", "expression", "caption", "blocks", "items", "cells", "credit")
"""What of a block is read, in the order in which it is shown."""

_PLACES: Final = ("message", "edited_message", "guest_message")


@dataclass(slots=True)
class _Text:
    """A text that is being written."""

    parts: list[str] = field(default_factory=list)
    entities: list[dict[str, Any]] = field(default_factory=list)
    units: int = 0
    chars: int = 0
    is_line_begun: bool = False

    def write(self, words: str) -> None:
        words = words[: MAX_CHARS - self.chars]
        self.parts.append(words)
        self.chars += len(words)
        self.units += len(words) + sum(character > "\uffff" for character in words)
        self.is_line_begun = bool(words) or self.is_line_begun

    def end_line(self) -> None:
        if self.is_line_begun:
            self.write("\n")
            self.is_line_begun = False


@dataclass(frozen=True, slots=True)
class _Node:
    """A part of a rich message that is still to be read: a block or a list of blocks, or else a rich text."""

    value: object
    is_block: bool


@dataclass(frozen=True, slots=True)
class _EndOfEntity:
    """The place where an entity ends that has begun at `start`, in UTF-16 units."""

    start: int
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _EndOfLine:
    """The end of a block, or a blank between two parts of one line."""

    blank: bool = False


def with_text(update: Any) -> Any:
    """Return an update in which rich messages, and those replied to, also have their words as text."""
    if not isinstance(update, dict):
        return update
    changed = {name: _message_with_text(update[name]) for name in _PLACES if name in update}
    return {**update, **changed}


def read_rich_message(rich: object) -> tuple[str, list[dict[str, Any]]]:
    """Return the words of a rich message, a block a line, and the entities that mean something to the bot."""
    text = _Text()
    blocks = rich.get("blocks") if isinstance(rich, Mapping) else None
    pending: list[_Node | _EndOfEntity | _EndOfLine] = [_Node(blocks, is_block=True)]
    seen = 0
    while pending and seen < MAX_NODES and text.chars < MAX_CHARS:
        seen += 1
        match pending.pop():
            case _Node(value, True):
                pending += reversed(_read_block(value))
            case _Node(value, _):
                pending += reversed(_read_inline(value, text))
            case _EndOfEntity(start, fields) if text.units > start:
                text.entities.append({**fields, "offset": start, "length": text.units - start})
            case _EndOfLine(True):
                text.write(" ")
            case _EndOfLine():
                text.end_line()
    written = "".join(text.parts)
    entities = sorted(text.entities, key=lambda entity: int(entity["offset"]))
    return written.rstrip(), entities


def _message_with_text(message: object) -> object:
    if not isinstance(message, dict):
        return message
    changes: Update = {}
    replied = message.get("reply_to_message")
    if isinstance(replied, dict) and "rich_message" in replied:
        changes["reply_to_message"] = _message_with_text(replied)
    if "rich_message" in message:
        text, entities = read_rich_message(message["rich_message"])
        if text:
            changes |= {"text": text, "entities": entities}
    return {**message, **changes} if changes else message


def _read_block(value: object) -> list[_Node | _EndOfEntity | _EndOfLine]:
    """Return the parts of a block, or of a list of blocks, in the order in which they are shown."""
    if isinstance(value, list):
        return [_Node(part, is_block=True) for part in value]
    if not isinstance(value, Mapping):
        return [_Node(value, is_block=False), _EndOfLine()]
    parts: list[_Node | _EndOfEntity | _EndOfLine] = []
    for name in _LINES:
        part = value.get(name)
        if part is None:
            continue
        if name == "cells":
            parts += _read_table(part)
        elif name == "label":  # it stands before the first line of its item
            parts += [_Node(part, is_block=False), _EndOfLine(blank=True)]
        else:
            is_block = name in {"blocks", "items"} or (name == "caption" and _is_caption(part))
            parts += [_Node(part, is_block=is_block), _EndOfLine()]
    return parts


def _is_caption(part: object) -> bool:
    """Say whether a caption is that of a picture, which has a credit, and not that of a table."""
    return isinstance(part, Mapping) and "type" not in part


def _read_table(rows: object) -> list[_Node | _EndOfEntity | _EndOfLine]:
    parts: list[_Node | _EndOfEntity | _EndOfLine] = []
    for row in rows if isinstance(rows, list) else ():
        cells = row if isinstance(row, list) else []
        texts = [cell["text"] for cell in cells if isinstance(cell, Mapping) and cell.get("text") is not None]
        for number, words in enumerate(texts):
            parts += [_EndOfLine(blank=True)] if number else []
            parts.append(_Node(words, is_block=False))
        parts.append(_EndOfLine())
    return parts


def _read_inline(value: object, text: _Text) -> list[_Node | _EndOfEntity | _EndOfLine]:
    """Write a rich text if it is plain; else return its parts."""
    if isinstance(value, str):
        text.write(value)
        return []
    if isinstance(value, list):
        return [_Node(part, is_block=False) for part in value]
    if not isinstance(value, Mapping):
        return []
    words = next((value[name] for name in _INLINE if value.get(name) is not None), None)
    parts: list[_Node | _EndOfEntity | _EndOfLine] = [_Node(words, is_block=False)]
    kind = value.get("type")
    entity = _ENTITIES.get(kind) if isinstance(kind, str) else None
    if entity is not None:
        fields = {name: value[name] for name in ("url", "user") if name in value}
        parts.append(_EndOfEntity(text.units, {"type": entity, **fields}))
    return parts
