"""HTML → blocks of text in reading order.

BeautifulSoup's lxml builder parses the markup; its events are processed directly and no tree is built. Time
is therefore linear, memory small, and nesting of any depth harmless.
"""

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final, NamedTuple

from bs4 import BeautifulSoup

from corpus.models import CELL_SEPARATOR, BlockKind, Mark, MarkKind
from corpus.posts import html_builder, marks
from corpus.posts.addresses import http_url
from corpus.posts.hiding import is_hidden, opened_ids
from corpus.posts.inline_marks import MathNode, lowered, raised, without_fractions
from corpus.posts.list_numbers import ListNumbers
from corpus.posts.targets import complete_target, image_of, link_target
from corpus.text.characters import clean_code, clean_line, is_numbered, words

_MAX_CELL_CHARS: Final = 120
"""A table cell of several blocks and more characters than this is page layout, not tabular data."""


_KINDS: Final[Mapping[str, BlockKind]] = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), BlockKind.HEADING),
    "li": BlockKind.LIST_ITEM,
    "blockquote": BlockKind.QUOTE,
    "pre": BlockKind.CODE,
    "figcaption": BlockKind.CAPTION,
}
BLOCK_TAGS: Final = _KINDS.keys() | words(
    "html body p div section article header footer main aside nav ul ol dl dt dd table thead tbody tfoot"
    " tr td th caption figure hr address details summary fieldset legend form center dir menu hgroup search"
)
_PROSE_TAGS: Final = words("p section article table h1 h2 h3 h4 h5 h6 blockquote ul ol")
"""Tags that end the code inside an unclosed `pre`."""

INLINE_TAGS: Final = words(
    "a abbr acronym area b base basefont bdi bdo big blink br cite code col colgroup data del dfn em embed"
    " font frame frameset i img input ins kbd label main map mark marquee math meter nobr ol optgroup"
    " option output param picture progress q rb ruby s samp small source span strike strong sub sup time"
    " track tt u var wbr g path rect circle line polygon use"
)
"""All other tags of HTML, and the usual ones of SVG."""

IGNORED_TAGS: Final = words("script style head title meta link rt rp rtc iframe object applet")
"""Tags whose content is never text."""

HIDDEN_TAGS: Final = words("svg template button video audio canvas select datalist noscript textarea dialog")
"""Tags whose content is hidden, unless it is most of the article: then one was not closed."""

MAX_PARSER_WORK: Final = 2_000_000_000
"""Limit of end tags × other tags: an unmatched end tag may cost the parser a scan of all open elements."""

_BREAKING_TAG: Final = re.compile(r"</?(?:p|div|section|li|tr|h[1-6]|br|blockquote|pre|table)\b[^<>]*>", re.I)
_ANY_TAG: Final = re.compile(r"</?[A-Za-z!][^<>]*>")
_BOLD_TAGS: Final = words("b strong")
_SCRIPTS: Final = words("sup sub")
_SCRIPT_KINDS: Final = {"sup": MarkKind.SUPERSCRIPT, "sub": MarkKind.SUBSCRIPT}
_LISTS: Final = words("ol ul menu dir")
_HANDLED_TAGS: Final = (
    BLOCK_TAGS | IGNORED_TAGS | _PROSE_TAGS | _SCRIPTS | marks.KINDS.keys() | words("base br math img")
)
"""Tags that have an effect; other visible tags are ignored."""

_SUBHEADING: Final = re.compile(r"[^。！；…，,;]{2,30}(?<![：:.!?？、—])|[^。！；…？?]{2,50}[？?]")
"""A bold line that is not a sentence, or one question: many editors write headings this way."""

_MAX_HEADING_CHARS: Final = 100
_MAX_BLOCKS_BACK: Final = 50
"""How many blocks back one is looked for at which a picture may stand."""

_FORMULA_NAMES: Final = words("formula-image ztext-math latex tex mwe-math-fallback-image-inline")
_DRAWN_NAMES: Final = words("katex-html")
"""Classes of a formula's drawing, beside which its source stands."""

_MATHJAX_NAMES: Final = words(
    "MathJax MathJax_Preview MathJax_CHTML MathJax_SVG MathJax_Display MathJax_SVG_Display mjx-chtml"
)


@dataclass(slots=True)
class Block:
    """Text between two block breaks.

    Attributes:
        text: The text, without markup.
        kind: What it was in the post.
        region: 0 if it is visible; otherwise the number of the outermost hidden element around it.
        links: Number of links.
        linked: Number of characters inside links.
        level: As of `Paragraph`.
        marks: As of `Paragraph`.
    """

    text: str
    kind: BlockKind
    region: int = 0
    links: int = 0
    linked: int = 0
    level: int = 0
    marks: tuple[Mark, ...] = ()


class Blocks(NamedTuple):
    """The blocks of a page, and its pictures if there is no block at which they could stand."""

    blocks: list[Block]
    images: tuple[Mark, ...] = ()


def read_blocks(markup: str) -> list[Block]:
    """Extract the visible blocks of HTML; see `read_page`."""
    return read_page(markup).blocks


def read_page(markup: str) -> Blocks:
    """Extract the visible blocks of HTML, however broken; none is empty, none is repeated.

    Hidden content (`display:none`, the `hidden` attribute, buttons, readers' comments …) is skipped unless it
    is most of the text. `visibility:hidden` is ignored: pages set it until their scripts have run.
    """
    markup = markup.replace("\0", "")
    if markup.count("</") * (markup.count("<") - markup.count("</")) > MAX_PARSER_WORK:
        return Blocks(_blocks_by_regex(markup))
    try:
        # Line breaks keep BeautifulSoup from warning that a text looks like a file name, or like XML.
        blocks, images = _Reader(f"\n{markup}\n", html_builder.current()).finish()
        return Blocks(list(_visible_blocks(blocks)), images)
    except BaseException:
        html_builder.renew()
        raise


def _blocks_by_regex(markup: str) -> list[Block]:
    """Blocks split at line breaks and block tags, for markup with too many tags to be an article."""
    lines = _ANY_TAG.sub("", _BREAKING_TAG.sub("\n", markup)).split("\n")
    return [Block(text, BlockKind.TEXT) for line in lines if (text := clean_line(html.unescape(line)))]


def _visible_blocks(blocks: list[Block]) -> Iterator[Block]:
    sizes: dict[int, int] = {}
    for block in blocks:
        sizes[block.region] = sizes.get(block.region, 0) + len(block.text)
    total = sum(sizes.values())
    return (block for block in blocks if block.region == 0 or 2 * sizes[block.region] > total)


@dataclass(slots=True)
class _Row:
    """A table row that is being read: the blocks of each cell, and whether it has only cells of a head."""

    cells: list[list[Block]] = field(default_factory=lambda: [[]])
    is_head: bool = True

    def blocks(self) -> list[Block]:
        return [block for cell in self.cells for block in cell]

    def joined(self) -> list[Block]:
        """One block for the row; or the cells' own blocks if the row is page layout or holds code."""
        blocks = self.blocks()
        region = min((block.region for block in blocks), default=0)
        cells = [
            shown for cell in self.cells if (shown := [block for block in cell if block.region == region])
        ]
        if len(cells) < 2 or any(block.kind is BlockKind.CODE for block in blocks):
            return blocks
        for cell in cells:
            if len(cell) > 1 and sum(len(block.text) for block in cell) > _MAX_CELL_CHARS:
                return blocks
        text, placed = "", list[Mark]()
        for cell in cells:
            for number, block in enumerate(cell):
                text += " " if number else CELL_SEPARATOR if text else ""
                placed += marks.shifted(block.marks, len(text))
                text += block.text
        others = [block for block in blocks if block.region != region]
        level = int(self.is_head)
        return [Block(text, BlockKind.ROW, region, level=level, marks=tuple(placed)), *others]


class _OpenElement(NamedTuple):
    """What must be undone when an element ends."""

    never: bool
    hidden: bool
    kind: bool
    mark: bool = False


_PLAIN_ELEMENT: Final = _OpenElement(never=False, hidden=False, kind=False)
_MARKED_ELEMENT: Final = _OpenElement(never=False, hidden=False, kind=False, mark=True)


class _Reader(BeautifulSoup):
    """Receives the events of BeautifulSoup's tree builder and collects blocks instead of a tree.

    Builders call `reset`, `handle_…` and `endData`; these names are BeautifulSoup's.
    """

    def __init__(self, markup: str, builder: html_builder.Builder) -> None:
        self._opened = cache(lambda: opened_ids(markup))
        # A formula's drawing goes only where its source stands beside it.
        self._never_names = _DRAWN_NAMES if "katex-mathml" in markup else frozenset()
        if 'type="math/tex' in markup:
            self._never_names |= _MATHJAX_NAMES
        super().__init__(markup, builder=builder)

    def reset(self) -> None:
        """Reset the state; called before the markup is read."""
        self._blocks: list[Block] = []
        self._text: list[str] = []
        self._links = self._linked = self._in_link = 0
        self._bold = self._in_bold = 0
        self._kinds = [BlockKind.TEXT]
        self._never = 0
        self._regions = 0
        self._hidden: list[int] = []
        self._rows: list[_Row | None] = []
        self._open: list[_OpenElement] = []
        self._level = 0
        self._lists = ListNumbers()
        self._number = ""
        self._scripts: list[tuple[int, int]] = []
        self._math: list[MathNode] = []
        self._is_next_opened = False
        self._base: str | None = None
        self._marks = marks.MarkCollector()
        super().reset()

    def handle_starttag(  # type: ignore[override]
        self, name: str, _namespace: str | None, _prefix: str | None, attributes: Mapping[str, str]
    ) -> None:
        """An element begins."""
        if self._math and self._goes_on_in_math(name, attributes):
            return
        hidden = name in HIDDEN_TAGS
        never = name in IGNORED_TAGS
        if attributes:
            hidden = is_hidden(name, attributes, self._opened, hidden=hidden) and not self._is_next_opened
            self._is_next_opened = "next" in attributes.get("onclick", "")
            never = self._is_drawing(name, attributes, never=never)
        if not (hidden or never) and name not in _HANDLED_TAGS:
            self._open.append(_PLAIN_ELEMENT)
            return
        if name in ("math", "img"):
            self._read_formula(name, attributes)
            return
        if name == "base":
            self._base = self._base or http_url(attributes.get("href"))
        elif name == "br":
            self._break_line()
        elif name in BLOCK_TAGS or hidden:
            if self._text:
                self._break_block(name)
            elif self._marks:
                self._marks.set_apart()
        elif name == "a":
            self._in_link += 1
            self._links += 1
        elif name in _BOLD_TAGS:
            self._in_bold += 1
        elif name == "code":
            self._break_code_line()
        elif name in _SCRIPTS:
            self._scripts.append((len(self._text), self._links))
        if name in _LISTS:
            self._lists.open(name, attributes)
        elif name == "li":
            self._number = self._lists.next_number(attributes)
        kind = _KINDS.get(name)
        if kind is BlockKind.HEADING:
            self._level = int(name[1])
        if kind is None and name in _PROSE_TAGS and self._kinds[-1] is BlockKind.CODE:
            kind = BlockKind.TEXT
        if kind is not None:
            self._kinds.append(kind)
        if hidden:
            self._regions += 1
            self._hidden.append(self._hidden[0] if self._hidden else self._regions)
        self._never += never
        if never or hidden or kind:
            self._open.append(_OpenElement(never, hidden, kind is not None))
        else:
            is_marked = name in marks.KINDS and self._opens_mark(name, attributes)
            self._open.append(_MARKED_ELEMENT if is_marked else _PLAIN_ELEMENT)
        if name == "tr":
            self._open_row()
        elif name in ("td", "th") and self._rows and (row := self._rows[-1]) is not None:
            row.cells.append([])
            row.is_head = row.is_head and name == "th"

    def handle_endtag(self, name: str, nsprefix: str | None = None) -> None:
        """An element ends; the builder also closes elements that the markup leaves open."""
        opened = self._open.pop()
        if opened.mark:
            self._marks.close(len(self._text))
        if self._math:
            self._close_math()
            return
        if name in BLOCK_TAGS or opened.hidden:
            if self._text:
                self._break_block(name)
            elif self._marks:
                self._marks.set_apart()
        elif name == "a":
            self._in_link -= 1
        elif name in _BOLD_TAGS:
            self._in_bold -= 1
        elif name in _SCRIPTS and self._scripts:
            self._close_script(name, *self._scripts.pop())
        if name in _LISTS:
            self._lists.close()
        if opened is not _PLAIN_ELEMENT and not opened.mark:
            if opened.kind:
                self._kinds.pop()
            if opened.hidden:
                self._hidden.pop()
            self._never -= opened.never
        if name == "tr" and (row := self._rows.pop()) is not None:
            self._blocks += row.joined()

    def handle_data(self, data: str) -> None:
        """Text, visible or hidden."""
        if self._math:
            self._math[-1].parts.append(data if self._math[-1].is_tex else data.strip())
        elif not self._never:
            self._text.append(data)
            if self._in_link:
                self._linked += len(data)
            if self._in_bold:
                self._bold += len(data)

    def endData(self, containerClass: type | None = None) -> None:  # noqa: N802, N803
        """Do nothing: there is no tree to add a node to."""

    def finish(self) -> Blocks:
        """All blocks, including hidden ones."""
        self._flush()
        self._marks.set_apart()
        images = self._marks.take_apart()
        return Blocks(self._blocks, () if self._put_behind(images) else tuple(images))

    def _put_behind(self, images: Sequence[Mark]) -> bool:
        """Put pictures behind the last visible block; False if there is none."""
        last = next((block for block in reversed(self._blocks[-_MAX_BLOCKS_BACK:]) if not block.region), None)
        if last is not None and images:
            last.marks += tuple(marks.at_place(images, len(last.text)))
        return last is not None

    def _opens_mark(self, name: str, attributes: Mapping[str, str]) -> bool:
        """Begin the mark of an element; a link without an address that can be passed on has none."""
        kind = marks.KINDS[name]
        target = link_target(attributes.get("href", "")) if attributes and kind is MarkKind.LINK else None
        if target is not None and self._base is not None:
            target = complete_target(target, self._base)
        if kind is MarkKind.LINK and target is None:
            return False
        self._marks.open(kind, len(self._text), target)
        return True

    def _is_drawing(self, name: str, attributes: Mapping[str, str], *, never: bool) -> bool:
        """Whether an element is never text: also a formula's drawing; but not its source in a script."""
        if name == "script" and attributes.get("type", "").startswith("math/tex"):
            return False
        names = attributes.get("class", "").split()
        return never or not self._never_names.isdisjoint(names)

    def _read_formula(self, name: str, attributes: Mapping[str, str]) -> None:
        """Begin a formula in MathML, or read one that a picture shows from its description."""
        if name == "math" and not self._never:
            self._math.append(MathNode(name))
        elif name == "img" and (alt := attributes.get("alt")) and _shows_formula(attributes):
            self.handle_data(alt)
        elif name == "img" and not (self._never or self._hidden) and (image := image_of(attributes)):
            url, alt = image
            url = url if self._base is None else complete_target(url, self._base) or url
            self._marks.add_image(len(self._text), url, alt)
        self._open.append(_PLAIN_ELEMENT)

    def _goes_on_in_math(self, name: str, attributes: Mapping[str, str]) -> bool:
        """Whether an element belongs to the open formula. A block inside shows that it was not closed."""
        if name in BLOCK_TAGS:
            parts = [part for node in self._math for part in node.parts]
            self._math.clear()
            self.handle_data("".join(parts))
            return False
        is_tex = name == "annotation" and "tex" in (attributes or {}).get("encoding", "").lower()
        self._math.append(MathNode(name, is_tex))
        self._open.append(_PLAIN_ELEMENT)
        return True

    def _close_math(self) -> None:
        node = self._math.pop()
        text = node.text()
        if not self._math:
            self.handle_data(text)
        elif node.is_tex or node.tex:
            self._math[-1].tex = text
        elif text:
            self._math[-1].parts.append(text)

    def _close_script(self, name: str, start: int, links: int) -> None:
        if self._kinds[-1] is BlockKind.CODE or start >= len(self._text):
            return
        content = "".join(self._text[start:])
        before = next((text[-1] for text in reversed(self._text[:start]) if text), "")
        linked = self._links > links or self._in_link > 0
        text = raised(content, before=before, linked=linked) if name == "sup" else lowered(content)
        self._text[start:] = [text]
        self._marks.join(start)
        if text == content.strip():
            self._marks.add(_SCRIPT_KINDS[name], start, start + 1)

    def _open_row(self) -> None:
        if self._rows and (outer := self._rows[-1]) is not None:
            # A table inside a cell: the outer table is page layout.
            self._blocks += outer.blocks()
            self._rows[-1] = None
        self._rows.append(_Row())

    def _break_line(self) -> None:
        if self._kinds[-1] is BlockKind.CODE:
            self._text.append("\n")
        else:
            self._flush()

    def _break_code_line(self) -> None:
        """Break the line: some editors put each line of a listing into its own `code`."""
        if self._kinds[-1] is BlockKind.CODE and self._text and not self._text[-1].endswith("\n"):
            self._text.append("\n")

    def _break_block(self, name: str) -> None:
        if self._kinds[-1] is BlockKind.CODE and name not in _PROSE_TAGS and name != "pre":
            self._break_code_line()
        else:
            self._flush()

    def _flush(self) -> None:
        if not self._text:
            return
        text = "".join(self._text)
        if not text.isspace():  # the usual case between tags
            self._keep(text, self._marks.finish(self._text) if self._marks else [])
        elif self._marks:
            self._marks.put_back(self._marks.finish(self._text))
        self._text.clear()
        self._scripts.clear()
        self._links = self._in_link
        self._linked = self._bold = 0

    def _keep(self, raw: str, raw_marks: Sequence[marks.RawMark]) -> None:
        row = self._rows[-1] if self._rows else None
        kind = self._kinds[-1]
        text = clean_code(raw) if kind is BlockKind.CODE else without_fractions(clean_line(raw))
        if kind is BlockKind.TEXT and self._bold >= len(text) and row is None and _SUBHEADING.fullmatch(text):
            kind = BlockKind.HEADING
        elif kind is BlockKind.HEADING and len(text) > _MAX_HEADING_CHARS:
            kind = BlockKind.TEXT
        if not text:
            self._marks.put_back(raw_marks)
            return
        placed = self._placed(raw_marks, raw, text, kind)
        if self._marks and not self._hidden and (images := self._marks.take_apart()):
            # A picture belongs to the text or caption behind it, but not to what begins something new.
            is_its_own = kind not in (BlockKind.TEXT, BlockKind.CAPTION)
            if not (is_its_own and self._put_behind(images)):
                placed = (*images, *placed)
        if self._number and kind is not BlockKind.CODE:
            if not is_numbered(text):
                placed = tuple(marks.shifted(placed, len(self._number)))
                text = self._number + text
            self._number = ""
        region = self._hidden[0] if self._hidden else 0
        block = Block(text, kind, region, self._links, self._linked, self._level_of(kind), placed)
        (self._blocks if row is None else row.cells[-1]).append(block)

    def _level_of(self, kind: BlockKind) -> int:
        if kind is BlockKind.LIST_ITEM:
            return max(self._lists.depth, 1)
        return self._level if kind is BlockKind.HEADING and self._kinds[-1] is kind else 0

    def _placed(
        self, raw_marks: Sequence[marks.RawMark], raw: str, text: str, kind: BlockKind
    ) -> tuple[Mark, ...]:
        """Marks in the cleaned text. Of code only pictures stay; a heading in bold says so by its kind."""
        if not raw_marks:
            return ()
        if kind is BlockKind.CODE:
            self._marks.put_back(raw_marks)
            return ()
        placed = marks.placed(raw_marks, raw, text)
        if kind is BlockKind.HEADING:
            whole = (0, len(text), MarkKind.STRONG)
            placed = [mark for mark in placed if (mark.start, mark.end, mark.kind) != whole]
        return tuple(placed)


def _shows_formula(attributes: Mapping[str, str]) -> bool:
    """Whether a picture shows a formula, whose source its description then is."""
    names = attributes.get("class", "").lower().split()
    return (
        "eeimg" in attributes
        or not _FORMULA_NAMES.isdisjoint(names)
        or "equation?tex=" in attributes.get("src", "")
        or "latex.codecogs.com" in attributes.get("src", "")
    )
