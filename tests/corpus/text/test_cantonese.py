"""Questions as they are typed in Hong Kong."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.question.parser import parse
from corpus.text.cantonese import _STANDARD_WORDS, normalize_cantonese

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
    assert asked.normalized == meant.normalized
    assert (asked.words, asked.proximity) == (meant.words, meant.proximity)
    assert asked.answer_type == meant.answer_type


@pytest.mark.parametrize(
    "question",
    [
        *("身边的人", "湖边只有两家店", "呢喃是什么歌", "几大公司合作", "杜仲有什么用", "海边度假村在哪里"),
        *(
            "茶几多少钱",
            "这几多年前",
            "9点解封了吗",
            "上海几点解封",
            "重点解决什么问题",
            "专家观点解读",
            "热点解析",
        ),
        *("试点样本", "缺点样样都有", "周边处置情况", "沿边处理", "俾斯麦是谁", "郁金香花园", "关系如何"),
    ],
)
def test_other_questions_stay_as_they_are(question: str) -> None:
    assert normalize_cantonese(question) == question


def test_what_is_quoted_stays_as_it_is() -> None:
    assert normalize_cantonese("「点解」边个唱") == "「点解」谁人唱"


def test_every_word_has_one_as_long() -> None:
    assert [word for word, standard in _STANDARD_WORDS.items() if len(word) != len(standard)] == []


@given(st.text(alphabet="边个几多点解样度处咩嘢嗰啲咗佢系同呢仲有未家日期啱的人「」a ?", max_size=40))
def test_every_character_keeps_its_place(text: str) -> None:
    assert len(normalize_cantonese(text)) == len(text)
