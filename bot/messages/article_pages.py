"""Pagination of an article into messages, and the page on which a passage begins. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bot.messages import articles, marked_text, markup
from bot.messages.markup import Html, bold, text
from bot.messages.render_context import RenderContext
from bot.wording import plain_text
from corpus.models import ArticleText, BlockKind, Mark, MarkKind, Paragraph, Span
from corpus.text import is_numbered, sentences

MAX_PAGE_UNITS = 1600
"""About one and a half screens of a phone."""

MAX_PIECE_UNITS = 1200
"""A longer paragraph is split at sentence ends, so that no page is mostly empty."""


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph on a page, or one part of a long paragraph.

    Attributes:
        paragraph: Index of the paragraph in the article.
        kind: Its kind.
        text: Its text, or the part of it.
        begins: The paragraph begins here.
        start: Where the text begins in its paragraph, in code points.
    """

    paragraph: int
    kind: BlockKind
    text: str
    begins: bool
    start: int = 0


Page = tuple[Line, ...]

_TIGHT_KINDS = {BlockKind.LIST_ITEM, BlockKind.ROW}
"""Kinds whose lines follow each other without a blank line, as lists and tables."""

_STYLED_KINDS = {BlockKind.HEADING, BlockKind.QUOTE, BlockKind.CODE, BlockKind.CAPTION}
"""Kinds whose lines take an entity of their own."""

MAX_STYLES = markup.MAX_ENTITIES - 4
"""Lines and marks of a page that may be styled; the headline and the passage's mark need the others."""

MAX_STYLE_BYTES = 10_000
"""Markup of a page, most of it addresses; with the longest text and headline it fits one message."""


def paginate(article: ArticleText) -> tuple[Page, ...]:
    """Split an article into at least one page. Together the pages have every paragraph, in order."""
    result: list[list[Line]] = [[]]
    used = 0
    for line in _lines(article.paragraphs):
        size = plain_text.units(line.text) + 2
        if result[-1] and used + size > MAX_PAGE_UNITS:
            carried = _headings_at_end(result[-1])
            result.append(carried)
            used = sum(plain_text.units(kept.text) + 2 for kept in carried)
        result[-1].append(line)
        used += size
    return tuple(tuple(page) for page in result if page) or ((),)


def page_of_passage(article: ArticleText, passage: int) -> int:
    """Return the index of the page on which a passage begins; 0 for a passage that does not exist."""
    if not 0 <= passage < len(article.passage_starts):
        return 0
    wanted = article.passage_starts[passage]
    for number, page in enumerate(paginate(article)):
        if any(line.paragraph == wanted for line in page):
            return number
    return 0


def first_picture(article: ArticleText) -> str | None:
    """Return the address of the head image, else of the first picture of the text that Telegram may show."""
    marks = (mark for paragraph in article.paragraphs for mark in paragraph.marks)
    inside = (mark.target for mark in marks if mark.kind is MarkKind.IMAGE)
    candidates = (article.article.image, *inside, *(image.target for image in article.images))
    return next((found for found in map(markup.address, candidates) if found), None)


def render_page(
    article: ArticleText, number: int, view: RenderContext, *, passage: int | None = None
) -> Html:
    """Return a page below the headline, with a mark where the passage that was found begins.

    The first page also names the source. No text is lost to a limit of Telegram's: links and other marks
    beyond it are left out, and their text stays.

    Args:
        article: The whole article.
        number: From 0; beyond the end the last page is shown.
        view: For whom.
        passage: Ordinal of the passage to mark, or None.
    """
    t = view.t
    all_pages = paginate(article)
    number = min(max(number, 0), len(all_pages) - 1)
    head = bold(articles.headline(article.article, view))
    blocks = [
        markup.join([head, text(articles.source_line(article.article, view))], "\n") if number == 0 else head
    ]
    marked = _marked_paragraph(article, passage)
    listed = False
    for line, marks in _with_affordable_styles(article, all_pages[number]):
        block = _block(line, marks, view)
        if line.begins and line.paragraph == marked:
            block = markup.join([markup.italic(text(t("read.here"))), block], "\n")
        elif listed and line.kind in _TIGHT_KINDS:
            block = markup.join([blocks.pop(), block], "\n")
        blocks.append(block)
        listed = line.kind in _TIGHT_KINDS
    if not article.paragraphs:
        blocks.append(text(t("read.empty")))
    if len(all_pages) > 1:
        blocks.append(text(t("read.page", page=number + 1, pages=len(all_pages))))
    return markup.fit(blocks)


def _lines(paragraphs: tuple[Paragraph, ...]) -> Iterator[Line]:
    for index, paragraph in enumerate(paragraphs):
        begins = True
        for start, end in _cut(paragraph.text):
            yield Line(index, paragraph.kind, paragraph.text[start:end], begins, start)
            begins = False


def _cut(long: str) -> Iterator[Span]:
    """Split a long paragraph at sentence ends, and an overlong sentence anywhere."""
    if plain_text.units(long) <= MAX_PIECE_UNITS:
        yield 0, len(long)
        return
    begin = end = 0
    for start, stop in sentences(long):
        if end > begin and plain_text.units(long[begin:stop]) > MAX_PIECE_UNITS:
            yield _stripped(long, begin, end)
            begin = start
        end = stop
        while plain_text.units(long[begin:end]) > MAX_PIECE_UNITS:
            # A code point takes at most two units, so half as many always fit.
            yield begin, begin + MAX_PIECE_UNITS // 2
            begin += MAX_PIECE_UNITS // 2
    if end > begin:
        yield _stripped(long, begin, end)


def _stripped(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    return start + left, start + max(len(piece.rstrip()), left)


def _headings_at_end(page: list[Line]) -> list[Line]:
    """Remove headings from the end of a page and return them: they belong to the next page."""
    kept = len(page)
    while kept > 1 and page[kept - 1].kind is BlockKind.HEADING:
        kept -= 1
    carried = page[kept:]
    del page[kept:]
    return carried


def _marked_paragraph(article: ArticleText, passage: int | None) -> int | None:
    if passage is None or not 0 < passage < len(article.passage_starts):
        return None  # reading begins at the first passage anyway
    return article.passage_starts[passage]


def _with_affordable_styles(article: ArticleText, page: Page) -> list[tuple[Line, tuple[Mark, ...]]]:
    """Return the lines of a page with as many styles as a message may have: kinds first, then marks."""
    left = MAX_STYLES
    lines: list[Line] = []
    for line in page:
        if line.kind in _STYLED_KINDS:
            line = line if left else replace(line, kind=BlockKind.TEXT)
            left -= bool(left)
        lines.append(line)
    marks = [_marks(article, line) for line in lines]
    kept = marked_text.affordable(marks, limit=left, limit_bytes=MAX_STYLE_BYTES)
    return list(zip(lines, kept, strict=True))


def _marks(article: ArticleText, line: Line) -> tuple[Mark, ...]:
    whole = article.paragraphs[line.paragraph]
    return marked_text.clip(whole.text, whole.marks, line.start, line.start + len(line.text))


def _block(line: Line, marks: tuple[Mark, ...], view: RenderContext) -> Html:
    match line.kind:
        case BlockKind.HEADING:
            return marked_text.render(line.text, marks, view.convert, whole=MarkKind.STRONG)
        case BlockKind.CAPTION:
            return marked_text.render(line.text, marks, view.convert, whole=MarkKind.EMPHASIS)
        case BlockKind.CODE:
            return markup.code(text(line.text))
    content = marked_text.render(line.text, marks, view.convert)
    if line.kind is BlockKind.QUOTE:
        return markup.quotation(content)
    bulleted = line.kind is BlockKind.LIST_ITEM and line.begins and not is_numbered(line.text)
    return markup.join([text("• ") if bulleted else markup.EMPTY, content])
