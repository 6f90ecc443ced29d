"""The top-k collector and its estimated cutoff."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.index.segments import Facets
from corpus.index.top_k import TopK, approximate_cutoff


def facets(articles: list[int], published: list[int]) -> Facets:
    count = len(articles)
    return Facets(
        numbers=np.arange(1, count + 1, dtype=np.int32),
        articles=np.array(articles, np.int32),
        published=np.array(published, np.uint32),
        label_sets=np.zeros(count, np.uint32),
        label_starts=np.zeros(2, np.uint32),
        labels=np.empty(0, np.int32),
    )


@pytest.mark.parametrize(
    ("per_article", "numbers"),
    [pytest.param(True, [3, 1], id="one an article"), pytest.param(False, [3, 2], id="passages")],
)
def test_the_best_are_kept_in_order(per_article: bool, numbers: list[int]) -> None:
    top = TopK(2, per_article=per_article)
    top.collect(facets([7, 8, 8, 9], [0, 5, 6, 9]), None, np.array([1.0, 2.0, 2.0, 0.0]))
    assert [match.number for match in top.matches()] == numbers


def test_a_threshold_holds_once_there_is_no_room() -> None:
    top = TopK(2, per_article=False)
    some = facets([1, 2, 3], [0, 0, 0])
    top.collect(some, np.array([0]), np.array([3.0]))
    assert top.threshold == 0.0
    top.collect(some, np.array([1, 2]), np.array([1.0, 2.0]))
    assert top.threshold == 2.0


@given(st.lists(st.integers(0, 20), min_size=2, max_size=200), st.data())
def test_a_cutoff_is_reached_by_as_many_as_asked_for(values: list[int], data: st.DataObject) -> None:
    count = data.draw(st.integers(1, len(values)))
    floats = np.array(values, np.float64)
    assert (floats >= approximate_cutoff(floats, count)).sum() >= count
