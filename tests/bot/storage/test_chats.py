"""What a chat chose comes back as it was and follows the chat to a new id."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.storage import chats, subscriptions
from bot.storage.chats import AnswerLength, Askers, Audience, ChatPreferences, Preview, QuietHours, Script
from bot.storage.connections import Connection
from bot.storage.database import State
from corpus.models import Filters

NewState = Callable[..., State]

NOW = datetime(2022, 1, 1, 4, 0, tzinfo=UTC)
HOURS = st.integers(0, 23)


@pytest.fixture
def database(new_state: NewState) -> Iterator[Connection]:
    with new_state() as state:
        yield state.connection()


def subscribe(database: Connection, chat_id: int, question: str = "央行") -> None:
    subscriptions.add(
        database,
        chat_id=chat_id,
        thread_id=None,
        question=question,
        filters=Filters(),
        user_id=7,
        language="zh-Hans",
        cursor=0,
        now=NOW,
    )


@settings(deadline=None)
@given(
    st.builds(
        ChatPreferences,
        language=st.none() | st.sampled_from(["zh-Hans", "zh-Hant", "en"]),
        length=st.sampled_from(AnswerLength),
        askers=st.sampled_from(Askers),
        preview=st.sampled_from(Preview),
        category=st.none() | st.text(st.characters(exclude_categories=["Cs"])),
        quiet=st.none() | st.builds(QuietHours, HOURS, HOURS),
        zone=st.none() | st.sampled_from(["Asia/Shanghai", "America/New_York"]),
        script=st.sampled_from(Script),
        audience=st.sampled_from(Audience),
    )
)
def test_preferences_come_back_as_they_were_saved(new_state: NewState, preferences: ChatPreferences) -> None:
    state = new_state()
    database = state.connection()
    chats.save(database, -100, ChatPreferences(language="en"))
    chats.save(database, -100, preferences)
    loaded = chats.load(database, -100)
    kept = preferences.category and preferences.category.replace("\0", "\N{REPLACEMENT CHARACTER}")
    # PostgreSQL keeps no NUL in a text.
    assert loaded in (preferences, replace(preferences, category=kept))
    state.close()


def test_a_chat_that_chose_nothing_has_the_defaults(database: Connection) -> None:
    assert chats.load(database, 1) == ChatPreferences()


def test_a_choice_that_this_version_does_not_know_counts_as_not_chosen(database: Connection) -> None:
    chats.save(database, 1, ChatPreferences(length=AnswerLength.LONG, preview=Preview.SMALL))
    database.execute("UPDATE chats SET length = 'epic'")
    assert chats.load(database, 1) == ChatPreferences(preview=Preview.SMALL)


def test_an_upgraded_group_keeps_its_settings_and_subscriptions(database: Connection) -> None:
    preferences = ChatPreferences(askers=Askers.ADMINS, quiet=QuietHours(22, 8))
    chats.save(database, -5, preferences)
    subscribe(database, -5)
    subscriptions.mark_delivered(database, -5, None, ["a"], now=NOW)
    for _ in range(2):  # Telegram says it twice
        chats.migrate(database, -5, -1005)
    assert chats.load(database, -1005) == preferences
    assert [s.question for s in subscriptions.for_chat(database, -1005)] == ["央行"]
    assert subscriptions.delivered(database, -1005, None) == ("a",)
    assert chats.load(database, -5) == ChatPreferences()
    assert subscriptions.for_chat(database, -5) == ()


def test_what_an_upgraded_group_already_has_under_its_new_id_stays(database: Connection) -> None:
    chats.save(database, -5, ChatPreferences(language="en"))
    chats.save(database, -1005, ChatPreferences(language="zh-Hant"))
    subscribe(database, -5)
    subscribe(database, -1005)
    chats.migrate(database, -5, -1005)
    assert chats.load(database, -1005).language == "zh-Hant"
    assert len(subscriptions.for_chat(database, -1005)) == 1


def test_handing_a_chat_over_to_itself_loses_nothing(database: Connection) -> None:
    chats.save(database, -5, ChatPreferences(language="en"))
    chats.migrate(database, -5, -5)
    assert chats.load(database, -5).language == "en"


@given(HOURS, HOURS)
def test_quiet_hours_cover_as_many_hours_as_lie_between_their_ends(start: int, end: int) -> None:
    midnight = datetime(2022, 1, 1)  # noqa: DTZ001 — a local time
    covered = [hour for hour in range(24) if QuietHours(start, end).include(midnight + timedelta(hours=hour))]
    assert len(covered) == (end - start) % 24
    assert start == end or start in covered
    assert end not in covered


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "Asia", "", "\x00", None])
def test_an_unknown_zone_falls_back_to_the_operators(zone: str | None) -> None:
    preferences = replace(ChatPreferences(), zone=zone)
    assert preferences.zone_info("Asia/Shanghai").key == "Asia/Shanghai"
