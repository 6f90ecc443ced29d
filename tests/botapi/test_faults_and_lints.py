"""Injected faults strike as planned, and what people should not see is reported."""

import httpx
import pytest
from telegram import Bot
from telegram.error import Forbidden, NetworkError, RetryAfter

from tests.botapi import BotApiServer, Chat, Person, faults
from tests.botapi.flood import FloodLimits
from tests.botapi.requests import refused
from tests.botapi.values import BotProfile


@pytest.fixture(autouse=True)
def _refusals_are_what_is_tested(telegram: BotApiServer) -> None:
    telegram.expect_refusals()


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
    with refused(RetryAfter, "Retry in "):
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
