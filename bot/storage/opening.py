"""Which database the bot's state is in: the one that STATE_URL names, else `bot.sqlite3`."""

from pathlib import Path

from bot.settings import Settings, SettingsError
from bot.storage.database import State
from bot.storage.postgres import Server
from bot.storage.shared_state import PostgresState
from corpus.errors import StoreError


def open_state(settings: Settings) -> State:
    """Open the state; of SQLite the file is created, of PostgreSQL the tables.

    Raises:
        StoreError: It cannot be used.
    """
    if settings.state_url is None:
        return State.open(settings.state_path)
    return PostgresState.connect(settings.state_url, password=state_password(settings))


def open_state_to_run(settings: Settings) -> State:
    """Open the state for the bot, which answers also while there is none.

    A file that cannot be used is left as it is, and the bot works in memory. A server that is away is tried
    again and again.

    Raises:
        StoreError: STATE_URL can never be used as it is set up.
    """
    if settings.state_url is None:
        return State.open_or_memory(settings.state_path)
    return PostgresState(Server(settings.state_url, password=state_password(settings)))


def open_state_at(place: str, settings: Settings) -> State:
    """Open the state at an address or in a file, whatever the settings name.

    Raises:
        StoreError: It cannot be used.
    """
    if "://" not in place:
        return State.open(Path(place))
    return PostgresState.connect(place, password=state_password(settings))


def state_password(settings: Settings) -> str | None:
    """Return the password for STATE_URL; None: none is set.

    Raises:
        StoreError: Its file cannot be read.
    """
    try:
        return settings.state_password
    except SettingsError as error:
        raise StoreError(str(error)) from error
