"""Posts that hang, or need memory without end: each is ended and named, and the others do not wait for it."""

import asyncio
import contextlib
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.refresh import Refresh
from bot.settings import Settings
from corpus import Corpus, CorpusOptions
from corpus.errors import IndexUnavailableError
from tests.faults.heavy import write_heavy
from tests.faults.hostile import post

ROOT = Path(__file__).parents[2]
STUCK = f"{Path(__file__).parent / 'stuck'}{os.pathsep}{ROOT}"

pytestmark = pytest.mark.fault(20)


def write_lighthouse(folder: Path, number: int, words: str = "") -> None:
    text = post(f"第{number}号灯塔今天点亮，守塔人换班。{words}", f"title: 灯塔{number}")
    (folder / f"{'az'[number % 2]}{number}.md").write_text(text, encoding="utf-8")


def environment(base: Path, **values: str) -> dict[str, str]:
    return {**os.environ, "DATA_DIR": str(base / "data"), "CORPUS_DIR": str(base / "posts"), **values}


def index(given: Mapping[str, str]) -> dict[str, Any]:
    command = [sys.executable, "-m", "bot", "index", "--json"]
    done = subprocess.run(command, env=dict(given), capture_output=True, check=True, cwd=ROOT)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere memory is not bounded")
def test_a_post_over_its_bounds_is_named_the_others_are_read_and_it_is_not_tried_again(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "posts"
    folder.mkdir()
    for number in range(20):
        write_lighthouse(folder, number)
    for name in ("hangs1", "hangs2", "greedy"):
        (folder / f"{name}.md").write_text(post("文字。", "title: 坏"), encoding="utf-8")
    log = tmp_path / "log"
    given = environment(tmp_path, PYTHONPATH=STUCK, STUCK_SECONDS="0.5", STUCK_LOG=str(log))
    reasons = {
        "greedy.md": "needed more than 500 MB to read",
        "hangs1.md": "took more than 0.5 s to read",
        "hangs2.md": "took more than 0.5 s to read",
    }
    report = index(given)
    assert report["added"] == 20
    assert {one["path"]: one["reason"] for one in report["skipped"]} == reasons
    tried = log.read_text(encoding="utf-8")
    write_lighthouse(folder, 20)
    report = index(given)
    assert report["added"] == 1
    assert {one["path"]: one["reason"] for one in report["skipped"]} == reasons, "still named"
    assert log.read_text(encoding="utf-8") == tried, "not tried again"
    (folder / "hangs1.md").write_text(post("其他文字。", "title: 改了"), encoding="utf-8")
    index({**given, "PYTHONPATH": str(ROOT)})
    with Corpus.open(CorpusOptions(folder, tmp_path / "data")) as corpus:
        assert corpus.article("hangs1.md") is not None, "tried again once it has changed"
        assert corpus.statistics().articles == 22


def test_a_post_that_hangs_on_a_machine_too_busy_to_end_it_in_time_is_not_tried_for_ever(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "posts"
    folder.mkdir()
    write_lighthouse(folder, 0)
    (folder / "hangs.md").write_text(post("文字。", "title: 坏"), encoding="utf-8")
    log = tmp_path / "log"
    given = environment(tmp_path, PYTHONPATH=STUCK, STUCK_SECONDS="60", STUCK_CLOCK="3", STUCK_LOG=str(log))
    reasons = [index(given)["skipped"][0]["reason"] for _ in range(2)]
    assert reasons[0].startswith("set aside: it was not read within ")
    assert reasons[1] == "took more than 3 s to read"
    tried = log.read_text(encoding="utf-8")
    assert index(given)["skipped"][0]["reason"] == reasons[1]
    assert log.read_text(encoding="utf-8") == tried, "not tried again"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["hangs", "heavy"])
async def test_a_hundred_heavy_posts_hold_up_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    folder = tmp_path / "posts"
    folder.mkdir()
    write_lighthouse(folder, 1000)
    monkeypatch.setenv("PYTHONPATH", STUCK)
    settings = Settings.load(None, data_dir=tmp_path / "data")
    refresh = Refresh(settings, folder)
    watching = asyncio.create_task(refresh.run())
    texts = write_heavy(100, 4_900_000) if kind == "heavy" else ["文字。"] * 100
    for number, text in enumerate(texts):
        (folder / f"{kind}{number}.md").write_text(text, encoding="utf-8")
        write_lighthouse(folder, number)
    try:
        with Corpus.open(settings.corpus_options(folder)) as corpus:
            for number in range(100):
                await lit(corpus, number)
            write_lighthouse(folder, 2000)
            await lit(corpus, 2000)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def lit(corpus: Corpus, number: int) -> None:
    """Wait until an article is known: 30 s, or twice that on a machine that does something else too."""
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(IndexUnavailableError):  # it is made for the first time
                if await asyncio.to_thread(lights, corpus, number):
                    return
            await asyncio.sleep(0.2)


def lights(corpus: Corpus, number: int) -> bool:
    return any(hit.article.title == f"灯塔{number}" for hit in corpus.ask(f"灯塔{number}").hits)


@pytest.mark.slow
def test_a_killed_run_of_indexing_loses_nothing_and_questions_go_on(tmp_path: Path) -> None:
    chance = random.Random(3)
    folder = tmp_path / "posts"
    folder.mkdir()
    for number in range(300):
        write_lighthouse(folder, number, "汽笛" * chance.randrange(400))
    given = environment(tmp_path)
    index(given)
    options = CorpusOptions(folder, tmp_path / "data")
    kills = 0
    with Corpus.open(options, rebuild_in_background=True) as corpus:
        for version in range(12):
            for number in chance.sample(range(300), 150):
                write_lighthouse(folder, number, f"第{version}版。")
            with subprocess.Popen(
                [sys.executable, "-m", "bot", "index"], env=given, cwd=ROOT, stderr=subprocess.DEVNULL
            ) as writer:
                end = time.monotonic() + chance.uniform(0.5, 5)
                while time.monotonic() < end and writer.poll() is None:
                    assert corpus.ask(f"灯塔{chance.randrange(300)}").hits
                    assert corpus.statistics().articles == 300
                kills += writer.poll() is None
                with contextlib.suppress(ProcessLookupError):
                    writer.kill()
    assert kills
    report = index(given)
    assert report["changed"] + report["unchanged"] == 300
    with Corpus.open(options) as corpus:
        assert not corpus.verify()
        for number in range(300):
            [text] = [part.text for part in corpus.article(f"{'az'[number % 2]}{number}.md").paragraphs]  # type: ignore[union-attr]
            assert text in (folder / f"{'az'[number % 2]}{number}.md").read_text(encoding="utf-8")
            assert lights(corpus, number)
