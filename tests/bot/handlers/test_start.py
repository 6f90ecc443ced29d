"""First words: /start, /help, what is no question, menus and descriptions."""

import re

import pytest

from bot.handlers.start import _value
from bot.service.application import COMMANDS, handlers, post_init
from bot.wording.i18n import Language, translator
from tests.assertions import assert_all
from tests.bot.conftest import OpenTalk
from tests.botapi.harness import Talk
from tests.botapi.server import BotApiServer


async def test_start_says_what_the_bot_does_and_offers_questions_that_it_can_answer(talk: Talk) -> None:
    [hello] = await talk.say("/start")
    assert hello.text.startswith("您好，我是报童，替您翻报纸。")
    assert "篇文章" in hello.text
    assert 1 <= len(hello.labels) <= 3
    for label in hello.labels:
        outcome = await talk.press(hello, label)
        [answer] = outcome.messages
        assert answer.text.startswith(f"问：{label}\n\n")
        assert "没有找到" not in answer.text
        assert not outcome.edits


async def test_help_explains_the_syntax_with_names_from_the_archive(talk: Talk) -> None:
    [text] = await talk.say("/help")
    assert "分类:城市" in text.formatted.spans("code")
    assert "从:2026-09-01 到:2026-09-21" in text.formatted.spans("code")
    for example in text.formatted.spans("code"):
        if example.startswith(("分类", "作者", "从")):
            [answer] = await talk.say(f"地铁 {example}")
            assert "筛选：" in answer.text or "没有找到" in answer.text


async def test_an_unknown_command_gets_a_hint_in_private_and_nothing_in_a_group(
    talk: Talk, telegram: BotApiServer
) -> None:
    [answer] = await talk.say("/unknown_thing")
    assert answer.text.startswith("没有这个命令。")
    group = telegram.group("读报小组", talk.me)
    assert await talk.say("/unknown_thing@baotong_bot", chat=group) == []


async def test_pictures_and_stickers_get_a_hint_and_a_caption_is_a_question(talk: Talk) -> None:
    talk.me.send_sticker(talk.chat)
    await talk.settle()
    [answer] = talk.chat.new_answers()
    assert answer.text.startswith("我只看得懂文字。")
    talk.me.send_photo(talk.chat, "临江大桥什么时候通车")
    await talk.settle()
    [answer] = talk.chat.new_answers()
    assert "零时正式通车" in answer.text


@pytest.mark.parametrize(
    ("client", "words", "outlet"),
    [
        ("zh-hant", "您好，我是報童", "讀全文"),
        ("en", "Hello, I am Baotong", "Read article"),
        ("fr", "您好，我是报童", "读全文"),
    ],
)
async def test_words_follow_the_readers_client_and_articles_stay_as_written(
    talk: Talk, telegram: BotApiServer, client: str, words: str, outlet: str
) -> None:
    reader = telegram.person("Reader", language=client)
    [hello] = await talk.say("/start", by=reader)
    assert hello.text.startswith(words)
    [answer] = await talk.say("头茬茶收购均价", by=reader)
    assert outlet in answer.labels
    assert "头茬茶收购均价每斤三百二十元" in answer.text


async def test_english_writes_dates_in_english(talk: Talk, telegram: BotApiServer) -> None:
    reader = telegram.person("Reader", language="en")
    [answer] = await talk.say("When does the river ferry stop in the evening", by=reader)
    assert "Linjiang Daily · 20 May 2026 · 城市" in answer.text


async def test_commands_are_registered_per_scope_and_language(
    open_talk: OpenTalk, telegram: BotApiServer
) -> None:
    async with open_talk() as talk:
        await post_init(talk.application)
        reader, admin = telegram.person("老王", language="zh-hans"), telegram.person("群主")
        foreign = telegram.person("Reader", language="en")
        group = telegram.group("读报小组", admin, reader, foreign)
        private = telegram.commands(telegram.private(reader), reader)
        assert list(private) == [
            "ask",
            "latest",
            "category",
            "trend",
            "subscribe",
            "subscriptions",
            "settings",
            "help",
            "forget",
        ]
        assert private["latest"] == "最新文章，可加分类和篇数"
        assert list(telegram.commands(group, reader)) == ["ask", "latest", "category", "trend", "help"]
        assert telegram.commands(group, foreign)["latest"].startswith("Newest articles")
        assert "settings" in telegram.commands(group, admin)
        calls = len(telegram.journal.calls)
        await post_init(talk.application)
        methods = [call.method for call in telegram.journal.calls[calls:]]
        assert methods
        assert not [method for method in methods if method.lower().startswith("set")]


async def test_a_reader_of_traditional_characters_gets_a_menu_of_their_own(
    talk: Talk, telegram: BotApiServer
) -> None:
    await post_init(talk.application)
    reader = telegram.person("阿美", language="zh-hant")
    await talk.say("/start", by=reader)
    menu = telegram.commands(telegram.private(reader), reader)
    assert menu["category"] == translator(Language.HANT)("command.category")


async def test_an_operator_has_the_whole_menu_in_their_language_also_after_a_restart(
    open_talk: OpenTalk, telegram: BotApiServer
) -> None:
    operator = telegram.person("Ann", language="en")
    async with open_talk(admin_ids=str(operator.id)) as talk:
        telegram.expect_refusals()  # Telegram knows no chat with somebody who never started the bot
        await post_init(talk.application)
        await talk.say("/start", by=operator)
        for _ in range(2):
            menu = telegram.commands(telegram.private(operator), operator)
            assert menu["stats"] == translator(Language.ENGLISH)("command.stats")
            await post_init(talk.application)


async def test_what_leads_to_start_and_nothing_more_is_greeted(talk: Talk, telegram: BotApiServer) -> None:
    for payload in ("inline", "private"):
        [hello] = await talk.say(f"/start {payload}")
        assert hello.text.startswith("您好")
    group = telegram.group("读报小组", talk.me)
    [hello] = await talk.say("/start@baotong_bot true", chat=group)
    assert hello.text.startswith("您好")


def test_every_command_has_a_handler_and_no_two_share_a_name() -> None:
    names = [name for command in COMMANDS for name in (command.name, *command.also)]
    assert len(names) == len(set(names))
    handled = {name for handler in handlers() for name in getattr(handler, "commands", ())}
    assert handled == set(names)
    assert_all(names, lambda name: re.fullmatch(r"[a-z0-9_]{1,32}", name))


def test_a_name_with_a_blank_is_quoted_as_the_syntax_wants_it() -> None:
    assert (_value("城市"), _value("Linjiang Daily")) == ("城市", '"Linjiang Daily"')


async def test_start_costs_no_more_calls_than_an_answer(talk: Talk, telegram: BotApiServer) -> None:
    async def calls(words: str) -> list[str]:
        before = len(telegram.journal.calls)
        await talk.say(words)
        return [call.method for call in telegram.journal.calls[before:]]

    answered = await calls("临江大桥什么时候通车")
    assert answered == ["sendMessage"]
    assert await calls("/start") == answered
    assert await calls("/start help") == answered
