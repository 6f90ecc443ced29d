"""Tags encode occurrences in text and title."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from corpus.index.posting_writer import ESCAPE, TEXT_OF_TAG, TITLE_OF_TAG, encode_tags


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 9)), max_size=30))
def test_tags_tell_occurrences_exactly_or_say_that_they_cannot(pairs: list[tuple[int, int]]) -> None:
    text, title = np.array(pairs, np.int32).reshape(-1, 2).T
    tags = encode_tags(text, title)
    told = tags != ESCAPE
    assert (TEXT_OF_TAG[tags[told]] == text[told]).all()
    assert (TITLE_OF_TAG[tags[told]] == title[told]).all()
    assert ((tags == 0) == ((text == 0) & (title == 0))).all()
    assert told[(text < 10) & (title < 5)].all()
