import pytest

from corpus.posts.front_matter import Value
from corpus.posts.keys import date_values, flattened


@pytest.mark.parametrize(
    "key",
    [
        *("date", "Published", "pubDate", "post_date", "date-published", "firstPublishedAt", "issued"),
        *("release_date", "created", "created_at", "creation-date", "timestamp", "Last-Modified", "lastmod"),
        *("updated", "update_time", "发布于", "創建時間", "最后更新时间"),
    ],
)
def test_a_name_of_the_date_is_known_in_any_spelling(key: str) -> None:
    assert list(date_values({"title": "河堤", key: "2026-03-02"})) == ["2026-03-02"]


@pytest.mark.parametrize(
    "key",
    ["release", "issue", "post", "on", "at", "author", "update", "candidate", "dates", "mandate", "发布"],
)
def test_other_keys_are_none(key: str) -> None:
    assert list(date_values({key: "2026-03-02"})) == []


def test_publication_goes_before_writing_and_writing_before_changes() -> None:
    values = {"lastmod": "d", "created": "c", "pubdate": "b", "date": "a"}
    assert list(date_values(values)) == ["a", "b", "c", "d"]


def test_what_stands_in_tables_of_generators_comes_to_the_top_and_replaces_nothing() -> None:
    values: dict[str, Value] = {
        "title": "河堤",
        "extra": {"Author": "某报", "title": "乙"},
        "taxonomies": {"tags": ["水利"]},
    }
    assert flattened(values) == {**values, "author": "某报", "tags": ["水利"]}
    assert flattened({"extra": ["甲"]}) == {"extra": ["甲"]}
