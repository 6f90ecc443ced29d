"""The body of a post, HTML or Markdown → clean paragraphs: markup and junk gone, nothing else lost.

BeautifulSoup's lxml builder reads the markup; its events are taken as they come and no tree is
kept, so time is linear, memory small, and nesting of any depth harmless.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bs4 import BeautifulSoup

from corpus.junk import without_junk
from corpus.markdown import markdown_to_html
from corpus.models import BlockKind, Paragraph

CELL_SEPARATOR: Final = " | "

_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ufe0e\ufeff\ufff9-\ufffc\ufffe\uffff\U000e0000-\U000e007f]|\u200d(?![\u2190-\u2bff\U0001f000-\U0001faff])"
)
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_BLANKS: Final = re.compile(r"[\s\x1c-\x1f]+")
_HAN: Final = r"\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
_SOFT_BREAK: Final = re.compile(rf"(?<=[{_HAN}])[ \t]*\n\s*(?=[{_HAN}])")
_HIDDEN: Final = re.compile(r"display\s*:\s*none", re.I)

_KINDS: Final[Mapping[str, BlockKind]] = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), BlockKind.HEADING),
    "li": BlockKind.LIST_ITEM,
    "blockquote": BlockKind.QUOTE,
    "pre": BlockKind.CODE,
    "figcaption": BlockKind.CAPTION,
}


def _tags(names: str) -> frozenset[str]:
    return frozenset(names.split())


_BLOCKS: Final = frozenset(_KINDS) | _tags(
    "html body p div section article header footer main aside nav ul ol dl dt dd table thead tbody tfoot tr td th "
    "caption figure hr address details summary fieldset legend form center br dir menu hgroup search"
)
_CELLS: Final = _tags("td th")
_NEVER: Final = _tags("script style head title meta link rt rp rtc iframe object embed applet annotation")
"""What these hold is no text, however much of it there is."""

_ASIDE: Final = _tags("svg template button video audio canvas select datalist noscript textarea dialog")
"""What these hold counts only when it is most of the article: then a tag was left open."""

_MOST_LAYOUT_CELL: Final = 120


def clean_line(text: str) -> str:
    """One line as people should see it: no control, zero-width or bidi characters, blanks single."""
    if not text.isascii():
        text = _SURROGATE.sub("\ufffd", text)
    return _BLANKS.sub(" ", _INVISIBLE.sub("", text)).strip()


def paragraphs(post_body: str, *, title: str) -> tuple[Paragraph, ...]:
    """Take the paragraphs out of a body.

    HTML when the first thing in it is a tag, else Markdown. Never fails.

    Args:
        post_body: What follows the front matter.
        title: The article's, so that a heading that only repeats it can be left out.

    Returns:
        Paragraphs in reading order, none empty.
    """
    body = _SURROGATE.sub("\ufffd", post_body) if not post_body.isascii() else post_body
    body = _without_lead(body, title)
    if not body.startswith("<"):
        body = markdown_to_html(body)
    found = _Reader(_closed_comments(body)).finish()
    return tuple(without_junk(found, title=title))


def first_words(post_body: str, *, most: int = 30) -> str:
    """The beginning of a body, to stand for a title that is missing."""
    text = next((paragraph.text for paragraph in paragraphs(post_body, title="")), "")
    return clean_line(text[:most])


_COMMENT: Final = re.compile(r"\s*<!--.*?-->\s*", re.S)
_LEAD_LINK: Final = re.compile(r"\[(.*)\]\(\S*\)[ \t]*\n[-=]{3,}[ \t]*\n\s*(?=<)")


def _without_lead(body: str, title: str) -> str:
    """Skip comments at the start, and a Markdown heading that names the article before an HTML body."""
    body = body.lstrip()
    while match := _COMMENT.match(body):
        body = body[match.end() :]
    match = _LEAD_LINK.match(body)
    return body[match.end() :] if match else body


def _closed_comments(body: str) -> str:
    """A comment that is never closed would swallow the rest: take its opening for a slip."""
    start = body.rfind("<!--")
    return body if start < 0 or body.find("-->", start) >= 0 else body[:start] + body[start + 4 :]


@dataclass(slots=True)
class _Block:
    text: str
    kind: BlockKind
    region: int  # 0: visible; else the number of the hidden element it lies in


@dataclass(slots=True)
class _Row:
    cells: list[list[_Block]] = field(default_factory=lambda: [[]])


class _Reader(BeautifulSoup):
    """Receives the builder's events and keeps blocks of text instead of a tree."""

    def __init__(self, markup: str) -> None:
        # A line break keeps BeautifulSoup from taking a short text for a file name.
        super().__init__(markup + "\n", "lxml")

    def reset(self) -> None:
        self._blocks: list[_Block] = []
        self._text: list[str] = []
        self._pending: list[str] = []
        self._kinds: list[BlockKind] = [BlockKind.TEXT]
        self._never = 0
        self._hidden: list[int] = []
        self._regions = 0
        self._open: list[tuple[bool, bool]] = []
        self._rows: list[_Row | None] = []
        super().reset()

    # The names and the arguments of the next four are the builder's.

    def handle_starttag(self, name: str, *args: Any, **kwargs: Any) -> None:
        self.endData()
        attributes = args[2] if len(args) > 2 else kwargs.get("attrs", {})
        never = name in _NEVER
        hidden = name in _ASIDE or (bool(attributes) and _is_hidden(attributes))
        self._open.append((never, hidden))
        if name in _BLOCKS:
            self._start_block(name)
        if never:
            self._never += 1
        if hidden:
            self._flush()
            self._regions += 1
            self._hidden.append(self._hidden[0] if self._hidden else self._regions)
        if name in _KINDS:
            self._kinds.append(_KINDS[name])

    def _start_block(self, name: str) -> None:
        if name == "br" and self._kinds[-1] is BlockKind.CODE:
            self._text.append("\n")
            return
        self._flush()
        if name == "tr":
            if self._rows and self._rows[-1] is not None:
                self._release(self._rows[-1])
                self._rows[-1] = None
            self._rows.append(_Row())
        elif name in _CELLS and self._rows and self._rows[-1] is not None:
            self._rows[-1].cells.append([])

    def handle_endtag(self, name: str, nsprefix: str | None = None) -> None:
        self.endData()
        if not self._open:
            return
        never, hidden = self._open.pop()
        if name in _BLOCKS and name != "br":
            self._flush()
        if hidden:
            self._flush()
            self._hidden.pop()
        if never:
            self._never -= 1
        if name in _KINDS and len(self._kinds) > 1:
            self._kinds.pop()
        if name == "tr" and self._rows:
            row = self._rows.pop()
            if row is not None:
                self._blocks.extend(_row_blocks(row))

    def handle_data(self, data: str) -> None:
        self._pending.append(data)

    def endData(self, containerClass: type | None = None) -> None:  # noqa: N802, N803
        # A comment comes as data followed by its class.
        if containerClass is None and not self._never:
            self._text.extend(self._pending)
        self._pending.clear()

    def finish(self) -> list[Paragraph]:
        """The paragraphs of all that was read."""
        self.endData()
        self._flush()
        for row in self._rows:
            if row is not None:
                self._release(row)
        return [Paragraph(block.text, block.kind) for block in _shown(self._blocks)]

    def _release(self, row: _Row) -> None:
        self._blocks.extend(block for cell in row.cells for block in cell)

    def _flush(self) -> None:
        if not self._text:
            return
        text = "".join(self._text)
        self._text.clear()
        kind = self._kinds[-1]
        text = clean_code(text) if kind is BlockKind.CODE else clean_line(_SOFT_BREAK.sub("", text))
        if text:
            block = _Block(text, kind, self._hidden[0] if self._hidden else 0)
            row = self._rows[-1] if self._rows else None
            (self._blocks if row is None else row.cells[-1]).append(block)


def _is_hidden(attributes: Mapping[str, str]) -> bool:
    return "hidden" in attributes or (
        "style" in attributes and _HIDDEN.search(attributes["style"]) is not None
    )


def clean_code(text: str) -> str:
    """Code with its line breaks and indentation, without invisible characters and blank edges."""
    lines = [_INVISIBLE.sub("", line).replace("\t", "    ").rstrip() for line in text.split("\n")]
    return "\n".join(line for line in lines if line).strip("\n")


def _row_blocks(row: _Row) -> list[_Block]:
    """A table's row is one paragraph; a row that only lays out a page gives its paragraphs."""
    cells = [cell for cell in row.cells if cell]
    blocks = [block for cell in cells for block in cell]
    if len(cells) <= 1 or any(
        len(cell) > 1 and sum(len(block.text) for block in cell) > _MOST_LAYOUT_CELL for cell in cells
    ):
        return blocks
    text = CELL_SEPARATOR.join(" ".join(block.text for block in cell) for cell in cells)
    return [_Block(text, BlockKind.ROW, blocks[0].region)]


def _shown(blocks: list[_Block]) -> Iterator[_Block]:
    """Leave out what is hidden, except a hidden part that holds most of the text."""
    if not any(block.region for block in blocks):
        yield from blocks
        return
    sizes: dict[int, int] = {}
    for block in blocks:
        sizes[block.region] = sizes.get(block.region, 0) + len(block.text)
    total = sum(sizes.values())
    for block in blocks:
        if block.region == 0 or sizes[block.region] * 2 > total:
            yield block
