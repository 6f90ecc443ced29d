"""Commands as people write them: set off by any punctuation, or by none, in texts and in captions."""

import pytest

from tests.assertions import assert_all
from tests.botapi.harness import Talk
from tests.botapi.server import BotApiServer

QUESTION = "临江大桥什么时候通车"


@pytest.mark.parametrize(
    "words",
    [
        *("/ask：{}", "/ask，{}", "/ask、{}", "/ask。{}", "/ask —— {}", "/ask ：{}", "/ASK:{}", "/ask\n{}"),
        *("/ask@baotong_bot：{}", "/ask@Baotong_Bot，{}", "/ask@baotong_bot😀{}", "/ask{}", "／ask {}"),
    ],
)
async def test_the_question_behind_a_command_is_found_whatever_sets_it_off(talk: Talk, words: str) -> None:
    [answer] = await talk.say(words.format(QUESTION))
    assert "零时正式通车" in answer.text


@pytest.mark.parametrize(
    "words", ["/latest，城市", "/latest：城市 3", "/latest城市", "/latest@baotong_bot、城市"]
)
async def test_the_category_behind_latest_is_not_lost(talk: Talk, words: str) -> None:
    [listed] = await talk.say(words)
    assert listed.text.startswith("最新文章 · 城市")


async def test_other_commands_read_their_words_in_the_same_way(talk: Talk) -> None:
    [tree] = await talk.say("/category：城市")
    assert "城市" in tree.text.splitlines()[0]
    [subscribed] = await talk.say("/subscribe，地铁")
    assert subscribed.text.startswith("已订阅：地铁")
    [trend] = await talk.say("/trend：地铁")
    assert "“地铁”" in trend.text


async def test_a_command_in_a_caption_is_carried_out(talk: Talk, telegram: BotApiServer) -> None:
    group = telegram.group("读报小组", talk.me)
    for chat, caption, expected in (
        (group, f"/ask@baotong_bot {QUESTION}", "零时正式通车"),
        (group, "/latest@baotong_bot，城市", "最新文章 · 城市"),
        (talk.chat, f"/ask：{QUESTION}", "零时正式通车"),
        (talk.chat, "/latest 城市", "最新文章 · 城市"),
        (talk.chat, "/no_such_command", "没有这个命令"),
    ):
        talk.me.send_photo(chat, caption)
        await talk.settle()
        [answer] = chat.new_answers()
        assert expected in answer.text, caption


async def test_commands_of_others_and_words_behind_a_slash_are_no_commands(
    talk: Talk, telegram: BotApiServer
) -> None:
    telegram.configure(reads_all=True)
    group = telegram.group("读报小组", talk.me)
    for words in (f"/ask@other_bot：{QUESTION}", f"/ask{QUESTION}", f"／ask {QUESTION}"):
        assert await talk.say(words, chat=group) == [], words
    talk.me.send_photo(group, f"/ask@other_bot {QUESTION}")
    await talk.settle()
    assert group.new_answers() == []


async def test_what_is_a_word_already_stays_one(talk: Talk) -> None:
    answers = [await talk.say(words) for words in ("/ask .NET", "/ask -h", "/ask ？！")]
    texts = [answer.text for [answer] in answers]
    assert_all(texts, lambda text: not text.startswith("请把问题写在命令后面"))
    assert ".NET" in texts[0]
