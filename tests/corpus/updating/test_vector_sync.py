"""The vectors follow the archive: what is new or changed is encoded, what is gone goes, the rest stays."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from corpus import Corpus, Progress
from corpus.errors import IndexUnavailableError
from corpus.semantic.vector_file import Origin, VectorFile
from corpus.updating import vector_sync
from corpus.updating.vector_sync import LOCK_NAME
from corpus.updating.write_lock import BusyError, write_lock
from tests.corpus.archives import NOW, Folder, options, post
from tests.corpus.semantic.encoders import TinyEncoder


class Archive:
    """A folder, its corpus, and the encoder that is asked."""

    def __init__(self, base: Path) -> None:
        self.folder = Folder(base / "posts")
        self.data = base / "data"
        self.file = self.data / "semantic" / "articles.vectors"
        self.encoder = TinyEncoder()

    @contextmanager
    def opened(self) -> Iterator[Corpus]:
        settings = options(self.folder.root, self.data, semantic=True)
        with Corpus.open(settings, now=lambda: NOW, encoder=lambda: self.encoder) as corpus:
            yield corpus

    def update(self) -> int:
        """Bring archive and vectors up to date; return how many articles were encoded."""
        with self.opened() as corpus:
            corpus.update(workers=0)
            return corpus.update_vectors()

    def titles(self) -> list[str]:
        """Titles of the articles with vectors, by number."""
        with self.opened() as corpus:
            file = VectorFile(self.file, Origin.of(self.encoder, corpus._store.identity))
            articles = corpus._store.articles_by_number(file.rows.numbers.tolist())
            assert len(articles) == len(file.rows)
            return [articles[number].title for number in file.rows.numbers.tolist()]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    archive = Archive(tmp_path)
    for title in ("大桥通车", "茶园开采", "车站改建"):
        archive.folder.write(f"{title}.md", post(title, f"{title}的消息。", "后面还有一段。"))
    return archive


def test_only_what_is_new_or_changed_is_encoded(archive: Archive) -> None:
    assert archive.update() == 3
    written = archive.file.stat().st_mtime_ns
    assert archive.update() == 0
    assert archive.file.stat().st_mtime_ns == written
    archive.folder.write("电厂.md", post("电厂停电", "昨夜停电。"))
    archive.folder.write("茶园开采.md", post("茶园开采结束", "今年的茶采完了。"))
    (archive.folder.root / "车站改建.md").unlink()
    archive.encoder.encoded.clear()
    assert archive.update() == 2
    assert {text.split(" ")[0] for text in archive.encoder.encoded} == {"电厂停电", "茶园开采结束"}
    assert sorted(archive.titles()) == ["大桥通车", "电厂停电", "茶园开采结束"]


def test_a_change_below_the_opening_is_not_encoded_again(archive: Archive) -> None:
    long = "大桥的消息很长。" * 40
    archive.folder.write("大桥通车.md", post("大桥通车", long))
    archive.update()
    archive.folder.write("大桥通车.md", post("大桥通车", f"{long}最后又添了一句。"))
    assert archive.update() == 0
    assert len(archive.titles()) == 3


def test_the_last_article_that_goes_takes_its_vector_along(archive: Archive) -> None:
    archive.update()
    for path in list(archive.folder.root.glob("*.md"))[1:]:
        path.unlink()
    with archive.opened() as corpus:
        corpus.update(workers=0, force=True)
        assert corpus.update_vectors() == 0
    assert len(archive.titles()) == 1


@pytest.mark.parametrize("damage", ["missing", "cut", "changed", "another encoder"])
def test_a_file_of_no_use_is_made_anew(archive: Archive, damage: str) -> None:
    archive.update()
    whole = archive.file.read_bytes()
    match damage:
        case "missing":
            archive.file.unlink()
        case "cut":
            archive.file.write_bytes(whole[:-1])
        case "changed":
            archive.file.write_bytes(whole[:70] + bytes([whole[70] ^ 255]) + whole[71:])
        case _:
            archive.encoder = TinyEncoder("tiny 2")
    assert archive.update() == 3
    assert len(archive.titles()) == 3


def test_a_run_that_is_cut_off_goes_on_where_it_was(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each round writes a whole file, so that only the work of one round is lost."""
    monkeypatch.setattr(vector_sync, "MIN_ROUND", 2)
    monkeypatch.setattr(vector_sync, "BATCH_ARTICLES", 1)
    seen: list[Progress] = []

    def stop(progress: Progress) -> None:
        seen.append(progress)
        if progress.done == 3:
            raise KeyboardInterrupt

    with archive.opened() as corpus:
        corpus.update(workers=0)
        with pytest.raises(KeyboardInterrupt):
            corpus.update_vectors(progress=stop)
        assert [(each.phase, each.done, each.total) for each in seen] == [
            ("vectors", done, 3) for done in (1, 2, 3)
        ]
        assert corpus.update_vectors() == 1
        statistics = corpus.vector_statistics()
    assert statistics is not None
    assert (statistics.count, statistics.is_complete) == (3, True)
    assert statistics.size == archive.file.stat().st_size
    assert len(archive.titles()) == 3


def test_vectors_wait_for_no_update_of_the_archive_and_it_for_none(archive: Archive) -> None:
    with archive.opened() as corpus:
        corpus.update(workers=0)
        with write_lock(archive.data):
            assert corpus.update_vectors() == 3
        archive.folder.write("电厂.md", post("电厂停电", "昨夜停电。"))
        with write_lock(archive.data, LOCK_NAME):
            assert corpus.update(workers=0).added == 1
            with pytest.raises(BusyError):
                corpus.update_vectors()


def test_a_file_that_cannot_be_written_is_told(archive: Archive) -> None:
    with archive.opened() as corpus:
        corpus.update(workers=0)
        archive.file.parent.write_bytes(b"")
        with pytest.raises(IndexUnavailableError, match="cannot be written"):
            corpus.update_vectors()


def test_switched_off_nothing_is_made_and_nothing_loaded(archive: Archive) -> None:
    def load() -> TinyEncoder:
        raise AssertionError

    settings = options(archive.folder.root, archive.data)
    with Corpus.open(settings, now=lambda: NOW, encoder=load) as corpus:
        corpus.update(workers=0)
        corpus.speed_up()
        assert corpus.update_vectors() == 0
        assert corpus.vector_statistics() is None
        assert corpus.ask("tea").total == 0
    assert not archive.file.parent.exists()
