"""Excerpts: whole sentences around those that answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.wording.excerpts import GAP, Piece, excerpt
from corpus.models import Span
from corpus.text.passages import sentences

TEXT = "甲来了。乙也来了。\n丙没有来。丁在路上。戊不知道。"
SENTENCE = st.text("甲乙丙丁一二三，😀", min_size=1, max_size=30).map(lambda words: words + "。")


def spans(*indexes: int, text: str = TEXT) -> tuple[Span, ...]:
    found = sentences(text)
    return tuple(found[index] for index in indexes)


def test_the_answering_sentence_stands_between_its_neighbours() -> None:
    assert excerpt(TEXT, spans(2), budget=15).pieces == (
        Piece(GAP),
        Piece("丙没有来。", answers=True),
        Piece("丁在路上。"),
        Piece("戊不知道。"),
    )


@pytest.mark.parametrize(
    ("text", "answer", "shown"),
    [
        ("别的事。\n先说手感\n外壳是木头的。又轻又暖。", 2, "……先说手感\n外壳是木头的。又轻又暖。"),
        ("上一问？\n上一答。\n三、退票\n能退吗？\n能退。", 4, "……三、退票\n能退吗？\n能退。"),
        ("无关的一句。\n开头一句。答案在这里。", 2, "……开头一句。答案在这里。"),
    ],
)
def test_an_excerpt_begins_with_the_line_of_the_answer_or_its_heads(
    text: str, answer: int, shown: str
) -> None:
    assert excerpt(text, spans(answer, text=text), budget=100).text == shown


def test_what_follows_is_the_rest() -> None:
    shown = excerpt(TEXT, spans(0), budget=9)
    assert shown.text == "甲来了。乙也来了。"
    assert shown.rest == "丙没有来。丁在路上。戊不知道。"


def test_two_answering_sentences_far_apart_have_a_gap_between() -> None:
    shown = excerpt(TEXT, spans(0, 4), budget=5)
    assert shown.text == "甲来了。……戊不知道。"
    assert [piece.text for piece in shown.pieces if piece.answers] == ["甲来了。", "戊不知道。"]


def test_without_an_answering_sentence_the_beginning_is_shown_and_nothing_marked() -> None:
    shown = excerpt(TEXT, (), budget=9)
    assert shown.text == "甲来了。乙也来了。"
    assert not any(piece.answers for piece in shown.pieces)


def test_a_sentence_that_only_repeats_the_title_is_left_out() -> None:
    assert excerpt("“甲来了”\n乙也来了。", ((6, 11),), budget=50, title="甲来了").text == "乙也来了。"


def test_a_passage_that_is_nothing_but_the_title_shows_nothing() -> None:
    shown = excerpt("甲来了。", ((0, 4),), budget=50, title="甲来了")
    assert shown.pieces == ()
    assert shown.rest == ""


@given(st.lists(SENTENCE, min_size=1, max_size=12), st.data(), st.integers(0, 200))
def test_answering_sentences_are_whole_marked_and_alone_in_it(
    texts: list[str], data: st.DataObject, budget: int
) -> None:
    text = data.draw(st.sampled_from(["", "\n", " "])).join(texts)
    found = sentences(text)
    chosen = data.draw(st.lists(st.sampled_from(range(len(found))), max_size=2, unique=True))
    answering = tuple(found[index] for index in sorted(chosen))
    shown = excerpt(text, answering, budget=budget)
    assert [piece.text for piece in shown.pieces if piece.answers] == [
        text[start:end] for start, end in answering
    ]
    size = sum(len(piece.text) for piece in shown.pieces if piece.text.strip() and piece.text != GAP)
    assert size <= max(budget, sum(end - start for start, end in answering or found[:1]))
    for part in "".join(piece.text for piece in shown.pieces).split(GAP):
        assert part in text
    assert text.endswith(shown.rest)
