"""What messages said: an edit without a change is known until nobody can edit any more."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bot.storage.database import FORGET, State
from bot.storage.heard import hear

NewState = Callable[..., State]

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def heard(state: State, words: bytes, *, chat: int = -5, message: int = 9, user: int | None = 7) -> bool:
    with state.transaction() as connection:
        return hear(connection, chat, message, words, user_id=user, now=state.now())


def test_the_same_words_of_the_same_message_are_no_change(new_state: NewState) -> None:
    with new_state() as state:
        assert not heard(state, b"a")
        assert heard(state, b"a")
        assert not heard(state, b"a", message=10)
        assert not heard(state, b"a", chat=-6)
        assert not heard(state, b"b")
        assert heard(state, b"b")
        assert not heard(state, b"a")  # changed back


def test_it_is_forgotten_with_its_person_and_in_time(new_state: NewState) -> None:
    now = NOW

    def clock() -> datetime:
        return now

    with new_state(now=clock) as state:
        heard(state, b"a")
        heard(state, b"a", user=8, message=10)
        heard(state, b"a", user=None, chat=7)
        with state.transaction() as connection:
            for statement in FORGET:
                connection.execute(statement, {"user_id": 7, "up_to": 0})
        assert not heard(state, b"a")
        assert not heard(state, b"a", user=None, chat=7)
        assert heard(state, b"a", user=8, message=10)
        now = NOW + timedelta(hours=71)
        state.prune(timedelta(days=90))
        assert heard(state, b"a")
        now = NOW + timedelta(hours=73)
        state.prune(timedelta(days=90))
        assert not heard(state, b"a")
