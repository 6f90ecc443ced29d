"""Names of categories and authors."""

import pytest

from corpus.index.labels import author_label, category_label
from corpus.retrieval.names import Names, name_key

NAMES = Names(
    categories=((("财经",), 1), (("财经", "潮声财经"), 2), (("生活",), 3)),
    authors=(("潮声财经", 7), ("澜川晚报", 8), ("dt财经", 9)),
    written={"财经": "财经", "潮声财经": "潮声财经", "澜川晚报": "澜川晚报", "dt财经": "DT 財經"},
)


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        pytest.param("财经", {1, 2}, id="a node and those below it"),
        pytest.param("財經", {1, 2}, id="in the other script"),
        pytest.param("财经/潮声财经", {2}, id="a chain"),
        pytest.param("潮声", {2}, id="a part where nothing is called so"),
        pytest.param("体育", set(), id="unknown"),
        pytest.param(" ", set(), id="nothing"),
    ],
)
def test_categories_of_a_name(name: str, numbers: set[int]) -> None:
    assert NAMES.category_numbers(name) == numbers


def test_a_filter_by_category_means_an_outlet_where_no_category_is_called_so() -> None:
    assert NAMES.labels_of_category("澜川晚报") == {author_label(8)}
    assert NAMES.labels_of_category("生活") == {category_label(3)}


def test_an_outlet_may_be_a_category_too() -> None:
    assert NAMES.labels_of_author("潮声财经") == {author_label(7), category_label(2)}


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [("晚报社", ("澜川晚报",)), ("DT财金", ("DT 財經",)), ("xxx", ()), ("Bridge", ())],
)
def test_the_nearest_names_are_given_as_they_are_written(typed: str, nearest: tuple[str, ...]) -> None:
    assert NAMES.nearest(typed)[:1] == nearest


def test_blanks_and_case_make_no_other_name() -> None:
    assert name_key("DT 財經") == name_key("dt财经")
