"""Terms as numbers, and tags for occurrences."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.index.posting_writer import ESCAPE, TEXT_OF_TAG, TITLE_OF_TAG, tags_of
from corpus.index.top_k import cut_for
from corpus.text.terms import HASHED, code_of, codes_of, text_of

texts = st.text(min_size=1, max_size=6)


@given(texts, texts)
def test_different_terms_have_different_codes(one: str, other: str) -> None:
    assert (code_of(one) == code_of(other)) == (one == other)


@given(texts)
def test_short_terms_can_be_read_back(text: str) -> None:
    code = code_of(text)
    assert 0 < code < 2**63
    assert text_of(code) == (text if code < HASHED else None)
    assert (code < HASHED) == (len(text) <= 3 and not text.startswith("\0"))


def test_codes_of_long_terms_never_change() -> None:
    # They are on disk: another number here means that every index must be rebuilt (manifest.FORMAT).
    expected = [7612689932503047355, 6144035369727213084, 78284617750]
    assert codes_of(["金砖国家", "2022", "金砖"]).tolist() == expected


def test_an_empty_term_has_no_code() -> None:
    with pytest.raises(ValueError, match="empty"):
        code_of("")


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 9)), max_size=30))
def test_tags_tell_occurrences_exactly_or_say_that_they_cannot(pairs: list[tuple[int, int]]) -> None:
    text, title = np.array(pairs, np.int32).reshape(-1, 2).T
    tags = tags_of(text, title)
    told = tags != ESCAPE
    assert (TEXT_OF_TAG[tags[told]] == text[told]).all()
    assert (TITLE_OF_TAG[tags[told]] == title[told]).all()
    assert ((tags == 0) == ((text == 0) & (title == 0))).all()
    assert told[(text < 10) & (title < 5)].all()


@given(st.lists(st.integers(0, 20), min_size=2, max_size=200), st.data())
def test_a_cut_is_reached_by_as_many_as_asked_for(values: list[int], data: st.DataObject) -> None:
    count = data.draw(st.integers(1, len(values)))
    floats = np.array(values, np.float64)
    assert (floats >= cut_for(floats, count)).sum() >= count
