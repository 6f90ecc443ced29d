"""A backup takes the place of an older backup, and of nothing else."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bot.process.lock import only_instance
from bot.storage.backups import FeedFiles, backup_database, backup_feeds
from bot.storage.database import State
from corpus.errors import StoreError
from corpus.sources import read_opml
from tests.bot.command_line import Baotong
from tests.corpus.sources.feed_server import FeedServer, Page
from tests.corpus.sources.feeds import item, rss


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A DATA_DIR with all that may lie in one, and an archive beside it."""
    folder = tmp_path / "data"
    State.open(folder / "bot.sqlite3").close()
    with closing(sqlite3.connect(folder / "corpus.sqlite3")) as connection:
        connection.execute("CREATE TABLE articles (number INTEGER)")
    for name in ("index", "compiled", "posts", "copies"):
        (folder / name).mkdir()
    (folder / "index" / "manifest.json").write_text("{}")
    (folder / "posts" / "a.md").write_text("# A\n")
    (folder / "corpus.lock").touch()
    with only_instance(folder):
        pass
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "b.md").write_text("# B\n")
    return folder


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


OWN = [
    *("bot.sqlite3", "corpus.sqlite3", "corpus.lock", "bot.lock", "index/manifest.json", "posts/a.md"),
    *(f"{name}.sqlite3-{side}" for name in ("bot", "corpus") for side in ("wal", "shm", "journal")),
    *("index", "posts", "index/new.segment", "posts/new.md", "compiled/new", "other.lock", "../archive/b.md"),
]


@pytest.mark.parametrize(
    "spelled",
    [
        pytest.param(lambda path: path, id="as it is"),
        pytest.param(lambda path: path.parent / ".." / path.parent.name / path.name, id="with dots"),
        pytest.param(lambda path: Path(os.path.relpath(path)), id="relative"),
    ],
)
def test_a_file_of_the_bot_is_never_overwritten(data: Path, spelled: Callable[[Path], Path]) -> None:
    before = everything(data.parent)
    for name in OWN:
        with pytest.raises(StoreError):
            backup_database(data / "bot.sqlite3", spelled((data / name).resolve()))
    assert everything(data.parent) == before


def test_the_names_of_databases_are_refused_in_any_case(data: Path) -> None:
    for name in ("Corpus.SQLite3", "BOT.SQLITE3-WAL", "Bot.Lock", "Index/new"):
        with pytest.raises(StoreError):
            backup_database(data / "bot.sqlite3", data / name)


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_a_link_to_a_file_of_the_bot_is_no_target(
    data: Path, tmp_path: Path, link: Callable[[Path, Path], None]
) -> None:
    for name in ("bot.sqlite3", "corpus.sqlite3", "bot.lock", "index/manifest.json", "posts/a.md"):
        target = tmp_path / f"link to {name.replace('/', ' ')}"
        link(data / name, target)
        before = everything(tmp_path)
        with pytest.raises(StoreError):
            backup_database(data / "bot.sqlite3", target)
        assert everything(tmp_path) == before


def test_through_a_link_to_the_folder_no_file_of_the_bot_is_reached(data: Path, tmp_path: Path) -> None:
    (tmp_path / "way").symlink_to(data)
    before = everything(data)
    for name in ("bot.sqlite3", "corpus.sqlite3-wal", "index/new", "corpus.sqlite3"):
        with pytest.raises(StoreError):
            backup_database(tmp_path / "way" / "bot.sqlite3", data / name)
        with pytest.raises(StoreError):
            backup_database(data / "bot.sqlite3", tmp_path / "way" / name)
    assert everything(data) == before


def test_a_database_that_is_a_link_is_not_reached_where_it_lies(data: Path, tmp_path: Path) -> None:
    real = tmp_path / "disk" / "state.db"
    real.parent.mkdir()
    (data / "bot.sqlite3").rename(real)
    (data / "bot.sqlite3").symlink_to(real)
    for target in (real, real.with_name("state.db-wal"), real.with_name("state.db-shm")):
        with pytest.raises(StoreError):
            backup_database(data / "bot.sqlite3", target)


@pytest.mark.parametrize("content", [b"", b"precious", b"SQLite format 3\0" + b"x" * 200])
def test_what_is_no_copy_of_the_database_is_kept(data: Path, tmp_path: Path, content: bytes) -> None:
    target = tmp_path / "letter.txt"
    target.write_bytes(content)
    with pytest.raises(StoreError, match=r"no copy of bot\.sqlite3"):
        backup_database(data / "bot.sqlite3", target)
    assert target.read_bytes() == content


def test_the_database_of_another_bot_is_no_copy(data: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "bot.sqlite3"
    State.open(other).close()
    with pytest.raises(StoreError, match="no copy"):
        backup_database(data / "bot.sqlite3", other)


def test_an_older_copy_is_replaced_also_in_the_folder_of_the_data(data: Path, tmp_path: Path) -> None:
    (tmp_path / "latest").symlink_to(data / "copies" / "bot.sqlite3")
    for target in (data / "copy.sqlite3", data / "copies" / "bot.sqlite3", tmp_path / "latest"):
        sizes = {backup_database(data / "bot.sqlite3", target) for _ in range(2)}
        assert sizes == {target.stat().st_size}
    assert (tmp_path / "latest").is_symlink()
    assert list(tmp_path.rglob("*.part*")) == []


def test_where_the_copy_cannot_be_finished_the_older_one_stays_and_nothing_is_left(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "copy"
    backup_database(data / "bot.sqlite3", target)
    before = target.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="No space left on device"):
        backup_database(data / "bot.sqlite3", target)
    assert target.read_bytes() == before
    assert list(tmp_path.glob(".*")) == []


def test_odd_places_are_told_in_one_sentence(data: Path, tmp_path: Path) -> None:
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    (tmp_path / "file").write_text("x")
    for target in (
        tmp_path / "circle",
        tmp_path / "file" / "copy",
        tmp_path / ("x" * 300),
        Path("/dev/null"),
    ):
        with pytest.raises(StoreError) as raised:
            backup_database(data / "bot.sqlite3", target)
        assert "\n" not in str(raised.value)
    assert (tmp_path / "file").read_text() == "x"


def test_the_command_refuses_with_exit_code_1_and_says_what_to_do(indexed: Baotong, tmp_path: Path) -> None:
    State.open(indexed.data / "bot.sqlite3").close()
    before = (indexed.data / "corpus.sqlite3").read_bytes()
    run = indexed("backup", str(indexed.data / "corpus.sqlite3"))
    assert run.returncode == 1
    assert "name another file" in run.stderr
    assert "Traceback" not in run.stderr
    assert (indexed.data / "corpus.sqlite3").read_bytes() == before


# --- Feeds ---------------------------------------------------------------------------------------


def feed_files(data: Path) -> FeedFiles:
    return FeedFiles(data / "feeds.opml", data / "feeds.sqlite3")


def test_feeds_go_along_and_come_back_with_what_was_seen(indexed: Baotong, tmp_path: Path) -> None:
    with FeedServer() as server:
        server.pages["/rss"] = Page(rss([item(1), item(2)]).encode())
        assert indexed("follow", server.url("/rss"), "--private").returncode == 0
        State.open(indexed.data / "bot.sqlite3").close()
        copies = tmp_path / "copies"
        run = indexed("backup", str(copies / "copy.sqlite3"))
        assert run.returncode == 0, run.stderr
        names = ["copy.feeds.opml", "copy.feeds.sqlite3", "copy.sqlite3"]
        assert sorted(path.name for path in copies.iterdir()) == names
        assert (copies / "copy.feeds.opml").stat().st_mode & 0o077 == 0  # it may hold tokens
        assert len(read_opml((copies / "copy.feeds.opml").read_bytes())) == 1
        assert indexed("backup", str(copies / "copy.sqlite3")).returncode == 0  # replaces older copies
        for name in ("feeds.opml", "feeds.sqlite3"):
            for suffix in ("", "-wal", "-shm"):
                (indexed.data / (name + suffix)).unlink(missing_ok=True)
            (indexed.data / name).write_bytes((copies / f"copy.{name}").read_bytes())
        server.pages["/rss"] = Page(rss([item(0), item(1), item(2)]).encode())
        report = indexed.json("fetch", "--json")
        assert (report["added"], report["updated"]) == (1, 0)


def test_feeds_are_copied_where_no_bot_has_run_yet(data: Path, tmp_path: Path) -> None:
    (data / "feeds.opml").write_text('<opml version="2.0"><body/></opml>')
    [(place, size)] = backup_feeds(feed_files(data), tmp_path / "copy")
    assert (place.name, size) == ("copy.feeds.opml", (data / "feeds.opml").stat().st_size)


@pytest.mark.parametrize("name", ["copy.feeds.opml", "copy.feeds.sqlite3"])
def test_nothing_but_older_copies_of_feeds_is_replaced(data: Path, tmp_path: Path, name: str) -> None:
    (data / "feeds.opml").write_text('<opml version="2.0"><body/></opml>')
    with closing(sqlite3.connect(data / "feeds.sqlite3")) as connection:
        connection.execute("CREATE TABLE feeds (id INTEGER)")
    (tmp_path / name).write_text("somebody's own")
    with pytest.raises(StoreError, match="name another file"):
        backup_feeds(feed_files(data), tmp_path / "copy.sqlite3")
    assert (tmp_path / name).read_text() == "somebody's own"


@pytest.mark.parametrize("target", ["feeds.sqlite3", "feeds.opml"])
def test_a_backup_never_takes_the_place_of_the_feeds(data: Path, target: str) -> None:
    (data / target).write_text("x")
    with pytest.raises(StoreError, match="name another file"):
        backup_database(data / "bot.sqlite3", data / target)
