"""What the command line says when something is wrong: one clear line, the right exit code, no traceback."""

import fcntl
import os
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.cli.checks import Severity, data_findings, env_findings, state_findings, telegram_findings
from bot.settings import Settings
from corpus import Progress
from tests.bot.command_line import Baotong, one_line
from tests.botapi.server import BotApiServer
from tests.corpus.archives import Folder, opened


@pytest.mark.parametrize(
    ("words", "code", "holding"),
    [
        (["ask"], 2, "QUESTION"),
        (["ask", "x", "--batch"], 2, "--batch"),
        (["ask", "x", "--since", "soon"], 2, "--since: 'soon'"),
        (["ask", "x", "--limit", "0"], 2, "limit"),
        (["ask", "x", "--frob"], 2, "`baotong ask --help` shows how"),
        (["ask", "x", "--category", "天书"], 2, "天书"),
        (["ask", "x", "--author", "无名"], 2, "no author '无名'"),
        (["ask", "x", "--since", "2022", "--until", "2021"], 2, "is after"),
        (["ask", "--batch", "--category", "天书"], 2, "天书"),
        (["latest", "天书"], 2, "天书"),
        (["latest", "天", "书"], 2, "天 书"),
        (["index", "/nowhere"], 2, "/nowhere is not a folder"),
        (["show", "../../etc/passwd"], 2, "no article"),
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


def test_a_wrong_folder_is_named(fresh: Baotong) -> None:
    result = fresh("ask", "x", environment={"CORPUS_DIR": "/nowhere"})
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.splitlines()[-1] == "baotong: CORPUS_DIR /nowhere is not a folder"


def test_a_folder_that_is_gone_is_told_from_one_that_was_set(tmp_path: Path) -> None:
    posts = Folder(tmp_path / "posts")
    posts.write_named(1)
    baotong = Baotong(tmp_path, posts.root)
    assert baotong("index").returncode == 0
    posts.root.rename(tmp_path / "elsewhere")
    one_line(baotong("index"), f"CORPUS_DIR {posts.root} is not a folder")
    unset = {"CORPUS_DIR": ""}
    one_line(
        baotong("index", environment=unset), f"the folder indexed last, {posts.root}, is gone", "CORPUS_DIR"
    )
    assert baotong("latest", environment=unset).returncode == 0


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
    result = indexed.process("ask", "临江大桥什么时候通车", environment=environment)
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


@pytest.fixture
def cut_off(tmp_path: Path) -> Baotong:
    """The command line over 130 posts; its first run was ended after 64 of them."""
    posts = Folder(tmp_path / "posts")
    posts.write_named(130)

    def interrupt(state: Progress) -> None:
        if state.phase == "read":
            raise KeyboardInterrupt

    baotong = Baotong(tmp_path, posts.root)
    with opened(posts.root, baotong.data) as corpus, pytest.raises(KeyboardInterrupt):
        corpus.update(progress=interrupt)
    return baotong


@pytest.mark.parametrize("words", [["ask", "临江大桥"], ["latest"], ["chat"]])
def test_a_first_run_that_was_cut_off_is_taken_up_again(cut_off: Baotong, words: list[str]) -> None:
    check = cut_off("check").stdout
    assert "remark  archive: the first indexing has not come to its end" in check
    assert "64 articles" in check
    result = cut_off(*words)
    assert result.returncode == 0
    said = result.stderr.splitlines()
    assert said[0] == f"Indexing {cut_off.archive} was cut off: going on with it first."
    assert said[1].startswith("130 articles in ")
    assert cut_off.json("latest", "--json")["total"] == 130
    assert "first indexing" not in cut_off("check").stdout


def test_what_was_read_so_far_answers_where_the_rest_cannot_be_read_now(cut_off: Baotong) -> None:
    with (cut_off.data / "corpus.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = cut_off("latest", "--limit", "1000")
    assert len(result.stdout.splitlines()) == 64
    assert "another process is indexing" in result.stderr
    assert result.stderr.endswith("Answering from what was read so far.\n")


def test_ctrl_c_in_indexing_is_heard_at_once_and_what_was_read_is_kept(tmp_path: Path) -> None:
    posts = Folder(tmp_path / "posts")
    posts.write_named(3_000)
    baotong = Baotong(tmp_path, posts.root)
    with baotong.started("index") as process:
        assert process.stderr is not None
        deadline = time.monotonic() + 60
        while not (read := articles_in(baotong.data)):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        said = process.stderr.read().decode().splitlines()
    assert said[-3:] == [
        "stopping…",
        "What was read is kept: the next run goes on from there.",
        "baotong: interrupted",
    ]
    assert process.returncode == 130
    assert read <= articles_in(baotong.data) < 3_000
    assert " was cut off: going on with it first.\n" in baotong("latest").stderr
    assert articles_in(baotong.data) == 3_000


def articles_in(data: Path) -> int:
    try:
        with closing(sqlite3.connect(f"file:{data / 'corpus.sqlite3'}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT count(*) FROM articles").fetchone()[0])
    except sqlite3.Error:  # not made yet
        return 0


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
    assert [finding.mark for finding in state_findings(settings)] == [Severity.FATAL]
    (tmp_path / "file").write_text("")
    unusable = Settings.load(None, data_dir=tmp_path / "file" / "data")
    assert [finding.mark for finding in data_findings(unusable)] == [Severity.FATAL]


@pytest.fixture
def close(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], None]]:
    """Take the right to look into a folder away; root, whom nothing keeps out, is told so."""
    closed: set[Path] = set()
    real = os.access

    def access(path: str | Path, mode: int) -> bool:
        return real(path, mode) and not (Path(path) in closed and mode & (os.R_OK | os.X_OK))

    def shut(folder: Path) -> None:
        folder.chmod(0)
        closed.add(folder)

    monkeypatch.setattr(os, "access", access)
    yield shut
    for folder in closed:
        folder.chmod(0o700)


@pytest.mark.parametrize("command", [["ask", "大桥"], ["index"], ["latest"], ["feedback"], ["chat"]])
def test_a_data_folder_that_cannot_be_read_is_named_with_its_setting(
    fresh: Baotong, close: Callable[[Path], None], command: list[str]
) -> None:
    fresh("index")
    close(fresh.data)
    one_line(fresh(*command), f"DATA_DIR {fresh.data} cannot be read by this user")


def test_check_goes_on_after_a_data_folder_that_cannot_be_read(
    fresh: Baotong, close: Callable[[Path], None]
) -> None:
    fresh.data.mkdir()
    close(fresh.data)
    deep = fresh.data / "deep"
    result = fresh("check", environment={"DATA_DIR": str(deep)})
    assert (result.returncode, result.stderr) == (1, "")
    lines = result.stdout.splitlines()
    assert f"PROBLEM data: DATA_DIR {deep}: {fresh.data} cannot be read by this user" in lines
    assert lines[-1].startswith("PROBLEM token: BOT_TOKEN is not set")


def test_an_archive_that_cannot_be_read_is_named(
    tmp_path: Path, newspaper_folder: Path, close: Callable[[Path], None]
) -> None:
    archive = shutil.copytree(newspaper_folder, tmp_path / "archive")
    baotong = Baotong(tmp_path, archive)
    close(archive)
    one_line(baotong("index"), f"the archive {archive} cannot be read by this user")
    assert f"PROBLEM archive: CORPUS_DIR {archive} cannot be read by this user" in baotong("check").stdout


def test_check_names_lines_of_env_that_mean_nothing(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text('BOT_TOKN=1\nLOG_LEVEL=INFO\nSITE_URL="https://a.example\n')
    path.chmod(0o644)
    texts = [finding.text for finding in env_findings(path)]
    assert any("chmod 600" in text for text in texts)
    assert any(text.endswith("left out: line 3") for text in texts)
    assert any(text.endswith("nobody reads: BOT_TOKN (is BOT_TOKEN meant?)") for text in texts)


def test_check_says_how_many_articles_have_an_address_and_why_not(fresh: Baotong) -> None:
    fresh("index")
    shown = fresh("check", environment={"PERMALINK": ":foo/:id", "SITE_URL": "https://a.example"}).stdout
    assert "PERMALINK holds :foo, :id" in shown
    assert "the others open in the chat itself" in shown
    shown = fresh("check", environment={"PERMALINK": ":title/", "SITE_URL": "https://a.example"}).stdout
    assert "ok      links" in shown
    shown = fresh("check", environment={"PERMALINK": "all.html", "SITE_URL": "https://a.example"}).stdout
    assert "articles share their address" in shown
    shown = fresh("check", environment={"SITE_URL": "https://a.example"}).stdout
    assert "SITE_URL makes an address for them when PERMALINK says how" in shown


def test_check_tells_a_folder_without_posts_from_one_that_waits(fresh: Baotong, tmp_path: Path) -> None:
    assert "posts: 15; never indexed" in fresh("check").stdout
    bare = tmp_path / "bare"
    (bare / "pictures").mkdir(parents=True)
    (bare / "README.md").write_text("x")
    shown = fresh("check", environment={"CORPUS_DIR": str(bare)}).stdout
    assert f"no posts found in {bare}: they end in .md, .markdown or .html" in shown


def test_check_says_that_the_sample_is_served(fresh: Baotong) -> None:
    unset = {"CORPUS_DIR": ""}
    fresh("index", environment=unset)
    assert "CORPUS_DIR names your own posts" in fresh("check", environment=unset).stdout
    assert "CORPUS_DIR names your own" not in fresh("check", environment={"DATA_DIR": "other"}).stdout


async def test_check_names_chats_that_the_bot_cannot_write_to(telegram: BotApiServer) -> None:
    known, group = telegram.person("站长"), -1009999999999
    telegram.private(known, started=True)
    telegram.expect_refusals()
    settings = Settings.load(
        None,
        bot_token=telegram.token,
        telegram_api_base=telegram.url,
        admin_ids=f"{known.id},4711",
        error_chat_id=group,
    )
    texts = [finding.text for finding in await telegram_findings(settings) if finding.subject == "chats"]
    assert [text.partition(":")[0] for text in texts] == [f"ERROR_CHAT_ID {group}", "ADMIN_IDS 4711"]
