"""Metadata of raw updates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.inbox.envelope import encode, read_envelope

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=20,
)
FIELDS = st.sampled_from(
    [
        "message",
        "from",
        "chat",
        "id",
        "date",
        "text",
        "reply_to_message",
        "callback_query",
        "update_id",
        "type",
    ]
)
UPDATES = st.recursive(
    JSON,
    lambda inner: st.dictionaries(FIELDS, inner, max_size=6) | st.lists(inner, max_size=3),
    max_leaves=30,
)


@given(UPDATES)
def test_no_junk_makes_reading_fail(junk: object) -> None:
    envelope = read_envelope(junk, bot_id=1, bot_name="bot")
    if envelope is not None:
        assert 0 <= envelope.update_id < 2**63
        assert encode({"update_id": 1, "message": junk}).isascii()


def message(text: str, **fields: object) -> dict[str, object]:
    chat = {"id": -5, "type": "supergroup"}
    return {"update_id": 1, "message": {"chat": chat, "from": {"id": 7}, "text": text, **fields}}


def wants_answer(update: object) -> bool:
    envelope = read_envelope(update, bot_id=99, bot_name="Baotong_bot")
    assert envelope is not None
    return envelope.wants_answer


def test_in_a_group_only_what_is_meant_for_the_bot_wants_an_answer() -> None:
    assert wants_answer(message("@baotong_bot 你好"))
    assert wants_answer(message("/ask 央行"))
    assert wants_answer(message("/ask@BAOTONG_bot 央行"))
    assert wants_answer(message("还有吗", reply_to_message={"from": {"id": 99}}))
    assert not wants_answer(message("/ask@other_bot 央行"))
    assert not wants_answer(message("大家好"))
    assert not wants_answer(message("还有吗", reply_to_message={"from": {"id": 98}}))
    assert not wants_answer(
        message("开场", reply_to_message={"from": {"id": 99}, "forum_topic_created": {"n": 1}})
    )
    assert not wants_answer(message("@baotong_bot", **{"from": {"id": 3, "is_bot": True}}))
    assert not wants_answer({"update_id": 1, "message": {"chat": {"id": -5}, "new_chat_title": "x"}})


def test_ids_that_many_people_share_stand_for_nobody() -> None:
    anonymous = {"id": 1087968824, "is_bot": True, "username": "GroupAnonymousBot"}
    envelope = read_envelope(message("/ask 央行", **{"from": anonymous}))
    assert envelope is not None
    assert envelope.user_id is None
    assert envelope.wants_answer


def test_chats_have_queues_of_their_own_and_inline_queries_do_not_wait_in_them() -> None:
    private = read_envelope(
        {"update_id": 1, "message": {"chat": {"id": 7, "type": "private"}, "from": {"id": 7}}}
    )
    inline = read_envelope({"update_id": 2, "inline_query": {"from": {"id": 7}, "query": "x"}})
    press = read_envelope(
        {"update_id": 3, "callback_query": {"id": "a", "from": {"id": 7}, "message": message("")["message"]}}
    )
    assert private is not None
    assert inline is not None
    assert press is not None
    assert len({private.queue, inline.queue, press.queue}) == 3
    assert (press.chat_id, press.press_id) == (-5, "a")


@pytest.mark.parametrize(
    "words",
    [
        "/",
        "/ ask",
        "//ask 桥",
        "/问 桥",
        "@baotong_botx 桥",
        "me@baotong_bot",
        "/roll",
        "/roll@other_bot",
        "/ask@",
    ],
)
def test_what_other_bots_and_people_write_in_a_group_counts_for_nothing(words: str) -> None:
    envelope = read_envelope(message(words), bot_id=99, bot_name="baotong_bot", commands={"ask", "help"})
    assert envelope is not None
    assert not envelope.wants_answer


@pytest.mark.parametrize(
    "words",
    ["/ask 桥", "/ASK桥", "/help@Baotong_bot", "/roll@baotong_bot", "桥@baotong_bot呢", "@BAOTONG_bot"],
)
def test_what_names_the_bot_or_its_commands_in_a_group_counts(words: str) -> None:
    envelope = read_envelope(message(words), bot_id=99, bot_name="baotong_bot", commands={"ask", "help"})
    assert envelope is not None
    assert envelope.wants_answer
