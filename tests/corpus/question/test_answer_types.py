"""What a question asks for; the examples of each type are in the data, which `test_language` walks."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.question.answer_types import Rule, Strength, answer_type_of, default_answer_types, has_evidence
from corpus.text.folding import fold


def test_who_asks_for_a_number_needs_one_but_not_who_asks_whether() -> None:
    assert answer_type_of("票价是多少").strength is Strength.REQUIRED
    assert answer_type_of("票价涨了没有").strength is Strength.HINT


def test_a_question_of_no_type_is_answered_by_anything() -> None:
    assert has_evidence(answer_type_of("外交重点"), "随便什么")


def test_a_type_left_out_takes_no_question() -> None:
    types = default_answer_types()
    assert types.without("money").of("新版卖多少钱").name == "amount"
    assert types.without("money", "多少钱").of("新版多少钱").name == "amount"
    assert types.without("money", "多少钱").of("新版什么价").name == "money"


@pytest.mark.parametrize("rule", default_answer_types().rules, ids=lambda rule: rule.name)
def test_no_plain_word_repeats_what_another_alternative_finds(rule: Rule) -> None:
    for alternatives in (rule.asks, rule.evidence):
        plain = [each for each in alternatives if each == re.escape(each)]
        repeated = [
            word for word in plain if any(other != word and re.search(other, word) for other in alternatives)
        ]
        assert repeated == []


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_has_a_type_and_may_be_looked_at(question: str, text: str) -> None:
    has_evidence(answer_type_of(fold(question)), fold(text))
