"""People who ask, and the table of what held."""

import asyncio
import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.botapi import BotApiServer, Chat, Person
from tests.botapi.harness import BotProcess, free_port
from tests.faults import FAULTS

collect_ignore_glob = ["*/sitecustomize.py"]
"""Loaded by the processes under test; pytest must not import them when it looks for doctests."""

QUESTION = "临江大桥什么时候通车"
ANSWER = "临江大桥将于2026年10月1日零时正式通车"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "fault(number): the row of the fault matrix that a test is about")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # As properties of the report the numbers also come back from the processes of pytest-xdist.
    for item in items:
        for mark in item.iter_markers("fault"):
            item.user_properties += [("fault", number) for number in mark.args]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    results: dict[int, list[str]] = defaultdict(list)
    for outcome in ("passed", "failed", "error"):
        for report in terminalreporter.getreports(outcome):
            for name, value in report.user_properties:
                if name == "fault":
                    results[value].append(outcome)
    if not results:
        return
    terminalreporter.section("fault matrix")
    for number, name in FAULTS.items():
        outcomes = results.get(number, [])
        held = "not run" if not outcomes else "held" if set(outcomes) == {"passed"} else "NOT HELD"
        terminalreporter.write_line(f"{number:3} {held:8} {len(outcomes):3} tests  {name}")


class Crowd:
    """People in their private chats, and what each of them got."""

    def __init__(self, server: BotApiServer, size: int) -> None:
        self.server = server
        self.people: list[Person] = [server.person(f"读者{number}") for number in range(size)]
        self.chats: list[Chat] = [server.private(person, started=True) for person in self.people]
        self.asked: dict[int, int] = defaultdict(int)
        self._waiting: dict[int, list[float]] = defaultdict(list)

    def ask(self, number: int, text: str = QUESTION) -> None:
        """One of them asks."""
        place = number % len(self.people)
        self.people[place].say(self.chats[place], text)
        self.asked[place] += 1
        self._waiting[place].append(time.time())

    @property
    def answers(self) -> int:
        """How many messages all of them got."""
        return sum(len(chat.answers) for chat in self.chats)

    def lost(self) -> int:
        """Questions without an answer."""
        return sum(max(0, count - len(self.chats[place].answers)) for place, count in self.asked.items())

    def doubled(self) -> int:
        """Answers beyond one for each question."""
        return sum(max(0, len(self.chats[place].answers) - count) for place, count in self.asked.items())

    async def answered(self, within: float, *, bot: BotProcess | None = None) -> None:
        """Wait until every question has its answer.

        Raises:
            AssertionError: Some have not, within so many seconds. With `bot` it tells where they are.
        """
        deadline = asyncio.get_running_loop().time() + within
        while self.lost():
            if asyncio.get_running_loop().time() > deadline:
                raise AssertionError(
                    f"{self.lost()} of {sum(self.asked.values())} questions without an answer"
                    + (f"\n{self._whereabouts(bot)}" if bot else "")
                )
            await asyncio.sleep(0.05)

    def _whereabouts(self, bot: BotProcess) -> str:
        """Where an answer may have been lost: before the bot, in its inbox, or on its way out."""
        places = [place for place, count in self.asked.items() if len(self.chats[place].answers) < count]
        chats = [self.chats[place].id for place in places]
        with closing(
            sqlite3.connect(f"{(bot.data_dir / 'bot.sqlite3').as_uri()}?mode=ro", uri=True)
        ) as inbox:
            rows = inbox.execute(
                "SELECT lane, update_id, attempts, outcome, finished FROM inbox ORDER BY update_id"
            ).fetchall()
        calls = [call for call in self.server.journal.calls if call.chat_id in chats]
        return "\n".join(
            [
                f"not confirmed by the bot: {self.server.updates.unconfirmed}",
                "lane, update, attempts, outcome, finished:",
                *(f"  {row}" for row in rows if row[0] in map(str, chats)),
                "calls into these chats:",
                *(f"  {call}" for call in calls),
                f"the end of the log:\n{bot.log[-6000:]}",
            ]
        )

    def delays(self) -> list[float]:
        """Seconds from each question to its answer, sorted; answers come in order in each chat."""
        found = []
        for place, moments in self._waiting.items():
            answers = self.chats[place].answers
            found += [
                answer.sent_at.timestamp() - asked for asked, answer in zip(moments, answers, strict=False)
            ]
        return sorted(found)


async def until(condition: Callable[[], object], within: float = 10.0) -> None:
    """Wait until something holds.

    Raises:
        TimeoutError: It does not within so many seconds.
    """
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 — looks from outside
            await asyncio.sleep(0.02)


async def problems(port: int) -> dict[str, str]:
    """What `/readyz` names; empty: ready."""
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"http://127.0.0.1:{port}/readyz")
    found: dict[str, str] = answer.json()["problems"]
    assert (answer.status_code == 200) is (not found)
    return found


async def wait_for(port: int, subject: str | None, within: float) -> None:
    """Wait until a problem is named, or none is any more."""
    async with asyncio.timeout(within):
        while True:
            found = await problems(port)
            if (not found) if subject is None else (subject in found):
                return
            await asyncio.sleep(0.2)


def webhook_settings(server: BotApiServer) -> dict[str, Any]:
    """What switches a bot to webhook mode, behind a proxy that takes the public address to it."""
    port = free_port()
    server.updates.reverse_proxy["https://news.example.org"] = f"http://127.0.0.1:{port}"
    return {"WEBHOOK_URL": "https://news.example.org/hook", "WEB_PORT": port}


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which a share of the values lies."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def outcomes(data_dir: Path) -> dict[str, int]:
    """How many updates came to which end, as `bot.sqlite3` has it."""
    connection = sqlite3.connect(f"{(data_dir / 'bot.sqlite3').as_uri()}?mode=ro", uri=True)
    try:
        return dict(connection.execute("SELECT coalesce(outcome, 'waiting'), count(*) FROM inbox GROUP BY 1"))
    finally:
        connection.close()
