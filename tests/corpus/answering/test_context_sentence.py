"""What is read before a passage that cannot stand alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.answering.context_sentence import MAX_CHARS, find_context, may_have_context
from corpus.models import BlockKind, Paragraph
from corpus.text.passages import split_passages
from tests.profiles import examples


def paragraphs(*texts: str) -> tuple[Paragraph, ...]:
    """Paragraphs; those that begin with # are headings."""
    return tuple(
        Paragraph(text[1:], BlockKind.HEADING) if text.startswith("#") else Paragraph(text) for text in texts
    )


@pytest.mark.parametrize(
    "opening", ["他", "她们", "这", "該公司", "此举", "其中", "对此，", "但", "“他", "He "]
)
def test_a_passage_that_takes_up_something_brings_the_sentence_before(opening: str) -> None:
    body = paragraphs("第一段。方知远昨天辞职。", f"{opening}后来回到了家乡。")
    assert find_context(body[1].text, 1, body, (0, 1)) == "方知远昨天辞职。"


@pytest.mark.parametrize("opening", ["其实", "其他人", "该怎么办", "而且", "但愿", "大桥", "Hello "])
def test_a_passage_that_stands_alone_brings_nothing(opening: str) -> None:
    body = paragraphs("第一段。方知远昨天辞职。", f"{opening}后来回到了家乡。")
    assert find_context(body[1].text, 1, body, (0, 1)) is None


def test_the_first_passage_has_nothing_before_it() -> None:
    body = paragraphs("他回到了家乡。", "后来又走了。")
    assert find_context(body[0].text, 0, body, (0, 1)) is None


def test_a_passage_further_down_a_section_brings_its_heading() -> None:
    body = paragraphs("#小米造车", "第一段。", "工厂年底完工。", "#苹果", "新机发布。")
    assert find_context("工厂年底完工。", 1, body, (0, 2, 3)) == "小米造车"
    assert find_context("苹果\n新机发布。", 2, body, (0, 2, 3)) is None


def test_a_heading_that_is_no_heading_but_a_paragraph_is_left_out() -> None:
    body = paragraphs("#" + "长" * 80, "第一段。", "工厂年底完工。")
    assert find_context("工厂年底完工。", 1, body, (0, 2)) is None


def test_within_a_paragraph_that_was_cut_the_sentence_before_the_cut_counts() -> None:
    body = paragraphs("方知远昨天辞职。他说累了。他要回家。")
    assert find_context("他要回家。", 1, body, (0, 0)) == "他说累了。"


def test_of_a_long_sentence_the_end_is_taken() -> None:
    long = "开头" + "，这里说了很多很多话" * 30 + "。"
    found = find_context("他走了。", 1, paragraphs(long, "他走了。"), (0, 1))
    assert found is not None
    assert found.startswith("…这里说了")
    assert long.endswith(found[1:])
    assert len(found) <= MAX_CHARS + 1


def test_a_passage_that_is_not_in_the_article_any_more_has_no_lead() -> None:
    assert find_context("他走了。", 7, paragraphs("他走了。"), (0,)) is None


PARAGRAPHS = st.builds(
    Paragraph,
    st.builds(
        lambda opening, size: opening + "大桥通车。" * size,
        st.sampled_from(["", "他", "但", "其实", "1. 票价？"]),
        st.integers(1, 60),
    ),
    st.sampled_from([BlockKind.TEXT, BlockKind.TEXT, BlockKind.HEADING, BlockKind.ROW]),
)


@settings(max_examples=examples(200), deadline=None)
@given(st.lists(PARAGRAPHS, min_size=1, max_size=12))
def test_a_passage_that_tells_of_no_context_has_none(body: list[Paragraph]) -> None:
    slices = split_passages(body)
    starts = [piece.start for piece in slices]
    for ordinal, piece in enumerate(slices):
        if not may_have_context(piece.text, piece.heading):
            assert find_context(piece.text, ordinal, body, starts) is None
