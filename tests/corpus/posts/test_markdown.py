import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.models import BlockKind
from corpus.posts.cleaning import paragraphs


def read(text: str) -> list[tuple[str, BlockKind]]:
    return [(paragraph.text, paragraph.kind) for paragraph in paragraphs(text, title="")]


def texts(text: str) -> list[str]:
    return [text for text, _ in read(text)]


def test_markdown_gives_every_kind_of_block() -> None:
    prose = "# 题\n\n文*强*调[链](http://a.org)。\n\n- 项\n\n> 引\n\n"
    text = prose + "```py\na = 1\n\n<b>\n```\n\n| 年 | 量 |\n|--|--|\n| 1 | 2 |\n"
    assert read(text) == [
        ("题", BlockKind.HEADING),
        ("文强调链。", BlockKind.TEXT),
        ("项", BlockKind.LIST_ITEM),
        ("引", BlockKind.QUOTE),
        ("a = 1\n<b>", BlockKind.CODE),
        ("年 | 量", BlockKind.ROW),
        ("1 | 2", BlockKind.ROW),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("####前言\n正文", ["前言", "正文"], id="a heading without blank"),
        pytest.param("#话题 不是标题", ["#话题 不是标题"], id="one sign is a topic"),
        pytest.param("甲\n\n<!--more-->\n\n乙", ["甲", "乙"], id="the fold"),
        pytest.param(
            "甲\n\n<!-- 一段\n\n# 藏起来的\n\n原文 -->\n\n乙", ["甲", "乙"], id="a comment with empty lines"
        ),
        pytest.param("甲 <!-- 没有结束\n\n乙", ["甲 <!-- 没有结束", "乙"], id="a comment without end"),
        pytest.param("{% raw %}\n甲 {{ 名 }}\n{% endraw %}", ["甲 {{ 名 }}"], id="raw"),
        pytest.param("甲 {% asset_img a.png %} 乙", ["甲 乙"], id="a template tag"),
        pytest.param('{{< figure src="a.png" >}}\n\n甲', ["甲"], id="a short code"),
        pytest.param("用 `{% raw %}` 包起来", ["用 {% raw %} 包起来"], id="a template tag shown as code"),
        pytest.param(
            "{% highlight c %}\n#include <a.h>\n{% endhighlight %}", ["#include <a.h>"], id="a listing"
        ),
        pytest.param("{: .note}\n甲", ["甲"], id="attributes"),
        pytest.param("甲[^1]\n\n[^1]: 这是脚注。", ["甲", "这是脚注。"], id="a footnote"),
        pytest.param("[注]: 这句话没有空格", ["[注]: 这句话没有空格"], id="words like a definition"),
        pytest.param("[a]\n\n[a]: http://a.org/b", ["a"], id="a definition"),
        pytest.param("**“重点”**说明", ["“重点”说明"], id="emphasis beside full-width quotes"),
        pytest.param("返回 List<String> 类型", ["返回 List<String> 类型"], id="a type is no tag"),
        pytest.param("前文\n\n<String>\n甲", ["前文", "<String> 甲"], id="nor at the head of a line"),
        pytest.param("用 <template> 标签\n\n乙", ["用 <template> 标签", "乙"], id="prose about a tag"),
        pytest.param(
            "前文\n\n<script> 标签可以\n\n乙", ["前文", "<script> 标签可以", "乙"], id="at the head of a line"
        ),
        pytest.param("甲<br>乙 <b>丙</b>", ["甲", "乙 丙"], id="HTML in a line"),
        pytest.param("甲\n\n<div>\n\n**乙**\n\n</div>", ["甲", "乙"], id="HTML around paragraphs"),
        pytest.param(
            "正文\n\n<table>\n<tr>\n\n    <td>甲</td>\n\n    <td>乙</td>\n\n</tr>\n</table>",
            ["正文", "甲 | 乙"],
            id="HTML that is indented",
        ),
        pytest.param("正文\n\n    <b>码</b>", ["正文", "<b>码</b>"], id="code that is indented"),
        pytest.param("![图](a.png)\n\n甲", ["甲"], id="pictures"),
        pytest.param("短句一\n短句二", ["短句一", "短句二"], id="short lines are lines"),
        pytest.param("长" * 40 + "\n" + "续" * 9, ["长" * 40 + "续" * 9], id="a wrapped line goes on"),
        pytest.param(
            "长" * 40 + "。\n" + "续" * 9, ["长" * 40 + "。", "续" * 9], id="a sentence ends a line"
        ),
        pytest.param("甲\r\n乙", ["甲", "乙"], id="carriage returns"),
    ],
)
def test_no_text_is_lost_in_markdown(text: str, expected: list[str]) -> None:
    assert texts(text) == expected


@pytest.mark.parametrize("fence", ["```", "~~~", "````"])
def test_nothing_is_changed_in_fences(fence: str) -> None:
    code = "##x\n{% raw %}\n<!-- c -->\n[^1]: 脚\n<template>\n**甲**"
    assert read(f"前\n\n{fence}\n{code}\n{fence}\n\n后") == [
        ("前", BlockKind.TEXT),
        (code, BlockKind.CODE),
        ("后", BlockKind.TEXT),
    ]


@pytest.mark.parametrize(
    "mark",
    [
        "[",
        "![",
        "[a](",
        "*a ",
        "_a __b ",
        "`",
        "<",
        "<a ",
        "&",
        "> ",
        "- ",
        "|a",
        "{% ",
        "{{< ",
        "<!--",
        "](",
        "\\",
        "#",
        "1. ",
        "~~a ",
        "<http://a",
        "**x",
    ],
)
def test_hostile_markdown_costs_little(mark: str) -> None:
    started = time.process_time()
    paragraphs(mark * 20_000, title="")
    paragraphs((mark + "\n") * 5_000, title="")
    assert time.process_time() - started < 5


def test_a_giant_text_is_read_as_plain_paragraphs() -> None:
    text = "[a](\n\n" * 200_000 + "*结尾*"
    started = time.process_time()
    assert texts(text)[-1] == "*结尾*"
    assert time.process_time() - started < 30


MARKS = [
    "# ",
    "##",
    "- ",
    "> ",
    "**",
    "*",
    "_",
    "`",
    "~~",
    "|",
    "\n",
    "\n\n",
    "    ",
    "1. ",
    "[",
    "]",
    "\\",
    "<br>",
    "!",
    "{",
]


@given(st.lists(st.sampled_from(MARKS) | st.just("词"), max_size=40))
def test_every_word_between_marks_is_kept(parts: list[str]) -> None:
    words = iter(range(100, 999))
    text = "".join(f"词{next(words)}语" if part == "词" else part for part in parts)
    text = text.replace("~~~", "~~ ~").replace("```", "`` `")  # what follows a fence names a language
    kept = "".join(texts("前文\n\n" + text))
    for number in range(100, next(words)):
        assert f"词{number}语" in kept
