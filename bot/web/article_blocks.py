"""The body of an article as HTML: each passage in an element of its own. Pure."""

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from bot.web.inline_markup import PASSAGE, InlineSpan, inline_markup
from bot.web.passage_places import Place, passage_places
from bot.wording import plain_text
from corpus.models import CELL_SEPARATOR, BlockKind, Paragraph

MIN_HEADINGS = 4
"""An article with at least so many headings gets a table of contents."""

MAX_CONTENTS = 200
"""Headings that a table of contents lists."""

MAX_RULES = 2_000
"""Passages in several elements that are marked whole; further ones are marked where they begin."""

_RULE = Markup(".text:has(#p{}:target) .p{}{{background:var(--mark);color:var(--mark-ink)}}\n")

_TAGS = {
    BlockKind.TEXT: Markup("<p>{}</p>"),
    BlockKind.HEADING: Markup("<h2{}>{}</h2>"),
    BlockKind.LIST_ITEM: Markup("<li>{}</li>"),
    BlockKind.QUOTE: Markup("<blockquote><p>{}</p></blockquote>"),
    BlockKind.CODE: Markup("<pre><code>{}</code></pre>"),
    BlockKind.CAPTION: Markup('<p class="caption">{}</p>'),
    BlockKind.ROW: Markup("<tr>{}</tr>"),
}

_GROUPS = {
    BlockKind.LIST_ITEM: Markup("<ul>\n{}\n</ul>"),
    BlockKind.ROW: Markup('<div class="table" role="region" tabindex="0"><table>\n{}\n</table></div>'),
}
"""What stands around neighbouring paragraphs of one kind."""


@dataclass(frozen=True, slots=True)
class Heading:
    """An entry of the table of contents."""

    id: str
    text: str


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
) -> ArticleBody:
    """Render an article.

    A passage that consists of whole paragraphs is a `<section id="p3">`, in which each paragraph's text is in
    a `<mark>`. A passage that shares a paragraph with others is a `<mark id="p3">`, and a `<mark class="p3">`
    in each further paragraph. So these elements hold its own text and nothing else. A passage whose text is
    not found gets an empty anchor.

    Args:
        paragraphs: The article.
        passages: Text of each passage by ordinal.
        starts: For each passage the index of its first paragraph, where its text is not found.
        convert: Turns text into the reader's script.
    """
    places = passage_places([paragraph.text for paragraph in paragraphs], passages)
    renderer = _Renderer(paragraphs, places, starts, convert)
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
    ) -> None:
        self._paragraphs = paragraphs
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
        whole = all(self._is_whole(place) for place in stretches)
        if not whole and len(stretches) > 1:
            self.rules.append(_RULE.format(ordinal, ordinal))
        for number, place in enumerate(stretches):
            target = "" if whole else f".p{ordinal}" if number else f"p{ordinal}"
            self._spans[place.paragraph].append(InlineSpan(place.start, place.end, PASSAGE, target))
            if whole:
                self._whole[place.paragraph] = ordinal

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
        for kind, group in itertools.groupby(numbers, key=lambda number: self._paragraphs[number].kind):
            written = Markup("\n").join(self._block(number) for number in group)
            yield _GROUPS[kind].format(written) if kind in _GROUPS else written

    def _block(self, number: int) -> Markup:
        paragraph = self._paragraphs[number]
        content = self._content(number)
        anchors = Markup("").join(Markup('<a id="{}"></a>').format(name) for name in self._anchors[number])
        match paragraph.kind:
            case BlockKind.HEADING:
                heading = Heading(f"h{len(self.headings) + 1}", self._shown(paragraph.text))
                self.headings.append(heading)
                return _TAGS[paragraph.kind].format(Markup(' id="{}"').format(heading.id), anchors + content)
            case _:
                return _TAGS[paragraph.kind].format(anchors + content)

    def _content(self, number: int) -> Markup:
        paragraph, spans = self._paragraphs[number], self._spans[number]
        if paragraph.kind is BlockKind.ROW:
            return self._cells(paragraph.text, spans)
        convert = plain_text.clean if paragraph.kind is BlockKind.CODE else self._shown
        return inline_markup(paragraph.text, spans, convert)

    def _cells(self, text: str, spans: Sequence[InlineSpan]) -> Markup:
        """Render the cells of a row; a span that covers several is written in each."""
        cells = []
        start = 0
        for cell in text.split(CELL_SEPARATOR):
            end = start + len(cell)
            inside = [_within(span, start, end) for span in spans if span.start < end and span.end > start]
            cells.append(Markup("<td>{}</td>").format(inline_markup(cell, inside, self._shown)))
            start = end + len(CELL_SEPARATOR)
        return Markup("").join(cells)

    def _shown(self, text: str) -> str:
        return self._convert(plain_text.clean(text))


def _within(span: InlineSpan, start: int, end: int) -> InlineSpan:
    """Cut a span to a stretch and count from its beginning; an id stays at the span's beginning."""
    is_id = span.kind == PASSAGE and not span.target.startswith(".")
    target = span.target if not is_id or span.start >= start else ""
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


def iso_time(moment: datetime | None) -> str:
    """Write a time for machines; empty if it is unknown."""
    return "" if moment is None else moment.isoformat(timespec="seconds")
