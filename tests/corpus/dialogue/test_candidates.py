"""The choice among the answers that may be shown to a follow-up question: the table, row by row."""

from dataclasses import replace

import pytest

from corpus.dialogue.candidates import Candidate, Candidates, Names, choose
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


def names(total: int = 1, here: int = 0, elsewhere: int = 0, in_title: int = 0) -> Names:
    return Names(total, here, elsewhere, in_title, continue_topic=False, repeat_subject=False)


def chosen(
    inside: Candidate,
    about: Candidate,
    alone: Candidate | None = None,
    *,
    names: Names | None = None,
    has_same_topic: bool = True,
    of_property: bool = False,
) -> tuple[str, Note | None] | None:
    """What is shown, and under which note; None for a question of its own."""
    candidates = Candidates(REQUIRED, inside, about, alone or about, names, has_same_topic, of_property)
    shown = choose(candidates)
    return None if shown is None else (shown.search.question, shown.note)


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


def test_a_property_that_the_article_answers_is_not_asked_elsewhere() -> None:
    surer = candidate("about", 0.8, sureness=0.9)
    assert chosen(inside(0.5), surer, of_property=True) == ("inside", Note.WITHIN_ARTICLE)


def test_an_answer_elsewhere_must_be_better_than_that_of_the_article() -> None:
    assert chosen(inside(0.1), candidate("about", 0.6)) == ("about", Note.NOT_IN_ARTICLE)
    assert chosen(inside(0.1), candidate("about", 0.3)) == ("inside", Note.NOT_EXACTLY)


def test_where_the_article_has_no_passage_the_other_search_is_shown() -> None:
    assert chosen(nothing("inside"), nothing("about")) == ("about", None)


HERE, ELSEWHERE = names(2, here=2), names(2, elsewhere=2)
UNSURE = candidate("alone", 0.8, confidence=Confidence.RELATED, sureness=0.3)


@pytest.mark.parametrize(
    ("inside_score", "alone", "held", "stands_alone"),
    [
        pytest.param(
            0.5,
            candidate("alone", 0.1),
            replace(HERE, repeat_subject=True),
            True,
            id="the subject is named again",
        ),
        pytest.param(0.5, candidate("alone", 0.1, is_here=True), HERE, True, id="it leads to this article"),
        pytest.param(0.5, candidate("alone", 0.8), ELSEWHERE, True, id="the other article holds the names"),
        pytest.param(0.5, UNSURE, ELSEWHERE, True, id="even if it is not sure"),
        pytest.param(
            0.5,
            candidate("alone", 0.8),
            replace(ELSEWHERE, continue_topic=True),
            False,
            id="a name of the topic goes on",
        ),
        pytest.param(0.5, candidate("alone", 0.8), names(2, 1, 1), False, id="each holds one, answered here"),
        pytest.param(0.1, candidate("alone", 0.8), names(2, 1, 1), True, id="each holds one, answered there"),
        pytest.param(0.1, UNSURE, names(2, 1, 1), False, id="the topic makes it surer"),
        pytest.param(0.1, candidate("alone", 0.8), HERE, True, id="all here, but not answered"),
        pytest.param(0.5, UNSURE, HERE, False, id="all here, nothing else sure"),
        pytest.param(0.5, candidate("alone", 0.5), HERE, False, id="all here, as good"),
        pytest.param(0.5, candidate("alone", 0.8), HERE, True, id="all here, better there"),
        pytest.param(0.5, candidate("alone", 0.5, sureness=0.9), HERE, True, id="all here, much surer there"),
        pytest.param(
            0.5, candidate("alone", 0.5), replace(HERE, in_title=1), True, id="the other is about them"
        ),
    ],
)
def test_a_question_that_names_something(
    inside_score: float, alone: Candidate, held: Names, stands_alone: bool
) -> None:
    about = candidate("about", 0.2, confidence=Confidence.RELATED, sureness=0.4)
    assert (chosen(inside(inside_score), about, alone, names=held) is None) is stands_alone


def test_one_that_leans_is_answered_inside_or_with_the_topic_before_it() -> None:
    alone, held = UNSURE, names(2, 1, 1)
    assert chosen(inside(0.5), candidate("about", 0.4), alone, names=held) == ("inside", Note.WITHIN_ARTICLE)
    assert chosen(inside(0.5), candidate("about", 0.9), alone, names=held) == ("about", Note.NOT_IN_ARTICLE)
    related = candidate("about", 0.4, confidence=Confidence.RELATED, sureness=0.4)
    assert chosen(inside(0.1), related, alone, names=held) == ("about", None)
