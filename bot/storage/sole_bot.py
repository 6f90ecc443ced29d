"""One bot at a time over a state in PostgreSQL: two with one inbox would answer everything twice."""

from bot.process.lock import AlreadyRunningError
from bot.storage.database import State
from bot.storage.postgres import PostgresError
from bot.storage.shared_state import PostgresState


class SoleBot:
    """The lock on the database that this process holds while it runs. Over a file the lock of DATA_DIR does.

    Args:
        state: The state in use.
    """

    def __init__(self, state: State) -> None:
        self._place = state.place
        self._lock = state.lock_for_one_bot() if isinstance(state, PostgresState) else None

    def check(self) -> None:
        """Take the lock, or make sure that it is still held. A server that is away changes nothing.

        Raises:
            AlreadyRunningError: Another bot has it.
        """
        try:
            is_held = self._lock is None or self._lock.hold()
        except PostgresError:
            return  # nobody else can take it now either; the inbox says that the server is away
        if not is_held:
            raise AlreadyRunningError(
                f"another baotong runs over {self._place}: stop it, or give this one a database of its own"
            )

    def close(self) -> None:
        """Give the lock back."""
        if self._lock is not None:
            self._lock.close()
