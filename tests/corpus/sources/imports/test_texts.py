"""Plain text: titles and paragraphs."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.sources.imports.texts import text_paragraphs, title_and_body


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("大桥抢通\n\n昨夜恢复通行。", "大桥抢通"),
        ("\n\n  # 大桥抢通 #\n昨夜恢复通行。", "大桥抢通"),
        ("昨夜恢复通行。\n比计划提前一天。", ""),
        ("只有一行", ""),
        ("=====\n正文在这里", ""),
        ("很长的第一段" * 20 + "\n第二段", ""),
    ],
)
def test_a_short_first_line_is_the_title(text: str, title: str) -> None:
    assert title_and_body(text)[0] == title


def test_lines_are_paragraphs_as_novels_and_notes_have_them() -> None:
    assert text_paragraphs("　　第一段说的是桥。\n　　第二段说的是路。") == [
        "第一段说的是桥。",
        "第二段说的是路。",
    ]


def test_lines_that_were_broken_at_a_width_are_joined() -> None:
    words = [
        "The bridge over the river was opened to traffic late on Friday night,",
        "one day earlier than planned.",
    ]
    assert text_paragraphs("\n".join([*words, "", *words])) == [" ".join(words)] * 2
    han = ["望江大桥于昨夜二十二时恢复双向通行，比计划提前一天，城建局表示，", "桥面已验收，护栏也已验收。"]
    assert text_paragraphs("\n".join([*han, "", "三人轻伤。"])) == ["".join(han), "三人轻伤。"]


@given(st.text(alphabet=st.sampled_from("桥路a b.,。\n\t　-=#<&"), max_size=400))
def test_no_letter_is_lost(text: str) -> None:
    title, body = title_and_body(text)
    shown = title + html.unescape(re.sub(r"</?(?:p|br)>", "\n", body))
    assert [one for one in shown if one.isalnum()] == [one for one in text if one.isalnum()]
