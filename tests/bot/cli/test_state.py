"""`baotong state copy`, and what other commands do where STATE_URL is set."""

from pathlib import Path

import pytest

from bot.process.lock import only_instance
from bot.storage import chats
from bot.storage.database import State, utc_now
from tests.bot.command_line import Baotong, one_line
from tests.postgres.server import PASSWORD, PostgresServer


def greeted(place: Path) -> None:
    with State.open(place) as state, state.transaction() as connection:
        chats.greet(connection, 5, utc_now())


def test_a_copy_between_files_refuses_what_is_not_empty(fresh: Baotong, tmp_path: Path) -> None:
    greeted(tmp_path / "old.sqlite3")
    copy = ("state", "copy", "--from", str(tmp_path / "old.sqlite3"), "--to", str(tmp_path / "new.sqlite3"))
    result = fresh(*copy)
    assert (result.returncode, result.stderr) == (0, "")
    assert "greeted: 1\n" in result.stdout
    one_line(fresh(*copy), "not empty (greeted)", code=1)
    one_line(fresh("state", "copy", "--from", "nothing", "--to", "x"), "nothing does not exist", code=1)


def test_what_a_bot_uses_is_not_copied(fresh: Baotong) -> None:
    greeted(fresh.data / "bot.sqlite3")
    with only_instance(fresh.data):
        result = fresh("state", "copy", "--from", str(fresh.data / "bot.sqlite3"), "--to", "new.sqlite3")
    one_line(result, "a bot is running over", code=1)


@pytest.mark.postgres
def test_there_and_back_and_the_other_commands(
    fresh: Baotong, postgres: PostgresServer, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text(PASSWORD)
    environment = {"STATE_URL": postgres.tcp_url, "STATE_PASSWORD_FILE": str(tmp_path / "password")}
    greeted(fresh.data / "bot.sqlite3")
    for source, target in (
        (str(fresh.data / "bot.sqlite3"), postgres.tcp_url),
        (postgres.tcp_url, str(tmp_path / "back.sqlite3")),
    ):
        result = fresh("state", "copy", "--from", source, "--to", target, environment=environment)
        assert (result.returncode, result.stderr) == (0, "")
    with State.open(tmp_path / "back.sqlite3") as state:
        assert state.connection().execute("SELECT chat_id FROM greeted").fetchall() == [(5,)]
    assert fresh("feedback", environment=environment).returncode == 0
    one_line(fresh("backup", "copy", environment=environment), "pg_dump", code=1)
    checked = fresh("check", environment=environment)
    assert "ok      database: database postgres on 127.0.0.1, PostgreSQL" in checked.stdout
    assert PASSWORD not in checked.stdout + checked.stderr


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("change", "holding"),
    [
        ({"STATE_PASSWORD_FILE": "/nowhere"}, "STATE_PASSWORD_FILE: cannot be read"),
        ({"STATE_URL": "postgresql://postgres@127.0.0.1:1/x"}, "refused"),
        ({"STATE_URL": "postgresql://nobody@{}/postgres"}, "authentication failed"),
    ],
)
def test_check_names_what_is_wrong_with_the_address(
    fresh: Baotong, postgres: PostgresServer, tmp_path: Path, change: dict[str, str], holding: str
) -> None:
    (tmp_path / "password").write_text("wrong")
    usual = {"STATE_URL": postgres.tcp_url, "STATE_PASSWORD_FILE": str(tmp_path / "password")}
    changed = {name: value.format(f"127.0.0.1:{postgres.port}") for name, value in change.items()}
    checked = fresh("check", environment={**usual, **changed})
    [line] = [line for line in checked.stdout.splitlines() if " database: " in line]
    assert line.startswith("PROBLEM database: STATE_URL: ")
    assert holding in line
    assert checked.returncode == 1
