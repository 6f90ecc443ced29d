"""BeautifulSoup's builder on lxml's HTML parser, reused: it sends events and builds no tree."""

import threading
from typing import Any, Final

from bs4 import BeautifulSoup
from bs4.builder._lxml import LXMLTreeBuilder
from lxml import etree


class Builder(LXMLTreeBuilder):
    """BeautifulSoup's builder on lxml's HTML parser, without namespaces, which HTML never needs.

    It is reusable, because lxml's inspection of a new parser target takes longer than parsing a short post.
    """

    def __init__(self) -> None:
        super().__init__()
        self._parser = etree.HTMLParser(target=self, recover=True)

    def parser_for(self, encoding: Any) -> Any:
        """The reusable parser; a new one only for markup that is tried as bytes in an encoding."""
        return self._parser if encoding is None else etree.HTMLParser(target=self, encoding=encoding)

    def initialize_soup(self, soup: BeautifulSoup) -> None:
        """Send events to this soup from now on."""
        super().initialize_soup(soup)
        self._start, self._data, self._end = soup.handle_starttag, soup.handle_data, soup.handle_endtag

    # With two arguments instead of three lxml does not look up namespaces.
    def start(self, tag: Any, attrib: Any) -> None:  # type: ignore[override]
        """An element begins."""
        self._start(tag, None, None, attrib)

    def data(self, data: Any) -> None:
        """A piece of text; there is one per line."""
        self._data(data)

    def end(self, tag: Any) -> None:
        """An element ends."""
        self._end(tag)

    def comment(self, _: Any) -> None:
        """A comment: ignored, like the following."""

    def pi(self, *_: Any) -> None:
        """A processing instruction."""

    def doctype(self, *_: Any) -> None:
        """The document type."""


class _Builders(threading.local):
    """One builder per thread."""

    def __init__(self) -> None:
        self.one = Builder()


_builders: Final = _Builders()


def current() -> Builder:
    """The builder of this thread."""
    return _builders.one


def renew() -> None:
    """Replace the builder of this thread, which an error may have left in any state."""
    _builders.one = Builder()
