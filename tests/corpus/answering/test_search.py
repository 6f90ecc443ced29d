"""Searching: reranking of the top hits, and confidence in the first one."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from corpus import Corpus, Order
from corpus.answering.features import Fit
from corpus.answering.page import Page
from corpus.answering.parameters import DEFAULTS, RerankParameters
from corpus.answering.passage_selection import SelectedPassage
from corpus.answering.search import rerank, search
from corpus.answering.sentences import AnalyzedText, SentenceScores
from corpus.models import Article, Passage
from corpus.question.parser import parse
from corpus.retrieval.archive import Archive
from corpus.retrieval.retriever import Candidate
from corpus.store.store import ArticleHead, LocatedPassage

ARTICLE = Article("a", "a.md", "标题", None, None, None, ())


def hit(number: int, score: float) -> SelectedPassage:
    return SelectedPassage(
        candidate=Candidate(ArticleHead(number, str(number), "标题", None, "", None), number, score),
        located=LocatedPassage(number, number, ARTICLE, Passage("a.0", 0, "")),
        title="标题",
        text=AnalyzedText.from_text("标题"),
        scored=SentenceScores((0.0,), (False,)),
        more_passages=0,
        held_terms=frozenset(),
    )


def fit(*, focus: float = 1.0, rarest_word_covered: float = 1.0, missing_numbers: float = 0.0) -> Fit:
    return Fit({}, focus, rarest_word_covered, missing_numbers)


@pytest.mark.parametrize(
    "worse",
    [
        pytest.param(fit(focus=0.0), id="no sentence covers the question"),
        pytest.param(fit(rarest_word_covered=0.0), id="the rarest word is missing"),
        pytest.param(fit(missing_numbers=1.0), id="the numbers are missing"),
    ],
)
def test_a_hit_that_fits_less_loses_its_lead(worse: Fit) -> None:
    first, second = hit(1, 10.0), hit(2, 9.0)
    ranked = rerank([first, second], {first.key: worse, second.key: fit()}, RerankParameters())
    assert [each.candidate.head.number for each in ranked] == [2, 1]
    assert ranked[0].candidate.score == 9.0


def test_hits_that_fit_alike_keep_their_scores() -> None:
    hits = [hit(1, 10.0), hit(2, 9.0)]
    assert rerank(hits, {each.key: fit() for each in hits}, RerankParameters()) == hits


def test_each_article_is_read_once(sample: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = sample._snapshot()
    assert snapshot is not None
    located: list[int] = []
    load = sample._store.located

    def counted(numbers: list[int]) -> dict[int, LocatedPassage]:
        located.extend(numbers)
        return load(numbers)

    monkeypatch.setattr(sample._store, "located", counted)
    today = date(2026, 11, 23)
    archive = Archive(snapshot, sample._store, sample._current_names, ZoneInfo("Asia/Shanghai"), today)
    result = search(archive, parse("望江大桥", today=today), Page(8, 0, Order.RELEVANCE), DEFAULTS)
    assert len(result.shown) == 8
    assert len(located) == len(set(located)) == 8
