"""A bot that is renamed while it runs."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.inbox.addressing import BotIdentity
from bot.service.identity import MIN_SECONDS, IdentityRefresh
from tests.botapi import faults
from tests.botapi.harness import Talk
from tests.botapi.server import BotApiServer


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def inbox() -> Any:
    return SimpleNamespace(me=BotIdentity())


@pytest.fixture
def refresh(talk: Talk, inbox: Any, clock: Clock) -> IdentityRefresh:
    made = IdentityRefresh(talk.application, cast(Any, inbox), clock=clock)
    made.apply()
    return made


def asked(telegram: BotApiServer) -> int:
    return len(telegram.journal.called("getMe"))


async def test_a_name_that_nobody_knows_is_looked_up_once(
    refresh: IdentityRefresh, inbox: Any, telegram: BotApiServer, clock: Clock
) -> None:
    assert inbox.me.name == "baotong_bot"
    assert inbox.me.commands >= {"ask", "categories"}
    assert inbox.me.edited_commands == {"ask", "latest", "category", "categories"}
    before = asked(telegram)
    await refresh.check(frozenset({"baotong_bot"}))
    await refresh.check(frozenset())
    assert asked(telegram) == before
    await refresh.check(frozenset({"lisi", "baotong_bot"}))
    assert asked(telegram) == before + 1
    clock.now += MIN_SECONDS
    await refresh.check(frozenset({"lisi"}))
    assert asked(telegram) == before + 1


async def test_it_goes_on_under_a_new_name(
    refresh: IdentityRefresh, inbox: Any, telegram: BotApiServer, talk: Talk
) -> None:
    telegram.configure(username="xinwen_bot")
    await refresh.check(frozenset({"xinwen_bot"}))
    assert inbox.me.is_named("Xinwen_Bot")
    assert not inbox.me.is_named("baotong_bot")
    group = telegram.group("读报群", talk.me)
    [answer] = await talk.say("@xinwen_bot 临江大桥什么时候通车", chat=group)
    assert (answer.button("读全文").url or "").startswith("https://t.me/xinwen_bot?start=a_")
    assert await talk.say("@baotong_bot 临江大桥什么时候通车", chat=group) == []


async def test_many_unknown_names_are_not_all_asked_about_and_none_is_forgotten(
    refresh: IdentityRefresh, inbox: Any, telegram: BotApiServer, clock: Clock
) -> None:
    before = asked(telegram)
    for number in range(20):
        await refresh.check(frozenset({f"name{number}"}))
    assert asked(telegram) == before + 1
    telegram.configure(username="name19")
    clock.now += MIN_SECONDS
    await refresh.check(frozenset({"name19"}))
    assert inbox.me.name == "name19"


async def test_where_telegram_does_not_answer_the_old_name_stays(
    refresh: IdentityRefresh, inbox: Any, telegram: BotApiServer, clock: Clock
) -> None:
    telegram.configure(username="xinwen_bot")
    telegram.faults.plan(faults.server_error(), "getMe")
    await refresh.check(frozenset({"xinwen_bot"}))
    assert inbox.me.name == "baotong_bot"
    clock.now += MIN_SECONDS
    await refresh.check(frozenset({"xinwen_bot"}))
    assert inbox.me.name == "xinwen_bot"
