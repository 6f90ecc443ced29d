"""Several questions in one message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import Corpus
from corpus.question.splitting import MAX_QUESTIONS, split_questions


@pytest.mark.parametrize(
    ("message", "questions"),
    [
        ("望江大桥几号通车？高铁票价多少？", ("望江大桥几号通车？", "高铁票价多少？")),
        ("望江大桥几号通车\n高铁票价多少", ("望江大桥几号通车", "高铁票价多少")),
        (
            "请问望江大桥几号通车？另外，高铁票价多少？谢谢",
            ("请问望江大桥几号通车？", "另外，高铁票价多少？谢谢"),
        ),
        (
            "Who wrote the report? How long is the bridge?",
            ("Who wrote the report?", "How long is the bridge?"),
        ),
        ("大桥封了。几点通车？船还开吗？", ("大桥封了。几点通车？", "船还开吗？")),
        ("茶饮店上市了吗？涨了多少？", ("茶饮店上市了吗？", "涨了多少？")),
    ],
)
def test_each_question_of_a_message_is_one(message: str, questions: tuple[str, ...]) -> None:
    assert split_questions(message) == questions


@pytest.mark.parametrize(
    "message",
    [
        "望江大桥昨天封了。什么时候通车？",
        "关于高铁\n票价多少？",
        "望江大桥几号通车？？？",
        "望江大桥几号通车？是吗？",
        "高铁票价多少？谢谢！",
        "为什么？怎么办？",
        "谁说过「去哪？做什么？」",
        "分类:城市 桥通了吗？票价多少？",
        "桥？路？车？船？",
        "望江大桥",
        "桥几号通车？" * 40,
        "",
    ],
)
def test_one_question_stays_one(message: str) -> None:
    assert split_questions(message) == (message,)


@given(st.text(max_size=200))
def test_nothing_typed_is_lost(message: str) -> None:
    questions = split_questions(message)
    assert len(questions) <= MAX_QUESTIONS
    assert "".join("".join(questions).split()) == "".join(message.split())


def test_each_question_gets_its_answer(sample: Corpus) -> None:
    first, second = "望江大桥什么时候恢复通行？", "高铁二等座多少钱？"
    answer = sample.ask(first + second)
    assert [part.question for part in answer.parts] == [first, second]
    for part, alone in zip(answer.parts, (first, second), strict=True):
        assert (part.text, part.confidence) == ((said := sample.ask(alone)).text, said.confidence)
    assert (answer.question, answer.hits) == (first + second, answer.parts[0].hits)


def test_a_question_that_names_nothing_is_asked_of_what_the_first_one_names(sample: Corpus) -> None:
    answer = sample.ask("半亩茶饮上市了吗？涨了多少？")
    assert [part.question for part in answer.parts] == ["半亩茶饮上市了吗？", "涨了多少？"]
    assert "半亩茶饮" in (answer.parts[1].text or "")


def test_one_question_has_no_parts(sample: Corpus) -> None:
    assert sample.ask("望江大桥昨天封了。什么时候通车？").parts == ()
