"""Whatever the way to Telegram does: each question is answered once, or its person is told why."""

import asyncio
from typing import Any

import pytest

from tests.botapi import BotApiServer, faults
from tests.botapi.faults import Fault
from tests.botapi.fixtures import StartBot
from tests.botapi.harness import PROJECT
from tests.faults.conftest import ANSWER, Crowd, outcomes, percentile, until, webhook_settings

pytestmark = pytest.mark.fault(11)

UNPACED = f"{PROJECT / 'tests' / 'faults' / 'unpaced'}:{PROJECT}"


async def test_each_fault_of_sending_leaves_each_question_with_one_answer(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    await baotong()
    single: list[tuple[str, list[Fault]]] = [
        ("429", [faults.too_many_requests(1)]),
        ("429 twice", [faults.too_many_requests(1), faults.too_many_requests(1)]),
        ("502", [faults.server_error(502)]),
        ("500 three times", [faults.server_error(500)] * 3),
        ("cut before", [faults.cut_before()]),
        ("garbage", [faults.garbage()]),
        ("garbage twice", [faults.garbage()] * 2),
        ("slow", [faults.slow(2)]),
    ]
    ambiguous: list[tuple[str, list[Fault]]] = [
        ("cut after", [faults.cut_after()]),
        ("truncated", [faults.truncated()]),
    ]
    crowd = Crowd(telegram, len(single) + len(ambiguous))
    for number, (_, planned) in enumerate(single + ambiguous):
        for fault in planned:
            telegram.faults.plan(fault, "sendMessage")
        crowd.ask(number)
        await crowd.answered(within=8)
        await until(lambda: not telegram.faults.pending)
    await asyncio.sleep(1.5)
    counts = [len(chat.answers) for chat in crowd.chats]
    assert counts[: len(single)] == [1] * len(single)
    # Where Telegram had acted and could not say so, one double is possible and no more.
    assert all(1 <= count <= 2 for count in counts[len(single) :])
    assert all(ANSWER in message.text for chat in crowd.chats for message in chat.answers)


@pytest.mark.slow
async def test_others_are_answered_while_one_chat_waits_out_its_429(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    await baotong()
    crowd = Crowd(telegram, 5)
    telegram.faults.plan(faults.too_many_requests(4), "sendMessage")
    crowd.ask(0)
    await until(lambda: not telegram.faults.pending)
    for number in range(1, 5):
        crowd.ask(number)
    for chat in crowd.chats[1:]:
        await chat.next_answer(within=2)
    assert not crowd.chats[0].answers
    await crowd.answered(within=6)


@pytest.mark.slow
async def test_polling_recovers_from_everything_within_seconds(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    bot = await baotong()
    bot.errors_expected = True
    crowd = Crowd(telegram, 8)
    troubles = [
        faults.garbage(),
        faults.truncated(),
        faults.server_error(502),
        faults.cut_before(),
        faults.cut_after(),
        faults.too_many_requests(1),
        faults.refusal(401, "Unauthorized"),
        faults.refusal(409, "Conflict: terminated by other getUpdates request"),
    ]
    for number, trouble in enumerate(troubles[:6]):
        telegram.faults.plan(trouble, "getUpdates")
        crowd.ask(number)  # wakes the poll, so that the next one meets the fault
        await crowd.answered(within=6)
    telegram.faults.plan(troubles[7], "getUpdates")
    crowd.ask(6)
    await crowd.answered(within=8)
    assert crowd.doubled() == 0


@pytest.mark.slow
async def test_an_outage_of_seconds_loses_nothing(telegram: BotApiServer, baotong: StartBot) -> None:
    await baotong()
    crowd = Crowd(telegram, 6)
    for number in range(3):
        crowd.ask(number)
    async with telegram.outage():
        await asyncio.sleep(3)
        for number in range(3, 6):
            crowd.ask(number)
    await crowd.answered(within=10)
    await asyncio.sleep(0.5)
    assert crowd.lost() == 0
    assert crowd.doubled() <= 3


@pytest.mark.slow
async def test_the_bot_starts_while_telegram_cannot_be_reached(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    crowd = Crowd(telegram, 1)
    async with telegram.outage():
        bot = await baotong(wait=0)
        crowd.ask(0)
        await until(lambda: "cannot be reached" in bot.log, within=20)
        assert bot.running
    await crowd.answered(within=15)


@pytest.mark.slow
async def test_a_wrong_token_ends_the_start_with_one_line(telegram: BotApiServer, baotong: StartBot) -> None:
    bot = await baotong(wait=0, BOT_TOKEN="1111111:wrong-but-of-the-right-form_000000")
    assert await bot.wait(20) == 2
    assert "BOT_TOKEN: Telegram does not know this token" in bot.log
    assert "wrong-but" not in bot.log


@pytest.mark.slow
async def test_a_webhook_telegram_refuses_ends_the_start_with_one_line(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    bot = await baotong(wait=0, WEBHOOK_URL="http://news.example.org/hook")
    assert await bot.wait(20) == 2
    assert "WEBHOOK_URL: refused by Telegram" in bot.log
    telegram.expect_refusals()


@pytest.mark.slow
async def test_a_hundred_questions_meet_faults_in_webhook_mode(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    bot = await baotong(PYTHONPATH=UNPACED, LOG_LEVEL="INFO", **webhook_settings(telegram))
    crowd = Crowd(telegram, 25)
    telegram.faults.rate(0.1, [faults.server_error(), faults.cut_before(), faults.garbage()], "sendMessage")
    for number in range(100):
        crowd.ask(number)
    await crowd.answered(within=30)
    await asyncio.sleep(0.5)
    assert crowd.doubled() == 0
    assert outcomes(bot.data_dir) == {"answered": 100}


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("paced", [False, True], ids=["unpaced", "paced"])
async def test_a_thousand_questions_in_a_minute_with_two_percent_faults(
    telegram: BotApiServer, baotong: StartBot, paced: bool
) -> None:
    settings: dict[str, Any] = {} if paced else {"PYTHONPATH": UNPACED}
    await baotong(LOG_LEVEL="INFO", **settings)
    crowd = Crowd(telegram, 200)
    if paced:
        telegram.methods.flood = None
    troubles = [faults.too_many_requests(1), faults.server_error(), faults.cut_before(), faults.cut_after()]
    telegram.faults.rate(0.02, troubles, "sendMessage", seed=3)
    started = asyncio.get_running_loop().time()
    for number in range(1_000):
        wake = started + number * 0.06
        await asyncio.sleep(max(0.0, wake - asyncio.get_running_loop().time()))
        crowd.ask(number)
    await crowd.answered(within=60)
    await asyncio.sleep(1)
    delays = crowd.delays()
    print(
        f"\n{'paced' if paced else 'unpaced'}: 1,000 of 1,000 answered, doubled {crowd.doubled()}, "
        f"p50 {percentile(delays, 0.5):.2f} s, p95 {percentile(delays, 0.95):.2f} s, max {delays[-1]:.2f} s"
    )
    assert crowd.lost() == 0
    assert crowd.doubled() <= 20
    assert percentile(delays, 0.95) <= 3
