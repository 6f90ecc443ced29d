"""When the operator is told that a place takes no message."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bot.storage.database import State
from bot.storage.refusals import is_to_be_told

NewState = Callable[..., State]

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_of_each_place_the_operator_is_told_once_a_day(new_state: NewState) -> None:
    with new_state() as state, state.transaction() as connection:

        def told(chat: int, thread: int | None, hours: float, reason: str = "muted") -> bool:
            return is_to_be_told(connection, chat, thread, reason, NOW + timedelta(hours=hours))

        assert told(-5, None, 0)
        assert not told(-5, None, 23)
        assert not told(-5, None, 23, "topic_closed")
        assert told(-5, 9, 23)
        assert told(-6, None, 23)
        assert told(-5, None, 24)
        assert not told(-5, None, 47)
