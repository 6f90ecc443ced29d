"""Addresses in what people write and forward. Pure."""

import re
from collections.abc import Iterator
from typing import Final

from telegram import Message, MessageEntity

_ADDRESS: Final = re.compile(
    r"(?:https?://|tg://|(?<![A-Za-z0-9@./-])(?:t|telegram)\.me/)\S{1,2048}", re.IGNORECASE
)
_ASCII: Final = re.compile(r"[\x21-\x7e]+")
_CLOSING: Final = "。，、；：！？…,.;:!?)]}>）】」』》”’'\"*"

MAX_ADDRESSES: Final = 16
"""How many addresses of a message are looked at."""


def written_addresses(text: str) -> tuple[tuple[str, ...], ...]:
    """Return how each address in a text may end: with its Chinese characters, and before the first of them.

    >>> written_addresses("看 https://example.org/a.html讲了什么。")
    (('https://example.org/a.html讲了什么', 'https://example.org/a.html'),)
    """
    found = []
    for match in _ADDRESS.finditer(text):
        whole = match[0].rstrip(_CLOSING)
        ascii_only = _ASCII.match(whole)
        shorter = ascii_only[0].rstrip(_CLOSING) if ascii_only else whole
        found.append(tuple(dict.fromkeys((whole, shorter))))
        if len(found) == MAX_ADDRESSES:
            break
    return tuple(found)


def linked_addresses(message: Message) -> tuple[str, ...]:
    """Return the addresses behind words of a message, and behind the buttons of a forwarded one."""
    return tuple(address for address, _ in zip(_behind(message), range(MAX_ADDRESSES), strict=False))


def bare_addresses(message: Message) -> tuple[str, ...]:
    """Return the addresses of a message that are written without a scheme, as Telegram has marked them."""
    marked = message.parse_entities([MessageEntity.URL]) if message.text else {}
    marked |= message.parse_caption_entities([MessageEntity.URL]) if message.caption else {}
    return tuple(written for written in marked.values() if "://" not in written)[:MAX_ADDRESSES]


def has_words(text: str) -> bool:
    """Say whether a text says something beside its addresses.

    >>> has_words("“https://example.org/a”。"), has_words("https://example.org/a 是真的吗")
    (False, True)
    """
    return any(character.isalnum() for character in without_addresses(text))


def without_addresses(text: str) -> str:
    """Return a text without its addresses.

    >>> without_addresses("看 https://example.org/a 真的吗")
    '看  真的吗'
    """
    return _ADDRESS.sub("", text).strip()


def _behind(message: Message) -> Iterator[str]:
    for entity in (*message.entities, *message.caption_entities):
        if entity.type == MessageEntity.TEXT_LINK and entity.url:
            yield entity.url
    if message.forward_origin is not None and message.reply_markup is not None:
        for row in message.reply_markup.inline_keyboard:
            yield from (button.url for button in row if button.url)
