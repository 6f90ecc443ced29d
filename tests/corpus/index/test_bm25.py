"""The model against rank_bm25, over one and many segments, after adds and deletes."""

import math
import os
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rank_bm25 import BM25Okapi

from corpus.index.bm25 import BM25F, Okapi
from corpus.index.index import Document, Index, Term

pytestmark = pytest.mark.usefixtures("loops")


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


words = st.sampled_from(["中国", "外交", "金砖", "峰会", "主席", "的", "了", "经济", "增长", "2022"])
texts = st.lists(words, min_size=1, max_size=12)


def fill(index: Index, archive: list[list[str]], commits: int) -> None:
    """Add the texts as passages 1, 2, … in so many commits."""
    size = -(-len(archive) // commits)
    for start in range(0, len(archive), size):
        part = enumerate(archive[start : start + size], start + 1)
        index.add(Document(number, article=number, words=text) for number, text in part)
        index.commit()


@settings(deadline=None, max_examples=30)
@given(
    archive=st.lists(texts, min_size=1, max_size=30),
    question=st.lists(words | st.just("火星"), min_size=1, max_size=6),
    commits=st.integers(1, 5),
    data=st.data(),
)
def test_okapi_scores_as_rank_bm25_does_after_adds_and_deletes(
    tmp_path_factory: pytest.TempPathFactory,
    archive: list[list[str]],
    question: list[str],
    commits: int,
    data: st.DataObject,
) -> None:
    doomed = data.draw(st.sets(st.integers(0, len(archive) - 1), max_size=len(archive) - 1))
    with Index.create(tmp_path_factory.mktemp("index"), Okapi) as index:
        fill(index, archive, commits)
        index.remove(Document(place + 1, article=place + 1, words=archive[place]) for place in doomed)
        index.commit()
        left = [text for place, text in enumerate(archive) if place not in doomed]
        peer = BM25Okapi(left)
        model = index.snapshot().model

        np.testing.assert_allclose(
            model.get_scores(question), peer.get_scores(question), rtol=1e-9, atol=1e-12
        )
        assert model.corpus_size == peer.corpus_size
        assert model.avgdl == pytest.approx(peer.avgdl)


@pytest.mark.parametrize("questions", [60, pytest.param(500, marks=pytest.mark.slow)])
def test_okapi_ranks_as_rank_bm25_does_on_ten_thousand_passages(tmp_path: Path, questions: int) -> None:
    chance = random.Random(7)
    vocabulary = [f"词{number}" for number in range(5_000)]
    weights = [1 / (rank + 2) for rank in range(len(vocabulary))]
    archive = [chance.choices(vocabulary, weights, k=chance.randint(5, 40)) for _ in range(10_000)]
    peer = BM25Okapi(archive)
    with Index.create(tmp_path, Okapi) as index:
        fill(index, archive, 3)
        for _ in range(questions):
            question = chance.choices(vocabulary, weights, k=chance.randint(1, 8))
            expected = peer.get_scores(question)
            best = np.sort(expected)[::-1][:10]
            found = index.search([Term(word) for word in question], limit=10)
            assert [match.score for match in found] == pytest.approx(best[best > 0].tolist(), rel=1e-9)
            for match in found:
                assert match.score == pytest.approx(expected[match.number - 1], rel=1e-9)


def test_a_title_counts_inside_the_same_saturation(tmp_path: Path) -> None:
    with Index.create(tmp_path) as index:
        index.add(
            [Document(1, 1, words=["金砖", "峰会"], title_words=["金砖"]), Document(2, 2, words=["其他"] * 4)]
        )
        index.commit()
        norm = 0.4 + 0.6 * 2 / 3
        found = 1 / norm + 2
        expected = math.log(1 + 1.5 / 1.5) * found * 1.6 / (found + 0.6)
        [match] = index.search([Term("金砖")], limit=3)
        assert match.number == 1
        assert match.score == pytest.approx(expected, rel=1e-12)


def test_the_model_answers_in_rank_bm25s_own_terms(tmp_path: Path) -> None:
    archive = [["中国", "外交"], ["经济"], ["外交", "外交"]]
    with Index.create(tmp_path, Okapi) as index:
        fill(index, archive, 2)
        model, peer = index.snapshot().model, BM25Okapi(archive)
        assert isinstance(model, BM25F)
        assert model.get_top_n(["经济"], ["甲", "乙", "丙"], n=1) == peer.get_top_n(
            ["经济"], ["甲", "乙", "丙"], n=1
        )
        assert model.get_batch_scores(["外交"], [3, 1]) == pytest.approx(
            peer.get_batch_scores(["外交"], [2, 0])
        )
