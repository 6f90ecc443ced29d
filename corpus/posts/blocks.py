"""HTML → blocks of text in reading order.

BeautifulSoup's lxml builder reads the markup; its events are taken as they come and no tree is
kept. So time is linear, memory small, and nesting of any depth harmless.
"""

import html
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from bs4 import BeautifulSoup
from bs4.builder._lxml import LXMLTreeBuilder
from lxml import etree

from corpus.models import CELL_SEPARATOR, BlockKind
from corpus.text.characters import clean_code, clean_line

_MOST_IN_CELL: Final = 120
"""A cell of several blocks and more characters than this lays out a page and is no cell."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_KINDS: Final[Mapping[str, BlockKind]] = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), BlockKind.HEADING),
    "li": BlockKind.LIST_ITEM,
    "blockquote": BlockKind.QUOTE,
    "pre": BlockKind.CODE,
    "figcaption": BlockKind.CAPTION,
}
BLOCK_TAGS: Final = _KINDS.keys() | _words(
    "html body p div section article header footer main aside nav ul ol dl dt dd table thead tbody tfoot"
    " tr td th caption figure hr address details summary fieldset legend form center dir menu hgroup search"
)
_PROSE: Final = _words("p section article table h1 h2 h3 h4 h5 h6 blockquote ul ol")
"""Inside `pre` these are no lines of code: somebody has forgotten to close it."""

INLINE_TAGS: Final = _words(
    "a abbr acronym area b base basefont bdi bdo big blink br cite code col colgroup data del dfn em embed"
    " font frame frameset i img input ins kbd label main map mark marquee math meter nobr ol optgroup"
    " option output param picture progress q rb ruby s samp small source span strike strong sub sup time"
    " track tt u var wbr g path rect circle line polygon use"
)
"""All other tags of HTML, and the usual ones of pictures in it."""

UNREAD_TAGS: Final = _words(
    "script style head title meta link rt rp rtc iframe object applet annotation annotation-xml"
)
"""What these hold is no text, however much of it there is."""

ASIDE_TAGS: Final = _words("svg template button video audio canvas select datalist noscript textarea dialog")
"""What these hold counts only when it is most of the article: then one was left open."""

_ASIDE_NAMES: Final = _words(
    "ad-wrap adsbygoogle advertisement"
    " comment-wrapper comments-area comment-list comment-respond comment-form comment-add disqus_thread"
    " jp-relatedposts related-posts view-articles-related post-tags"
    " sharedaddy social-sharing-buttons block-better-social-sharing-buttons"
    " copy-code-btn gutter line-numbers code-snippet__line-index lineno linenos"
    " screen-reader-text sr-only visually-hidden element-hidden katex-mathml MathJax_Preview"
)
"""Classes and ids by which common site software names what is not the article; likewise."""

MOST_WORK: Final = 2_000_000_000
"""An end tag without a beginning may cost the parser a look at every open element: end tags × others."""

_BREAKING_TAG: Final = re.compile(r"</?(?:p|div|section|li|tr|h[1-6]|br|blockquote|pre|table)\b[^<>]*>", re.I)
_ANY_TAG: Final = re.compile(r"</?[A-Za-z!][^<>]*>")
_BOLD_TAGS: Final = _words("b strong")
_TELLING_TAGS: Final = BLOCK_TAGS | UNREAD_TAGS | _PROSE | _BOLD_TAGS | _words("a br code")
"""The others, shown, are passed over."""

_SUBHEADING: Final = re.compile(r"[^。！；…，,;]{2,30}(?<![：:.!?？、—])")
"""A bold line of its own that is no sentence: many editors make their headings so."""

_MOST_IN_HEADING: Final = 100
_DISPLAY_NONE: Final = re.compile(r"display\s*:\s*none", re.I)


@dataclass(slots=True)
class Block:
    """Text between two breaks.

    Attributes:
        region: 0 when it is shown, else the number of the outermost hidden element around it.
        links: How many links it holds.
        linked: How many of its characters stand in links.
    """

    text: str
    kind: BlockKind
    region: int = 0
    links: int = 0
    linked: int = 0


def read_blocks(markup: str) -> list[Block]:
    """Take the visible blocks out of HTML, however broken it is; none is empty, none comes twice.

    What is hidden (`display:none`, the `hidden` attribute, buttons, comments of readers …) is left
    out unless it holds most of the text. `visibility:hidden` hides nothing: pages set it until
    their scripts have run.
    """
    markup = markup.replace("\0", "")
    if markup.count("</") * (markup.count("<") - markup.count("</")) > MOST_WORK:
        return _flattened(markup)
    try:
        # The line break keeps BeautifulSoup from warning that a short text looks like a file name.
        return list(_shown(_Reader(markup + "\n", builder=_builders.one).finish()))
    except BaseException:
        _builders.one = _Builder()  # it may have stopped anywhere
        raise


def _flattened(markup: str) -> list[Block]:
    """Blocks by line breaks and the tags that make them, for markup with too many tags to be an article."""
    lines = _ANY_TAG.sub("", _BREAKING_TAG.sub("\n", markup)).split("\n")
    return [Block(text, BlockKind.TEXT) for line in lines if (text := clean_line(html.unescape(line)))]


def _shown(blocks: list[Block]) -> Iterator[Block]:
    sizes: dict[int, int] = {}
    for block in blocks:
        sizes[block.region] = sizes.get(block.region, 0) + len(block.text)
    total = sum(sizes.values())
    return (block for block in blocks if block.region == 0 or 2 * sizes[block.region] > total)


@dataclass(slots=True)
class _Row:
    """A table's row while it is read: the blocks of each cell."""

    cells: list[list[Block]] = field(default_factory=lambda: [[]])

    def blocks(self) -> list[Block]:
        return [block for cell in self.cells for block in cell]

    def joined(self) -> list[Block]:
        """One block for the row; the cells' own blocks when the row only lays out a page, or shows code."""
        blocks = self.blocks()
        region = min((block.region for block in blocks), default=0)
        cells = [
            shown for cell in self.cells if (shown := [block for block in cell if block.region == region])
        ]
        if len(cells) < 2 or any(block.kind is BlockKind.CODE for block in blocks):
            return blocks
        for cell in cells:
            if len(cell) > 1 and sum(len(block.text) for block in cell) > _MOST_IN_CELL:
                return blocks
        text = CELL_SEPARATOR.join(" ".join(block.text for block in cell) for cell in cells)
        others = [block for block in blocks if block.region != region]
        return [Block(text, BlockKind.ROW, region), *others]


class _Open(NamedTuple):
    """What has to be undone when an element ends."""

    never: bool
    hidden: bool
    kind: bool


_NOTHING: Final = _Open(never=False, hidden=False, kind=False)


class _Builder(LXMLTreeBuilder):
    """BeautifulSoup's builder on lxml's HTML parser, without what HTML never needs: its namespaces.

    It is made to be used again: looking at what a target can do takes lxml longer than reading a short post.
    """

    def __init__(self) -> None:
        super().__init__()
        self._parser = etree.HTMLParser(target=self, recover=True)

    def parser_for(self, encoding: Any) -> Any:
        """The parser; another one only for what could not be read as text and is tried as bytes."""
        return self._parser if encoding is None else etree.HTMLParser(target=self, encoding=encoding)

    def initialize_soup(self, soup: BeautifulSoup) -> None:
        """Events go to this one from now on."""
        super().initialize_soup(soup)
        self._start, self._data, self._end = soup.handle_starttag, soup.handle_data, soup.handle_endtag

    # Two arguments, not three: so lxml looks up no namespaces.
    def start(self, tag: Any, attrib: Any) -> None:  # type: ignore[override]
        """An element begins."""
        self._start(tag, None, None, attrib)

    def data(self, data: Any) -> None:
        """Text, of which there is a piece for each line."""
        self._data(data)

    def end(self, tag: Any) -> None:
        """An element ends."""
        self._end(tag)

    def comment(self, _: Any) -> None:
        """A comment, which is no text, as what follows."""

    def pi(self, *_: Any) -> None:
        """An instruction."""

    def doctype(self, *_: Any) -> None:
        """The kind of document."""


class _Builders(threading.local):
    """A builder for each thread that reads."""

    def __init__(self) -> None:
        self.one = _Builder()


_builders = _Builders()


class _Reader(BeautifulSoup):
    """Receives the events of BeautifulSoup's tree builder and keeps blocks instead of a tree.

    `reset`, `handle_…` and `endData` are what builders call on a soup; their names are given.
    """

    def reset(self) -> None:
        """Forget everything; called before the markup is read."""
        self._blocks: list[Block] = []
        self._text: list[str] = []
        self._links = self._linked = self._in_link = 0
        self._bold = self._in_bold = 0
        self._kinds = [BlockKind.TEXT]
        self._never = 0
        self._regions = 0
        self._hidden: list[int] = []
        self._rows: list[_Row | None] = []
        self._open: list[_Open] = []
        super().reset()

    def handle_starttag(  # type: ignore[override]
        self, name: str, _namespace: str | None, _prefix: str | None, attributes: Mapping[str, str]
    ) -> None:
        """An element begins."""
        hidden = name in ASIDE_TAGS or (bool(attributes) and _is_hidden(attributes))
        if not hidden and name not in _TELLING_TAGS:
            self._open.append(_NOTHING)
            return
        never = name in UNREAD_TAGS
        if name == "br":
            self._break_line()
        elif name in BLOCK_TAGS or hidden:
            if self._text:
                self._break_block(name)
        elif name == "a":
            self._in_link += 1
            self._links += 1
        elif name in _BOLD_TAGS:
            self._in_bold += 1
        elif name == "code":
            self._break_code_line()
        kind = _KINDS.get(name)
        if kind is None and name in _PROSE and self._kinds[-1] is BlockKind.CODE:
            kind = BlockKind.TEXT
        if kind is not None:
            self._kinds.append(kind)
        if hidden:
            self._regions += 1
            self._hidden.append(self._hidden[0] if self._hidden else self._regions)
        self._never += never
        plain = not (never or hidden or kind)
        self._open.append(_NOTHING if plain else _Open(never, hidden, kind is not None))
        if name == "tr":
            self._open_row()
        elif name in ("td", "th") and self._rows and (row := self._rows[-1]) is not None:
            row.cells.append([])

    def handle_endtag(self, name: str, nsprefix: str | None = None) -> None:
        """An element ends; the builder closes what the markup leaves open."""
        opened = self._open.pop()
        if name in BLOCK_TAGS or opened.hidden:
            if self._text:
                self._break_block(name)
        elif name == "a":
            self._in_link -= 1
        elif name in _BOLD_TAGS:
            self._in_bold -= 1
        if opened is not _NOTHING:
            if opened.kind:
                self._kinds.pop()
            if opened.hidden:
                self._hidden.pop()
            self._never -= opened.never
        if name == "tr" and (row := self._rows.pop()) is not None:
            self._blocks += row.joined()

    def handle_data(self, data: str) -> None:
        """Text that is shown, or that its element hides."""
        if not self._never:
            self._text.append(data)
            if self._in_link:
                self._linked += len(data)
            if self._in_bold:
                self._bold += len(data)

    def endData(self, containerClass: type | None = None) -> None:  # noqa: N802, N803
        """Nothing waits to be made a node of the tree."""

    def finish(self) -> list[Block]:
        """All blocks, hidden ones too."""
        self._flush()
        return self._blocks

    def _open_row(self) -> None:
        if self._rows and (outer := self._rows[-1]) is not None:
            # A table in a cell: the outer one lays out the page.
            self._blocks += outer.blocks()
            self._rows[-1] = None
        self._rows.append(_Row())

    def _break_line(self) -> None:
        if self._kinds[-1] is BlockKind.CODE:
            self._text.append("\n")
        else:
            self._flush()

    def _break_code_line(self) -> None:
        """Some editors put every line of a listing into a `code` of its own."""
        if self._kinds[-1] is BlockKind.CODE and self._text and not self._text[-1].endswith("\n"):
            self._text.append("\n")

    def _break_block(self, name: str) -> None:
        if self._kinds[-1] is BlockKind.CODE and name not in _PROSE and name != "pre":
            self._break_code_line()
        else:
            self._flush()

    def _flush(self) -> None:
        if not self._text:
            return
        text = "".join(self._text)
        if not text.isspace():  # as it is between most tags
            self._keep(text)
        self._text.clear()
        self._links = self._in_link
        self._linked = self._bold = 0

    def _keep(self, text: str) -> None:
        row = self._rows[-1] if self._rows else None
        kind = self._kinds[-1]
        text = clean_code(text) if kind is BlockKind.CODE else clean_line(text)
        if kind is BlockKind.TEXT and self._bold >= len(text) and row is None and _SUBHEADING.fullmatch(text):
            kind = BlockKind.HEADING
        elif kind is BlockKind.HEADING and len(text) > _MOST_IN_HEADING:
            kind = BlockKind.TEXT
        if text:
            block = Block(text, kind, self._hidden[0] if self._hidden else 0, self._links, self._linked)
            (self._blocks if row is None else row.cells[-1]).append(block)


def _is_hidden(attributes: Mapping[str, str]) -> bool:
    style = attributes.get("style")
    if style and "none" in style.lower() and _DISPLAY_NONE.search(style):
        return True
    for key in ("class", "id"):
        if (names := attributes.get(key)) and not _ASIDE_NAMES.isdisjoint(names.split()):
            return True
    return "hidden" in attributes
