"""What the command line says when something is wrong: one clear line, the right exit code, no traceback."""

import signal
from pathlib import Path

import pytest

from bot.checks import Mark, data_findings, env_findings, state_findings
from bot.settings import Settings
from tests.bot.command_line import Baotong, one_line


@pytest.mark.parametrize(
    ("words", "code", "holding"),
    [
        (["ask"], 2, "QUESTION"),
        (["ask", "x", "--batch"], 2, "--batch"),
        (["ask", "x", "--since", "soon"], 2, "--since: 'soon'"),
        (["ask", "x", "--limit", "0"], 2, "limit"),
        (["ask", "x", "--frob"], 2, "`baotong ask --help` shows how"),
        (["ask", "x", "--category", "天书"], 1, "天书"),
        (["ask", "x", "--author", "无名"], 1, "no author '无名'"),
        (["ask", "x", "--since", "2022", "--until", "2021"], 1, "is after"),
        (["ask", "--batch", "--category", "天书"], 1, "天书"),
        (["latest", "天书"], 1, "天书"),
        (["show", "../../etc/passwd"], 1, "no article"),
        (["nonsense"], 2, "nonsense"),
        (["feedback"], 1, "bot.sqlite3"),
        (["backup", "copy"], 1, "nothing to back up"),
        (["run"], 2, "BOT_TOKEN"),
    ],
)
def test_every_mistake_is_one_clear_line(indexed: Baotong, words: list[str], code: int, holding: str) -> None:
    one_line(indexed(*words), holding, code=code)


def test_all_wrong_settings_are_told_at_once_a_line_each(indexed: Baotong) -> None:
    result = indexed("latest", environment={"WEB_PORT": "x", "TIMEZONE": "y"})
    assert result.returncode == 2
    assert [line.split(":")[1].strip() for line in result.stderr.splitlines()] == ["TIMEZONE", "WEB_PORT"]


def test_a_wrong_folder_is_named(fresh: Baotong, tmp_path: Path) -> None:
    one_line(fresh("index", str(tmp_path / "nowhere")), "nowhere is not a folder")
    result = fresh("ask", "x", environment={"CORPUS_DIR": "/nowhere"})
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.splitlines()[-1] == "baotong: CORPUS_DIR /nowhere is not a folder"


def test_a_data_folder_that_cannot_be_is_named(fresh: Baotong, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    one_line(fresh("ask", "x", environment={"DATA_DIR": str(tmp_path / "file")}), "is a file, not a folder")
    one_line(fresh("ask", "x", environment={"DATA_DIR": str(tmp_path / "file/data")}), "file/data")


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("baotong latest >/dev/full", 1, "standard output cannot be written: No space left on device"),
        ("baotong latest >&-", 1, "standard output is closed"),
        ("baotong ask --batch <&-", 2, "--batch: standard input is closed"),
    ],
)
def test_streams_that_are_closed_or_full_are_named(indexed: Baotong, line: str, code: int, said: str) -> None:
    result = indexed.shell(line)
    assert (result.returncode, result.stderr) == (code, f"baotong: {said}\n")


def test_nobody_need_listen_to_remarks(indexed: Baotong) -> None:
    result = indexed.shell("baotong latest --limit 1 2>&-")
    assert (result.returncode, len(result.stdout.splitlines())) == (0, 1)


@pytest.mark.parametrize(
    "environment",
    [{"LC_ALL": "C"}, {"LC_ALL": "POSIX", "PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "gbk"}],
)
def test_results_are_utf_8_whatever_the_locale(indexed: Baotong, environment: dict[str, str]) -> None:
    result = indexed.process("ask", "临江大桥", environment=environment)
    assert result.stdout.startswith("临江大桥十月一日零时通车\n")


def test_ctrl_c_ends_with_one_line(indexed: Baotong) -> None:
    with indexed.started("ask", "--batch") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(b"{}\n")
        process.stdin.flush()
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.stderr.read() == b"baotong: interrupted\n"
    assert process.returncode == 130


def test_check_says_what_keeps_the_bot_from_running(indexed: Baotong) -> None:
    result = indexed("check")
    assert result.returncode == 1
    assert "PROBLEM token: BOT_TOKEN is not set" in result.stdout
    assert "articles" in result.stdout


def test_check_hides_the_token_when_telegram_cannot_be_reached(indexed: Baotong) -> None:
    token = "123456789:AAFakeTokenForTests_0123456789abcd"
    base = {"BOT_TOKEN": token, "TELEGRAM_API_BASE": "http://127.0.0.1:1", "NO_PROXY": "*"}
    result = indexed("check", environment=base)
    assert result.returncode == 1
    assert "cannot be reached" in result.stdout
    assert "AAFake" not in result.stdout + result.stderr


def test_check_finds_a_damaged_database_and_unwritable_data(tmp_path: Path) -> None:
    settings = Settings.load(None, data_dir=tmp_path)
    settings.state_path.write_text("garbage " * 1_000)
    assert [finding.mark for finding in state_findings(settings)] == [Mark.FATAL]
    (tmp_path / "file").write_text("")
    unusable = Settings.load(None, data_dir=tmp_path / "file" / "data")
    assert [finding.mark for finding in data_findings(unusable)] == [Mark.FATAL]


def test_check_names_lines_of_env_that_mean_nothing(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text('BOT_TOKN=1\nLOG_LEVEL=INFO\nSITE_URL="https://a.example\n')
    path.chmod(0o644)
    texts = [finding.text for finding in env_findings(path)]
    assert any("chmod 600" in text for text in texts)
    assert any(text.endswith("left out: line 3") for text in texts)
    assert any(text.endswith("nobody reads: BOT_TOKN") for text in texts)


def test_check_says_how_many_articles_have_an_address_and_why_not(fresh: Baotong) -> None:
    fresh("index")
    shown = fresh("check", environment={"PERMALINK": ":foo/:id", "SITE_URL": "https://a.example"}).stdout
    assert "PERMALINK holds :foo, :id" in shown
    assert "the others open in the chat itself" in shown
    shown = fresh("check", environment={"PERMALINK": ":title/", "SITE_URL": "https://a.example"}).stdout
    assert "ok      links" in shown
