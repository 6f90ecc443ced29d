"""Notices to people who get no answer."""

import asyncio

import pytest

from bot.inbox import apologies as module
from bot.inbox.apologies import Apologies
from bot.inbox.envelope import Envelope
from bot.inbox.update import Notice


def envelope(chat_id: int | None) -> Envelope:
    return Envelope(update_id=1, kind="message", queue="", chat_id=chat_id)


async def sent(apologies: Apologies) -> None:
    await asyncio.gather(*apologies.tasks)


async def test_a_chat_gets_one_apology_in_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int | None] = []

    async def notify(of: Envelope, _: Notice) -> None:
        told.append(of.chat_id)

    apologies = Apologies(notify)
    for chat_id in (7, 7, 8, None):
        apologies.apologise(envelope(chat_id), Notice.STALE)
    await sent(apologies)
    assert told == [7, 8]
    monkeypatch.setattr(module, "APOLOGY_SECONDS", 0.0)
    apologies.apologise(envelope(7), Notice.STALE)
    await sent(apologies)
    assert told == [7, 8, 7]


async def test_a_notice_that_cannot_be_sent_is_logged_only(caplog: pytest.LogCaptureFixture) -> None:
    async def notify(_: Envelope, __: Notice) -> None:
        raise ConnectionError("words of somebody")

    apologies = Apologies(notify)
    with caplog.at_level("INFO"):
        apologies.send(envelope(7), Notice.FAILED)
        await sent(apologies)
    assert "a notice could not be sent: ConnectionError" in caplog.text
    assert "words of somebody" not in caplog.text
