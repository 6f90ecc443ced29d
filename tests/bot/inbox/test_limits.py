"""Who may ask how much; and reading the outside of updates."""

from hypothesis import given
from hypothesis import strategies as st

from bot.inbox.envelope import Envelope, encode, read_envelope
from bot.inbox.limits import Allowance, Limits, Verdict

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


def question(
    *, person: int = 7, chat: int | None = None, sent: float = 0.0, kind: str = "message", wants: bool = True
) -> Envelope:
    return Envelope(
        update_id=1,
        kind=kind,
        lane="",
        user_id=person,
        chat_id=chat or person,
        sent=sent,
        private=chat is None,
        wants_answer=wants,
    )


def test_one_word_then_silence_then_a_fresh_allowance() -> None:
    limits = Limits(person=Allowance(burst=3, per_minute=60))
    verdicts = [limits.judge(question(), 0) for _ in range(6)]
    assert verdicts == [Verdict.TAKE] * 3 + [Verdict.TELL] + [Verdict.DROP] * 2
    assert limits.judge(question(sent=1.0), 1) is Verdict.TAKE
    assert limits.judge(question(sent=1.0), 1) is Verdict.DROP
    assert [limits.judge(question(sent=100), 100) for _ in range(4)] == [Verdict.TAKE] * 3 + [Verdict.TELL]


def test_one_person_does_not_use_up_anothers_allowance() -> None:
    limits = Limits(person=Allowance(1, 1))
    assert limits.judge(question(person=1), 0) is Verdict.TAKE
    assert limits.judge(question(person=1), 0) is Verdict.TELL
    assert limits.judge(question(person=2), 0) is Verdict.TAKE


def test_a_group_has_an_allowance_of_its_own() -> None:
    limits = Limits(group=Allowance(2, 1))
    verdicts = [limits.judge(question(person=person, chat=-1), 0) for person in range(1, 5)]
    assert verdicts == [Verdict.TAKE, Verdict.TAKE, Verdict.TELL, Verdict.DROP]
    assert limits.judge(question(person=1), 0) is Verdict.TAKE


def test_talk_that_is_not_for_the_bot_is_not_counted() -> None:
    limits = Limits(person=Allowance(1, 1), group=Allowance(1, 1))
    for _ in range(99):
        assert limits.judge(question(chat=-1, wants=False), 0) is Verdict.TAKE
    assert limits.judge(question(chat=-1), 0) is Verdict.TAKE


def test_inline_queries_over_the_limit_are_dropped_without_a_word() -> None:
    limits = Limits(inline=Allowance(1, 1))
    verdicts = [limits.judge(question(kind="inline_query"), 0) for _ in range(3)]
    assert verdicts == [Verdict.TAKE, Verdict.DROP, Verdict.DROP]


def test_a_date_in_the_future_gives_no_credit() -> None:
    limits = Limits(person=Allowance(1, 60))
    assert limits.judge(question(), 0) is Verdict.TAKE
    assert limits.judge(question(sent=10_000), 0) is Verdict.TELL


def test_memory_stays_flat_over_many_people() -> None:
    limits = Limits()
    for person in range(50_000):
        limits.judge(question(person=person), 0)
    assert len(limits._buckets) <= 10_001


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


def test_anonymous_admins_share_no_allowance() -> None:
    anonymous = {"id": 1087968824, "is_bot": True, "username": "GroupAnonymousBot"}
    envelope = read_envelope(message("/ask 央行", **{"from": anonymous}))
    assert envelope is not None
    assert envelope.user_id is None
    assert envelope.wants_answer


def test_lanes_keep_chats_apart_and_inline_queries_out_of_their_way() -> None:
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
    assert len({private.lane, inline.lane, press.lane}) == 3
    assert (press.chat_id, press.press_id) == (-5, "a")
