"""The body of an article as HTML: each passage in an element of its own. Pure."""

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from bot.web.inline_markup import PASSAGE, InlineSpan, Picture, inline_markup
from bot.web.passage_places import Place, passage_places
from bot.wording import plain_text
from corpus.models import CELL_SEPARATOR, BlockKind, MarkKind, Paragraph
from corpus.text import is_numbered

MIN_HEADINGS = 4
"""An article with at least so many headings gets a table of contents."""

MAX_CONTENTS = 200
"""Headings that a table of contents lists."""

MAX_RULES = 2_000
"""Passages in several elements that are marked whole; further ones are marked where they begin."""

_RULE = Markup(".text:has(#p{}:target) .p{}{{background:var(--mark);color:var(--mark-ink)}}\n")

MAX_DEPTH = 6
"""Lists are nested so deep at most; items of deeper ones stand at this depth."""

_TAGS = {
    BlockKind.TEXT: Markup("<p>{}</p>"),
    BlockKind.QUOTE: Markup("<p>{}</p>"),
    BlockKind.CODE: Markup("<pre><code>{}</code></pre>"),
    BlockKind.CAPTION: Markup('<p class="caption">{}</p>'),
}
_HEADING = Markup('<h{} id="{}">{}</h{}>')
_ITEM = Markup("<li>")
_NUMBERED = Markup('<li class="numbered">')
_CELL = Markup("<td>{}</td>")
_HEAD_CELL = Markup('<th scope="col">{}</th>')
_TABLE = Markup('<div class="table" role="region" tabindex="0"><table>\n{}\n</table></div>')


@dataclass(frozen=True, slots=True)
class Heading:
    """An entry of the table of contents; its depth counts from 1."""

    id: str
    text: str
    depth: int


@dataclass(frozen=True, slots=True)
class ArticleBody:
    """The body of an article as HTML, and its table of contents.

    Attributes:
        style: Rules that mark the passage that the address names where it stands in several elements.
    """

    html: Markup
    style: Markup
    contents: tuple[Heading, ...]


def article_body(
    paragraphs: Sequence[Paragraph],
    passages: Sequence[str],
    *,
    starts: Sequence[int] = (),
    convert: Callable[[str], str] = str,
    images: bool = True,
) -> ArticleBody:
    """Render an article.

    A passage that consists of whole paragraphs is a `<section id="p3">`, in which each paragraph's text is in
    a `<mark>`. A passage that shares a paragraph, a list or a table with others is a `<mark id="p3">`, and a
    `<mark class="p3">` in each further paragraph. So these elements hold its own text and nothing else. A
    passage whose text is not found gets an empty anchor.

    Args:
        paragraphs: The article.
        passages: Text of each passage by ordinal.
        starts: For each passage the index of its first paragraph, where its text is not found.
        convert: Turns text into the reader's script.
        images: Whether pictures are shown.
    """
    places = passage_places([paragraph.text for paragraph in paragraphs], passages)
    renderer = _Renderer(paragraphs, places, starts, convert, images=images)
    html = Markup("\n").join(renderer.sections())
    contents = renderer.headings if len(renderer.headings) >= MIN_HEADINGS else []
    return ArticleBody(html, Markup("").join(renderer.rules[:MAX_RULES]), tuple(contents[:MAX_CONTENTS]))


class _Renderer:
    def __init__(
        self,
        paragraphs: Sequence[Paragraph],
        places: Sequence[Sequence[Place]],
        starts: Sequence[int],
        convert: Callable[[str], str],
        *,
        images: bool,
    ) -> None:
        self._paragraphs = paragraphs
        self._images = images
        self._levels: list[int] = []
        self._convert = convert
        self._spans: Mapping[int, list[InlineSpan]] = defaultdict(list)
        self._whole: dict[int, int] = {}
        self._anchors: Mapping[int, list[str]] = defaultdict(list)
        self.headings: list[Heading] = []
        self.rules: list[Markup] = []
        for ordinal, stretches in enumerate(places):
            self._add(ordinal, stretches)
            if not stretches and ordinal < len(starts):
                self._anchors[starts[ordinal]].append(f"p{ordinal}")

    def _add(self, ordinal: int, stretches: Sequence[Place]) -> None:
        """Note where a passage stands: as a section of whole paragraphs, or within a shared one."""
        whole = all(self._is_whole(place) for place in stretches) and not self._is_cut(stretches)
        if not whole and (len(stretches) > 1 or self._is_row(stretches)):
            self.rules.append(_RULE.format(ordinal, ordinal))
        for number, place in enumerate(stretches):
            target = "" if whole else f".p{ordinal}" if number else f"p{ordinal}"
            self._spans[place.paragraph].append(InlineSpan(place.start, place.end, PASSAGE, target))
            if whole:
                self._whole[place.paragraph] = ordinal

    def _is_row(self, stretches: Sequence[Place]) -> bool:
        return any(self._paragraphs[place.paragraph].kind is BlockKind.ROW for place in stretches)

    def _is_cut(self, stretches: Sequence[Place]) -> bool:
        """Whether a passage begins or ends within a list or a table, which no section may divide."""
        if not stretches:
            return False
        first, last = stretches[0].paragraph, stretches[-1].paragraph
        return any(
            below < len(self._paragraphs)
            and above >= 0
            and self._paragraphs[above].kind is self._paragraphs[below].kind
            and self._paragraphs[above].kind in {BlockKind.LIST_ITEM, BlockKind.ROW}
            for above, below in ((first - 1, first), (last, last + 1))
        )

    def _is_whole(self, place: Place) -> bool:
        text = self._paragraphs[place.paragraph].text
        return not text[: place.start].strip() and not text[place.end :].strip()

    def sections(self) -> Iterator[Markup]:
        """Yield the sections of whole passages and the blocks between them."""
        numbers = range(len(self._paragraphs))
        for ordinal, group in itertools.groupby(numbers, key=self._whole.get):
            blocks = Markup("\n").join(self._blocks(list(group)))
            if ordinal is None:
                yield blocks
            else:
                yield Markup('<section id="p{}">\n{}\n</section>').format(ordinal, blocks)

    def _blocks(self, numbers: Sequence[int]) -> Iterator[Markup]:
        """Render paragraphs in their tags; neighbouring items form one list, neighbouring rows one table."""
        for kind, members in itertools.groupby(numbers, key=lambda number: self._paragraphs[number].kind):
            group = list(members)
            match kind:
                case BlockKind.LIST_ITEM:
                    yield self._list(group)
                case BlockKind.ROW:
                    yield from self._tables(group)
                case BlockKind.QUOTE:
                    written = Markup("\n").join(map(self._block, group))
                    yield Markup("<blockquote>{}</blockquote>").format(written)
                case _:
                    yield from map(self._block, group)

    def _block(self, number: int) -> Markup:
        paragraph = self._paragraphs[number]
        content = self._content(number)
        if paragraph.kind is not BlockKind.HEADING:
            return _TAGS[paragraph.kind].format(content)
        depth = self._depth(paragraph.level)
        heading = Heading(f"h{len(self.headings) + 1}", self._shown(paragraph.text), depth)
        self.headings.append(heading)
        tag = min(depth + 1, 6)  # the title is the first
        return _HEADING.format(tag, heading.id, content, tag)

    def _depth(self, level: int) -> int:
        """Return how deep a heading stands below those before it: no step is left out, whatever its level.

        A line in bold (level 0) stands below the headings.
        """
        wanted = level or 7
        while self._levels and self._levels[-1] >= wanted:
            self._levels.pop()
        self._levels.append(wanted)
        return len(self._levels)

    def _list(self, numbers: Sequence[int]) -> Markup:
        """Render neighbouring items as a list, those of a deeper level as lists in the item before."""
        pieces: list[Markup] = []
        depth = 0
        for number in numbers:
            paragraph = self._paragraphs[number]
            wanted = min(max(paragraph.level, 1), depth + 1, MAX_DEPTH)
            if wanted > depth:
                pieces.append(Markup("<ul>\n"))
            else:
                pieces.append(Markup("</li>\n</ul>") * (depth - wanted) + Markup("</li>\n"))
            depth = wanted
            tag = _NUMBERED if is_numbered(paragraph.text) else _ITEM
            pieces.append(tag + self._content(number))
        return Markup("").join(pieces) + Markup("</li>\n</ul>") * depth

    def _tables(self, numbers: Sequence[int]) -> Iterator[Markup]:
        """Render neighbouring rows as a table; a head below other rows begins the next one."""
        rows: list[Markup] = []
        was_head = True
        for number in numbers:
            is_head = self._paragraphs[number].level > 0
            if is_head and not was_head:
                yield _TABLE.format(Markup("\n").join(rows))
                rows = []
            rows.append(Markup("<tr>{}</tr>").format(self._content(number)))
            was_head = is_head
        yield _TABLE.format(Markup("\n").join(rows))

    def _content(self, number: int) -> Markup:
        """Render what stands in a paragraph, behind the anchors of passages that begin there."""
        paragraph = self._paragraphs[number]
        anchors = Markup("").join(Markup('<a id="{}"></a>').format(name) for name in self._anchors[number])
        spans = [
            *self._spans[number],
            *(InlineSpan(one.start, one.end, one.kind, one.target or "") for one in paragraph.marks),
        ]
        pictures = [
            Picture(one.start, one.target or "", one.alt)
            for one in paragraph.marks
            if one.kind is MarkKind.IMAGE and self._images
        ]
        if paragraph.kind is BlockKind.ROW:
            return self._cells(paragraph, spans, pictures, anchors)
        convert = plain_text.clean if paragraph.kind is BlockKind.CODE else self._shown
        return anchors + inline_markup(paragraph.text, spans, convert, pictures=pictures)

    def _cells(
        self,
        row: Paragraph,
        spans: Sequence[InlineSpan],
        pictures: Sequence[Picture],
        anchors: Markup,
    ) -> Markup:
        """Render the cells of a row; a span that covers several is written in each."""
        tag = _HEAD_CELL if row.level else _CELL
        cells = []
        start = 0
        before = -1
        for cell in row.text.split(CELL_SEPARATOR):
            end = start + len(cell)
            inside = [_within(span, start, end) for span in spans if span.start < end and span.end > start]
            shown = [
                Picture(max(one.at - start, 0), one.address, one.alt)
                for one in pictures
                if before < one.at <= end
            ]
            cells.append(tag.format(anchors + inline_markup(cell, inside, self._shown, pictures=shown)))
            anchors = Markup("")
            start, before = end + len(CELL_SEPARATOR), end
        return Markup("").join(cells)

    def _shown(self, text: str) -> str:
        return self._convert(plain_text.clean(text))


def _within(span: InlineSpan, start: int, end: int) -> InlineSpan:
    """Cut a span to a stretch and count from its beginning; an id stays there, and is a class further on."""
    is_id = span.kind == PASSAGE and span.target != "" and not span.target.startswith(".")
    target = f".{span.target}" if is_id and span.start < start else span.target
    return InlineSpan(max(span.start, start) - start, min(span.end, end) - start, span.kind, target)


def lead_text(paragraphs: Sequence[Paragraph], *, limit: int) -> str:
    """Return the first sentences of an article's text as one line of at most `limit` code points."""
    line = ""
    for paragraph in paragraphs:
        if paragraph.kind in {BlockKind.HEADING, BlockKind.CAPTION, BlockKind.CODE, BlockKind.ROW}:
            continue
        line = f"{line} {paragraph.text}".strip()
        if len(line) >= limit:
            break
    flat = " ".join(plain_text.clean(line[: limit * 2]).split())
    return flat if len(flat) <= limit else flat[: limit - 1].rstrip() + "…"
