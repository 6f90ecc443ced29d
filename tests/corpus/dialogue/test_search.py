"""Searches, and which of the hits are shown."""

from dataclasses import replace

import pytest

from corpus.dialogue.search import Search, limit_hits
from corpus.models import Answer, Article, Confidence, Filters, Hit, Order, Passage


def found(*scores: float, confidence: Confidence = Confidence.ANSWER) -> Answer:
    article = Article("a", "a.md", "题", None, None, None, ())
    hits = tuple(Hit(article, Passage("a.0", 0, "文"), (), (), score) for score in scores)
    return Answer("", confidence, 0.9, None, Filters(), (), hits, len(hits), 1.0)


PLAIN = Search("题")


def shown(answer: Answer, search: Search = PLAIN, *, offset: int = 0) -> list[float]:
    return [hit.score for hit in limit_hits(answer, search, page_size=3, offset=offset).hits]


def test_beside_the_first_hit_only_those_close_to_it_are_shown() -> None:
    assert shown(found(10, 8, 5, 4.9)) == [10, 8, 5]
    assert shown(found(10, 4)) == [10]


@pytest.mark.parametrize(
    ("search", "offset"),
    [
        pytest.param(PLAIN, 5, id="further pages"),
        pytest.param(Search("题", order=Order.NEWEST), 0, id="a list by date"),
        pytest.param(Search("题", Filters(article="a")), 0, id="within an article"),
    ],
)
def test_other_results_fill_the_page(search: Search, offset: int) -> None:
    assert shown(found(10, 4, 3, 2), search, offset=offset) == [10, 4, 3]


def test_an_answer_that_found_nothing_keeps_all_hits() -> None:
    assert shown(found(10, 4, 3, 2, confidence=Confidence.NONE)) == [10, 4, 3, 2]


@pytest.mark.parametrize(
    ("question", "topic", "standalone"),
    [
        ("几点开始", "国葬花了多少钱", "国葬 几点开始"),
        ("国葬几点开始", "国葬花了多少钱", "国葬几点开始"),
        ("几点开始", "", "几点开始"),
    ],
)
def test_a_follow_up_stands_alone_with_the_topic_of_the_question_before(
    question: str, topic: str, standalone: str
) -> None:
    search = Search(question, topic=topic)
    assert search.standalone == standalone
    assert replace(search, question=standalone).standalone == standalone
