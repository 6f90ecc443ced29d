"""The export of a Telegram channel (`result.json`) → its articles: one a message, or an album.

The file is read piece by piece: an export of years may have a gigabyte. The export of a whole account is read
too, but only its channels: what somebody writes in private is no article.
"""

import html
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from corpus.files import open_regular
from corpus.posts.targets import absolute
from corpus.posts.timestamps import parse_moment
from corpus.sources.entries import Entry
from corpus.sources.imports.json_stream import JsonStream, JsonStreamError
from corpus.sources.imports.values import ImportedEntry, Origin, UnreadableError
from corpus.sources.markup import text_as_html
from corpus.text.characters import clean_line

MAX_TITLE_CHARS: Final = 60
MAX_ALBUM: Final = 10
HEAD_CHARS: Final = 4_000

_EXPORT: Final = re.compile(r'"(?:messages|chats|left_chats|personal_information)"\s{0,20}:')
_CHANNELS: Final = ("public_channel", "private_channel")
_CHANNEL_NAME: Final = re.compile(r"(?:https?://)?(?:t\.me/)?@?([A-Za-z]\w{3,31})/?")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}:(?!\d)")
_SENTENCE: Final = re.compile(r"[。！？!?]")
_TAGS: Final = {
    "bold": "strong",
    "italic": "em",
    "underline": "u",
    "strikethrough": "s",
    "code": "code",
    "blockquote": "blockquote",
}


def is_export(head: str) -> bool:
    """Return whether a file that begins so may be an export."""
    return head.lstrip("\ufeff \t\r\n").startswith("{") and _EXPORT.search(head) is not None


def channel_name(text: str) -> str:
    """Return the public name of a channel, of `@name` or its address.

    Raises:
        ValueError: It is no such name.

    >>> channel_name("https://t.me/wangjiang"), channel_name("@wangjiang")
    ('wangjiang', 'wangjiang')
    """
    found = _CHANNEL_NAME.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no name of a channel, such as @wangjiang")
    return found[1]


def read_export(
    path: Path, *, name: str = "", zone: ZoneInfo, on_silent: Callable[[], None] = lambda: None
) -> Iterator[ImportedEntry]:
    """Yield the articles of an export, the oldest first.

    Args:
        path: The file.
        name: The channel's public name; empty: links are those that only its members can open.
        zone: Zone of dates where an old export gives local times only.
        on_silent: Called for each message or album without text.

    Raises:
        UnreadableError: It is no export, breaks off, or holds no channel. What was yielded before is good.
    """
    found = 0
    try:
        with open(open_regular(path), encoding="utf-8-sig") as file:  # noqa: PTH123 — opens a descriptor, not a path
            for channel, messages in _channels(JsonStream(file)):
                found += 1
                for album in _albums(messages):
                    entry = _entry(channel, album, name, zone)
                    if entry is None:
                        on_silent()
                    else:
                        yield entry
    except JsonStreamError as error:
        raise UnreadableError(f"a Telegram export that cannot be read: {error}") from error
    except OSError as error:
        raise UnreadableError(f"cannot be read: {error.strerror or error}") from error
    if not found:
        raise UnreadableError(
            "a Telegram export without a channel: chats of people and groups are not imported"
        )


# --- From the file to messages -------------------------------------------------------------------


def _channels(stream: JsonStream) -> Iterator[tuple[dict[str, Any], Iterator[dict[str, Any]]]]:
    """Yield what is said of each channel, and its messages, which must be consumed before the next."""
    if stream.peek() != "{":
        raise JsonStreamError("no export of Telegram")
    yield from _chat(stream)


def _chat(stream: JsonStream) -> Iterator[tuple[dict[str, Any], Iterator[dict[str, Any]]]]:
    facts: dict[str, Any] = {}
    for key in stream.members():
        opened = stream.peek()
        if key == "messages" and opened == "[":
            messages = _messages(stream)
            if facts.get("type", _CHANNELS[0]) in _CHANNELS:
                yield facts, messages
            for _ in messages:  # those of other chats, and what was left
                pass
        elif key in ("chats", "left_chats") and opened == "{":
            for name in stream.members():
                if name == "list" and stream.peek() == "[":
                    for _ in stream.elements():
                        yield from _chat(stream)
                else:
                    stream.value()
        else:
            value = stream.value()
            if isinstance(value, str | int):
                facts[key] = value


def _messages(stream: JsonStream) -> Iterator[dict[str, Any]]:
    for _ in stream.elements():
        message = stream.value()
        if isinstance(message, dict) and message.get("type") == "message":
            yield message


def _albums(messages: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Yield messages one by one, and those of an album together.

    An export does not name albums. Their pictures are sent in one second, under one number after the other,
    and only one of them has a text.
    """
    album: list[dict[str, Any]] = []
    for message in messages:
        if album and _continues(album, message):
            album.append(message)
            continue
        if album:
            yield album
        album = [message]
    if album:
        yield album


def _continues(album: Sequence[dict[str, Any]], message: dict[str, Any]) -> bool:
    last = album[-1]
    first, second = last.get("id"), message.get("id")
    return (
        len(album) < MAX_ALBUM
        and _has_media(last)
        and _has_media(message)
        and isinstance(first, int)
        and second == first + 1
        and _time(last) == _time(message)
        and last.get("forwarded_from") == message.get("forwarded_from")
        and not (_plain(message) and any(map(_plain, album)))
    )


def _has_media(message: dict[str, Any]) -> bool:
    return "photo" in message or "file" in message or "media_type" in message


def _time(message: dict[str, Any]) -> str:
    return str(message.get("date_unixtime") or message.get("date") or "")


# --- From a message to an article ----------------------------------------------------------------


def _parts(message: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the pieces of a message's text, each with its kind."""
    text = message.get("text_entities") or message.get("text") or ""
    pieces = text if isinstance(text, list) else [text]
    return [one if isinstance(one, dict) else {"type": "plain", "text": str(one)} for one in pieces]


def _plain(message: dict[str, Any]) -> str:
    return "".join(str(part.get("text") or "") for part in _parts(message)).strip()


def _entry(
    channel: dict[str, Any], album: Sequence[dict[str, Any]], name: str, zone: ZoneInfo
) -> ImportedEntry | None:
    """Return the article of a message or an album; None if it has no text."""
    told = next((one for one in album if _plain(one)), album[0])
    poll = told.get("poll")
    text, body = _plain(told), _body(told)
    if not text and isinstance(poll, dict):
        answers = [str(one.get("text") or "") for one in poll.get("answers") or () if isinstance(one, dict)]
        text = str(poll.get("question") or "")
        body = text_as_html("\n\n".join([text, *answers]))
    if not text:
        return None
    number, place = album[0].get("id"), channel.get("id")
    title = clean_line(str(channel.get("name") or ""))
    link = f"https://t.me/{name}/{number}" if name else f"https://t.me/c/{place}/{number}"
    entry = Entry(
        title=_title(text),
        guid=f"telegram:{place}/{number}",
        link=link if isinstance(number, int) and (name or isinstance(place, int)) else None,
        body=body,
        author=clean_line(str(told.get("forwarded_from") or told.get("author") or "")) or None,
        published=_moment(told, zone),
    )
    return ImportedEntry(entry, Origin.TELEGRAM, outlet=title, folders=())


def _moment(message: dict[str, Any], zone: ZoneInfo) -> datetime | None:
    seconds = str(message.get("date_unixtime") or "")
    if seconds.isdecimal() and len(seconds) <= 11:
        return datetime.fromtimestamp(int(seconds), UTC)
    return parse_moment(str(message.get("date") or ""), zone)


def _title(text: str) -> str:
    """Return the first line as a title; of a long one its first sentence, or its beginning."""
    line = clean_line(next(line for line in text.split("\n") if any(map(str.isalnum, line)) or line.strip()))
    if len(line) <= MAX_TITLE_CHARS:
        return line
    end = _SENTENCE.search(line, 0, MAX_TITLE_CHARS)
    return line[: end.end()] if end and end.end() >= 6 else line[: MAX_TITLE_CHARS - 1].rstrip() + "…"


def _body(message: dict[str, Any]) -> str:
    """Return the text as HTML: paragraphs, with links and emphasis, and blocks of code."""
    blocks: list[str] = []
    for is_code, parts in itertools.groupby(_parts(message), lambda part: part.get("type") == "pre"):
        if is_code:
            codes = (str(part.get("text") or "").strip("\n") for part in parts)
            blocks += (f"<pre>{html.escape(code, quote=False)}</pre>" for code in codes)
        else:
            blocks += _paragraphs("".join(map(_marked, parts)))
    return "\n".join(blocks)


def _paragraphs(marked: str) -> Iterator[str]:
    for block in re.split(r"\n[ \t]{0,200}\n", marked):
        if block := block.strip("\n "):
            yield "<p>" + "<br>\n".join(block.split("\n")) + "</p>"


def _marked(part: dict[str, Any]) -> str:
    raw, kind = str(part.get("text") or ""), str(part.get("type") or "")
    text = html.escape(raw, quote=False)
    target = str(part.get("href") or "") if kind == "text_link" else raw if kind == "link" else ""
    if target and not _SCHEME.match(target):
        target = f"https://{target}"
    if target and (address := absolute(target, "")):
        return f'<a href="{html.escape(address)}">{text}</a>'
    tag = _TAGS.get(kind)
    if tag is None or not text.strip():
        return text
    # Marks do not reach over paragraphs.
    lines = (f"<{tag}>{line}</{tag}>" if line.strip() else line for line in text.split("\n"))
    return "\n".join(itertools.chain(lines))
