"""What was said before is remembered by place: chat, topic and person, and the message that is replied to."""

from collections.abc import Callable

import pytest

from tests.botapi.harness import Talk
from tests.botapi.messages import Message
from tests.botapi.play import Chat, Person
from tests.botapi.server import BotApiServer

Tell = Callable[..., None]

BRIDGE, METRO = "临江大桥什么时候通车", "地铁票价听证会什么时候举行"
AT = "@baotong_bot"


async def said_by(
    talk: Talk,
    person: Person,
    chat: Chat,
    words: str,
    *,
    channel: Chat | None = None,
    forwarded: bool = False,
) -> Message:
    """Let somebody write, and return the bot's answer."""
    chat.new_answers()
    person.say(chat, words, as_channel=channel, forwarded=forwarded)
    await talk.settle()
    [answer] = chat.new_answers()
    return answer


@pytest.mark.parametrize("kind", ["private", "forum"])
async def test_each_topic_goes_on_from_its_own(
    talk: Talk, telegram: BotApiServer, tell: Tell, kind: str
) -> None:
    telegram.configure(private_topics=True)
    chat = talk.chat if kind == "private" else telegram.forum("读报论坛", talk.me)
    before = "" if kind == "private" else f"{AT} "
    city, traffic = chat.topic("城市", by=talk.me), chat.topic("交通", by=talk.me)
    await talk.settle()
    await talk.say(before + BRIDGE, chat=chat, topic=city)
    await talk.say(before + METRO, chat=chat, topic=traffic)
    [whole] = await talk.say(f"{before}详细点", chat=chat, topic=city)
    assert whole.text.startswith("临江大桥十月一日零时通车")
    assert whole.topic == city.id
    [latest] = await talk.say(f"{before}最新", chat=chat, topic=traffic)
    first = latest.text.splitlines()[2].removeprefix("1. ").partition(" — ")[0]
    [offer] = await talk.say("/subscribe@baotong_bot", chat=chat, topic=city)
    assert [label for label in offer.labels if "大桥" in label]
    [opened] = await talk.say(f"{before}1", chat=chat, topic=traffic)
    assert opened.text.startswith(first)
    [alone] = await talk.say(f"{before}还有吗", chat=chat)
    assert alone.topic is None
    assert "回复" in alone.text  # it asks which answer is meant: none was given here
    tell(chat)


async def test_where_telegram_refuses_a_topic_of_a_private_chat_the_answer_quotes_the_question(
    talk: Talk, telegram: BotApiServer
) -> None:
    telegram.configure(private_topics=True, private_topics_refused=True)
    telegram.expect_refusals()
    topic = talk.chat.topic("城市", by=talk.me)
    [answer] = await talk.say(BRIDGE, topic=topic)
    assert "零时正式通车" in answer.text
    assert answer.reply_to == talk.chat.messages[-2].id


async def test_channels_and_anonymous_admins_of_a_group_are_people_of_their_own(
    talk: Talk, telegram: BotApiServer, tell: Tell
) -> None:
    admin, writer, poster = talk.me, telegram.person("编辑"), telegram.person("记者")
    group = telegram.group("读报群", admin, writer, poster)
    admin.promote(group, anonymous=True)
    first, second = telegram.channel("晨报频道"), telegram.channel("晚报频道")
    await said_by(talk, writer, group, f"{AT} {BRIDGE}", channel=first)
    await said_by(talk, poster, group, f"{AT} {METRO}", channel=second)
    await said_by(talk, admin, group, f"{AT} 图书馆周几延长开放")
    await said_by(talk, poster, group, f"{AT} 头茬茶收购均价")
    for person, channel, title in (
        (writer, first, "临江大桥十月一日零时通车"),
        (poster, second, "地铁票价听证会"),
        (admin, None, "圖書館"),
    ):
        whole = await said_by(talk, person, group, f"{AT} 详细点", channel=channel)
        assert title in whole.text.splitlines()[0]
    tell(group)


async def test_what_two_people_asked_alike_goes_on_for_each_where_they_are(
    talk: Talk, telegram: BotApiServer
) -> None:
    other = telegram.person("小红")
    group = telegram.group("读报群", talk.me, other)
    seen: dict[str, list[str]] = {"me": [], "other": []}
    for name, person, words in (
        ("me", talk.me, f"{AT} 最新"),
        ("me", talk.me, f"{AT} 还有吗"),
        ("other", other, f"{AT} 最新"),
        ("other", other, f"{AT} 还有吗"),
        ("me", talk.me, f"{AT} 还有吗"),
    ):
        seen[name].append((await said_by(talk, person, group, words)).text)
    assert seen["me"][:2] == seen["other"]
    assert seen["me"][2] not in seen["me"][:2]


async def test_a_button_that_somebody_else_presses_leaves_an_answer_with_who_asked(
    talk: Talk, telegram: BotApiServer
) -> None:
    other = telegram.person("小红")
    group = telegram.group("读报群", talk.me, other)
    mine = await said_by(talk, talk.me, group, f"{AT} 地铁")
    theirs = await said_by(talk, other, group, f"{AT} {BRIDGE}")
    await talk.press(mine, "下一页", by=other)
    whole = await said_by(talk, other, group, f"{AT} 详细点")
    assert whole.text.startswith(theirs.text.splitlines()[0])


@pytest.mark.parametrize("forwarded", [True, False], ids=["forwarded", "own"])
async def test_in_private_a_reply_to_an_earlier_message_goes_on_from_its_answer(
    talk: Talk, tell: Tell, forwarded: bool
) -> None:
    asked = talk.me.say(talk.chat, "听说临江大桥快要通车了" if forwarded else BRIDGE, forwarded=forwarded)
    await talk.settle()
    [bridge] = talk.chat.new_answers()
    await talk.say(METRO)
    [length] = await talk.say("全长多少米", reply_to=asked)
    assert "2860米" in length.text
    await talk.say(METRO)
    [whole] = await talk.say("详细点", reply_to=asked)
    assert "临江大桥" in whole.text.splitlines()[0]
    assert bridge.text
    tell(talk.chat)


async def test_whatever_a_message_is_edited_to_its_answer_changes_in_place(talk: Talk, tell: Tell) -> None:
    [answer] = await talk.say("最新")
    said = talk.chat.messages[-2]
    for words, begin in (
        ("最新 城市", "最新文章 · 城市"),
        (BRIDGE, "临江大桥十月一日零时通车"),
        ("地铁", "关于“地铁”的文章"),
        ("最新", "最新文章"),
    ):
        outcome = await talk.edit(said, words)
        assert [edit.id for edit in outcome.edits] == [answer.id]
        assert outcome.edits[0].text.startswith(begin)
        assert outcome.messages == ()
    opening = talk.me.say(talk.chat, "2")
    await talk.settle()
    [opened] = talk.chat.new_answers()
    outcome = await talk.edit(opening, "3")
    assert outcome.shown.id == opened.id
    assert outcome.shown.text != opened.text
    tell(talk.chat)


async def test_a_reply_to_ones_own_command_goes_on_from_its_list(talk: Talk) -> None:
    asked = talk.me.say(talk.chat, "/latest 城市")
    await talk.settle()
    [listed] = talk.chat.new_answers()
    await talk.say(METRO)
    [opened] = await talk.say("2", reply_to=asked)
    title = listed.text.splitlines()[3].removeprefix("2. ").partition(" — ")[0]
    assert opened.text.startswith(title)
