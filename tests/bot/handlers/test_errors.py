"""When a handler fails: the reader gets something short, the log and the error chat nobody's words."""

import logging
from types import SimpleNamespace
from typing import Any, cast

import pytest
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TelegramError, TimedOut

from bot.handlers import browse
from bot.handlers.errors import describe
from bot.outbox import sender
from bot.outbox.sender import is_transient
from corpus import Corpus
from tests.bot.conftest import OpenTalk
from tests.botapi import faults
from tests.botapi.server import BotApiServer

SECRET = "我的私事不要记下来"


def broken(*_: Any, **__: Any) -> Any:
    raise RuntimeError(f"cannot answer {SECRET}")


async def test_the_reader_is_told_and_log_and_error_chat_hold_no_question(
    open_talk: OpenTalk,
    telegram: BotApiServer,
    newspaper: Corpus,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    operator = telegram.person("站长")
    office = telegram.private(operator, started=True)
    async with open_talk(error_chat_id=office.id) as talk:
        talk.expect_errors()
        monkeypatch.setattr(newspaper, "ask", broken)
        with caplog.at_level(logging.INFO):
            [apology] = await talk.say(SECRET)
            await talk.say(SECRET)
        assert apology.text == "抱歉，刚才出了点问题，没能回答。请再试一次。"
        [report] = office.new_answers()  # told once, not for every failure
        assert report.text.startswith("RuntimeError at ")
        assert SECRET not in report.text
    assert SECRET not in caplog.text
    assert telegram.token not in caplog.text
    assert "RuntimeError" in caplog.text


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        pytest.param(faults.server_error(), [NetworkError], id="it may succeed later: tried again"),
        pytest.param(faults.refusal(400, "Bad Request: no"), [RuntimeError], id="it never will: failed"),
    ],
)
async def test_a_failure_that_the_reader_could_not_be_told_of_is_that_of_the_network(
    open_talk: OpenTalk,
    telegram: BotApiServer,
    newspaper: Corpus,
    monkeypatch: pytest.MonkeyPatch,
    fault: faults.Fault,
    expected: list[type[Exception]],
) -> None:
    reported: list[type[BaseException]] = []
    inbox = SimpleNamespace(
        report_failure=lambda error: reported.append(type(error)), backlog=lambda: 0, depth=0
    )

    async def report(_: object, context: Any) -> None:
        inbox.report_failure(context.error)

    monkeypatch.setattr(sender, "NETWORK_DELAYS", ())
    async with open_talk() as talk:
        talk.expect_errors()
        telegram.expect_refusals()
        talk.application.bot_data.inbox = cast(Any, inbox)
        talk.application.add_error_handler(report)
        monkeypatch.setattr(newspaper, "ask", broken)
        telegram.faults.plan(fault, "sendMessage")
        assert await talk.say("地铁") == []
    assert reported == expected


async def test_a_failing_press_gets_a_notice(
    open_talk: OpenTalk, newspaper: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_talk() as talk:
        [answer] = await talk.say("地铁")
        talk.expect_errors()
        monkeypatch.setattr(newspaper, "ask", broken)
        outcome = await talk.press(answer, "下一页")
        assert outcome.answer is not None
        assert outcome.answer.text == "抱歉，刚才出了点问题，请再试一次。"


async def test_a_failure_nobody_asked_for_stays_silent_in_a_group(
    open_talk: OpenTalk, telegram: BotApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_talk() as talk:
        talk.expect_errors()
        telegram.configure(reads_all=True)
        group = telegram.group("读报小组", talk.me)
        monkeypatch.setattr(browse, "alias", broken)
        assert await talk.say("大家好", chat=group) == []
        assert len(await talk.say("@baotong_bot 你好", chat=group)) == 1


async def test_a_forged_press_under_an_inline_message_is_outdated_and_no_error(
    open_talk: OpenTalk, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_talk() as talk:
        [answer] = await talk.say("地铁")
        query, found = await talk.inline_with_query("地铁")
        sent = talk.me.choose(talk.chat, query, found.results[0])
        notices = set()
        for button in answer.buttons:
            if button.data is not None:
                outcome = await talk.forge(sent, button.data)
                assert outcome.answer is not None
                notices.add(outcome.answer.text)
        assert notices == {"这个按钮已经失效，请重新提问。"}
    assert "failed" not in caplog.text


async def test_a_press_that_comes_late_or_twice_harms_nobody(
    open_talk: OpenTalk, telegram: BotApiServer
) -> None:
    async with open_talk() as talk:
        [answer] = await talk.say("地铁")
        talk.me.press(answer, "下一页")
        [body] = talk.server.updates.take()
        from telegram import Update

        update = Update.de_json(body, talk.application.bot)
        await talk.application.process_update(update)
        await talk.application.process_update(update)
        telegram.expect_refusals()
        assert len(telegram.journal.called("answerCallbackQuery")) == 2


@pytest.mark.parametrize(
    "refusal",
    [
        faults.refusal(400, "Bad Request: not enough rights to send text messages to the chat"),
        faults.refusal(400, "Bad Request: TOPIC_CLOSED"),
        faults.refusal(400, "Bad Request: message thread not found"),
        faults.refusal(400, "Bad Request: CHAT_SEND_PLAIN_FORBIDDEN"),
        faults.refusal(403, "Forbidden: bot was blocked by the user"),
    ],
    ids=lambda fault: fault.description,
)
async def test_a_chat_that_takes_no_message_is_no_failure_of_the_bot(
    open_talk: OpenTalk, telegram: BotApiServer, caplog: pytest.LogCaptureFixture, refusal: faults.Fault
) -> None:
    office = telegram.private(telegram.person("站长"), started=True)
    async with open_talk(error_chat_id=office.id) as talk:
        talk.expect_errors()
        telegram.faults.plan(refusal, "sendMessage")
        with caplog.at_level(logging.INFO):
            assert await talk.say("地铁") == []
        assert not office.new_answers()
        assert len(await talk.say("地铁")) == 1
    assert [record.levelname for record in caplog.records if "takes no message" in record.message] == ["INFO"]
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (NetworkError("x"), True),
        (TimedOut(), True),
        (RetryAfter(3), True),
        (TelegramError("Invalid server response"), True),
        (BadRequest("x"), False),
        (Forbidden("x"), False),
        (RuntimeError("x"), False),
    ],
)
def test_only_what_may_pass_is_left_to_another_try(error: Exception, expected: bool) -> None:
    assert is_transient(error) is expected


def test_a_description_names_kind_and_place_but_not_the_text() -> None:
    try:
        try:
            broken()
        except RuntimeError as error:
            raise ValueError(SECRET) from error
    except ValueError as error:
        kind, where = describe(error)
    assert kind == "ValueError from RuntimeError"
    assert where.startswith("tests/bot/handlers/test_errors.py:")
