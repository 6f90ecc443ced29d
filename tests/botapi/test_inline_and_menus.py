"""Presses, inline queries, menus and descriptions."""

import pytest
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeChat,
    InlineKeyboardButton,
    InlineQueryResultArticle,
    InlineQueryResultsButton,
    InputTextMessageContent,
    MenuButtonDefault,
    MenuButtonWebApp,
    WebAppInfo,
)
from telegram.error import BadRequest

from tests.botapi import BotApiServer, Chat, Person
from tests.botapi.requests import ask, keyboard, refused


@pytest.fixture(autouse=True)
def _refusals_are_what_is_tested(telegram: BotApiServer) -> None:
    telegram.expect_refusals()


async def test_a_press_is_answered_once_and_in_time(
    telegram: BotApiServer, bot: Bot, chat: Chat, person: Person
) -> None:
    await bot.send_message(
        chat.id, "一", reply_markup=keyboard([InlineKeyboardButton("下一页", callback_data="n:1")])
    )
    message = await chat.next_answer()
    press = person.press(message, "下一页")
    [update] = await bot.get_updates()
    assert update.callback_query
    assert update.callback_query.data == "n:1"
    with refused(BadRequest, "message_too_long"):
        await update.callback_query.answer("字" * 201)
    await update.callback_query.answer("好", show_alert=True)
    answer = await press.answer()
    assert (answer.text, answer.alert) == ("好", True)
    with refused(BadRequest, "query is too old"):
        await update.callback_query.answer()
    telegram.world.press_lifetime = 0.0
    late = person.forge(message, "whatever")
    with refused(BadRequest, "query is too old"):
        await bot.answer_callback_query(late.asked.id)
    assert [lint.kind for lint in telegram.lints] == ["unanswered_press"]
    telegram.journal.forgive("unanswered_press")


def article(result_id: str, text: str = "字") -> InlineQueryResultArticle:
    return InlineQueryResultArticle(result_id, "标题", InputTextMessageContent(text, parse_mode="HTML"))


async def test_inline_results_are_checked_and_can_be_chosen(
    telegram: BotApiServer, bot: Bot, chat: Chat, person: Person
) -> None:
    telegram.configure(inline_feedback=True)
    query = person.inline("大桥")
    many = [article(str(number)).to_dict() for number in range(51)]
    too_many = await ask(telegram, "answerInlineQuery", inline_query_id=query.asked.id, results=many)
    assert too_many == "Bad Request: RESULTS_TOO_MUCH"
    with refused(BadRequest, "result_id_duplicate"):
        await bot.answer_inline_query(query.asked.id, [article("1"), article("1")])
    with refused(BadRequest, "next_offset_invalid"):
        await bot.answer_inline_query(query.asked.id, [article("1")], next_offset="x" * 65)
    with refused(BadRequest, "can't parse entities"):
        await bot.answer_inline_query(query.asked.id, [article("1", "<b>")])
    with refused(BadRequest, "start_param_invalid"):
        await bot.answer_inline_query(
            query.asked.id, [], button=InlineQueryResultsButton("帮助", start_parameter="帮")
        )
    await bot.answer_inline_query(
        query.asked.id,
        [article("1", '<a href="https://example.org/">大桥</a>')],
        is_personal=True,
        next_offset="20",
        button=InlineQueryResultsButton("帮助", start_parameter="help"),
    )
    answer = await query.answer()
    assert (answer.next_offset, answer.personal, answer.button) == ("20", True, "帮助")
    person.choose(chat, query, answer.results[0])
    assert (await chat.next_answer()).links[0].url == "https://example.org/"
    updates = await bot.get_updates()
    assert [update.to_dict().keys() - {"update_id"} for update in updates] == [
        {"inline_query"},
        {"chosen_inline_result"},
        {"message"},
    ]
    with refused(BadRequest, "query is too old"):
        await bot.answer_inline_query(query.asked.id, [])


async def test_everybody_sees_the_most_specific_menu(
    telegram: BotApiServer, bot: Bot, chat: Chat, person: Person
) -> None:
    group = telegram.group("群", person, telegram.person("小红", language="en-GB"))
    await bot.set_my_commands([BotCommand("ask", "提问")])
    await bot.set_my_commands([BotCommand("ask", "ask")], language_code="en")
    await bot.set_my_commands([BotCommand("settings", "设置")], scope=BotCommandScopeAllChatAdministrators())
    await bot.set_my_commands([BotCommand("forget", "忘记")], scope=BotCommandScopeChat(chat.id))
    assert telegram.commands(chat, person) == {"forget": "忘记"}
    assert telegram.commands(group, person) == {"settings": "设置"}
    person.demote(group)
    assert telegram.commands(group, person) == {"ask": "提问"}
    assert telegram.commands(group, telegram.person(language="en")) == {"ask": "ask"}
    assert [command.command for command in await bot.get_my_commands()] == ["ask"]
    await bot.delete_my_commands()
    assert await bot.get_my_commands() == ()
    for wrong in ("Ask", "最新", "a" * 33, ""):
        with refused(BadRequest, "bot_command_invalid"):
            await bot.set_my_commands([(wrong, "x")])
    with refused(BadRequest, "description_invalid"):
        await bot.set_my_commands([("ask", "字" * 257)])
    with refused(BadRequest, "language code"):
        await bot.set_my_commands([("ask", "x")], language_code="zh-hans")


async def test_descriptions_are_kept_by_language_and_limited(bot: Bot) -> None:
    await bot.set_my_description("说明")
    await bot.set_my_description("text", language_code="en")
    assert (await bot.get_my_description()).description == "说明"
    assert (await bot.get_my_description("en")).description == "text"
    assert (await bot.get_my_description("de")).description == "说明"
    with pytest.raises(BadRequest):
        await bot.set_my_short_description("字" * 121)


async def test_the_menu_button_of_a_chat_goes_before_that_of_all(bot: Bot, chat: Chat) -> None:
    assert await bot.get_chat_menu_button() == MenuButtonDefault()
    everybody = MenuButtonWebApp("网页", WebAppInfo("https://Example.org"))
    await bot.set_chat_menu_button(menu_button=everybody)
    shown = await bot.get_chat_menu_button(chat.id)
    assert shown == MenuButtonWebApp("网页", WebAppInfo("https://example.org/"))
    await bot.set_chat_menu_button(chat.id, MenuButtonWebApp("我的", WebAppInfo("https://example.org/me")))
    assert (await bot.get_chat_menu_button(chat.id)).to_dict()["text"] == "我的"
    for wrong, reason in (("http://example.org/", "only https"), ("https://localhost/", "wrong http url")):
        with refused(BadRequest, reason):
            await bot.set_chat_menu_button(menu_button=MenuButtonWebApp("网页", WebAppInfo(wrong)))
    with refused(BadRequest, "non-empty"):
        await bot.set_chat_menu_button(menu_button=MenuButtonWebApp(" ", WebAppInfo("https://example.org/")))
    await bot.set_chat_menu_button()
    assert await bot.get_chat_menu_button() == MenuButtonDefault()
