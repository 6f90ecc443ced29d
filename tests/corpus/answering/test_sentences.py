"""Answering sentences and highlights: right, within the text, not overlapping."""

import itertools
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import Filters
from corpus.answering.parameters import DEFAULTS
from corpus.answering.sentences import (
    AnalyzedText,
    answering_sentences,
    highlights,
    sentence_scores,
)
from corpus.answering.term_weights import WeightedTerm, asking_places, is_latin
from corpus.question.parser import parse
from corpus.question.query import Query

SHOWN_CHARS = DEFAULTS.sentences.max_window_chars


def query(question: str) -> Query:
    return parse(question, filters=Filters(), today=date(2026, 11, 23))


def weighed(asked: Query, *, worth: float = 1.0) -> list[WeightedTerm]:
    return [(term.text, is_latin(term), term.weight * worth) for term in asked.terms]


def answer(question: str, text: str) -> list[str]:
    asked, analyzed = query(question), AnalyzedText.from_text(text)
    scores = sentence_scores(asked, weighed(asked), analyzed)
    return [text[start:end] for start, end in answering_sentences(scores, analyzed)]


def marked(question: str, text: str) -> list[str]:
    return [text[start:end] for start, end in highlights(query(question), AnalyzedText.from_text(text))]


def test_the_sentence_with_the_questions_words_answers() -> None:
    text = "今天天气很好。\n临江大桥十月一日通车。\n" + "大家都很高兴，一直玩到天黑。" * 20
    assert answer("临江大桥通车", text)[0] == "临江大桥十月一日通车。"


def test_of_two_sentences_alike_the_one_of_the_asked_kind_answers() -> None:
    text = "大桥通车是大家盼望的事情。大桥通车定于10月1日。"
    assert "大桥通车定于10月1日。" in answer("大桥通车什么时候", text)


def test_what_follows_a_question_is_shown_with_it() -> None:
    text = "有人问了。钱都花在哪里呢？飯館、酒家、舞廳。其他的事以后再说。"
    assert answer("钱花在哪里", text)[1:3] == ["钱都花在哪里呢？", "飯館、酒家、舞廳。"]


@pytest.mark.parametrize(
    ("question", "text", "shown"),
    [
        pytest.param(
            "一句话原理",
            "一句话原理\n浏览器向服务器获取资源。",
            ["浏览器向服务器获取资源。"],
            id="a heading",
        ),
        pytest.param(
            "误车了怎么办",
            "15. 能改签吗？\n可以。\n16. 误车了怎么办？\n改签到后面的车次。\n17. 丢了东西找谁？\n打电话。",
            ["改签到后面的车次。"],
            id="a numbered question",
        ),
        pytest.param(
            "渡轮票价多少",
            "问：渡轮多少钱？\n成人8元。\n问：码头怎么走？\n坐公交，票价2元。",
            ["成人8元。"],
            id="the same asked in other words, beside another fare",
        ),
        pytest.param(
            "报名材料",
            "报名须知\n报名材料：\n身份证复印件\n两张照片",
            ["身份证复印件", "两张照片"],
            id="the head of a list",
        ),
        pytest.param(
            "周四跑几公里",
            "周 | 周二 | 周四\n一 | 休息 | 3公里\n二 | 2公里 | 4公里",
            ["周 | 周二 | 周四", "一 | 休息 | 3公里", "二 | 2公里 | 4公里"],
            id="rows of a table, with its first row",
        ),
    ],
)
def test_what_stands_under_a_head_answers(question: str, text: str, shown: list[str]) -> None:
    assert answer(question, text) == shown


def test_a_label_is_no_head() -> None:
    assert answer("票价", "票价：46元\n发售：13日20时\n主办：电台")[0] == "票价：46元"


def test_evidence_under_a_question_about_something_else_is_not_said_of_what_is_asked() -> None:
    asked = query("轮渡票价多少")
    text = AnalyzedText.from_text("8. 停车场在哪里？\n码头对面，票价5元。\n9. 轮渡收费吗？\n收，票价8元。")
    asking = [weighed(asked)[place] for place in asking_places(asked)]
    assert sentence_scores(asked, weighed(asked), text, asking=asking).typed == [
        False,
        False,
        False,
        True,
    ]


def test_the_heads_before_a_passage_count_for_it() -> None:
    asked = query("续航测试")
    alone = sentence_scores(asked, weighed(asked), AnalyzedText.from_text("跑了六百公里。"))
    below = sentence_scores(
        asked, weighed(asked), AnalyzedText.from_text("跑了六百公里。", heading="续航测试")
    )
    assert below.scores[0] > alone.scores[0]


def test_words_of_a_head_are_summed_in_the_order_of_the_question() -> None:
    """Else a tie would fall one way in this process and the other way in the next."""
    terms: list[WeightedTerm] = [("甲", False, 1e16), *((word, False, 1.0) for word in "乙丙丁戊己庚辛壬癸")]
    text = AnalyzedText.from_text("甲乙丙丁戊己庚辛壬癸？\n下面一句没有这些字。\n")
    scores = sentence_scores(query("大桥"), terms, text).scores
    assert scores == [0.0, sum(weight for _, _, weight in terms)]


def test_what_the_title_explains_is_answered_by_a_value_alone() -> None:
    asked = query("轮渡几点开")
    text = AnalyzedText.from_text("江面很宽。首班6时30分。")
    assert sentence_scores(asked, [], text, explained=1.0).scores[1] > 0
    assert sentence_scores(asked, [], text).scores == [0.0, 0.0]


def test_what_stands_between_and_around_is_shown_while_it_is_short() -> None:
    text = "阮长庚辞职。消息来得突然。阮长庚六十岁。他要回家。"
    assert "".join(answer("阮长庚", text)) == text
    long = "别的事情说了很久" * 30
    assert answer("阮长庚", f"{long}。阮长庚辞职。{long}。") == ["阮长庚辞职。"]


def test_less_is_shown_where_the_best_sentence_has_what_is_asked_for() -> None:
    after = "门票的事情说了很久，" * 16 + "。"
    assert answer("门票多少钱", f"门票每张30元。{after}") == ["门票每张30元。"]
    assert len(answer("门票的规定", f"门票要实名购买。{after}")) == 2


def test_the_reason_before_a_sentence_with_therefore_is_shown() -> None:
    text = "大雾连续三天不散。因此临江机场关闭。餐厅照常营业。"
    assert answer("临江机场关闭", text)[:2] == ["大雾连续三天不散。", "因此临江机场关闭。"]


def test_what_is_said_of_a_name_in_the_next_sentence_is_shown() -> None:
    text = "那年他来了。阮长庚是临江人。他生于渔村。后来的事没有人知道。"
    assert answer("阮长庚", text)[1:3] == ["阮长庚是临江人。", "他生于渔村。"]


def test_a_weak_second_sentence_is_not_shown_when_both_would_be_long() -> None:
    long = "后面这句话说的是别的事情" * 18
    text = f"今天天气很好。\n阮长庚是临江人。该公司{long}。{long}。"
    assert answer("阮长庚", text) == ["阮长庚是临江人。"]


def test_a_single_sentence_answers_whatever_it_is() -> None:
    assert answer("大桥", "完全无关。") == ["完全无关。"]


def test_latin_words_are_whole_words() -> None:
    asked, analyzed = query("car"), AnalyzedText.from_text("A cart stood there. Nobody drove the car.")
    assert sentence_scores(asked, weighed(asked), analyzed).scores[0] == 0


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
    assert bool(spans) == bool(analyzed.sentences)
    assert len(spans) <= 2 or sum(end - start for start, end in spans) <= SHOWN_CHARS + len(
        text.split("\n", 1)[0]
    )
