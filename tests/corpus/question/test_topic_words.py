"""Which questions are nothing but the name of a topic."""

from datetime import date

import pytest

from corpus.question import parse


@pytest.mark.parametrize(
    "question", ["疫情", "高考", "望江大桥", "人工智能", "iPhone 14", "A股", "元宇宙", "新冠", "天气预报"]
)
def test_a_name_alone_is_a_bare_topic(question: str) -> None:
    assert parse(question, today=date(2026, 11, 23)).is_bare_topic


@pytest.mark.parametrize(
    "question",
    [
        "疫情什么时候结束",
        "高铁票价",
        "英镑大跌原因",
        "泡脚水多烫合适",
        "昨天的疫情",
        "望江大桥 检测结果",
        '"疫情"',
        "疫情 -上海",
        "有几篇关于疫情的文章",
        "是什么",
        "12345",
    ],
)
def test_a_question_or_several_words_are_none(question: str) -> None:
    assert not parse(question, today=date(2026, 11, 23)).is_bare_topic


def test_a_name_that_no_dictionary_has_is_one_word_of_a_topic() -> None:
    assert parse("元宇宙", today=date(2026, 11, 23)).topic == ("元宇宙",)
    assert parse("有几篇关于安倍国葬的报道", today=date(2026, 11, 23)).topic == ("安倍", "国葬")
