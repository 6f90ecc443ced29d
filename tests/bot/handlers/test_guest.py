"""Guest mode: one citation where the bot is no member, and nothing else."""

import pytest

from bot.inbox.envelope import KINDS, read_envelope
from bot.inbox.limits import Allowance, Limits, Verdict
from bot.storage import chats
from bot.storage.chats import ChatPreferences
from bot.storage.database import State
from tests.bot.conftest import OpenTalk
from tests.botapi import faults
from tests.botapi.fixtures import StartBot
from tests.botapi.harness import Talk
from tests.botapi.server import BotApiServer

QUESTION = "临江大桥什么时候通车"


@pytest.fixture(autouse=True)
def guests(telegram: BotApiServer) -> None:
    telegram.configure(guests=True)
    telegram.updates.allow(KINDS)


async def called(talk: Talk, text: str, *, replying_to: str = "") -> str:
    """What the bot posts where it is called."""
    call = talk.me.call_guest(text, replying_to=replying_to)
    await talk.settle()
    return (await call.answer(within=0.1)).content.text


async def test_a_question_gets_one_citation_with_a_link(talk: Talk, telegram: BotApiServer) -> None:
    call = talk.me.call_guest(f"@baotong_bot {QUESTION}")
    await talk.settle()
    answer = await call.answer(within=0.1)
    assert "临江大桥十月一日零时通车" in answer.content.text
    assert "零时正式通车" in answer.content.text
    assert "2026年9月20日" in answer.content.text
    [[button]] = answer.keyboard
    assert (button.url or "").startswith("https://t.me/baotong_bot?start=a_")
    assert [call.method for call in telegram.journal.calls if call.method != "getMe"] == ["answerGuestQuery"]


@pytest.mark.parametrize(
    ("text", "replying_to"),
    [
        ("@baotong_bot", QUESTION),
        ("@baotong_bot 这是真的吗", "听说临江大桥十月一日通车"),
        ("真假？ @baotong_bot", "听说临江大桥十月一日通车"),
        (f"@baotong_bot，{QUESTION}", "随便说一句"),
    ],
)
async def test_what_is_replied_to_is_read_as_in_a_group(talk: Talk, text: str, replying_to: str) -> None:
    assert "临江大桥十月一日零时通车" in await called(talk, text, replying_to=replying_to)


async def test_a_link_is_known_to_a_guest_too(talk: Talk) -> None:
    source = "https://paper.example.com/2026/bridge?id=1&page=2"
    for text, replying_to in ((f"@baotong_bot {source}", ""), ("@baotong_bot", source)):
        assert (await called(talk, text, replying_to=replying_to)).startswith("临江大桥十月一日零时通车")
    assert "2860米" in await called(talk, "@baotong_bot 全长多少米", replying_to=source)


async def test_other_kinds_of_answers_are_told_too(talk: Talk) -> None:
    assert "地铁" in await called(talk, "@baotong_bot 列出所有关于地铁的新闻")
    assert "篇" in await called(talk, "@baotong_bot 有多少篇文章")
    assert "没有找到" in await called(talk, "@baotong_bot 火星上的猫有几只")
    usage = await called(talk, "@baotong_bot")
    assert "@baotong_bot" in usage
    assert [await called(talk, f"@baotong_bot {words}") for words in ("你好", "谢谢！", "在吗？")] == [
        usage
    ] * 3


async def test_a_chat_that_bears_a_known_id_lends_nothing_to_a_guest(open_talk: OpenTalk) -> None:
    with State.in_memory() as state:
        async with open_talk(state=state) as talk:
            with state.transaction() as connection:
                chats.save(connection, -1_009_000_000_001, ChatPreferences(language="en"))
            assert "没有找到" in await called(talk, "@baotong_bot 火星上的猫有几只")
            assert not state.connection().execute("SELECT count(*) FROM shown").fetchone()[0]


@pytest.mark.parametrize(
    ("allowed", "setting", "answered"),
    [
        pytest.param(False, "on", True, id="open archive"),
        pytest.param(False, "allowed", True, id="open archive, no list"),
        pytest.param(False, "off", False, id="switched off"),
        pytest.param(True, "on", False, id="private archive"),
        pytest.param(True, "allowed", True, id="private archive, allowed person"),
        pytest.param(True, "off", False, id="private archive, switched off"),
    ],
)
async def test_a_private_archive_is_silent_unless_its_operator_says_otherwise(
    open_talk: OpenTalk, telegram: BotApiServer, allowed: bool, setting: str, answered: bool
) -> None:
    # Talk's own person is the first that a server makes.
    listed = {510_000_001, -1_009_000_000_001} if allowed else set()
    async with open_talk(allowed_ids=frozenset(listed), guest=setting) as talk:
        assert talk.me.id == 510_000_001
        call = talk.me.call_guest(f"@baotong_bot {QUESTION}")
        stranger = telegram.person("路人").call_guest(f"@baotong_bot {QUESTION}")
        await talk.settle()
        assert (call.asked.answer is not None) is answered
        assert (stranger.asked.answer is not None) is (answered and not allowed)
        assert not telegram.journal.called("sendMessage")


async def test_other_bots_are_not_answered(talk: Talk, telegram: BotApiServer) -> None:
    call = telegram.other_bot("天气", "weather_bot").call_guest(f"@baotong_bot {QUESTION}")
    await talk.settle()
    assert call.asked.answer is None


async def test_an_answer_that_comes_too_late_is_no_failure(talk: Talk, telegram: BotApiServer) -> None:
    telegram.expect_refusals()
    telegram.world.guest_lifetime = -1
    call = talk.me.call_guest(f"@baotong_bot {QUESTION}")
    await talk.settle()
    assert call.asked.answer is None
    assert not telegram.journal.called("sendMessage")


def test_calls_count_as_questions_of_the_person_and_nobody_is_told_there(telegram: BotApiServer) -> None:
    limits = Limits(person=Allowance(burst=2, per_minute=0.001))
    person = telegram.person()
    for words in "一二三四":
        person.call_guest(f"@baotong_bot {words}")
    envelopes = [read_envelope(update) for update in telegram.updates.take()]
    verdicts = [limits.judge(one, 100.0) for one in envelopes if one is not None]
    assert verdicts == [Verdict.ACCEPT, Verdict.ACCEPT, Verdict.DROP, Verdict.DROP]
    assert {one.chat_id for one in envelopes if one is not None} == {None}
    assert {one.queue for one in envelopes if one is not None} == {f"guest_message:{person.id}"}


async def test_a_call_is_not_taken_up_again_after_a_restart(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    bot = await baotong()
    person = telegram.person()
    answer = await person.call_guest(f"@baotong_bot {QUESTION}").answer()
    assert "零时正式通车" in answer.content.text
    telegram.faults.plan(faults.hang(), "answerGuestQuery")
    call = person.call_guest("@baotong_bot 地铁什么时候延长")
    await telegram.until(lambda: len(telegram.journal.called("answerGuestQuery")) == 2)
    await bot.restart(kill=True)
    chat = telegram.private(person)
    person.say(chat, QUESTION)
    await chat.next_answer()
    assert call.asked.answer is None
    assert len(telegram.journal.called("answerGuestQuery")) == 2
