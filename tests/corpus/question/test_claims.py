"""What a question takes for granted: every entry of `claims.toml` with its examples, and how they combine."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from corpus.question.claims import (
    asked_post,
    asks_state,
    claim_words,
    counted_thing,
    is_contradicted,
    lacks_occasion,
    lacks_sequence,
    names_place,
    place_names,
    tells_end,
)
from corpus.question.parser import parse
from corpus.question.query import Query
from corpus.text import data_files

CLAIMS: Mapping[str, Any] = data_files.read("corpus.question.language", "claims.toml").values
PAIRS = [example for entry in CLAIMS["opposite"] for example in entry["examples"]]
SENTENCES = [*PAIRS, *CLAIMS["superlative"]["examples"], *CLAIMS["negation"]["examples"]]


def asked(question: str) -> Query:
    return parse(question, today=date(2026, 11, 30))


@pytest.mark.parametrize(("question", "sentence", "contradicted"), SENTENCES)
def test_every_example_of_a_claim_is_judged_as_the_file_says(
    question: str, sentence: str, *, contradicted: bool
) -> None:
    assert is_contradicted(asked(question), "", sentence) is contradicted


@pytest.mark.parametrize(("question", "sentence", "elsewhere"), CLAIMS["places"]["examples"])
def test_every_example_of_a_place_is_judged_as_the_file_says(
    question: str, sentence: str, *, elsewhere: bool
) -> None:
    places = [word for word in asked(question).words if word in place_names()]
    assert any(not names_place(sentence, [place]) for place in places) is elsewhere


@pytest.mark.parametrize(("question", "state"), CLAIMS["state"]["examples"])
def test_every_example_of_a_state_is_judged_as_the_file_says(question: str, *, state: bool) -> None:
    assert asks_state(asked(question)) is state


@pytest.mark.parametrize(("title", "ended"), CLAIMS["ended"]["examples"])
def test_every_example_of_an_end_is_judged_as_the_file_says(title: str, *, ended: bool) -> None:
    assert tells_end(title) is ended


@pytest.mark.parametrize(("question", "sentence", "lacks"), CLAIMS["occasions"]["examples"])
def test_every_example_of_an_occasion_is_judged_as_the_file_says(
    question: str, sentence: str, *, lacks: bool
) -> None:
    assert lacks_occasion(question, sentence) is lacks


@pytest.mark.parametrize(
    ("question", "sentence", "lacks"), [each for entry in CLAIMS["sequence"] for each in entry["examples"]]
)
def test_every_example_of_a_sequence_is_judged_as_the_file_says(
    question: str, sentence: str, *, lacks: bool
) -> None:
    assert lacks_sequence(question, sentence) is lacks


@pytest.mark.parametrize(("question", "which"), CLAIMS["which"]["examples"])
def test_every_example_of_who_and_which_is_judged_as_the_file_says(question: str, *, which: bool) -> None:
    assert (claim_words().which.search(question) is not None) is which


@pytest.mark.parametrize(
    ("question", "thing"),
    [
        ("英国女王养过多少只猫", "猫"),
        ("游戏有几个结局", "结局"),
        ("公园里种了多少棵银杏", "银杏"),
        ("有多少人", None),
        ("大桥长多少米", None),
        ("票价是多少", None),
    ],
)
def test_what_a_question_counts(question: str, thing: str | None) -> None:
    assert counted_thing(asked(question)) == thing


@pytest.mark.parametrize(
    ("question", "post"),
    [
        ("中信证券董事长是谁", ("中信证券", "董事长")),
        ("谁是董事长", None),
        ("怕你们不再相信的是谁", None),
    ],
)
def test_whose_post_is_asked_for(question: str, post: tuple[str, str] | None) -> None:
    assert asked_post(asked(question)) == post


@pytest.mark.parametrize(("question", "whether"), CLAIMS["whether"]["examples"])
def test_every_example_of_whether_is_judged_as_the_file_says(question: str, *, whether: bool) -> None:
    assert (claim_words().whether.search(question) is not None) is whether


def test_the_title_may_say_what_the_sentence_leaves_out() -> None:
    assert not is_contradicted(asked("最大的手机厂商是谁"), "联想成最大手机厂商", "联想份额过半。")


def test_a_denial_answers_how_many() -> None:
    assert not is_contradicted(asked("多少人受伤"), "", "没有人受伤。")


def test_a_negation_inside_a_name_denies_nothing() -> None:
    assert not is_contradicted(asked("日不落帝国是谁打败的"), "", "帝国被舰队打败。")
