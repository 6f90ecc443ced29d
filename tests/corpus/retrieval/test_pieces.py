"""What an article must contain to have all words of a question."""

from datetime import date

import pytest

from corpus.question import parser
from corpus.retrieval.pieces import pieces_of


@pytest.mark.parametrize(
    ("question", "pieces"),
    [
        ("央行 降准", ("央行", "降准")),
        ("川普", ("川普",)),
        ("英镑大跌原因", ("英镑", "大跌", "原因")),
        ("英镑为什么大跌", ("英镑", "大跌")),
        ("国葬花了多少钱", ("国葬", "花", "钱")),
        ("gpt-4 价格", ("gpt-4", "价格")),
        ("芯片 分类:科技 -广告", ("芯片",)),
        ("分类:科技", ()),
    ],
)
def test_names_stay_whole_and_questions_are_taken_apart(question: str, pieces: tuple[str, ...]) -> None:
    assert pieces_of(parser.parse(question, today=date(2026, 9, 1))) == pieces
