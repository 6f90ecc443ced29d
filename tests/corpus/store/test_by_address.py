"""Articles are found by their addresses, however these are written."""

from collections.abc import Iterator
from contextlib import closing
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


@pytest.mark.parametrize(
    "url",
    [
        "https://paper.example.com/2026/bridge?page=2&id=1",
        "https://www.paper.example.com/2026/bridge?id=1&page=2",
        "https://paper.example.com/2026/bridge/?page=2&fbclid=x&id=1#top",
        "https://news.example.org/2026/09/来源.html",
        "http://news.example.org/2026/09/%E6%9D%A5%E6%BA%90.html?from=share",
    ],
)
def test_an_article_with_a_source_is_found_by_it_in_any_order_and_by_its_page_on_the_site(
    store: Store, url: str
) -> None:
    source = "https://paper.example.com/2026/bridge?id=1&page=2"
    store.apply(
        [
            make_article("来源.md", source_url=source, local_date=datetime(2026, 9, 20)),  # noqa: DTZ001 — as front matter has it
            make_article("别的.md", source_url=source.replace("id=1", "id=10")),
        ]
    )
    found = store.article_at(url)
    assert found is not None
    assert found[1].path == "来源.md"
    assert found[1].url == source


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("C++ 与 <模板> 的“那些事” & 更多", "C-与-模板-的“那些事”-更多"),
        ("足球：3-2，100% 胜", "足球：3-2，100-胜"),
        ("a_b", "a-b"),
        ("-", ""),
    ],
)
def test_titles_in_addresses_are_found_though_they_are_spelled_otherwise(
    tmp_path: Path, title: str, slug: str
) -> None:
    links = LinkOptions("https://news.example.org", ":year/:post_title/")
    with closing(Store(tmp_path / "titles.sqlite3", links)) as store:
        others = [f"{title}{number}" for number in range(60)]
        store.apply(
            [
                make_article(f"{number}.md", title=one, raw_title=one, local_date=datetime(2026, 9, 20))  # noqa: DTZ001 — as front matter has it
                for number, one in enumerate([*others, title])
            ]
        )
        found = store.article_at(f"https://news.example.org/2026/{slug}/")
        assert (found is not None and found[1].title == title) is bool(slug)
