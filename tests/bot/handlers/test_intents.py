"""What people ask that no passage answers: lists, counts, the archive, the bot."""

import pytest

from bot.messages.callback_data import MAX_DATA_BYTES
from tests.botapi.harness import Talk
from tests.botapi.server import BotApiServer


async def test_a_bare_topic_is_a_list_with_how_many_there_are_and_pages(talk: Talk) -> None:
    [listed] = await talk.say("地铁")
    assert listed.text.startswith("关于“地铁”的文章（共8篇）\n\n1. ")
    assert len(listed.links) == 5
    assert "第1–5篇，共8篇" in listed.text
    following = (await talk.press(listed, "下一页")).shown
    assert following.text.startswith("关于“地铁”的文章（共8篇）\n\n6. ")
    assert len(following.links) == 3
    first = (await talk.press(following, "上一页")).shown
    assert [link.text for link in first.links] == [link.text for link in listed.links]
    [opened] = await talk.say("第2条")
    assert listed.links[1].text in opened.text


async def test_a_list_of_a_group_is_short_and_goes_on(talk: Talk, telegram: BotApiServer) -> None:
    group = telegram.group("读报小组", talk.me)
    [listed] = await talk.say("@baotong_bot 地铁", chat=group)
    assert len(listed.links) == 3
    following = (await talk.press(listed, "下一页")).shown
    assert "4. " in following.text
    assert "1. " not in following.text
    back = (await talk.press(following, "上一页")).shown
    assert [link.text for link in back.links] == [link.text for link in listed.links]


async def test_a_count_is_a_sentence_and_the_list(talk: Talk) -> None:
    [counted] = await talk.say("有几篇关于地铁的文章？")
    assert counted.text.startswith("关于“地铁”的文章有8篇。")
    assert len(counted.links) == 5
    [none] = await talk.say("有几篇关于火星移民的文章")
    assert none.text == "没有关于“火星移民”的文章。"


async def test_a_count_after_an_answer_is_a_question_of_its_own(talk: Talk) -> None:
    [answer] = await talk.say("临江大桥什么时候通车")
    [counted] = await talk.say("关于地铁的文章有几篇", reply_to=answer)
    assert counted.text.startswith("关于“地铁”的文章有8篇。")


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("有多少篇文章", "一共收录了"),
        ("你收錄了多少文章", "一共收录了"),
        ("都有哪些媒体", "临江晚报（"),
        ("数据截止到什么时候", "最新的是2026年9月"),
        ("我的id", "您的 Telegram 编号是 510000001。"),
        ("返回", "/latest 看最新文章"),
        ("太长了", "“回答长短”改成“短”"),
        ("简单点说", "“回答长短”改成“短”"),
        ("这不是我要的", "没帮上忙，抱歉。"),
        ("你能干什么", "我是报童"),
    ],
)
async def test_questions_about_archive_and_bot_are_answered(talk: Talk, message: str, said: str) -> None:
    answers = await talk.say(message)
    assert len(answers) == 1
    assert said in answers[0].text


@pytest.mark.parametrize(
    ("message", "command"),
    [
        ("设置", "/settings"),
        ("换成英文", "/settings"),
        ("取消订阅", "/subscriptions"),
        ("退订", "/subscriptions"),
        ("有哪些分类", "/category"),
        ("目录", "/category"),
    ],
)
async def test_what_a_command_opens_words_open_too(talk: Talk, message: str, command: str) -> None:
    [opened] = await talk.say(message)
    [by_command] = await talk.say(command)
    assert opened.text == by_command.text
    assert opened.labels == by_command.labels


async def test_a_question_that_only_begins_so_is_searched(talk: Talk) -> None:
    [answer] = await talk.say("有哪些分类算法")
    assert not answer.text.startswith("分类")
    [answer] = await talk.say("如何取消订阅Netflix")
    assert "还没有订阅" not in answer.text


async def test_where_a_typed_filter_finds_nothing_a_button_drops_it(talk: Talk) -> None:
    [none] = await talk.say("作者:江岸新闻 宋代古井")
    assert none.text.startswith("没有找到")
    label = next(label for label in none.labels if "宋代古井" in label)
    assert label == "不加条件，只查“宋代古井”"
    assert len(none.button(label).data or "") <= MAX_DATA_BYTES
    found = (await talk.press(none, label)).shown
    assert found.links[0].text == "地铁工地发现宋代古井"
    assert "筛选" not in found.text


async def test_inline_says_honestly_that_nothing_was_found(talk: Talk) -> None:
    found = await talk.inline("地铁里的宇航员和外星人谈判了多久才签字")
    assert found.button == "没有找到，点这里在私聊里提问"
    assert len(found.results) <= 3
    assert not [card for card in found.results if not card.description.startswith("标题最接近 · ")]


async def test_inline_calls_guesses_so(talk: Talk) -> None:
    found = await talk.inline("古井")
    assert found.results[0].title == "地铁工地发现宋代古井"
    assert found.results[0].description.startswith("可能有关 · ")


async def test_inline_answers_about_the_archive(talk: Talk) -> None:
    [card] = (await talk.inline("有多少篇文章")).results
    assert card.title.startswith("一共收录了")


async def test_english_readers_get_no_chinese_examples(talk: Talk, telegram: BotApiServer) -> None:
    reader = telegram.person("Ann", language="en")
    [greeting] = await talk.say("/start", chat=telegram.private(reader), by=reader)
    assert not [label for label in greeting.labels if any("一" <= letter <= "鿿" for letter in label)]
