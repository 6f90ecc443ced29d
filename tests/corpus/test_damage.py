"""Damaged files: no process ends of them, no answer is wrong after they were verified, all is mended.

Every damage is tried in a child process, for a wild access to memory would end it. Files of any size are
mapped here, as only large ones are otherwise, so that what happens to a file reaches whoever searches it.
"""

import logging
import os
import random
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest

from corpus import Corpus, CorpusError, IndexUnavailableError, StoreError
from corpus.answering import search
from corpus.errors import DamagedStoreError
from corpus.index import array_file
from corpus.index.index import Index, Term
from corpus.store.store import FILE_NAME
from tests.corpus.archives import NOW, Folder, opened, options, place, titles
from tests.corpus.damage import Damage, in_child, random_damage
from tests.corpus.index.test_jit import everything_found, random_documents

KINDS = ("bit", "eight bytes", "zeros", "ones", "noise", "moved", "cut")
POSTS = 30
QUESTIONS = [f"{place(number)}{number}号工程用了几个月" for number in range(6)]


@pytest.fixture
def mapped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Map segments of any size."""
    monkeypatch.setattr(array_file, "MAX_COPIED_BYTES", 0)


# The index alone


@pytest.fixture(scope="module")
def sound_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two segments with long, dense and ordinary lists; some passages of them removed."""
    folder = tmp_path_factory.mktemp("sound") / "index"
    documents = random_documents(random.Random(5), 3_000)
    with Index.create(folder) as index:
        for part in (documents[:2_000], documents[2_000:]):
            index.add(part)
            index.commit()
        index.remove(random.Random(6).sample(documents, 200))
        index.commit()
    return folder


def _damage_index(sound: Path, folder: Path, rounds: int, seed: int) -> Counter[str]:
    """Damage an index in many ways, before it is opened or while it is searched. Returns what came of it."""
    logging.disable(logging.CRITICAL)
    try:
        expected = everything_found(Index(sound).snapshot(), 9, 3_000)
        chance = random.Random(seed)
        outcomes: Counter[str] = Counter()
        for number in range(rounds):
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(sound, folder)
            damage = random_damage(chance, folder, kinds=KINDS)

            def ask(damage: Damage = damage, number: int = number) -> str:
                if number % 2:
                    damage.apply(folder)
                    index = Index(folder, partial=True)
                else:
                    index = Index(folder, partial=True)
                    index.snapshot().search([Term("词1")], limit=5)
                    damage.apply(folder)
                try:
                    found = everything_found(index.snapshot(), 9, 3_000)
                except Exception as error:
                    result = type(error).__name__
                else:
                    result = "same" if found == expected else "other"
                named = bool(index.verify() or index.lost)
                return result if named else f"{result}, not named"

            outcome, said = in_child(ask)
            outcomes[str(said) if outcome == "done" else f"{outcome}: {said} of {damage}"] += 1
        return outcomes
    finally:
        logging.disable(logging.NOTSET)


def _is_honest(outcome: str) -> bool:
    """Whether the process lived, and what was not the same as before is named by verifying."""
    if outcome == "same, not named":  # between two arrays, where nobody looks
        return True
    return not outcome.endswith("not named") and not outcome.startswith(("died", "raised"))


@pytest.mark.parametrize(
    "seed", [pytest.param(1, id="40"), pytest.param(2, id="400", marks=pytest.mark.slow)]
)
def test_no_damage_ends_the_process_or_stays_unnamed(
    sound_index: Path, tmp_path: Path, loops: str, mapped: None, seed: int
) -> None:
    outcomes = _damage_index(sound_index, tmp_path / "index", {1: 40, 2: 400}[seed], seed)
    assert [each for each in outcomes if not _is_honest(each)] == []
    assert outcomes["other"] > 5  # else the damages are none


def test_a_file_cut_between_two_searches_is_searched_no_more(
    sound_index: Path, tmp_path: Path, loops: str, mapped: None
) -> None:
    folder = tmp_path / "index"
    shutil.copytree(sound_index, folder)

    def ask() -> tuple[int, int, list[str]]:
        index = Index(folder)
        before = len(index.search([Term("词1")], limit=5_000))
        for path in folder.glob("*.segment"):
            os.truncate(path, 4_096)
        return before, len(index.search([Term("词1")], limit=5_000)), sorted(index.lost)

    outcome, said = in_child(ask)
    names = sorted(path.name for path in folder.glob("*.segment"))
    assert outcome == "done", said
    assert isinstance(said, tuple)
    assert said[0] > 0
    assert said[1:] == (0, names)


def test_small_segments_are_copies_that_no_later_damage_reaches(sound_index: Path, tmp_path: Path) -> None:
    folder = tmp_path / "index"
    shutil.copytree(sound_index, folder)
    index = Index(folder)
    expected = everything_found(index.snapshot(), 9, 3_000)
    for path in folder.glob("*.segment"):
        os.truncate(path, 4_096)
    assert everything_found(index.snapshot(), 9, 3_000) == expected
    assert len(index.verify()) == 2
    assert everything_found(index.snapshot(), 9, 3_000) == expected


# The whole corpus


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "posts")


@pytest.fixture
def data(tmp_path: Path, folder: Folder) -> Path:
    folder.write_named(POSTS)
    with opened(folder.root, tmp_path / "data") as corpus:
        corpus.update(workers=0)
    return tmp_path / "data"


def answers(corpus: Corpus) -> list[list[str]]:
    return [titles(corpus, question) for question in QUESTIONS]


@pytest.fixture
def expected(folder: Folder, data: Path) -> list[list[str]]:
    with opened(folder.root, data) as corpus:
        return answers(corpus)


def segment(data: Path) -> Path:
    return next((data / "index").glob("*.segment"))


def spoil(path: Path, start: float = 0.0, end: float = 1.0) -> None:
    """Write noise over a part of a file."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(int(size * start))
        file.write(random.Random(3).randbytes(int(size * end) - int(size * start)))


def test_one_command_answers_as_before_whatever_is_damaged(
    folder: Folder, data: Path, expected: list[list[str]], tmp_path: Path
) -> None:
    chance = random.Random(4)
    for _ in range(12):
        copy = tmp_path / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(data, copy)
        random_damage(chance, copy / "index", kinds=KINDS).apply(copy / "index")
        with opened(folder.root, copy) as corpus:
            assert answers(corpus) == expected
            assert corpus.verify() == ()


def test_an_exception_while_answering_is_verified_mended_and_asked_again(
    folder: Folder, data: Path, expected: list[list[str]], mapped: None, caplog: pytest.LogCaptureFixture
) -> None:
    with opened(folder.root, data) as corpus:
        corpus.ask(QUESTIONS[0])
        stat = segment(data).stat()
        start, count = Index(data / "index").snapshot().segments[0].file.extent("words.starts")
        spoil(segment(data), start / stat.st_size, (start + 4 * count) / stat.st_size)
        os.utime(segment(data), ns=(stat.st_atime_ns, stat.st_mtime_ns))  # as a failing disk does it
        assert answers(corpus) == expected
        assert corpus.problem is None
    assert "the index is damaged" in caplog.text


def test_a_lasting_process_is_told_says_so_and_answers_when_another_has_mended(
    folder: Folder, data: Path, expected: list[list[str]], mapped: None
) -> None:
    with Corpus.open(options(folder.root, data), now=lambda: NOW, rebuild_in_background=True) as corpus:
        told: list[bool] = []
        corpus.mend_elsewhere(lambda: told.append(True))
        assert answers(corpus) == expected
        os.truncate(segment(data), 4_096)
        with pytest.raises(IndexUnavailableError, match="is being made"):
            corpus.ask(QUESTIONS[0])
        corpus._upkeep.examine()
        assert told
        assert "damaged" in (corpus.problem or "")
        with opened(folder.root, data) as other:
            other.update(workers=0)
        assert answers(corpus) == expected
        assert corpus.problem is None


def test_damage_that_nothing_fails_of_is_found_in_the_background_at_the_start(
    folder: Folder, data: Path, mapped: None
) -> None:
    spoil(segment(data), 0.5, 0.6)
    with Corpus.open(options(folder.root, data), now=lambda: NOW, rebuild_in_background=True) as corpus:
        told: list[bool] = []
        corpus.mend_elsewhere(lambda: told.append(True))
        corpus._verify_quietly()
        assert told
        assert "damaged" in (corpus.problem or "")


@pytest.mark.parametrize("start", [0.0, 0.3])
def test_an_article_that_never_was_is_taken_for_damage(
    folder: Folder, data: Path, expected: list[list[str]], mapped: None, start: float
) -> None:
    with opened(folder.root, data) as corpus:
        assert answers(corpus) == expected
        first, count = Index(data / "index").snapshot().segments[0].file.extent("articles")
        stat = segment(data).stat()
        with segment(data).open("r+b") as file:
            file.seek(first + 4 * int(start * count))
            file.write(b"\xff\xff\xff\x7f" * (count - int(start * count)))
        os.utime(segment(data), ns=(stat.st_atime_ns, stat.st_mtime_ns))
        assert answers(corpus) == expected


def test_a_fault_of_the_program_is_not_taken_for_damage(
    folder: Folder, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(search, "retrieve", fail)
    with opened(folder.root, data) as corpus:
        with pytest.raises(ZeroDivisionError):
            corpus.ask(QUESTIONS[0])
        assert corpus.verify() == ()


# The database of articles


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 3)


def empty(path: Path) -> None:
    os.truncate(path, 0)


def zero_pages(path: Path) -> None:
    with path.open("r+b") as file:
        for page in range(2, path.stat().st_size // 4_096, 2):
            file.seek(page * 4_096)
            file.write(bytes(4_096))


def noise(path: Path) -> None:
    spoil(path, 0.1, 0.9)


def no_database(path: Path) -> None:
    path.write_bytes(b"no database" * 1_000)


def another_database(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE inbox(number INTEGER PRIMARY KEY)")
        connection.execute("PRAGMA user_version=7")


def torn_bodies(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE articles SET body = x'00ff', published = 9e300 WHERE number % 2")


def odd_values(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE articles SET published = 4000000000000, categories = '[', title = x'ff'")


def folder_instead(path: Path) -> None:
    path.unlink()
    path.mkdir()


def fifo_instead(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def device_instead(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def link_to_itself(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


def fifo_as_log(path: Path) -> None:
    log = path.with_name(f"{path.name}-wal")
    log.unlink(missing_ok=True)
    os.mkfifo(log)


NO_FILES = [folder_instead, fifo_instead, device_instead, link_to_itself]
STORE_DAMAGES = [
    *[cut, empty, zero_pages, noise, no_database, another_database, torn_bodies, odd_values],
    *[*NO_FILES, fifo_as_log],
]


def calls(corpus: Corpus) -> list[Callable[[], object]]:
    return [
        lambda: corpus.ask(QUESTIONS[0]),
        lambda: corpus.latest(),
        lambda: corpus.categories(),
        lambda: corpus.statistics(),
        lambda: list(corpus.export()),
        lambda: corpus.similar("x"),
        lambda: corpus.empty,
        lambda: corpus.last_number(),
        lambda: corpus.added_after(0),
        lambda: corpus.trend("工程"),
        lambda: corpus.example_questions(),
        lambda: corpus.verify(),
    ]


@pytest.mark.parametrize("damage", STORE_DAMAGES)
def test_a_damaged_database_gives_typed_errors_and_is_made_again_from_the_folder(
    folder: Folder, data: Path, expected: list[list[str]], damage: Callable[[Path], None]
) -> None:
    path = data / FILE_NAME
    with Corpus.open(options(folder.root, data), now=lambda: NOW, rebuild_in_background=True) as corpus:
        corpus.ask(QUESTIONS[0])
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        damage(path)
        for call in calls(corpus):
            try:
                call()
            except CorpusError:
                continue
        if damage not in {empty, another_database, fifo_as_log}:  # those look sound until they are opened
            assert corpus.problem is not None
        with Corpus.open(options(folder.root, data), now=lambda: NOW, renew=True) as other:
            other.update(workers=0)
            assert answers(other) == expected
            assert other.verify() == ()
            assert other.problem is None
        assert answers(corpus) == expected
        assert corpus.problem is None
    asides = [
        path for path in data.glob(f"{FILE_NAME}.damaged-*") if not path.name.endswith(("-wal", "-shm"))
    ]
    assert len(asides) == (0 if damage is empty else 1)


@pytest.mark.parametrize("pattern", ["manifest.json", "*.segment"])
@pytest.mark.parametrize("damage", NO_FILES)
def test_what_is_no_file_in_the_index_is_waited_for_by_nobody_and_replaced(
    folder: Folder, data: Path, expected: list[list[str]], pattern: str, damage: Callable[[Path], None]
) -> None:
    with Corpus.open(options(folder.root, data), now=lambda: NOW, rebuild_in_background=True) as corpus:
        [path] = (data / "index").glob(pattern)
        damage(path)
        os.mkfifo(data / "index" / "manifest.json.tmp")
        for call in calls(corpus):
            with suppress(CorpusError):
                call()
        with opened(folder.root, data) as other:
            other.update(workers=0)
            assert answers(other) == expected
            assert other.verify() == ()
        assert answers(corpus) == expected


def test_a_manifest_without_end_is_not_read_to_its_end(
    folder: Folder, data: Path, expected: list[list[str]]
) -> None:
    os.truncate(data / "index" / "manifest.json", 1 << 40)
    with opened(folder.root, data) as corpus:
        assert answers(corpus) == expected


def test_a_damaged_database_is_left_alone_while_the_folder_is_away(folder: Folder, data: Path) -> None:
    zero_pages(data / FILE_NAME)
    folder.root.rename(folder.root.with_name("unmounted"))
    folder.root.mkdir()
    before = (data / FILE_NAME).read_bytes()
    with (
        pytest.raises(DamagedStoreError, match="has no posts"),
        Corpus.open(options(folder.root, data), now=lambda: NOW, renew=True) as corpus,
    ):
        corpus.update(workers=0)
    assert (data / FILE_NAME).stat().st_size == len(before)
    assert not list(data.glob("*.damaged-*"))


def test_the_sample_never_takes_the_place_of_an_archive_nobody_knows_any_more(data: Path) -> None:
    no_database(data / FILE_NAME)
    with pytest.raises(StoreError, match="baotong index FOLDER"):
        Corpus.open(options(None, data), renew=True)
