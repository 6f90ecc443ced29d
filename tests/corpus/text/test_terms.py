"""Terms as numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
