"""Which articles are about a topic, as the index tells."""

from collections.abc import Iterable, Iterator
from datetime import date

import pytest

from corpus import Corpus
from corpus.models import Filters
from corpus.question import parser
from corpus.question.query import Query
from corpus.retrieval.archive import Archive
from corpus.retrieval.topics import TopicArticles, articles_about, newest_about
from tests.corpus.archives import Folder, opened, post

LONG = "渡口今天开放。" + "两岸各有一处栈桥。" * 60


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    place = tmp_path_factory.mktemp("harbour")
    folder = Folder(place / "posts")
    for number, (title, paragraphs, day) in enumerate(
        (
            ("灯塔亮了", ("守塔人昨晚点灯。",), "2026-09-20"),
            ("港口新闻", ("灯塔下周开放参观。",), "2026-09-22"),
            ("渡口开放", (LONG, "远处还有一座灯塔。" * 40), "2026-09-24"),
            ("灯塔与lighthouse手册", ("lighthouses是英文名。",), "2026-09-18"),
        )
    ):
        folder.write(f"{number}.md", post(title, *paragraphs, date=f"{day} 09:00:00"))
    with opened(folder.root, place / "data") as corpus:
        corpus.update(workers=0)
        yield corpus


def query_of(question: str, filters: Filters = Filters()) -> Query:
    return parser.parse(question, filters=filters, today=date(2026, 9, 28))


@pytest.fixture(scope="module")
def archive(harbour: Corpus) -> Archive:
    snapshot = harbour._snapshot()
    assert snapshot is not None
    return harbour._archive(snapshot, harbour._store)


def paths(archive: Archive, numbers: Iterable[int]) -> list[str]:
    asked = list(numbers)
    articles = archive.store.articles_by_number(asked)
    return [articles[number].path for number in asked]


@pytest.mark.parametrize(
    ("question", "filters", "titled", "others"),
    [
        ("灯塔", Filters(), {"0.md", "3.md"}, {"1.md"}),
        ("渡口", Filters(), {"2.md"}, set()),
        ("lighthouse", Filters(), {"3.md"}, set()),
        ("灯塔", Filters(since=date(2026, 9, 20)), {"0.md"}, {"1.md"}),
        ("灯塔手册", Filters(), {"3.md"}, set()),
        ("灯塔渡口", Filters(), set(), set()),
        ("", Filters(), set(), set()),
    ],
)
def test_an_article_is_about_what_its_title_or_its_beginning_names(
    archive: Archive, question: str, filters: Filters, titled: set[str], others: set[str]
) -> None:
    """The end of a long article does not count; each word must be named, and plurals are the same word."""
    found = articles_about(archive, query_of(question, filters))
    assert (set(paths(archive, found.titled)), set(paths(archive, found.others))) == (titled, others)
    assert found.total == len(titled) + len(others)


@pytest.mark.parametrize(
    ("by_date", "limit", "order"),
    [
        (True, 9, ["1.md", "0.md", "3.md"]),
        (False, 9, ["0.md", "3.md", "1.md"]),
        (False, 2, ["0.md", "3.md"]),
        (True, 1, ["1.md"]),
        (False, 0, []),
    ],
)
def test_titles_come_first_unless_the_newest_are_asked_for(
    archive: Archive, by_date: bool, limit: int, order: list[str]
) -> None:
    query = query_of("灯塔")
    found = articles_about(archive, query)
    assert paths(archive, newest_about(archive, query, found, by_date=by_date, limit=limit)) == order


def test_of_no_articles_none_is_the_newest(archive: Archive) -> None:
    nothing = TopicArticles(frozenset(), frozenset())
    assert newest_about(archive, query_of("灯塔"), nothing, by_date=False, limit=5) == []
