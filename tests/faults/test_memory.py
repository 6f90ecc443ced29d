"""A bot that has answered twenty thousand questions is no bigger than after two thousand."""

import asyncio
from pathlib import Path

import pytest

from tests.botapi import BotApiServer
from tests.botapi.fixtures import StartBot
from tests.faults.conftest import Crowd
from tests.faults.test_network import UNPACED

QUESTIONS = (
    "临江大桥什么时候通车",
    "地铁三号线",
    "图书馆 延长开放",
    "足球 临江队",
    "新茶 均价",
    "火星上有多少猫",
)


def anonymous_bytes(pid: int) -> int:
    """Memory of a process's own, files mapped not counted."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith("Anonymous:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no such line")


@pytest.mark.fault(10)
@pytest.mark.slow
@pytest.mark.timeout(1_800)
async def test_memory_stays_flat_from_question_two_thousand_to_twenty_thousand(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    bot = await baotong(PYTHONPATH=UNPACED, LOG_LEVEL="WARNING")
    # So many people that nobody is over the limit for one person.
    crowds = [Crowd(telegram, 100) for _ in range(10)]
    asked, early = 0, 0
    while asked < 20_000:
        crowd = crowds[asked // 100 % 10]
        for number in range(100):
            crowd.ask(number, QUESTIONS[(asked + number) % len(QUESTIONS)])
        asked += 100
        await crowd.answered(within=60)
        if asked == 2_000:
            await asyncio.sleep(1)
            early = anonymous_bytes(bot.pid)
        telegram.journal.calls.clear()
    await asyncio.sleep(1)
    late = anonymous_bytes(bot.pid)
    print(f"\nanonymous memory: {early / 1e6:.1f} MB at 2,000, {late / 1e6:.1f} MB at 20,000")
    assert late - early <= 10_000_000
