"""PostgreSQL by itself: what is translated, what is lost with a connection, what an operator is told."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from bot.storage.database import MIGRATIONS
from bot.storage.postgres import (
    MISSING,
    Leadership,
    PostgresConnection,
    PostgresError,
    Server,
    examine,
    migrate,
    schema_version,
)
from tests.postgres.server import PASSWORD, PostgresServer

over_postgres = pytest.mark.postgres


def test_without_the_extra_its_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    with pytest.raises(PostgresError, match="the extra postgres is not installed") as caught:
        Server("postgresql:///x")
    assert MISSING in str(caught.value)


@pytest.fixture
def connection(postgres: PostgresServer) -> Iterator[PostgresConnection]:
    with closing(PostgresConnection(Server(postgres.url))) as opened:
        migrate(opened, MIGRATIONS)
        yield opened


def greeted(connection: PostgresConnection) -> list[int]:
    return [chat for (chat,) in connection.execute("SELECT chat_id FROM greeted ORDER BY 1")]


def greet(connection: PostgresConnection, chat: int) -> None:
    connection.execute("INSERT INTO greeted (chat_id, at) VALUES (?, 0)", (chat,))


@over_postgres
@pytest.mark.parametrize("number", range(1, len(MIGRATIONS)))
def test_every_earlier_schema_is_brought_up_to_date(postgres: PostgresServer, number: int) -> None:
    columns = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
    with closing(PostgresConnection(Server(postgres.url))) as connection:
        migrate(connection, MIGRATIONS[:number])
        assert schema_version(connection) == number
        migrate(connection, MIGRATIONS)
        assert schema_version(connection) == MIGRATIONS[-1].number
        upgraded = sorted(connection.execute(columns).fetchall())
        postgres.empty()
    with closing(PostgresConnection(Server(postgres.url))) as connection:
        migrate(connection, MIGRATIONS)
        assert sorted(connection.execute(columns).fetchall()) == upgraded


@over_postgres
def test_two_that_start_at_once_migrate_once(postgres: PostgresServer) -> None:
    failures: list[BaseException] = []
    barrier = threading.Barrier(4)

    def start() -> None:
        try:
            with closing(PostgresConnection(Server(postgres.url))) as connection:
                barrier.wait()
                migrate(connection, MIGRATIONS)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert postgres.query("SELECT number FROM schema_version") == [(MIGRATIONS[-1].number,)]


@over_postgres
def test_a_newer_schema_is_refused_and_left_alone(
    connection: PostgresConnection, postgres: PostgresServer
) -> None:
    connection.execute("UPDATE schema_version SET number = 9999")
    with pytest.raises(PostgresError, match="newer version"):
        migrate(connection, MIGRATIONS)
    with pytest.raises(PostgresError, match="newer version"):
        examine(Server(postgres.url), MIGRATIONS)
    assert schema_version(connection) == 9999


@over_postgres
def test_a_transaction_is_all_or_nothing(connection: PostgresConnection) -> None:
    def greet_both(one: int, other: int) -> None:
        with connection.transaction():
            greet(connection, one)
            greet(connection, other)
            raise KeyError

    with pytest.raises(PostgresError, match="duplicate key"):
        greet_both(1, 1)
    with pytest.raises(KeyError):
        greet_both(1, 2)
    assert greeted(connection) == []
    with connection.transaction():
        greet(connection, 3)
    assert greeted(connection) == [3]


@over_postgres
def test_a_failed_statement_that_was_passed_over_undoes_the_transaction_loudly(
    connection: PostgresConnection,
) -> None:
    def change() -> None:
        with connection.transaction():
            greet(connection, 1)
            with pytest.raises(PostgresError):
                greet(connection, 1)

    with pytest.raises(PostgresError, match="has failed"):
        change()
    assert greeted(connection) == []


@over_postgres
def test_a_lost_connection_fails_its_transaction_and_is_made_anew(
    connection: PostgresConnection, postgres: PostgresServer
) -> None:
    def change() -> None:
        with connection.transaction():
            greet(connection, 1)
            (backend,) = connection.execute("SELECT pg_backend_pid()").fetchone()
            postgres.query(f"SELECT pg_terminate_backend({backend}, 10000)")
            with pytest.raises(PostgresError):
                greet(connection, 2)
            greet(connection, 3)  # not on another connection, as if nothing had happened

    with pytest.raises(PostgresError):
        change()
    assert greeted(connection) == []
    greet(connection, 4)
    assert greeted(connection) == [4]


@over_postgres
def test_a_server_that_stands_still_is_given_up(
    connection: PostgresConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.storage.postgres.ANSWER_SECONDS", 1.0)
    (backend,) = connection.execute("SELECT pg_backend_pid()").fetchone()
    os.kill(backend, signal.SIGSTOP)
    try:
        with pytest.raises(PostgresError):
            connection.execute("SELECT 1")
        greet(connection, 1)  # on a connection of its own
    finally:
        os.kill(backend, signal.SIGCONT)
    assert greeted(connection) == [1]


@over_postgres
def test_a_lock_has_one_holder_until_its_connection_ends(postgres: PostgresServer) -> None:
    one, other = (Leadership(Server(postgres.url), 5) for _ in range(2))
    with closing(one), closing(other):
        assert one.hold()
        assert one.hold()
        assert not other.hold()
        postgres.query(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE locktype = 'advisory' AND granted"
        )
        assert other.hold()
        with pytest.raises(PostgresError):  # its connection is gone
            one.hold()
        assert not one.hold()


@over_postgres
def test_what_is_wrong_with_the_address_is_told_without_the_password(postgres: PostgresServer) -> None:
    server = Server(postgres.tcp_url, password=PASSWORD)
    assert "PostgreSQL" in examine(server, MIGRATIONS)
    assert "its tables will be made" in examine(server, MIGRATIONS)
    for url, password, reason in (
        (postgres.tcp_url, "wrong", "password authentication failed"),
        (postgres.tcp_url, None, "password"),
        (postgres.tcp_url.replace("/postgres", "/nowhere"), PASSWORD, "nowhere"),
        ("postgresql://postgres@127.0.0.1:1/postgres", PASSWORD, "refused"),
    ):
        with pytest.raises(PostgresError, match=reason) as caught:
            examine(Server(url, password=password), MIGRATIONS)
        assert "\n" not in str(caught.value)
        assert PASSWORD not in str(caught.value)


@over_postgres
def test_who_may_not_create_tables_is_told_so(postgres: PostgresServer) -> None:
    postgres.query("DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN")
    url = postgres.url.replace("postgres@", "reader@")
    with pytest.raises(PostgresError, match="may not create tables"):
        examine(Server(url), MIGRATIONS)
