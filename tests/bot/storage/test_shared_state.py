"""The state in PostgreSQL: what only it does, and that it bears a server that goes away."""

import random
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest

from bot.storage import chats, searches, subscriptions
from bot.storage.chats import AnswerLength, ChatPreferences
from bot.storage.postgres import PostgresError
from bot.storage.shared_state import PostgresState
from corpus.dialogue import Search
from corpus.errors import StoreError
from corpus.models import Filters
from tests.postgres.server import PostgresServer

pytestmark = pytest.mark.postgres

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def state(postgres: PostgresServer) -> Iterator[PostgresState]:
    with closing(PostgresState.connect(postgres.url)) as opened:
        yield opened


def test_a_search_longer_than_an_index_takes_is_stored_once(state: PostgresState) -> None:
    chance = random.Random(1)
    text = "".join(chr(chance.randrange(0x4E00, 0x9FA5)) for _ in range(4_000))  # compresses badly
    with state.transaction() as connection:
        key = searches.save(connection, Search(text), NOW)
        assert searches.save(connection, Search(text), NOW) == key
        assert searches.load(connection, key) == Search(text)
        added = [
            subscriptions.add(
                connection,
                chat_id=chat,
                thread_id=None,
                question=text,
                filters=Filters(),
                user_id=7,
                language="zh-Hans",
                cursor=0,
                now=NOW,
            ).id
            for chat in (1, 1, 2)
        ]
    assert added[0] == added[1] != added[2]


def test_what_two_change_at_once_is_both_kept(state: PostgresState) -> None:
    """Each change reads, and writes what it has read."""
    barrier = threading.Barrier(2)

    def change(category: str | None) -> None:
        barrier.wait()
        for _ in range(20):
            with state.transaction() as connection:
                known = chats.load(connection, 1)
                count = int(known.category or 0) + 1
                chats.save(connection, 1, ChatPreferences(length=AnswerLength.LONG, category=str(count)))

    threads = [threading.Thread(target=change, args=(None,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert chats.load(state.connection(), 1).category == "40"


def test_each_thread_has_a_connection_of_its_own(state: PostgresState) -> None:
    others = []
    thread = threading.Thread(target=lambda: others.append(state.connection()))
    thread.start()
    thread.join()
    assert others[0] is not state.connection()
    assert state.connection() is state.connection()


def test_a_server_that_goes_away_and_comes_back_is_used_again(
    state: PostgresState, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.storage.postgres.REST_SECONDS", 0.0)
    with state.transaction() as connection:
        chats.greet(connection, 5, NOW)
    postgres.kill()
    try:
        for _ in range(2):
            with pytest.raises(PostgresError), state.transaction():
                pass
    finally:
        postgres.start()
    with state.transaction() as connection:
        assert not chats.greet(connection, 5, NOW)  # what was committed is there


def test_while_it_rests_nobody_waits_for_the_server(postgres: PostgresServer) -> None:
    state = PostgresState.connect(postgres.url)
    postgres.stop()
    try:
        with pytest.raises(PostgresError):
            state.connection().execute("SELECT 1")
        with pytest.raises(PostgresError):
            state.connection().execute("SELECT 1")
        with pytest.raises(PostgresError, match="a moment ago"):
            state.connection().execute("SELECT 1")
    finally:
        postgres.start()
        state.close()


def test_nothing_is_backed_up_by_the_bot(state: PostgresState, postgres: PostgresServer) -> None:
    with pytest.raises(StoreError, match="pg_dump"):
        state.backup(postgres.folder / "copy")
