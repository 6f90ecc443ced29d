"""A writer that is killed at any moment loses nothing it reported, and readers never notice.

Run with `INDEX_CRASH_ROUNDS=30` for a longer trial.
"""

import itertools
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from corpus.errors import IndexUnavailableError
from corpus.index.index import Document, Index, Term

ROUNDS = int(os.environ.get("INDEX_CRASH_ROUNDS", "3"))


def make_document(number: int) -> Document:
    return Document(number, number, ["都", f"词{number % 50}"], [f"题{number}"])


def removed(sweep: int) -> Iterator[Document]:
    """What goes in a sweep: every tenth passage of those that a sweep looks at."""
    return (make_document(number) for number in range(sweep * 40 + 5, sweep * 40 + 40, 10))


def expected_numbers(state: dict[str, int]) -> set[int]:
    """What an index in this state must hold."""
    gone = {each.number for sweep in range(state.get("sweeps", 0)) for each in removed(sweep)}
    return set(range(1, state.get("through", 0) + 1)) - gone


def write_for_ever(folder: Path) -> None:
    """Go on from the saved state: add, remove, commit, now and then merge all; report each commit."""
    with Index(folder) as index:
        state = {"through": 0, "sweeps": 0, **index.state}
        for turn in itertools.count():
            index.add(make_document(state["through"] + step) for step in range(1, 22))
            state["through"] += 21
            if (state["sweeps"] + 1) * 40 <= state["through"]:
                index.remove(removed(state["sweeps"]))
                state["sweeps"] += 1
            index.commit(state)
            print(state["through"], flush=True)
            if turn % 7 == 6:
                index.merge(thorough=True)


def check_content(index: Index) -> None:
    expected = expected_numbers(index.state)
    snapshot = index.snapshot()
    found = {match.number for match in snapshot.search([Term("都")], limit=10**6)}
    assert found == expected
    assert snapshot.count == snapshot.document_frequency(Term("都")) == len(expected)
    assert index.verify() == []


def test_a_killed_writer_loses_nothing_it_reported(tmp_path: Path) -> None:
    chance = random.Random(11)
    Index.create(tmp_path).close()
    failures: list[str] = []
    stop = threading.Event()

    def read() -> None:
        with Index(tmp_path) as index:
            while not stop.is_set():
                snapshot = index.snapshot()
                matches = snapshot.search([Term("都")], limit=10**6)
                if not len(matches) == snapshot.count == snapshot.document_frequency(Term("都")):
                    failures.append(f"{len(matches)} of {snapshot.count}")
                try:
                    Index(tmp_path).search([Term("都")], limit=1)
                except IndexUnavailableError as error:
                    failures.append(str(error))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for _ in range(ROUNDS):
            with subprocess.Popen(
                [sys.executable, __file__, str(tmp_path)], stdout=subprocess.PIPE, text=True
            ) as writer:
                assert writer.stdout is not None
                lines = [writer.stdout.readline()]
                time.sleep(chance.uniform(0.0, 0.4))
                writer.kill()
                lines += writer.stdout.readlines()
            reported = [int(line) for line in lines if line.endswith("\n")]
            with Index(tmp_path) as index:
                assert index.state["through"] >= max(reported)
                check_content(index)
    finally:
        stop.set()
        reader.join()
    assert failures == []


@pytest.mark.parametrize("moment", ["replace", "fsync"])
def test_a_failing_disk_leaves_the_last_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with Index.create(tmp_path) as index:
        index.add([make_document(1)])
        index.commit({"through": 1})
        index.add([make_document(2)])
        with monkeypatch.context() as patch:
            patch.setattr(Path if moment == "replace" else os, moment, fail)
            with pytest.raises(IndexUnavailableError, match="No space left"):
                index.commit({"through": 2})
        assert index.state == {"through": 1}
        index.add([make_document(2)])
        index.commit({"through": 2})
        check_content(index)
        assert {path.suffix for path in tmp_path.iterdir()} == {".segment", ".json"}


def test_searches_from_many_threads_agree_while_another_writes(tmp_path: Path) -> None:
    chance = random.Random(5)
    words = [f"词{number}" for number in range(300)]
    with Index.create(tmp_path) as index:
        texts = [chance.choices(words, k=20) for _ in range(6_000)]
        index.add(Document(number, number, text) for number, text in enumerate(texts, 1))
        index.commit()
        snapshot = index.snapshot()
        questions = [[Term(word) for word in chance.choices(words, k=5)] for _ in range(40)]
        expected = [snapshot.search(question, limit=10) for question in questions]
        wrong: list[int] = []

        def ask() -> None:
            for _ in range(3):
                for place, question in enumerate(questions):
                    if snapshot.search(question, limit=10) != expected[place]:
                        wrong.append(place)

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for number in range(6_001, 6_011):
            index.add([make_document(number)])
            index.commit()
        for thread in threads:
            thread.join()
        assert wrong == []


if __name__ == "__main__":
    write_for_ever(Path(sys.argv[1]))
