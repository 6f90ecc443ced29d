"""Conversion of Telegram's HTML to styled terminal text."""

from html.parser import HTMLParser

from rich.style import Style
from rich.text import Text

from bot.cli.chat.memory_api import DEEP_LINK
from bot.cli.terminal_render import readable_url, sanitize

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
    """Converts Telegram's HTML to styled text.

    Args:
        plain: Styles and links are not visible: bold stands in 【】, addresses follow their links.
        first_number: Number of the first deep link to the bot; None leaves deep links without numbers.

    Attributes:
        payloads: Payloads of the numbered links, in order.
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
        """Convert one message."""
        self.feed(html)
        self.close()
        return self._text

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Begin a styled stretch."""
        style = Style.parse(_STYLES.get(tag, ""))
        if tag == "a":
            address = dict(attributes).get("href") or ""
            self._addresses.append(address)
            style = Style(underline=True, link=None if DEEP_LINK.fullmatch(address) else address)
        if self._plain and style.bold:
            self._text.append("【")
        self._styles.append(style)

    def handle_endtag(self, tag: str) -> None:
        """End a styled stretch; show the address of a link if it would not be visible."""
        style = self._styles.pop() if self._styles else None
        if self._plain and style and style.bold:
            self._text.append("】")
        if tag == "a" and self._addresses:
            self._close_link(self._addresses.pop())

    def handle_data(self, data: str) -> None:
        """Add text."""
        self._text.append(sanitize(data), style=Style.combine(self._styles) if self._styles else None)

    def _close_link(self, address: str) -> None:
        link = DEEP_LINK.fullmatch(address)
        if link is None:
            if self._plain:
                self._text.append(f"（{sanitize(readable_url(address.partition('#:~:')[0]))}）")
        elif self._first_number is not None:
            if link[1] not in self.payloads:
                self.payloads.append(link[1])
            number = self._first_number + self.payloads.index(link[1])
            if self._plain:
                self._text.append(f" [{number}]")
            else:
                self._text.append(" ")
                self._text.append(f" {number} ", style="reverse")
