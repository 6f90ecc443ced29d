"""Digests fall due once a local day, and nothing that was delivered is delivered again."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.storage import chats, subscriptions
from bot.storage.chats import QuietHours
from bot.storage.database import State
from bot.storage.subscriptions import Mode, Subscription, TooManySubscriptionsError, is_due, last_slot
from corpus.models import Filters
from tests.profiles import examples

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")
NewState = Callable[..., State]

NOW = datetime(2022, 1, 10, 4, 0, tzinfo=UTC)  # noon in Shanghai
CHAT = 7

MOMENTS = st.datetimes(datetime(2021, 1, 1), datetime(2023, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
ZONES = st.sampled_from(
    [SHANGHAI, NEW_YORK, *map(ZoneInfo, ("Europe/London", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"))]
)
HOURS = st.integers(0, 23)


def make_subscription(
    *, mode: Mode = Mode.DAILY, hour: int = 8, last_run: datetime = NOW, question: str = "央行"
) -> Subscription:
    return Subscription(
        id=1,
        chat_id=CHAT,
        thread_id=None,
        question=question,
        filters=Filters(),
        mode=mode,
        hour=hour,
        user_id=CHAT,
        language="zh-Hans",
        cursor=0,
        last_run=last_run,
    )


def local(zone: ZoneInfo, *parts: int) -> datetime:
    return datetime(*parts, tzinfo=zone).astimezone(UTC)  # type: ignore[arg-type,misc]


# When a digest is due


@given(MOMENTS, HOURS, ZONES)
def test_the_last_slot_lies_within_the_day_that_ends_now(now: datetime, hour: int, zone: ZoneInfo) -> None:
    slot = last_slot(now, hour, zone)
    assert timedelta(0) <= now - slot < timedelta(hours=25, minutes=1)


@settings(deadline=None)
@given(MOMENTS, HOURS, ZONES)
def test_every_local_day_has_one_slot(start: datetime, hour: int, zone: ZoneInfo) -> None:
    moments = [start + timedelta(minutes=30 * step) for step in range(48 * 4)]
    slots = sorted({last_slot(moment, hour, zone) for moment in moments})
    days = [slot.astimezone(zone).date() for slot in slots]
    assert days == [days[0] + timedelta(days=number) for number in range(len(days))]


@pytest.mark.parametrize(
    ("now", "hour", "expected"),
    [
        pytest.param(
            (2022, 3, 13, 12), 2, (2022, 3, 13, 3), id="an hour that summer time skips falls at its edge"
        ),
        pytest.param(
            (2022, 11, 6, 12), 1, (2022, 11, 6, 1), id="an hour that comes twice falls at its first"
        ),
        pytest.param(
            (2022, 7, 1, 7, 59), 8, (2022, 6, 30, 8), id="a minute before the hour it is yesterday's"
        ),
        pytest.param((2022, 7, 1, 8), 8, (2022, 7, 1, 8), id="on the hour it is today's"),
    ],
)
def test_the_last_slot_by_the_clock_of_new_york(
    now: tuple[int, ...], hour: int, expected: tuple[int, ...]
) -> None:
    assert last_slot(local(NEW_YORK, *now), hour, NEW_YORK) == local(NEW_YORK, *expected)


def run_clock(subscription: Subscription, moments: list[datetime], zone: ZoneInfo) -> list[datetime]:
    """Ask at each moment whether a digest is due; where it is, note it as the job does."""
    runs = []
    for now in moments:
        if is_due(subscription, now, zone, None):
            runs.append(now)
            subscription = replace(subscription, last_run=now)
    return runs


@settings(max_examples=examples(30), deadline=None)
@given(MOMENTS, HOURS, ZONES, st.integers(1, 50))
def test_a_digest_runs_once_a_day_at_its_hour(
    start: datetime, hour: int, zone: ZoneInfo, minutes: int
) -> None:
    step = timedelta(minutes=minutes)
    moments = [start + step * number for number in range(1, int(timedelta(days=5) / step))]
    runs = run_clock(make_subscription(hour=hour, last_run=start), moments, zone)
    days = [run.astimezone(zone).date() for run in runs]
    assert len(days) == len(set(days))
    assert 4 <= len(runs) <= 5
    assert runs
    assert all(run - last_slot(run, hour, zone) < step for run in runs)


def test_a_clock_set_back_runs_no_second_digest() -> None:
    morning = local(SHANGHAI, 2022, 1, 11, 8)
    moments = [morning, morning - timedelta(minutes=30), morning + timedelta(minutes=1)]
    assert run_clock(make_subscription(), moments, SHANGHAI) == [morning]


def test_a_clock_that_ran_days_ahead_does_not_silence_the_digest_for_good() -> None:
    subscription = make_subscription(last_run=NOW + timedelta(days=400))
    assert is_due(subscription, NOW, SHANGHAI, None)


def test_a_digest_missed_while_the_bot_was_down_runs_once_when_it_is_up() -> None:
    back = local(SHANGHAI, 2022, 1, 14, 13)
    moments = [back + timedelta(minutes=number) for number in range(10)]
    assert run_clock(make_subscription(), moments, SHANGHAI) == [back]


@given(MOMENTS, ZONES, st.builds(QuietHours, HOURS, HOURS), st.sampled_from(Mode))
def test_nothing_is_due_in_quiet_hours(now: datetime, zone: ZoneInfo, quiet: QuietHours, mode: Mode) -> None:
    subscription = make_subscription(mode=mode, last_run=now - timedelta(days=3))
    assert is_due(subscription, now, zone, quiet) is not quiet.include(now.astimezone(zone))


def test_a_digest_chosen_within_the_quiet_hours_waits_for_their_end() -> None:
    quiet = QuietHours(22, 8)
    subscription = make_subscription(hour=7)
    moments = [local(SHANGHAI, 2022, 1, 11, hour) for hour in range(24)]
    assert next(now for now in moments if is_due(subscription, now, SHANGHAI, quiet)) == moments[8]


def test_at_once_is_always_due_by_day() -> None:
    assert is_due(make_subscription(mode=Mode.AT_ONCE), NOW, SHANGHAI, None)


# What is stored


class Shelf:
    """The functions of `subscriptions` with a database at hand."""

    def __init__(self, state: State) -> None:
        self.state = state

    def add(
        self,
        question: str = "央行",
        *,
        chat: int = CHAT,
        thread: int | None = None,
        filters: Filters | None = None,
    ) -> Subscription:
        with self.state.transaction() as connection:
            return subscriptions.add(
                connection,
                chat_id=chat,
                thread_id=thread,
                question=question,
                filters=filters or Filters(),
                user_id=CHAT,
                language="zh-Hans",
                cursor=5,
                now=NOW,
            )

    def questions(self, chat: int = CHAT) -> list[str]:
        return [
            subscription.question for subscription in subscriptions.for_chat(self.state.connection(), chat)
        ]


@pytest.fixture
def shelf(new_state: NewState) -> Iterator[Shelf]:
    with new_state() as state:
        yield Shelf(state)


WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=10)
DATES = st.none() | st.dates(date(1990, 1, 1), date(2030, 1, 1))
FILTERS = st.builds(
    Filters,
    category=st.none() | WORDS,
    author=st.none() | WORDS,
    since=DATES,
    until=DATES,
    phrases=st.lists(WORDS, max_size=3, unique=True).map(lambda words: tuple(sorted(words))),
    excluded=st.lists(WORDS, max_size=3, unique=True).map(lambda words: tuple(sorted(words))),
)


@settings(max_examples=examples(50), deadline=None)
@given(FILTERS)
def test_a_search_comes_back_as_it_was_subscribed_to(new_state: NewState, filters: Filters) -> None:
    with new_state() as state:
        added = Shelf(state).add(filters=filters)
        assert added.filters == filters
        assert subscriptions.get(state.connection(), CHAT, added.id) == added


def test_subscribing_twice_to_the_same_search_is_one_subscription(shelf: Shelf) -> None:
    first = shelf.add("央行  降准", filters=Filters(excluded=("甲", "乙")))
    assert shelf.add(" 央行 降准", filters=Filters(excluded=("乙", "甲"))) == first
    assert len(shelf.questions()) == 1


def test_topics_of_a_forum_subscribe_each_for_themselves(shelf: Shelf) -> None:
    shelf.add(thread=3)
    shelf.add(thread=4)
    assert len(shelf.questions()) == 2


def test_a_chat_cannot_have_endless_subscriptions(shelf: Shelf) -> None:
    for number in range(subscriptions.MAX_PER_CHAT):
        shelf.add(f"词{number}")
    with pytest.raises(TooManySubscriptionsError):
        shelf.add("又一个")
    assert shelf.add("词0").question == "词0"
    assert shelf.add("又一个", chat=8).chat_id == 8


def test_a_chat_cannot_touch_what_another_subscribed_to(shelf: Shelf) -> None:
    theirs = shelf.add(chat=8)
    with shelf.state.transaction() as connection:
        assert not subscriptions.remove(connection, CHAT, theirs.id)
        assert subscriptions.set_time(connection, CHAT, theirs.id, mode=Mode.DAILY, hour=9, now=NOW) is None
    assert shelf.questions(8) == ["央行"]


def test_removing_twice_says_that_it_was_gone(shelf: Shelf) -> None:
    added = shelf.add()
    with shelf.state.transaction() as connection:
        assert [subscriptions.remove(connection, CHAT, added.id) for _ in range(2)] == [True, False]


def test_the_time_of_delivery_can_be_changed(shelf: Shelf) -> None:
    added = shelf.add()
    with shelf.state.transaction() as connection:
        subscriptions.set_time(connection, CHAT, added.id, mode=Mode.DAILY, hour=21, now=NOW)
        changed = subscriptions.get(connection, CHAT, added.id)
        assert changed is not None
        assert (changed.mode, changed.hour, changed.cursor) == (Mode.DAILY, 21, added.cursor)
        again = subscriptions.set_time(connection, CHAT, added.id, mode=Mode.AT_ONCE, hour=None, now=NOW)
        assert again is not None
        assert (again.mode, again.hour) == (Mode.AT_ONCE, 21)


def test_only_those_behind_the_archive_are_waiting(shelf: Shelf) -> None:
    behind, ahead = shelf.add("甲"), shelf.add("乙")
    with shelf.state.transaction() as connection:
        assert subscriptions.claim(connection, [ahead], cursor=9, now=NOW) == (ahead,)
        assert [s.id for s in subscriptions.waiting(connection, 9)] == [behind.id]
        assert subscriptions.waiting(connection, 5) == ()


def test_a_message_that_was_certainly_not_sent_is_tried_again(shelf: Shelf) -> None:
    before = shelf.add()
    with shelf.state.transaction() as connection:
        subscriptions.mark_delivered(connection, CHAT, None, ["旧"], now=NOW)
        subscriptions.claim(connection, [before], cursor=9, now=NOW + timedelta(minutes=1))
        subscriptions.mark_delivered(connection, CHAT, None, ["新"], now=NOW)
        subscriptions.release(connection, [before], ["新"])
        assert subscriptions.get(connection, CHAT, before.id) == before
        assert subscriptions.delivered(connection, CHAT, None) == ("旧",)


def test_an_archive_indexed_anew_does_not_silence_subscriptions(shelf: Shelf) -> None:
    added = shelf.add()
    with shelf.state.transaction() as connection:
        subscriptions.reset_stale_cursors(connection, 2, 2)
        assert [s.id for s in subscriptions.waiting(connection, 3)] == [added.id]


def test_an_archive_indexed_anew_in_another_order_is_no_news(shelf: Shelf) -> None:
    shelf.add()
    with shelf.state.transaction() as connection:
        assert subscriptions.has_stale_cursor(connection, 900, 901)
        subscriptions.reset_stale_cursors(connection, 900, 901)
        assert not subscriptions.has_stale_cursor(connection, 900, 901)
        assert [s.cursor for s in subscriptions.waiting(connection, 901)] == [900]


def test_a_chat_that_is_gone_leaves_nothing_behind(shelf: Shelf) -> None:
    shelf.add()
    shelf.add(chat=8)
    with shelf.state.transaction() as connection:
        subscriptions.mark_delivered(connection, CHAT, None, ["a"], now=NOW)
        assert subscriptions.drop_chat(connection, CHAT) == 1
        assert subscriptions.delivered(connection, CHAT, None) == ()
    assert shelf.questions() == []
    assert shelf.questions(8) == ["央行"]


def test_a_topic_that_is_gone_takes_only_its_own_subscriptions(shelf: Shelf) -> None:
    shelf.add("题内", thread=3)
    shelf.add("题外")
    with shelf.state.transaction() as connection:
        subscriptions.drop_chat(connection, CHAT, 3)
    assert shelf.questions() == ["题外"]


def test_forgetting_a_person_keeps_what_a_group_hears(shelf: Shelf) -> None:
    shelf.add()
    shelf.add(chat=-100)
    shelf.state.forget(CHAT)
    assert shelf.questions() == []
    [kept] = subscriptions.for_chat(shelf.state.connection(), -100)
    assert kept.user_id is None


def test_what_was_claimed_ended_or_moved_meanwhile_is_not_claimed_again(shelf: Shelf) -> None:
    claimed, ended, moved = shelf.add("甲"), shelf.add("乙"), shelf.add("丙", chat=-5)
    with shelf.state.transaction() as connection:
        subscriptions.claim(connection, [claimed], cursor=9, now=NOW)
        subscriptions.remove(connection, CHAT, ended.id)
        chats.migrate(connection, -5, -1005)
        assert subscriptions.claim(connection, [claimed, ended, moved], cursor=9, now=NOW) == ()


def test_old_deliveries_are_forgotten(shelf: Shelf) -> None:
    with shelf.state.transaction() as connection:
        subscriptions.mark_delivered(connection, CHAT, None, ["旧"], now=NOW - timedelta(days=91))
        subscriptions.mark_delivered(connection, CHAT, None, ["新"], now=NOW - timedelta(days=89))
    shelf.state.now = lambda: NOW
    shelf.state.prune(timedelta(days=90))
    assert subscriptions.delivered(shelf.state.connection(), CHAT, None) == ("新",)


def test_midnight_is_an_hour_like_any_other() -> None:
    assert last_slot(NOW, 0, SHANGHAI) == datetime.combine(date(2022, 1, 10), time(0), SHANGHAI)
