"""The index follows the store through crashes, damage, other versions and other processes."""

import json
import logging
import os
import random
import shutil
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from corpus import Corpus, StoreError
from corpus.errors import IndexUnavailableError
from corpus.index.index import Index
from corpus.index.inverting import Inverted
from corpus.index.segment_writer import FacetRow
from corpus.text import analyzer
from corpus.updating.index_sync import IndexSynchronizer
from tests.corpus.archives import (
    NOW,
    Folder,
    forbid_writing,
    opened,
    options,
    place,
    post,
    readable_by_all,
    titles,
    unprivileged,
)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "posts")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture(autouse=True)
def _said(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger="corpus")


def fill(folder: Folder, data: Path, count: int = 5) -> None:
    folder.write_named(count)
    with opened(folder.root, data) as corpus:
        corpus.update(workers=0)


def rewrite_manifest(data: Path, **changes: object) -> None:
    """Change what the manifest says, checksum and all, as another version might have written it."""
    path = data / "index" / "manifest.json"
    value = json.loads(path.read_bytes().partition(b"\n")[2])
    for key, change in changes.items():
        value[key] = {**value[key], **change} if isinstance(change, dict) else change
    body = json.dumps(value).encode()
    path.write_bytes(b"%08x\n" % zlib.crc32(body) + body)


def segment(data: Path) -> Path:
    return max((data / "index").glob("*.segment"), key=lambda path: path.stat().st_size)


# After a crash


def test_what_the_store_has_and_the_index_lacks_is_caught_up_with_at_the_next_opening(
    folder: Folder, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(folder, data)
    folder.write_named(3, start=5)
    folder.write("城市/晚报/00000.md", post("新的题目", "钟楼的指针今天重新走动。"))

    def killed(_: IndexSynchronizer) -> None:
        raise SystemExit

    with monkeypatch.context() as patch, opened(folder.root, data) as corpus:
        patch.setattr(IndexSynchronizer, "commit", killed)
        with pytest.raises(SystemExit):
            corpus.update(workers=0)
        assert titles(corpus, "钟楼指针") == []
    with opened(folder.root, data) as corpus:
        assert titles(corpus, "钟楼指针") == ["新的题目"]
        assert titles(corpus, "白鹭湿地") == ["白鹭湿地6号工程完工"]
        assert "临江大桥0号工程完工" not in titles(corpus, "临江大桥")
        assert exact(corpus)


def exact(corpus: Corpus) -> bool:
    """Whether the index has the statistics of one that is built anew from the same store."""
    index = corpus._upkeep.index()
    assert index is not None
    snapshot = index.snapshot()
    passages = corpus._store.passages_after(0, limit=10_000)
    return snapshot.count == len(passages) and not corpus.verify()


def test_an_update_that_cannot_write_the_index_loses_nothing(
    folder: Folder, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(folder, data)
    folder.write_named(3, start=5)
    extend = Index.extend

    def full(index: Index, facets: Sequence[FacetRow], inverted: Inverted) -> None:
        extend(index, facets, inverted)
        raise OSError(28, "No space left on device")

    with opened(folder.root, data) as corpus:
        with monkeypatch.context() as patch:
            patch.setattr(Index, "extend", full)
            with pytest.raises(IndexUnavailableError, match="No space left"):
                corpus.update(workers=0)
        assert titles(corpus, "临江大桥") == ["临江大桥0号工程完工"]
        assert corpus.update(workers=0).added == 0
        assert titles(corpus, "松涛学校") == ["松涛学校5号工程完工"]
        assert exact(corpus)


def test_a_commit_that_fails_leaves_the_last_one_standing(
    folder: Folder, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(folder, data)
    folder.write_named(1, start=5)

    def full(*_: object) -> None:
        raise IndexUnavailableError("no room")

    with opened(folder.root, data) as corpus:
        with monkeypatch.context() as patch:
            patch.setattr(Index, "commit", full)
            with pytest.raises(IndexUnavailableError, match="no room"):
                corpus.update(workers=0)
        assert titles(corpus, "松涛学校") == []
        corpus.update(workers=0)
        assert titles(corpus, "松涛学校") == ["松涛学校5号工程完工"]
        assert exact(corpus)


# Damage and other versions


def remove_all(data: Path) -> None:
    shutil.rmtree(data / "index")


def remove_manifest(data: Path) -> None:
    (data / "index" / "manifest.json").unlink()


def spoil_manifest(data: Path) -> None:
    (data / "index" / "manifest.json").write_text("{}")


def cut_segment(data: Path) -> None:
    path = segment(data)
    path.write_bytes(path.read_bytes()[:-100])


def remove_segment(data: Path) -> None:
    segment(data).unlink()


def other_format(data: Path) -> None:
    rewrite_manifest(data, format=1)


def same_format_other_contents(data: Path) -> None:
    """The manifest is as expected, but the files it names are not."""
    path = segment(data)
    length = int.from_bytes(path.read_bytes()[-12:-4], "little")
    content = path.read_bytes()
    footer = content[-12 - length : -12].replace(b'"lengths"', b'"lungths"')
    crc = zlib.crc32(footer)
    path.write_bytes(
        content[: -12 - length] + footer + length.to_bytes(8, "little") + crc.to_bytes(4, "little")
    )
    value = json.loads((data / "index" / "manifest.json").read_bytes().partition(b"\n")[2])
    for member in value["members"]:
        if member["name"] == path.name:
            member["seal"]["crc"] = crc
    rewrite_manifest(data, members=value["members"])


@pytest.mark.parametrize(
    "spoil",
    [
        remove_all,
        remove_manifest,
        spoil_manifest,
        cut_segment,
        remove_segment,
        other_format,
        same_format_other_contents,
    ],
)
def test_an_index_that_cannot_be_opened_is_rebuilt_with_one_line_in_the_log(
    folder: Folder, data: Path, caplog: pytest.LogCaptureFixture, spoil: object
) -> None:
    fill(folder, data)
    spoil(data)  # type: ignore[operator]
    with opened(folder.root, data) as corpus:
        assert titles(corpus, "临江大桥") == ["临江大桥0号工程完工"]
        assert exact(corpus)
    [record] = caplog.records
    assert "rebuilding it from the store" in record.message
    caplog.clear()
    with opened(folder.root, data) as corpus:
        assert titles(corpus, "临江大桥") == ["临江大桥0号工程完工"]
    assert caplog.records == []


def test_damage_inside_a_file_is_found_by_verifying_and_mended_by_the_next_update(
    folder: Folder, data: Path
) -> None:
    fill(folder, data, 20)
    path = segment(data)
    content = bytearray(path.read_bytes())
    content[200] ^= 0xFF
    path.write_bytes(content)
    with Corpus.open(options(folder.root, data), now=lambda: NOW, rebuild_in_background=True) as corpus:
        [problem] = corpus.verify()
        assert "damaged" in problem
        corpus.update(workers=0)
        assert corpus.verify() == ()
        assert exact(corpus)


def test_updates_look_for_damage_once_a_day(
    folder: Folder, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(folder, data)
    verified = []
    verify = Index.verify

    def noted(index: Index) -> list[str]:
        verified.append(True)
        return verify(index)

    monkeypatch.setattr(Index, "verify", noted)
    for hours, expected in ((0, 0), (23, 0), (25, 1), (26, 1), (60, 2)):
        now = NOW + timedelta(hours=hours)
        with Corpus.open(options(folder.root, data), now=partial(lambda moment: moment, now)) as corpus:
            corpus.update(workers=0)
        assert len(verified) == expected


def test_an_outdated_index_answers_until_an_update_has_made_another(
    folder: Folder, data: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fill(folder, data)
    monkeypatch.setattr(analyzer, "VERSION", 99)
    with opened(folder.root, data) as corpus:
        [record] = caplog.records
        assert "answering meanwhile" in record.message
        assert titles(corpus, "临江大桥") == ["临江大桥0号工程完工"]
        answered = []
        assert corpus.update(progress=lambda _: answered.append(titles(corpus, "临江大桥"))).added == 0
        assert answered
        assert all(found == ["临江大桥0号工程完工"] for found in answered)
        assert exact(corpus)
    caplog.clear()
    with opened(folder.root, data) as corpus:
        assert caplog.records == []


def test_another_timezone_makes_another_index(folder: Folder, data: Path) -> None:
    fill(folder, data)
    with opened(folder.root, data, timezone="America/New_York") as corpus:
        corpus.update(workers=0)
        assert exact(corpus)
        state = corpus._upkeep.index()
        assert state is not None
        assert state.state["zone"] == zlib.crc32(b"America/New_York")


def test_the_rebuild_can_be_left_to_the_next_update(
    folder: Folder, data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fill(folder, data)
    remove_all(data)
    with Corpus.open(options(folder.root, data), rebuild_in_background=True) as corpus:
        with pytest.raises(IndexUnavailableError, match="is being made"):
            corpus.ask("临江大桥")
        assert corpus.problem is not None
        with opened(folder.root, data) as other:  # as the process that indexes does
            other.update(workers=0)
        assert titles(corpus, "临江大桥") == ["临江大桥0号工程完工"]
    assert len(caplog.records) == 2


def test_an_index_folder_that_vanishes_under_a_running_process_is_made_again(
    folder: Folder, data: Path
) -> None:
    fill(folder, data)
    with opened(folder.root, data) as corpus:
        remove_all(data)
        assert titles(corpus, "临江大桥") == ["临江大桥0号工程完工"]
        folder.write_named(1, start=5)
        corpus.update(workers=0)
        assert titles(corpus, "松涛学校") == ["松涛学校5号工程完工"]
        assert exact(corpus)


# The database and the index are not of one piece


def remove_store(data: Path) -> None:
    for path in data.glob("corpus.sqlite3*"):
        path.unlink()


def test_an_index_of_a_database_that_was_deleted_is_not_answered_from(folder: Folder, data: Path) -> None:
    fill(folder, data)
    remove_store(data)
    folder.write("城市/晚报/00000a.md", post("混进来的一篇", "使后面全都错开。"))
    with opened(folder.root, data) as corpus:
        assert corpus.empty
        assert titles(corpus, "临江大桥") == []
        assert corpus.update(workers=0).added == 6
        for number in range(5):
            assert titles(corpus, place(number)) == [f"{place(number)}{number}号工程完工"]
        assert exact(corpus)


def test_a_running_process_goes_over_to_the_database_that_took_the_place_of_its_own(
    folder: Folder, data: Path
) -> None:
    fill(folder, data)
    with opened(folder.root, data) as corpus:
        assert titles(corpus, "临江大桥") == ["临江大桥0号工程完工"]
        remove_store(data)
        folder.write("城市/晚报/00000a.md", post("混进来的一篇", "使后面全都错开。"))
        with opened(folder.root, data) as other:
            other.update(workers=0)
        for number in range(5):
            assert titles(corpus, place(number)) == [f"{place(number)}{number}号工程完工"]


def test_a_database_put_back_from_a_copy_gets_another_index(
    folder: Folder, data: Path, tmp_path: Path
) -> None:
    fill(folder, data)
    shutil.copy(data / "corpus.sqlite3", tmp_path / "copy")
    fill(folder, data, 8)
    remove_store(data)
    shutil.copy(tmp_path / "copy", data / "corpus.sqlite3")
    with opened(folder.root, data) as corpus:
        assert titles(corpus, "白鹭湿地") == []
        assert exact(corpus)
        assert corpus.update(workers=0).added == 3
        assert titles(corpus, "白鹭湿地") == ["白鹭湿地6号工程完工"]


def test_an_index_put_back_from_a_copy_gets_what_it_lacks(folder: Folder, data: Path, tmp_path: Path) -> None:
    fill(folder, data)
    shutil.copytree(data / "index", tmp_path / "copy")
    (folder.root / "城市/晚报/00001.md").unlink()
    fill(folder, data, 0)
    fill(folder, data, 1)
    remove_all(data)
    shutil.copytree(tmp_path / "copy", data / "index")
    with opened(folder.root, data) as corpus:
        corpus.update(workers=0)
        assert titles(corpus, "柳林车站") == []
        assert exact(corpus)


# Rights


def test_questions_are_answered_where_nothing_can_be_written() -> None:
    with readable_by_all() as root:
        folder = Folder(root / "posts")
        fill(folder, root / "data")
        forbid_writing(root / "data")
        with unprivileged(), opened(folder.root, root / "data") as corpus:
            assert titles(corpus, "临江大桥") == ["临江大桥0号工程完工"]
            assert len(corpus.latest().articles) == 5
            assert corpus.statistics().articles == 5
            assert corpus.verify() == ()
            with pytest.raises(StoreError, match=r"DATA_DIR .*data cannot be (written|locked)"):
                corpus.update(workers=0)
        (root / "data").chmod(0o755)


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="file"):
        Corpus.open(options(None, tmp_path / "file" / "data"))


# Several processes and threads


def test_threads_ask_while_another_process_updates(folder: Folder, data: Path) -> None:
    fill(folder, data)
    failures: list[BaseException] = []
    stop = threading.Event()
    with opened(folder.root, data) as corpus:

        def ask() -> None:
            while not stop.is_set():
                try:
                    assert titles(corpus, "临江大桥0号工程")[0] == "临江大桥0号工程完工"
                except BaseException as error:
                    failures.append(error)
                    return

        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        with opened(folder.root, data) as other:
            for number in range(5, 12):
                folder.write_named(1, start=number)
                if number % 5 == 0:
                    (folder.root / f"城市/晚报/{number - 1:05}.md").unlink()
                other.update(workers=0)
        stop.set()
        for thread in threads:
            thread.join()
        assert failures == []
        assert titles(corpus, "柳林车站11号工程")[0] == "柳林车站11号工程完工"


INDEXING = """
import sys
from pathlib import Path
from corpus import Corpus, CorpusOptions
folder, data = map(Path, sys.argv[1:])
with Corpus.open(CorpusOptions(folder, data)) as corpus:
    corpus.update(progress=lambda state: print(state.phase, state.done, flush=True))
"""


def index_and_kill(folder: Path, data: Path, chance: random.Random) -> str:
    """Index in a process of its own and kill it without warning. Returns how far it said it was."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(
        [sys.executable, "-c", INDEXING, str(folder), str(data)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    ) as process:
        assert process.stdout is not None
        said = ["scan 0"]
        for _ in range(chance.randint(1, 6)):  # six are all there are
            said.append(process.stdout.readline().strip() or said[-1])
        time.sleep(chance.uniform(0.0, 0.2))
        process.kill()
    return said[-1]


def rounds() -> int:
    return int(os.environ.get("KILL_ROUNDS", "3"))


@pytest.mark.timeout(600)
def test_killed_at_any_moment_nothing_is_lost_and_readers_see_no_error(folder: Folder, data: Path) -> None:
    chance = random.Random(7)
    fill(folder, data, 10)
    failures: list[BaseException] = []
    stop = threading.Event()
    with opened(folder.root, data) as corpus:

        def ask() -> None:
            while not stop.is_set():
                try:
                    assert titles(corpus, "临江大桥0号工程完工")[0] == "临江大桥0号工程完工"
                except BaseException as error:
                    failures.append(error)
                    return
                time.sleep(0.002)

        reader = threading.Thread(target=ask)
        reader.start()
        count = 10
        for _ in range(rounds()):
            added = folder.write_named(200, start=count)
            (folder.root / added[3]).unlink()
            print("killed after", index_and_kill(folder.root, data, chance))
            with opened(folder.root, data) as other:
                stored = {text.article.path for text in other.export()}
                assert exact(other)  # opening has caught up with all that was stored
                other.update(workers=0)
                stored_now = {text.article.path for text in other.export()}
                assert stored <= stored_now
                assert exact(other)
            count += 200
            number = count - 5
            found = titles(corpus, f"{place(number)}{number}号工程完工")
            assert f"{place(number)}{number}号工程完工" in found
        stop.set()
        reader.join()
        assert failures == []
        assert stored_now == {file.relative_to(folder.root).as_posix() for file in folder.root.rglob("*.md")}


def test_the_index_is_behind_from_storing_to_its_commit(folder: Folder, tmp_path: Path) -> None:
    folder.write_named(3)
    with opened(folder.root, tmp_path / "data") as corpus:
        corpus.update(workers=0)
        folder.write_named(2, start=3)
        looks = []
        corpus.update(
            workers=0, progress=lambda done: looks.append((done.phase, done.done, corpus.is_index_behind))
        )
        assert ("scan", 0, False) in looks
        assert ("read", 2, True) in looks
        assert not corpus.is_index_behind
