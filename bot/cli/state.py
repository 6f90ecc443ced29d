"""`baotong state copy`: moves the bot's state between a file and PostgreSQL."""

import contextlib
import sqlite3
from pathlib import Path

from bot.cli import console
from bot.settings import Settings
from corpus.errors import StoreError


def copy(settings: Settings, source: str, target: str) -> dict[str, int]:
    """Copy the whole state into an empty database, and return how many rows each table has.

    Args:
        settings: They name the file of the password for addresses.
        source: A file, or an address of PostgreSQL.
        target: The same.

    Raises:
        CommandError: Nothing was copied.
    """
    from bot.storage.copying import copy_state
    from bot.storage.opening import open_state_at

    if "://" not in source and not Path(source).exists():
        raise console.CommandError(f"{source} does not exist")
    try:
        with contextlib.ExitStack() as opened:
            states = [opened.enter_context(open_state_at(place, settings)) for place in (source, target)]
            for state in states:
                if state.is_used_by_a_bot:
                    raise console.CommandError(f"a bot is running over {state.place}: stop it first")
            return copy_state(*states)
    except (StoreError, sqlite3.Error) as error:
        raise console.CommandError(str(error)) from error
