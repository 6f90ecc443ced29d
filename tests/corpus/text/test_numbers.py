"""A number is found however it is written."""

from pathlib import Path

import pytest

from corpus import Confidence
from corpus.text.numbers import in_digits, regrouped
from tests.corpus.archives import Folder, opened, post


@pytest.mark.parametrize(
    ("plain", "marked"), [("5213", "5,213"), ("12418", "12,418"), ("1120000", "1,120,000")]
)
def test_separators_go_and_come(plain: str, marked: str) -> None:
    assert (regrouped(plain), regrouped(marked)) == (marked, plain)


@pytest.mark.parametrize(
    "text", ["213", "2026", "20261123", "007123", "1,2", "12,34", "5,213.5", "x5213", ""]
)
def test_what_nobody_separates_has_one_spelling(text: str) -> None:
    assert regrouped(text) is None


@pytest.mark.parametrize(
    ("word", "digits"),
    [("六号", "6号"), ("第八个", "第8个"), ("十公里", "10公里"), ("二十一届", "21届"), ("四十层", "40层")],
)
def test_small_numbers_in_characters_are_found_in_digits(word: str, digits: str) -> None:
    assert in_digits(word) == digits


@pytest.mark.parametrize(
    "word", ["三星", "四川", "万一", "一", "十分钟表", "二一号", "一二十号", "十十号", "号"]
)
def test_words_that_only_hold_a_numeral_stay(word: str) -> None:
    assert in_digits(word) is None


@pytest.mark.parametrize("written", ["5213", "5,213"])
@pytest.mark.parametrize("asked", ["5213", "5,213", "５，２１３"])
def test_a_number_is_found_with_and_without_separators(tmp_path: Path, written: str, asked: str) -> None:
    folder = Folder(tmp_path / "archive")
    folder.write_named(30)
    folder.write("交付.md", post("首月交付", f"远山汽车首月交付{written}辆，其中5辆出口。"))
    folder.write("销量.md", post("首月销量", "长河汽车首月交付213辆，另有5辆待发。"))
    with opened(folder.root, tmp_path / "data") as corpus:
        corpus.update(workers=0)
        answer = corpus.ask(f"汽车首月交付 {asked} 辆", limit=1)
    assert answer.hits[0].article.title == "首月交付"
    assert answer.confidence is Confidence.ANSWER


def test_a_number_in_characters_is_marked_in_digits(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "archive")
    folder.write_named(3)
    folder.write("地铁.md", post("地铁", "地铁6号线明年通车，5号线后年通车。"))
    with opened(folder.root, tmp_path / "data") as corpus:
        corpus.update(workers=0)
        hit = corpus.ask("地铁六号线", limit=1).hits[0]
    assert "6号" in "".join(hit.passage.text[start:end] for start, end in hit.highlights)


@pytest.mark.parametrize(
    ("asked", "sure"),
    [
        ("逐光二号哪天发射", True),
        ("逐光2号哪天发射", True),
        ("逐光三号哪天发射", False),
        ("逐光9号哪天发射", False),
        ("Nova14哪天发售", True),
        ("Nova15哪天发售", False),
    ],
)
def test_a_name_with_another_number_is_nothing_sure(tmp_path: Path, asked: str, sure: bool) -> None:
    folder = Folder(tmp_path / "archive")
    folder.write_named(30)
    folder.write("火箭.md", post("逐光二号", "逐光二号11月19日发射，把5颗卫星送入轨道。"))
    folder.write("手机.md", post("手机", "Nova14定于9月9日发售，PS5定于9月10日发售。"))
    with opened(folder.root, tmp_path / "data") as corpus:
        corpus.update(workers=0)
        answer = corpus.ask(asked, limit=1)
    assert answer.hits[0].article.title == ("手机" if "发售" in asked else "逐光二号")
    assert (answer.confidence is Confidence.ANSWER) is sure
