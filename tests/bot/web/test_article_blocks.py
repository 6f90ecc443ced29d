"""The body of an article: its blocks, and each passage in an element of its own."""

from xml.etree.ElementTree import Element

from hypothesis import given
from hypothesis import strategies as st

from bot.web.article_blocks import article_body, lead_text
from corpus import BlockKind, Paragraph
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


@given(st.lists(st.tuples(words, kinds), min_size=1, max_size=8), st.integers(5, 40))
def test_the_element_of_each_passage_holds_its_own_text(
    blocks: list[tuple[str, BlockKind]], longest: int
) -> None:
    paragraphs = [Paragraph(text, kind) for text, kind in blocks]
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
