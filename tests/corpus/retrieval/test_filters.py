"""Filters as restrictions of the index, and checked on whole articles."""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from corpus import Article, Corpus, Filters
from corpus.index.index import Restriction
from corpus.retrieval.archive import Archive
from corpus.retrieval.filters import NOWHERE, Checker, restriction, text_passes
from corpus.retrieval.names import Names


def unused() -> Names:
    raise AssertionError("no filter has a name")


@pytest.fixture
def archive(sample: Corpus) -> Archive:
    snapshot = sample._snapshot()
    assert snapshot is not None
    return replace(sample._archive(snapshot, sample._store), names=unused)


def seconds(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp())  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        pytest.param(Filters(), None, id="everything passes"),
        pytest.param(Filters(phrases=("桥",)), None, id="phrases are checked in the text"),
        pytest.param(Filters(article="gone"), NOWHERE, id="an article that does not exist"),
        pytest.param(
            Filters(since=date(2026, 11, 2), until=date(2026, 11, 2)),
            Restriction(since=seconds(2026, 11, 1, 16), until=seconds(2026, 11, 2, 16)),
            id="a day in the zone of the archive",
        ),
        pytest.param(Filters(since=date.min), Restriction(since=0), id="the first day of the calendar"),
        pytest.param(Filters(until=date.max), None, id="the last day of the calendar"),
    ],
)
def test_filters_become_a_restriction(
    archive: Archive, filters: Filters, expected: Restriction | None
) -> None:
    assert restriction(filters, archive) == expected


def test_a_text_passes_with_all_phrases_and_nothing_excluded() -> None:
    filters = Filters(phrases=("大桥", "通车"), excluded=("推迟",))
    assert text_passes("大桥今天通车", filters)
    assert not text_passes("大桥今天封闭", filters)
    assert not text_passes("大桥推迟通车", filters)


NAMES = Names(
    categories=((("金融",), 1), (("金融", "基金"), 2), (("体育",), 3)),
    authors=(("晚报", 1), ("周刊", 2)),
    written={},
)


@pytest.mark.parametrize(
    ("filters", "passes"),
    [
        pytest.param(Filters(), True, id="no filter"),
        pytest.param(Filters(category="金融"), True, id="a category above"),
        pytest.param(Filters(category="体育"), False, id="another category"),
        pytest.param(Filters(category="晚报"), True, id="an outlet in place of a category"),
        pytest.param(Filters(author="晚 报"), True, id="an author"),
        pytest.param(Filters(author="基金"), True, id="a category in place of an author"),
        pytest.param(Filters(author="周刊"), False, id="another author"),
        pytest.param(Filters(since=date(2026, 11, 2), until=date(2026, 11, 2)), True, id="its day"),
        pytest.param(Filters(until=date(2026, 11, 1)), False, id="the day before"),
        pytest.param(Filters(since=date(2026, 11, 3)), False, id="the day after"),
        pytest.param(Filters(phrases=("净值",)), True, id="a phrase"),
        pytest.param(Filters(excluded=("净值",)), False, id="an excluded word"),
    ],
)
def test_filters_are_checked_on_an_article(filters: Filters, passes: bool) -> None:
    published = datetime(2026, 11, 1, 16, tzinfo=UTC)  # the second of November in Shanghai
    article = Article("a", "a.md", "基金", None, published, "晚报", ("金融", "基金"))
    checker = Checker(NAMES, ZoneInfo("Asia/Shanghai"))
    assert checker.passes(article, "基金净值", filters) is passes


def test_an_article_without_a_date_passes_no_filter_by_day() -> None:
    article = Article("a", "a.md", "基金", None, None, None, ())
    checker = Checker(NAMES, ZoneInfo("Asia/Shanghai"))
    assert not checker.passes(article, "基金", Filters(since=date(2026, 11, 2)))
