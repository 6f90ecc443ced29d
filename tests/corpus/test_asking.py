"""Asking through the facade: pages, order, filters, corrections, folding, what is read first."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import Confidence, Corpus, CorpusOptions, Filters, Order, sample_folder


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    data = tmp_path_factory.mktemp("asking")
    with Corpus.open(CorpusOptions(sample_folder(), data)) as corpus:
        corpus.update(workers=0)
        yield corpus


def pages(corpus: Corpus, question: str, order: Order, limit: int) -> list[str]:
    found: list[str] = []
    while hits := corpus.ask(question, limit=limit, offset=len(found), order=order).hits:
        found += [hit.article.id for hit in hits]
    return found


@pytest.mark.parametrize("order", list(Order))
@pytest.mark.parametrize("question", ["望江大桥", "盐与灯塔 50万份", "今年 发布 新", "the ferry"])
@pytest.mark.parametrize("limit", [1, 3, 7])
def test_pages_joined_are_one_ranked_list(sample: Corpus, question: str, order: Order, limit: int) -> None:
    whole = [hit.article.id for hit in sample.ask(question, limit=200, order=order).hits]
    assert pages(sample, question, order, limit) == whole
    assert len(set(whole)) == len(whole)


@pytest.mark.parametrize("limit", [1, 5, 40])
def test_the_confidence_is_that_of_the_best_hit_on_every_page(sample: Corpus, limit: int) -> None:
    first = sample.ask("望江大桥什么时候恢复通行")
    for order in Order:
        answer = sample.ask("望江大桥什么时候恢复通行", limit=limit, offset=limit, order=order)
        assert (answer.confidence, answer.score, answer.text) == (first.confidence, first.score, first.text)


def test_newest_first_is_newest_first(sample: Corpus) -> None:
    dates = [hit.article.published for hit in sample.ask("望江大桥", limit=20, order=Order.NEWEST).hits]
    known = [date for date in dates if date is not None]
    assert known == sorted(known, reverse=True)


def test_a_story_with_an_advertisement_first_is_folded_and_reachable(sample: Corpus) -> None:
    hits = sample.ask("盐与灯塔 50万份", limit=10).hits
    told = [sample.article(each) for each in (hits[0].article.id, *hits[0].same_story)]
    assert {text.article.author for text in told if text} == {"像素酒馆", "极客岸", "模玩情报站"}
    assert not {hit.article.id for hit in hits[1:]} & set(hits[0].same_story)


def test_a_quoted_phrase_is_in_what_is_shown(sample: Corpus) -> None:
    hits = sample.ask('"伸缩缝" 大桥').hits
    assert hits
    assert all("伸缩缝" in hit.article.title + hit.passage.text for hit in hits)


def test_a_phrase_that_nothing_holds_finds_nothing_and_suggests_the_question_without_quotes(
    sample: Corpus,
) -> None:
    answer = sample.ask('"大桥的伸缩缝是甜的"')
    assert answer.hits == ()
    assert answer.confidence is Confidence.NONE
    assert answer.suggestions == ("大桥的伸缩缝是甜的",)


def test_an_excluded_word_is_nowhere_in_what_is_shown(sample: Corpus) -> None:
    hits = sample.ask("望江大桥 -伸缩缝", limit=20).hits
    assert hits
    assert not any("伸缩缝" in hit.article.title + hit.passage.text for hit in hits)


def test_filters_are_strict(sample: Corpus) -> None:
    answer = sample.ask("望江大桥", filters=Filters(category="游戏"), limit=50)
    assert all("游戏" in hit.article.categories for hit in answer.hits)


def test_a_corrected_question_keeps_the_rest_as_typed(sample: Corpus) -> None:
    answer = sample.ask("分类:阅读 宋彦ＡＢＣ的書")
    assert {answer.corrected, *answer.suggestions} - {None} == {"分类:阅读 宋砚ＡＢＣ的書"}


@pytest.mark.parametrize("question", ["望江大橋", "量子泡面 zzqx", "軟長庚", "pulsra"])
def test_a_suggestion_is_never_the_question_itself(sample: Corpus, question: str) -> None:
    assert question not in sample.ask(question).suggestions


def test_the_passages_of_one_article_are_searched_alone(sample: Corpus) -> None:
    article = sample.ask("望江大桥什么时候恢复通行").hits[0].article
    hits = sample.ask("收费", filters=Filters(article=article.id), limit=20).hits
    assert {hit.article.id for hit in hits} <= {article.id}


@pytest.mark.parametrize("question", ["", "   ", "？！", "\x00", "\ud800", "🀄" * 300, "-", '"', "分类:"])
def test_what_asks_nothing_is_answered_with_nothing_or_something_but_never_raises(
    sample: Corpus, question: str
) -> None:
    sample.ask(question)


@given(st.text(max_size=60), st.integers(0, 20), st.sampled_from(list(Order)))
def test_any_question_has_an_answer_of_sound_form(
    sample: Corpus, question: str, offset: int, order: Order
) -> None:
    answer = sample.ask(question, limit=3, offset=offset, order=order)
    assert 0 <= answer.score <= 1
    assert (answer.text is None) == (answer.confidence is Confidence.NONE)
    for hit in answer.hits:
        spans = (*hit.sentences, *hit.highlights)
        assert all(0 <= start < end <= len(hit.passage.text) for start, end in spans)


def test_each_example_is_answered_for_sure(sample: Corpus, tmp_path: Path) -> None:
    examples = sample.example_questions(6)
    assert len(set(examples)) == 6
    assert sum(example.endswith("？") for example in examples) >= 4
    assert all(sample.ask(example).confidence is Confidence.ANSWER for example in examples)
