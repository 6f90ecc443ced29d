"""An article as pages of a message's size, and the page on which a passage begins. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.messages import markup, render
from bot.messages.markup import Html, bold, text
from bot.messages.render import View
from corpus.models import ArticleText, BlockKind, Paragraph
from corpus.text import sentences

PAGE_UNITS = 1600
"""About one screen of a phone and a half."""

PIECE_UNITS = 1200
"""A longer paragraph is cut at sentence ends, so that a page is never mostly empty."""


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph, or a part of a long one, as it stands on a page.

    Attributes:
        paragraph: Its index in the article.
        begins: The paragraph begins here.
    """

    paragraph: int
    kind: BlockKind
    text: str
    begins: bool


Page = tuple[Line, ...]

_CLOSE = {BlockKind.LIST_ITEM, BlockKind.ROW}
"""Stand line below line, as a list or a table."""


def pages(article: ArticleText) -> tuple[Page, ...]:
    """Cut an article into pages; together they hold every paragraph, in order. At least one page."""
    result: list[list[Line]] = [[]]
    used = 0
    for line in _lines(article.paragraphs):
        size = markup.units(line.text) + 2
        if result[-1] and used + size > PAGE_UNITS:
            carried = _headings_at_end(result[-1])
            result.append(carried)
            used = sum(markup.units(kept.text) + 2 for kept in carried)
        result[-1].append(line)
        used += size
    return tuple(tuple(page) for page in result if page) or ((),)


def page_of_passage(article: ArticleText, passage: int) -> int:
    """Return the index of the page on which a passage begins; 0 for one that is not there."""
    if not 0 <= passage < len(article.passage_starts):
        return 0
    wanted = article.passage_starts[passage]
    for number, page in enumerate(pages(article)):
        if any(line.paragraph == wanted for line in page):
            return number
    return 0


def page(article: ArticleText, number: int, view: View, *, passage: int | None = None) -> Html:
    """Return a page, with the headline on top of the first and a mark where the passage found begins.

    Args:
        article: The whole article.
        number: From 0; beyond the end the last page is shown.
        view: For whom.
        passage: Ordinal of the passage to mark, or None.
    """
    t = view.t
    all_pages = pages(article)
    number = min(max(number, 0), len(all_pages) - 1)
    head = bold(render.headline(article.article, view))
    blocks = [markup.join([head, text(render.source(article.article, view))], "\n") if number == 0 else head]
    marked = _marked_paragraph(article, passage)
    listed = False
    for line in all_pages[number]:
        block = _block(line, view)
        if line.begins and line.paragraph == marked:
            block = markup.join([markup.italic(text(t("read.here"))), block], "\n")
        elif listed and line.kind in _CLOSE:
            block = markup.join([blocks.pop(), block], "\n")
        blocks.append(block)
        listed = line.kind in _CLOSE
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
    """Cut a long paragraph at sentence ends, and a sentence without end wherever it must be."""
    if markup.units(long) <= PIECE_UNITS:
        yield long
        return
    begin = end = 0
    for start, stop in sentences(long):
        if end > begin and markup.units(long[begin:stop]) > PIECE_UNITS:
            yield long[begin:end].strip()
            begin = start
        end = stop
        while markup.units(long[begin:end]) > PIECE_UNITS:
            # Half as many code points fit whatever they are.
            yield long[begin : begin + PIECE_UNITS // 2]
            begin += PIECE_UNITS // 2
    if end > begin:
        yield long[begin:end].strip()


def _headings_at_end(page: list[Line]) -> list[Line]:
    """Take headings away from the end of a page: they belong to what follows."""
    kept = len(page)
    while kept > 1 and page[kept - 1].kind is BlockKind.HEADING:
        kept -= 1
    carried = page[kept:]
    del page[kept:]
    return carried


def _marked_paragraph(article: ArticleText, passage: int | None) -> int | None:
    if passage is None or not 0 < passage < len(article.passage_starts):
        return None  # the first passage is where reading begins anyway
    return article.passage_starts[passage]


def _block(line: Line, view: View) -> Html:
    content = text(line.text if line.kind is BlockKind.CODE else view.convert(line.text))
    match line.kind:
        case BlockKind.HEADING:
            return bold(content)
        case BlockKind.LIST_ITEM:
            return markup.join([text("• ") if line.begins else markup.EMPTY, content])
        case BlockKind.QUOTE:
            return markup.quotation(content)
        case BlockKind.CODE:
            return markup.code(content)
        case BlockKind.CAPTION:
            return markup.italic(content)
        case _:
            return content
