"""Answering sentences and highlights: right, within the text, not overlapping."""

import itertools
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from corpus import Filters
from corpus.answering.sentences import (
    AnalyzedText,
    WeightedTerm,
    answering_sentences,
    highlights,
    sentence_scores,
    weigh_terms,
)
from corpus.question.parser import parse
from corpus.question.query import Query


def query(question: str) -> Query:
    return parse(question, filters=Filters(), today=date(2026, 11, 23))


def weighed(asked: Query, *, worth: float = 1.0) -> list[WeightedTerm]:
    weights = [term.weight for term in asked.terms]
    return weigh_terms(asked.terms, weights, [worth] * len(weights))


def answer(question: str, text: str) -> list[str]:
    asked, analyzed = query(question), AnalyzedText.from_text(text)
    scores = sentence_scores(asked, weighed(asked), analyzed)
    return [text[start:end] for start, end in answering_sentences(scores, analyzed)]


def marked(question: str, text: str) -> list[str]:
    return [text[start:end] for start, end in highlights(query(question), AnalyzedText.from_text(text))]


def test_the_sentence_with_the_questions_words_answers() -> None:
    text = "今天天气很好。临江大桥十月一日通车。大家都很高兴。"
    assert answer("临江大桥通车", text) == ["临江大桥十月一日通车。"]


def test_of_two_sentences_alike_the_one_of_the_asked_kind_answers() -> None:
    text = "大桥通车是大家盼望的事情。大桥通车定于10月1日。"
    assert "大桥通车定于10月1日。" in answer("大桥通车什么时候", text)


def test_what_follows_a_question_is_shown_with_it() -> None:
    text = "有人问了。钱都花在哪里呢？飯館、酒家、舞廳。其他的事以后再说。"
    assert answer("钱花在哪里", text) == ["钱都花在哪里呢？", "飯館、酒家、舞廳。"]


def test_what_follows_a_heading_is_shown_with_it() -> None:
    text = "一句话原理\n浏览器向服务器获取资源。\n别的内容。"
    assert answer("一句话原理", text) == ["一句话原理", "浏览器向服务器获取资源。"]


def test_the_reason_before_a_sentence_with_therefore_is_shown() -> None:
    text = "大雾连续三天不散。因此临江机场关闭。餐厅照常营业。"
    assert answer("临江机场关闭", text) == ["大雾连续三天不散。", "因此临江机场关闭。"]


def test_what_is_said_of_a_name_in_the_next_sentence_is_shown() -> None:
    text = "那年他来了。阮长庚是临江人。他生于渔村。后来的事没有人知道。"
    assert answer("阮长庚", text) == ["阮长庚是临江人。", "他生于渔村。"]


def test_a_weak_second_sentence_is_not_shown_when_both_would_be_long() -> None:
    long = "后面这句话说的是别的事情" * 12
    text = f"今天天气很好。阮长庚是临江人。该公司{long}。"
    assert answer("阮长庚", text) == ["阮长庚是临江人。"]


def test_a_single_sentence_answers_whatever_it_is() -> None:
    assert answer("大桥", "完全无关。") == ["完全无关。"]


def test_latin_words_are_whole_words() -> None:
    asked, analyzed = query("car"), AnalyzedText.from_text("A cart stood there. Nobody drove the car.")
    assert sentence_scores(asked, weighed(asked), analyzed)[0] == 0


def test_words_are_highlighted_as_they_were_written() -> None:
    assert marked("台湾的苹果", "臺灣的 ＡＰＰＬＥ 与Apple商店") == ["臺灣", "ＡＰＰＬＥ", "Apple"]


def test_a_name_cut_into_characters_is_highlighted_whole_and_its_characters_alone_are_not() -> None:
    assert marked("王毅的外交", "王毅谈外交，毅力与王位不算") == ["王毅", "外交"]


def test_plurals_are_highlighted() -> None:
    assert marked("company box", "Companies sell boxes") == ["Companies", "boxes"]


texts = st.text(max_size=120) | st.text(
    alphabet="临江大桥通车谁王毅。？！\n\u200b…①Ａa臺灣 \u0301", max_size=120
)


@given(texts, texts)
def test_highlights_lie_within_the_text_in_order_apart(question: str, text: str) -> None:
    spans = highlights(query(question), AnalyzedText.from_text(text))
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(one[1] < other[0] for one, other in itertools.pairwise(spans))


@given(texts, texts)
def test_answering_sentences_are_sentences_of_the_text_in_order(question: str, text: str) -> None:
    asked, analyzed = query(question), AnalyzedText.from_text(text)
    scores = sentence_scores(asked, weighed(asked, worth=0.0), analyzed)
    spans = answering_sentences(scores, analyzed)
    assert set(spans) <= set(analyzed.sentences)
    assert list(spans) == sorted(spans)
    assert len(spans) == min(len(analyzed.sentences), max(1, len(spans))) <= 2 or len(analyzed.sentences) < 2
