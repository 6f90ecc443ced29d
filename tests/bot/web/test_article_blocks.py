"""The body of an article: its blocks, and each passage in an element of its own."""

from itertools import pairwise
from xml.etree.ElementTree import Element

from hypothesis import given
from hypothesis import strategies as st

from bot.web.article_blocks import article_body, lead_text
from corpus import BlockKind, Mark, MarkKind, Paragraph
from corpus.text.passages import split_passages
from tests.bot.web.sites import parse, shown

ITEM, TEXT, ROW, HEADING = BlockKind.LIST_ITEM, BlockKind.TEXT, BlockKind.ROW, BlockKind.HEADING
kinds = st.sampled_from(list(BlockKind))
words = st.text(st.sampled_from("甲乙丙。，<&\"' |a1"), min_size=1).map(str.strip).filter(bool)


def rendered(*blocks: tuple[str, BlockKind], passages: tuple[str, ...] = ()) -> Element:
    paragraphs = [Paragraph(text, kind) for text, kind in blocks]
    return parse(str(article_body(paragraphs, passages).html))


def test_items_of_one_list_stand_in_one_list_and_rows_in_one_table() -> None:
    items = (("前", TEXT), ("甲", ITEM), ("乙", ITEM), ("后", TEXT), ("丙", ITEM))
    tree = rendered(*items, ("线路 | 首班", ROW), ("11路 | 5:50 <b>", ROW))
    lists = [[shown(found, ".") for found in each.findall("li")] for each in tree.findall(".//ul")]
    assert lists == [["甲", "乙"], ["丙"]]
    [table] = [[shown(cell, ".") for cell in each.iter("td")] for each in tree.findall(".//table")]
    assert table == ["线路", "首班", "11路", "5:50 <b>"]


@st.composite
def marked_paragraphs(draw: st.DrawFn) -> Paragraph:
    """A paragraph of any kind and level, with marks and pictures anywhere in it."""
    text, kind = draw(words), draw(kinds)
    marks = []
    for _ in range(draw(st.integers(0, 3))):
        start, end = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
        mark = draw(st.sampled_from(list(MarkKind)))
        if mark is MarkKind.IMAGE:
            end = start
        target = draw(st.sampled_from([None, "javascript:alert(1)", "https://example.org/?a&b='\"<"]))
        marks.append(Mark(start, end, mark, target, alt=draw(st.sampled_from(["", '"><b>图']))))
    return Paragraph(text, kind, draw(st.integers(0, 9)), tuple(marks))


@given(st.lists(marked_paragraphs(), min_size=1, max_size=8))
def test_whatever_is_marked_the_page_is_sound_and_loads_nothing_but_pictures(
    paragraphs: list[Paragraph],
) -> None:
    body = article_body(paragraphs, [])
    tree = parse(f"<h1>题</h1>{body.html}")
    assert bare(shown(tree, "body")) == bare("题" + "".join(one.text for one in paragraphs))
    addresses = {one.get("href") for one in tree.iter("a")} | {one.get("src") for one in tree.iter("img")}
    assert addresses <= {None, "https://example.org/?a&b='\"<"}
    assert "b" not in {element.tag for element in tree.iter()}
    depths = [int(one.tag[1]) for one in tree.iter() if one.tag in {"h1", "h2", "h3", "h4", "h5", "h6"}]
    assert all(below <= above + 1 for above, below in pairwise(depths))
    for nested in tree.iter("ul"):
        assert {child.tag for child in nested} == {"li"}
    assert not list(parse(str(article_body(paragraphs, [], images=False).html)).iter("img"))


@given(st.lists(marked_paragraphs(), min_size=1, max_size=8), st.integers(5, 40))
def test_the_element_of_each_passage_holds_its_own_text(paragraphs: list[Paragraph], longest: int) -> None:
    passages = [piece.text for piece in split_passages(paragraphs, max_chars=longest)]
    body = article_body(paragraphs, passages)
    tree = parse(str(body.html))
    ids = [element.get("id") or "" for element in tree.iter()]
    assert [one for one in ids if one.startswith("p")] == [f"p{ordinal}" for ordinal in range(len(passages))]
    for ordinal, passage in enumerate(passages):
        assert marked(tree, ordinal) == bare(passage)
        several = len(tree.findall(f".//mark[@class='p{ordinal}']")) > 0
        assert (f"#p{ordinal}:target" in body.style) or not several


def bare(passage: str) -> str:
    """A passage without blanks and without the separators of cells."""
    return "".join(passage.replace("|", "").split())


def marked(tree: Element, ordinal: int) -> str:
    """What a browser marks at the address of a passage, without blanks and `|`."""
    element = tree.find(f".//*[@id='p{ordinal}']")
    assert element is not None
    marks = [element] if element.tag == "mark" else list(element.iter("mark"))
    marks += [mark for mark in tree.iter("mark") if mark.get("class") == f"p{ordinal}"]
    return bare("".join(shown(mark, ".") for mark in marks))


def test_marks_stand_at_their_place() -> None:
    marks = (
        Mark(0, 4, MarkKind.LINK, "https://example.org/a"),
        Mark(1, 3, MarkKind.STRONG),
        Mark(4, 4, MarkKind.IMAGE, "https://example.org/p.jpg", alt="东门桥"),
        Mark(5, 6, MarkKind.SUPERSCRIPT),
        Mark(6, 7, MarkKind.DELETED),
    )
    body = article_body([Paragraph("见东门桥x2旧", marks=marks)], [])
    tree = parse(str(body.html))
    assert shown(tree, ".//p/a[@href='https://example.org/a']") == "见东门桥"
    assert shown(tree, ".//a/strong") == "东门"
    assert (shown(tree, ".//sup"), shown(tree, ".//del")) == ("2", "旧")
    [picture] = tree.iter("img")
    assert (picture.get("alt"), picture.get("loading"), picture.get("referrerpolicy"), picture.tail) == (
        "东门桥",
        "lazy",
        "no-referrer",
        "x",
    )


def test_levels_make_an_outline_without_gaps() -> None:
    levels = [("甲", 1), ("乙", 3), ("丙", 6), ("丁", 3), ("粗", 0), ("戊", 1)]
    body = article_body([Paragraph(text, HEADING, level) for text, level in levels], [])
    outline = [(one.tag, shown(one, ".")) for one in parse(str(body.html)).iter() if one.get("id")]
    assert outline == [("h2", "甲"), ("h3", "乙"), ("h4", "丙"), ("h3", "丁"), ("h4", "粗"), ("h2", "戊")]
    assert [one.depth for one in body.contents] == [1, 2, 3, 2, 3, 1]


def test_lists_are_nested_and_tables_have_their_head() -> None:
    items = [("甲", 1), ("1. 乙", 2), ("丙", 9), ("丁", 1)]
    tree = parse(str(article_body([Paragraph(text, ITEM, level) for text, level in items], []).html))
    assert [shown(one, ".") for one in tree.findall("body/ul/li/ul/li/ul/li")] == ["丙"]
    assert [(one.text or "").strip() for one in tree.findall("body/ul/li")] == ["甲", "丁"]
    numbered = [one.text or "" for one in tree.iter("li") if one.get("class") == "numbered"]
    assert [text.strip() for text in numbered] == ["1. 乙"]
    rows = [("线路 | 首班", 1), ("11路 | 5:50", 0), ("车站 | 末班", 1), ("南门 | 22:10", 0)]
    tree = parse(str(article_body([Paragraph(text, ROW, level) for text, level in rows], []).html))
    assert [[shown(cell, ".") for cell in table.iter("th")] for table in tree.iter("table")] == [
        ["线路", "首班"],
        ["车站", "末班"],
    ]


def test_a_table_or_list_of_several_passages_stays_one() -> None:
    for kind, tag in ((ROW, "table"), (ITEM, "ul")):
        paragraphs = [Paragraph("前", TEXT), *(Paragraph(f"第{n}路 | 车", kind) for n in range(4))]
        body = article_body(paragraphs, ["前", "第0路 | 车\n第1路 | 车", "第2路 | 车", "第3路 | 车"])
        tree = parse(str(body.html))
        assert len(list(tree.iter(tag))) == 1
        assert marked(tree, 1) == "第0路车第1路车"
        assert (marked(tree, 2), marked(tree, 3)) == ("第2路车", "第3路车")
        assert "#p1:target" in body.style


def test_passages_that_share_a_long_paragraph_are_marked_apart() -> None:
    long = "".join(f"第{number}件事是这样的，说来话长。" for number in range(60))
    passages = tuple(piece.text for piece in split_passages([Paragraph(long)]))
    assert len(passages) > 2
    tree = rendered((long, TEXT), passages=passages)
    assert [shown(tree, f".//mark[@id='p{n}']") for n in range(len(passages))] == list(passages)


def test_a_passage_that_is_not_found_has_an_anchor_at_its_paragraph() -> None:
    body = article_body([Paragraph("甲。"), Paragraph("乙。")], ["甲。", "别的。"], starts=(0, 1))
    assert parse(str(body.html)).find(".//p/a[@id='p1']") is not None


def test_only_an_article_with_several_headings_has_contents() -> None:
    few = [Paragraph("节", HEADING), Paragraph("文")]
    assert article_body(few, []).contents == ()
    assert [one.id for one in article_body(few * 4, []).contents] == ["h1", "h2", "h3", "h4"]


def test_the_lead_is_one_line_of_bounded_length_without_headings() -> None:
    paragraphs = [Paragraph("标题", HEADING), Paragraph("第一段。"), Paragraph("第二段" * 50)]
    lead = lead_text(paragraphs, limit=20)
    assert lead.startswith("第一段。 第二段")
    assert len(lead) <= 20
    assert lead_text([], limit=20) == ""
