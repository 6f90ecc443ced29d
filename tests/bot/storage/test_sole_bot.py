"""One bot at a time over a database."""

from contextlib import closing

import pytest

from bot.process.lock import AlreadyRunningError
from bot.storage.database import State
from bot.storage.shared_state import PostgresState
from bot.storage.sole_bot import SoleBot
from tests.postgres.server import PostgresServer


def test_over_a_file_the_lock_of_its_folder_is_enough() -> None:
    with State.in_memory() as state, closing(SoleBot(state)) as one, closing(SoleBot(state)) as other:
        one.check()
        other.check()


@pytest.mark.postgres
def test_a_second_one_is_refused_until_the_first_has_ended(postgres: PostgresServer) -> None:
    with closing(PostgresState.connect(postgres.url)) as state:
        unused = not state.is_used_by_a_bot
        assert unused
        with closing(SoleBot(state)) as one, closing(SoleBot(state)) as other:
            one.check()
            one.check()
            assert state.is_used_by_a_bot
            with pytest.raises(AlreadyRunningError, match="another baotong runs over"):
                other.check()
            one.close()
            other.check()


@pytest.mark.postgres
def test_a_server_that_is_away_is_no_reason_to_end(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.storage.postgres.REST_SECONDS", 0.0)
    with closing(PostgresState.connect(postgres.url)) as state, closing(SoleBot(state)) as one:
        one.check()
        postgres.stop()
        try:
            one.check()
        finally:
            postgres.start()
        one.check()
        assert state.is_used_by_a_bot
