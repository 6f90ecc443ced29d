"""Filters as restrictions of the index."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from corpus import Corpus, Filters
from corpus.index.index import Restriction
from corpus.retrieval.archive import Archive
from corpus.retrieval.filters import NOWHERE, restriction, text_passes
from corpus.retrieval.names import Names


def unused() -> Names:
    raise AssertionError("no filter has a name")


@pytest.fixture
def archive(sample: Corpus) -> Archive:
    snapshot = sample._snapshot()
    assert snapshot is not None
    return replace(sample._archive(snapshot), names=unused)


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
