"""Browsing an archive: newest articles, categories, one article, arrivals, subscriptions, statistics."""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import BlockKind, Category, Corpus, Filters
from corpus.store.categories import category_tree
from tests.corpus.archives import NOW, Folder, opened, options, post

LEVELS = "\n - 城市\n - 临江晚报\n - 首页"

POSTS = {
    "城市/桥.md": post(
        "临江大桥十月一日通车",
        "临江大桥全长两千八百米，十月一日零时通车。",
        "<b>通车之后</b>",
        "东西两岸的车程由四十分钟缩短到六分钟。",
        date="2026-09-20 08:00:00",
        author="临江晚报",
        categories=LEVELS,
        link="https://paper.example.com/bridge",
    ),
    "城市/桥二.md": post(
        "临江大桥首日车流平稳",
        "临江大桥通车首日，车流平稳，收费站没有排队。",
        date="2026-09-29 08:00:00",
        author="江岸新闻",
        categories="\n - 城市\n - 江岸新闻\n - 首页",
    ),
    "财经/茶.md": post(
        "云顶茶园今年增收两成",
        "云顶茶园的春茶今年卖出三百吨，茶农增收两成。",
        date="2026-05-03 08:00:00",
        author="江岸新闻",
        categories="\n - 财经\n - 江岸新闻\n - 首页",
    ),
    "财经/茶去年.md": post(
        "云顶茶园遭遇冰雹",
        "云顶茶园去年春天遭遇冰雹，茶农减收。",
        date="2026-03-03 08:00:00",
        author="DT 財經",
        categories="\n - 财经\n - DT 財經\n - 深度",
    ),
    "杂/无期.md": post("没有日期的一篇", "钟楼的指针重新走动。", date="", categories="杂"),
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    root = tmp_path_factory.mktemp("archive")
    folder = Folder(root / "posts")
    for path, text in POSTS.items():
        folder.write(path, text)
    with opened(folder.root, root / "data") as corpus:
        corpus.update(workers=0)
        yield corpus


def only(categories: tuple[Category, ...]) -> Category:
    [category] = categories
    return category


def chains(categories: tuple[Category, ...]) -> list[str]:
    return ["/".join(category.path) for category in categories]


# The newest


def test_the_newest_come_first_and_those_without_a_date_last(corpus: Corpus) -> None:
    page = corpus.latest()
    assert [article.path for article in page.articles] == [
        "城市/桥二.md",
        "城市/桥.md",
        "财经/茶.md",
        "财经/茶去年.md",
        "杂/无期.md",
    ]
    assert page.total == 5


@pytest.mark.parametrize("size", [1, 2, 3])
def test_pages_fit_together_without_gap(corpus: Corpus, size: int) -> None:
    found = [
        article.path
        for offset in range(0, 6, size)
        for article in corpus.latest(limit=size, offset=offset).articles
    ]
    assert found == [article.path for article in corpus.latest().articles]


def test_the_newest_of_a_category_are_those_at_and_below_it(corpus: Corpus) -> None:
    page = corpus.latest(category=only(corpus.find_categories("城市")))
    assert [article.path for article in page.articles] == ["城市/桥二.md", "城市/桥.md"]
    assert page.total == 2


def test_the_newest_of_an_author_are_found_by_folded_name(corpus: Corpus) -> None:
    assert [article.path for article in corpus.latest(author="dt财经").articles] == ["财经/茶去年.md"]
    assert corpus.latest(author="没有这家").total == 0


# Categories


def test_the_tree_begins_with_the_largest_root(corpus: Corpus) -> None:
    roots = corpus.categories()
    assert [(root.name, root.articles) for root in roots] == [("城市", 2), ("财经", 2), ("杂", 1)]
    assert [child.name for child in roots[2].children] == []


def test_a_category_is_found_again_by_its_id(corpus: Corpus) -> None:
    for node in corpus._nodes():
        assert corpus.category(node.id) == node
    assert corpus.category("zzzzzz") is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("城市", ["城市"], id="a root"),
        pytest.param("临江晚报", ["城市/临江晚报"], id="an outlet"),
        pytest.param("DT财经", ["财经/DT 財經"], id="folded, without blanks"),
        pytest.param(
            "首页", ["城市/临江晚报/首页", "城市/江岸新闻/首页", "财经/江岸新闻/首页"], id="a feed of several"
        ),
        pytest.param("财经/江岸新闻", ["财经/江岸新闻"], id="a chain"),
        pytest.param("晚报", ["城市/临江晚报"], id="part of a name"),
        pytest.param("财经", ["财经"], id="the upper one of those below each other"),
        pytest.param("没有", [], id="unknown"),
        pytest.param(" / ", [], id="nothing"),
    ],
)
def test_categories_are_found_by_name(corpus: Corpus, name: str, expected: list[str]) -> None:
    assert sorted(chains(corpus.find_categories(name))) == sorted(expected)


@given(
    st.dictionaries(
        st.lists(st.sampled_from("甲乙丙"), min_size=1, max_size=3).map(tuple), st.integers(1, 9), max_size=6
    )
)
def test_every_node_counts_what_is_at_and_below_it(counts: dict[tuple[str, ...], int]) -> None:
    rows = [(number, "", path, count) for number, (path, count) in enumerate(counts.items(), 1)]

    def check(nodes: tuple[Category, ...]) -> None:
        assert list(nodes) == sorted(nodes, key=lambda node: (-node.articles, node.path))
        for node in nodes:
            below = [count for path, count in counts.items() if path[: len(node.path)] == node.path]
            assert node.articles == sum(below)
            check(node.children)

    check(category_tree(rows))


# One article


def test_an_article_is_found_by_id_and_by_path(corpus: Corpus) -> None:
    by_path = corpus.article("城市/桥.md")
    assert by_path is not None
    assert corpus.article(by_path.article.id) == by_path
    assert by_path.article.url == "https://paper.example.com/bridge"
    assert by_path.article.published == datetime(2026, 9, 20, tzinfo=UTC)
    assert [paragraph.kind for paragraph in by_path.paragraphs] == [
        BlockKind.TEXT,
        BlockKind.HEADING,
        BlockKind.TEXT,
    ]
    assert by_path.passage_starts[0] == 0


@pytest.mark.parametrize(
    "name", ["", "../../etc/passwd", "城市", "x" * 5_000, "\0", "'; DROP TABLE articles"]
)
def test_what_names_no_article_finds_none(corpus: Corpus, name: str) -> None:
    assert corpus.article(name) is None
    assert corpus.similar(name) == ()


def test_similar_articles_are_about_the_same_thing_and_not_the_article_itself(corpus: Corpus) -> None:
    article = corpus.article("城市/桥.md")
    assert article is not None
    similar = corpus.similar(article.article.id)
    assert similar[0].path == "城市/桥二.md"
    assert article.article not in similar


# Arrivals and subscriptions


def test_arrivals_come_in_order_from_a_cursor_on(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "posts")
    with opened(folder.root, tmp_path / "data") as corpus:
        assert corpus.last_number() == 0
        folder.write_named(3)
        corpus.update(workers=0)
        cursor = corpus.last_number()
        folder.write_named(2, start=3)
        corpus.update(workers=0)
        assert [article.path for _, article in corpus.added_after(cursor)] == [
            "城市/晚报/00003.md",
            "城市/晚报/00004.md",
        ]
        first = corpus.added_after(0, limit=2)
        rest = corpus.added_after(first[-1][0])
        assert len(first) + len(rest) == 5


def test_articles_that_hold_every_word_match_a_subscription(corpus: Corpus) -> None:
    ids = [text.article.id for text in corpus.export()]

    def matching(question: str, filters: Filters = Filters()) -> list[str]:
        found = corpus.matching(question, ids, filters=filters)
        return [text.article.path for id_ in found if (text := corpus.article(id_)) is not None]

    assert matching("臨江大橋") == ["城市/桥.md", "城市/桥二.md"]
    assert matching("临江大桥 收费站") == ["城市/桥二.md"]
    assert matching("茶园", Filters(category="财经", since=date(2026, 4, 1))) == ["财经/茶.md"]
    assert matching("临江大桥 冰雹") == []
    assert corpus.matching("茶园", ["gone"]) == ()


# The whole


def test_a_trend_counts_articles_by_month_with_the_empty_ones(corpus: Corpus) -> None:
    assert corpus.trend("茶园") == ((date(2026, 3, 1), 1), (date(2026, 4, 1), 0), (date(2026, 5, 1), 1))
    assert corpus.trend("钟楼") == ()
    assert corpus.trend("没有这个词") == ()
    assert corpus.trend("") == ()


def test_a_trend_by_week_begins_on_mondays(corpus: Corpus) -> None:
    weeks = corpus.trend("临江大桥", by="week")
    assert [count for _, count in weeks] == [1, 0, 1]
    assert all(day.weekday() == 0 for day, _ in weeks)


def test_statistics_tell_size_and_freshness(corpus: Corpus) -> None:
    statistics = corpus.statistics()
    assert statistics.articles == 5
    assert statistics.passages >= 5
    assert statistics.newest == datetime(2026, 9, 29, tzinfo=UTC)
    assert statistics.updated == NOW
    assert statistics.index_bytes > 0
    assert statistics.store_bytes > 0


def test_an_export_gives_every_article_whole_in_the_same_order_every_time(corpus: Corpus) -> None:
    first, second = list(corpus.export()), list(corpus.export())
    assert first == second
    assert [text.article.path for text in first] == sorted(POSTS)
    assert all(text.paragraphs for text in first)


def test_a_sound_archive_verifies(corpus: Corpus) -> None:
    assert corpus.verify() == ()


def test_an_archive_that_was_never_indexed_is_empty_and_answers_to_everything(tmp_path: Path) -> None:
    with opened(tmp_path, tmp_path / "data") as corpus:
        assert corpus.empty
        assert corpus.latest().articles == ()
        assert corpus.categories() == ()
        assert corpus.find_categories("城市") == ()
        assert corpus.article("a.md") is None
        assert corpus.similar("a") == ()
        assert corpus.trend("词") == ()
        assert corpus.example_questions() == ()
        assert corpus.matching("词", ["a"]) == ()
        assert list(corpus.export()) == []
        assert corpus.verify() == ()
        assert corpus.statistics().updated is None
        assert corpus.ask("有什么").hits == ()


def test_the_future_is_no_date(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "posts")
    folder.write("a.md", post("明年的电影", "正文。", date=f"{NOW + timedelta(days=300):%Y-%m-%d}"))
    folder.write("b.md", post("昨天的事", "正文。", date=f"{NOW - timedelta(days=1):%Y-%m-%d}"))
    with opened(folder.root, tmp_path / "data") as corpus:
        corpus.update(workers=0)
        assert [article.path for article in corpus.latest().articles] == ["b.md", "a.md"]
        assert corpus.latest().articles[1].published is None


def test_a_date_that_lay_ahead_is_one_when_its_day_has_come(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "posts")
    due = NOW + timedelta(days=300)
    folder.write("a.md", post("明年的电影", "正文。", date=f"{due:%Y-%m-%d}"))
    folder.write("b.md", post("不会来的事", "正文。", date="2999-01-01"))
    os.utime(folder.root / "a.md", (1, 1))
    os.utime(folder.root / "b.md", (1, 1))
    with opened(folder.root, tmp_path / "data") as corpus:
        report = corpus.update(workers=0)
        assert [warning.reason for warning in report.warnings] == [
            f"the date lies ahead: {due:%Y-%m-%d}",
            "the date lies ahead: 2999-01-01",
        ]
        assert corpus.update(workers=0).changed == 0
    with Corpus.open(options(folder.root, tmp_path / "data"), now=lambda: due) as corpus:
        report = corpus.update(workers=0)
        assert (report.changed, report.unchanged) == (1, 1)
        assert [article.path for article in corpus.latest().articles if article.published] == ["a.md"]
