"""Messages show as Telegram shows them and are refused as it refuses them."""

import httpx
import pytest
from telegram import (
    Bot,
    CopyTextButton,
    InlineKeyboardButton,
    InputMediaPhoto,
    LinkPreviewOptions,
    ReplyParameters,
)
from telegram.error import BadRequest, InvalidToken

from tests.botapi import BotApiServer, Chat, Person
from tests.botapi.requests import ask, keyboard, refused


@pytest.fixture(autouse=True)
def _refusals_are_what_is_tested(telegram: BotApiServer) -> None:
    telegram.expect_refusals()


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
