"""How many articles categories and authors have: counted once for each state of the archive."""

from pathlib import Path

import pytest

from corpus.store.store import Store
from tests.corpus.archives import Folder, opened, post


def test_counts_follow_the_archive(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "posts")
    folder.write("一.md", post("一", "大桥通车。", author="DT财经", categories="城市"))
    folder.write("二.md", post("二", "地铁开工。", author="江城晚报", categories="城市"))
    with opened(folder.root, tmp_path / "data") as corpus:
        corpus.update(workers=0)
        assert [(one.name, one.articles) for one in corpus.categories()] == [("城市", 2)]
        assert [corpus.author_articles(name) for name in ("dt 财经", "江城晚报", "无名")] == [1, 1, 0]
        folder.write("二.md", post("二", "地铁开工。", author="DT财经", categories="财经"))
        folder.write("三.md", post("三", "公园开放。", author="DT财经", categories="财经"))
        corpus.update(workers=0)
        assert {one.name: one.articles for one in corpus.categories()} == {"城市": 1, "财经": 2}
        assert [corpus.author_articles(name) for name in ("DT财经", "江城晚报")] == [3, 0]
        [finance] = corpus.find_categories("财经")
        assert corpus.latest(category=finance).total == 2
        (folder.root / "三.md").unlink()
        corpus.update(workers=0)
        assert corpus.author_articles("DT财经") == 2


def test_an_unchanged_archive_is_counted_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Folder(tmp_path / "posts")
    folder.write_named(3)
    counted = []
    real = Store.author_counts

    def count(store: Store) -> list[tuple[str, int]]:
        counted.append(store)
        return real(store)

    monkeypatch.setattr(Store, "author_counts", count)
    with opened(folder.root, tmp_path / "data") as corpus:
        corpus.update(workers=0)
        for _ in range(5):
            corpus.categories()
            corpus.author_articles("某报")
    assert len(counted) == 1
