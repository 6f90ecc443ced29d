"""What a message commands: the command at its beginning, and the words behind it. Pure."""

import re
from collections.abc import Container
from dataclasses import dataclass
from typing import Final

from telegram import Message, MessageEntity
from telegram.constants import ChatType

_WRITTEN: Final = re.compile(r"[/／]([A-Za-z0-9_]{1,32})(?![A-Za-z0-9_@])")
"""A command where clients mark none: they do so only before a blank or a punctuation mark, and behind `/`."""

_SEPARATORS: Final = re.compile(r"[,，:：;；、。.!！?？…—–~～·|]{0,16}")
"""What people write between a command and its words."""

_COMMAS: Final = re.compile(r"[,，:：;；、]{0,16}")
"""The same behind a blank, where 「.NET」 and 「？」 are words already."""


@dataclass(frozen=True, slots=True)
class WrittenCommand:
    """A command as somebody wrote it.

    Attributes:
        name: Its name, in lower case.
        to: User name of the bot it is for, in lower case; empty: it names none.
        words: What follows, without the punctuation that sets it off.
    """

    name: str
    to: str
    words: str


def parse_command(message: Message, names: Container[str] = ()) -> WrittenCommand | None:
    """Return the command with which the text or the caption of a message begins; None without one.

    Args:
        message: The message.
        names: Commands that are also recognised in a private chat where the client has marked none: those
            with a word right behind them (/latest金融), or with a full-width slash.
    """
    text = message.text or message.caption or ""
    end = _marked_end(message)
    if end:
        name, _, to = text[1:end].partition("@")
        return WrittenCommand(name.lower(), to.lower(), words_behind(text[end:]))
    written = _WRITTEN.match(text) if message.chat.type == ChatType.PRIVATE else None
    if written is None or written[1].lower() not in names:
        return None
    return WrittenCommand(written[1].lower(), "", words_behind(text[written.end() :]))


def words_behind(rest: str) -> str:
    """Return the words behind a command, without what sets them off from it.

    >>> words_behind("：安倍国葬几号？"), words_behind(" .NET 是什么"), words_behind(" ：金融")
    ('安倍国葬几号？', '.NET 是什么', '金融')
    """
    words = rest.lstrip()
    marks = _SEPARATORS if words == rest else _COMMAS
    return marks.sub("", words, count=1).strip()


def _marked_end(message: Message) -> int:
    """Return the length of the command that the client has marked at the beginning; 0: none.

    Commands are ASCII, so that units of UTF-16 are characters.
    """
    entities = message.entities if message.text else message.caption_entities
    first = next((entity for entity in entities if entity.type == MessageEntity.BOT_COMMAND), None)
    return first.length if first is not None and first.offset == 0 else 0
