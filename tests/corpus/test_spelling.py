"""Mistyped names and Latin words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.spelling import edits, homophones


@pytest.mark.parametrize(("typed", "meant"), [("义", "毅"), ("软", "阮"), ("彦", "砚"), ("从", "虫")])
def test_a_homophone_is_found_also_as_southern_speakers_say_it(typed: str, meant: str) -> None:
    assert meant in homophones(typed)


def test_a_character_is_no_homophone_of_itself_and_latin_has_none() -> None:
    assert "毅" not in homophones("毅")
    assert homophones("a") == ()


@pytest.mark.parametrize("typed", ["pulsr", "plusar", "pulsarr", "pulzar"])
def test_one_slip_is_one_edit(typed: str) -> None:
    assert "pulsar" in edits(typed)


@given(st.text(alphabet="abcdefgh", min_size=1, max_size=12))
def test_edits_are_other_words_of_nearly_the_same_length(word: str) -> None:
    found = edits(word)
    assert word not in found
    assert all(abs(len(other) - len(word)) <= 1 for other in found)
