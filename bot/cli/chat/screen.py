"""The screen of `baotong chat`: shows messages and maps typed numbers to buttons."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from bot.cli.chat.html_reader import HtmlReader
from bot.cli.chat.memory_api import DEEP_LINK, Event, Json, Sent, Toast
from bot.cli.terminal_render import sanitize
from bot.wording.i18n import Language

_MAX_COLUMNS = 92
"""Longest line on a terminal, for readability."""

_MAX_NUMBER_DIGITS = 3
"""Longest input that is taken for the number of a button, in digits."""

_WORDS = {
    Language.HANS: {
        "hint": "输入问题，按回车。输入编号等于点按钮，/quit 离开。",
        "prompt": "您 › ",
        "wait": "正在查找……",
        "picture": "图片",
        "elsewhere": "这个按钮只在 Telegram 里有用。",
        "no_such_number": "没有编号 {number}，现在可选 1–{last}。想查这个数字，请写成一句话。",
        "bye": "再见。",
    },
    Language.HANT: {
        "hint": "輸入問題，按 Enter。輸入編號等於點按鈕，/quit 離開。",
        "prompt": "您 › ",
        "wait": "正在查找……",
        "picture": "圖片",
        "elsewhere": "這個按鈕只在 Telegram 裡有用。",
        "no_such_number": "沒有編號 {number}，現在可選 1–{last}。想查這個數字，請寫成一句話。",
        "bye": "再見。",
    },
    Language.ENGLISH: {
        "hint": "Type a question and press Enter. A number presses its button; /quit leaves.",
        "prompt": "you › ",
        "wait": "searching…",
        "picture": "picture",
        "elsewhere": "This button only works in Telegram.",
        "no_such_number": "There is no {number}, only 1–{last}. To search for the number, write a sentence.",
        "bye": "Bye.",
    },
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What a number selects: a button, or a deep link in the text.

    Attributes:
        label: Label of the button.
        message_id: Id of its message.
        data: Callback data that the button sends.
        payload: Payload that the link sends with /start.
        note: Text that is shown if nothing is sent.
    """

    label: str
    message_id: int
    data: str | None = None
    payload: str | None = None
    note: str = ""


@dataclass(slots=True)
class Screen:
    """Shows messages and remembers what the numbers below the newest one select."""

    console: Console
    language: Language
    _choices: list[Choice] = field(default_factory=list)

    @property
    def words(self) -> dict[str, str]:
        """Words of the screen itself."""
        return _WORDS[self.language]

    def hint(self) -> None:
        """Show how to use the chat."""
        self.console.print(Text(self.words["hint"], style="dim"))

    def waiting(self) -> Any:
        """Return a context manager that shows a status while the bot works."""
        return self.console.status(self.words["wait"])

    def say(self, note: str) -> None:
        """Show a line that is not a message of the bot."""
        self.console.print(Text(sanitize(note), style="dim"), soft_wrap=True)

    def echo(self, line: str) -> None:
        """Show a line read from a pipe, so that the output reads as a conversation."""
        self.console.print(Text(f"{self.words['prompt']}{sanitize(line)}"), soft_wrap=True)

    def choice(self, line: str) -> Choice | None:
        """Return what a typed number selects; None for other input, such as a year."""
        if not line.isdecimal() or len(line) > _MAX_NUMBER_DIGITS or not self._choices:
            return None
        number, last = int(line), len(self._choices)
        if 1 <= number <= last:
            return self._choices[number - 1]
        return Choice(line, 0, note=self.words["no_such_number"].format(number=number, last=last))

    def show(self, event: Event) -> None:
        """Show a message with its buttons, or a toast."""
        if isinstance(event, Toast):
            self.say(f"（{event.text}）")
            return
        self._choices = [self._button(event, button) for row in event.keyboard for button in row]
        numbered = any(choice.label.isdecimal() for choice in self._choices)
        reader = HtmlReader(
            plain=not self.console.is_terminal,
            # Lists already have a button for each link.
            first_number=None if numbered else len(self._choices) + 1,
        )
        body = reader.read(event.html)
        self._choices += [Choice(payload, event.id, payload=payload) for payload in reader.payloads]
        parts: list[RenderableType] = [body] if body.plain else []
        if event.picture is not None:
            parts.append(Text(f"[{self.words['picture']}] {event.picture}".rstrip(), style="dim"))
        numbers = itertools.count(1)
        lines = [self._line(row, numbers) for row in event.keyboard]
        self._print(Group(*parts, *([Text()] if lines else []), *lines))

    def _line(self, row: list[Json], numbers: Iterator[int]) -> Text:
        line = Text()
        for button, number in zip(row, map(str, numbers), strict=False):
            line.append("   " if line else "")
            line.append(f" {number} ", style="reverse")
            if button["text"] != number:
                line.append(f" {sanitize(button['text'])}")
        return line

    def _button(self, message: Sent, button: Json) -> Choice:
        label = str(button["text"])
        if "callback_data" in button:
            return Choice(label, message.id, data=button["callback_data"])
        if "url" in button:
            link = DEEP_LINK.fullmatch(button["url"])
            return (
                Choice(label, message.id, payload=link[1])
                if link
                else Choice(label, message.id, note=button["url"])
            )
        if "copy_text" in button:
            return Choice(label, message.id, note=button["copy_text"]["text"])
        return Choice(label, message.id, note=self.words["elsewhere"])

    def _print(self, message: RenderableType) -> None:
        # A pipe gets whole lines.
        if self.console.is_terminal:
            width = min(self.console.width, _MAX_COLUMNS)
            self.console.print(Padding(message, (1, 0, 1, 2)), width=width)
        else:
            self.console.print(message, soft_wrap=True)
            self.console.print()
