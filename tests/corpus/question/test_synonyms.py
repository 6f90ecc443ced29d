"""Synonyms in questions."""

from collections import Counter
from datetime import date
from importlib import resources

import pytest

from corpus.question.parser import parse
from corpus.question.query import Query
from corpus.question.synonyms import default_synonyms, synonyms_of
from corpus.text.folding import fold
from corpus.text.terms import Family

TODAY = date(2026, 11, 23)


def parsed(question: str) -> Query:
    return parse(question, today=TODAY)


def test_synonyms_are_searched_at_a_lower_weight() -> None:
    terms = {term.text: term.weight for term in parsed("薪水多少").terms if term.family is Family.WORDS}
    assert terms["工资"] < terms["薪水"]


def test_what_means_the_same_as_a_name_counts_as_finding_each_part_of_it() -> None:
    assert parsed("川普发言").variants["川"] == ("川", "特朗普", "trump")


def test_one_way_synonyms_go_one_way() -> None:
    assert "上海" in synonyms_of("魔都")
    assert "魔都" not in synonyms_of("上海")


def test_synonyms_are_found_the_longest_first() -> None:
    assert "北京大学" in synonyms_of("北大")
    assert not any(term.text == "北京大学" for term in parsed("东北大学校长").terms)
    assert any(term.text == "北京大学" for term in parsed("北大校长").terms)


@pytest.mark.parametrize(
    ("question", "synonym"),
    [("中国中铁中标", "初中"), ("线下市场恢复", "退市"), ("通过身份证", "去世"), ("开放工作签证", "下班")],
)
def test_a_synonym_is_not_found_across_two_words(question: str, synonym: str) -> None:
    assert not any(term.text == synonym for term in parsed(question).terms)


def test_a_synonym_does_not_begin_within_a_latin_word() -> None:
    assert any(term.text == "哔哩" for term in parsed("b站").terms)
    assert not any(term.text == "哔哩" for term in parsed("usb站").terms)


def test_groups_of_synonyms_are_folded_and_said_once() -> None:
    lines = (
        resources.files("corpus.question").joinpath("synonyms.txt").read_text(encoding="utf-8").splitlines()
    )
    groups = [line for line in lines if line and not line.startswith("#")]
    assert len(groups) == len(set(groups))
    for group in groups:
        words = group.partition("#")[0].replace(">", " ").split()
        assert len(words) > 1, group
        assert words == [fold(word) for word in words], group


def test_no_group_only_repeats_others() -> None:
    groups = default_synonyms().groups
    pairs = [
        {(word, other) for word in words for other in others if other != word} for words, others in groups
    ]
    counts = Counter(pair for every in pairs for pair in every)
    repeated = [
        group
        for group, every in zip(groups, pairs, strict=True)
        if every and all(counts[pair] > 1 for pair in every)
    ]
    assert repeated == []


def test_a_latin_synonym_is_found_only_as_a_word() -> None:
    assert not any(term.text == "聚合物" for term in parsed("chain").terms)
    assert any(term.text == "人工智能" for term in parsed("AI 芯片").terms)
    assert not any(term.text == "人工智能" for term in parsed("paint 芯片").terms)
