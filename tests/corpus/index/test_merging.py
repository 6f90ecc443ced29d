"""Lists of several pieces become lists of all."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.index import merging
from corpus.index.merging import ChunkSource, merge_lists
from corpus.index.posting_writer import ESCAPE, Chunk

Postings = Mapping[tuple[int, int], tuple[int, int]]
"""Tag and an occurrence aside, by code and document."""

postings = st.dictionaries(
    st.tuples(st.integers(0, 9), st.integers(0, 30)),
    st.tuples(st.sampled_from([1, 2, ESCAPE]), st.integers(200, 300)),
)


def chunk_of(held: Postings) -> Chunk:
    ordered = sorted(held)
    codes = sorted({code for code, _ in ordered})
    tags = np.array([held[key][0] for key in ordered], np.uint8)
    escapes = np.flatnonzero(tags == ESCAPE)
    return Chunk(
        np.array(codes, np.int64),
        np.searchsorted([code for code, _ in ordered], [*codes, 99]),
        np.array([document for _, document in ordered], np.uint16),
        tags,
        escapes,
        np.array([[held[ordered[spot]][1], 0] for spot in escapes.tolist()], np.int64).reshape(-1, 2),
    )


def read_back(chunk: Chunk) -> Postings:
    assert (np.diff(chunk.codes) > 0).all()
    assert (np.diff(chunk.starts) > 0).all()
    aside = dict(zip(chunk.escapes.tolist(), chunk.escaped[:, 0].tolist(), strict=True))
    held = {}
    for code, (start, end) in zip(chunk.codes.tolist(), pairwise(chunk.starts.tolist()), strict=True):
        documents = chunk.documents[start:end].tolist()
        assert documents == sorted(set(documents))
        for spot, document in enumerate(documents, start):
            held[code, document] = (int(chunk.tags[spot]), aside.get(spot, 0))
    return held


def told(held: Postings) -> Postings:
    return {key: (tag, aside if tag == ESCAPE else 0) for key, (tag, aside) in held.items()}


@given(postings, st.integers(1, 4), st.booleans(), st.integers(1, 40))
def test_lists_are_the_same_in_one_piece_and_in_several(
    held: Postings, pieces: int, ordered: bool, most: int
) -> None:
    # Ordered: each piece has a stretch of documents, numbered from 0; else every second, third or fourth.
    sources = []
    for piece in range(pieces):
        shift = 10 * piece if ordered else 0
        part = {
            (code, document - shift): value
            for (code, document), value in held.items()
            if (min(document // 10, pieces - 1) if ordered else document % pieces) == piece
        }
        sources.append(ChunkSource(chunk_of(part), shift))
    merged: dict[tuple[int, int], tuple[int, int]] = {}
    last = -1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(merging, "MERGE_POSTINGS", most)
        for chunk in merge_lists(sources, ordered=ordered):
            assert chunk.codes[0] > last
            last = int(chunk.codes[-1])
            assert len(chunk.tags) <= most + np.diff(chunk.starts).max()
            merged |= read_back(chunk)
    assert merged == told(held)
