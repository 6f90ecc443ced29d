"""Text with entities, as Telegram stores it: cleaning, trimming and the entities it finds by itself.

Offsets and lengths of entities are UTF-16 code units, as everywhere in the Bot API.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

from tests.botapi.links import link_problem

Json = dict[str, Any]

MAX_ENTITIES = 100
"""Clients show no more entities than this in one message."""

_DROPPED = {0x0D, 0x030A, 0x0333, 0x033F, *range(0x2028, 0x202F)}
_BLANKED = {*range(9), 11, 12, *range(14, 32)}
_CLEANING: dict[int, str | None] = {**dict.fromkeys(_DROPPED), **dict.fromkeys(_BLANKED, " ")}

_WORD = r"[0-9A-Za-z_]"
_PATTERNS = (
    # A letter of any script beside a command or a mention makes it none: /ask谁 and 问@bot
    # (td/telegram/MessageEntity.cpp: match_bot_commands, match_mentions, is_word_character).
    ("bot_command", re.compile(rf"(?<![\w/<>])/{_WORD}{{1,64}}(?:@{_WORD}{{3,32}})?(?![\w/<>])")),
    ("mention", re.compile(rf"(?<![\w/@])@{_WORD}{{3,32}}(?!\w)")),
    ("hashtag", re.compile(r"(?<!\w)#\w*[^\W\d]\w*")),
    (
        "url",
        re.compile(
            r"(?<!\w)https?://[^\s<>\"'，。；、（）「」]+[^\s<>\"'，。；、（）「」.,;:!?)]", re.IGNORECASE
        ),
    ),
    # Without a scheme too, below a domain that is in use: a few stand for all
    # (td/telegram/MessageEntity.cpp: is_common_tld).
    (
        "url",
        re.compile(
            r"(?<![\w@./-])(?:[a-z0-9-]{1,63}\.){1,4}(?:com|org|net|cn|me|io|space)(?![\w.-])"
            r"(?:/[^\s<>\"'，。；、（）「」]*[^\s<>\"'，。；、（）「」.,;:!?)])?",
            re.IGNORECASE,
        ),
    ),
)
_SEALED = {"code", "pre", "text_link", "url", "bot_command", "mention", "hashtag"}


@dataclass(frozen=True, slots=True)
class Entity:
    """A stretch of a message with a meaning of its own.

    Attributes:
        type: The Bot API's word: `bold`, `text_link`, `bot_command`, …
        offset: First UTF-16 code unit.
        length: UTF-16 code units.
        url: Where a `text_link` leads.
        user: The person a `text_mention` means, as JSON.
        language: Of a `pre` block.
        unix_time: Of a `date_time`.
    """

    type: str
    offset: int
    length: int
    url: str | None = None
    user: Json | None = None
    language: str | None = None
    unix_time: int | None = None

    @property
    def end(self) -> int:
        """The first code unit behind the entity."""
        return self.offset + self.length

    def as_json(self) -> Json:
        """The entity as the Bot API writes it."""
        fields = {
            "type": self.type,
            "offset": self.offset,
            "length": self.length,
            "url": self.url,
            "user": self.user,
            "language": self.language,
            "unix_time": self.unix_time,
        }
        return {name: value for name, value in fields.items() if value is not None}


@dataclass(frozen=True, slots=True)
class FormattedText:
    """A text and its entities, in the order of their beginnings, outer ones first."""

    text: str
    entities: tuple[Entity, ...] = ()

    def covered(self, entity: Entity) -> str:
        """The part of the text that an entity covers."""
        return utf16_slice(self.text, entity.offset, entity.end)

    def spans(self, kind: str) -> tuple[str, ...]:
        """The texts of all entities of one kind, in order."""
        return tuple(self.covered(entity) for entity in self.entities if entity.type == kind)


def utf16_length(text: str) -> int:
    """Number of UTF-16 code units of a text."""
    return len(text) + sum(character > "\uffff" for character in text)


def utf16_slice(text: str, start: int, end: int) -> str:
    """The part of a text between two UTF-16 offsets; half a surrogate pair shows as U+FFFD."""
    raw = text.encode("utf-16-le", "surrogatepass")
    return raw[2 * start : 2 * end].decode("utf-16-le", "replace")


def sort_entities(entities: Iterable[Entity]) -> tuple[Entity, ...]:
    """Order entities by beginning, the longer of two first."""
    return tuple(sorted(entities, key=lambda entity: (entity.offset, -entity.length)))


def clean(formatted: FormattedText) -> FormattedText:
    """What Telegram keeps: control characters blanked, ends trimmed, entities moved along.

    Entities that cover only blanks vanish, code holds no other entity, and quotes do not nest.
    """
    text = formatted.text.translate(_CLEANING)
    if len(text) != len(formatted.text):
        formatted = _without(formatted, _DROPPED)
    else:
        formatted = FormattedText(text, formatted.entities)
    return _permitted(_trimmed(_blanked(formatted)))


def find_entities(formatted: FormattedText) -> FormattedText:
    """Add the entities that Telegram finds by itself: commands, mentions, hashtags, addresses."""
    text = formatted.text
    offsets = [0, *accumulate(1 + (character > "\uffff") for character in text)]
    sealed = [entity for entity in formatted.entities if entity.type in _SEALED]
    matches = (
        Entity(kind, offsets[match.start()], offsets[match.end()] - offsets[match.start()])
        for kind, pattern in _PATTERNS
        for match in pattern.finditer(text)
        if kind != "url" or not link_problem(_with_scheme(match.group()))
    )
    found: list[Entity] = []
    # Of two that overlap the one that begins first stays: a mention within an address is none
    # (td/telegram/MessageEntity.cpp: remove_intersecting_entities).
    for entity in sorted(matches, key=lambda one: (one.offset, -one.length)):
        if not any(other.offset < entity.end and entity.offset < other.end for other in (*sealed, *found)):
            found.append(entity)
    return FormattedText(text, sort_entities((*formatted.entities, *found)))


def _with_scheme(address: str) -> str:
    return address if "://" in address else f"https://{address}"


def entities_from_json(items: Any) -> tuple[Entity, ...]:
    """Read an array of MessageEntity; unknown fields are left out."""
    names = ("type", "offset", "length", "url", "user", "language", "unix_time")
    return sort_entities(
        Entity(**{name: item[name] for name in names if name in item}) for item in items or ()
    )


def _blanked(formatted: FormattedText) -> FormattedText:
    return FormattedText(formatted.text.translate(dict.fromkeys(_BLANKED, " ")), formatted.entities)


def _without(formatted: FormattedText, unwanted: set[int]) -> FormattedText:
    kept: list[str] = []
    offsets = [0]
    for character in formatted.text:
        units = 1 + (character > "\uffff")
        keep = ord(character) not in unwanted
        if keep:
            kept.append(character)
        before = offsets[-1]
        offsets.extend(before + (unit if keep else 0) for unit in range(1, units + 1))
    return FormattedText("".join(kept), _moved(formatted.entities, offsets))


def _trimmed(formatted: FormattedText) -> FormattedText:
    text = formatted.text.rstrip(" \n\t\v\u00a0\u200b\u3000")
    start = len(text) - len(text.lstrip(" \n\t\v\u00a0\u200b\u3000"))
    text = text[start:]
    end = utf16_length(text)
    offsets = [
        min(max(unit - start, 0), end) for unit in range(utf16_length(formatted.text) + 1)
    ]  # the blanks trimmed are all one code unit long
    return FormattedText(text, _moved(formatted.entities, offsets))


def _moved(entities: Iterable[Entity], offsets: list[int]) -> tuple[Entity, ...]:
    last = len(offsets) - 1
    moved = (
        replace(
            entity,
            offset=offsets[min(entity.offset, last)],
            length=offsets[min(entity.end, last)] - offsets[min(entity.offset, last)],
        )
        for entity in entities
    )
    return tuple(entity for entity in moved if entity.length > 0)


def _permitted(formatted: FormattedText) -> FormattedText:
    permitted: list[Entity] = []
    code_ends: list[tuple[int, int]] = []
    quote_end = 0
    for entity in sort_entities(formatted.entities):
        if not formatted.covered(entity).strip() and entity.type != "text_link":
            continue
        starts = [start for start, _ in code_ends]
        place = bisect_left(starts, entity.offset + 1) - 1
        if place >= 0 and entity.offset < code_ends[place][1]:
            continue
        if entity.type in ("code", "pre"):
            code_ends.append((entity.offset, entity.end))
        if entity.type.endswith("blockquote"):
            if entity.offset < quote_end:
                continue
            quote_end = entity.end
        permitted.append(entity)
    return FormattedText(formatted.text, tuple(permitted))
