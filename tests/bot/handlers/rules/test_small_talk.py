"""Whole messages that ask for nothing: greetings, thanks, insults, distress."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.handlers.rules.small_talk import SmallTalk, classify
from bot.storage import searches, votes
from tests.bot.conftest import NOW, OpenTalk
from tests.botapi.harness import Talk
from tests.botapi.server import BotApiServer


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("你好", SmallTalk.GREETING),
        ("您好！！", SmallTalk.GREETING),
        ("早上好呀～", SmallTalk.GREETING),
        ("报童你好", SmallTalk.GREETING),
        ("你好嗎？", SmallTalk.GREETING),
        ("Hi there!", SmallTalk.GREETING),
        ("在吗", SmallTalk.PRESENCE),
        ("你好，在嗎", SmallTalk.PRESENCE),
        ("谢谢", SmallTalk.THANKS),
        ("好的，謝謝你啊🙏", SmallTalk.THANKS),
        ("OK, thanks a lot.", SmallTalk.THANKS),
        ("再见", SmallTalk.FAREWELL),
        ("good night", SmallTalk.FAREWELL),
        ("你是谁", SmallTalk.ABOUT),
        ("你是机器人吗", SmallTalk.ABOUT),
        ("怎么用呢", SmallTalk.ABOUT),
        ("What can you do?", SmallTalk.ABOUT),
        ("真棒", SmallTalk.PRAISE),
        ("滚", SmallTalk.DISPLEASED),
        ("傻逼！", SmallTalk.DISPLEASED),
        ("不对", SmallTalk.DISPLEASED),
        ("真的嗎", SmallTalk.DOUBT),
        ("哈哈哈哈哈", SmallTalk.LAUGHTER),
        ("2333", SmallTalk.LAUGHTER),
        ("ok", SmallTalk.FINE),
        ("好", SmallTalk.FINE),
        ("嗯嗯 知道了", SmallTalk.FINE),
        ("不想活了", SmallTalk.DISTRESS),
        ("我真的不想活了啊。", SmallTalk.DISTRESS),
        ("我想死", SmallTalk.DISTRESS),
        ("你好，我想自殺", SmallTalk.DISTRESS),
        ("我失恋了，不想活了", SmallTalk.DISTRESS),
        ("自杀方法", SmallTalk.DISTRESS),
        ("I don’t want to live anymore", SmallTalk.DISTRESS),
    ],
)
def test_small_talk_is_known_in_both_scripts_and_in_english(message: str, kind: SmallTalk) -> None:
    assert classify(message) is kind


@pytest.mark.parametrize(
    "message",
    [
        "哥，你好",
        "你好李焕英",
        "谢谢你的爱票房",
        "早上好新闻",
        "好奇心日报",
        "怎么用微信支付",
        "报童",
        "的",
        "OK绷",
        "this is it",
        "张国荣为什么自杀",
        "怎么自杀的",
        "他说不想活了",
        "“不想活了”是谁说的",
        "日本自杀率",
        "我想死你了",
        "",
        "？",
    ],
)
def test_whatever_says_more_is_a_question(message: str) -> None:
    assert classify(message) is None


@given(st.text(max_size=200) | st.text("好的啊哈哈哈嗯是吗 ok", max_size=200))
def test_any_text_is_looked_at_in_good_time(message: str) -> None:
    classify(message)


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        ("你好", "您好！想知道什么，直接问我，例如“"),
        ("在吗", "我在。想知道什么，直接问我，例如“"),
        ("谢谢", "不客气！还想查什么，随时问我。"),
        ("再见", "回头见！"),
        ("你会什么", "我是报童，替您翻报纸的机器人："),
        ("滚", "没帮上忙，抱歉。"),
        ("哈哈哈", "您开心就好！"),
        ("好的", "好的。还想查什么，随时问我。"),
    ],
)
async def test_small_talk_gets_one_line_and_no_article(talk: Talk, message: str, answer: str) -> None:
    [said] = await talk.say(message)
    assert said.text.startswith(answer)
    assert "\n" not in said.text
    assert not said.links
    assert not said.buttons


async def test_small_talk_is_answered_in_the_readers_language(talk: Talk, telegram: BotApiServer) -> None:
    taipei = telegram.person("小美", language="zh-hant")
    london = telegram.person("Ann", language="en")
    [hant] = await talk.say("謝謝", by=taipei)
    [english] = await talk.say("thank you", by=london)
    assert hant.text == "不客氣！還想查什麼，隨時問我。"
    assert english.text == "You’re welcome! Ask me again any time."


async def test_thanks_for_an_answer_are_no_question(talk: Talk) -> None:
    [answer] = await talk.say("临江大桥什么时候通车")
    [thanks] = await talk.say("谢谢", reply_to=answer)
    assert thanks.text.startswith("不客气")
    connection = talk.application.bot_data.state.connection()
    usage = votes.usage(connection, now=NOW, zone=ZoneInfo("Asia/Shanghai"))
    assert usage.total == 1
    shown = searches.last_shown(connection, talk.chat.id)
    assert shown is not None
    assert shown.message_id == answer.id


async def test_small_talk_in_a_group_is_answered_where_the_bot_was_spoken_to(
    talk: Talk, telegram: BotApiServer
) -> None:
    group = telegram.group("读报小组", talk.me)
    [said] = await talk.say("@baotong_bot 谢谢", chat=group)
    assert said.text.startswith("不客气")
    assert await talk.say("谢谢", chat=group) == []


@pytest.mark.parametrize(
    ("language", "numbers"),
    [
        ("zh-hans", ["12356", "110", "120"]),
        ("zh-hant", ["1925", "18111", "12356"]),
        ("en", ["12356", "1925"]),
    ],
)
async def test_distress_is_met_with_kindness_and_a_number_to_call(
    talk: Talk, telegram: BotApiServer, language: str, numbers: list[str]
) -> None:
    person = telegram.person("阿明", language=language)
    [said] = await talk.say("我不想活了", by=person)
    assert all(number in said.text for number in numbers)
    assert not said.buttons
    connection = talk.application.bot_data.state.connection()
    assert votes.usage(connection, now=NOW, zone=ZoneInfo("Asia/Shanghai")).total == 0


@pytest.mark.parametrize("words", ["的", "是什么", "那个", "为什么呢"])
async def test_question_words_alone_are_not_answered_with_an_article(talk: Talk, words: str) -> None:
    [said] = await talk.say(words)
    assert said.text.startswith("没看懂这个问题。")


async def test_english_question_words_alone_are_never_a_sure_answer(open_talk: OpenTalk) -> None:
    async with open_talk() as talk:
        [said] = await talk.say("it")
    assert said.text.startswith(("没有找到", "您是不是"))
