"""Polling by itself: what is confirmed when, and how it goes on after anything."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import pytest
from telegram.error import Conflict, InvalidToken, NetworkError, RetryAfter, TelegramError
from telegram.request import BaseRequest, HTTPXRequest

from bot.inbox import polling
from bot.inbox.inbox import Inbox
from bot.inbox.polling import Poller, QuietRequest
from bot.metrics import Metrics


class Telegram:
    """Stands in for the HTTP client: answers polls with what is planned, then hangs."""

    def __init__(self, *plan: Any) -> None:
        self.plan = list(plan)
        self.asked: list[dict[str, str]] = []
        self.idle = asyncio.Event()

    async def __aenter__(self) -> "Telegram":
        return self

    async def __aexit__(self, *_: object) -> None:
        return

    async def post(self, url: str, **_: object) -> Any:
        self.asked.append({name: values[0] for name, values in parse_qs(urlsplit(url).query).items()})
        if not self.plan:
            self.idle.set()
            await asyncio.Event().wait()
        answer = self.plan.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Taken:
    """Stands in for the inbox."""

    is_full = False

    def __init__(self) -> None:
        self.batches: list[tuple[list[object], bool]] = []
        self.refuses: object = None

    async def accept(self, updates: Sequence[object], *, delayed: bool) -> None:
        if self.refuses in updates:
            raise ValueError("too strange")
        self.batches.append((list(updates), delayed))


async def poll(telegram: Telegram, inbox: Taken, **options: Any) -> Poller:
    """Poll until everything planned was answered."""
    poller = Poller(
        cast(BaseRequest, telegram),
        "http://localhost/bot1:x/getUpdates",
        cast(Inbox, inbox),
        kinds=["message"],
        **options,
    )
    task = asyncio.create_task(poller.run())
    async with asyncio.timeout(60):
        await telegram.idle.wait()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    return poller


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "DELAYS", (0.01,))
    monkeypatch.setattr(polling, "CONFLICT_SECONDS", 0.01)
    monkeypatch.setattr(polling, "REFUSED_SECONDS", 0.01)
    monkeypatch.setattr(polling, "MAX_FLOOD_SECONDS", 0.01)


def updates(*numbers: int) -> list[dict[str, int]]:
    return [{"update_id": number} for number in numbers]


async def test_a_batch_is_confirmed_by_the_next_poll_after_it_was_taken_in() -> None:
    telegram, inbox = Telegram(updates(5, 6), updates(7)), Taken()
    await poll(telegram, inbox)
    assert [asked["offset"] for asked in telegram.asked] == ["0", "7", "8"]
    assert [batch for batch, _ in inbox.batches] == [updates(5, 6), updates(7)]


async def test_only_what_may_have_waited_at_telegram_counts_as_backlog() -> None:
    full = updates(*range(100))
    telegram, inbox = Telegram(full, updates(100), updates(101), NetworkError("x"), updates(102)), Taken()
    await poll(telegram, inbox)
    assert [backlog for _, backlog in inbox.batches] == [True, True, False, True]


@pytest.mark.parametrize(
    "trouble",
    [
        NetworkError("Bad Gateway"),
        TelegramError("Invalid server response"),
        InvalidToken("Unauthorized"),
        RetryAfter(0),
        RetryAfter(-5),
        RetryAfter("soon"),  # type: ignore[arg-type]
        KeyError("result"),
        RecursionError(),
        {"not": "a list"},
        "text",
    ],
)
async def test_polling_goes_on_after_anything(trouble: Any) -> None:
    telegram, inbox = Telegram(trouble, trouble, updates(1)), Taken()
    await poll(telegram, inbox)
    assert [batch for batch, _ in inbox.batches] == [updates(1)]


async def test_a_conflict_is_told_and_forgotten_when_it_is_over(caplog: pytest.LogCaptureFixture) -> None:
    now = 0.0
    telegram, metrics = Telegram(Conflict("terminated"), Conflict("terminated"), updates(1)), Metrics()
    poller = await poll(telegram, Taken(), metrics=metrics, clock=lambda: now)
    assert poller.in_conflict
    assert b"baotong_conflict 1.0" in metrics.text()
    assert sum("another instance" in record.message for record in caplog.records) == 1
    now = 20.0
    assert not poller.in_conflict


async def test_strange_elements_are_handed_on_and_move_nothing() -> None:
    strange = [
        None,
        3,
        {},
        {"update_id": "x"},
        {"update_id": 1.5},
        {"update_id": True},
        {"update_id": 10**40},
    ]
    telegram, inbox = Telegram([*strange, {"update_id": 9}], []), Taken()
    await poll(telegram, inbox)
    assert [asked["offset"] for asked in telegram.asked] == ["0", "10", "10"]


async def test_one_update_that_cannot_be_taken_in_does_not_hold_up_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    telegram, inbox = Telegram(updates(1, 2, 3)), Taken()
    inbox.refuses = {"update_id": 2}
    await poll(telegram, inbox)
    assert [batch for batch, _ in inbox.batches] == [updates(1), updates(3)]
    assert telegram.asked[-1]["offset"] == "4"
    assert "an update was passed over" in caplog.text


async def test_a_full_inbox_is_given_time(monkeypatch: pytest.MonkeyPatch) -> None:
    telegram, inbox = Telegram(updates(1)), Taken()
    inbox.is_full = True
    polled = asyncio.create_task(poll(telegram, inbox))
    await asyncio.sleep(0.05)
    assert not telegram.asked
    inbox.is_full = False
    await polled
    assert len(inbox.batches) == 1


async def test_after_a_week_of_silence_numbers_may_begin_anew() -> None:
    now = 0.0

    def clock() -> float:
        nonlocal now
        now += 200_000
        return now

    telegram = Telegram(updates(5), [], [], [], [])
    await poll(telegram, Taken(), clock=clock)
    assert telegram.asked[-1]["offset"] == "0"


async def test_at_the_end_the_last_batch_is_confirmed() -> None:
    telegram = Telegram(updates(5))
    poller = await poll(telegram, Taken())
    telegram.plan.append([])
    await poller.confirm()
    assert telegram.asked[-1] == {**telegram.asked[-1], "offset": "6", "timeout": "0", "limit": "1"}


@pytest.mark.parametrize("payload", [b"", b"<html>", b"[1]", b"{", b"null", b"[" * 100_000, b"\xff"])
def test_unreadable_answers_are_errors_that_quote_nothing(
    payload: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(TelegramError, match=r"^Invalid server response$"):
        QuietRequest.parse_json_payload(payload)
    assert not caplog.records
    assert issubclass(QuietRequest, HTTPXRequest)
