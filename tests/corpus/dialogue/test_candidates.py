"""The choice among the answers that may be shown to a follow-up question: the table, row by row."""

import pytest

from corpus.dialogue.candidates import Candidate, Candidates, choose
from corpus.dialogue.decisions import Note, ShowAnswer
from corpus.dialogue.relevance import Requirements
from corpus.dialogue.search import Search
from corpus.models import Answer, Article, Confidence, Filters, Hit, Passage
from corpus.question import Utterance

REQUIRED = Requirements.from_question(Utterance.from_text("有人受伤吗"))


def candidate(
    name: str,
    score: float = 0.0,
    *,
    confidence: Confidence = Confidence.ANSWER,
    sureness: float = 0.5,
    is_here: bool = False,
) -> Candidate:
    """An answer that shows an article of that name."""
    hit = Hit(Article(name, "", name, None, None, None, ()), Passage(f"{name}.0", 0, "文"), (), (), 1.0)
    answer = Answer("", confidence, sureness, None, Filters(), (), (hit,), 1, 1.0)
    return Candidate(ShowAnswer(Search(name), answer), score, is_here)


def nothing(name: str) -> Candidate:
    answer = Answer("", Confidence.NONE, 0.0, None, Filters(), (), (), 0, 1.0)
    return Candidate(ShowAnswer(Search(name), answer), 0.0, is_here=False)


def chosen(
    inside: Candidate,
    about: Candidate,
    alone: Candidate | None = None,
    *,
    has_same_topic: bool = True,
) -> tuple[str, Note | None]:
    """What is shown, and under which note; with `alone` the question is self-contained."""
    candidates = Candidates(
        inside, about, alone or about, is_self_contained=alone is not None, has_same_topic=has_same_topic
    )
    shown = choose(candidates, REQUIRED)
    return shown.search.question, shown.note


def inside(score: float) -> Candidate:
    return candidate("inside", score, is_here=True)


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        pytest.param(candidate("about", 0.8, sureness=0.9), ("about", None), id="surer and as good"),
        pytest.param(candidate("about", 0.8, sureness=0.4), ("inside", Note.WITHIN_ARTICLE), id="less sure"),
        pytest.param(candidate("about", 0.4, sureness=0.9), ("inside", Note.WITHIN_ARTICLE), id="worse"),
        pytest.param(
            candidate("about", 0.8, sureness=0.9, is_here=True),
            ("inside", Note.WITHIN_ARTICLE),
            id="the same article",
        ),
        pytest.param(
            candidate("about", 0.8, sureness=0.9, confidence=Confidence.RELATED),
            ("inside", Note.WITHIN_ARTICLE),
            id="only related",
        ),
    ],
)
def test_a_leaning_question_that_the_article_answers(
    about: Candidate, expected: tuple[str, Note | None]
) -> None:
    assert chosen(inside(0.5), about) == expected


def test_an_answer_elsewhere_must_be_better_than_that_of_the_article() -> None:
    assert chosen(inside(0.1), candidate("about", 0.6)) == ("about", Note.NOT_IN_ARTICLE)
    assert chosen(inside(0.1), candidate("about", 0.3)) == ("inside", Note.NOT_EXACTLY)
    assert chosen(inside(0.6), candidate("about", 0.6), candidate("alone", 0.5)) == (
        "inside",
        Note.WITHIN_ARTICLE,
    )


@pytest.mark.parametrize(("has_same_topic", "expected"), [(True, "about"), (False, "alone")])
def test_of_two_better_answers_that_on_the_topic_of_the_question_counts(
    has_same_topic: bool, expected: str
) -> None:
    about, alone = candidate("about", 0.6), candidate("alone", 0.9)
    assert chosen(inside(0.1), about, alone, has_same_topic=has_same_topic) == (
        expected,
        Note.NOT_IN_ARTICLE,
    )


def test_a_self_contained_question_that_leads_to_the_article_is_answered_there() -> None:
    here = candidate("alone", 0.0, is_here=True)
    assert chosen(inside(0.1), nothing("about"), here) == ("inside", Note.WITHIN_ARTICLE)


def test_a_self_contained_question_is_shown_what_is_related() -> None:
    related = candidate("about", confidence=Confidence.RELATED)
    assert chosen(inside(0.1), related, nothing("alone")) == ("about", None)
    assert chosen(inside(0.1), related, candidate("alone", 0.2)) == ("alone", None)
    assert chosen(inside(0.1), nothing("about"), nothing("alone")) == ("alone", None)


def test_where_the_article_has_no_passage_the_other_search_is_shown() -> None:
    assert chosen(nothing("inside"), nothing("about")) == ("about", None)
