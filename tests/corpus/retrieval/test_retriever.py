"""Retrieval: deeper rankings begin with shallower ones, quotations lift, and filters are strict."""

import pytest

from corpus import Corpus, Filters
from corpus.question.parser import parse
from corpus.retrieval.archive import Archive
from corpus.retrieval.parameters import RetrievalParameters
from corpus.retrieval.retriever import retrieve
from tests.assertions import assert_all


@pytest.fixture
def archive(sample: Corpus) -> Archive:
    snapshot = sample._snapshot()
    assert snapshot is not None
    return sample._archive(snapshot, sample._store)


def ids(archive: Archive, question: str, depth: int, parameters: RetrievalParameters) -> list[str]:
    query = parse(question, today=archive.today)
    ranking = retrieve(archive, query, depth=depth, parameters=parameters)
    return [candidate.head.id for candidate in ranking.candidates]


@pytest.mark.parametrize("question", ["望江大桥", "盐与灯塔 50万份", "the ferry"])
def test_a_deeper_ranking_begins_with_the_shallower_one(archive: Archive, question: str) -> None:
    small = RetrievalParameters(block=5)
    few, many = ids(archive, question, 3, small), ids(archive, question, 40, small)
    assert few
    assert many[:3] == few[:3]


def test_candidates_have_falling_scores(archive: Archive) -> None:
    ranking = retrieve(archive, parse("望江大桥", today=archive.today), depth=20)
    scores = [candidate.score for candidate in ranking.candidates]
    assert len(scores) > 5
    assert scores == sorted(scores, reverse=True)


def test_only_passages_that_pass_may_be_shown(archive: Archive) -> None:
    query = parse("大桥", filters=Filters(phrases=("伸缩缝",)), today=archive.today)
    ranking = retrieve(archive, query, depth=5)
    assert_all(ranking.candidates, lambda candidate: candidate.passage in (candidate.allowed or ()))


def test_an_unknown_category_passes_nothing(archive: Archive) -> None:
    query = parse("大桥", filters=Filters(category="没有这个"), today=archive.today)
    assert retrieve(archive, query, depth=5).candidates == ()
