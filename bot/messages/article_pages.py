"""Pagination of an article into messages, and the page on which a passage begins. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.messages import articles, markup
from bot.messages.markup import Html, bold, text
from bot.messages.render_context import RenderContext
from bot.wording import plain_text
from corpus.models import ArticleText, BlockKind, Paragraph
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
    """

    paragraph: int
    kind: BlockKind
    text: str
    begins: bool


Page = tuple[Line, ...]

_TIGHT_KINDS = {BlockKind.LIST_ITEM, BlockKind.ROW}
"""Kinds whose lines follow each other without a blank line, as lists and tables."""


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


def render_page(
    article: ArticleText, number: int, view: RenderContext, *, passage: int | None = None
) -> Html:
    """Return a page below the headline, with a mark where the passage that was found begins.

    The first page also names the source.

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
    for line in all_pages[number]:
        block = _block(line, view)
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
        for piece in _cut(paragraph.text):
            yield Line(index, paragraph.kind, piece, begins)
            begins = False


def _cut(long: str) -> Iterator[str]:
    """Split a long paragraph at sentence ends, and an overlong sentence anywhere."""
    if plain_text.units(long) <= MAX_PIECE_UNITS:
        yield long
        return
    begin = end = 0
    for start, stop in sentences(long):
        if end > begin and plain_text.units(long[begin:stop]) > MAX_PIECE_UNITS:
            yield long[begin:end].strip()
            begin = start
        end = stop
        while plain_text.units(long[begin:end]) > MAX_PIECE_UNITS:
            # A code point takes at most two units, so half as many always fit.
            yield long[begin : begin + MAX_PIECE_UNITS // 2]
            begin += MAX_PIECE_UNITS // 2
    if end > begin:
        yield long[begin:end].strip()


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


def _block(line: Line, view: RenderContext) -> Html:
    content = text(line.text if line.kind is BlockKind.CODE else view.convert(line.text))
    match line.kind:
        case BlockKind.HEADING:
            return bold(content)
        case BlockKind.LIST_ITEM:
            bulleted = line.begins and not is_numbered(line.text)
            return markup.join([text("• ") if bulleted else markup.EMPTY, content])
        case BlockKind.QUOTE:
            return markup.quotation(content)
        case BlockKind.CODE:
            return markup.code(content)
        case BlockKind.CAPTION:
            return markup.italic(content)
        case _:
            return content
