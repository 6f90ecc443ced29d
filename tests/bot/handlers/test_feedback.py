"""Votes by buttons: one tap, one a person, changed by another tap, exported as an evaluation set."""

from bot.inbox.envelope import KINDS, read_envelope
from bot.messages.callback_data import Verdict, Vote, encode
from bot.storage import votes
from tests.botapi.harness import Outcome, Talk
from tests.botapi.messages import Message
from tests.botapi.server import BotApiServer

QUESTION = "临江大桥什么时候通车"


def toast(outcome: Outcome) -> str:
    assert outcome.answer is not None
    assert outcome.messages == ()
    return outcome.answer.text


def exported(talk: Talk) -> list[dict[str, object]]:
    return list(votes.export(talk.application.bot_data.state.connection()))


def vote_data(message: Message, label: str) -> str:
    data = message.button(label).data
    assert data is not None
    return data


async def test_a_vote_is_one_tap_and_can_be_changed(talk: Talk) -> None:
    [answer] = await talk.say(QUESTION)
    toasts = [toast(await talk.press(answer, label)) for label in ("👍", "👍", "👎")]
    assert toasts == ["谢谢，已记下：有用", "您已经这样评价过了", "已改为：不准"]
    [line] = exported(talk)
    assert line["votes"] == {"up": 0, "down": 1}


async def test_the_export_names_question_article_and_answer(talk: Talk) -> None:
    [answer] = await talk.say(QUESTION)
    await talk.press(answer, "👍")
    [line] = exported(talk)
    assert line["question"] == QUESTION
    assert line["article"] == "城市/临江晚报/临江大桥十月一日零时通车.md"
    assert "2026年10月1日零时正式通车" in str(line["answer"])


async def test_in_a_group_everybody_has_a_vote(talk: Talk, telegram: BotApiServer) -> None:
    others = [telegram.person(name) for name in ("小红", "小刚")]
    group = telegram.group("读报群", talk.me, *others)
    [answer] = await talk.say(f"/ask@baotong_bot {QUESTION}", chat=group)
    for person in (talk.me, *others):
        await talk.press(answer, "👍", by=person)
    [line] = exported(talk)
    assert line["votes"] == {"up": 3, "down": 0}


async def test_a_vote_forged_for_another_chats_answer_does_not_count(
    talk: Talk, telegram: BotApiServer
) -> None:
    [answer] = await talk.say(QUESTION)
    stranger = telegram.person("路人")
    [theirs] = await talk.say("地铁票价听证会什么时候举行", by=stranger)
    outcome = await talk.forge(theirs, vote_data(answer, "👍"), by=stranger)
    assert toast(outcome) == "这条回答时间太久，不能再评价了"
    outcome = await talk.forge(theirs, encode(Vote(999_999, Verdict.GOOD)), by=stranger)
    assert toast(outcome) == "这条回答时间太久，不能再评价了"
    assert exported(talk) == []


async def test_after_forgetting_old_buttons_say_so(talk: Talk) -> None:
    [answer] = await talk.say(QUESTION)
    talk.application.bot_data.state.forget(talk.me.id)
    assert toast(await talk.press(answer, "👍")) == "这条回答时间太久，不能再评价了"


async def test_a_reaction_to_an_answer_is_a_vote_and_nothing_is_said(
    talk: Talk, telegram: BotApiServer
) -> None:
    telegram.updates.allow(KINDS)
    [answer] = await talk.say(QUESTION)
    for emoji, expected in (
        (("👍",), {"up": 1, "down": 0}),
        (("👎",), {"up": 0, "down": 1}),
        (("🔥",), None),
        (("👎", "🔥"), {"up": 0, "down": 1}),
        (("👍", "👎"), {"up": 0, "down": 1}),
        ((), None),
    ):
        talk.me.react(answer, *emoji)
        await talk.settle()
        assert [line["votes"] for line in exported(talk)] == ([expected] if expected else []), emoji
    assert talk.chat.new_answers() == []


async def test_reactions_count_on_further_pages_and_for_each_person_of_a_group(
    talk: Talk, telegram: BotApiServer
) -> None:
    telegram.updates.allow(KINDS)
    other = telegram.person("小红")
    group = telegram.group("读报群", talk.me, other, administrator=True)
    [answer] = await talk.say("@baotong_bot 地铁什么时候延长", chat=group)
    turned = (await talk.press(answer, "下一条")).shown
    talk.me.react(turned, "👎")
    other.react(turned, "👎")
    await talk.settle()
    assert [line["votes"] for line in exported(talk)] == [{"up": 0, "down": 2}]
    assert group.new_answers() == []


async def test_reactions_to_other_messages_are_nothing_to_the_bot(talk: Talk, telegram: BotApiServer) -> None:
    telegram.updates.allow(KINDS)
    [hello] = await talk.say("你好")
    talk.me.react(hello, "👎")
    talk.me.react(talk.chat.messages[0], "👍")
    await talk.settle()
    assert exported(talk) == []
    group = telegram.group("读报群", talk.me)
    [answer] = await talk.say(f"/ask@baotong_bot {QUESTION}", chat=group)
    talk.me.react(answer, "👍")  # of which only administrators are told
    talk.me.react(talk.chat.answers[0], "🔥")
    telegram.updates.drop()
    talk.me.react(talk.chat.answers[0], "🎉")
    [update] = telegram.updates.take()
    envelope = read_envelope(update)
    assert envelope is not None
    assert envelope.is_chatter
