"""What is marked up stands where it stood, in the paragraph's own text."""

import html
from collections.abc import Iterable, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.models import BlockKind, Mark, MarkKind, Paragraph
from corpus.posts import marks
from corpus.posts.cleaning import paragraphs, pictures
from corpus.text.characters import clean_line, places_in_clean_line

A = "https://example.org/a"
JPG = "https://example.org/a.jpg"
PNG = "https://example.org/b.png"


def marked(body: str, title: str = "") -> list[str]:
    """Each paragraph with its marks written into it: `甲[link 乙]`, a picture as `[image]`."""
    return list(map(written, paragraphs(body, title=title)))


def written(paragraph: Paragraph) -> str:
    text, end = "", 0
    open_ends: list[int] = []

    def upto(place: int) -> str:
        nonlocal end
        piece = ""
        while open_ends and open_ends[-1] <= place:
            piece += paragraph.text[end : open_ends[-1]] + "]"
            end = open_ends.pop()
        piece += paragraph.text[end:place]
        end = place
        return piece

    for mark in paragraph.marks:
        if mark.kind is MarkKind.IMAGE:
            text += paragraph.text[end : mark.start] + "[image]"
            end = mark.start
            continue
        text += upto(mark.start) + f"[{mark.kind.value} "
        open_ends.append(mark.end)
    return text + upto(len(paragraph.text))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(f"<p>见<a href='{A}'>报道</a>。</p>", ["见[link 报道]。"], id="a link"),
        pytest.param(f"见[报道]({A})和**要点**。", ["见[link 报道]和[strong 要点]。"], id="Markdown"),
        pytest.param("`a*b`，*斜*，~~旧~~价", ["[code a*b]，[emphasis 斜]，[deleted 旧]价"], id="all sorts"),
        pytest.param("<p>甲<i> 乙 </i>丙</p>", ["甲 [emphasis 乙] 丙"], id="blanks at its edges"),
        pytest.param("<p>　　甲<b>乙</b></p>", ["甲[strong 乙]"], id="an indentation before it"),
        pytest.param("<p>一\u200b二 \n <b>三\n四</b></p>", ["一二[strong 三四]"], id="what cleaning removes"),
        pytest.param(
            f"<p><b>甲<a href='{A}'>乙</a></b>丙</p>", ["[strong 甲[link 乙]]丙"], id="one in the other"
        ),
        pytest.param("<p><b>甲<br>乙</b>丙</p>", ["[strong 甲]", "[strong 乙]丙"], id="over a line break"),
        pytest.param(
            "<p><b>甲说，<br>乙说。</b>丙</p>",
            ["[strong 甲说，]", "[strong 乙说。]丙"],
            id="in two sentences",
        ),
        pytest.param(
            "<p>1<sup>st</sup>，v<sub>max</sub></p>", ["1[superscript st]，v[subscript max]"], id="raised"
        ),
        pytest.param(
            "<p>10<sup>-9</sup>，五<sup>[1]</sup></p>", ["10⁻⁹，五"], id="raised in the text itself"
        ),
        pytest.param(f"<p>五<sup><a href='{A}'>[1]</a></sup>年</p>", ["五年"], id="the mark of a note"),
        pytest.param(
            "<p>甲<a href='#b'>乙</a><a href='javascript:x()'>丙</a></p>", ["甲乙丙"], id="no address"
        ),
        pytest.param("<p>甲<b></b><a href='https://example.org'> </a>乙</p>", ["甲 乙"], id="nothing marked"),
        pytest.param(f"1. 甲\n2. **乙**[丙]({A})", ["1. 甲", "2. [strong 乙][link 丙]"], id="items"),
        pytest.param(
            f"|项|值|\n|-|-|\n|**桥**|[长]({A})|", ["项 | 值", "[strong 桥] | [link 长]"], id="cells"
        ),
        pytest.param("```\n**甲** `乙`\n```", ["**甲** `乙`"], id="code has none"),
        pytest.param("<h2><b>甲</b></h2><p>乙</p>", ["甲", "乙"], id="a heading is bold as it is"),
        pytest.param(f"摘要：<a href='{A}'>甲</a>乙", ["[link 甲]乙"], id="behind a label that goes"),
        pytest.param(f"<p>甲<img src='{JPG}'>乙</p>", ["甲[image]乙"], id="a picture in a line"),
        pytest.param(f"<p>甲</p><p><img src='{JPG}'></p><p>乙</p>", ["甲", "[image]乙"], id="one of its own"),
        pytest.param(
            f"<p>甲</p><p><img src='{JPG}'></p><h2>乙</h2>", ["甲[image]", "乙"], id="before a heading"
        ),
        pytest.param(f"甲\n\n- ![]({JPG})乙", ["甲", "[image]乙"], id="in an item"),
        pytest.param(f"甲\n\n![]({JPG})\n\n![]({PNG})\n", ["甲[image][image]"], id="at the end"),
        pytest.param(f"![]({JPG})\n\n```\nx\n```\n", ["[image]x"], id="before code"),
        pytest.param(
            f"<figure><img src='{JPG}'><figcaption>桥面</figcaption></figure><p>甲</p>",
            ["[image]桥面", "甲"],
            id="a caption",
        ),
        pytest.param(
            f"<p>甲</p><div style='display:none'><img src='{JPG}'>x</div><p>乙丙丁</p>",
            ["甲", "乙丙丁"],
            id="a hidden picture",
        ),
        pytest.param(
            f"<p><img src='{JPG}'></p><p>编辑：某某</p><p>正文在此。</p>",
            ["[image]正文在此。"],
            id="a picture before a line that goes",
        ),
        pytest.param(
            f"<p>正文在此。</p><p><img src='{JPG}'></p><p>扫描下方二维码关注我们</p>",
            ["正文在此。"],
            id="a code to be scanned",
        ),
        pytest.param(
            f"<h1>重复的标题<img src='{JPG}'></h1><p>乙</p>", ["[image]乙"], id="in a title that goes"
        ),
    ],
)
def test_what_is_marked_up_is_marked(body: str, expected: list[str]) -> None:
    assert marked(body, title="重复的标题") == expected


def test_an_article_of_pictures_keeps_them() -> None:
    body = f"![桥]({JPG})\n\n<p><img src='{PNG}'></p>"
    assert paragraphs(body, title="") == ()
    assert [(image.target, image.alt) for image in pictures(body)] == [(JPG, "桥"), (PNG, "")]


def test_levels_say_how_deep_headings_and_lists_are() -> None:
    text = "## 甲\n\n- 乙\n  - 丙\n\n|丁|戊|\n|-|-|\n|1|2|\n\n**己部**\n\n庚。"
    assert [(paragraph.kind, paragraph.level) for paragraph in paragraphs(text, title="")] == [
        (BlockKind.HEADING, 2),
        (BlockKind.LIST_ITEM, 1),
        (BlockKind.LIST_ITEM, 2),
        (BlockKind.ROW, 1),
        (BlockKind.ROW, 0),
        (BlockKind.HEADING, 0),
        (BlockKind.TEXT, 0),
    ]


def test_a_post_has_a_bounded_number_of_marks_and_keeps_all_its_text() -> None:
    count = marks.MAX_MARKS + 100
    body = "<p>" + "".join(f"<a href='{A}{number}'>第{number}条</a>，" for number in range(count)) + "</p>"
    [paragraph] = paragraphs(body, title="")
    assert len(paragraph.marks) == marks.MAX_MARKS
    assert f"第{count - 1}条" in paragraph.text


def test_marks_that_never_close_go_on_for_a_bounded_number() -> None:
    body = "<b>" * 1_000 + "".join(f"<p>{number}说。</p>" for number in range(1_000))
    found = paragraphs(body, title="")
    assert len(found) == 1_000
    assert sum(len(paragraph.marks) for paragraph in found) <= marks.MAX_MARKS


TAGS = ("b", "i", "a", "code", "del", "sup", "p", "br", "li", "td", "h2", "div", "img", "math", "table")
PIECES = st.sampled_from(
    [
        *(f"<{tag} href='{A}' src='{JPG}'>" for tag in TAGS),
        *(f"</{tag}>" for tag in TAGS),
        *"甲乙a1 \n。\u200b",
    ]
)


@given(st.lists(PIECES, max_size=60).map("".join))
def test_marks_lie_in_the_text_in_order_and_never_cross(body: str) -> None:
    for paragraph in paragraphs(body, title=""):
        check(paragraph.text, paragraph.marks)
        assert paragraph.kind is not BlockKind.CODE or all(
            mark.kind is MarkKind.IMAGE for mark in paragraph.marks
        )


def check(text: str, found: Sequence[Mark]) -> None:
    assert all(0 <= mark.start <= mark.end <= len(text) for mark in found)
    assert all((mark.start == mark.end) == (mark.kind is MarkKind.IMAGE) for mark in found)
    assert all((one.start, -one.end) <= (other.start, -other.end) for one, other in pairwise(found))
    open_ends: list[int] = []
    for mark in found:
        while open_ends and open_ends[-1] <= mark.start:
            open_ends.pop()
        assert not open_ends or mark.end <= open_ends[-1]
        open_ends.append(mark.end)


WORDS = st.text(st.sampled_from("甲乙丙ab1，。 \n\t\u3000\xa0\u200b\u2028\x00"), min_size=1, max_size=12)


@given(st.lists(st.tuples(WORDS, st.booleans()), max_size=8))
def test_a_mark_holds_the_words_that_were_marked(parts: list[tuple[str, bool]]) -> None:
    body = "".join(f"<b>{html.escape(text)}</b>" if bold else html.escape(text) for text, bold in parts)
    found = paragraphs(f"<p>始{body}终。</p>", title="")
    whole = "".join(paragraph.text for paragraph in found)
    bold_words = [paragraph.text[mark.start : mark.end] for paragraph in found for mark in paragraph.marks]
    assert squeezed(bold_words) == squeezed(text for text, bold in parts if bold)
    assert squeezed([whole]) == f"始{squeezed(text for text, _ in parts)}终。"


def squeezed(texts: Iterable[str]) -> str:
    return "".join(clean_line("".join(texts)).split())


@given(WORDS)
def test_places_are_found_again_in_a_cleaned_line(raw: str) -> None:
    clean = clean_line(raw)
    places = places_in_clean_line(raw, clean, range(len(raw) + 1))
    assert places == sorted(places)
    assert all(
        clean[places[number]] == character
        for number, character in enumerate(raw)
        if character.isalnum() or character in "，。"
    )


@given(WORDS, WORDS, WORDS, WORDS)
def test_marks_outside_of_a_change_stay_on_their_words(head: str, old: str, new: str, tail: str) -> None:
    before, after = head + old + tail, head + new + tail
    strong = (
        Mark(0, len(head), MarkKind.STRONG),
        Mark(len(head + old), len(before), MarkKind.STRONG),
    )
    found = marks.rebased(strong, before, after)
    assert [after[mark.start : mark.end] for mark in found if mark.end <= len(head)] == [head]
    assert after[found[-1].start : found[-1].end].endswith(tail[-1])
    check(after, found)
