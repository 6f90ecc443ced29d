"""Indexing that is killed in the middle of a merge, while another process asks all the time."""

import contextlib
import json
import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from corpus import Corpus, CorpusOptions
from tests.faults.hostile import post

ROOT = Path(__file__).parents[2]
MERGING = f"{Path(__file__).parent / 'merging'}{os.pathsep}{ROOT}"
POSTS = 240
STEADY = 120
"""How many of the posts never change: their answers must be right at every moment. A changed one is not found
between the commits of store and index; a kill in between leaves that to the next run."""

KILLS = int(os.environ.get("MERGE_KILLS", "12"))

pytestmark = pytest.mark.fault(12)


def write(folder: Path, number: int, version: int) -> None:
    text = f"第{number}号灯塔今天点亮，守塔人换班，暗号是第{version}版。" + "汽笛鸣响。" * (number % 40)
    (folder / f"{number}.md").write_text(post(text, f"title: 灯塔{number}"), encoding="utf-8")


class Asker:
    """Another process, `baotong ask --batch`, that is asked one question after the other without a pause."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.answers = 0
        self.wrong: list[str] = []

    def __enter__(self) -> "Asker":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(60)

    def _run(self) -> None:
        chance = random.Random(7)
        with subprocess.Popen(
            [sys.executable, "-m", "bot", "ask", "--batch"],
            env=self._environment,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        ) as process:
            assert process.stdin
            assert process.stdout
            assert process.stderr
            while not self._stop.is_set():
                number = chance.randrange(POSTS)
                process.stdin.write(
                    json.dumps({"id": number, "question": f"灯塔{number}的暗号是什么"}) + "\n"
                )
                process.stdin.flush()
                line = process.stdout.readline()
                found: dict[str, Any] = json.loads(line) if line else {"error": process.stderr.read()}
                titles = [hit["article"]["title"] for hit in found.get("hits", ())]
                if not titles or (number < STEADY and titles[0] != f"灯塔{number}"):
                    self.wrong.append(f"{number}: {titles[:3]} {found.get('error')}")
                self.answers += 1
                if not line:
                    return
            process.stdin.close()
            process.wait(30)


def steps(log: Path) -> int:
    return log.stat().st_size if log.exists() else 0


def run_until_killed_in_a_merge(environment: dict[str, str], log: Path, chance: random.Random) -> bool:
    """Index, and kill that in the middle of a merge. Returns whether it was."""
    before, wanted = steps(log), chance.randrange(1, 60) * len("step\n")
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "index"], env=environment, cwd=ROOT, stderr=subprocess.DEVNULL
    ) as writer:
        deadline = time.monotonic() + 120
        while writer.poll() is None and steps(log) < before + wanted and time.monotonic() < deadline:
            time.sleep(0.002)
        killed = writer.poll() is None
        with contextlib.suppress(ProcessLookupError):
            writer.kill()
    return killed and steps(log) > before


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "posts"
    folder.mkdir()
    for number in range(POSTS):
        write(folder, number, 0)
    return folder


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_run_that_is_killed_in_the_middle_of_merges_fails_no_question_and_loses_nothing(
    folder: Path, tmp_path: Path
) -> None:
    chance, log = random.Random(12), tmp_path / "merges"
    given = {**os.environ, "DATA_DIR": str(tmp_path / "data"), "CORPUS_DIR": str(folder)}
    slow = {**given, "PYTHONPATH": MERGING, "MERGE_LOG": str(log)}
    subprocess.run([sys.executable, "-m", "bot", "index"], env=slow, cwd=ROOT, check=True)
    versions = dict.fromkeys(range(POSTS), 0)
    kills = version = 0
    with Asker(given) as asker:
        while kills < KILLS:
            version += 1
            assert version < 4 * KILLS, "hardly a run was killed in a merge"
            for number in chance.sample(range(STEADY, POSTS), 60):
                versions[number] = version
                write(folder, number, version)
            kills += run_until_killed_in_a_merge(slow, log, chance)
            assert not asker.wrong, asker.wrong
        asked = asker.answers
        subprocess.run([sys.executable, "-m", "bot", "index"], env=slow, cwd=ROOT, check=True)
    assert not asker.wrong, asker.wrong
    assert asked > KILLS * 5
    with Corpus.open(CorpusOptions(folder, tmp_path / "data")) as corpus:
        assert corpus.verify() == ()
        assert corpus.statistics().articles == POSTS
        for number, last in versions.items():
            hit = corpus.ask(f"灯塔{number}的暗号是什么").hits[0]
            assert (hit.article.title, f"第{last}版" in hit.passage.text) == (f"灯塔{number}", True)
