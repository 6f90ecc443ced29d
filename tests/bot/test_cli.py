"""The command line as people and programs meet it: a process of its own."""

import contextlib
import io
import json
import logging
import os
import pty
import select
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.batch import read_day
from bot.checks import Mark, data_findings, state_findings
from bot.cli import main
from bot.settings import Settings, variable_names
from tests.botapi.harness import PROJECT

Result = subprocess.CompletedProcess[str]


class Baotong:
    """Runs commands over an archive and a data folder of the test's own, most of them in this process."""

    def __init__(self, folder: Path, archive: Path) -> None:
        self.folder = folder
        self.archive = archive
        self.data = folder / "data"

    def environment(self, **changes: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in variable_names()}
        own = {"CORPUS_DIR": str(self.archive), "DATA_DIR": str(self.data), "PYTHONPATH": str(PROJECT)}
        return {**kept, **own, **changes}

    def __call__(self, *words: str, given: str = "", environment: Mapping[str, str] | None = None) -> Result:
        root = logging.getLogger()
        kept = root.handlers[:], root.level, sys.excepthook, threading.excepthook
        out, said = io.BytesIO(), io.BytesIO()
        streams = [io.TextIOWrapper(memory, encoding="utf-8") for memory in (out, said)]
        with pytest.MonkeyPatch.context() as patch, contextlib.chdir(self.folder):
            patch.setattr(os, "environ", self.environment(**(environment or {})))
            patch.setattr(sys, "argv", ["baotong", *words])
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given.encode())))
            patch.setattr(sys, "stdout", streams[0])
            patch.setattr(sys, "stderr", streams[1])
            with pytest.raises(SystemExit) as ended:
                main()
        root.handlers[:], root.level, sys.excepthook, threading.excepthook = kept
        logging.captureWarnings(capture=False)
        for stream in streams:
            stream.flush()
        return Result(words, int(ended.value.code or 0), out.getvalue().decode(), said.getvalue().decode())

    def process(self, *words: str, given: str = "") -> Result:
        """The same as a process of its own."""
        return subprocess.run(
            [sys.executable, "-m", "bot", *words],
            input=given,
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=self.folder,
            env=self.environment(),
            timeout=60,
            check=False,
        )

    def json(self, *words: str) -> Any:
        """Standard output of a command that must succeed, as JSON."""
        result = self(*words)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory, newspaper_folder: Path) -> Baotong:
    """The newspaper, indexed; not to be changed."""
    baotong = Baotong(tmp_path_factory.mktemp("cli"), newspaper_folder)
    assert baotong("index").returncode == 0
    return baotong


@pytest.fixture
def fresh(tmp_path: Path, newspaper_folder: Path) -> Baotong:
    return Baotong(tmp_path, newspaper_folder)


def one_line(result: Result, *holding: str, code: int = 1) -> None:
    """A failure as it must be: one clear line, no traceback, nothing on standard output."""
    assert result.returncode == code, result.stderr
    assert result.stdout == ""
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    assert result.stderr.startswith("baotong: ")
    for words in holding:
        assert words in result.stderr


ANSWER_KEYS = [
    "id",
    "question",
    "confidence",
    "score",
    "answer",
    "filters",
    "suggestions",
    "hits",
    "milliseconds",
]
HIT_KEYS = ["article", "passage", "sentences", "highlights", "score", "more_in_article", "same_story"]
ARTICLE_KEYS = ["id", "path", "title", "url", "published", "author", "categories"]


def test_an_answer_in_json_has_exactly_the_promised_words(indexed: Baotong) -> None:
    answer = indexed.json("ask", "临江大桥什么时候通车", "--json")
    assert list(answer) == ANSWER_KEYS
    assert list(answer["filters"]) == ["category", "author", "since", "until", "phrases"]
    hit = answer["hits"][0]
    assert list(hit) == HIT_KEYS
    assert list(hit["article"]) == ARTICLE_KEYS
    assert list(hit["passage"]) == ["id", "ordinal", "text"]
    assert hit["article"]["title"] == "临江大桥十月一日零时通车"
    assert hit["article"]["published"] == "2026-09-20T00:00:00Z"
    text = hit["passage"]["text"]
    assert "".join(text[start:end] for start, end in hit["sentences"]) == answer["answer"]
    assert all(0 <= start < end <= len(text) for start, end in hit["highlights"])


def test_what_was_never_indexed_is_indexed_first_and_visibly(fresh: Baotong) -> None:
    result = fresh("ask", "临江大桥", "--json")
    assert json.loads(result.stdout)["hits"]
    assert "reading it once" in result.stderr
    assert "reading it once" not in fresh("ask", "临江大桥", "--json").stderr


def test_the_card_shows_title_source_passage_and_link(indexed: Baotong) -> None:
    lines = indexed("ask", "临江大桥什么时候通车").stdout.splitlines()
    assert lines[0] == "临江大桥十月一日零时通车"
    assert lines[1] == "临江晚报 · 2026年9月20日 · 城市"
    assert any("https://" in line for line in lines)


def test_in_a_terminal_the_answering_sentence_is_highlighted(indexed: Baotong) -> None:
    shown = in_terminal(indexed, "ask", "临江大桥什么时候通车")
    assert "\x1b[1;33m" in shown or "\x1b[1;4;33m" in shown


def test_a_batch_gives_one_line_for_each_line_in_order(indexed: Baotong) -> None:
    lines = [
        '{"id": "甲", "question": "临江大桥什么时候通车", "limit": 1}',
        "no json",
        '{"id": 3}',
        "",
        "[1]",
        '{"id": 6, "question": "地铁", "limit": 0}',
        '{"id": [7], "question": "地铁", "since": "2026-09"}',
        '{"id": 8, "question": "地铁", "until": "someday"}',
        '{"id": null, "question": "\\ud800 地铁 \\u0000"}',
    ]
    result = indexed("ask", "--batch", given="\n".join(lines) + "\n")
    assert result.returncode == 0
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(answers) == len(lines)
    assert [answer["id"] for answer in answers] == ["甲", None, 3, None, None, 6, [7], 8, None]
    assert ["error" in answer for answer in answers] == [
        False,
        True,
        True,
        True,
        True,
        True,
        False,
        True,
        False,
    ]
    assert len(answers[0]["hits"]) == 1
    assert answers[6]["filters"]["since"] == "2026-09-01"
    assert "line 2: not JSON" in answers[1]["error"]


def test_a_batch_answers_each_line_before_the_next_is_written(indexed: Baotong) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "ask", "--batch"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=indexed.folder,
        env=indexed.environment(),
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in range(3):
            process.stdin.write(b'{"id": %d, "question": "x"}\n' % number)
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == number
        process.stdin.close()
    assert process.returncode == 0


def test_a_reader_that_leaves_ends_the_command_quietly(indexed: Baotong) -> None:
    result = subprocess.run(
        [
            "/bin/sh",
            "-c",
            f'yes \'{{"question": "地铁"}}\' | head -500 | {sys.executable} -m bot ask --batch | head -1',
        ],
        capture_output=True,
        text=True,
        cwd=indexed.folder,
        env=indexed.environment(),
        timeout=60,
        check=False,
    )
    assert len(result.stdout.splitlines()) == 1
    assert result.stderr == ""


def test_latest_categories_show_and_export_agree(indexed: Baotong) -> None:
    page = indexed.json("latest", "--limit", "3", "--json")
    assert len(page["articles"]) == 3
    assert all(list(article) == ARTICLE_KEYS for article in page["articles"])
    roots = indexed.json("categories", "--json")
    assert sum(root["articles"] for root in roots) == page["total"]
    assert set(roots[0]) == {"id", "name", "path", "articles", "children"}
    first = page["articles"][0]
    shown = indexed.json("show", first["id"], "--json")
    assert shown == indexed.json("show", first["path"], "--json")
    exported = [json.loads(line) for line in indexed("export").stdout.splitlines()]
    assert len(exported) == page["total"]
    assert shown in exported
    assert list(shown) == [*ARTICLE_KEYS, "paragraphs"]
    only = indexed.json("latest", roots[0]["name"], "--json")
    assert only["total"] == roots[0]["articles"]


def test_a_second_index_changes_nothing_and_reports_in_json(fresh: Baotong) -> None:
    first, second = (fresh.json("index", "--json") for _ in range(2))
    assert first["added"] > 0
    assert (second["added"], second["changed"], second["removed"]) == (0, 0, 0)
    assert second["unchanged"] == first["added"]
    assert fresh("index").stdout.startswith(f"{first['added']} articles: 0 added")


def test_skipped_posts_are_named_and_exit_code_stays_zero(tmp_path: Path) -> None:
    archive = tmp_path / "posts"
    (archive / "folder.md").mkdir(parents=True)
    (archive / "good.md").write_text("---\ntitle: 好\n---\n<p>正文。</p>", encoding="utf-8")
    (archive / "giant.md").write_text("x" * 2_000, encoding="utf-8")
    baotong = Baotong(tmp_path, archive)
    result = baotong("index", environment={"MAX_POST_BYTES": "1000"})
    assert result.returncode == 0
    assert "giant.md" in result.stdout
    assert "1 added" in result.stdout


@pytest.mark.parametrize(
    ("words", "code", "holding"),
    [
        (["ask"], 2, "QUESTION"),
        (["ask", "x", "--batch"], 2, "--batch"),
        (["ask", "x", "--since", "soon"], 2, "--since: 'soon'"),
        (["ask", "x", "--limit", "0"], 2, "limit"),
        (["ask", "x", "--category", "天书"], 1, "天书"),
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
    one_line(fresh("index", str(tmp_path / "nowhere")), "nowhere")
    result = fresh("ask", "x", environment={"CORPUS_DIR": "/nowhere"})
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.splitlines()[-1] == "baotong: CORPUS_DIR /nowhere is not a folder"


def test_as_a_process_it_is_the_same(indexed: Baotong) -> None:
    result = indexed.process("show", "天书")
    one_line(result, "no article")
    given = '{"id": 1, "question": "临江大桥什么时候通车"}\n'
    whole = json.loads(indexed.process("ask", "--batch", given=given).stdout)
    assert whole["hits"] == json.loads(indexed("ask", "--batch", given=given).stdout)["hits"]


def test_a_data_folder_that_cannot_be_is_named(fresh: Baotong, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = fresh("ask", "x", environment={"DATA_DIR": str(tmp_path / "file")})
    assert result.returncode == 1
    assert "file" in result.stderr.splitlines()[-1]
    assert "Traceback" not in result.stderr


def test_the_first_answer_comes_within_a_second(indexed: Baotong) -> None:
    durations = []
    for _ in range(3):
        started = time.monotonic()
        assert indexed.process("ask", "临江大桥", "--json").returncode == 0
        durations.append(time.monotonic() - started)
    assert min(durations) < 2  # a second on an idle machine; tests share theirs


def test_asking_does_not_load_the_library_for_telegram(indexed: Baotong) -> None:
    code = "import sys, bot.cli, bot.batch, bot.cards, corpus; sys.exit('telegram' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=False).returncode == 0


def test_the_version_is_told(indexed: Baotong) -> None:
    assert indexed("--version").stdout.startswith("baotong ")


def test_a_backup_of_a_living_database_can_be_restored(fresh: Baotong, tmp_path: Path) -> None:
    from bot.state import State

    with State.open(fresh.data / "bot.sqlite3") as state:
        with state.transaction() as connection:
            connection.execute("INSERT INTO inbox (update_id, lane, kind, asked) VALUES (5, '', '', 0)")
        assert fresh("backup", "copy.sqlite3").returncode == 0
    (fresh.data / "bot.sqlite3").unlink()
    (tmp_path / "copy.sqlite3").rename(fresh.data / "bot.sqlite3")
    with State.open(fresh.data / "bot.sqlite3") as state:
        assert state.connection().execute("SELECT update_id FROM inbox").fetchall() == [(5,)]


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


@pytest.mark.parametrize(
    ("text", "last", "day"),
    [
        ("2021-12-01", False, date(2021, 12, 1)),
        ("2021/2/3", True, date(2021, 2, 3)),
        ("20211201", False, date(2021, 12, 1)),
        ("2021年12月1日", False, date(2021, 12, 1)),
        ("2021-12", False, date(2021, 12, 1)),
        ("2021-12", True, date(2021, 12, 31)),
        ("2020", True, date(2020, 12, 31)),
        ("2020年", False, date(2020, 1, 1)),
    ],
)
def test_days_are_read_as_people_write_them(text: str, last: bool, day: date) -> None:
    assert read_day(text, "since", last=last) == day


@pytest.mark.parametrize("text", ["", "2021-13", "2021-02-30", "0000", "yesterday", "２０２１"])
def test_what_is_no_day_is_refused(text: str) -> None:
    if text == "２０２１":
        assert read_day(text, "since", last=False) == date(2021, 1, 1)
        return
    with pytest.raises(ValueError, match="is not a day"):
        read_day(text, "since", last=False)


def in_terminal(baotong: Baotong, *words: str) -> str:
    """What a command shows on a terminal."""
    master, slave = pty.openpty()
    environment = {**baotong.environment(), "TERM": "xterm-256color", "COLUMNS": "100"}
    environment.pop("NO_COLOR", None)
    with subprocess.Popen(
        [sys.executable, "-m", "bot", *words],
        stdin=subprocess.DEVNULL,
        stdout=slave,
        stderr=subprocess.DEVNULL,
        cwd=baotong.folder,
        env=environment,
    ) as process:
        os.close(slave)
        shown = b""
        while select.select([master], [], [], 20)[0]:
            try:
                part = os.read(master, 65_536)
            except OSError:  # the terminal's other end is closed
                break
            if not part:
                break
            shown += part
        process.wait(20)
    os.close(master)
    return shown.decode("utf-8", "replace")
