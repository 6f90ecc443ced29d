from typing import Any

import pytest

from corpus.posts.labels import MAX_LABELS, author, categories


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("王五 (wangwu@example.org)", "王五"),
        ('"王五" <wangwu@example.org>', "王五"),
        ("wangwu@example.org（王五）", "王五"),
        ("mailto:wangwu@example.org (王五)", "王五"),
        ("<span class=a>王五</span>", "王五"),
        ({"name": "王五", "link": "https://example.org"}, "王五"),
        ([{"name": "王五"}, "王五", {"url": "x"}], "王五"),
        ("@某报", "@某报"),
        ("wangwu@example.org", None),
        ("Teng Biao, Isabel Hilton &#38; more", "Teng Biao, Isabel Hilton & more"),
    ],
)
def test_the_author_is_a_name(value: Any, name: str | None) -> None:
    assert author({"author": value}) == name


@pytest.mark.parametrize(
    ("value", "chain", "labels"),
    [
        ({"新闻": ["国内", "国际"]}, ("新闻", "国内"), ("国际",)),
        ({"新闻": None}, ("新闻",), ()),
        ([{"新闻": ["国内"]}, "观点"], ("新闻", "国内"), ("观点",)),
        ("[新闻, 国内]", ("新闻", "国内"), ()),
        ("-新闻 -国内", ("新闻", "国内"), ()),
        ("— 资讯", ("— 资讯",), ()),
        ("[新闻", ("[新闻",), ()),
        (2026, ("2026",), ()),
    ],
)
def test_categories_come_from_any_value(value: Any, chain: tuple[str, ...], labels: tuple[str, ...]) -> None:
    assert categories({"categories": value}) == (chain, labels)


def test_labels_are_bounded() -> None:
    wide = {f"类{number}": [f"子{each}" for each in range(90)] for number in range(90)}
    assert len(categories({"categories": wide, "tags": ["甲"] * 90})[1]) <= MAX_LABELS
