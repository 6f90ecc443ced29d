"""Large numbers and percentages in all their spellings."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.text.numerals import find_numerals


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("三千三百五十万", {"3350万", "33500000", "33,500,000"}),
        ("3350万", {"三千三百五十万", "33500000"}),
        ("33500000", {"三千三百五十万", "3350万"}),
        ("两万三千二百元", {"23200", "23,200", "2.32万"}),
        ("两万三", {"23000", "2.3万"}),
        ("三千五", {"3500", "3,500"}),
        ("百分之十九", {"19%"}),
        ("百分之零点五", {"0.5%"}),
        ("12.5%", {"百分之十二点五"}),
        ("一百二十亿", {"120亿", "12000000000"}),
        ("1.2亿", {"12000万", "一亿二千万", "120000000"}),
        ("一亿零五百万", {"10500万", "1.05亿"}),
    ],
)
def test_a_number_has_all_its_spellings(text: str, forms: set[str]) -> None:
    [numeral] = find_numerals(text)
    assert forms <= set(numeral.forms)


@pytest.mark.parametrize(
    "text",
    [
        "千万别去",
        "万一下雨",
        "第二十一届",
        "二〇二二年",
        "十九大",
        "三五百",
        "十几万",
        "2022",
        "13800138000",
        "12个",
    ],
)
def test_other_words_are_no_large_numbers(text: str) -> None:
    assert find_numerals(text) == ()


@given(st.integers(1, 10**8 - 1))
def test_a_number_in_characters_is_read_back(value: int) -> None:
    [numeral] = find_numerals(f"{value}万")
    spelt = next(form for form in reversed(numeral.forms) if re.search("[一二两三四五六七八九]", form))
    [again] = find_numerals(spelt)
    assert f"{value}万" in again.forms
