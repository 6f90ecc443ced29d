"""What Bot API 7 to 10.3 brought: guests, reactions, rich messages, ephemeral messages; albums and pastes."""

from typing import Any

import pytest
from telegram import Bot, InlineQueryResultArticle, InputTextMessageContent
from telegram.error import BadRequest

from tests.botapi import BotApiServer, Chat, Person
from tests.botapi.formatting import FormattedText, find_entities
from tests.botapi.requests import refused

ALL_KINDS = ["message", "guest_message", "message_reaction"]


@pytest.fixture(autouse=True)
def _refusals_are_what_is_tested(telegram: BotApiServer) -> None:
    telegram.expect_refusals()
    telegram.configure(guests=True)


def result(result_id: str = "1", text: str = "引文") -> InlineQueryResultArticle:
    return InlineQueryResultArticle(result_id, "标题", InputTextMessageContent(text, parse_mode="HTML"))


async def test_a_guest_is_told_only_if_it_asked_and_answers_once_in_time(
    telegram: BotApiServer, bot: Bot, person: Person
) -> None:
    person.call_guest("@baotong_bot 谁")
    assert await bot.get_updates() == ()
    await bot.get_updates(allowed_updates=ALL_KINDS)
    call = person.call_guest("@baotong_bot 谁", replying_to="某事")
    [update] = await bot.get_updates()
    message = update.guest_message
    assert message is not None
    assert message.guest_query_id is not None
    assert message.reply_to_message is not None
    with refused(BadRequest, "can't parse entities"):
        await bot.answer_guest_query(message.guest_query_id, result(text="<x>"))
    with refused(BadRequest, "result_id_invalid"):
        await bot.answer_guest_query(message.guest_query_id, result(""))
    sent = await bot.answer_guest_query(message.guest_query_id, result())
    assert sent.inline_message_id
    assert (await call.answer()).content.text == "引文"
    with refused(BadRequest, "query is too old"):
        await bot.answer_guest_query(message.guest_query_id, result())
    with refused(BadRequest, "chat not found"):
        await bot.send_message(message.chat.id, "在")
    telegram.world.guest_lifetime = 0.0
    late = person.call_guest("@baotong_bot 谁")
    with refused(BadRequest, "query is too old"):
        await bot.answer_guest_query(late.asked.id, result())
    with pytest.raises(ValueError, match="called by their names"):
        person.call_guest("报童 谁")


async def test_reactions_are_told_in_private_and_to_administrators(
    telegram: BotApiServer, bot: Bot, chat: Chat, person: Person
) -> None:
    await bot.get_updates(allowed_updates=ALL_KINDS)
    sent = await bot.send_message(chat.id, "答")
    person.react(chat.messages[-1], "👍")
    person.react(chat.messages[-1], "👎")
    changes: list[dict[str, Any]] = [update["message_reaction"] for update in telegram.updates.take()]
    assert {change["message_id"] for change in changes} == {sent.message_id}
    assert [[one["emoji"] for one in change["old_reaction"]] for change in changes] == [[], ["👍"]]
    assert [[one["emoji"] for one in change["new_reaction"]] for change in changes] == [["👍"], ["👎"]]
    for administrator, told in ((False, 0), (True, 1)):
        group = telegram.group("群", person, administrator=administrator)
        await bot.send_message(group.id, "答")
        person.react(group.messages[-1], "👍")
        assert len(telegram.updates.take()) == told


async def test_rich_messages_checklists_and_albums_look_as_from_telegram(
    telegram: BotApiServer, bot: Bot, chat: Chat, person: Person
) -> None:
    person.send_rich(chat, "一段")
    person.send_checklist(chat, "购物", "茶")
    person.send_album(chat, "图说", "", forwarded=True)
    rich, checklist, first, second = (update.message for update in await bot.get_updates())
    assert rich is not None and checklist is not None and first is not None and second is not None  # noqa: PT018
    blocks: Any = rich.api_kwargs["rich_message"]
    assert (rich.text, blocks) == (None, {"blocks": [{"type": "paragraph", "text": "一段"}]})
    assert checklist.checklist is not None
    assert (first.caption, second.caption) == ("图说", None)
    assert first.media_group_id == second.media_group_id is not None
    assert first.forward_origin is not None


def test_a_paste_is_cut_where_clients_cut(chat: Chat, person: Person) -> None:
    assert [len(one.text) for one in person.paste(chat, "字" * 4_596)] == [4_096, 500]
    assert [one.text[-1] for one in person.paste(chat, f"{'字' * 4_000} {'尾' * 200}")] == ["字", "尾"]
    assert [len(one.text) for one in person.paste(chat, "😀" * 2_049)] == [2_048, 1]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("/ask：谁", ["bot_command"]),
        ("/ask谁", []),
        ("问/ask", []),
        ("@baotong_bot，谁", ["mention"]),
        ("@baotong_bot谁", []),
        ("请问@baotong_bot 谁", []),
    ],
)
def test_a_letter_beside_a_command_or_a_mention_makes_it_none(text: str, kinds: list[str]) -> None:
    assert [entity.type for entity in find_entities(FormattedText(text)).entities] == kinds


async def test_an_ephemeral_message_goes_to_one_member_from_an_administrator(
    telegram: BotApiServer, bot: Bot, chat: Chat, person: Person
) -> None:
    group = telegram.group("群", person, administrator=True)
    parameters = {"ephemeral_message_parameters": {"receiver_user_id": person.id}}
    sent = await bot.send_message(group.id, "悄悄", api_kwargs=parameters)
    number = sent.api_kwargs["ephemeral_message_id"]
    assert (sent.message_id, number > 0) == (0, True)
    [seen] = group.answers
    assert seen.receiver == person.id
    with refused(BadRequest, "message to edit not found"):
        await bot.edit_message_text("改", group.id, 0)
    place = {"chat_id": group.id, "receiver_user_id": person.id, "ephemeral_message_id": number}
    assert await bot.do_api_request("editEphemeralMessageText", api_kwargs={**place, "text": "改"})
    assert group.now(seen).text == "改"
    with refused(BadRequest, "media_caption_too_long"):
        await bot.do_api_request("editEphemeralMessageText", api_kwargs={**place, "text": "字" * 1_025})
    with refused(BadRequest, "message to edit not found"):
        other = {**place, "receiver_user_id": person.id + 1, "text": "改"}
        await bot.do_api_request("editEphemeralMessageText", api_kwargs=other)
    stranger = telegram.person("路人")
    with refused(BadRequest, "user_not_participant"):
        to_stranger = {"ephemeral_message_parameters": {"receiver_user_id": stranger.id}}
        await bot.send_message(group.id, "悄悄", api_kwargs=to_stranger)
    group.set_bot("member")
    for place_id in (group.id, chat.id):
        with refused(BadRequest, "bot_not_admin"):
            await bot.send_message(place_id, "悄悄", api_kwargs=parameters)
    telegram.configure(ephemeral=False)
    sent = await bot.send_message(group.id, "大家看", api_kwargs=parameters)
    assert sent.message_id > 0
