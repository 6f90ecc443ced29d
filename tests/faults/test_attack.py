"""Two hundred hostile messages, however they come: each costs little, and nobody waits for them."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.botapi import BotApiServer, Chat, Message, Person
from tests.botapi.fixtures import StartBot
from tests.botapi.harness import Talk
from tests.faults.attack import Blow, blows
from tests.faults.conftest import QUESTION, Crowd, outcomes, percentile, until

pytestmark = [pytest.mark.fault(8, 9), pytest.mark.slow]

MAX_SECONDS = 1.0
"""Processor time of one update."""

MAX_WAIT = 2.0
"""What another person waits while five of them come in a second."""

MAX_WAIT_AT_ONCE = 5.0
"""And while all came at once: a little over a second where nothing else runs on the machine."""

SENDERS = 20


class Attacker:
    """Somebody with a private chat, an answer in it, and a group."""

    def __init__(self, server: BotApiServer, crowd: Crowd, number: int) -> None:
        self.person: Person = crowd.people[number]
        self.chat: Chat = crowd.chats[number]
        self.group = server.group(f"群{number}", self.person)
        self._name = server.bot.username
        self._answer: Message = self.chat.answers[0]
        self._question = self.person.say(self.group, "早")  # not meant for the bot

    def strike(self, blow: Blow) -> None:
        """Send a hostile message."""
        if blow.way == "button":
            self.person.forge(self._answer, blow.text)
        elif blow.way == "inline":
            self.person.inline(blow.text)
        elif blow.way == "edited":
            self.person.edit(self._question, f"@{self._name} {blow.text}"[:4_096])
        elif blow.way == "group":
            self.person.say(self.group, f"@{self._name} {blow.text}"[:4_096])
        else:
            self.person.say(self.chat, blow.text, reply_to=self._answer if blow.way == "reply" else None)


async def attackers(server: BotApiServer) -> list[Attacker]:
    """So many of them, all with an answer."""
    crowd = Crowd(server, SENDERS)
    for number in range(SENDERS):
        crowd.ask(number)
    await crowd.answered(within=30)
    return [Attacker(server, crowd, number) for number in range(SENDERS)]


def processor_seconds(pid: int) -> float:
    """Processor time of a process so far, without its children."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def others_asking(server: BotApiServer) -> AsyncIterator[Crowd]:
    """A question a second meanwhile, in turns from three people, so that nobody is over a limit."""
    others = Crowd(server, 3)

    async def ask() -> None:
        for number in range(10_000):
            others.ask(number)
            await asyncio.sleep(1)

    asking = asyncio.create_task(ask())
    try:
        yield others
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("pause", "longest"),
    [
        pytest.param(0.2, MAX_WAIT, id="five a second"),
        pytest.param(0.0, MAX_WAIT_AT_ONCE, id="at once"),
    ],
)
async def test_two_hundred_hostile_messages_hold_up_nobody(
    telegram: BotApiServer, baotong: StartBot, pause: float, longest: float
) -> None:
    bot = await baotong(LOG_LEVEL="INFO")
    hostile = await attackers(telegram)
    before = processor_seconds(bot.pid), sum(outcomes(bot.data_dir).values())
    async with others_asking(telegram) as others:
        for number, blow in enumerate(blows(200)):
            hostile[number % SENDERS].strike(blow)
            await asyncio.sleep(pause)
        await until(lambda: "waiting" not in outcomes(bot.data_dir), within=60)
        await asyncio.sleep(2)
    await others.answered(within=10)
    spent = processor_seconds(bot.pid) - before[0]
    count = sum(outcomes(bot.data_dir).values()) - before[1]
    waits = others.delays()
    print(
        f"\n{count} updates, {spent / count:.3f} s of processor time each; "
        f"others: {len(waits)} questions, median {percentile(waits, 0.5):.2f} s, longest {waits[-1]:.2f} s; "
        f"{outcomes(bot.data_dir)}"
    )
    assert count >= 200
    assert spent / count < MAX_SECONDS
    assert waits[-1] < longest
    assert others.doubled() == 0


@pytest.mark.timeout(300)
async def test_no_hostile_message_costs_more_than_a_second(telegram: BotApiServer, talk: Talk) -> None:
    [answer] = await talk.say(QUESTION)
    costs: list[tuple[float, Blow]] = []
    group = telegram.group("群", talk.me)
    name = telegram.bot.username
    for blow in blows(400, seed=14):
        start = time.process_time()
        if blow.way == "button":
            await talk.forge(answer, blow.text)
        elif blow.way == "inline":
            await talk.inline(blow.text)
        elif blow.way == "group":
            await talk.say(f"@{name} {blow.text}"[:4_096], chat=group)
        else:
            await talk.say(blow.text, reply_to=answer if blow.way == "reply" else None)
        costs.append((time.process_time() - start, blow))
    costs.sort(key=lambda cost: -cost[0])
    print("\n" + "\n".join(f"{cost:.3f} s {blow.way} {blow.text[:30]!r}" for cost, blow in costs[:5]))
    assert costs[0][0] < MAX_SECONDS
