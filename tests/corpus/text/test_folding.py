"""Folding: spellings of the same text become one, and spans lead back to the original."""

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from corpus.text import folding
from tests.corpus.text.texts import anything, news
from tests.profiles import examples


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        pytest.param("ＡＢＣ１２３", "abc123", id="full-width letters and digits"),
        pytest.param("外交（重点）：八项", "外交(重点):八项", id="full-width marks"),
        pytest.param("⽤⼾⻓期", "用户长期", id="look-alike radicals"),
        pytest.param("臺灣總統府", "台湾总统府", id="traditional"),
        pytest.param("他看著我", "他看着我", id="the particle zhe in its traditional spelling"),
        pytest.param("著名作家的著作", "著名作家的著作", id="zhu stays"),
        pytest.param("金\u200b砖\ufeff国", "金砖国", id="zero-width characters"),
        pytest.param("cafe\u0301", "café", id="a letter and its accent"),
        pytest.param("\ud83d丢了一半", "\ufffd丢了一半", id="half of a character"),
        pytest.param("…①", "...1", id="one character becomes several"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_spellings_of_the_same_text_fold_to_one(text: str, folded: str) -> None:
    assert folding.fold(text) == folded


@settings(max_examples=examples(300), deadline=None)
@given(st.lists(news | anything, max_size=4))
@example(["看著", "作者", "名", "著"])
@example(["", "臺灣\n裏", ""])
@example(["看著……㏆", "⑺裏\u200b", "Ⅷ e\u0301…"])
@example(["⿽後", "甲"])
@example([])
def test_several_texts_fold_as_each_does(texts: list[str]) -> None:
    assert folding.fold_each(texts) == list(map(folding.fold, texts))
    assert folding.fold_each_with_map(texts) == list(map(folding.fold_with_map, texts))


@pytest.mark.parametrize("part", range(4))
def test_every_character_folds_in_company_as_alone(part: int) -> None:
    several = [chr(code) for code in range(0x20, 0x30000) if not 0xD800 <= code <= 0xDFFF][part::4]
    lines = ["甲".join(several[start : start + 20]) for start in range(0, len(several), 20)]
    for start in range(0, len(lines), 10):
        some = lines[start : start + 10]
        assert folding.fold_each(some) == list(map(folding.fold, some))


@settings(max_examples=examples(300), deadline=None)
@given(news | anything)
@example("e\u200b\u0301")
@example("\u1100\u1161\u0301")
@example("\u09c7\u09be\u0301")
@example("İ\u0307I")
def test_folding_with_a_map_gives_the_same_text(text: str) -> None:
    assert folding.fold_with_map(text).text == folding.fold(text)


@settings(max_examples=examples(300), deadline=None)
@given(news | anything)
def test_each_folded_character_knows_an_original_one(text: str) -> None:
    folded = folding.fold_with_map(text)
    assert len(folded.origins) == len(folded.text) + 1
    assert list(folded.origins) == sorted(folded.origins)
    assert all(0 <= origin < len(text) for origin in folded.origins[:-1])
    assert folded.origins[-1] == len(text)


@settings(max_examples=examples(300), deadline=None)
@given(st.data())
def test_spans_of_folded_text_fall_on_stretches_of_the_original(data: st.DataObject) -> None:
    text = data.draw(news)
    folded = folding.fold_with_map(text)
    if not folded.text:
        return
    start = data.draw(st.integers(0, len(folded.text) - 1))
    end = data.draw(st.integers(start + 1, len(folded.text)))
    first, last = folded.original_span(start, end)
    assert 0 <= first < last <= len(text)
    # What was marked in the folded text is still there when the stretch is folded by itself.
    if all(not unicodedata.combining(character) for character in text):
        assert len(folding.fold_with_map(text[first:last]).text) >= end - start


def test_a_span_leaves_invisible_characters_after_it_outside() -> None:
    text = "金砖\u200b\u200b国家"
    assert folding.fold_with_map(text).original_span(0, 2) == (0, 2)
    assert folding.fold_with_map(text).original_span(1, 3) == (1, 5)


def test_a_character_that_folds_to_several_is_marked_whole() -> None:
    assert folding.fold_with_map("甲…乙").original_span(2, 3) == (1, 2)
