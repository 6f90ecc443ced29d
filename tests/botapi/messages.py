"""A message as people see it: a value that tests look at."""

import html
from dataclasses import dataclass
from datetime import datetime

from tests.botapi.formatting import Entity, FormattedText, utf16_length
from tests.botapi.keyboards import Button, Keyboard

_TAGS = {
    "bold": "b",
    "italic": "i",
    "underline": "u",
    "strikethrough": "s",
    "spoiler": "tg-spoiler",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "expandable_blockquote": "blockquote",
}


@dataclass(frozen=True, slots=True)
class Link:
    """Words of a message that lead somewhere."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Message:
    """How a message looked at one moment; an edit makes another value with the same `id`.

    Attributes:
        chat_id: The chat in which it stands.
        id: Growing within the chat.
        sender: Name of who wrote it.
        from_bot: Whether the bot under test wrote it (also by way of an inline result).
        formatted: Text or caption with its entities.
        keyboard: Rows of buttons under it.
        reply_to: Id of the message it answers, or None.
        quote: The words it quotes of that message, or None.
        topic: Id of its forum topic; None in General and outside forums.
        photo: The picture's bytes, its URL, or None.
        service: The kind of a service message (`new_chat_members`, …), or None.
        silent: Sent without notification.
        preview: The address whose preview is shown: an explicit one, else the first link; None without.
        sent_at: Server time.
        edited: Whether it was edited.
        receiver: Id of the only person who sees it; None: all do.
    """

    chat_id: int
    id: int
    sender: str
    from_bot: bool
    formatted: FormattedText
    keyboard: Keyboard
    reply_to: int | None
    quote: str | None
    topic: int | None
    photo: bytes | str | None
    service: str | None
    silent: bool
    preview: str | None
    sent_at: datetime
    edited: bool
    receiver: int | None = None

    @property
    def text(self) -> str:
        """What one reads: the text, or the caption of a picture."""
        return self.formatted.text

    @property
    def entities(self) -> tuple[Entity, ...]:
        """The entities of `text`."""
        return self.formatted.entities

    @property
    def bold(self) -> tuple[str, ...]:
        """The parts in bold, in reading order."""
        return self.formatted.spans("bold")

    @property
    def links(self) -> tuple[Link, ...]:
        """Everything in the text that can be tapped and leads to an address."""
        return tuple(
            Link(self.formatted.covered(entity), entity.url or self.formatted.covered(entity))
            for entity in self.entities
            if entity.type in ("text_link", "url")
        )

    @property
    def buttons(self) -> tuple[Button, ...]:
        """All buttons, row after row."""
        return tuple(button for row in self.keyboard for button in row)

    @property
    def labels(self) -> tuple[str, ...]:
        """The words on all buttons, row after row."""
        return tuple(button.text for button in self.buttons)

    @property
    def html(self) -> str:
        """The text as Telegram's HTML, entities included."""
        return as_html(self.formatted)

    def has_button(self, label: str) -> bool:
        """Whether there is a button with, or holding, these words, or with this data."""
        return any(label in button.text or label == button.data for button in self.buttons)

    def button(self, label: str) -> Button:
        """The button with these words, else beginning with them, else holding them, else with this data.

        Raises:
            LookupError: There is none, or several fit equally well.
        """
        for fits in (
            lambda button: button.text == label,
            lambda button: button.text.startswith(label),
            lambda button: label in button.text,
            lambda button: button.data == label,
        ):
            found = [button for button in self.buttons if fits(button)]
            if len(found) == 1:
                return found[0]
            if found:
                raise LookupError(f"several buttons fit {label!r}: {[button.text for button in found]}")
        raise LookupError(f"no button {label!r} among {list(self.labels)}")

    def __contains__(self, words: str) -> bool:
        """Whether the message holds these words, or this piece of its HTML."""
        return words in self.text or words in self.html

    def __str__(self) -> str:
        """The message as plain lines, the way transcripts show it."""
        lines = [self.text] if self.text else []
        if self.photo is not None:
            lines.insert(0, "[图片]")
        if self.service:
            lines.append(f"({self.service})")
        lines += [" ".join(f"[{button.text}]" for button in row) for row in self.keyboard]
        return "\n".join(lines)


def as_html(formatted: FormattedText) -> str:
    """Write a formatted text as Telegram's HTML; entities must nest."""
    opening: dict[int, list[str]] = {}
    closing: dict[int, list[str]] = {}
    for entity in formatted.entities:
        if entity.type == "text_link":
            start, end = f'<a href="{html.escape(entity.url or "")}">', "</a>"
        elif entity.type in _TAGS:
            expandable = " expandable" * (entity.type == "expandable_blockquote")
            start, end = f"<{_TAGS[entity.type]}{expandable}>", f"</{_TAGS[entity.type]}>"
        else:
            continue
        opening.setdefault(entity.offset, []).append(start)
        closing.setdefault(entity.end, []).insert(0, end)
    parts: list[str] = []
    at = 0
    for character in formatted.text:
        parts += closing.get(at, []) + opening.get(at, [])
        parts.append(html.escape(character, quote=False))
        at += utf16_length(character)
    return "".join(parts + closing.get(at, []))
