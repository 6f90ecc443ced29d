"""Which passage of an article is shown does not depend on how many are read to find it."""

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from corpus import Corpus
from corpus.answering.sentences import AnalyzedText
from corpus.answering.shortlist import Bounds
from corpus.answering.term_weights import QuestionTerms
from corpus.index.bm25 import Floats
from corpus.index.index import Snapshot
from corpus.models import Answer
from corpus.store.rows import PassageText
from corpus.store.store import Store
from corpus.text.folding import Folded
from corpus.text.terms import Term

QUESTIONS = [
    json.loads(line)["question"]
    for line in (Path(__file__).parents[2] / "sample_questions.jsonl")
    .read_text(encoding="utf-8")
    .splitlines()
]


def test_passages_that_are_not_read_would_not_be_shown(
    sample: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    texts_of = Store.passage_units

    def counted(store: Store, numbers: Sequence[int]) -> dict[int, PassageText]:
        read.extend(numbers)
        return texts_of(store, numbers)

    monkeypatch.setattr(Store, "passage_units", counted)
    few = [told(sample.ask(question)) for question in QUESTIONS]
    read_of_few = len(read)
    monkeypatch.setattr(QuestionTerms, "may_hold", may_hold_anything)
    assert [told(sample.ask(question)) for question in QUESTIONS] == few
    assert read_of_few < 0.8 * (len(read) - read_of_few)


def test_passages_that_are_not_cut_into_sentences_would_not_be_shown(
    sample: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut: list[str] = []
    analyze = AnalyzedText.from_text

    def counted(text: str, folded: Folded | None = None, heading: str = "") -> AnalyzedText:
        cut.append(text)
        return analyze(text, folded, heading)

    monkeypatch.setattr(AnalyzedText, "from_text", counted)
    few = [told(sample.ask(question)) for question in QUESTIONS]
    cut_of_few = len(cut)
    monkeypatch.setattr(Bounds, "typed", unbounded)
    monkeypatch.setattr(Bounds, "untyped", unbounded)
    assert [told(sample.ask(question)) for question in QUESTIONS] == few
    assert cut_of_few < 0.6 * (len(cut) - cut_of_few)


def test_where_the_index_has_not_followed_a_post_yet_its_passages_are_read(
    sample: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Snapshot, "shares_of", earns_nothing)
    unknown = [told(sample.ask(question)) for question in QUESTIONS[:20]]
    monkeypatch.setattr(QuestionTerms, "may_hold", may_hold_anything)
    assert [told(sample.ask(question)) for question in QUESTIONS[:20]] == unknown


def earns_nothing(snapshot: Snapshot, numbers: Sequence[int], terms: Sequence[Term]) -> Floats:
    """As if the index did not have these passages."""
    return np.zeros((len(numbers), len(terms)))


def may_hold_anything(terms: QuestionTerms, contributions: Floats) -> Floats:
    """As if the index told nothing of what passages hold."""
    return np.ones_like(contributions)


def unbounded(bounds: Bounds, score: float, weight: float) -> float:
    """As if any passage could be the best."""
    return math.inf


def told(answer: Answer) -> Answer:
    return replace(answer, milliseconds=0.0, parts=tuple(map(told, answer.parts)))
