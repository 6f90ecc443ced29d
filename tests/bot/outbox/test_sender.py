"""The way out: order, pace, retries and their bounds."""

import asyncio
import time
from collections import Counter
from typing import Any

import httpx
import pytest
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.outbox import sender as sending
from bot.outbox.pace import UNPACED, Pace, Rate
from bot.outbox.sender import BULK, CancelledUnsentError, Sender, is_transient, is_unsent
from tests.bot.outbox.test_pace import most_within

Data = dict[str, Any]


def caused(error: TelegramError, cause: Exception) -> TelegramError:
    """An error as PTB's client raises it, `from` that of its HTTP library."""
    error.__cause__ = cause
    return error


def never_connected() -> TelegramError:
    return caused(NetworkError("httpx.ConnectError"), httpx.ConnectError("no"))


def cut() -> TelegramError:
    return caused(NetworkError("httpx.RemoteProtocolError"), httpx.RemoteProtocolError("cut"))


def timed_out() -> TelegramError:
    return caused(TimedOut(), httpx.ReadTimeout("slow"))


def bad_gateway() -> TelegramError:
    return NetworkError("Bad Gateway")


class Telegram:
    """Answers calls with what is planned, then with success."""

    def __init__(self, *plan: Exception) -> None:
        self.plan = list(plan)
        self.calls: list[tuple[str, Data, float]] = []
        self.delay = 0.0
        self.busy: Counter[object] = Counter()

    async def __call__(self, endpoint: str, data: Data, **_: object) -> Any:
        chat = data.get("chat_id")
        assert not self.busy[chat], "two calls for one chat at once"
        self.busy[chat] += 1
        try:
            self.calls.append((endpoint, dict(data), time.monotonic()))
            await asyncio.sleep(self.delay)
            if self.plan:
                raise self.plan.pop(0)
            return {"message_id": len(self.calls)}
        finally:
            self.busy[chat] -= 1


async def call(
    sender: Sender, telegram: Telegram, endpoint: str = "sendMessage", limits: str | None = None, **data: Any
) -> Any:
    return await sender.process_request(telegram, (endpoint, data), {}, endpoint, data, limits)


@pytest.fixture(autouse=True)
def _quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "NETWORK_DELAYS", (0.01, 0.01, 0.01, 0.01))


@pytest.fixture
def sender() -> Sender:
    return Sender(pace=UNPACED)


async def test_messages_to_one_chat_leave_one_after_the_other_in_order(sender: Sender) -> None:
    telegram = Telegram()
    telegram.delay = 0.005
    await asyncio.gather(*(call(sender, telegram, chat_id=1, text=str(number)) for number in range(10)))
    assert [data["text"] for _, data, _ in telegram.calls] == [str(number) for number in range(10)]


@pytest.mark.parametrize(("limits", "waits"), [(BULK, True), (BULK, False), (None, True)])
async def test_what_is_cancelled_before_it_left_says_so_where_it_could_be_sent_later(
    sender: Sender, limits: str | None, waits: bool
) -> None:
    telegram = Telegram()
    telegram.delay = 10
    before = asyncio.create_task(call(sender, telegram, chat_id=1 if waits else 2))
    await asyncio.sleep(0)
    raised: list[type[BaseException]] = []

    async def send() -> None:
        try:
            await call(sender, telegram, chat_id=1, limits=limits)
        except asyncio.CancelledError as error:
            raised.append(type(error))
            raise

    task = asyncio.create_task(send())
    await asyncio.sleep(0.02)
    before.cancel()
    task.cancel()
    await asyncio.gather(before, task, return_exceptions=True)
    assert raised == [CancelledUnsentError if limits and waits else asyncio.CancelledError]


async def ended(*tasks: "asyncio.Task[Any]") -> None:
    """End calls that still wait for something."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_chats_do_not_wait_for_each_other(sender: Sender) -> None:
    telegram = Telegram()
    telegram.delay = 600
    tasks = [asyncio.create_task(call(sender, telegram, chat_id=number)) for number in range(1, 21)]
    async with asyncio.timeout(60):
        while len(telegram.calls) < len(tasks):  # noqa: ASYNC110 — looks from outside
            await asyncio.sleep(0.005)
    assert not any(task.done() for task in tasks)
    await ended(*tasks)


async def test_a_flood_limit_halts_its_own_chat_only(sender: Sender) -> None:
    telegram = Telegram(RetryAfter(80))
    slow = asyncio.create_task(call(sender, telegram, chat_id=1))
    await asyncio.sleep(0.01)
    async with asyncio.timeout(60):
        await call(sender, telegram, chat_id=2)
    assert not slow.done()
    assert [data["chat_id"] for _, data, _ in telegram.calls] == [1, 2]
    await ended(slow)


async def test_a_flood_limit_is_waited_for(sender: Sender) -> None:
    telegram = Telegram(RetryAfter(1))
    await call(sender, telegram, chat_id=1)
    (*_, first), (*_, second) = telegram.calls
    assert second - first > 0.9


async def test_a_flood_limit_of_hours_is_handed_on_at_once(sender: Sender) -> None:
    with pytest.raises(RetryAfter):
        await call(sender, Telegram(RetryAfter(3_600)), chat_id=1)


@pytest.mark.parametrize("seconds", [86_400, 10**12])
async def test_a_sign_of_life_that_meets_a_long_flood_limit_does_not_silence_its_chat(
    sender: Sender, monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    monkeypatch.setattr(sending, "MAX_FLOOD_SECONDS", 0.1)
    telegram = Telegram(RetryAfter(seconds))
    await call(sender, telegram, "sendChatAction", chat_id=1)
    async with asyncio.timeout(60):
        await call(sender, telegram, chat_id=1)
    assert [method for method, *_ in telegram.calls] == ["sendChatAction", "sendMessage"]


async def test_a_response_that_cannot_be_read_is_an_error_of_telegram(sender: Sender) -> None:
    # timedelta(seconds=10**15) does not exist.
    with pytest.raises(OverflowError) as unreadable:
        RetryAfter(10**15)
    telegram = Telegram(unreadable.value, KeyError("result"))
    await call(sender, telegram, "editMessageText", chat_id=1)
    assert len(telegram.calls) == 3


@pytest.mark.parametrize("trouble", [bad_gateway, never_connected])
async def test_what_surely_was_not_sent_is_tried_again_several_times(sender: Sender, trouble: Any) -> None:
    telegram = Telegram(*(trouble() for _ in range(4)))
    await call(sender, telegram, chat_id=1)
    assert len(telegram.calls) == 5
    with pytest.raises(NetworkError):
        await call(sender, Telegram(*(trouble() for _ in range(9))), chat_id=1)


@pytest.mark.parametrize("trouble", [cut, timed_out, lambda: TelegramError("Invalid server response")])
async def test_where_telegram_may_have_acted_a_message_is_sent_once_more_and_not_oftener(
    sender: Sender, trouble: Any
) -> None:
    telegram = Telegram(trouble())
    await call(sender, telegram, chat_id=1)
    assert len(telegram.calls) == 2
    telegram = Telegram(trouble(), trouble(), trouble())
    with pytest.raises(TelegramError):
        await call(sender, telegram, chat_id=1)
    assert len(telegram.calls) == 2


async def test_a_digest_is_never_sent_twice(sender: Sender) -> None:
    telegram = Telegram(cut())
    with pytest.raises(NetworkError):
        await call(sender, telegram, limits=BULK, chat_id=1)
    assert len(telegram.calls) == 1
    telegram = Telegram(never_connected(), bad_gateway())
    await call(sender, telegram, limits=BULK, chat_id=1)
    assert len(telegram.calls) == 3


@pytest.mark.parametrize(
    ("endpoint", "told"),
    [
        ("editMessageText", "Message is not modified: specified new message content ..."),
        ("answerCallbackQuery", "Query is too old and response timeout expired or query id is invalid"),
    ],
)
async def test_a_repeated_call_whose_first_try_had_arrived_counts_as_done(
    sender: Sender, endpoint: str, told: str
) -> None:
    assert await call(sender, Telegram(cut(), BadRequest(told)), endpoint, chat_id=1) is True
    with pytest.raises(BadRequest):
        await call(sender, Telegram(BadRequest(told)), endpoint, chat_id=1)


async def test_an_upgraded_group_is_followed_now_and_later(sender: Sender) -> None:
    moves: list[tuple[int, int]] = []
    sender.on_migrate.append(lambda old, new: moves.append((old, new)))
    telegram = Telegram(ChatMigrated(-1007))
    await call(
        sender, telegram, chat_id=-7, text="a", reply_parameters={"message_id": 3}, message_thread_id=2
    )
    await call(sender, telegram, chat_id=-7, text="b")
    assert [data["chat_id"] for _, data, _ in telegram.calls] == [-7, -1007, -1007]
    assert "reply_parameters" not in telegram.calls[1][1]
    assert moves == [(-7, -1007)]


async def test_a_chat_that_does_not_want_the_bot_is_remembered_until_it_does(sender: Sender) -> None:
    gone: list[int] = []
    sender.on_forbidden.append(gone.append)
    for _ in range(2):
        with pytest.raises(Forbidden):
            await call(sender, Telegram(Forbidden("bot was blocked by the user")), chat_id=5)
    assert gone == [5]
    await call(sender, Telegram(), chat_id=5)
    with pytest.raises(Forbidden):
        await call(sender, Telegram(Forbidden("bot was blocked by the user")), chat_id=5)
    assert gone == [5, 5]


@pytest.mark.parametrize("error", [Forbidden("no"), BadRequest("can't parse entities"), InvalidToken("no")])
async def test_a_refusal_is_not_tried_again(sender: Sender, error: TelegramError) -> None:
    telegram = Telegram(error)
    with pytest.raises(type(error)):
        await call(sender, telegram, chat_id=1)
    assert len(telegram.calls) == 1


async def test_a_failing_hook_does_not_cost_the_message(
    sender: Sender, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(old: int, new: int) -> None:
        raise ValueError(old, new)

    sender.on_migrate.append(fail)
    await call(sender, Telegram(ChatMigrated(-1007)), chat_id=-7)
    assert "a hook of the sender failed" in caplog.text


async def test_only_what_says_something_answers_the_current_update(sender: Sender) -> None:
    answered: list[int] = []

    async def note() -> None:
        answered.append(1)

    sender.on_answered = note
    for silent in ("getMe", "sendChatAction", "setMessageReaction", "getChatMember", "deleteMessage"):
        await call(sender, Telegram(), silent, chat_id=1)
    assert not answered
    for speaking in (
        "sendMessage",
        "editMessageText",
        "answerInlineQuery",
        "answerCallbackQuery",
        "copyMessage",
    ):
        await call(sender, Telegram(), speaking, chat_id=1)
    with pytest.raises(Forbidden):
        await call(sender, Telegram(Forbidden("no")), chat_id=1)
    assert len(answered) == 5


async def test_signs_of_life_neither_wait_nor_are_repeated(sender: Sender) -> None:
    telegram = Telegram(RetryAfter(1))
    assert await call(sender, telegram, "sendChatAction", chat_id=1) is True
    assert await call(sender, telegram, "sendChatAction", chat_id=1) is True
    assert len(telegram.calls) == 1


async def test_the_pace_of_a_chat_and_of_all_is_kept() -> None:
    pace = Pace(chat=Rate(2, 0.2), group=Rate(3, 1.0), overall=Rate(5, 0.1), bulk=Rate(9, 1.0))
    telegram = Telegram()
    sender = Sender(pace=pace)
    calls = [call(sender, telegram, chat_id=number % 7 + 1) for number in range(28)]
    await asyncio.gather(*calls)
    moments = [at for *_, at in telegram.calls]
    assert most_within(moments, 0.095) <= 5
    for chat in range(1, 8):
        assert most_within([at for _, data, at in telegram.calls if data["chat_id"] == chat], 0.195) <= 2


async def test_a_group_is_spared_more_than_a_person() -> None:
    pace = Pace(chat=Rate(100, 1.0), group=Rate(2, 600.0), overall=Rate(100, 1.0))
    telegram = Telegram()
    sender = Sender(pace=pace)
    group = [asyncio.create_task(call(sender, telegram, chat_id=-100)) for _ in range(4)]
    async with asyncio.timeout(60):
        await asyncio.gather(*group[:2])
        await asyncio.gather(*(call(sender, telegram, chat_id=100) for _ in range(4)))
    assert [data["chat_id"] for _, data, _ in telegram.calls] == [-100] * 2 + [100] * 4
    await ended(*group)


async def test_digests_leave_room_for_answers() -> None:
    pace = Pace(chat=Rate(100, 1.0), overall=Rate(100, 1.0), bulk=Rate(1, 600.0))
    telegram = Telegram()
    sender = Sender(pace=pace)
    digests = [
        asyncio.create_task(call(sender, telegram, limits=BULK, chat_id=number)) for number in range(1, 5)
    ]
    async with asyncio.timeout(60):
        await digests[0]
        await call(sender, telegram, chat_id=3)
    assert [task.done() for task in digests] == [True, False, False, False]
    await ended(*digests)


async def test_while_telegram_is_away_a_call_is_tried_once() -> None:
    now = 0.0
    sender = Sender(pace=UNPACED, clock=lambda: now)
    for now in (1.0, 8.0, 16.0, 24.0):  # noqa: B007 — the sender reads it
        telegram = Telegram(*(never_connected() for _ in range(9)))
        with pytest.raises(NetworkError):
            await call(sender, telegram, chat_id=1)
    assert len(telegram.calls) == 1
    await call(sender, Telegram(), chat_id=1)
    telegram = Telegram(never_connected())
    await call(sender, telegram, chat_id=1)
    assert len(telegram.calls) == 2


async def test_queues_of_silent_chats_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "_MAX_QUEUES", 100)
    sender = Sender(pace=Pace(chat=Rate(1, 0.001), overall=Rate(10**6, 1.0)))
    for number in range(1, 1_000):
        await call(sender, Telegram(), chat_id=number)
    assert len(sender._queues) <= 101


def test_errors_are_told_apart() -> None:
    assert is_unsent(never_connected())
    assert is_unsent(bad_gateway())
    assert not is_unsent(cut())
    assert not is_unsent(timed_out())
    assert is_transient(cut())
    assert is_transient(RetryAfter(1))
    assert not is_transient(BadRequest("x"))
    assert not is_transient(Forbidden("x"))
    assert not is_transient(ValueError())


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        pytest.param(None, 40.0, id="nothing was sent"),
        pytest.param(BadRequest("Telegram answers"), 0.0, id="Telegram was reached"),
        pytest.param(Forbidden("Telegram answers"), 0.0, id="Telegram was reached and refused"),
    ],
)
async def test_the_time_for_which_no_message_could_be_sent_is_known(
    last: TelegramError | None, expected: float
) -> None:
    now = 0.0
    sender = Sender(pace=UNPACED, clock=lambda: now)
    for _ in range(5):
        with pytest.raises(NetworkError):
            await call(sender, Telegram(*[never_connected()] * 5), chat_id=1)
        await call(sender, Telegram(), "getUpdates")  # a poll that succeeds sends nothing
        now += 10.0
    if last is not None:
        with pytest.raises(type(last)):
            await call(sender, Telegram(last), chat_id=1)
    assert sender.failing_seconds == expected
    now += sending.FORGET_SECONDS
    assert sender.failing_seconds == 0.0
