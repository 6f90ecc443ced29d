"""Articles page by page: nothing lost, no page too long, opened where the passage begins."""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from bot.messages import article_pages
from bot.messages.render_context import RenderContext
from bot.wording.i18n import Language, translator
from corpus.models import Article, ArticleText, BlockKind, Mark, MarkKind, Paragraph
from tests.bot.messages.rendering import check
from tests.botapi.html import parse_html

VIEW = RenderContext(
    t=translator(Language.HANS),
    zone=ZoneInfo("Asia/Shanghai"),
    today=date(2026, 9, 22),
    username="baotong_bot",
)
ARTICLE = Article(
    "0123456789a",
    "甲/乙.md",
    "一条江的四季",
    "https://example.org/river",
    datetime(2026, 1, 1, tzinfo=UTC),
    "江岸新闻",
    ("文化", "江岸新闻"),
)
PARAGRAPHS = st.lists(
    st.builds(
        Paragraph,
        st.text(st.sampled_from('江水😀&<>"。，！ab '), min_size=1, max_size=200).map(lambda text: text * 9),
        st.sampled_from(BlockKind),
    ),
    max_size=20,
)


def of(*paragraphs: Paragraph | str, starts: tuple[int, ...] = (0,)) -> ArticleText:
    made = tuple(Paragraph(one) if isinstance(one, str) else one for one in paragraphs)
    return ArticleText(ARTICLE, made, starts)


@given(PARAGRAPHS)
def test_pages_hold_every_paragraph_in_order(paragraphs: list[Paragraph]) -> None:
    pages = article_pages.paginate(of(*paragraphs))
    for index, paragraph in enumerate(paragraphs):
        parts = [line.text for page in pages for line in page if line.paragraph == index]
        assert "".join("".join(parts).split()) == "".join(paragraph.text.split())
    assert [line.paragraph for page in pages for line in page] == sorted(
        line.paragraph for page in pages for line in page
    )


@given(PARAGRAPHS)
def test_every_page_is_accepted_and_shown_whole(paragraphs: list[Paragraph]) -> None:
    article = of(*paragraphs)
    for number, page in enumerate(article_pages.paginate(article)):
        shown = parse_html(article_pages.render_page(article, number, VIEW, passage=0))
        assert len(shown.formatted.text.encode("utf-16-le")) <= 2 * 4096
        for line in page:
            assert line.text.strip() in shown.formatted.text


def test_a_heading_goes_with_what_follows_it() -> None:
    heading = Paragraph("第二节", BlockKind.HEADING)
    pages = article_pages.paginate(of("江水。" * 300, "江水。" * 220, heading, "江水。" * 300))
    assert [line.kind for line in pages[-1]] == [BlockKind.HEADING, BlockKind.TEXT]


def test_the_page_of_a_passage_is_found_and_the_passage_marked_there() -> None:
    article = of(*(f"第{number}段。" + "江水。" * 200 for number in range(9)), starts=tuple(range(9)))
    number = article_pages.page_of_passage(article, 5)
    shown = parse_html(article_pages.render_page(article, number, VIEW, passage=5)).formatted
    assert "▼ 找到的段落\n第5段" in shown.text
    assert article_pages.page_of_passage(article, 99) == 0


def test_the_first_page_has_the_source_and_later_ones_the_title_only() -> None:
    article = of(*("江水。" * 300 for _ in range(4)))
    first, last = (
        parse_html(article_pages.render_page(article, number, VIEW)).formatted.text for number in (0, 99)
    )
    assert first.startswith("一条江的四季\n江岸新闻 · 2026年1月1日 · 文化\n")
    assert first.endswith("第1/4页")
    assert last.startswith("一条江的四季\n\n江水")
    assert last.endswith("第4/4页")


def test_an_article_without_text_says_so() -> None:
    shown = parse_html(article_pages.render_page(of(starts=()), 0, VIEW)).formatted.text
    assert shown.endswith("这篇文章只有标题，没有正文。")


def test_kinds_of_paragraphs_look_different_and_code_is_not_converted() -> None:
    article = of(
        Paragraph("小标题", BlockKind.HEADING),
        Paragraph("第一项", BlockKind.LIST_ITEM),
        Paragraph("第二项", BlockKind.LIST_ITEM),
        Paragraph("引文", BlockKind.QUOTE),
        Paragraph("中国 = 1", BlockKind.CODE),
        Paragraph("图注", BlockKind.CAPTION),
    )
    view = replace(VIEW, convert=lambda text: text.replace("国", "國"))
    formatted = parse_html(article_pages.render_page(article, 0, view)).formatted
    assert formatted.spans("bold")[-1] == "小标题"
    assert "\n\n• 第一项\n• 第二项\n\n" in formatted.text
    assert formatted.spans("blockquote") == ("引文",)
    assert formatted.spans("code") == ("中国 = 1",)
    assert formatted.spans("italic") == ("图注",)


@st.composite
def marked_paragraphs(draw: st.DrawFn) -> Paragraph:
    """A paragraph with as many marks as a post may have on one page, and more."""
    text = draw(st.text(st.sampled_from("江水😀&<>。ab "), min_size=1, max_size=60)) * draw(
        st.integers(1, 40)
    )
    step = draw(st.integers(1, 9))
    target = "https://example.org/" + "&" * draw(st.sampled_from([1, 400, 1900]))
    kind = draw(st.sampled_from(MarkKind))
    marks = tuple(Mark(at, min(at + step, len(text)), kind, target) for at in range(0, len(text), step))
    return Paragraph(text, draw(st.sampled_from(BlockKind)), marks=marks)


@given(st.lists(marked_paragraphs(), max_size=12))
def test_marks_never_cost_text_or_exceed_a_message(paragraphs: list[Paragraph]) -> None:
    article = of(*paragraphs)
    for number, page in enumerate(article_pages.paginate(article)):
        formatted = check(article_pages.render_page(article, number, VIEW, passage=0))
        for line in page:
            assert line.text.strip() in formatted.text


def test_more_headings_than_a_message_has_entities_are_all_shown() -> None:
    article = of(*(Paragraph(f"第{number}节", BlockKind.HEADING) for number in range(200)))
    pages = range(len(article_pages.paginate(article)))
    texts = [check(article_pages.render_page(article, number, VIEW)).text for number in pages]
    assert all(f"第{number}节" in "\n".join(texts) for number in range(200))


def test_links_and_bold_of_a_post_are_shown_also_where_a_long_paragraph_is_cut() -> None:
    text = "江水东流。" * 230 + "详见官网公告。" + "江水东流。" * 200
    start = text.index("官网")
    paragraph = Paragraph(
        text,
        marks=(
            Mark(0, 2, MarkKind.STRONG),
            Mark(start, start + 4, MarkKind.LINK, "https://example.org/a?b=1&c=2"),
        ),
    )
    article = of(paragraph)
    pages = [
        check(article_pages.render_page(article, number, VIEW))
        for number in range(len(article_pages.paginate(article)))
    ]
    assert "江水" in pages[0].spans("bold")
    assert [link for page in pages for link in page.spans("text_link") if link == "官网公告"] == ["官网公告"]


def test_the_first_picture_is_the_head_image_else_one_of_the_text_else_of_a_gallery() -> None:
    inside = Paragraph(
        "图。",
        marks=(
            Mark(0, 0, MarkKind.IMAGE, "http://localhost/a.png"),
            Mark(1, 1, MarkKind.IMAGE, "https://img.example.com/b.png"),
        ),
    )
    assert article_pages.first_picture(of("无图")) is None
    assert article_pages.first_picture(of("一", inside)) == "https://img.example.com/b.png"
    head = replace(ARTICLE, image="https://img.example.com/head.png")
    assert (
        article_pages.first_picture(ArticleText(head, (inside,), (0,))) == "https://img.example.com/head.png"
    )
    gallery = (Mark(0, 0, MarkKind.IMAGE, "https://img.example.com/g.png"),)
    assert (
        article_pages.first_picture(ArticleText(ARTICLE, (), (), gallery)) == "https://img.example.com/g.png"
    )
