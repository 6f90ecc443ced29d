"""Manners in a group: when it speaks, where, how long, and what it says when it joins."""

from typing import cast

import pytest
from telegram import ChatMemberMember, User

from bot.handlers.group import findings
from bot.inbox.inbox import Inbox
from bot.storage import chats
from bot.storage.chats import AnswerLength, Askers, ChatPreferences
from bot.storage.database import State
from bot.wording.i18n import Language, translator
from tests.bot.conftest import OpenTalk
from tests.botapi.harness import Talk
from tests.botapi.server import BotApiServer

QUESTION = "临江大桥什么时候通车"


async def test_it_is_silent_unless_spoken_to(talk: Talk, telegram: BotApiServer) -> None:
    telegram.configure(reads_all=True)
    group = telegram.group("读报小组", talk.me)
    for words in (QUESTION, "@lisi 你看这个", "/ask@other_bot 谁", "/weather", "还有吗", "最新"):
        assert await talk.say(words, chat=group) == []


@pytest.mark.parametrize(
    "words", ["@baotong_bot {}", "{} @baotong_bot", "/ask@baotong_bot {}", "/ask {}", "@BAOTONG_BOT，{}"]
)
async def test_a_mention_or_command_is_answered_in_two_to_four_lines_quoting_the_question(
    talk: Talk, telegram: BotApiServer, words: str
) -> None:
    telegram.configure(reads_all=True)
    group = telegram.group("读报小组", talk.me)
    [answer] = await talk.say(words.format(QUESTION), chat=group)
    assert 2 <= answer.text.count("\n") + 1 <= 4
    assert "零时正式通车" in answer.text
    assert answer.reply_to == group.messages[-2].id
    assert (answer.button("读全文").url or "").startswith("https://t.me/baotong_bot?start=a_")
    assert "👍 有用" in answer.labels


async def test_a_reply_to_the_bot_speaks_to_it(talk: Talk, telegram: BotApiServer) -> None:
    group = telegram.group("读报小组", talk.me)
    [answer] = await talk.say(f"/ask@baotong_bot {QUESTION}", chat=group)
    [follow_up] = await talk.say("全长多少米", chat=group, reply_to=answer)
    assert "2860米" in follow_up.text
    assert await talk.say("@lisi 你看", chat=group, reply_to=answer) == []


async def test_ask_in_reply_to_somebody_asks_what_they_said(talk: Talk, telegram: BotApiServer) -> None:
    other = telegram.person("小红")
    group = telegram.group("读报小组", talk.me, other)
    said = other.say(group, QUESTION)
    await talk.settle()
    [answer] = await talk.say("/ask@baotong_bot", chat=group, reply_to=said)
    assert "零时正式通车" in answer.text
    [answer] = await talk.say("@baotong_bot", chat=group, reply_to=said)
    assert "零时正式通车" in answer.text


@pytest.mark.parametrize(
    "words",
    ["这是真的吗", "真假？", "有这回事？", "帮我搜搜", "讲讲背景", "什么时候的事", "为什么免费", "翻译一下"],
)
@pytest.mark.parametrize("call", ["@baotong_bot {}", "{} @baotong_bot", "/ask@baotong_bot {}"])
async def test_words_beside_a_call_in_reply_to_somebody_are_asked_of_that_message(
    talk: Talk, telegram: BotApiServer, words: str, call: str
) -> None:
    other = telegram.person("小红")
    group = telegram.group("读报小组", talk.me, other)
    said = other.say(group, "听说临江大桥十月一日通车，小客车还免费")
    await talk.settle()
    [answer] = await talk.say(call.format(words), chat=group, reply_to=said)
    assert "临江大桥十月一日零时通车" in answer.text
    assert "接着“" in answer.text or answer.bold


async def test_a_question_with_a_sure_answer_of_its_own_is_not_asked_of_the_message(
    talk: Talk, telegram: BotApiServer
) -> None:
    other = telegram.person("小红")
    group = telegram.group("读报小组", talk.me, other)
    said = other.say(group, "听说临江大桥十月一日通车，小客车还免费")
    await talk.settle()
    [answer] = await talk.say("@baotong_bot 头茬茶收购均价", chat=group, reply_to=said)
    assert "三百二十元" in answer.text
    [hello] = await talk.say("@baotong_bot 你好", chat=group, reply_to=said)
    assert hello.text.startswith("您好")
    [newest] = await talk.say("@baotong_bot 最新", chat=group, reply_to=said)
    assert newest.text.startswith("最新文章")


async def test_more_in_reply_to_a_message_is_more_about_that_message(
    talk: Talk, telegram: BotApiServer
) -> None:
    other = telegram.person("小红")
    group = telegram.group("读报小组", talk.me, other)
    said = other.say(group, "听说临江大桥十月一日通车，小客车还免费")
    await talk.settle()
    await talk.say("@baotong_bot 头茬茶收购均价", chat=group)
    [answer] = await talk.say("@baotong_bot 还有吗", chat=group, reply_to=said)
    assert "临江大桥十月一日零时通车" in answer.text


@pytest.mark.parametrize("words", ["/ask@baotong_bot", "@baotong_bot", "/ask@baotong_bot 这是真的吗"])
async def test_a_message_of_another_chat_is_asked_by_what_is_quoted_of_it(
    talk: Talk, telegram: BotApiServer, words: str
) -> None:
    group = telegram.group("读报小组", talk.me)
    talk.me.say(group, words, elsewhere="临江大桥什么时候通车")
    await talk.settle()
    [answer] = group.new_answers()
    assert "临江大桥" in answer.text
    talk.me.say(talk.chat, "/ask", elsewhere="")
    await talk.settle()
    [hint] = talk.chat.new_answers()
    assert hint.text.startswith("那条消息里没有文字可查")


async def test_a_quotation_from_another_chat_is_what_a_question_leans_on_in_private(talk: Talk) -> None:
    talk.me.say(talk.chat, "这是哪天？", elsewhere="临江大桥正式通车")
    await talk.settle()
    [answer] = talk.chat.new_answers()
    assert "临江大桥十月一日零时通车" in answer.text


async def test_a_bare_ask_in_a_topic_says_how_to_ask(talk: Talk, telegram: BotApiServer) -> None:
    forum = telegram.forum("读报论坛", talk.me)
    topic = forum.topic("城建", by=talk.me)
    [hint] = await talk.say("/ask@baotong_bot", chat=forum, topic=topic)
    assert hint.text.startswith("请把问题写在命令后面")


async def test_only_called_it_says_how_to_ask(talk: Talk, telegram: BotApiServer) -> None:
    group = telegram.group("读报小组", talk.me)
    [hint] = await talk.say("@baotong_bot", chat=group)
    assert hint.text.startswith("我在。")
    [hint] = await talk.say("/ask@baotong_bot", chat=group)
    assert hint.text.startswith("请把问题写在命令后面")


async def test_it_answers_in_the_topic_of_the_question_and_general_needs_none(
    talk: Talk, telegram: BotApiServer
) -> None:
    forum = telegram.forum("读报论坛", talk.me)
    topic = forum.topic("城建", by=talk.me)
    [answer] = await talk.say(f"@baotong_bot {QUESTION}", chat=forum, topic=topic)
    assert answer.topic == topic.id
    [general] = await talk.say(f"@baotong_bot {QUESTION}", chat=forum)
    assert general.topic is None
    sends = telegram.journal.called("sendMessage")
    assert "message_thread_id" not in sends[-1].parameters
    [more] = await talk.say("还有吗", chat=forum, topic=topic, reply_to=answer)
    assert more.topic == answer.topic


async def test_a_button_pressed_in_a_topic_answers_there(talk: Talk, telegram: BotApiServer) -> None:
    forum = telegram.forum("读报论坛", talk.me)
    topic = forum.topic("城建", by=talk.me)
    [answer] = await talk.say("@baotong_bot 地铁什么时候延长", chat=forum, topic=topic)
    turned = (await talk.press(answer, "下一条")).shown
    assert turned.id == answer.id
    assert turned.topic == answer.topic


async def test_an_edited_mention_changes_its_answer(talk: Talk, telegram: BotApiServer) -> None:
    group = telegram.group("读报小组", talk.me)
    [answer] = await talk.say(f"@baotong_bot {QUESTION}", chat=group)
    outcome = await talk.edit(group.messages[-2], "@baotong_bot 头茬茶收购均价")
    assert [edit.id for edit in outcome.edits] == [answer.id]
    assert "三百二十元" in outcome.edits[0].text
    assert not outcome.messages


async def test_a_group_may_want_long_answers_or_only_those_of_admins(
    open_talk: OpenTalk, telegram: BotApiServer
) -> None:
    with State.in_memory() as state:
        async with open_talk(state=state) as talk:
            admin = telegram.person("群主")
            group = telegram.group("读报小组", admin, talk.me)
            with state.transaction() as connection:
                chats.save(connection, group.id, ChatPreferences(length=AnswerLength.LONG))
            [answer] = await talk.say("@baotong_bot 地铁什么时候延长", chat=group)
            assert "另见" in answer.text
            with state.transaction() as connection:
                chats.save(connection, group.id, ChatPreferences(askers=Askers.ADMINS))
            assert await talk.say("@baotong_bot 地铁", chat=group) == []
            assert len(await talk.say("@baotong_bot 地铁", chat=group, by=admin)) == 1


async def test_joining_it_greets_once_and_says_what_it_can_see(talk: Talk, telegram: BotApiServer) -> None:
    group = telegram.group("读报小组", talk.me)
    group.remove_bot(by=talk.me)
    await talk.settle()
    group.new_answers()
    group.add_bot(by=talk.me)
    await talk.settle()
    [greeting] = group.new_answers()
    assert greeting.text.startswith("大家好，我是报童")
    assert "隐私模式：开" in greeting.text
    assert "权限：普通成员" in greeting.text
    assert "本群没有开话题" in greeting.text
    group.set_bot("administrator", by=talk.me)
    await talk.settle()
    assert group.new_answers() == []


async def test_in_the_direct_messages_of_a_channel_it_is_silent(talk: Talk, telegram: BotApiServer) -> None:
    chat = telegram.direct_messages("晨报", talk.me)
    chat.remove_bot(by=talk.me)
    chat.add_bot(by=talk.me, administrator=True)
    before = len(telegram.journal.calls)
    for words in (QUESTION, "/latest", "/help@baotong_bot", f"@baotong_bot {QUESTION}", "最新", "/start"):
        assert await talk.say(words, chat=chat) == []
    talk.me.edit(chat.messages[-1], f"@baotong_bot {QUESTION}")
    talk.me.send_photo(chat, f"@baotong_bot {QUESTION}")
    await talk.settle()
    assert telegram.journal.calls[before:] == []


async def test_a_group_that_moves_is_not_greeted_again_and_keeps_what_it_chose(
    open_talk: OpenTalk, telegram: BotApiServer
) -> None:
    with State.in_memory() as state:
        async with open_talk(state=state) as talk:
            group = telegram.group("读报小组", talk.me, basic=True)
            group.remove_bot(by=talk.me)
            group.add_bot(by=talk.me)
            await talk.settle()
            assert len(group.new_answers()) == 1
            with state.transaction() as connection:
                chats.save(connection, group.id, ChatPreferences(language="en"))
            group.upgrade(by=talk.me)
            await talk.settle()
            assert [message for message in group.new_answers() if "大家好" in message.text] == []
            assert chats.load(state.connection(), group.id).language == "en"


async def test_help_in_a_group_diagnoses_it(talk: Talk, telegram: BotApiServer) -> None:
    forum = telegram.forum("读报论坛", talk.me, administrator=True)
    [answer] = await talk.say("/help@baotong_bot", chat=forum)
    assert "权限：我是管理员" in answer.text
    assert "隐私模式" not in answer.text
    assert "话题：我在提问所在的话题里回答" in answer.text
    assert (answer.button("使用说明").url or "").endswith("?start=help")
    [private] = await talk.say("/start help")
    assert "精确查找" in private.text


async def test_a_busy_group_is_told_once_that_its_questions_are_queued(
    talk: Talk, telegram: BotApiServer
) -> None:
    class Busy:
        def backlog(self) -> int:
            return 9

    talk.application.bot_data.inbox = cast(Inbox, Busy())
    group = telegram.group("读报小组", talk.me)
    answers = await talk.say(f"@baotong_bot {QUESTION}", chat=group)
    assert [answer.text[:5] for answer in answers] == ["临江大桥十", "问题有点多"]
    assert len(await talk.say(f"@baotong_bot {QUESTION}", chat=group)) == 1


@pytest.mark.parametrize(
    ("reads_all", "member", "is_forum", "expected"),
    [
        (False, ChatMemberMember(User(7, "报童", True)), False, ["隐私模式：开", "普通成员", "没有开话题"]),
        (
            True,
            ChatMemberMember(User(7, "报童", True)),
            True,
            ["隐私模式：关", "普通成员", "我在提问所在的话题"],
        ),
    ],
)
def test_findings_are_put_into_words(
    reads_all: bool, member: ChatMemberMember, is_forum: bool, expected: list[str]
) -> None:
    me = User(7, "报童", True, username="baotong_bot", can_read_all_group_messages=reads_all)
    lines = findings(me, member, is_forum, translator(Language.HANS))
    assert len(lines) == len(expected)
    assert all(words in line for words, line in zip(expected, lines, strict=True))


@pytest.mark.parametrize(
    "words", ["@baotong_bot ？", "@baotong_bot😀", "？？ @baotong_bot", "/ask@baotong_bot ？"]
)
async def test_nothing_but_marks_beside_a_call_asks_the_message_replied_to(
    talk: Talk, telegram: BotApiServer, words: str
) -> None:
    other = telegram.person("小红")
    group = telegram.group("读报小组", talk.me, other)
    said = other.say(group, "听说临江大桥国庆就能开车过了")
    await talk.settle()
    [answer] = await talk.say(words, chat=group, reply_to=said)
    assert "临江大桥十月一日零时通车" in answer.text
    [hint] = await talk.say(words, chat=group)
    assert "临江大桥十月一日零时通车\n" not in hint.text


@pytest.mark.parametrize(
    "words", ["@baotong_bot 这是真的吗", "@baotong_bot 求出处", "/ask@baotong_bot 什么时候的事"]
)
async def test_words_about_a_message_that_it_cannot_read_are_not_searched(
    talk: Talk, telegram: BotApiServer, words: str
) -> None:
    group = telegram.group("读报小组", talk.me)
    talk.me.say(group, words, elsewhere="")
    picture = talk.me.send_photo(group)
    talk.me.say(group, words, reply_to=picture)
    await talk.settle()
    answers = group.new_answers()
    assert [answer.text for answer in answers] == ["那条消息里没有文字可查。"] * 2
    talk.me.say(group, f"@baotong_bot {QUESTION}", reply_to=picture)
    await talk.settle()
    [answer] = group.new_answers()
    assert "零时正式通车" in answer.text
