"""Questions as they are typed in Hong Kong."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.cantonese import in_standard_words
from corpus.query import parse

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("typed", "standard"),
    [
        ("紫金礦業跌咗幾多", "紫金矿业跌了多少"),
        ("甚麼時候恢復通車", "什么时候恢复通车"),
        ("大橋點解封閉", "大桥为何封闭"),
        ("邊個負責維修大橋", "谁人负责维修大桥"),
        ("同邊間公司合作", "同哪间公司合作"),
        ("喺邊度買飛", "在哪里买飞"),
        ("嗰套戲播幾耐", "那套戏播多久"),
        ("隧道有幾長", "隧道有多长"),
        ("佢仲有冇上訴", "他还有没上诉"),
        ("新橋通咗車未？", "新桥通了车没?"),
    ],
)
def test_what_asks_is_understood_as_in_the_standard_language(typed: str, standard: str) -> None:
    asked, meant = parse(typed, today=TODAY), parse(standard, today=TODAY)
    assert asked.text == meant.text
    assert (asked.words, asked.kind, asked.focus) == (meant.words, meant.kind, meant.focus)


@pytest.mark.parametrize(
    "question", ["身边的人", "湖边只有两家店", "呢喃是什么歌", "几大公司合作", "杜仲有什么用"]
)
def test_other_questions_stay_as_they_are(question: str) -> None:
    assert in_standard_words(question) == question


@given(st.text(alphabet="边个几多点解咩嗰啲咗佢系同呢仲有未的人a ?", max_size=40))
def test_every_character_keeps_its_place(text: str) -> None:
    assert len(in_standard_words(text)) == len(text)
