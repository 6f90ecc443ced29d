"""A copied state is the same state, whichever way it went."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.storage import chats, heard, refusals, searches, subscriptions, votes
from bot.storage.chats import AnswerLength, ChatPreferences, QuietHours
from bot.storage.copying import TABLES, copy_state
from bot.storage.database import State
from bot.storage.searches import ShownMessage, ShownResult
from corpus.dialogue import Search
from corpus.errors import StoreError
from corpus.models import Answer, Confidence, Filters

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NewState = Callable[..., State]


def fill(state: State) -> None:
    """Put something into every table."""
    with state.transaction() as connection:
        connection.execute(
            "INSERT INTO inbox (update_id, lane, user_id, kind, asked, body, attempts, outcome, finished)"
            " VALUES (1, '7', 7, 'message', 5.25, '{}', 2, NULL, NULL),"
            " (2, '', NULL, '', 6.5, NULL, 0, 'x', 7)"
        )
        chats.save(
            connection,
            -5,
            ChatPreferences(length=AnswerLength.LONG, quiet=QuietHours(22, 8), category="财经"),
        )
        chats.greet(connection, -5, NOW)
        key = searches.save(connection, Search("央行", Filters(category="财经")), NOW, 7)
        shown = ShownMessage(-5, 9, 8, key, results=(ShownResult("a" * 11, 3),), thread=4, person=7)
        searches.save_shown(connection, shown, NOW)
        for question in ("甲", "乙"):
            subscriptions.add(
                connection,
                chat_id=7,
                thread_id=None,
                question=question,
                filters=Filters(),
                user_id=7,
                language="zh-Hans",
                cursor=3,
                now=NOW,
            )
        subscriptions.mark_delivered(connection, 7, None, ["a" * 11], now=NOW)
        asked = [record(connection, text) for text in ("一", "二")]
        votes.vote(connection, asked[0], chat_id=7, user_id=7, up=True)
        heard.hear(connection, 7, 9, b"\0\xff digest", user_id=7, now=NOW)
        refusals.is_to_be_told(connection, -5, None, "muted", NOW)


def record(connection: Any, question: str) -> int:
    answer = Answer(
        question=question,
        confidence=Confidence.NONE,
        score=0.0,
        text=None,
        filters=Filters(),
        suggestions=(),
        hits=(),
        total=0,
        milliseconds=1.0,
    )
    number = votes.record(connection, answer, chat_id=7, user_id=7, now=NOW, zone=ZoneInfo("Asia/Shanghai"))
    assert number is not None
    return number


def content(state: State) -> dict[str, list[tuple[Any, ...]]]:
    found = {}
    for table in TABLES:
        rows = state.connection().execute(f"SELECT * FROM {table}")
        names = [column[0] for column in rows.description]
        found[table] = sorted(
            (tuple(sorted(zip(names, row, strict=True))) for row in rows.fetchall()), key=repr
        )
    return found


def test_every_table_of_the_schema_is_copied(tmp_path: Path) -> None:
    State.open(tmp_path / "bot.sqlite3").close()
    connection = sqlite3.connect(tmp_path / "bot.sqlite3")
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    connection.close()
    assert {name for name in tables if not name.startswith("sqlite_")} == set(TABLES)
    assert len(TABLES) == len(set(TABLES))


def test_what_was_copied_there_and_back_is_the_same(new_state: NewState, tmp_path: Path) -> None:
    with (
        State.open(tmp_path / "old") as source,
        new_state() as middle,
        State.open(tmp_path / "new") as target,
    ):
        fill(source)
        with source.transaction() as connection:  # their numbers must not be given again
            connection.execute("DELETE FROM asked WHERE question = '二'")
            connection.execute("DELETE FROM subscriptions WHERE question = '乙'")
        before = content(source)
        assert all(before.values())
        counts = copy_state(source, middle)
        assert counts == {table: len(rows) for table, rows in before.items()}
        assert content(middle) == before
        copy_state(middle, target)
        assert content(target) == before
        for state in (middle, target):
            with state.transaction() as connection:
                assert record(connection, "三") == 3


def test_what_is_not_empty_is_left_as_it_is(new_state: NewState, tmp_path: Path) -> None:
    with State.open(tmp_path / "old") as source, new_state() as target:
        fill(source)
        with target.transaction() as connection:
            chats.greet(connection, 1, NOW)
        before = content(target)
        with pytest.raises(StoreError, match=r"not empty \(greeted\)"):
            copy_state(source, target)
        assert content(target) == before


def test_a_copy_that_fails_leaves_nothing_behind(new_state: NewState, tmp_path: Path) -> None:
    with State.open(tmp_path / "old") as source, new_state() as target:
        fill(source)
        with source.transaction() as connection:
            connection.execute("DROP TABLE votes")
        with pytest.raises(sqlite3.Error, match="votes"):
            copy_state(source, target)
        assert not any(content(target).values())
