"""Articles are found by their addresses, however these are written."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from corpus.store.rows import LinkOptions
from corpus.store.store import FILE_NAME, Store
from tests.corpus.store.test_store import make_article


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    links = LinkOptions("https://news.example.org", ":year/:month/:title.html")
    opened = Store(tmp_path / FILE_NAME, links)
    opened.apply(
        [make_article(path, local_date=datetime(2026, 9, 20)) for path in ("城市/大桥.md", "城市/桥.md")]  # noqa: DTZ001 — as front matter has it
    )
    yield opened
    opened.close()


def test_the_address_of_each_article_leads_back_to_it(store: Store) -> None:
    for path in ("城市/大桥.md", "城市/桥.md"):
        found = store.article(path)
        assert found is not None
        assert found[1].url is not None
        assert store.article_at(found[1].url) == found
        assert store.article_at(f"{found[1].url}?from=share#p2") == found
        assert store.article_at(found[1].url.replace("https:", "http:")) == found


@pytest.mark.parametrize(
    "url",
    [
        "",
        "no address",
        "https://news.example.org/",
        "https://news.example.org/%",
        "javascript:1",
        "https://x.org/大桥",
    ],
)
def test_other_addresses_lead_nowhere(store: Store, url: str) -> None:
    assert store.article_at(url) is None


def test_sources_and_numbers_of_the_front_matter_are_found_too(store: Store) -> None:
    source = "https://paper.example.com/2026/bridge/?id=1&page=2"
    store.apply(
        [
            make_article("来源.md", source_url=source),
            make_article("自定.md", site_path="/自定/页面.html"),
        ]
    )
    found = store.article_at("http://paper.example.com/2026/bridge/?id=1&page=2&utm_source=x")
    assert found is not None
    assert found[1].path == "来源.md"
    assert store.article_at("https://paper.example.com/2026/bridge/?id=2&page=2") is None
    found = store.article_at("https://news.example.org/%E8%87%AA%E5%AE%9A/页面.html")
    assert found is not None
    assert found[1].path == "自定.md"
