"""The server keeps Telegram's rules, seen through the library that the bot uses."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager

import httpx
import pytest
import pytest_asyncio
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeChat,
    CopyTextButton,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InlineQueryResultsButton,
    InputMediaPhoto,
    InputTextMessageContent,
    LinkPreviewOptions,
    ReplyParameters,
)
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)
from telegram.request import HTTPXRequest

from tests.botapi import BotApiServer, Chat, Person, faults
from tests.botapi.flood import FloodLimits
from tests.botapi.values import BotProfile


@pytest.fixture(autouse=True)
def _refusals_are_what_is_tested(telegram: BotApiServer) -> None:
    telegram.expect_refusals()


@pytest_asyncio.fixture
async def bot(telegram: BotApiServer) -> AsyncIterator[Bot]:
    def request() -> HTTPXRequest:
        return HTTPXRequest(4, read_timeout=3, httpx_kwargs={"trust_env": False})

    root = f"{telegram.url}/bot"
    async with Bot(telegram.token, root, request=request(), get_updates_request=request()) as bot:
        yield bot


@pytest.fixture
def person(telegram: BotApiServer) -> Person:
    return telegram.person("小明")


@pytest.fixture
def chat(telegram: BotApiServer, person: Person) -> Chat:
    return telegram.private(person, started=True)


def refused(error: type[TelegramError], words: str) -> AbstractContextManager[object]:
    """The library writes the first letter large and the others small."""
    return pytest.raises(error, match=f"(?i){re.escape(words)}")


async def ask(telegram: BotApiServer, method: str, **parameters: object) -> str:
    """Make a request that the library would not make, and return the description of the refusal."""
    async with httpx.AsyncClient(trust_env=False) as client:
        response = await client.post(f"{telegram.url}/bot{telegram.token}/{method}", json=parameters)
    return str(response.json()["description"])


def keyboard(*rows: list[InlineKeyboardButton]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(rows)


# --- updates


async def test_updates_are_delivered_until_they_are_confirmed(bot: Bot, chat: Chat, person: Person) -> None:
    person.say(chat, "一")
    person.say(chat, "二")
    first = await bot.get_updates()
    again = await bot.get_updates()
    assert [update.message.text for update in first if update.message] == ["一", "二"]
    assert first == again
    [second] = await bot.get_updates(offset=first[1].update_id)
    assert second == first[1]
    assert await bot.get_updates(offset=second.update_id + 1) == ()


async def test_a_negative_offset_keeps_the_last_ones(bot: Bot, chat: Chat, person: Person) -> None:
    for text in "一二三":
        person.say(chat, text)
    [last] = await bot.get_updates(offset=-1)
    assert last.message
    assert last.message.text == "三"


async def test_a_long_poll_ends_with_the_first_update(bot: Bot, chat: Chat, person: Person) -> None:
    poll = asyncio.create_task(bot.get_updates(timeout=2))
    await asyncio.sleep(0.1)
    person.say(chat, "一")
    begun = time.monotonic()
    assert len(await poll) == 1
    assert time.monotonic() - begun < 1


async def test_a_second_poll_throws_the_first_one_out(bot: Bot, chat: Chat, person: Person) -> None:
    first = asyncio.create_task(bot.get_updates(timeout=2))
    await asyncio.sleep(0.1)
    second = asyncio.create_task(bot.get_updates(timeout=2))
    with refused(Conflict, "terminated by other getUpdates request"):
        await first
    person.say(chat, "一")
    assert len(await second) == 1


async def test_only_the_kinds_asked_for_are_delivered(bot: Bot, chat: Chat, person: Person) -> None:
    await bot.get_updates(allowed_updates=["edited_message"])
    said = person.say(chat, "一")
    person.edit(said, "二")
    [update] = await bot.get_updates()
    assert update.edited_message
    assert update.edited_message.text == "二"


async def test_an_update_can_be_repeated_and_made_by_hand(
    telegram: BotApiServer, bot: Bot, chat: Chat, person: Person
) -> None:
    person.say(chat, "一")
    [update] = await bot.get_updates()
    await bot.get_updates(offset=update.update_id + 1)
    telegram.updates.repeat_last()
    [repeated] = await bot.get_updates(offset=update.update_id + 1)
    assert repeated == update
    assert await bot.get_updates(offset=update.update_id + 1) == ()
    telegram.updates.put_raw({"something_new": {"a": 1}})
    assert telegram.updates.take()[0]["something_new"] == {"a": 1}


# --- webhook


async def test_a_webhook_excludes_polling_and_needs_https(bot: Bot) -> None:
    with refused(BadRequest, "HTTPS URL must be provided"):
        await bot.set_webhook("http://bot.example.org/hook")
    with refused(BadRequest, "only on ports 80, 88, 443 or 8443"):
        await bot.set_webhook("https://bot.example.org:8080/hook")
    await bot.set_webhook("https://bot.example.org/hook")
    with refused(Conflict, "webhook is active"):
        await bot.get_updates()
    assert (await bot.get_webhook_info()).url == "https://bot.example.org/hook"
    await bot.delete_webhook()
    assert await bot.get_updates() == ()


async def test_updates_are_pushed_with_the_secret_until_they_are_accepted(
    telegram: BotApiServer, bot: Bot, chat: Chat, person: Person
) -> None:
    received: list[tuple[str, str]] = []
    statuses = iter([502, 200, 200])

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
        body = (await reader.readexactly(length)).decode()
        secret = head.partition("x-telegram-bot-api-secret-token: ")[2].partition("\r\n")[0]
        received.append((secret, body))
        writer.write(
            f"HTTP/1.1 {next(statuses)} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
        )
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(listen, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        telegram.updates.reverse_proxy["https://bot.example.org"] = f"http://127.0.0.1:{port}"
        telegram.updates.webhook_retry_seconds = 0.05
        person.say(chat, "一")
        await bot.set_webhook("https://bot.example.org/hook", secret_token="s3cret")
        person.say(chat, "二")
        await telegram.updates.emptied(within=3)
        await telegram.updates.set_webhook(None)
    assert [secret for secret, _ in received] == ["s3cret"] * 3
    assert ["一" in body for _, body in received] == [True, True, False]
    assert telegram.updates.waiting == 0


# --- messages


async def test_a_message_shows_as_telegram_would_show_it(
    telegram: BotApiServer, bot: Bot, chat: Chat, person: Person
) -> None:
    question = person.say(chat, "临江大桥")
    sent = await bot.send_message(
        chat.id,
        ' <a href="https://example.org/a">标题</a>\n<b>答案</b> https://example.org/b ',
        parse_mode="HTML",
        reply_parameters=ReplyParameters(question.id, quote="大桥"),
        reply_markup=keyboard(
            [
                InlineKeyboardButton("下一页 ›", callback_data="n:1"),
                InlineKeyboardButton("原文", url="https://example.org"),
            ],
            [InlineKeyboardButton("复制", copy_text=CopyTextButton("引文"))],
        ),
    )
    answer = await chat.next_answer()
    assert answer.text == "标题\n答案 https://example.org/b"
    assert answer.bold == ("答案",)
    assert [link.url for link in answer.links] == ["https://example.org/a", "https://example.org/b"]
    assert answer.labels == ("下一页 ›", "原文", "复制")
    assert answer.button("复制").copy_text == "引文"
    assert (answer.reply_to, answer.quote) == (question.id, "大桥")
    assert answer.preview == "https://example.org/a"
    assert '<a href="https://example.org/a">标题</a>' in answer
    assert sent.text == answer.text
    assert sent.reply_to_message
    assert str(answer) == "标题\n答案 https://example.org/b\n[下一页 ›] [原文]\n[复制]"


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("", "message text is empty"),
        (" \n\t", "message text is empty"),
        ("<b> </b>", "message text is empty"),
        ("字" * 4_097, "message is too long"),
        ("<b>" + "字" * 4_097 + "</b>", "message is too long"),
        ("&amp;" * 6_554, "text is too long"),
        ("<b>x", "can't parse entities: can't find end tag"),
    ],
)
async def test_texts_that_telegram_refuses_are_refused(bot: Bot, chat: Chat, text: str, refusal: str) -> None:
    with pytest.raises(BadRequest) as caught:
        await bot.send_message(chat.id, text, parse_mode="HTML")
    assert refusal.lower() in caught.value.message.lower()


async def test_the_limit_counts_code_points_after_parsing(bot: Bot, chat: Chat) -> None:
    await bot.send_message(chat.id, "<b>" + "😀" * 4_096 + "</b>", parse_mode="HTML")
    assert len((await chat.next_answer()).text) == 4_096


@pytest.mark.parametrize(
    ("button", "refusal"),
    [
        ({"text": "x", "callback_data": "字" * 22}, "button_data_invalid"),
        ({"text": "x", "callback_data": ""}, "button_data_invalid"),
        ({"text": " ", "callback_data": "x"}, "button_text_empty"),
        ({"text": "x"}, "text buttons are unallowed"),
        ({"text": "x", "url": "https://localhost"}, "is invalid: wrong http url"),
        ({"text": "x", "copy_text": {"text": "字" * 257}}, "button_copy_text_invalid"),
        ({"text": "x", "callback_data": "x", "url": "https://example.org"}, "button_type_invalid"),
        ({"callback_data": "x"}, "can't find field"),
    ],
)
async def test_buttons_that_telegram_refuses_are_refused(
    telegram: BotApiServer, chat: Chat, button: dict[str, object], refusal: str
) -> None:
    markup = {"inline_keyboard": [[button]]}
    description = await ask(telegram, "sendMessage", chat_id=chat.id, text="x", reply_markup=markup)
    assert refusal in description.lower()


async def test_more_than_a_hundred_buttons_are_refused(bot: Bot, chat: Chat) -> None:
    rows = [[InlineKeyboardButton("x", callback_data=str(number))] for number in range(101)]
    with pytest.raises(BadRequest):
        await bot.send_message(chat.id, "x", reply_markup=keyboard(*rows))


async def test_an_edit_that_changes_nothing_is_refused(bot: Bot, chat: Chat) -> None:
    sent = await bot.send_message(chat.id, "<b>一</b>", parse_mode="HTML")
    with refused(BadRequest, "not modified"):
        await bot.edit_message_text("<strong>一</strong>", chat.id, sent.message_id, parse_mode="HTML")
    await bot.edit_message_text("一", chat.id, sent.message_id)
    assert (await chat.next_edit()).bold == ()
    with refused(BadRequest, "message to edit not found"):
        await bot.edit_message_text("二", chat.id, 999)


async def test_a_bot_cannot_edit_what_people_wrote(bot: Bot, chat: Chat, person: Person) -> None:
    said = person.say(chat, "一")
    with refused(BadRequest, "can't be edited"):
        await bot.edit_message_text("二", chat.id, said.id)


async def test_replying_to_a_missing_message_is_refused_unless_allowed(bot: Bot, chat: Chat) -> None:
    with refused(BadRequest, "message to be replied not found"):
        await bot.send_message(chat.id, "一", reply_parameters=ReplyParameters(999))
    await bot.send_message(
        chat.id, "一", reply_parameters=ReplyParameters(999, allow_sending_without_reply=True)
    )
    assert (await chat.next_answer()).reply_to is None


async def test_a_quote_must_stand_in_the_message(bot: Bot, chat: Chat, person: Person) -> None:
    said = person.say(chat, "临江大桥")
    with refused(BadRequest, "quote_text_invalid"):
        await bot.send_message(chat.id, "一", reply_parameters=ReplyParameters(said.id, quote="长江"))


async def test_a_picture_is_sent_from_memory_or_by_address(
    telegram: BotApiServer, bot: Bot, chat: Chat
) -> None:
    await bot.send_photo(chat.id, b"\x89PNG\r\n\x1a\n...", caption="<b>图</b>", parse_mode="HTML")
    picture = await chat.next_answer()
    assert (picture.photo, picture.bold) == (b"\x89PNG\r\n\x1a\n...", ("图",))
    await bot.send_photo(chat.id, "https://example.org/a.jpg")
    assert (await chat.next_answer()).photo == "https://example.org/a.jpg"
    with refused(BadRequest, "image_process_failed"):
        await bot.send_photo(chat.id, b"no picture")
    telegram.methods.broken_pictures.add("https://example.org/gone.jpg")
    with refused(BadRequest, "web page content"):
        await bot.send_photo(chat.id, "https://example.org/gone.jpg")
    with refused(BadRequest, "caption is too long"):
        await bot.send_photo(chat.id, b"\x89PNG\r\n", caption="字" * 1_025)


async def test_a_picture_can_be_replaced(bot: Bot, chat: Chat) -> None:
    sent = await bot.send_photo(chat.id, b"\x89PNG\r\n1", caption="一")
    other = InputMediaPhoto(b"\x89PNG\r\n2", caption="<b>二</b>", parse_mode="HTML")
    await bot.edit_message_media(other, chat.id, sent.message_id)
    edited = await chat.next_edit()
    assert (edited.photo, edited.bold) == (b"\x89PNG\r\n2", ("二",))
    with refused(BadRequest, "not modified"):
        await bot.edit_message_media(other, chat.id, sent.message_id)


async def test_a_preview_shows_only_if_it_is_wanted(bot: Bot, chat: Chat) -> None:
    await bot.send_message(chat.id, "https://example.org", link_preview_options=LinkPreviewOptions(True))
    hidden = await chat.next_answer()
    assert hidden.preview is None
    await bot.edit_message_text(
        "字", chat.id, hidden.id, link_preview_options=LinkPreviewOptions(url="example.org")
    )
    assert (await chat.next_edit()).preview == "example.org"


async def test_unknown_methods_are_not_found_and_reported(
    telegram: BotApiServer, bot: Bot, chat: Chat
) -> None:
    with pytest.raises(InvalidToken):
        await bot.send_dice(chat.id)
    assert [lint.kind for lint in telegram.lints] == ["unknown_method"]
    telegram.journal.forgive("unknown_method")


async def test_a_wrong_token_is_unauthorized(telegram: BotApiServer) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        response = await client.get(f"{telegram.url}/bot1:wrong/getMe")
        assert (response.status_code, response.json()["description"]) == (401, "Unauthorized")
        assert (await client.get(f"{telegram.url}/nothing")).status_code == 404


async def test_a_request_may_be_json_or_a_query_string(telegram: BotApiServer, bot: Bot, chat: Chat) -> None:
    async with httpx.AsyncClient(base_url=f"{telegram.url}/bot{telegram.token}/", trust_env=False) as client:
        await client.post("SendMessage", json={"chat_id": chat.id, "text": "一"})
        await client.get("sendmessage", params={"chat_id": chat.id, "text": "二"})
    assert [answer.text for answer in chat.answers] == ["一", "二"]


# --- who may be written to


async def test_people_are_written_to_only_after_they_wrote_and_while_they_want_it(
    telegram: BotApiServer, bot: Bot, person: Person
) -> None:
    fresh = telegram.private(person)
    with refused(Forbidden, "can't initiate conversation"):
        await bot.send_message(person.id, "一")
    person.start(fresh)
    await bot.send_message(person.id, "一")
    person.block(fresh)
    with refused(Forbidden, "blocked by the user"):
        await bot.send_message(person.id, "二")
    with refused(BadRequest, "chat not found"):
        await bot.send_message(77, "一")
    updates = await bot.get_updates()
    assert [bool(update.my_chat_member) for update in updates] == [False, True]


async def test_a_group_may_throw_the_bot_out(telegram: BotApiServer, bot: Bot, person: Person) -> None:
    group = telegram.group("群", person)
    group.remove_bot(by=person)
    with refused(Forbidden, "bot was kicked from the supergroup chat"):
        await bot.send_message(group.id, "一")
    group.add_bot(by=person)
    group.set_bot("muted", by=person)
    with refused(BadRequest, "not enough rights"):
        await bot.send_message(group.id, "一")


async def test_an_upgraded_group_names_its_new_id(telegram: BotApiServer, bot: Bot, person: Person) -> None:
    group = telegram.group("群", person, basic=True)
    old = group.id
    new = group.upgrade(by=person)
    with pytest.raises(ChatMigrated) as caught:
        await bot.send_message(old, "一")
    assert caught.value.new_chat_id == new == group.id
    await bot.send_message(new, "一")
    assert (await group.next_answer()).text == "一"
    updates = await bot.get_updates()
    assert [
        (update.message.migrate_to_chat_id, update.message.migrate_from_chat_id)
        for update in updates
        if update.message
    ] == [(new, None), (None, old)]


async def test_topics_are_kept_and_general_must_not_be_named(
    telegram: BotApiServer, bot: Bot, person: Person
) -> None:
    telegram.configure(reads_all=True)
    forum = telegram.forum("论坛", person)
    topic = forum.topic("财经", by=person)
    question = person.say(forum, "地铁", topic=topic)
    person.say(forum, "大家好")
    _, in_topic, in_general = [update.message for update in await bot.get_updates()]
    assert in_topic
    assert (in_topic.message_thread_id, in_topic.is_topic_message) == (topic.id, True)
    assert in_general
    assert in_general.message_thread_id is None
    await bot.send_message(forum.id, "一", message_thread_id=topic.id)
    assert (await forum.next_answer()).topic == topic.id
    await bot.send_message(forum.id, "二", reply_parameters=ReplyParameters(question.id))
    assert (await forum.next_answer()).topic == topic.id
    await bot.send_message(forum.id, "三")
    assert (await forum.next_answer()).topic is None
    for wrong in (1, 4_711):
        with refused(BadRequest, "message thread not found"):
            await bot.send_message(forum.id, "四", message_thread_id=wrong)
    topic.closed = True
    with refused(BadRequest, "topic_closed"):
        await bot.send_message(forum.id, "五", message_thread_id=topic.id)


async def test_a_thread_of_replies_is_no_topic(telegram: BotApiServer, bot: Bot, person: Person) -> None:
    telegram.configure(reads_all=True)
    group = telegram.group("群", person)
    first = person.say(group, "一")
    person.say(group, "二", reply_to=first)
    reply = (await bot.get_updates())[1].message
    assert reply
    assert (reply.message_thread_id, reply.is_topic_message) == (first.id, None)
    with refused(BadRequest, "message thread not found"):
        await bot.send_message(group.id, "三", message_thread_id=first.id)


# --- what reaches the bot


async def test_with_privacy_on_only_what_is_meant_for_the_bot_arrives(
    telegram: BotApiServer, bot: Bot, person: Person
) -> None:
    group = telegram.group("群", person)
    await bot.send_message(group.id, "报童在此")
    mine = await group.next_answer()
    for text in ("大家好", "@someone 你好", "/ask@other_bot 一", "/ask 二", "@baotong_bot 三"):
        person.say(group, text)
    person.say(group, "四", reply_to=mine)
    heard = [update.message.text for update in await bot.get_updates() if update.message]
    assert heard == ["/ask 二", "@baotong_bot 三", "四"]
    telegram.configure(mentions_reach_it=False)
    person.say(group, "@baotong_bot 五")
    telegram.configure(reads_all=True)
    person.say(group, "六")
    assert [update.message.text for update in await bot.get_updates() if update.message][3:] == ["六"]


async def test_an_anonymous_admin_writes_as_the_group_and_presses_as_themselves(
    telegram: BotApiServer, bot: Bot, person: Person
) -> None:
    group = telegram.group("群", person)
    person.promote(group, anonymous=True)
    person.say(group, "/settings")
    sent = await bot.send_message(
        group.id, "设置", reply_markup=keyboard([InlineKeyboardButton("语言", callback_data="l")])
    )
    person.press(group.now(await group.next_answer()), "语言")
    message, press = await bot.get_updates()
    assert message.message
    assert message.message.from_user
    assert message.message.from_user.id == 1087968824
    assert message.message.sender_chat
    assert message.message.sender_chat.id == group.id
    assert press.callback_query
    assert press.callback_query.from_user.id == person.id
    assert press.callback_query.message
    assert press.callback_query.message.message_id == sent.message_id
    member = await bot.get_chat_member(group.id, person.id)
    assert member.status == "administrator"
    assert [admin.user.id for admin in await bot.get_chat_administrators(group.id)] == [person.id]
    telegram.journal.forgive("unanswered_press")


# --- presses and inline mode


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


# --- menus and texts


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


# --- faults


@pytest.mark.parametrize(
    ("fault", "error", "acted"),
    [
        (faults.server_error(502), NetworkError, False),
        (faults.server_error(500), NetworkError, False),
        (faults.refusal(403, "Forbidden: x"), Forbidden, False),
        (faults.cut_before(), NetworkError, False),
        (faults.cut_after(), NetworkError, True),
        (faults.truncated(), NetworkError, True),
        (faults.slow(0.05), None, True),
        (faults.hang(), NetworkError, False),
    ],
    ids=lambda value: value.name if isinstance(value, faults.Fault) else None,
)
async def test_faults_strike_once_and_act_or_not(
    telegram: BotApiServer,
    bot: Bot,
    chat: Chat,
    fault: faults.Fault,
    error: type[Exception] | None,
    acted: bool,
) -> None:
    telegram.faults.plan(fault, "sendMessage")
    if error:
        with pytest.raises(error):
            await bot.send_message(chat.id, "一", read_timeout=0.3)
    else:
        await bot.send_message(chat.id, "一")
    assert len(chat.answers) == acted
    [call] = telegram.journal.called("sendMessage")
    assert (call.fault, call.acted) == (fault.name, acted)
    await bot.send_message(chat.id, "二")
    assert chat.answers[-1].text == "二"


async def test_too_many_requests_say_when_to_come_back(telegram: BotApiServer, bot: Bot, chat: Chat) -> None:
    telegram.faults.plan(faults.too_many_requests(7))
    with refused(RetryAfter, "Retry in 7"):
        await bot.send_message(chat.id, "一")
    telegram.faults.plan(faults.too_many_requests(7))
    async with httpx.AsyncClient(trust_env=False) as client:
        response = await client.get(f"{telegram.url}/bot{telegram.token}/getMe")
    assert response.headers["Retry-After"] == "7"
    assert response.json()["parameters"] == {"retry_after": 7}


async def test_faults_by_rate_strike_their_share(telegram: BotApiServer, bot: Bot, chat: Chat) -> None:
    telegram.faults.rate(0.5, [faults.refusal(500, "x")], "sendMessage")
    struck = 0
    for _ in range(40):
        try:
            await bot.send_message(chat.id, "一")
        except NetworkError:
            struck += 1
    assert 10 < struck < 30
    telegram.faults.clear()
    await bot.send_message(chat.id, "一")


async def test_during_an_outage_nobody_answers_and_people_go_on_writing(
    telegram: BotApiServer, bot: Bot, chat: Chat, person: Person
) -> None:
    async with telegram.outage():
        with pytest.raises(NetworkError):
            await bot.get_me()
        person.say(chat, "一")
    assert len(await bot.get_updates()) == 1


async def test_the_flood_model_refuses_bursts(telegram: BotApiServer, bot: Bot, chat: Chat) -> None:
    telegram.methods.flood = FloodLimits(burst=2)
    await bot.send_message(chat.id, "一")
    await bot.send_message(chat.id, "二")
    with pytest.raises(RetryAfter):
        await bot.send_message(chat.id, "三")


def test_the_flood_model_frees_a_chat_after_its_wait() -> None:
    limits = FloodLimits(per_chat=1, burst=1, per_group=3)
    assert limits.wait(1, now=0.0) == 0
    assert limits.wait(1, now=0.1) == 1
    assert limits.wait(2, now=0.1) == 0
    assert limits.wait(1, now=1.1) == 0
    assert [limits.wait(-5, now=10.0 + second) for second in range(4)] == [0, 0, 0, 57]


# --- lints


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("见 /home/op/data/a.md", "path"),
        ("Traceback (most recent call last): x", "traceback"),
        ("corpus.errors.StoreError: x", "traceback"),
        ("找到 &lt;b&gt;标题&lt;/b&gt;", "markup"),
        ("甲 &amp;amp; 乙", "markup"),
        ("第 {page} 页", "placeholder"),
        ("作者：None", "repr"),
        ("分类：['金融', '国内']", "repr"),
        ("&lt;corpus.models.Hit object at 0x7f00&gt;", "repr"),
        ("甲\u202e乙", "control"),
        ('<a href="javascript:alert(1)">字</a>', "link_dropped"),
        ('<a href="https://example.org/a b">字</a>', "link_blank"),
    ],
)
async def test_what_people_should_not_see_is_reported(
    telegram: BotApiServer, bot: Bot, chat: Chat, text: str, kind: str
) -> None:
    await bot.send_message(chat.id, text, parse_mode="HTML")
    found = {lint.kind for lint in telegram.lints}
    assert found == ({kind} if kind != "control" else set())  # Telegram itself takes those characters out
    telegram.journal.forgive(kind)


@pytest.mark.parametrize(
    "text",
    [
        "None of the trains ran.",
        "Use a/b or /ask, see https://example.org/home/data/x",
        "价格在 3 &lt; 5 与 a &gt; b 之间",
        "C++ 的 {} 和 {{x}}、[1, 2]",
        "发生错误：ValueError 是什么",
    ],
)
async def test_ordinary_text_is_not_reported(telegram: BotApiServer, bot: Bot, chat: Chat, text: str) -> None:
    await bot.send_message(chat.id, text, parse_mode="HTML")
    assert telegram.lints == []


async def test_the_token_is_found_anywhere_and_quotes_are_forgiven(
    telegram: BotApiServer, bot: Bot, chat: Chat, person: Person
) -> None:
    person.say(chat, "<b>是什么 &amp; None")
    await bot.send_message(chat.id, "没有找到“<b>是什么 &amp; None”")
    assert telegram.lints == []
    await bot.send_message(chat.id, f"https://example.org/?{telegram.token}")
    assert {lint.kind for lint in telegram.lints} == {"token"}
    telegram.journal.forgive("token")


async def test_check_names_what_is_wrong(bot: Bot) -> None:
    async with BotApiServer(BotProfile(token="1:other")) as other:
        person = other.person()
        chat = other.private(person, started=True)
        person.say(chat, "一")
        async with httpx.AsyncClient(base_url=f"{other.url}/bot{other.token}/", trust_env=False) as client:
            await client.post("sendMessage", json={"chat_id": chat.id, "text": ""})
            await client.post("sendMessage", json={"chat_id": chat.id, "text": "作者：None"})
        with pytest.raises(AssertionError, match=r"(?s)repr: 'None'.*message text is empty"):
            other.check()
        other.expect_refusals()
        other.journal.allow("作者：None")
        other.journal.lints.clear()
        other.check()
