"""Every passage is found where it stands, whatever the text."""

from hypothesis import given
from hypothesis import strategies as st

from bot.web.passage_places import passage_places
from corpus import BlockKind, Paragraph
from corpus.text.passages import split_passages

texts = st.lists(
    st.text(st.sampled_from("甲乙丙。！，a .\u3000"), min_size=1).filter(str.strip), min_size=1, max_size=8
)


@given(texts, st.integers(2, 30))
def test_the_stretches_of_each_passage_are_its_text(paragraphs: list[str], longest: int) -> None:
    """Prose has no blanks at its ends; code keeps those before it."""
    blocks = [
        Paragraph(text.rstrip(), BlockKind.CODE) if place % 3 == 2 else Paragraph(text.strip())
        for place, text in enumerate(paragraphs)
    ]
    passages = [piece.text for piece in split_passages(blocks, max_chars=longest)]
    found = passage_places([block.text for block in blocks], passages)
    for passage, places in zip(passages, found, strict=True):
        pieces = [blocks[place.paragraph].text[place.start : place.end] for place in places]
        assert pieces
        assert "\n".join(pieces) == passage


def test_a_line_break_within_code_is_no_new_paragraph() -> None:
    [places] = passage_places(["头", "a\nb"], ["头\na\nb"])
    assert [(place.paragraph, place.start, place.end) for place in places] == [(0, 0, 1), (1, 0, 3)]


def test_blanks_before_code_are_its_own() -> None:
    """A passage of code begins as its paragraph does; all passages behind it are found too."""
    paragraphs = ["示例：", "    if a:\n        b()", "就这样。"]
    found = passage_places(paragraphs, ["示例：", "    if a:\n        b()", "就这样。"])
    assert [[(place.paragraph, place.start, place.end) for place in places] for places in found] == [
        [(0, 0, 3)],
        [(1, 0, 21)],
        [(2, 0, 4)],
    ]


def test_a_passage_that_is_not_there_is_skipped_and_the_next_one_found() -> None:
    places = passage_places(["甲。", "乙。"], ["丁。", "甲。", "乙。"])
    assert [len(one) for one in places] == [0, 1, 1]
