"""What the archive monitor says of the archive that answers come from."""

from pathlib import Path

from bot.metrics import Metrics
from bot.refresh import Refresh
from bot.service.archive_monitor import ArchiveMonitor
from bot.settings import Settings
from corpus import Corpus
from tests.corpus.archives import Folder, opened


def test_articles_of_another_folder_than_the_one_that_is_watched_are_told(tmp_path: Path) -> None:
    watched, other, data = Folder(tmp_path / "posts"), Folder(tmp_path / "other"), tmp_path / "data"
    watched.write_named(3)
    other.write_named(2, start=10)
    settings = Settings.load(None, data_dir=data, corpus_dir=watched.root)
    with Corpus.open(settings.corpus_options()) as corpus:
        corpus.update(workers=0)
        monitor = ArchiveMonitor(corpus, Refresh(settings, watched.root), metrics=Metrics())
        assert monitor.problem() is None
        with opened(other.root, data) as foreign:
            foreign.update(workers=0, force=True)
        assert f"answers come from {other.root}" in (monitor.problem() or "")
        corpus.update(workers=0, force=True)
        assert monitor.problem() is None


def test_a_link_to_the_folder_is_the_folder(tmp_path: Path) -> None:
    posts, data = Folder(tmp_path / "posts"), tmp_path / "data"
    posts.write_named(3)
    link = tmp_path / "link"
    link.symlink_to(posts.root)
    settings = Settings.load(None, data_dir=data, corpus_dir=link)
    with Corpus.open(settings.corpus_options()) as corpus:
        corpus.update(workers=0)
        assert ArchiveMonitor(corpus, Refresh(settings, link), metrics=Metrics()).problem() is None
