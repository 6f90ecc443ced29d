"""Rich messages are read: their blocks become a text, their mentions and commands entities."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.inbox.rich_messages import MAX_CHARS, read_rich_message, with_text
from tests.botapi.harness import Talk
from tests.botapi.server import BotApiServer

QUESTION = "临江大桥什么时候通车"
BOLD = {"type": "bold", "text": "临江大桥"}
MENTION = {"type": "mention", "text": "@baotong_bot", "username": "baotong_bot"}


def words(*blocks: Any) -> str:
    return read_rich_message({"blocks": list(blocks)})[0]


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ({"type": "paragraph", "text": "一句"}, "一句"),
        (
            {
                "type": "paragraph",
                "text": ["一", {"type": "bold", "text": ["二", {"type": "code", "text": "三"}]}],
            },
            "一二三",
        ),
        ({"type": "heading", "size": 1, "text": "题"}, "题"),
        ({"type": "pullquote", "text": "引", "credit": "人"}, "引\n人"),
        ({"type": "blockquote", "blocks": [{"type": "paragraph", "text": "引"}]}, "引"),
        ({"type": "details", "summary": "题", "blocks": [{"type": "paragraph", "text": "文"}]}, "题\n文"),
        (
            {
                "type": "list",
                "items": [
                    {"label": "1.", "blocks": [{"type": "paragraph", "text": text}]} for text in "甲乙"
                ],
            },
            "1. 甲\n1. 乙",
        ),
        (
            {
                "type": "table",
                "cells": [[{"text": "甲"}, {}, {"text": "乙"}], [{"text": "丙"}]],
                "caption": "表",
            },
            "表\n甲 乙\n丙",
        ),
        ({"type": "photo", "photo": [], "caption": {"text": "图", "credit": "摄"}}, "图\n摄"),
        ({"type": "mathematical_expression", "expression": "a^2"}, "a^2"),
        ({"type": "collage", "blocks": [{"type": "photo", "caption": {"text": "图"}}]}, "图"),
        ({"type": "divider"}, ""),
        ({"type": "of_another_version", "text": "新"}, "新"),
    ],
)
def test_the_words_of_every_kind_of_block_are_read(block: dict[str, Any], expected: str) -> None:
    assert words(block) == expected
    assert words(block, {"type": "paragraph", "text": "尾"}) == f"{expected}\n尾".lstrip("\n")


def test_mentions_commands_and_links_become_entities() -> None:
    command = {"type": "bot_command", "text": "/ask@baotong_bot", "bot_command": "/ask@baotong_bot"}
    link = {"type": "url", "text": "这篇", "url": "https://example.org/a"}
    text, entities = read_rich_message(
        {"blocks": [{"type": "paragraph", "text": ["😀 ", MENTION, " ", link]}]}
    )
    assert text == "😀 @baotong_bot 这篇"
    assert entities == [
        {"type": "mention", "offset": 3, "length": 12},
        {"type": "text_link", "offset": 16, "length": 2, "url": "https://example.org/a"},
    ]
    _, entities = read_rich_message({"blocks": [{"type": "paragraph", "text": [command, " 谁"]}]})
    assert entities == [{"type": "bot_command", "offset": 0, "length": 16}]


def test_a_plain_message_stays_as_it_is() -> None:
    update = {"update_id": 1, "message": {"text": "问", "reply_to_message": {"text": "答"}}}
    assert with_text(update) == update
    odd: tuple[Any, ...] = (None, 7, [], {"message": 7}, {"message": {"rich_message": 7}})
    assert tuple(map(with_text, odd)) == odd


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "text", "blocks", "cells", "items", "caption", "label"]), inner
        )
    ),
    max_leaves=30,
)


@given(json_values)
def test_reading_never_fails(rich: Any) -> None:
    text, entities = read_rich_message({"blocks": rich})
    units = len(text.encode("utf-16-le", "surrogatepass")) // 2
    assert len(text) <= MAX_CHARS
    assert not [one for one in entities if one["length"] <= 0 or one["offset"] > units + 1]


def test_what_is_nested_deeply_or_endlessly_long_is_read_in_bounded_time() -> None:
    deep: Any = "底"
    for _ in range(100_000):
        deep = [deep]
    assert words({"type": "paragraph", "text": deep}) == ""
    assert len(words(*[{"type": "paragraph", "text": "字" * 5_000}] * 100)) == MAX_CHARS


async def test_a_rich_question_is_answered_in_private(talk: Talk) -> None:
    talk.me.send_rich(talk.chat, {"type": "paragraph", "text": [BOLD, "什么时候通车"]})
    await talk.settle()
    [answer] = talk.chat.new_answers()
    assert "零时正式通车" in answer.text
    talk.me.send_rich(talk.chat, {"type": "heading", "size": 2, "text": QUESTION}, "求助", forwarded=True)
    await talk.settle()
    [answer] = talk.chat.new_answers()
    assert "临江大桥" in answer.text


async def test_a_rich_message_calls_the_bot_in_a_group_and_is_what_a_reply_asks_about(
    talk: Talk, telegram: BotApiServer
) -> None:
    telegram.configure(reads_all=True)
    other = telegram.person("小红")
    group = telegram.group("读报小组", talk.me, other)
    talk.me.send_rich(group, {"type": "paragraph", "text": [MENTION, " ", BOLD, "什么时候通车"]})
    command = {"type": "bot_command", "text": "/ask"}
    talk.me.send_rich(group, {"type": "paragraph", "text": [command, "：", QUESTION]})
    await talk.settle()
    answers = group.new_answers()
    assert ["零时正式通车" in answer.text for answer in answers] == [True, True]
    said = other.send_rich(group, {"type": "heading", "size": 1, "text": "快讯"}, QUESTION)
    await talk.settle()
    assert group.new_answers() == []
    for words_ in ("/ask@baotong_bot", "@baotong_bot 这是真的吗"):
        [answer] = await talk.say(words_, chat=group, reply_to=said)
        assert "临江大桥" in answer.text


async def test_what_has_no_words_gets_one_calm_hint(talk: Talk) -> None:
    talk.me.send_rich(talk.chat, {"type": "divider"})
    talk.me.send_checklist(talk.chat, "购物", "茶叶")
    await talk.settle()
    hints = talk.chat.new_answers()
    assert [hint.text.startswith("我只看得懂文字") for hint in hints] == [True, True]
