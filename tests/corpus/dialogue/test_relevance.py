"""How well an answer answers a follow-up question."""

import pytest

from corpus.dialogue.relevance import (
    EVIDENCE_ALONE,
    Requirements,
    continues,
    mentions,
    narrow_to,
    passage_contains,
    score,
)
from corpus.models import Answer, Article, Confidence, Filters, Hit, Passage
from corpus.question import Utterance
from corpus.text import sentences

TEXT = "东山化肥厂仓库起火。大火烧了五个小时。两名工人受伤。"


def required(question: str) -> Requirements:
    return Requirements.from_question(Utterance.from_text(question))


def answer(
    text: str = TEXT,
    *places: int,
    confidence: Confidence = Confidence.ANSWER,
    sureness: float = 0.9,
) -> Answer:
    """An answer whose marked sentences are those at some places of a text."""
    spans = sentences(text)
    marked = tuple(spans[place] for place in places)
    article = Article("a", "a.md", "化肥厂火灾", None, None, None, ())
    hit = Hit(article, Passage("a.0", 0, text), marked, (), 1.0)
    return Answer("", confidence, sureness, text, Filters(), (), (hit,), 1, 1.0)


NOTHING = Answer("", Confidence.NONE, 0.0, None, Filters(), (), (), 0, 1.0)


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        pytest.param("烧了多久", "大火烧了五个小时。", 1.0, id="word and evidence"),
        pytest.param("烧了多久", "大火烧了很久。", 0.0, id="no evidence"),
        pytest.param("烧了多久", "会议开了五个小时。", EVIDENCE_ALONE, id="evidence of something else"),
        pytest.param("死了几个人", "事故没有造成人员伤亡。", 1.0, id="nobody is a number"),
        pytest.param("谁负责调查", "调查由消防队负责。", 1.0, id="no distinctive type"),
    ],
)
def test_a_text_scores_by_words_and_evidence(question: str, text: str, expected: float) -> None:
    assert required(question).score(text) == pytest.approx(expected)


def test_what_stands_around_the_answering_sentences_counts_half() -> None:
    marked, beside = (
        score(answer(TEXT, 1), required("烧了多久")),
        score(answer(TEXT, 0), required("烧了多久")),
    )
    assert beside == marked / 2 > 0
    assert score(NOTHING, required("烧了多久")) == 0


def test_other_sentences_are_marked_where_they_answer_better() -> None:
    assert narrow_to(answer(TEXT, 0), required("有人受伤吗")).text == "两名工人受伤。"
    assert narrow_to(answer(TEXT, 0, 2), required("谁受伤")).text == "两名工人受伤。"


@pytest.mark.parametrize("found", [NOTHING, answer(TEXT, 2)], ids=["no hit", "marked already"])
def test_what_need_not_be_narrowed_stays_as_it_is(found: Answer) -> None:
    assert narrow_to(found, required("谁受伤")) is found


@pytest.mark.parametrize(("sureness", "expected"), [(0.88, True), (0.8, False)])
def test_a_question_continues_another_that_costs_it_no_confidence(sureness: float, expected: bool) -> None:
    about, alone = answer(TEXT, 1, sureness=sureness), answer(TEXT, 1, sureness=0.9)
    assert continues(about, alone, required("烧了多久"), Utterance.from_text("化肥厂火灾")) is expected


def test_unsure_answers_continue_a_question_only_with_a_name_of_it() -> None:
    about = answer(confidence=Confidence.RELATED, sureness=0.4)
    alone = answer(confidence=Confidence.RELATED, sureness=0.3)
    asked = required("修桥花了多少钱")
    assert continues(about, alone, asked, Utterance.from_text("望江大桥为什么会断"))
    assert not continues(about, alone, asked, Utterance.from_text("英镑为什么大跌"))
    assert not continues(alone, about, asked, Utterance.from_text("望江大桥为什么会断"))


def test_an_answer_mentions_what_its_title_or_its_sentences_say() -> None:
    assert mentions(answer(TEXT, 0), "火灾")
    assert mentions(answer(TEXT, 2), "受伤")
    assert not mentions(answer(TEXT, 0), "受伤")
    assert passage_contains(answer(TEXT, 0), "受伤")
    assert not passage_contains(NOTHING, "受伤")
