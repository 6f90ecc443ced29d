"""Which hits a page shows, and in which order."""

import pytest

from corpus.answering.page import Page, split_by_score
from corpus.answering.parameters import OrderParameters
from corpus.models import Order
from corpus.retrieval.retriever import Candidate
from corpus.store.store import ArticleHead


def candidate(number: int, score: float, published: int | None) -> Candidate:
    return Candidate(ArticleHead(number, str(number), "标题", published, "", None), number, score)


CANDIDATES = [
    candidate(1, 10.0, 2020),
    candidate(2, 8.0, None),
    candidate(3, 6.0, 2022),
    candidate(4, 2.0, 2023),
]


def numbers(candidates: object) -> list[int]:
    assert isinstance(candidates, (list, tuple))
    return [each.head.number for each in candidates]


def test_good_hits_come_newest_first_and_those_without_a_date_last() -> None:
    good, others = split_by_score(CANDIDATES, 0.5, depth=10)
    assert (numbers(good), numbers(others)) == ([3, 1, 2], [4])


def test_what_lies_deeper_is_never_good() -> None:
    good, others = split_by_score(CANDIDATES, 0.0, depth=2)
    assert (numbers(good), numbers(others)) == ([1, 2], [3, 4])


@pytest.mark.parametrize(("order", "expected"), [(Order.RELEVANCE, [1, 2, 3, 4]), (Order.NEWEST, [3, 1, 2])])
def test_by_date_only_good_hits_are_shown(order: Order, expected: list[int]) -> None:
    assert numbers(Page(5, 0, order).arrange(CANDIDATES, OrderParameters(min_share=0.5))) == expected


def test_a_page_is_a_part_of_the_list() -> None:
    page = Page(limit=2, offset=1, order=Order.RELEVANCE)
    assert numbers(CANDIDATES[page.places]) == [2, 3]
    assert page.depth(OrderParameters(depth=200)) == 3
    assert Page(2, 1, Order.NEWEST).depth(OrderParameters(depth=200)) == 200
