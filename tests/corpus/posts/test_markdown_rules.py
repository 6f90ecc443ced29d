"""What is found sooner is what markdown-it finds by itself."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from corpus.posts.markdown_rules import take_shortcuts
from tests.profiles import examples


def parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": True, "maxNesting": 8}).enable(["table", "strikethrough"])


usual, shortened = parser(), take_shortcuts(parser())

pieces = st.sampled_from(
    [
        *(
            "金砖",
            "甲",
            "a",
            "1.",
            "2)",
            " ",
            "  ",
            "    ",
            "\t",
            "\n",
            "\n\n",
            "  \n",
            "\\\n",
            "\u3000",
            "\xa0",
        ),
        *(
            "\x0c",
            "\x1c",
            "\x85",
            "\u2028",
            "# ",
            "## ",
            "> ",
            "- ",
            "* ",
            "+ ",
            "---",
            "===",
            "***",
            "```",
            "~~~",
        ),
        *(
            "|",
            "|--|",
            ":-:",
            "*",
            "**",
            "_",
            "__",
            "~~",
            "`",
            "``",
            "[",
            "]",
            "](",
            "(b)",
            "![",
            "!",
            "[a]: b",
        ),
        *(
            "<",
            ">",
            "<b>",
            "</b>",
            "<div>",
            "</div>",
            "<!--",
            "-->",
            "<http://a.org>",
            "<script>",
            "&",
            "&amp;",
        ),
        *(
            "&#38;",
            "\\",
            "\\*",
            "\\[",
            "{",
            "}",
            "%",
            "$",
            "@",
            "^",
            "=",
            ":",
            "-",
            "+",
            "#",
            "。",
            "，",
            "！",
        ),
    ]
)


@settings(max_examples=examples(600), deadline=None)
@given(st.lists(pieces, max_size=40).map("".join) | st.text(max_size=40))
def test_the_shorter_way_leads_to_the_same_place(text: str) -> None:
    assert shortened.render(text) == usual.render(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("甲\n\n1\n\n    码\n\n乙", id="lines by themselves"),
        pytest.param("甲\n\n| 年 |\n|--|\n\n乙\n===\n", id="what the next line decides"),
        pytest.param("- 甲\n\n  乙\n- 丙\n\n丁", id="in a list"),
        pytest.param("> 甲\n\n> 乙\n丙", id="in a quotation"),
        pytest.param("[[[[[[[[[[甲](b)](b)*乙*", id="deeper than is allowed"),
        pytest.param('[甲-乙=丙](b "c") ![甲](b) 甲! [', id="text of links"),
        pytest.param("\u3000甲\u3000\n\n\xa0乙\x1c\n\n\u2028丙", id="blanks of other kinds"),
    ],
)
def test_lines_of_every_kind(text: str) -> None:
    assert shortened.render(text) == usual.render(text)
