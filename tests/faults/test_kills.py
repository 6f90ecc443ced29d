"""kill -9 at any moment: no question is lost, and only one gap can double an answer."""

import asyncio
import random
import sqlite3
import time
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass

import pytest

from tests.botapi import BotApiServer, faults
from tests.botapi.fixtures import StartBot
from tests.botapi.harness import BotProcess
from tests.faults.conftest import Crowd, outcomes, until, webhook_settings

pytestmark = pytest.mark.fault(12)


@dataclass(frozen=True, slots=True)
class Account:
    """What the bot's database says of a chat: questions marked as answered, and begun but not marked."""

    answered: int = 0
    begun: int = 0


class Gaps:
    """Answers that Telegram had when a kill fell and that were not marked: those and no others come twice."""

    def __init__(self, crowd: Crowd, bot: BotProcess) -> None:
        self._crowd = crowd
        self._bot = bot
        self._found: dict[int, int] = defaultdict(int)

    def count_after_a_kill(self) -> None:
        """Count them, in each chat at most the one question that was in flight."""
        accounts = self._accounts()
        for chat in self._crowd.chats:
            account = accounts.get(str(chat.id), Account())
            unmarked = len(chat.answers) - account.answered
            assert unmarked - self._found[chat.id] <= min(1, account.begun)
            self._found[chat.id] = unmarked

    @property
    def total(self) -> int:
        return sum(self._found.values())

    def _accounts(self) -> dict[str, Account]:
        with closing(sqlite3.connect(self._bot.data_dir / "bot.sqlite3")) as connection:
            rows = connection.execute(
                "SELECT lane, sum(outcome IS 'answered'), sum(outcome IS NULL AND attempts > 0)"
                " FROM inbox GROUP BY lane"
            )
            return {lane: Account(answered, begun) for lane, answered, begun in rows}


async def kill_while_asked(
    telegram: BotApiServer, bot: BotProcess, *, kills: int, questions: int, seed: int
) -> tuple[Crowd, Gaps]:
    """Let people ask at random moments while the bot is killed at random moments."""
    chance = random.Random(seed)
    crowd = Crowd(telegram, 20)
    gaps = Gaps(crowd, bot)

    async def ask() -> None:
        for number in range(questions):
            crowd.ask(number)
            await asyncio.sleep(chance.uniform(0, 0.4))

    asking = asyncio.create_task(ask())
    for _ in range(kills):
        await asyncio.sleep(chance.uniform(0.02, 0.9))
        await bot.kill()
        await asyncio.sleep(0.2)  # what it had written to the network arrives
        gaps.count_after_a_kill()
        await bot.start()
    await asking
    await crowd.answered(within=30, bot=bot)
    await asyncio.sleep(1)
    return crowd, gaps


async def test_questions_in_hand_when_the_bot_is_killed_are_answered_after_the_restart(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    bot = await baotong()
    crowd = Crowd(telegram, 4)
    telegram.faults.plan(faults.hang(), "sendMessage", times=4)
    for number in range(4):
        crowd.ask(number)
    await telegram.updates.emptied(5)  # Telegram thinks that they arrived
    await until(lambda: not telegram.faults.pending)
    await bot.restart(kill=True)
    await crowd.answered(within=10)
    await asyncio.sleep(0.5)
    assert (crowd.lost(), crowd.doubled()) == (0, 0)
    assert outcomes(bot.data_dir).get("answered") == 4


async def test_killed_between_telegrams_acceptance_and_the_mark_doubles_one_answer(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    """The one gap there is: Telegram has the answer, the bot never learned it."""
    bot = await baotong()
    crowd = Crowd(telegram, 2)
    telegram.faults.plan(faults.slow(30), "sendMessage")
    crowd.ask(0)
    await crowd.chats[0].next_answer()
    crowd.ask(1)
    await until(lambda: outcomes(bot.data_dir).get("answered") == 1)
    await bot.restart(kill=True)
    await crowd.chats[0].next_answer(within=10)
    await asyncio.sleep(0.5)
    assert crowd.doubled() == 1
    assert crowd.lost() == 0


async def test_in_webhook_mode_what_was_taken_in_is_answered_after_a_kill(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    bot = await baotong(**webhook_settings(telegram))
    crowd = Crowd(telegram, 6)
    telegram.faults.plan(faults.hang(), "sendMessage", times=3)
    for number in range(3):
        crowd.ask(number)
    await telegram.updates.emptied(5)
    await until(lambda: not telegram.faults.pending)
    await bot.kill()
    for number in range(3, 6):
        crowd.ask(number)  # while it is down
    await bot.start()
    await crowd.answered(within=15)
    await asyncio.sleep(0.5)
    assert (crowd.lost(), crowd.doubled()) == (0, 0)


@pytest.mark.slow
async def test_presses_of_before_the_kill_are_not_taken_up(telegram: BotApiServer, baotong: StartBot) -> None:
    bot = await baotong()
    crowd = Crowd(telegram, 1)
    crowd.ask(0)
    answer = await crowd.chats[0].next_answer()
    telegram.faults.plan(faults.hang(), "editMessageText")
    press = crowd.people[0].press(answer, "下一页")
    await until(lambda: not telegram.faults.pending)
    await bot.restart(kill=True)
    crowd.ask(0)
    await crowd.answered(within=10)
    assert outcomes(bot.data_dir).get("expired") == 1
    assert press.asked.answer is None
    telegram.journal.forgive("unanswered_press")
    # The same button, pressed again, works.
    again = crowd.people[0].press(answer, "下一页")
    await crowd.chats[0].next_edit()
    await again.answer()


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("mode", ["polling", "webhook"])
async def test_ten_kills_at_random_moments_lose_none_of_sixty_questions(
    telegram: BotApiServer, baotong: StartBot, mode: str
) -> None:
    settings = webhook_settings(telegram) if mode == "webhook" else {}
    telegram.faults.rate(0.5, [faults.slow(0.2), faults.slow(0.4)], "sendMessage")
    bot = await baotong(**settings)
    crowd, gaps = await kill_while_asked(telegram, bot, kills=10, questions=60, seed=20260102)
    print(f"\n{mode}: answered {crowd.answers} of 60, lost {crowd.lost()}, doubled {crowd.doubled()}")
    assert crowd.lost() == 0
    assert crowd.doubled() == gaps.total


@pytest.mark.slow
async def test_two_kills_lose_none_of_a_dozen_questions(telegram: BotApiServer, baotong: StartBot) -> None:
    bot = await baotong()
    crowd, gaps = await kill_while_asked(telegram, bot, kills=2, questions=12, seed=7)
    assert crowd.lost() == 0
    assert crowd.doubled() == gaps.total


@pytest.mark.slow
async def test_a_kill_while_the_archive_is_indexed_for_the_first_time_harms_nothing(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    crowd = Crowd(telegram, 1)
    crowd.ask(0)
    bot = await baotong(wait=0)
    started = time.monotonic()
    while "first time" not in bot.log and time.monotonic() - started < 20:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    await asyncio.sleep(0.4)
    await bot.restart(kill=True)
    await crowd.answered(within=15)
    assert crowd.doubled() == 0
