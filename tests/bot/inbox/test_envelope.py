"""Metadata of raw updates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.inbox.addressing import BotIdentity
from bot.inbox.envelope import encode, read_envelope

ME = BotIdentity(99, "baotong_bot", frozenset({"ask"}))
COMMAND = {"type": "bot_command", "offset": 0, "length": 4}

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
        "entities",
        "offset",
        "length",
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
    envelope = read_envelope(junk, BotIdentity(1, "bot", frozenset({"ask"})))
    if envelope is not None:
        assert 0 <= envelope.update_id < 2**63
        assert encode({"update_id": 1, "message": junk}).isascii()


def message(text: str, **fields: object) -> dict[str, object]:
    chat = {"id": -5, "type": "supergroup"}
    return {"update_id": 1, "message": {"chat": chat, "from": {"id": 7}, "text": text, **fields}}


def test_ids_that_many_people_share_stand_for_nobody() -> None:
    anonymous = {"id": 1087968824, "is_bot": True, "username": "GroupAnonymousBot"}
    asked = message("/ask 央行", sender_chat={"id": -5}, entities=[COMMAND], **{"from": anonymous})
    envelope = read_envelope(asked, ME)
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
    ("kind", "fields", "chatter"),
    [
        pytest.param("message", {"text": "大家好"}, True, id="what people say to each other"),
        pytest.param("edited_message", {"text": "大家好"}, True, id="and when they edit it"),
        pytest.param("message", {"new_chat_title": "新名"}, True, id="service message"),
        pytest.param("message", {"migrate_to_chat_id": -9}, False, id="group that moves"),
        pytest.param("message", {"text": "/ask 桥", "entities": [COMMAND]}, False, id="question"),
        pytest.param("my_chat_member", {}, False, id="the bot's own rights"),
    ],
)
def test_messages_that_the_bot_has_nothing_to_do_with_are_chatter(
    kind: str, fields: dict[str, object], chatter: bool
) -> None:
    content = {"chat": {"id": -5, "type": "supergroup"}, "from": {"id": 7}, **fields}
    envelope = read_envelope({"update_id": 1, kind: content}, ME)
    assert envelope is not None
    assert envelope.is_chatter is chatter
