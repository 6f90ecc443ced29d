"""Updates that come twice, in disorder, late, or as no client could make them."""

import asyncio
import time
from typing import Any

import pytest

from bot.wording.i18n import Language, translator
from tests.botapi import BotApiServer
from tests.botapi.fixtures import StartBot
from tests.faults.conftest import ANSWER, QUESTION, Crowd, outcomes, until, webhook_settings

STALE = translator(Language.HANS)("limits.stale")


def raw_message(telegram: BotApiServer, crowd: Crowd, **fields: Any) -> dict[str, Any]:
    """A message as Telegram writes it, with changes."""
    message = {
        "message_id": 5_000,
        "date": int(time.time()),
        "from": crowd.people[0].as_user(),
        "chat": crowd.chats[0].state.as_json(),
        "text": QUESTION,
    }
    return {**message, **fields}


@pytest.mark.fault(13)
@pytest.mark.parametrize("mode", ["polling", "webhook"])
@pytest.mark.slow
async def test_a_repeated_update_is_answered_once_also_after_a_restart(
    telegram: BotApiServer, baotong: StartBot, mode: str
) -> None:
    bot = await baotong(**(webhook_settings(telegram) if mode == "webhook" else {}))
    crowd = Crowd(telegram, 1)
    crowd.ask(0)
    await crowd.answered(within=5)
    telegram.updates.repeat_last()
    telegram.updates.repeat_last()
    await asyncio.sleep(0.5)
    await bot.restart(kill=True)
    telegram.updates.repeat_last()
    await asyncio.sleep(1)
    assert crowd.answers == 1


@pytest.mark.fault(13)
@pytest.mark.slow
async def test_updates_in_disorder_are_all_answered(telegram: BotApiServer, baotong: StartBot) -> None:
    await baotong()
    crowd = Crowd(telegram, 1)
    for number in (900_000_009, 900_000_001, 900_000_005):
        telegram.updates.put_raw({"update_id": number, "message": raw_message(telegram, crowd)})
    await crowd.chats[0].next_answers(3, within=8)


@pytest.mark.fault(13)
@pytest.mark.slow
async def test_a_backlog_of_a_day_gets_one_apology_per_chat_and_fresh_questions_an_answer(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    crowd = Crowd(telegram, 3)
    for place in (0, 1):
        for hours in (20, 10, 1):
            crowd.people[place].say(crowd.chats[place], QUESTION, sent=time.time() - hours * 3_600)
    crowd.people[2].say(crowd.chats[2], QUESTION, sent=time.time() - 60)
    await baotong()
    for place in (0, 1):
        assert STALE in (await crowd.chats[place].next_answer(within=8)).text
    assert ANSWER in (await crowd.chats[2].next_answer(within=8)).text
    await asyncio.sleep(1)
    assert [len(chat.answers) for chat in crowd.chats] == [1, 1, 1]


@pytest.mark.fault(14)
@pytest.mark.parametrize("mode", ["polling", pytest.param("webhook", marks=pytest.mark.slow)])
async def test_poison_is_passed_over_stored_and_the_next_question_answered(
    telegram: BotApiServer, baotong: StartBot, mode: str
) -> None:
    bot = await baotong(**(webhook_settings(telegram) if mode == "webhook" else {}))
    bot.errors_expected = True
    crowd = Crowd(telegram, 1)
    without_chat = raw_message(telegram, crowd)
    del without_chat["chat"]
    entities = [{"type": "bold", "offset": number, "length": 1} for number in range(1_000)]
    strange: list[dict[str, Any]] = [
        {"message": without_chat},
        {"message": {}},
        {"message": None},
        {"message": []},
        {"message": "text"},
        {"callback_query": {}},
        {"inline_query": {"id": 1}},
        {"my_chat_member": {"chat": {"id": 1}}},
        {"message": raw_message(telegram, crowd, date="yesterday")},
        {"message": raw_message(telegram, crowd, entities="none", text=7)},
        {"message": raw_message(telegram, crowd, entities=entities)},
        {
            "message": raw_message(
                telegram,
                crowd,
                text=QUESTION,
                entities=[{"type": "bot_command", "offset": 10**6, "length": -5}],
            )
        },
        {"message": {"message_id": 1, "date": 1, "chat": {"id": -1, "type": "unheard of"}}},
        {"message": raw_message(telegram, crowd, via_bot=crowd.people[0].as_user())},
        {"edited_channel_post": raw_message(telegram, crowd)},
        {"kind_of_next_year": {"x": 1}},
        {},
    ]
    for body in strange:
        telegram.updates.put_raw(body)
    await telegram.updates.emptied(20)
    await until(lambda: "waiting" not in outcomes(bot.data_dir), within=15)
    before = crowd.answers
    crowd.ask(0, "地铁三号线")
    await until(lambda: crowd.answers == before + 1)
    assert outcomes(bot.data_dir).get("poison", 0) >= 4
    telegram.journal.forgive("unanswered_inline", "unanswered_press")


@pytest.mark.fault(14)
@pytest.mark.slow
async def test_service_messages_are_passed_over_in_silence(telegram: BotApiServer, baotong: StartBot) -> None:
    await baotong()
    one, other = telegram.person("甲"), telegram.person("乙")
    group = telegram.group("群", one)
    other.join(group)
    group.rename("新名", by=one)
    other.leave(group)
    await group.silence(1)
    one.say(group, f"@{telegram.bot.username} {QUESTION}")
    assert ANSWER in (await group.next_answer()).text
