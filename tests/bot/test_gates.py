"""Gates fail closed: whatever goes wrong in one, nobody passes and nothing of the archive goes out."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from telegram.error import Forbidden, NetworkError, TelegramError
from telegram.ext import ExtBot

from bot.handlers import access
from bot.handlers import stats as stats_handler
from bot.handlers.access import has_rights
from bot.handlers.context import Context
from bot.messages import markup
from bot.service import jobs
from bot.settings import Settings, SettingsError
from bot.wording.i18n import Language, translator
from corpus import Corpus
from tests.bot.conftest import OpenTalk
from tests.botapi.harness import Talk
from tests.botapi.server import BotApiServer

ERRORS: tuple[BaseException, ...] = (
    RuntimeError("broken"),
    TelegramError("broken"),
    NetworkError("broken"),
    Forbidden("broken"),
    sqlite3.OperationalError("disk I/O error"),
    TimeoutError(),
    LookupError("broken"),
    asyncio.CancelledError(),
)
WORDS = ("临江晚报", "paper.example.com", "2026年10月1日", "三号线")
"""What stands in the archive and in no question."""

QUESTION = "临江大桥什么时候通车"
T = translator(Language.HANS)


def raising(error: BaseException) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> Any:
        raise error

    return fail


class Broken(set[int]):
    """A set that cannot be looked at."""

    error: BaseException = RuntimeError()

    def __contains__(self, _: object) -> bool:
        raise self.error


async def through_every_door(talk: Talk, telegram: BotApiServer) -> str:
    """Try everything by which the archive can be reached, and return all that the bot sent."""
    calls = telegram.journal.calls
    before = len(calls)
    person = telegram.person("陌生人")
    chat, group = telegram.private(person), telegram.group("群", person)
    message = person.say(chat, QUESTION)
    person.edit(message, f"{QUESTION}？")
    for words in ("/latest", "/start", "/help", "/category", "/trend 大桥", "最新", "/settings", "/stats"):
        person.say(chat, words)
    person.say(group, f"@{telegram.bot.username} {QUESTION}")
    person.say(group, f"/ask@{telegram.bot.username} {QUESTION}")
    person.inline("临江大桥")
    while updates := telegram.updates.take():
        for body in updates:
            with contextlib.suppress(asyncio.CancelledError):
                await talk.application.process_update(_read(body, talk))
    return "\n".join(f"{call.method} {call.parameters}" for call in calls[before:])


def _read(body: Any, talk: Talk) -> Any:
    from telegram import Update

    return Update.de_json(body, talk.application.bot)


async def test_these_doors_lead_to_the_archive_where_it_is_public(
    open_talk: OpenTalk, telegram: BotApiServer
) -> None:
    async with open_talk() as talk:
        sent = await through_every_door(talk, telegram)
    assert all(word in sent for word in WORDS[:3])


PLACES = (
    "is_allowed",
    "_deny",
    "reply",
    "answer_press",
    "address",
    "words",
    "markup",
    "button",
    "denied_chats",
    "send_message",
    "answer_inline_query",
)


@pytest.mark.parametrize("place", PLACES)
async def test_whatever_fails_while_somebody_is_turned_away_nothing_of_the_archive_goes_out(
    open_talk: OpenTalk, telegram: BotApiServer, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    async with open_talk(allowed_ids="1") as talk:
        talk.expect_errors()
        for error in ERRORS:
            with monkeypatch.context() as patch:
                fail = raising(error)
                match place:
                    case "address":
                        patch.setattr(Context, "address", property(fail))
                    case "words":
                        patch.setattr(Context, "t", property(fail))
                    case "markup":
                        patch.setattr(markup, "text", fail)
                    case "button":
                        patch.setattr(access, "InlineQueryResultsButton", fail)
                    case "denied_chats":
                        broken = Broken()
                        broken.error = error
                        patch.setattr(talk.application.bot_data, "denied_chats", broken)
                    case "send_message" | "answer_inline_query":
                        patch.setattr(ExtBot, place, fail)
                    case _:
                        patch.setattr(access, place, fail)
                talk.application.bot_data.denied_chats.clear()
                sent = await through_every_door(talk, telegram)
            assert not [word for word in WORDS if word in sent], error
    telegram.journal.forgive("unanswered_inline", "unanswered_press")


async def test_a_press_of_a_stranger_shows_nothing_whatever_fails(
    open_talk: OpenTalk, telegram: BotApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_talk(allowed_ids="510000001") as talk:
        talk.expect_errors()
        stranger = telegram.person("陌生人")
        group = telegram.group("群", talk.me, stranger)
        [answer] = await talk.say(f"@{telegram.bot.username} 临江大桥", chat=group)
        for error in ERRORS:
            with monkeypatch.context() as patch:
                patch.setattr(access, "answer_press", raising(error))
                with contextlib.suppress(asyncio.CancelledError):
                    outcome = await talk.press(answer, "下一条", by=stranger)
                    assert (outcome.messages, outcome.edits) == ((), ())
    telegram.journal.forgive("unanswered_press")


Act = Callable[[Talk, Any], Awaitable[Any]]


@pytest.mark.parametrize("error", ERRORS[:-1], ids=lambda error: type(error).__name__)
async def test_who_cannot_be_looked_up_is_no_admin(
    open_talk: OpenTalk, telegram: BotApiServer, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    async with open_talk() as talk:
        group = telegram.group("群", talk.me)
        monkeypatch.setattr(ExtBot, "get_chat_member", raising(error))
        monkeypatch.setattr(ExtBot, "get_chat_administrators", raising(error))
        [answer] = await talk.say(f"/settings@{telegram.bot.username}", chat=group)
        assert answer.text == T("settings.only_admins")
        [answer] = await talk.say(f"/subscribe@{telegram.bot.username} 大桥", chat=group)
        assert answer.text == T("subscribe.only_admins")


async def test_where_the_choice_of_a_group_cannot_be_read_only_admins_are_answered(
    open_talk: OpenTalk, telegram: BotApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_talk() as talk:
        group = telegram.group("群", telegram.person("群主"), talk.me)
        monkeypatch.setattr("bot.storage.chats.load", raising(sqlite3.OperationalError("disk I/O error")))
        assert await talk.say(f"@{telegram.bot.username} {QUESTION}", chat=group) == []
        assert await has_rights(talk.application.bot, group.id, talk.me.id) is False


@pytest.mark.parametrize("error", ERRORS[:-1], ids=lambda error: type(error).__name__)
async def test_figures_are_for_operators_whatever_fails(
    open_talk: OpenTalk, telegram: BotApiServer, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    async with open_talk(admin_ids="1") as talk:
        talk.expect_errors()
        monkeypatch.setattr(stats_handler, "reply", raising(error))
        before = len(telegram.journal.calls)
        await talk.say("/stats")
        sent = str([call.parameters for call in telegram.journal.calls[before:]])
        assert T("stats.archive") not in sent


@pytest.mark.parametrize("error", ERRORS[:-1], ids=lambda error: type(error).__name__)
async def test_nothing_is_pushed_while_admission_cannot_be_looked_up(
    open_talk: OpenTalk, telegram: BotApiServer, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    async with open_talk() as talk:
        await talk.say("/subscribe 大桥")
        monkeypatch.setattr(Corpus, "settled_number", lambda _: 0)  # all articles are news
        with talk.application.bot_data.state.transaction() as connection:
            connection.execute("UPDATE subscriptions SET cursor = 0")
        before = len(telegram.journal.calls)
        with monkeypatch.context() as patch, contextlib.suppress(type(error)):
            patch.setattr(access, "is_allowed", raising(error))
            assert await jobs.deliver(talk.application) == 0
        assert telegram.journal.calls[before:] == []
        assert await jobs.deliver(talk.application) == 1


@pytest.mark.parametrize("name", ["allowed_ids", "admin_ids"])
@pytest.mark.parametrize("value", [",", " ", "，、", ";"])
def test_a_list_of_ids_without_any_is_refused(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match="holds no id"):
        Settings.load(None, **{name: value})


def test_a_private_archive_has_no_pages() -> None:
    assert Settings.load(None, public_url="https://example.org").serves_pages
    assert not Settings.load(None, public_url="https://example.org", allowed_ids="1").serves_pages
