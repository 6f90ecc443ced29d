"""Nobody's flood slows down the others, and nobody is left without a word."""

import asyncio

import pytest

from bot.wording.i18n import Language, translator
from tests.botapi import BotApiServer
from tests.botapi.fixtures import StartBot
from tests.faults.conftest import ANSWER, QUESTION, Crowd, until
from tests.faults.test_network import UNPACED

pytestmark = pytest.mark.fault(10)

SLOW_DOWN = translator(Language.HANS)("limits.slow_down")
GROUP_SLOW_DOWN = translator(Language.HANS)("limits.group_slow_down")


async def test_five_hundred_messages_by_one_leave_others_answered_within_a_second(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    await baotong(LOG_LEVEL="INFO")
    crowd = Crowd(telegram, 11)
    for _ in range(500):
        crowd.people[0].say(crowd.chats[0], QUESTION)
    for number in range(1, 11):
        crowd.ask(number)
    await crowd.answered(within=5)
    assert max(crowd.delays()) < 3  # half a second where nothing else runs
    await until(lambda: any(SLOW_DOWN in message.text for message in crowd.chats[0].answers), within=30)
    said = [message for message in crowd.chats[0].answers if SLOW_DOWN in message.text]
    assert len(said) == 1


@pytest.mark.slow
async def test_a_burst_in_a_group_is_answered_as_telegram_allows_and_the_rest_told(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    await baotong(LOG_LEVEL="INFO", PYTHONPATH=UNPACED)
    people = [telegram.person(f"群友{number}") for number in range(30)]
    group = telegram.group("读报群", *people)
    reader = telegram.person("小明")
    chat = telegram.private(reader)
    for person in people:
        person.say(group, f"/ask@{telegram.bot.username} {QUESTION}")
    reader.say(chat, QUESTION)
    assert ANSWER in (await chat.next_answer(within=2)).text
    await until(lambda: any(GROUP_SLOW_DOWN in message.text for message in group.answers), within=20)
    await until(lambda: len(group.answers) >= 21, within=20)
    await asyncio.sleep(1)
    assert sum(GROUP_SLOW_DOWN in message.text for message in group.answers) == 1
    assert len(group.answers) <= 22  # a second that passes while they ask earns a third of an answer


@pytest.mark.slow
async def test_a_hundred_people_at_once_are_all_answered(telegram: BotApiServer, baotong: StartBot) -> None:
    await baotong(LOG_LEVEL="INFO")
    crowd = Crowd(telegram, 100)
    for number in range(100):
        crowd.ask(number)
    await crowd.answered(within=15)  # 26 a second leave; Telegram takes 30
    await asyncio.sleep(0.3)
    assert crowd.doubled() == 0
