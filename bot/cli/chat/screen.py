"""What the person at the keyboard sees, and what the numbers they type stand for."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from bot.cli.chat.home import DEEP_LINK, Json, News, Sent, Toast
from bot.cli.chat.styled import HtmlReader
from bot.cli.terminal_render import safe
from bot.wording.i18n import Language

_WIDEST = 92
"""Columns; longer lines tire the eye."""

_LONGEST_NUMBER = 3
"""Digits of what is taken for a number of the list."""

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
        """What a typed number stands for, if only a note; None for anything else, such as a year."""
        if not line.isdecimal() or len(line) > _LONGEST_NUMBER or not self._choices:
            return None
        number, last = int(line), len(self._choices)
        if 1 <= number <= last:
            return self._choices[number - 1]
        return Choice(line, 0, note=self.words["no_such_number"].format(number=number, last=last))

    def show(self, news: News) -> None:
        """Show a message with its buttons, or a toast."""
        if isinstance(news, Toast):
            self.say(f"（{news.text}）")
            return
        self._choices = [self._button(news, button) for row in news.keyboard for button in row]
        numbered = any(choice.label.isdecimal() for choice in self._choices)
        reader = HtmlReader(
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
        # A pipe gets whole lines, whoever reads it wraps them.
        if self.console.is_terminal:
            width = min(self.console.width, _WIDEST)
            self.console.print(Padding(message, (1, 0, 1, 2)), width=width)
        else:
            self.console.print(message, soft_wrap=True)
            self.console.print()
