"""Telegram's HTML as styled text of a terminal."""

from html.parser import HTMLParser

from rich.style import Style
from rich.text import Text

from bot.cli.chat.home import DEEP_LINK
from bot.cli.terminal_render import legible, safe

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


class HtmlReader(HTMLParser):
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
        """Begin a stretch of style."""
        style = Style.parse(_STYLES.get(tag, ""))
        if tag == "a":
            address = dict(attributes).get("href") or ""
            self._addresses.append(address)
            style = Style(underline=True, link=None if DEEP_LINK.fullmatch(address) else address)
        if self._plain and style.bold:
            self._text.append("【")
        self._styles.append(style)

    def handle_endtag(self, tag: str) -> None:
        """End it, and show where a link leads if that would not be seen."""
        style = self._styles.pop() if self._styles else None
        if self._plain and style and style.bold:
            self._text.append("】")
        if tag == "a" and self._addresses:
            self._close_link(self._addresses.pop())

    def handle_data(self, data: str) -> None:
        """Add words."""
        self._text.append(safe(data), style=Style.combine(self._styles) if self._styles else None)

    def _close_link(self, address: str) -> None:
        link = DEEP_LINK.fullmatch(address)
        if link is None:
            if self._plain:
                self._text.append(f"（{safe(legible(address.partition('#:~:')[0]))}）")
        elif self._first_number is not None:
            if link[1] not in self.payloads:
                self.payloads.append(link[1])
            number = self._first_number + self.payloads.index(link[1])
            if self._plain:
                self._text.append(f" [{number}]")
            else:
                self._text.append(" ")
                self._text.append(f" {number} ", style="reverse")
