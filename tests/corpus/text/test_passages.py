import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.models import BlockKind, Paragraph
from corpus.text.passages import Slice, sentences, split_passages


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("一。二！三？四", ["一。", "二！", "三？", "四"], id="Chinese marks"),
        pytest.param("“来了。”他说。", ["“来了。”", "他说。"], id="a closing quote stays"),
        pytest.param("（见图。）好。", ["（见图。）", "好。"], id="a closing bracket stays"),
        pytest.param("真的？！太好了！！！", ["真的？！", "太好了！！！"], id="several marks"),
        pytest.param("甲；乙。", ["甲；", "乙。"], id="a semicolon"),
        pytest.param(
            "《快跑！别停》上映。好看。", ["《快跑！别停》上映。", "好看。"], id="a title with a mark"
        ),
        pytest.param("告示称「甲；乙」。完。", ["告示称「甲；乙」。", "完。"], id="a short quotation"),
        pytest.param(
            f"他说“很好。{'很长' * 40}。”",
            ["他说“很好。", f"{'很长' * 40}。”"],
            id="a long quotation",
        ),
        pytest.param("他说“很好。再见。", ["他说“很好。", "再见。"], id="a quotation that never closes"),
        pytest.param(
            "他……走了。他在门口站了很久……才走。",
            ["他……走了。", "他在门口站了很久……", "才走。"],
            id="dots of hesitation",
        ),
        pytest.param("增长3.5%。至2.0版。", ["增长3.5%。", "至2.0版。"], id="decimals"),
        pytest.param("第一行\n第二行\n\n第三行", ["第一行", "第二行", "第三行"], id="line breaks"),
        pytest.param("It rained. We left! Why? No.", ["It rained.", "We left!", "Why?", "No."], id="English"),
        pytest.param(
            "Mr. Li met Dr. Wu at 3 p.m. in the U.S. capital.",
            ["Mr. Li met Dr. Wu at 3 p.m. in the U.S. capital."],
            id="abbreviations",
        ),
        pytest.param(
            "See example.org/a.html?b=1!c now. Ok",
            ["See example.org/a.html?b=1!c now.", "Ok"],
            id="addresses",
        ),
        pytest.param("1. 第一点。2. 第二点。", ["1. 第一点。", "2. 第二点。"], id="numbers of items"),
        pytest.param("用 node.js 写的。", ["用 node.js 写的。"], id="names with dots"),
        pytest.param('He said "go." Then left.', ['He said "go."', "Then left."], id="an English quote"),
        pytest.param("Wait... what?", ["Wait...", "what?"], id="three full stops"),
        pytest.param("  \n ", [], id="blanks"),
        pytest.param("", [], id="nothing"),
        pytest.param("。。。", ["。。。"], id="marks alone"),
    ],
)
def test_sentences_end_where_readers_see_them_end(text: str, expected: list[str]) -> None:
    assert cut(text) == expected


PIECES = [*"河堤。！？；…\n ”」)）.!?ab1A\u3000，、U", "Mr. ", "3.5", "e.g. "]
TEXT = st.lists(st.sampled_from(PIECES), max_size=60).map("".join)


@given(TEXT | st.text(max_size=40))
def test_sentences_cover_all_that_is_not_blank(text: str) -> None:
    spans = sentences(text)
    assert list(spans) == sorted(spans)
    end = 0
    for start, stop in spans:
        assert end <= start < stop
        assert not text[end:start].strip()
        assert text[start:stop] == text[start:stop].strip()
        assert "\n" not in text[start:stop]
        end = stop
    assert not text[end:].strip()


@pytest.mark.parametrize(
    "text",
    [
        "甲" * 200_000,
        "。" * 200_000,
        ". " * 100_000,
        "…" * 200_000,
        '."' * 100_000,
        "A. " * 70_000,
        "《！" * 100_000 + "》",
        " " * 200_000,
    ],
)
def test_sentences_are_found_in_linear_time(text: str) -> None:
    started = time.process_time()
    sentences(text)
    split_passages([Paragraph(text.strip() or "x")])
    assert time.process_time() - started < 3


def paragraph(text: str, kind: BlockKind = BlockKind.TEXT) -> Paragraph:
    return Paragraph(text, kind)


def heading(text: str) -> Paragraph:
    return Paragraph(text, BlockKind.HEADING)


def test_short_neighbours_are_joined() -> None:
    slices = split_passages(
        [paragraph("甲" * 4), paragraph("乙" * 4), paragraph("丙" * 4)], target=8, max_chars=20
    )
    assert slices == (Slice(0, 2, "甲甲甲甲\n乙乙乙乙"), Slice(2, 3, "丙丙丙丙"))


def test_a_heading_opens_a_passage_and_stays_with_its_text() -> None:
    slices = split_passages(
        [paragraph("甲" * 9), heading("题"), heading("小题"), paragraph("乙" * 9)], target=15, max_chars=30
    )
    assert slices == (Slice(0, 1, "甲" * 9), Slice(1, 4, "题\n小题\n" + "乙" * 9))


def test_a_heading_stays_with_the_beginning_of_a_long_paragraph() -> None:
    slices = split_passages([heading("题目"), paragraph("一二三四五六七。" * 5)], target=12, max_chars=20)
    assert slices[0] == Slice(0, 2, "题目\n一二三四五六七。一二三四五六七。")
    assert {(part.start, part.end) for part in slices[1:]} == {(1, 2)}


def test_what_is_too_short_to_stand_alone_joins_the_passage_before() -> None:
    slices = split_passages([paragraph("甲" * 20), paragraph("完")], target=20, max_chars=30)
    assert slices == (Slice(0, 2, "甲" * 20 + "\n完"),)


def test_a_long_paragraph_is_cut_at_sentence_ends_into_even_parts() -> None:
    text = "".join(f"这是河堤加固报道的第{number}句话。" for number in "一二三四五六七八九十")
    slices = split_passages([paragraph(text)], target=60, max_chars=80)
    assert "".join(part.text for part in slices) == text
    assert all(part.text.endswith("。") for part in slices)
    assert min(len(part.text) for part in slices) >= 40


def test_a_long_sentence_is_cut_at_a_clause() -> None:
    slices = split_passages([paragraph("一二三四五六，" * 6)], target=15, max_chars=20)
    assert [part.text for part in slices] == ["一二三四五六，一二三四五六，"] * 3


def test_nothing_gives_nothing() -> None:
    assert split_passages([]) == ()


PARAGRAPH = st.builds(
    Paragraph,
    st.text("甲乙。，；a. \n", min_size=1, max_size=120).map(str.strip).filter(bool),
    st.sampled_from([BlockKind.TEXT, BlockKind.HEADING, BlockKind.CODE]),
)


@given(st.lists(PARAGRAPH, max_size=12), st.integers(1, 60), st.integers(2, 80))
def test_splitting_loses_nothing(paragraphs: list[Paragraph], target: int, most: int) -> None:
    slices = split_passages(paragraphs, target=target, max_chars=most)
    assert "".join("".join(part.text.split()) for part in slices) == "".join(
        "".join(paragraph.text.split()) for paragraph in paragraphs
    )
    covered: set[int] = set()
    for before, after in zip((None, *slices), slices, strict=False):
        assert 0 < len(after.text) <= most
        assert after.text == after.text.strip()
        assert after.start < after.end <= len(paragraphs)
        assert before is None or after.start in (before.end, before.end - 1)
        covered |= set(range(after.start, after.end))
    assert covered == set(range(len(paragraphs)))


def test_a_question_stays_with_its_answer_and_the_head_of_a_list_with_its_items() -> None:
    asked = "3. 多少钱？"
    slices = split_passages(
        list(map(paragraph, ("甲" * 60 + "。", asked, "乙" * 60 + "。", "材料：", "丙" * 30, "丁" * 30))),
        target=60,
        max_chars=100,
    )
    assert [each.text.split("\n")[0] for each in slices] == ["甲" * 60 + "。", asked, "材料："]


def test_a_slice_knows_the_heads_before_it_under_which_it_stands() -> None:
    row = "{} | {}"
    slices = split_passages(
        [
            heading("票务"),
            paragraph("3. 多少钱？"),
            paragraph("甲" * 30 + "。"),
            paragraph("乙" * 30 + "。"),
            heading("行李"),
            *(Paragraph(row.format(f"第{number}件", "免费" * 8), BlockKind.ROW) for number in range(4)),
        ],
        target=30,
        max_chars=50,
    )
    headings = {each.text.split("\n")[-1]: each.heading for each in slices}
    assert headings["甲" * 30 + "。"] == ""
    assert headings["乙" * 30 + "。"] == "票务\n3. 多少钱？"
    assert headings[row.format("第3件", "免费" * 8)] == "行李\n" + row.format("第0件", "免费" * 8)
