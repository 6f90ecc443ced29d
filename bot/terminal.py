"""`baotong chat`: the bot on one's own screen.

The application and its handlers are those of Telegram. Only what carries its calls is another: a
`HomeApi` that keeps one private chat in memory, and a loop that shows what arrives there and turns
typed lines into updates. Each line is dealt with to its end before the next is read.
"""

import asyncio
import itertools
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, TextIO

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.style import Style
from rich.text import Text
from telegram import Update
from telegram.request import BaseRequest, RequestData

from bot.application import OFFLINE_TOKEN, build_application
from bot.cards import safe
from bot.context import App
from bot.i18n import Language, language_of
from bot.settings import Settings
from bot.state import State
from corpus import Corpus

Json = dict[str, Any]

READER = 1
"""Id of the person at the keyboard, who is also the operator."""

BOT: Json = {
    "id": int(OFFLINE_TOKEN.partition(":")[0]),
    "is_bot": True,
    "first_name": "报童",
    "username": "baotong_bot",
    "can_join_groups": False,
    "can_read_all_group_messages": False,
    "supports_inline_queries": False,
}
_DEEP_LINK = re.compile(rf"https://t\.me/{BOT['username']}\?start=([A-Za-z0-9_-]{{1,64}})")
_LEAVING = frozenset({"/quit", "/exit", "/q"})
_WIDEST = 92
"""Columns; longer lines tire the eye."""

_WORDS = {
    Language.HANS: {
        "hint": "输入问题，按回车。输入编号等于点按钮，/quit 离开。",
        "prompt": "您 › ",
        "wait": "正在查找……",
        "picture": "图片",
        "copied": "复制",
        "elsewhere": "这个按钮只在 Telegram 里有用。",
        "bye": "再见。",
    },
    Language.HANT: {
        "hint": "輸入問題，按 Enter。輸入編號等於點按鈕，/quit 離開。",
        "prompt": "您 › ",
        "wait": "正在查找……",
        "picture": "圖片",
        "copied": "複製",
        "elsewhere": "這個按鈕只在 Telegram 裡有用。",
        "bye": "再見。",
    },
    Language.ENGLISH: {
        "hint": "Type a question and press Enter. A number presses its button; /quit leaves.",
        "prompt": "you › ",
        "wait": "searching…",
        "picture": "picture",
        "copied": "copy",
        "elsewhere": "This button only works in Telegram.",
        "bye": "Bye.",
    },
}


def chat(
    settings: Settings,
    corpus: Corpus,
    state: State,
    *,
    lines: TextIO | None = None,
    console: Console | None = None,
    locale: str | None = None,
) -> int:
    """Talk until /quit or the end of the input.

    On a terminal the bot greets, asks for lines and clears nothing; from a pipe it reads one line a
    message, shows it and the answer, and ends with the input.

    Args:
        settings: What the operator set; who sits here may do everything.
        corpus: The archive, open.
        state: The bot's own database, open.
        lines: Where lines come from, standard input by default.
        console: Where the chat is shown, standard output by default.
        locale: Decides the language, by default what `LC_ALL` or `LANG` says; `C` or empty: Chinese.

    Returns:
        The exit code, 0.
    """
    lines = lines or sys.stdin
    console = console or Console(highlight=False)
    if locale is None:
        locale = os.environ.get("LC_ALL") or os.environ.get("LANG", "")
    api = HomeApi(_language_code(locale))
    settings = settings.model_copy(
        update={
            "admin_ids": settings.admin_ids | {READER},
            "allowed_ids": settings.allowed_ids and settings.allowed_ids | {READER},
            "error_chat_id": None,
        }
    )
    application = build_application(settings, corpus, state, token=OFFLINE_TOKEN, request=api)
    screen = Screen(console, language_of(api.language_code))
    with asyncio.Runner() as runner:
        runner.run(application.initialize())
        try:
            with suppress(KeyboardInterrupt):
                _talk(runner, application, api, screen, lines)
        finally:
            runner.run(application.shutdown())
    return 0


def _talk(runner: asyncio.Runner, application: App, api: "HomeApi", screen: "Screen", lines: TextIO) -> None:
    at_terminal = lines.isatty()

    def deal_with(update: Json) -> None:
        with screen.waiting() if at_terminal else nullcontext():
            runner.run(application.process_update(Update.de_json(update, application.bot)))
        for news in api.news():
            screen.show(news)

    if at_terminal:
        screen.hint()
        deal_with(api.typed("/start"))
    for line in _typed_lines(lines, screen):
        choice = screen.choice(line)
        if choice is None:
            deal_with(api.typed(_DEEP_LINK.sub(r"/start \1", line)))
        elif choice.data is not None:
            deal_with(api.pressed(choice.message_id, choice.data))
        elif choice.payload is not None:
            deal_with(api.typed(f"/start {choice.payload}"))
        else:
            screen.say(choice.note)


def _typed_lines(lines: TextIO, screen: "Screen") -> Iterator[str]:
    """What the person typed, without blank lines, until they leave."""
    read = _prompting(screen) if lines.isatty() else _echoing(lines, screen)
    while (line := read()) is not None and line not in _LEAVING:
        if line:
            yield line


def _prompting(screen: "Screen") -> Callable[[], str | None]:
    with suppress(ImportError):
        import readline  # noqa: F401 — gives `input` its history and line editing

    def read() -> str | None:
        try:
            return input(screen.words["prompt"]).strip()
        except (EOFError, KeyboardInterrupt):
            screen.say(f"\n{screen.words['bye']}")
            return None

    return read


def _echoing(lines: TextIO, screen: "Screen") -> Callable[[], str | None]:
    def read() -> str | None:
        line = lines.readline()
        if not line:
            return None
        screen.echo(line.strip())
        return line.strip()

    return read


def _language_code(locale: str) -> str | None:
    """`zh_TW.UTF-8` → `zh-tw`; None where the environment says nothing of a language."""
    name = locale.partition(".")[0].partition("@")[0]
    return None if name in ("", "C", "POSIX") else name.replace("_", "-").lower()


# --- the Bot API of one private chat


@dataclass(slots=True)
class Sent:
    """A message of the bot, as it looks now.

    Attributes:
        html: Its text or caption.
        keyboard: Rows of buttons as the Bot API writes them.
        picture: Address of its picture, or how large an uploaded one is.
    """

    id: int
    html: str
    keyboard: list[list[Json]]
    picture: str | None = None


@dataclass(frozen=True, slots=True)
class Toast:
    """The short answer to a pressed button."""

    text: str


News = Sent | Toast


class RefusalError(Exception):
    """An answer with `"ok": false`."""


class HomeApi(BaseRequest):
    """Answers the bot's calls from memory: one person, one private chat, no network.

    What the bot shows is kept until `news` fetches it. Calls that have no meaning here (menus, chat
    actions, reactions) succeed and do nothing.
    """

    def __init__(self, language_code: str | None = None) -> None:
        self.language_code = language_code
        self._messages: dict[int, Sent] = {}
        self._news: list[News] = []
        self._numbers = itertools.count(1)
        self._user: Json = {"id": READER, "is_bot": False, "first_name": "您"}
        if language_code:
            self._user["language_code"] = language_code
        self._chat: Json = {"id": READER, "type": "private", "first_name": "您"}

    def typed(self, text: str) -> Json:
        """Make the update of a message that the person wrote."""
        message: Json = {**self._frame(next(self._numbers)), "from": self._user, "text": text[:4096]}
        command = re.match(r"/[A-Za-z0-9_]+(?:@\w+)?", text)
        if command:
            message["entities"] = [{"type": "bot_command", "offset": 0, "length": command.end()}]
        return {"update_id": next(self._numbers), "message": message}

    def pressed(self, message_id: int, data: str) -> Json:
        """Make the update of a button that the person pressed."""
        query = {
            "id": str(next(self._numbers)),
            "from": self._user,
            "chat_instance": str(READER),
            "message": self._as_json(self._messages[message_id]),
            "data": data,
        }
        return {"update_id": next(self._numbers), "callback_query": query}

    def news(self) -> list[News]:
        """Fetch what the bot showed since the last time, each message once, as it looks now."""
        news, self._news = self._news, []
        shown: list[News] = []
        for item in news:
            if item not in shown:
                shown.append(item)
        return shown

    # --- what the library asks of a request

    @property
    def read_timeout(self) -> float | None:
        """Nothing here takes time."""
        return None

    async def initialize(self) -> None:
        """Nothing is to be opened."""

    async def shutdown(self) -> None:
        """Nothing is to be closed."""

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_: Any, **__: Any
    ) -> tuple[int, bytes]:
        """Answer one call of the Bot API."""
        parameters: Json = dict(request_data.parameters) if request_data else {}
        if request_data and request_data.contains_files:
            parameters["files"] = request_data.multipart_data
        answer = getattr(self, f"_{url.rpartition('/')[2]}", None)
        try:
            result = answer(parameters) if answer else True
        except RefusalError as refusal:
            body = {"ok": False, "error_code": 400, "description": f"Bad Request: {refusal}"}
            return 400, json.dumps(body).encode()
        return 200, json.dumps({"ok": True, "result": result}).encode()

    # --- methods, named as the Bot API names them

    def _getMe(self, _: Json) -> Json:  # noqa: N802
        return BOT

    def _sendMessage(self, parameters: Json) -> Json:  # noqa: N802
        return self._send(parameters, "text", _picture_of(parameters))

    def _sendPhoto(self, parameters: Json) -> Json:  # noqa: N802
        photo = parameters.get("photo")
        return self._send(parameters, "caption", photo if isinstance(photo, str) and "://" in photo else "")

    def _editMessageText(self, parameters: Json) -> Json:  # noqa: N802
        message = self._message(parameters)
        message.html, message.picture = parameters["text"], _picture_of(parameters)
        return self._changed(message, parameters)

    def _editMessageCaption(self, parameters: Json) -> Json:  # noqa: N802
        message = self._message(parameters)
        message.html = parameters.get("caption", "")
        return self._changed(message, parameters)

    def _editMessageReplyMarkup(self, parameters: Json) -> Json:  # noqa: N802
        return self._changed(self._message(parameters), parameters)

    def _deleteMessage(self, parameters: Json) -> bool:  # noqa: N802
        self._messages.pop(self._message(parameters).id)
        return True

    def _answerCallbackQuery(self, parameters: Json) -> bool:  # noqa: N802
        if parameters.get("text"):
            self._news.append(Toast(parameters["text"]))
        return True

    def _getMyCommands(self, _: Json) -> list[Json]:  # noqa: N802
        return []

    def _getChatMember(self, _: Json) -> Json:  # noqa: N802
        return {"status": "member", "user": self._user}

    # --- inside

    def _send(self, parameters: Json, text: str, picture: str | None) -> Json:
        if parameters.get("chat_id") != READER:
            raise RefusalError("chat not found")
        message = Sent(next(self._numbers), parameters.get(text, ""), _rows(parameters), picture)
        self._messages[message.id] = message
        self._news.append(message)
        return self._as_json(message)

    def _message(self, parameters: Json) -> Sent:
        message = self._messages.get(int(parameters.get("message_id", 0)))
        if message is None:
            raise RefusalError("message to edit not found")
        return message

    def _changed(self, message: Sent, parameters: Json) -> Json:
        message.keyboard = _rows(parameters)
        self._news.append(message)
        return self._as_json(message)

    def _frame(self, message_id: int) -> Json:
        return {"message_id": message_id, "date": int(time.time()), "chat": self._chat}

    def _as_json(self, message: Sent) -> Json:
        json: Json = {**self._frame(message.id), "from": BOT, "text": message.html}
        if message.keyboard:
            json["reply_markup"] = {"inline_keyboard": message.keyboard}
        return json


def _rows(parameters: Json) -> list[list[Json]]:
    rows: list[list[Json]] = (parameters.get("reply_markup") or {}).get("inline_keyboard", [])
    return rows


def _picture_of(parameters: Json) -> str | None:
    """The picture that a large preview shows above or below the text."""
    options: Json = parameters.get("link_preview_options") or {}
    return options.get("url") if options.get("prefer_large_media") else None


# --- the screen


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that a number stands for: a button, or a link of the text that leads back here.

    Attributes:
        data: What the button sends to the bot.
        payload: What the link sends with /start.
        note: What is shown instead, where nothing is sent.
    """

    label: str
    message_id: int
    data: str | None = None
    payload: str | None = None
    note: str = ""


@dataclass(slots=True)
class Screen:
    """Shows messages, and remembers what the numbers under the newest ones stand for."""

    console: Console
    language: Language
    _choices: list[Choice] = field(default_factory=list)

    @property
    def words(self) -> dict[str, str]:
        """The few words that are not the bot's own."""
        return _WORDS[self.language]

    def hint(self) -> None:
        """Say how this works."""
        self.console.print(Text(self.words["hint"], style="dim"))

    def waiting(self) -> Any:
        """A sign of life for as long as the bot thinks."""
        return self.console.status(self.words["wait"])

    def say(self, note: str) -> None:
        """Show a line that the bot did not write."""
        self.console.print(Text(safe(note), style="dim"), soft_wrap=True)

    def echo(self, line: str) -> None:
        """Show what was read from a pipe, so that the output reads as a conversation."""
        self.console.print(Text(f"{self.words['prompt']}{safe(line)}"), soft_wrap=True)

    def choice(self, line: str) -> Choice | None:
        """What a typed number stands for; None for anything else."""
        if not line.isdecimal() or len(line) > 3 or not 1 <= int(line) <= len(self._choices):
            return None
        return self._choices[int(line) - 1]

    def show(self, news: News) -> None:
        """Show a message with its buttons, or a toast."""
        if isinstance(news, Toast):
            self.say(f"（{news.text}）")
            return
        self._choices = [self._button(news, button) for row in news.keyboard for button in row]
        numbered = any(choice.label.isdecimal() for choice in self._choices)
        reader = _HtmlReader(
            plain=not self.console.is_terminal,
            # Lists have a button for each of their links already.
            first_number=None if numbered else len(self._choices) + 1,
        )
        body = reader.read(news.html)
        self._choices += [Choice(payload, news.id, payload=payload) for payload in reader.payloads]
        parts: list[RenderableType] = [body] if body.plain else []
        if news.picture is not None:
            parts.append(Text(f"[{self.words['picture']}] {news.picture}".rstrip(), style="dim"))
        numbers = itertools.count(1)
        lines = [self._line(row, numbers) for row in news.keyboard]
        self._print(Group(*parts, *([Text()] if lines else []), *lines))

    def _line(self, row: list[Json], numbers: Iterator[int]) -> Text:
        line = Text()
        for button, number in zip(row, map(str, numbers), strict=False):
            line.append("   " if line else "")
            line.append(f" {number} ", style="reverse")
            if button["text"] != number:
                line.append(f" {safe(button['text'])}")
        return line

    def _button(self, message: Sent, button: Json) -> Choice:
        label = str(button["text"])
        if "callback_data" in button:
            return Choice(label, message.id, data=button["callback_data"])
        if "url" in button:
            link = _DEEP_LINK.fullmatch(button["url"])
            return (
                Choice(label, message.id, payload=link[1])
                if link
                else Choice(label, message.id, note=button["url"])
            )
        if "copy_text" in button:
            return Choice(label, message.id, note=button["copy_text"]["text"])
        return Choice(label, message.id, note=self.words["elsewhere"])

    def _print(self, message: RenderableType) -> None:
        # A pipe gets whole lines, whoever reads it wraps them.
        if self.console.is_terminal:
            width = min(self.console.width, _WIDEST)
            self.console.print(Padding(message, (1, 0, 1, 2)), width=width)
        else:
            self.console.print(message, soft_wrap=True)
            self.console.print()


_STYLES = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strike",
    "del": "strike",
    "code": "cyan",
    "pre": "cyan",
    "blockquote": "italic",
    "tg-spoiler": "dim",
}


class _HtmlReader(HTMLParser):
    """Turns Telegram's HTML into styled text.

    Args:
        plain: Colours and links will not be seen: bold stands in 【】, addresses behind their links.
        first_number: Links back to the bot, which lead nowhere outside, get numbers from here on; None: none.

    Attributes:
        payloads: What those links send with /start, in the order of their numbers.
    """

    def __init__(self, *, plain: bool, first_number: int | None) -> None:
        super().__init__(convert_charrefs=True)
        self.payloads: list[str] = []
        self._plain = plain
        self._first_number = first_number
        self._text = Text()
        self._styles: list[Style] = []
        self._addresses: list[str] = []

    def read(self, html: str) -> Text:
        """Read one message."""
        self.feed(html)
        self.close()
        return self._text

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        style = Style.parse(_STYLES.get(tag, ""))
        if tag == "a":
            address = dict(attributes).get("href") or ""
            self._addresses.append(address)
            style = Style(underline=True, link=None if _DEEP_LINK.fullmatch(address) else address)
        if self._plain and style.bold:
            self._text.append("【")
        self._styles.append(style)

    def handle_endtag(self, tag: str) -> None:
        style = self._styles.pop() if self._styles else None
        if self._plain and style and style.bold:
            self._text.append("】")
        if tag == "a" and self._addresses:
            self._close_link(self._addresses.pop())

    def handle_data(self, data: str) -> None:
        self._text.append(safe(data), style=Style.combine(self._styles) if self._styles else None)

    def _close_link(self, address: str) -> None:
        link = _DEEP_LINK.fullmatch(address)
        if link is None:
            if self._plain:
                self._text.append(f"（{safe(address.partition('#:~:')[0])}）")
        elif self._first_number is not None:
            if link[1] not in self.payloads:
                self.payloads.append(link[1])
            number = self._first_number + self.payloads.index(link[1])
            if self._plain:
                self._text.append(f" [{number}]")
            else:
                self._text.append(" ")
                self._text.append(f" {number} ", style="reverse")
