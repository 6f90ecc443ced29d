"""Segmentation into terms: one analyzer for articles and questions."""

import logging
import marshal
import sys
from pathlib import Path

import jieba
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from corpus.text import analyzer, folding
from corpus.text.terms import codes_of
from tests.corpus.text.texts import anything, news
from tests.profiles import examples


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
    names = [name for name, _, _ in analyzer.model_names(folded)]
    assert [word for word, _, _ in analyzer.word_spans(folded)] + names == analyzer.words(folded)
    for word, start, end in analyzer.word_spans(folded):
        assert analyzer.stem(folded[start:end]) == word


@settings(max_examples=examples(200), deadline=None)
@given(news | anything)
def test_words_hold_a_letter_or_digit_each(text: str) -> None:
    for word in analyzer.words(folding.fold(text)):
        assert any(character.isalnum() for character in word)


def test_the_memory_of_tokens_stays_bounded() -> None:
    cache = analyzer._TermCache(limit=10)
    for number in range(50):
        assert cache[f"x{number}ys"] == f"x{number}ys"
    assert 0 < len(cache) <= 10


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
    segmenters = analyzer._LazySegmenter()
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
        assert analyzer._LazySegmenter().cut(analyzer._PROBE) == analyzer.PROBE_WORDS
    assert "using jieba" in caplog.text


def test_where_nothing_can_be_written_jieba_works_without_its_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setitem(sys.modules, "rjieba", None)
    monkeypatch.setattr(jieba.dt, "tmp_dir", None)
    segmenters = analyzer._LazySegmenter()
    segmenters.cache_dir = tmp_path / "file" / "data"
    assert segmenters.cut(analyzer._PROBE) == analyzer.PROBE_WORDS


def test_the_dictionary_is_taken_out_of_the_cache_that_jieba_wrote(tmp_path: Path) -> None:
    writer, reader = jieba.Tokenizer(), jieba.Tokenizer()
    writer.tmp_dir = str(tmp_path)
    writer.initialize()
    analyzer._load_cached_dictionary(reader, tmp_path / "jieba.cache")
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
    analyzer._load_cached_dictionary(tokenizer, cache)
    assert not tokenizer.initialized


@pytest.mark.parametrize(
    ("glued", "parted"),
    [
        ("iPhone14Pro", "iPhone 14 Pro"),
        ("iphone14promax", "iPhone 14 ProMax"),
        ("Mate50Pro", "mate 50 pro"),
        ("一加11Pro", "一加 11 Pro"),
        ("骁龙8Gen2", "骁龙 8 Gen 2"),
        ("PS5", "PS 5"),
        ("K50", "k-50"),
        ("5G", "5 G"),
        ("歼20B", "歼 20 B"),
    ],
)
def test_a_model_name_has_the_same_terms_glued_and_parted(glued: str, parted: str) -> None:
    one, other = folding.fold(glued), folding.fold(parted)
    assert sorted(analyzer.words(one)) == sorted(analyzer.words(other))
    assert analyzer.characters(one.replace("-", " ")) == analyzer.characters(other.replace("-", " "))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("3.5 per cent in 1998", []),
        ("2022年9月", []),
        ("a1b2c3d4e5f6", []),
        ("tel 13800138000", []),
        ("c919首飞", ["c919"]),
    ],
)
def test_what_is_no_model_name(text: str, names: list[str]) -> None:
    found = [name.term for name in analyzer.model_names(text)]
    assert [name for name in found if name not in {"5per", "in1998"}] == names


LATIN_WORDS = st.sampled_from(
    ["company", "companies", "boxes", "boxe", "box", "glass", "ios", "ai", "k", "iphone", "14", "pro", "5g"]
)


@settings(max_examples=examples(300), deadline=None)
@given(
    st.lists(LATIN_WORDS | st.sampled_from(["", " ", "-", "桥", "é", "."]), max_size=8).map("".join),
    LATIN_WORDS,
)
@example("iphone 14", "iphone14")
@example("14pro", "14pro")
@example("f-35s", "f35")
def test_a_latin_term_is_found_alone_as_among_all(folded: str, term: str) -> None:
    for each in {term, analyzer.stem(term), *analyzer.latin_terms(folded)}:
        assert analyzer.has_latin_term(folded, each) == (each in analyzer.latin_terms(folded))
