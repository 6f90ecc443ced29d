"""Asking through the facade: any text, pages, filters, corrections."""

import json
import time
from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpus import Confidence, Corpus, CorpusOptions, Filters, Order, sample_folder

ODD = [
    *(
        "",
        " ",
        "？？？",
        "的",
        "-h",
        "--help",
        '"',
        '"没有收尾',
        "分类:",
        "从:昨天",
        "\0\0",
        "\u202e倒",
        "\u200b",
        "😀" * 50,
    ),
    *("a" * 4096, "知" * 4096, "（" * 4096, "《" * 500 + "》" * 500, "-" * 4096, "2022年" * 800, "\ud800"),
]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    with Corpus.open(CorpusOptions(sample_folder(), tmp_path_factory.mktemp("data"))) as corpus:
        corpus.update(workers=0)
        yield corpus


@pytest.mark.parametrize("question", ODD, ids=lambda text: ascii(text[:8]))
def test_odd_questions_are_answered_calmly_and_soon(sample: Corpus, question: str) -> None:
    started = time.thread_time()
    answer = sample.ask(question)
    assert time.thread_time() - started < 1
    assert 0 <= answer.score <= 1


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=200))
def test_any_text_gets_an_answer_with_spans_inside_the_passage(sample: Corpus, question: str) -> None:
    answer = sample.ask(question)
    assert (answer.text is None) == (answer.confidence is Confidence.NONE)
    for hit in answer.hits:
        for spans in (hit.sentences, hit.highlights):
            edges = [edge for span in spans for edge in span]
            assert edges == sorted(edges)
            assert all(0 <= edge <= len(hit.passage.text) for edge in edges)


@pytest.mark.parametrize("order", list(Order))
def test_pages_together_are_one_list_without_gap_or_double(sample: Corpus, order: Order) -> None:
    whole = [hit.article.id for hit in sample.ask("澜川", limit=30, order=order).hits]
    pages = [
        hit.article.id
        for offset in range(0, 30, 5)
        for hit in sample.ask("澜川", limit=5, offset=offset, order=order).hits
    ]
    assert pages == whole
    assert len(set(whole)) == len(whole) > 10


def test_a_filter_is_strict_whether_written_or_given(sample: Corpus) -> None:
    written = sample.ask("分类:游戏 澜川 从:2025-01-01", limit=20)
    given_ = sample.ask("澜川", filters=Filters(category="游戏", since=date(2025, 1, 1)), limit=20)
    assert [hit.article.id for hit in written.hits] == [hit.article.id for hit in given_.hits]
    assert all("游戏" in hit.article.categories for hit in written.hits)
    assert written.filters.category == "游戏"


def test_an_excluded_word_is_in_no_hit(sample: Corpus) -> None:
    assert all(
        "逐光" not in hit.article.title + hit.passage.text for hit in sample.ask("火箭 -逐光", limit=20).hits
    )


def test_a_homophone_is_corrected_and_said_so(sample: Corpus) -> None:
    pair = next(
        pair
        for pair in map(json.loads, (_pairs()).splitlines())
        if pair["kind"] == "homophone" and sample.ask(pair["b"]).corrected
    )
    answer = sample.ask(pair["b"])
    assert answer.corrected != pair["b"]
    assert answer.hits[0].article.path in {pair["article"], *pair["also"]}


def _pairs() -> str:
    from pathlib import Path

    return (Path(__file__).parent.parent / "sample_pairs.jsonl").read_text(encoding="utf-8")


def test_nothing_of_it_is_not_found(sample: Corpus) -> None:
    answer = sample.ask("火星殖民地的房价走势")
    assert answer.confidence is not Confidence.ANSWER


def test_within_an_article_each_hit_is_a_passage_of_it(sample: Corpus) -> None:
    article = sample.ask("霁澜高铁能带狗吗").hits[0].article
    hits = sample.ask("票价", filters=Filters(article=article.id), limit=10).hits
    assert {hit.article.id for hit in hits} == {article.id}
    assert len({hit.passage.id for hit in hits}) == len(hits) > 1


def test_example_questions_are_answered(sample: Corpus) -> None:
    examples = sample.example_questions(3)
    assert len(examples) == 3
    assert all(sample.ask(question).confidence is Confidence.ANSWER for question in examples)
