"""The queue, long polling and the webhook keep Telegram's rules."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from telegram import Bot, InlineKeyboardButton
from telegram.error import BadRequest, Conflict

from tests.botapi import BotApiServer, Chat, Person
from tests.botapi.requests import keyboard, refused


@pytest.fixture(autouse=True)
def _refusals_are_what_is_tested(telegram: BotApiServer) -> None:
    telegram.expect_refusals()


async def test_updates_are_delivered_until_they_are_confirmed(bot: Bot, chat: Chat, person: Person) -> None:
    person.say(chat, "一")
    person.say(chat, "二")
    first = await bot.get_updates()
    [again] = await bot.get_updates()  # only one, for the same was asked a moment ago
    assert [update.message.text for update in first if update.message] == ["一", "二"]
    assert first[0] == again
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


class Endpoint:
    """Where a bot listens: keeps what is pushed, and answers with the statuses it is given, then 200."""

    def __init__(self, telegram: BotApiServer, *statuses: int) -> None:
        self.updates = telegram.updates
        self.received: list[tuple[str, str]] = []
        """Secret and body of each push."""
        self._statuses = iter(statuses)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        async with await asyncio.start_server(self._take, "127.0.0.1", 0) as listener:
            port = listener.sockets[0].getsockname()[1]
            self.updates.reverse_proxy["https://bot.example.org"] = f"http://127.0.0.1:{port}"
            self.updates.webhook_retry_seconds = 0.05
            yield
            await self.updates.set_webhook(None)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
        body = (await reader.readexactly(length)).decode()
        secret = head.partition("x-telegram-bot-api-secret-token: ")[2].partition("\r\n")[0]
        self.received.append((secret, body))
        status = next(self._statuses, 200)
        writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()


async def test_updates_are_pushed_with_the_secret_until_they_are_accepted(
    telegram: BotApiServer, bot: Bot, chat: Chat, person: Person
) -> None:
    endpoint = Endpoint(telegram, 502)
    async with endpoint.listening():
        person.say(chat, "一")
        await bot.set_webhook("https://bot.example.org/hook", secret_token="s3cret")
        person.say(chat, "二")
        await telegram.updates.emptied(within=3)
    assert [secret for secret, _ in endpoint.received] == ["s3cret"] * 3
    assert ["一" in body for _, body in endpoint.received] == [True, True, False]
    assert telegram.updates.waiting == 0


async def test_an_update_is_pushed_though_it_lies_in_memory_where_an_earlier_one_lay(
    telegram: BotApiServer, bot: Bot, chat: Chat, person: Person
) -> None:
    endpoint = Endpoint(telegram)
    async with endpoint.listening():
        await bot.set_webhook("https://bot.example.org/hook")
        for number in range(100):
            person.say(chat, str(number))
            await telegram.updates.emptied(within=3)
    assert len(endpoint.received) == 100


async def test_with_privacy_on_only_what_is_meant_for_the_bot_arrives(
    telegram: BotApiServer, bot: Bot, person: Person
) -> None:
    group = telegram.group("群", person)
    await bot.send_message(group.id, "报童在此")
    mine = await group.next_answer()
    for text in ("大家好", "@someone 你好", "/ask@other_bot 一", "/ask 二", "@baotong_bot 三"):
        person.say(group, text)
    person.say(group, "四", reply_to=mine)
    heard = await bot.get_updates()
    assert [update.message and update.message.text for update in heard] == [
        "/ask 二",
        "@baotong_bot 三",
        "四",
    ]
    telegram.configure(mentions_reach_it=False)
    person.say(group, "@baotong_bot 五")
    telegram.configure(reads_all=True)
    person.say(group, "六")
    [last] = await bot.get_updates(offset=heard[-1].update_id + 1)
    assert last.message
    assert last.message.text == "六"


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
