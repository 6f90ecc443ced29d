"""Questions to try: what somebody could ask who has not seen the headline."""

import pytest

from corpus import Corpus
from corpus.answering.suggested_questions import clauses


@pytest.mark.parametrize("title", ["我是怎么读代码的？", "分享16个我总结的思维模型", "笔者眼中的临江大桥"])
def test_what_only_its_author_would_say_is_no_example(title: str) -> None:
    assert clauses(title) == []


def test_a_question_names_what_it_asks_of(sample: Corpus) -> None:
    """“涉及12418辆！远帆插混车型XR-770下月起召回” asks nothing by its first clause alone."""
    assert not any(example.startswith("涉及") for example in sample.example_questions(12))


def test_a_share_is_asked_for_as_people_ask(sample: Corpus) -> None:
    assert not any("百分之多少" in example for example in sample.example_questions(12))
