"""The topic of a question."""

import pytest

from corpus.question import Utterance
from corpus.question.topic import extract_topic, has_topic, is_question, share_topic

said = Utterance.from_text


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        pytest.param("望江大桥为什么封闭", "望江大桥", id="before the interrogative"),
        pytest.param("谁是英国首相", "英国首相", id="behind it"),
        pytest.param("国葬花了多少钱", "国葬", id="without what is said of it"),
        pytest.param("邊個負責維修望江大橋", "维修望江大桥", id="Cantonese, folded"),
        pytest.param("远帆几岁", "远帆", id="a name that is split"),
        pytest.param("为什么", "为什么", id="nothing is named"),
    ],
)
def test_the_topic_is_what_a_question_names_on_one_side_of_its_interrogative(
    question: str, topic: str
) -> None:
    assert extract_topic(said(question)) == topic


@pytest.mark.parametrize(
    ("question", "expected"), [("有人受伤吗", False), ("他几岁", False), ("宋代古井里挖出了什么", True)]
)
def test_only_names_are_a_topic(question: str, expected: bool) -> None:
    assert has_topic(said(question)) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("有人受伤吗", True), ("烧了多久", True), ("燒咗幾耐", True), ("望江大桥塌了", False)],
)
def test_a_question_is_told_by_its_words(text: str, expected: bool) -> None:
    assert is_question(said(text)) is expected


def test_one_character_of_a_name_is_the_same_topic_but_not_one_letter() -> None:
    assert share_topic(said("修桥花了多少钱"), said("望江大桥为什么会断"))
    assert not share_topic(said("mac多少钱"), said("word怎么删除水印"))
    assert not share_topic(said("为什么"), said("为什么"))
