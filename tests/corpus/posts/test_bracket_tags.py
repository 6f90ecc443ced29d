"""Shortcodes in brackets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.posts.bracket_tags import without_brackets
from corpus.posts.cleaning import paragraphs


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("[hide]明后两天全市停课。[/hide]", ["明后两天全市停课。"]),
        ('[notice type="yellow"]\n请带伞。\n[/notice]', ["请带伞。"]),
        ('[fold title="名单"]\n一小、二小。\n[/fold]', ["名单", "一小、二小。"]),
        ('[caption id="a5" width="300"]机房一角[/caption]', ["机房一角"]),
        ('桥已修好。[gallery ids="1,2,3"]', ["桥已修好。"]),
        ("[audio src='a.mp3' /]桥已修好。", ["桥已修好。"]),
        ("见注[1]和[note]一词。", ["见注[1]和[note]一词。"]),
        (
            '选择器 `input[type x="text"]` 与 `[hide]` 和 `[/hide]`。',
            ['选择器 input[type x="text"] 与 [hide] 和 [/hide]。'],
        ),
        ("[hide](https://news.test/a)是链接。", ["hide是链接。"]),
        ("```\n[hide]\n[/hide]\n```", ["[hide]\n[/hide]"]),
    ],
)
def test_contents_and_titles_of_shortcodes_stay(written: str, shown: list[str]) -> None:
    assert [paragraph.text for paragraph in paragraphs(written, title="")] == shown


@given(st.text("[/]ab 桥\n", max_size=80))
def test_text_is_never_removed_with_a_shortcode(written: str) -> None:
    def words(text: str) -> str:
        return "".join(filter("桥".__eq__, text))

    assert words(without_brackets(f"[aa]{written.replace('[', '')}[/aa]")) == words(written.replace("[", ""))
