"""Stored searches: immutable, under keys that say nothing, found again, forgotten when asked."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.storage import searches
from bot.storage.database import MIGRATIONS, State
from bot.storage.searches import ShownMessage, ShownResult
from corpus.dialogue.search import Search
from corpus.models import Filters, Order
from corpus.store.database import migrate, open_database

NewState = Callable[..., State]

NOW = datetime(2026, 1, 1, tzinfo=UTC)

WORDS = st.text(max_size=40)
SEARCHES = st.builds(
    Search,
    WORDS,
    st.builds(
        Filters,
        category=st.none() | st.text(min_size=1, max_size=9),
        author=st.none() | st.text(min_size=1, max_size=9),
        since=st.none() | st.dates(),
        until=st.none() | st.dates(),
        phrases=st.lists(WORDS, max_size=2).map(tuple),
        excluded=st.lists(WORDS, max_size=2).map(tuple),
        article=st.none() | st.just("0123456789a"),
    ),
    st.sampled_from(Order),
)


@given(SEARCHES)
def test_a_search_comes_back_as_it_was_stored(new_state: NewState, search: Search) -> None:
    with new_state() as state, state.transaction() as connection:
        key = searches.save(connection, search, NOW)
        assert searches.load(connection, key) == search
        assert searches.save(connection, search, NOW) == key
        assert len(key) == searches.KEY_LENGTH


@pytest.mark.parametrize(
    ("topic", "question", "whole"),
    [
        ("iPhone 14多少钱", "iPhone 14什么时候上市", "iPhone 14什么时候上市"),
        ("英鎊為什麼大跌", "英鎊還會跌嗎", "英鎊還會跌嗎"),
        ("英鎊為什麼大跌", "還會跌嗎", "英镑 還會跌嗎"),
        ("為什麼", "為什麼跌", "為什麼跌"),
    ],
)
def test_a_subject_that_a_question_names_in_its_own_spelling_is_not_put_before_it(
    topic: str, question: str, whole: str
) -> None:
    assert Search(question, topic=topic).standalone == whole


def test_searches_that_differ_in_anything_have_different_keys(new_state: NewState) -> None:
    variants = [
        Search("甲"),
        Search("乙"),
        Search("甲", order=Order.NEWEST),
        Search("甲", Filters(category="财经")),
        Search("甲", Filters(since=date(2021, 1, 1))),
    ]
    with new_state() as state, state.transaction() as connection:
        assert len({searches.save(connection, search, NOW) for search in variants}) == len(variants)


def test_an_unknown_key_leads_nowhere(new_state: NewState) -> None:
    with new_state() as state:
        assert searches.load(state.connection(), "xxxxxxxx") is None


def test_a_message_is_known_by_itself_by_its_question_and_as_the_last_of_its_chat(
    new_state: NewState,
) -> None:
    with new_state() as state, state.transaction() as connection:
        key = searches.save(connection, Search("甲"), NOW)
        first = ShownMessage(1, 10, 9, key, 0, "0123456789a", 5)
        listed = (ShownResult("0123456789a", 2), ShownResult("a9876543210"))
        second = ShownMessage(1, 12, 11, key, 5, None, None, listed, 10)
        for shown in (first, second, ShownMessage(2, 99, 98, key)):
            searches.save_shown(connection, shown, NOW)
        assert searches.shown_in(connection, 1, 10) == first
        assert searches.answer_to(connection, 1, 11) == second
        assert searches.last_shown(connection, 1) == second
        assert searches.shown_in(connection, 3, 10) is None


def test_what_an_older_version_has_noted_is_still_read(tmp_path: Path) -> None:
    path = tmp_path / "bot.sqlite3"
    with closing(open_database(path)) as connection, connection:
        migrate(connection, MIGRATIONS[:5])
        connection.execute("INSERT INTO shown VALUES (1, 10, 9, 'key', 5, '0123456789a', 7, 0)")
    with State.open(path) as state:
        shown = searches.shown_in(state.connection(), 1, 10)
    assert shown == ShownMessage(1, 10, 9, "key", 5, "0123456789a", 7)


def test_searches_in_use_are_kept_and_unused_ones_go_with_time(new_state: NewState) -> None:
    later = NOW + timedelta(days=80)
    with new_state(now=lambda: NOW + timedelta(days=100)) as state:
        with state.transaction() as connection:
            used = searches.save(connection, Search("常用"), NOW)
            unused = searches.save(connection, Search("不用"), NOW)
            searches.save_shown(connection, ShownMessage(1, 1, None, used), later)
        state.prune(timedelta(days=90))
        assert searches.load(state.connection(), used) is not None
        assert searches.load(state.connection(), unused) is None


def test_a_search_that_no_message_shows_any_more_is_forgotten_with_its_person_unless_others_made_it(
    new_state: NewState,
) -> None:
    with new_state() as state:
        with state.transaction() as connection:
            own = searches.save(connection, Search("私事"), NOW, 11)
            shared = searches.save(connection, Search("大家都问"), NOW, 11)
            assert searches.save(connection, Search("大家都问"), NOW, 12) == shared
        state.forget(11)
        assert searches.load(state.connection(), own) is None
        assert searches.load(state.connection(), shared) is not None
        state.forget(12)
        assert searches.load(state.connection(), shared) is None


def test_what_only_a_persons_private_chat_showed_is_forgotten_with_the_person(new_state: NewState) -> None:
    with new_state() as state:
        with state.transaction() as connection:
            own = searches.save(connection, Search("私事"), NOW)
            shared = searches.save(connection, Search("大家都问"), NOW)
            searches.save_shown(connection, ShownMessage(11, 1, None, own), NOW)
            searches.save_shown(connection, ShownMessage(11, 2, None, shared), NOW)
            searches.save_shown(connection, ShownMessage(-5, 3, None, shared), NOW)
        state.forget(11)
        assert searches.load(state.connection(), own) is None
        assert searches.load(state.connection(), shared) is not None
        assert searches.shown_in(state.connection(), 11, 1) is None
