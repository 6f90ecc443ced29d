"""The inbox by itself: updates are stored first, answered once, in order, and resumed after every end."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.inbox import queues
from bot.inbox import store as inbox_store
from bot.inbox.addressing import BotIdentity
from bot.inbox.envelope import Envelope
from bot.inbox.inbox import Inbox
from bot.inbox.options import InboxOptions
from bot.inbox.update import BacklogFullError, Notice, PoisonError
from bot.storage import database as state_module
from bot.storage.database import State
from tests.botapi.formatting import FormattedText, find_entities

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
Update = dict[str, Any]


class Clock:
    """A wall clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def message(
    update_id: int, text: str = "问题", *, person: int = 7, chat: int | None = None, age: float = 0
) -> Update:
    group = chat is not None
    entities = find_entities(FormattedText(text)).entities
    return {
        "update_id": update_id,
        "message": {
            "message_id": update_id,
            "date": int(NOW.timestamp() - age),
            "from": {"id": person, "is_bot": False, "first_name": "小明", "language_code": "zh-hans"},
            "chat": {"id": chat or person, "type": "supergroup" if group else "private"},
            "text": text,
            "entities": [entity.as_json() for entity in entities],
        },
    }


def press(update_id: int, *, person: int = 7) -> Update:
    inner = message(update_id, person=person)["message"]
    return {
        "update_id": update_id,
        "callback_query": {"id": f"q{update_id}", "from": inner["from"], "message": inner, "data": "x"},
    }


def inline(update_id: int, query: str, *, person: int = 7) -> Update:
    return {
        "update_id": update_id,
        "inline_query": {"id": str(update_id), "from": {"id": person}, "query": query},
    }


class Bot:
    """Stands in for the application: answers each update, unless told otherwise."""

    def __init__(self) -> None:
        self.inbox: Inbox | None = None
        self.handled: list[int] = []
        self.answered: list[int] = []
        self.notices: list[tuple[int | None, Notice]] = []
        self.at_once = 0
        self.most_at_once = 0
        self.delay = 0.0
        self.silent: set[int] = set()
        self.poison: set[int] = set()
        self.failing: dict[int, list[Exception]] = {}
        self.hold: dict[int, asyncio.Event] = {}

    async def handle(self, update: Update) -> None:
        assert self.inbox is not None
        number = update["update_id"]
        if number in self.poison:
            raise PoisonError("cannot be read")
        self.handled.append(number)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(self.delay)
            if number in self.hold:
                await self.hold[number].wait()
            if self.failing.get(number):
                self.inbox.report_failure(self.failing[number].pop(0))
                return
            if number not in self.silent:
                self.answered.append(number)
                await self.inbox.mark_answered()
        finally:
            self.at_once -= 1

    async def notify(self, envelope: Envelope, notice: Notice) -> None:
        self.notices.append((envelope.chat_id, notice))

    async def until(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110 — looks from outside
                await asyncio.sleep(0.005)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bot.sqlite3"


Open = Callable[..., Any]


@pytest.fixture
def opened(path: Path, clock: Clock) -> Open:
    @asynccontextmanager
    async def open_inbox(bot: Bot, *, gently: bool = True, **options: Any) -> AsyncIterator[Inbox]:
        """An inbox over the file; not `gently`: it ends as after kill -9, with nothing tidied up."""
        with State.open(path, now=clock) as state:
            inbox = Inbox(
                state,
                bot.handle,
                notify=bot.notify,
                options=InboxOptions(
                    is_transient=lambda error: isinstance(error, ConnectionError),
                    retry_delays=(0.01, 0.02),
                    **options,
                ),
            )
            inbox.me = BotIdentity(99, "baotong_bot", frozenset({"ask"}))
            bot.inbox = inbox
            await inbox.start()
            try:
                yield inbox
            finally:
                if gently:
                    await inbox.stop(2)
                else:
                    tasks = inbox._running | inbox._apologies.tasks
                    inbox._stopping.set()
                    for task in tasks:
                        task.cancel()
                    await asyncio.gather(*tasks, return_exceptions=True)
                    inbox._store.close()

    return open_inbox


def outcomes(path: Path) -> dict[int, str | None]:
    connection = sqlite3.connect(path)
    found = dict(connection.execute("SELECT update_id, outcome FROM inbox"))
    connection.close()
    return found


async def test_an_update_is_on_the_disk_before_it_is_confirmed(opened: Open, path: Path) -> None:
    bot = Bot()
    bot.hold[1] = asyncio.Event()
    async with opened(bot, gently=False) as inbox:
        await inbox.accept([message(1)])
        assert outcomes(path) == {1: None}


async def test_an_answered_update_is_marked_and_its_words_are_gone(opened: Open, path: Path) -> None:
    bot = Bot()
    async with opened(bot) as inbox:
        await inbox.accept([message(1, "秘密")])
        await bot.until(lambda: inbox.depth == 0)
        assert outcomes(path) == {1: "answered"}
        connection = sqlite3.connect(path)
        assert connection.execute("SELECT body FROM inbox").fetchall() == [(None,)]
        connection.close()


async def test_an_update_is_marked_with_its_first_reply_not_at_its_end(opened: Open, path: Path) -> None:
    bot = Bot()
    never = asyncio.Event()

    async def answer_and_go_on(update: Update) -> None:
        await bot.inbox.mark_answered()  # type: ignore[union-attr]
        bot.answered.append(update["update_id"])
        await never.wait()

    bot.handle = answer_and_go_on  # type: ignore[method-assign]
    async with opened(bot, gently=False) as inbox:
        await inbox.accept([message(1)])
        await bot.until(lambda: bot.answered == [1])
        assert outcomes(path) == {1: "answered"}


async def test_the_same_update_twice_is_answered_once(opened: Open) -> None:
    bot = Bot()
    async with opened(bot) as inbox:
        await inbox.accept([message(1), message(1)])
        await inbox.accept([message(1)])
        await bot.until(lambda: inbox.depth == 0)
    async with opened(bot) as inbox:
        await inbox.accept([message(1)])
        await bot.until(lambda: inbox.depth == 0)
    assert bot.answered == [1]


async def test_an_update_that_stands_twice_in_a_batch_is_answered_however_long_it_waits(opened: Open) -> None:
    bot = Bot()
    bot.hold[1] = asyncio.Event()
    async with opened(bot, concurrency=1) as inbox:
        await inbox.accept([message(1), message(2, person=8), message(2, person=8)])
        await asyncio.sleep(0.2)  # longer than acknowledgements wait to be written
        bot.hold[1].set()
        await bot.until(lambda: inbox.depth == 0)
    assert bot.answered == [1, 2]


async def test_what_was_in_flight_or_waiting_at_the_end_is_answered_after_a_restart(opened: Open) -> None:
    bot = Bot()
    bot.hold[1] = asyncio.Event()
    async with opened(bot, gently=False) as inbox:
        await inbox.accept([message(1), message(2), message(3, person=8)])
        await bot.until(lambda: bot.answered == [3])
    bot.hold.clear()
    async with opened(bot) as inbox:
        await bot.until(lambda: inbox.depth == 0)
    assert bot.answered == [3, 1, 2]


async def test_presses_and_inline_queries_are_not_taken_up_after_a_restart(opened: Open, path: Path) -> None:
    bot = Bot()
    bot.hold = {1: asyncio.Event(), 2: asyncio.Event()}
    async with opened(bot, gently=False) as inbox:
        await inbox.accept([press(1), inline(2, "a")])
    async with opened(bot) as inbox:
        await bot.until(lambda: inbox.depth == 0)
    assert bot.answered == []
    assert outcomes(path) == {1: "expired", 2: "expired"}


async def test_one_chat_is_answered_in_order_while_others_do_not_wait(opened: Open) -> None:
    bot = Bot()
    bot.hold[1] = asyncio.Event()
    async with opened(bot) as inbox:
        await inbox.accept([message(1), message(2), message(3, person=8), message(4, person=9)])
        await bot.until(lambda: len(bot.answered) == 2)
        assert sorted(bot.answered) == [3, 4]
        bot.hold[1].set()
        await bot.until(lambda: inbox.depth == 0)
    assert bot.answered[2:] == [1, 2]


async def test_no_more_updates_are_in_flight_than_allowed(opened: Open) -> None:
    bot = Bot()
    bot.delay = 0.01
    async with opened(bot, concurrency=3) as inbox:
        await inbox.accept([message(number, person=number) for number in range(1, 31)])
        await bot.until(lambda: inbox.depth == 0)
    assert bot.most_at_once == 3
    assert len(bot.answered) == 30


async def test_a_silent_update_is_done(opened: Open, path: Path) -> None:
    bot = Bot()
    bot.silent.add(1)
    async with opened(bot) as inbox:
        await inbox.accept([message(1)])
    assert outcomes(path) == {1: "quiet"}


async def test_an_update_that_cannot_be_read_is_kept_and_the_next_one_answered(
    opened: Open, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bot = Bot()
    bot.poison.add(1)
    async with opened(bot) as inbox:
        await inbox.accept([message(1, "私密"), message(2)])
        await bot.until(lambda: inbox.depth == 0)
    assert outcomes(path) == {1: "poison", 2: "answered"}
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT body IS NOT NULL FROM inbox ORDER BY 1 DESC").fetchone() == (1,)
    connection.close()
    assert "update 1 cannot be read" in caplog.text
    assert "私密" not in caplog.text


@pytest.mark.parametrize(
    "junk",
    [None, 3, [], "x", {}, {"update_id": "1"}, {"update_id": True}, {"update_id": -1}, {"update_id": 2**70}],
)
async def test_what_has_no_number_is_passed_over(opened: Open, junk: object) -> None:
    bot = Bot()
    async with opened(bot) as inbox:
        await inbox.accept([junk, message(2)])
        await bot.until(lambda: inbox.depth == 0)
    assert bot.answered == [2]


@pytest.mark.parametrize(
    "strange",
    [
        {"update_id": 1, "message": None},
        {"update_id": 1, "message": {"chat": 5, "from": [], "date": "x", "text": "\ud800"}},
        {"update_id": 1, "something_new": {"chat": {"id": 1}}},
        {"update_id": 1},
        {"update_id": 1, "message": {"chat": {"id": 2**80}, "from": {"id": 2**80}, "date": 2**80}},
    ],
)
async def test_updates_of_unknown_shape_are_stored_and_handed_on(opened: Open, strange: Update) -> None:
    bot = Bot()
    async with opened(bot) as inbox:
        await inbox.accept([strange])
        await bot.until(lambda: inbox.depth == 0)
    assert bot.handled == [1]


async def test_a_transient_failure_is_retried_until_it_succeeds(opened: Open, path: Path) -> None:
    bot = Bot()
    bot.failing[1] = [ConnectionError(), ConnectionError(), ConnectionError()]
    async with opened(bot) as inbox:
        await inbox.accept([message(1)])
        await bot.until(lambda: inbox.depth == 0)
    assert bot.handled == [1, 1, 1, 1]
    assert outcomes(path) == {1: "answered"}


async def test_a_lasting_failure_is_given_up_at_once(opened: Open, path: Path) -> None:
    bot = Bot()
    bot.failing[1] = [ValueError()]
    async with opened(bot) as inbox:
        await inbox.accept([message(1), message(2)])
        await bot.until(lambda: inbox.depth == 0)
    assert outcomes(path) == {1: "failed", 2: "answered"}


async def test_a_handler_that_hangs_does_not_make_its_chat_deaf(opened: Open, path: Path) -> None:
    bot = Bot()
    bot.hold[1] = asyncio.Event()
    async with opened(bot, handle_seconds=0.05) as inbox:
        await inbox.accept([message(1), message(2)])
        await bot.until(lambda: inbox.depth == 0)
        await bot.until(lambda: bool(bot.notices))
    assert outcomes(path) == {1: "failed", 2: "answered"}
    assert bot.notices == [(7, Notice.FAILED)]


async def test_an_update_that_crashes_the_bot_each_time_is_given_up(opened: Open, path: Path) -> None:
    bot = Bot()
    bot.hold[1] = asyncio.Event()
    for _ in range(InboxOptions().max_attempts):
        before = len(bot.handled)
        async with opened(bot, gently=False) as inbox:
            await inbox.accept([message(1)])
            await bot.until(lambda: len(bot.handled) > before)  # noqa: B023 — awaited within its turn
    async with opened(bot) as inbox:
        await bot.until(lambda: inbox.depth == 0)
    assert len(bot.handled) == InboxOptions().max_attempts
    assert outcomes(path) == {1: "poison"}
    assert bot.notices == [(7, Notice.STALE)]  # no question ends in silence


async def test_what_was_in_flight_beside_an_update_that_crashes_the_bot_is_answered(
    opened: Open, path: Path
) -> None:
    bot = Bot()
    bot.delay = 0.03
    for _ in range(InboxOptions().max_attempts):
        bot.handled.clear()
        async with opened(bot, gently=False) as inbox:
            await inbox.accept([message(number, person=number) for number in range(1, 6)])
            await bot.until(lambda: 3 in bot.handled)
    async with opened(bot) as inbox:
        await bot.until(lambda: inbox.depth == 0)
    assert outcomes(path) == {1: "answered", 2: "answered", 3: "poison", 4: "answered", 5: "answered"}
    assert bot.notices == [(3, Notice.STALE)]


async def test_ten_kills_with_a_question_in_flight_do_not_give_it_up(opened: Open, path: Path) -> None:
    bot = Bot()
    bot.hold[1] = asyncio.Event()
    for life in range(10):
        async with opened(bot, gently=False) as inbox:
            await inbox.accept([message(1)])
            await bot.until(lambda: len(bot.handled) > life)  # noqa: B023 — awaited within its turn
    bot.hold[1].set()
    async with opened(bot) as inbox:
        await bot.until(lambda: inbox.depth == 0)
    assert outcomes(path) == {1: "answered"}


async def test_old_questions_get_one_apology_per_chat(opened: Open, path: Path) -> None:
    bot = Bot()
    async with opened(bot, stale=timedelta(minutes=10)) as inbox:
        await inbox.accept(
            [message(number, age=3_600) for number in (1, 2, 3)]
            + [message(4, person=8, age=700), message(5, person=9, age=500)],
            delayed=True,
        )
        await bot.until(lambda: inbox.depth == 0)
    assert bot.answered == [5]
    assert sorted(bot.notices, key=str) == [(7, Notice.STALE), (8, Notice.STALE)]
    assert outcomes(path)[1] == "stale"


async def test_group_talk_that_was_not_for_the_bot_is_not_apologised_for(opened: Open) -> None:
    bot = Bot()
    async with opened(bot) as inbox:
        await inbox.accept([message(1, "大家好", chat=-100, age=3_600)], delayed=True)
        await inbox.accept([message(2, "@baotong_bot 你好", chat=-100, age=3_600)], delayed=True)
        await bot.until(lambda: inbox.depth == 0)
    assert bot.notices == [(-100, Notice.STALE)]


async def test_a_wrong_clock_does_not_make_fresh_questions_old(opened: Open) -> None:
    bot = Bot()
    async with opened(bot) as inbox:
        await inbox.accept([message(1, age=86_400)])
        await bot.until(lambda: inbox.depth == 0)
    assert bot.answered == [1]


async def test_a_clock_that_jumps_back_loses_nothing(opened: Open, clock: Clock) -> None:
    bot = Bot()
    async with opened(bot) as inbox:
        clock.now = NOW - timedelta(days=2)
        await inbox.accept([message(1)], delayed=True)
        await bot.until(lambda: inbox.depth == 0)
    assert bot.answered == [1]


async def test_questions_that_grew_old_while_the_bot_was_down_are_not_answered(
    opened: Open, clock: Clock
) -> None:
    bot = Bot()
    bot.hold[1] = asyncio.Event()
    async with opened(bot, gently=False) as inbox:
        await inbox.accept([message(1)])
    clock.now = NOW + timedelta(minutes=11)
    bot.hold.clear()
    async with opened(bot) as inbox:
        await bot.until(lambda: inbox.depth == 0)
    assert bot.answered == []
    assert bot.notices == [(7, Notice.STALE)]


async def test_a_change_of_membership_counts_whatever_its_age(opened: Open) -> None:
    bot = Bot()
    bot.silent.add(1)
    update = {"update_id": 1, "my_chat_member": {"chat": {"id": -100}, "from": {"id": 7}, "date": 1}}
    async with opened(bot) as inbox:
        await inbox.accept([update], delayed=True)
        await bot.until(lambda: inbox.depth == 0)
    assert bot.handled == [1]


async def test_a_flood_by_one_is_cut_with_one_word_and_others_are_answered(opened: Open) -> None:
    bot = Bot()
    bot.delay = 0.001
    async with opened(bot) as inbox:
        await inbox.accept([message(number) for number in range(1, 501)])
        await inbox.accept([message(1_000, person=8)])
        await bot.until(lambda: 1_000 in bot.answered, seconds=1)
        await bot.until(lambda: inbox.depth == 0)
    assert len(bot.answered) < 50
    assert bot.notices == [(7, Notice.SLOW_DOWN)]


async def test_a_backlog_written_over_hours_is_no_flood(opened: Open) -> None:
    bot = Bot()
    async with opened(bot, stale=timedelta(hours=24)) as inbox:
        backlog = [message(number, age=(101 - number) * 120) for number in range(1, 101)]
        await inbox.accept(backlog, delayed=True)
        await bot.until(lambda: inbox.depth == 0)
    assert len(bot.answered) == 100


async def test_only_the_last_of_several_inline_queries_is_answered(opened: Open, path: Path) -> None:
    bot = Bot()
    bot.hold[1] = asyncio.Event()
    async with opened(bot) as inbox:
        await inbox.accept([inline(1, "央")])
        await bot.until(lambda: bot.handled == [1])
        await inbox.accept([inline(2, "央行"), inline(3, "央行降"), inline(4, "央行降准")])
        bot.hold[1].set()
        await bot.until(lambda: inbox.depth == 0)
    assert bot.answered == [1, 4]
    assert outcomes(path)[2] == "superseded"


async def test_stopping_finishes_what_is_in_flight_and_keeps_the_rest(opened: Open, path: Path) -> None:
    bot = Bot()
    bot.delay = 0.1
    async with opened(bot) as inbox:
        await inbox.accept([message(1), message(2)])
        await bot.until(lambda: bot.handled == [1])
    assert outcomes(path) == {1: "answered", 2: None}


async def test_stopping_does_not_wait_longer_than_it_may(opened: Open, path: Path) -> None:
    bot = Bot()
    bot.hold[1] = asyncio.Event()
    async with opened(bot, gently=False) as inbox:
        await inbox.accept([message(1)])
        await bot.until(lambda: bot.handled == [1])
        started = asyncio.get_running_loop().time()
        await inbox.stop(0.1)
        assert asyncio.get_running_loop().time() - started < 1
    assert outcomes(path) == {1: None}


async def test_stopping_in_the_middle_of_marking_marks_once_more(
    opened: Open, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish, begun = inbox_store.InboxStore.finish, asyncio.Event()

    async def hang_once(store: inbox_store.InboxStore, marks: Sequence[tuple[int, str]]) -> None:
        if not begun.is_set():
            begun.set()
            await asyncio.Event().wait()
        await finish(store, marks)

    monkeypatch.setattr(inbox_store.InboxStore, "finish", hang_once)
    bot = Bot()
    bot.silent = {1}
    async with opened(bot) as inbox:
        await inbox.accept([message(1)])
        async with asyncio.timeout(60):
            await begun.wait()
    assert outcomes(path) == {1: "quiet"}


async def test_after_a_long_rest_the_first_question_is_no_standstill(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = Bot()
    bot.hold[1] = asyncio.Event()
    async with opened(bot) as inbox:
        monotonic = time.monotonic
        monkeypatch.setattr(time, "monotonic", lambda: monotonic() + 3_600)
        await inbox.accept([message(1)])
        assert inbox.is_moving
        monkeypatch.setattr(time, "monotonic", lambda: monotonic() + 3_700)
        assert not inbox.is_moving
        bot.hold[1].set()
        await bot.until(lambda: inbox.depth == 0)
        assert inbox.is_moving


async def test_a_group_is_not_told_that_it_asked_too_much_when_sending_failed(opened: Open) -> None:
    bot = Bot()
    bot.failing[1] = [ConnectionError() for _ in range(100)]
    async with opened(bot, group_seconds=0.05) as inbox:
        await inbox.accept([message(1, "/ask 问题", chat=-5)])
        await bot.until(lambda: bool(bot.notices))
    assert bot.notices == [(-5, Notice.STALE)]


async def test_many_waiting_updates_do_not_fill_the_memory(opened: Open) -> None:
    bot = Bot()
    bot.hold = {number: asyncio.Event() for number in range(1, 2_001)}
    async with opened(bot, gently=False) as inbox:
        await inbox.accept([message(number, person=number) for number in range(1, 2_001)])
        assert inbox.depth == 2_000
        assert inbox._queues.in_memory <= queues.MAX_IN_MEMORY


async def test_a_full_backlog_accepts_nothing_more_until_there_is_room(opened: Open) -> None:
    bot = Bot()
    bot.hold[1] = asyncio.Event()
    async with opened(bot, max_backlog=3) as inbox:
        await inbox.accept([message(1), message(2), message(3)])
        with pytest.raises(BacklogFullError):
            await inbox.accept([message(4)])
        bot.hold[1].set()
        await bot.until(lambda: inbox.depth == 0)
        await inbox.accept([message(4)])
        await bot.until(lambda: inbox.depth == 0)
    assert bot.answered == [1, 2, 3, 4]


class TestWithoutADatabase:
    """While nothing can be stored, Telegram keeps what is not dealt with."""

    @pytest.fixture(autouse=True)
    def _impatient(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(state_module, "BUSY_MILLISECONDS", 50)
        monkeypatch.setattr(inbox_store, "REST_SECONDS", 0.1)

    async def test_updates_are_confirmed_only_once_they_are_answered(self, clock: Clock) -> None:
        bot = Bot()
        bot.delay = 0.05
        with State.in_memory(now=clock) as state:
            inbox = bot.inbox = Inbox(state, bot.handle, notify=bot.notify)
            await inbox.start()
            assert inbox.storage_problem
            await inbox.accept([message(1), message(2, person=8)])
            assert sorted(bot.answered) == [1, 2]
            await inbox.accept([message(1)])
            assert sorted(bot.answered) == [1, 2]
            await inbox.stop(1)

    async def test_a_locked_file_does_not_keep_anybody_from_an_answer(
        self, opened: Open, path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        bot = Bot()
        async with opened(bot) as inbox:
            await inbox.accept([message(1)])
            await bot.until(lambda: inbox.depth == 0)
            other = sqlite3.connect(path, isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            async with asyncio.timeout(60):
                await inbox.accept([message(2)])
            assert bot.answered == [1, 2]
            assert inbox.storage_problem
            other.execute("ROLLBACK")
            other.close()
            await asyncio.sleep(0.15)
            await inbox.accept([message(3)])
            await bot.until(lambda: inbox.depth == 0)
            assert inbox.storage_problem is None
            # Telegram, never told, sends it again; it is known.
            await inbox.accept([message(2)])
            await bot.until(lambda: inbox.depth == 0)
        assert bot.answered == [1, 2, 3]
        assert outcomes(path) == {1: "answered", 2: "answered", 3: "answered"}
        assert "updates cannot be stored" in caplog.text

    async def test_that_storing_works_again_is_noticed_though_nothing_arrives(
        self, opened: Open, path: Path
    ) -> None:
        bot = Bot()
        async with opened(bot) as inbox:
            other = sqlite3.connect(path, isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            await inbox.accept([message(1)])
            await asyncio.sleep(0.15)
            await inbox.check_storage()
            assert "locked" in str(inbox.storage_problem)
            other.execute("ROLLBACK")
            other.close()
            await asyncio.sleep(0.15)
            await inbox.check_storage()
            assert inbox.storage_problem is None
        assert outcomes(path) == {}

    async def test_what_was_left_behind_is_taken_up_once_it_can_be_read(
        self, opened: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bot = Bot()
        bot.delay = 60
        async with opened(bot, gently=False) as inbox:
            await inbox.accept([message(1)])
        load_unfinished, fails = (
            inbox_store.InboxStore.load_unfinished,
            [sqlite3.OperationalError("disk I/O error")],
        )

        async def fail_once(
            store: inbox_store.InboxStore, *, hung: bool
        ) -> list[inbox_store.UnfinishedUpdate]:
            if fails:
                raise fails.pop()
            return await load_unfinished(store, hung=hung)

        monkeypatch.setattr(inbox_store.InboxStore, "load_unfinished", fail_once)
        bot = Bot()
        async with opened(bot) as inbox:
            await inbox.accept([message(2, person=8)])
            await bot.until(lambda: bot.answered == [2])
            await inbox.check_storage()
            await bot.until(lambda: inbox.depth == 0)
        assert bot.answered == [2, 1]

    async def test_a_mark_that_cannot_be_written_is_written_later(
        self, opened: Open, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bot = Bot()
        bot.hold[1] = asyncio.Event()
        async with opened(bot) as inbox:
            await inbox.accept([message(1)])
            await bot.until(lambda: bot.handled == [1])
            other = sqlite3.connect(path, isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            bot.hold[1].set()
            await bot.until(lambda: inbox.depth == 0)
            assert outcomes(path) == {1: None}
            other.execute("ROLLBACK")
            other.close()
            await asyncio.sleep(0.15)
        assert outcomes(path) == {1: "answered"}
