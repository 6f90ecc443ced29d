"""Pruned search finds exactly what scoring every passage finds, whatever the lists look like."""

import math
import os
import random
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.index import jit, kernel_search, maxscore, posting_reader, posting_writer, ranking
from corpus.index.bm25 import BM25F, Okapi
from corpus.index.index import Boost, Document, Family, Index, Match, Restriction, Snapshot, Term, codes_of

pytestmark = pytest.mark.usefixtures("loops")

WORDS = [f"词{number}" for number in range(40)]
CHARACTERS = [chr(0x4E00 + number) for number in range(30)]
WEIGHTS = [1 / (rank + 1) for rank in range(40)]
RESTRICTIONS = [Restriction(since=2), Restriction(labels=(frozenset({1, 2}),), until=4)]
BOOSTS = [(Restriction(since=3), 0.3), (Restriction(until=5), 0.5)]


@pytest.fixture(autouse=True)
def small_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make small archives go through the code for large ones: blocks, long and dense lists, rounds."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    for module in (posting_writer, posting_reader, ranking):
        if hasattr(module, "BLOCK"):
            monkeypatch.setattr(module, "BLOCK", 16)
        monkeypatch.setattr(module, "BLOCK_BITS", 4)
    monkeypatch.setattr(posting_writer, "MIN_LONG_POSTINGS", 6)
    monkeypatch.setattr(posting_writer, "MIN_DENSE_SEGMENT", 30)
    monkeypatch.setattr(posting_reader, "DECODED_POSTINGS_PER_BLOCK", 5)
    for module in (posting_reader, ranking):
        monkeypatch.setattr(module, "SHARED_TABLE_LENGTHS", 12)
    monkeypatch.setattr(maxscore, "MIN_PRUNED_POSTINGS", 0)
    monkeypatch.setattr(maxscore, "FIRST_ROUND_POSTINGS", 4)
    monkeypatch.setattr(maxscore, "ROUND_GROWTH", 2)
    monkeypatch.setattr(maxscore, "MAX_DIRECT_DOCUMENTS", 3)
    monkeypatch.setattr(kernel_search, "WINDOW_DOCUMENTS", 8)
    monkeypatch.setattr(kernel_search, "MAX_GUESS_POSTINGS", 4)


def random_document(chance: random.Random, number: int) -> Document:
    def characters(most: int) -> list[str]:
        return chance.choices(CHARACTERS, WEIGHTS[:30], k=chance.randint(0, most))

    # Now and then a term occurs so often that no tag tells how often.
    shout = ["词0"] * chance.choice([0] * 9 + [130])
    return Document(
        number=number,
        article=number // 3,
        words=chance.choices(WORDS, WEIGHTS, k=chance.randint(0, 15)) + shout,
        title_words=chance.choices(WORDS, WEIGHTS, k=chance.randint(0, 3)) + shout[:7],
        characters=codes_of(characters(25)),
        title_characters=codes_of(characters(4)),
        published=chance.randint(0, 5),
        labels=(chance.randint(0, 3),),
    )


def random_question(chance: random.Random) -> list[Term]:
    return [Term(word) for word in chance.choices(WORDS, k=chance.randint(0, 5))] + [
        Term(character, Family.CHARACTERS, 0.5)
        for character in chance.choices(CHARACTERS, k=chance.randint(0, 9))
    ]


class Options(TypedDict):
    """What a search can be asked beside the terms."""

    limit: int
    per_article: bool
    where: Restriction | None
    boosts: Sequence[Boost]


def exhaustive(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch, terms: list[Term], options: Options
) -> list[Match]:
    with monkeypatch.context() as patch:
        patch.setattr(jit._state, "kernels", None)
        patch.setattr(maxscore, "MIN_PRUNED_POSTINGS", 10**9)
        patch.setattr(maxscore, "MAX_DIRECT_DOCUMENTS", -1)
        return Snapshot(snapshot.segments, type(snapshot.model)).search(terms, **options)


@pytest.mark.parametrize("model", [BM25F, Okapi])
def test_pruned_search_equals_exhaustive_search(
    model: type[BM25F], tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    @settings(deadline=None, max_examples=30)
    @given(seed=st.integers(0, 2**32), count=st.integers(1, 150), commits=st.integers(1, 3))
    def check(seed: int, count: int, commits: int) -> None:
        chance = random.Random(seed)
        documents = [random_document(chance, number) for number in range(1, count + 1)]
        with Index.create(tmp_path_factory.mktemp("index"), model) as index:
            for part in range(commits):
                index.add(documents[part * count // commits : (part + 1) * count // commits])
                index.commit()
            index.remove(chance.sample(documents, count // 5))
            index.commit()
            snapshot = index.snapshot()
            for _ in range(6):
                options: Options = {
                    "limit": chance.choice([1, 2, 5, 200]),
                    "per_article": chance.random() < 0.7,
                    "where": chance.choice([None, None, *RESTRICTIONS]),
                    "boosts": chance.choice([[], [], BOOSTS]),
                }
                terms = random_question(chance)
                expected = exhaustive(snapshot, monkeypatch, terms, options)
                assert snapshot.search(terms, **options) == expected

    check()


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**32), count=st.integers(1, 80))
def test_scores_are_those_of_the_formula(
    tmp_path_factory: pytest.TempPathFactory, seed: int, count: int
) -> None:
    chance = random.Random(seed)
    documents = [random_document(chance, number) for number in range(1, count + 1)]
    terms = random_question(chance)
    with Index.create(tmp_path_factory.mktemp("index")) as index:
        index.add(documents)
        index.commit()
        snapshot = index.snapshot()
        expected = [formula(documents, document, terms) for document in documents]
        numbers = [document.number for document in documents]
        shares = snapshot.shares_of(numbers, terms)

        assert snapshot.all_scores(terms).tolist() == pytest.approx(expected, rel=1e-9)
        assert snapshot.scores_of(numbers, terms) == snapshot.all_scores(terms).tolist()
        assert (shares @ [term.weight for term in terms]).tolist() == pytest.approx(expected, rel=1e-9)
        best = sorted(expected, reverse=True)
        found = snapshot.search(terms, limit=5, per_article=False)
        assert [match.score for match in found] == pytest.approx([score for score in best if score > 0][:5])


def formula(documents: list[Document], document: Document, terms: list[Term]) -> float:
    """The model once more, from its definition."""
    score = 0.0
    for term in terms:
        [code] = codes_of([term.text]).tolist()
        wanted: object = term.text if term.family == Family.WORDS else code

        def fields(each: Document, family: Family = term.family) -> tuple[list[object], list[object]]:
            if family == Family.WORDS:
                return list(each.words), list(each.title_words)
            return each.characters.tolist(), each.title_characters.tolist()

        holding = sum(any(wanted in field for field in fields(each)) for each in documents)
        mean = sum(len(fields(each)[0]) for each in documents) / len(documents)
        text, title = fields(document)
        norm = 0.4 + 0.6 * len(text) / mean if mean else 1.0
        found = text.count(wanted) / norm + 2 * title.count(wanted)
        idf = math.log(1 + (len(documents) - holding + 0.5) / (holding + 0.5))
        score += term.weight * idf * found * 1.6 / (found + 0.6)
    return score


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**32), count=st.integers(1, 120))
def test_articles_that_hold_all_terms_are_found(
    tmp_path_factory: pytest.TempPathFactory, seed: int, count: int
) -> None:
    chance = random.Random(seed)
    documents = [random_document(chance, number) for number in range(1, count + 1)]
    gone = set(chance.sample(range(1, count + 1), count // 4))
    with Index.create(tmp_path_factory.mktemp("index")) as index:
        index.add(documents[: count // 2])
        index.commit()
        index.add(documents[count // 2 :])
        index.remove(document for document in documents if document.number in gone)
        index.commit()
        words = chance.choices(WORDS, k=chance.randint(1, 3))
        expected = {
            document.article
            for document in documents
            if document.number not in gone
            and document.published >= 2
            and all(word in document.words or word in document.title_words for word in words)
        }
        found = index.snapshot().articles_with([Term(word) for word in words], where=Restriction(since=2))
        assert found.tolist() == sorted(expected)


def test_merging_keeps_every_score(tmp_path: Path) -> None:
    chance = random.Random(3)
    documents = [random_document(chance, number) for number in range(1, 400)]
    questions = [random_question(chance) for _ in range(20)]
    with Index.create(tmp_path) as index:
        for start in range(0, 400, 100):
            index.add(documents[start : start + 100])
            index.commit()
        index.remove(documents[50:350:7])
        index.commit()
        before = [index.search(question, limit=20) for question in questions]
        index.merge(thorough=True)
        assert len(index.snapshot().segments) == 1
        assert [index.search(question, limit=20) for question in questions] == before
