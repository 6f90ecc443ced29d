"""Folding and segmentation: one analyzer for articles and questions."""

import logging
import marshal
import sys
import unicodedata
from pathlib import Path

import jieba
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from corpus.text import analyzer, folding
from corpus.text.terms import codes_of
from tests.profiles import examples

han = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)
news = st.text(
    han
    | st.sampled_from("，。：（）“”、！ \n\t0123456789abcXYZｅＡ①…㎡ﬁ著着臺灣裏裡⽤⻓\u200b\ufeff\u0301éß")
    | st.sampled_from("こんにちはカタカナ한국어ΑΩЖ"),
    max_size=60,
)
anything = st.text(st.characters(), max_size=40)  # lone surrogates, unassigned and private ones too


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        pytest.param("ＡＢＣ１２３", "abc123", id="full-width letters and digits"),
        pytest.param("外交（重点）：八项", "外交(重点):八项", id="full-width marks"),
        pytest.param("⽤⼾⻓期", "用户长期", id="look-alike radicals"),
        pytest.param("臺灣總統府", "台湾总统府", id="traditional"),
        pytest.param("他看著我", "他看着我", id="the particle zhe in its traditional spelling"),
        pytest.param("著名作家的著作", "著名作家的著作", id="zhu stays"),
        pytest.param("金\u200b砖\ufeff国", "金砖国", id="zero-width characters"),
        pytest.param("cafe\u0301", "café", id="a letter and its accent"),
        pytest.param("\ud83d丢了一半", "\ufffd丢了一半", id="half of a character"),
        pytest.param("…①", "...1", id="one character becomes several"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_spellings_of_the_same_text_fold_to_one(text: str, folded: str) -> None:
    assert folding.fold(text) == folded


@settings(max_examples=examples(300), deadline=None)
@given(st.lists(news | anything, max_size=4))
@example(["看著", "作者", "名", "著"])
@example(["", "臺灣\n裏", ""])
@example(["看著……㏆", "⑺裏\u200b", "Ⅷ e\u0301…"])
@example(["⿽後", "甲"])
@example([])
def test_several_texts_fold_as_each_does(texts: list[str]) -> None:
    assert folding.fold_each(texts) == list(map(folding.fold, texts))
    assert folding.fold_each_with_map(texts) == list(map(folding.fold_with_map, texts))


@pytest.mark.parametrize("part", range(4))
def test_every_character_folds_in_company_as_alone(part: int) -> None:
    several = [chr(code) for code in range(0x20, 0x30000) if not 0xD800 <= code <= 0xDFFF][part::4]
    lines = ["甲".join(several[start : start + 20]) for start in range(0, len(several), 20)]
    for start in range(0, len(lines), 10):
        some = lines[start : start + 10]
        assert folding.fold_each(some) == list(map(folding.fold, some))


@settings(max_examples=examples(300), deadline=None)
@given(news | anything)
@example("e\u200b\u0301")
@example("\u1100\u1161\u0301")
@example("\u09c7\u09be\u0301")
@example("İ\u0307I")
def test_folding_with_a_map_gives_the_same_text(text: str) -> None:
    assert folding.fold_with_map(text).text == folding.fold(text)


@settings(max_examples=examples(300), deadline=None)
@given(news | anything)
def test_each_folded_character_knows_an_original_one(text: str) -> None:
    folded = folding.fold_with_map(text)
    assert len(folded.origins) == len(folded.text) + 1
    assert list(folded.origins) == sorted(folded.origins)
    assert all(0 <= origin < len(text) for origin in folded.origins[:-1])
    assert folded.origins[-1] == len(text)


@settings(max_examples=examples(300), deadline=None)
@given(st.data())
def test_spans_of_folded_text_fall_on_stretches_of_the_original(data: st.DataObject) -> None:
    text = data.draw(news)
    folded = folding.fold_with_map(text)
    if not folded.text:
        return
    start = data.draw(st.integers(0, len(folded.text) - 1))
    end = data.draw(st.integers(start + 1, len(folded.text)))
    first, last = folded.original_span(start, end)
    assert 0 <= first < last <= len(text)
    # What was marked in the folded text is still there when the stretch is folded by itself.
    if all(not unicodedata.combining(character) for character in text):
        assert len(folding.fold_with_map(text[first:last]).text) >= end - start


def test_a_span_leaves_invisible_characters_after_it_outside() -> None:
    text = "金砖\u200b\u200b国家"
    assert folding.fold_with_map(text).original_span(0, 2) == (0, 2)
    assert folding.fold_with_map(text).original_span(1, 3) == (1, 5)


def test_a_character_that_folds_to_several_is_marked_whole() -> None:
    assert folding.fold_with_map("甲…乙").original_span(2, 3) == (1, 2)


@settings(max_examples=examples(300), deadline=None)
@given(news | anything)
@example("𰀀𱍏")  # beyond the supplementary plane's first extensions
@example("𪛖a")
def test_codes_of_characters_are_those_of_the_character_terms(text: str) -> None:
    folded = folding.fold(text)
    assert sorted(analyzer.character_codes(folded).tolist()) == sorted(
        codes_of(analyzer.characters(folded)).tolist()
    )
    assert analyzer.character_codes(folded).dtype == np.int64


@settings(max_examples=examples(200), deadline=None)
@given(news | anything)
def test_terms_and_their_places_agree(text: str) -> None:
    folded = folding.fold(text)
    assert [word for word, _, _ in analyzer.word_spans(folded)] == analyzer.words(folded)
    for word, start, end in analyzer.word_spans(folded):
        assert analyzer.stem(folded[start:end]) == word


@settings(max_examples=examples(200), deadline=None)
@given(news | anything)
def test_words_hold_a_letter_or_digit_each(text: str) -> None:
    for word in analyzer.words(folding.fold(text)):
        assert any(character.isalnum() for character in word)


def test_the_memory_of_tokens_stays_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analyzer, "MOST_REMEMBERED", 10)
    for number in range(50):
        assert analyzer.words(f"x{number}y") == [f"x{number}y"]
    assert len(analyzer._terms) <= 10


@pytest.mark.parametrize(
    ("word", "stem"),
    [
        ("companies", "company"),
        ("cars", "car"),
        ("bus", "bus"),
        ("glass", "glass"),
        ("iphone13s", "iphone13s"),
    ],
)
def test_only_plural_endings_of_latin_words_are_cut(word: str, stem: str) -> None:
    assert analyzer.stem(word) == stem


def test_the_probe_sentence_is_cut_as_jieba_cuts_it() -> None:
    assert list(jieba.cut(analyzer._PROBE, HMM=False)) == analyzer.PROBE_WORDS


@settings(max_examples=examples(300), deadline=None)
@given(news | anything)
def test_rjieba_cuts_as_jieba_does(text: str) -> None:
    rjieba = pytest.importorskip("rjieba")
    folded = folding.fold(text)
    assert list(rjieba.cut(folded, False)) == list(jieba.cut(folded, HMM=False))


def test_without_rjieba_jieba_does_the_work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "rjieba", None)
    monkeypatch.setattr(jieba.dt, "tmp_dir", None)
    segmenters = analyzer._Segmenters()
    segmenters.cache_dir = tmp_path / "data"
    assert segmenters.cut(analyzer._PROBE) == analyzer.PROBE_WORDS
    assert jieba.dt.tmp_dir == str(tmp_path / "data")


def test_an_rjieba_that_cuts_otherwise_is_not_used(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Other:
        @staticmethod
        def cut(text: str, _: bool) -> list[str]:
            return list(text)

    monkeypatch.setitem(sys.modules, "rjieba", Other)
    with caplog.at_level(logging.WARNING, logger="corpus"):
        assert analyzer._Segmenters().cut(analyzer._PROBE) == analyzer.PROBE_WORDS
    assert "using jieba" in caplog.text


def test_where_nothing_can_be_written_jieba_works_without_its_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setitem(sys.modules, "rjieba", None)
    monkeypatch.setattr(jieba.dt, "tmp_dir", None)
    segmenters = analyzer._Segmenters()
    segmenters.cache_dir = tmp_path / "file" / "data"
    assert segmenters.cut(analyzer._PROBE) == analyzer.PROBE_WORDS


def test_the_dictionary_is_taken_out_of_the_cache_that_jieba_wrote(tmp_path: Path) -> None:
    writer, reader = jieba.Tokenizer(), jieba.Tokenizer()
    writer.tmp_dir = str(tmp_path)
    writer.initialize()
    analyzer._take_from_cache(reader, tmp_path / "jieba.cache")
    assert reader.initialized
    assert (reader.FREQ, reader.total) == (writer.FREQ, writer.total)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(None, id="missing"),
        pytest.param(b"", id="empty"),
        pytest.param(b"\x00\xff", id="no cache"),
        pytest.param(marshal.dumps(({"甲": 1}, 1))[:-3], id="cut off"),
        pytest.param(marshal.dumps(("甲", 1)), id="something else"),
    ],
)
def test_a_damaged_cache_is_left_to_jieba(content: bytes | None, tmp_path: Path) -> None:
    cache = tmp_path / "jieba.cache"
    if content is not None:
        cache.write_bytes(content)
    tokenizer = jieba.Tokenizer()
    analyzer._take_from_cache(tokenizer, cache)
    assert not tokenizer.initialized
