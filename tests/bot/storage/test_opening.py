"""Which database is opened."""

from pathlib import Path

import pytest

from bot.settings import Settings, SettingsError
from bot.storage.opening import open_state, open_state_at, open_state_to_run, state_password
from corpus.errors import StoreError
from tests.postgres.server import PASSWORD, PostgresServer


def test_without_an_address_it_is_the_file(tmp_path: Path) -> None:
    settings = Settings.load(None, data_dir=tmp_path)
    for opened in (
        open_state(settings),
        open_state_to_run(settings),
        open_state_at(f"{tmp_path}/x", settings),
    ):
        with opened as state:
            assert state.path is not None


@pytest.mark.parametrize(
    "address",
    ["postgresql://bot:geheim@db/x", "postgresql://db/x?password=geheim", "mysql://db/x", "db/x", "/var/x"],
)
def test_an_address_that_holds_a_password_or_is_none_is_refused_and_not_shown(address: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.load(None, state_url=address)
    assert "STATE_URL" in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_the_password_is_the_line_of_its_file_and_a_secret(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("geheim wort\n")
    settings = Settings.load(None, state_url="postgresql://bot@db/x", state_password_file=file)
    assert state_password(settings) == "geheim wort"
    assert settings.secrets == {"geheim wort"}
    file.unlink()
    with pytest.raises(StoreError, match="STATE_PASSWORD_FILE: cannot be read"):
        state_password(settings)
    assert settings.secrets == set()


@pytest.mark.postgres
def test_an_address_leads_to_the_server(postgres: PostgresServer, tmp_path: Path) -> None:
    (tmp_path / "password").write_text(PASSWORD)
    settings = Settings.load(
        None, data_dir=tmp_path, state_url=postgres.tcp_url, state_password_file=tmp_path / "password"
    )
    for opened in (open_state(settings), open_state_to_run(settings), open_state_at(postgres.url, settings)):
        with opened as state:
            state.connection().execute("SELECT count(*) FROM inbox")
            assert state.is_kept
    assert not (tmp_path / "bot.sqlite3").exists()


@pytest.mark.postgres
def test_a_bot_starts_without_its_server_and_other_commands_do_not(postgres: PostgresServer) -> None:
    settings = Settings.load(None, state_url=postgres.url)
    postgres.stop()
    try:
        with open_state_to_run(settings) as state, pytest.raises(StoreError):
            state.connection()
        with pytest.raises(StoreError, match="cannot be used"):
            open_state(settings)
    finally:
        postgres.start()
