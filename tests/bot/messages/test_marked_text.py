"""Marks of a paragraph in a message: accepted by Telegram, no text lost, no address that it drops."""

from hypothesis import given
from hypothesis import strategies as st

from bot.messages import marked_text, markup
from bot.wording import plain_text
from corpus.models import Mark, MarkKind
from tests.bot.messages.rendering import HOSTILE, URLS, check, shown

LINK, STRONG, EMPHASIS, CODE = MarkKind.LINK, MarkKind.STRONG, MarkKind.EMPHASIS, MarkKind.CODE


@st.composite
def marked(draw: st.DrawFn) -> tuple[str, tuple[Mark, ...]]:
    """A hostile text with marks in any place, crossing ones too."""
    text = draw(HOSTILE.filter(lambda words: bool(plain_text.clean(words).strip())))
    place = st.integers(0, len(text))
    made = draw(st.lists(st.builds(Mark, place, place, st.sampled_from(MarkKind), URLS), max_size=12))
    ordered = (mark for mark in made if mark.start <= mark.end)
    return text, tuple(sorted(ordered, key=lambda mark: (mark.start, -mark.end)))


@given(marked(), st.none() | st.sampled_from([STRONG, EMPHASIS]))
def test_any_marks_are_accepted_and_all_of_the_text_is_shown(
    given_: tuple[str, tuple[Mark, ...]], whole: MarkKind | None
) -> None:
    text, marks = given_
    clipped = marked_text.clip(text, marks, 0, len(text))
    made = marked_text.render(text, clipped, whole=whole)
    assert markup.plain(made) == plain_text.clean(text)
    formatted = check(made)
    assert len(formatted.entities) <= len(clipped) + 1 + sum(
        entity.type not in ("text_link", "bold", "italic", "strikethrough", "code")
        for entity in formatted.entities
    )


def test_nested_marks_are_shown_nested_and_code_alone() -> None:
    text = "据官网与下载页说，用 a<b 即可。"
    marks = (
        Mark(1, 8, LINK, "https://example.org/新闻?a=1&b=2"),
        Mark(1, 3, STRONG),
        Mark(4, 7, CODE),
        Mark(11, 14, CODE),
        Mark(11, 12, STRONG),
    )
    formatted = shown(marked_text.render(text, marks))
    assert formatted.text == text
    [link] = [entity for entity in formatted.entities if entity.type == "text_link"]
    assert (formatted.covered(link), link.url) == (
        "官网与下载页说",
        "https://example.org/%E6%96%B0%E9%97%BB?a=1&b=2",
    )
    assert formatted.spans("bold") == ("官网",)
    assert formatted.spans("code") == ("a<b",)


def test_only_web_addresses_are_linked_and_pictures_leave_no_trace() -> None:
    text = "写信、看图、点这里"
    marks = (
        Mark(0, 2, LINK, "mailto:a@example.org"),
        Mark(3, 3, MarkKind.IMAGE, "https://example.org/a.png"),
        Mark(3, 5, LINK, "javascript:alert(1)"),
        Mark(6, 9, LINK, "https://example.org/"),
    )
    clipped = marked_text.clip(text, marks, 0, len(text))
    assert [mark.target for mark in clipped] == ["https://example.org/"]
    formatted = shown(marked_text.render(text, clipped))
    assert formatted.text == text
    assert formatted.spans("text_link") == ("点这里",)


def test_a_part_of_a_text_keeps_the_part_of_its_marks() -> None:
    marks = (Mark(0, 10, STRONG), Mark(2, 4, EMPHASIS), Mark(8, 10, EMPHASIS))
    assert marked_text.clip("一二三四五六七八九十", marks, 3, 9) == (
        Mark(0, 6, STRONG),
        Mark(0, 1, EMPHASIS),
        Mark(5, 6, EMPHASIS),
    )


def test_links_come_before_other_marks_where_not_all_can_be_shown() -> None:
    strong, link = Mark(0, 1, STRONG), Mark(1, 2, LINK, "https://example.org/")
    lines = [(strong, link), (strong, link)]
    assert marked_text.affordable(lines, limit=3, limit_bytes=1000) == [(strong, link), (link,)]
    assert marked_text.affordable(lines, limit=9, limit_bytes=60) == [(link,), ()]


def test_code_is_not_converted_into_the_readers_script() -> None:
    made = marked_text.render("中国 国", (Mark(3, 4, CODE),), lambda text: text.replace("国", "國"))
    assert shown(made).text == "中國 国"
