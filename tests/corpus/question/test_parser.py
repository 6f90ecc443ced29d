"""Questions as people type them → queries: content words, terms, dates."""

import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import Filters
from corpus.question.parser import DEFAULT_PARAMETERS, parse
from corpus.question.query import Query, QueryParameters
from corpus.text.terms import Family

TODAY = date(2026, 11, 23)


def parsed(question: str, filters: Filters = Filters()) -> Query:
    return parse(question, filters=filters, today=TODAY)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        pytest.param("请问临江大桥什么时候通车呢", ("临江", "大桥", "通车"), id="question words are cut"),
        pytest.param("what is the price of pulsar", ("price", "pulsar"), id="English"),
        pytest.param("怎么样", ("怎么样",), id="all that is left is content"),
        pytest.param("通车 通车", ("通车",), id="once each"),
        pytest.param("？！。", (), id="only marks"),
        pytest.param("", (), id="nothing"),
    ],
)
def test_content_words_are_what_is_searched(question: str, words: tuple[str, ...]) -> None:
    assert parsed(question).words == words


def test_a_question_of_nothing_but_a_phrase_asks_for_the_phrase() -> None:
    assert parsed('"的"').words == ("的",)


@pytest.mark.parametrize(
    ("parameters", "kept"),
    [
        pytest.param(QueryParameters(max_terms=3), 3, id="terms"),
        pytest.param(QueryParameters(max_characters=4), 9, id="characters"),
    ],
)
def test_a_long_question_is_cut(parameters: QueryParameters, kept: int) -> None:
    assert len(parse("望江大桥什么时候恢复通行", today=TODAY, parameters=parameters).terms) == kept


def test_weights_are_parameters() -> None:
    parameters = QueryParameters(character_weight=0.0, synonym_weight=0.25, date_weight=3.0)
    query = parse("9月26日的薪水", today=TODAY, parameters=parameters)
    weights = {(term.text, term.family): term.weight for term in query.terms}
    assert weights["薪水", Family.WORDS] == 1.0
    assert weights["薪水", Family.CHARACTERS] == 0.0
    assert weights["工资", Family.WORDS] == 0.25
    assert weights["@-09-26", Family.WORDS] == 3.0


def test_dates_in_plain_words_lift_without_filtering() -> None:
    query = parsed("昨天的新闻")
    assert query.filters == Filters()
    assert [term.text for term in query.terms if term.text.startswith("@")] == ["@2026-11-22"]


@pytest.mark.parametrize(
    "form", ["9/27", "9.27", "9 月 27 日", "九月二十七日", "9月27号", "9月27日（星期二）", "9月27日那天"]
)
def test_a_day_is_searched_as_articles_write_it_whatever_its_form(form: str) -> None:
    plain, other = parsed("大桥 9月27日 限行"), parsed(f"大桥 {form} 限行")
    assert [word for word in other.words if word != "号"] == [
        word for word in plain.words if word != "日"
    ] or (other.words == plain.words)
    assert {term.text for term in other.terms} >= {"@-09-27"}
    assert other.dates[0].since == date(2026, 9, 27)


@pytest.mark.parametrize(
    ("question", "days", "words"),
    [
        ("2022年2月30日大桥怎么了", ("2022年2月30日",), ("大桥",)),
        ("13月45日 大桥", ("13月45日",), ("大桥",)),
        ("2月29日 大桥", (), ("2", "月", "29", "日", "大桥")),
    ],
)
def test_a_day_that_no_calendar_has_is_named_and_not_searched(
    question: str, days: tuple[str, ...], words: tuple[str, ...]
) -> None:
    assert parsed(question).impossible_days == days
    assert parsed(question).words == words


@pytest.mark.parametrize(
    ("question", "is_lifted"),
    [
        ("2022年9月20日到26日 大桥", True),
        ("2022年9月 大桥", True),
        ("2022年 大桥", True),
        ("大桥公司三季度营收", False),
        ("大桥公司2022年上半年营收", False),
        ("2015年到2020年 大桥", False),
        ("2015年以前 大桥", False),
    ],
)
def test_articles_of_a_long_period_are_not_lifted(question: str, is_lifted: bool) -> None:
    query = parsed(question)
    assert query.dates
    assert any(term.text.startswith("@") for term in query.terms) is is_lifted


def test_chinese_quotes_are_kept_as_phrases_that_lift() -> None:
    assert parsed("谁说过「从不袖手旁观」").quoted == ("从不袖手旁观",)


def test_the_same_question_in_other_spelling_is_the_same_query() -> None:
    one, other = parsed("Ａ７７０ 臺灣發售"), parsed("a770 台湾发售")
    assert (one.words, one.terms) == (other.words, other.terms)


@given(st.text(max_size=300))
def test_any_text_is_understood(question: str) -> None:
    query = parsed(question)
    assert len(query.terms) <= DEFAULT_PARAMETERS.max_terms
    assert set(query.variants) == {*query.words, *(name.term for name in query.model_names)}
    assert len(query.free_text) == len(query.typed) <= DEFAULT_PARAMETERS.max_characters


@pytest.mark.parametrize(
    "piece",
    ['"', "-", "「", "分类:", "从:", "9月", "1", " ", "-a ", '-"', "谁", "\u0301", "\u200b", "𠀀", "周"],
)
def test_four_thousand_odd_characters_take_no_time(piece: str) -> None:
    parsed("预热")
    started = time.process_time()
    parsed(piece * (4096 // len(piece)))
    assert time.process_time() - started < 1
