"""The database file that is removed, replaced or cut short while a process has it open."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from corpus import Corpus
from corpus.store import FILE_NAME
from tests.corpus.archives import NOW, Folder, opened, options, place, titles


class Lasting:
    """A process that answers for long and leaves indexing to others.

    Attributes:
        asked: How often it asked for an update.
    """

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus
        self.asked = 0
        corpus.mend_elsewhere(self._ask)

    def _ask(self) -> None:
        self.asked += 1

    def problem(self) -> str | None:
        """What `Corpus.problem` says now."""
        return self.corpus.problem

    def found(self, number: int) -> list[str]:
        return titles(self.corpus, place(number))


def title(number: int) -> list[str]:
    return [f"{place(number)}{number}号工程完工"]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "posts")


@pytest.fixture
def data(tmp_path: Path, folder: Folder) -> Path:
    """The place of the index, with five posts indexed."""
    folder.write_named(5)
    with opened(folder.root, tmp_path / "data") as corpus:
        corpus.update(workers=0)
    return tmp_path / "data"


@pytest.fixture
def lasting(folder: Folder, data: Path) -> Iterator[Lasting]:
    with Corpus.open(options(folder.root, data), now=lambda: NOW, rebuild_in_background=True) as corpus:
        process = Lasting(corpus)
        assert process.found(0) == title(0)
        assert corpus.problem is None
        yield process
        for thread in threading.enumerate():
            if thread.name == "verifying":
                thread.join()


def replace_store(data: Path, by: Path) -> None:
    """Put another database in the place of the open one, as an operator would."""
    for suffix in ("-wal", "-shm"):
        (data / f"{FILE_NAME}{suffix}").unlink(missing_ok=True)
    by.replace(data / FILE_NAME)


def copy_store(data: Path, to: Path) -> Path:
    with closing(sqlite3.connect(data / FILE_NAME)) as source, closing(sqlite3.connect(to)) as copy:
        source.backup(copy)
    return to


def test_a_copy_put_in_place_of_the_open_database_is_no_problem_and_followed_at_once(
    lasting: Lasting, data: Path, tmp_path: Path
) -> None:
    replace_store(data, copy_store(data, tmp_path / "copy"))
    assert lasting.problem() is None
    assert lasting.problem() is None
    assert lasting.asked == 1
    assert lasting.found(1) == title(1)


def test_another_database_is_answered_from_as_soon_as_its_index_is_made(
    lasting: Lasting, folder: Folder, data: Path, tmp_path: Path
) -> None:
    with opened(folder.root, tmp_path / "other") as other:
        folder.write_named(1, start=5)
        other.update(workers=0)
    replace_store(data, copy_store(tmp_path / "other", tmp_path / "copy"))
    assert lasting.problem() == "the index is being made from the articles that were read"
    assert lasting.asked == 1
    with opened(folder.root, data) as indexing:
        indexing.update(workers=0)
    assert lasting.problem() is None
    assert lasting.found(5) == title(5)


def test_a_removed_database_is_named_answered_from_and_followed_when_it_is_made_again(
    lasting: Lasting, folder: Folder, data: Path
) -> None:
    for path in data.glob(f"{FILE_NAME}*"):
        path.unlink()
    for _ in range(2):
        assert f"{FILE_NAME} was removed while it was open" in (lasting.problem() or "")
    assert lasting.asked == 1
    assert lasting.found(0) == title(0)
    folder.write_named(1, start=5)
    with opened(folder.root, data) as indexing:
        indexing.update(workers=0)
    assert lasting.problem() is None
    assert lasting.found(5) == title(5)


def test_a_thread_that_asks_while_the_database_is_away_makes_no_empty_one(
    lasting: Lasting, data: Path
) -> None:
    (data / FILE_NAME).rename(data / "elsewhere")
    thread = threading.Thread(target=lasting.problem)
    thread.start()
    thread.join()
    assert not (data / FILE_NAME).exists()
    (data / "elsewhere").rename(data / FILE_NAME)
    assert lasting.problem() is None
    assert lasting.found(0) == title(0)


def test_a_database_that_is_cut_short_is_damaged_until_it_is_made_anew(
    lasting: Lasting, folder: Folder, data: Path
) -> None:
    with closing(sqlite3.connect(data / FILE_NAME)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert lasting.problem() is None
    with (data / FILE_NAME).open("r+b") as file:
        file.truncate(8_192)
    for _ in range(2):
        assert "damaged" in (lasting.problem() or "")
    assert lasting.asked
    with Corpus.open(options(folder.root, data), now=lambda: NOW, renew=True) as indexing:
        indexing.update(workers=0)
    assert lasting.problem() is None
    assert lasting.found(0) == title(0)
