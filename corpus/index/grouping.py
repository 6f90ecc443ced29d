"""Occurrences of terms in a batch of documents → posting chunks: sorting and counting with numpy."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from corpus.index.merging import changes
from corpus.index.posting_writer import ESCAPE, Chunk, Integers, encode_tags
from corpus.text.terms import BITS, HASHED

Array = NDArray[Any]

DOCUMENT_BITS: Final = 17
"""log2 of the number of passages that are inverted at a time, at most."""

HAN_FLAG: Final = 1 << 24
"""The character is written without blanks."""

SINGLE_FLAG: Final = 1 << 25
"""The character counts."""

PAIR_FLAG: Final = 1 << 26
"""The pair of the character and the next one counts."""

POINT_MASK: Final = (1 << BITS) - 1
"""The code point, without the flags above it."""

_MIN_WIDE_CODE: Final = 1 << 42
"""Codes of one or two characters are below this; only they leave room for a document in one sort key."""


def mark_characters(points: NDArray[np.int32], han: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Add the flags to code points."""
    marked = points.copy()
    marked[han] |= HAN_FLAG | SINGLE_FLAG
    marked[:-1][han[:-1] & han[1:]] |= PAIR_FLAG
    return marked


def count_once(marked: NDArray[np.int32]) -> None:
    """Clear the flags of repeated characters and pairs, in place: each then counts once."""
    for flag, keys in (
        (SINGLE_FLAG, marked & POINT_MASK),
        (PAIR_FLAG, (marked & POINT_MASK).astype(np.int64) << BITS | np.append(marked[1:], 0) & POINT_MASK),
    ):
        flagged = np.flatnonzero(marked & flag)
        _, first = np.unique(keys[flagged], return_index=True)
        marked[flagged] &= ~flag
        marked[flagged[first]] |= flag


def character_chunks(marked: NDArray[np.int32], owners: Integers) -> tuple[Chunk, ...]:
    """Chunks of single characters, and of pairs."""
    held = np.flatnonzero(marked & HAN_FLAG)
    held_points = marked[held] & POINT_MASK
    distinct, held_ranks = _ranks(held_points)
    ranks = np.zeros(len(marked), held_ranks.dtype)
    ranks[held] = held_ranks
    by_point = held[np.argsort(held_ranks, kind="stable")]
    singles = by_point[marked[by_point] & SINGLE_FLAG > 0]
    # Sort pairs by their second characters, then, stably, by their first ones.
    pairs = by_point[by_point > 0] - 1
    pairs = pairs[marked[pairs] & PAIR_FLAG > 0]
    pairs = pairs[np.argsort(ranks[pairs], kind="stable")]
    bits = 8 * ranks.dtype.itemsize
    wide = ranks[pairs].astype(np.int64) << bits | ranks[pairs + 1]
    low = (1 << bits) - 1
    return (
        *_occurrence_chunks(
            ranks[singles].astype(np.int64), owners[singles], lambda numbers: distinct[numbers]
        ),
        *_occurrence_chunks(
            wide, owners[pairs], lambda numbers: distinct[numbers >> bits] << BITS | distinct[numbers & low]
        ),
    )


def _ranks(values: NDArray[np.int32]) -> tuple[Integers, Array]:
    """The distinct values, and the rank of each value among them in the smallest sufficient type."""
    seen = np.zeros(int(values.max(initial=0)) + 1, bool)
    seen[values] = True
    distinct = np.flatnonzero(seen)
    table = np.zeros(len(seen), _smallest_type(len(distinct)))
    table[distinct] = np.arange(len(distinct))
    return distinct, table[values]


def _smallest_type(count: int) -> type[np.generic]:
    return np.uint16 if count <= 1 << 16 else np.uint32


def word_chunks(
    ids: NDArray[np.int32], owners: Integers, texts: Sequence[str], codes_of_texts: Sequence[int]
) -> tuple[tuple[Chunk, ...], dict[int, str]]:
    """Chunks of words, given as places in `texts`; and the texts that their codes do not encode, by code."""
    distinct, places = _ranks(ids)
    every = np.fromiter(map(codes_of_texts.__getitem__, distinct.tolist()), np.int64, len(distinct))
    codes, ranks_of = np.unique(every, return_inverse=True)
    ranks = ranks_of.astype(_smallest_type(len(codes)))[places]
    order = np.argsort(ranks, kind="stable")
    chunks = _occurrence_chunks(ranks[order].astype(np.int64), owners[order], lambda numbers: codes[numbers])
    long = np.flatnonzero(every >= HASHED)
    numbers = distinct[long].tolist()
    return chunks, dict(zip(every[long].tolist(), map(texts.__getitem__, numbers), strict=True))


def code_chunks(codes: Integers, owners: Integers) -> tuple[Chunk, ...]:
    """Chunks of terms of any kind, given as codes."""
    wide = codes >= _MIN_WIDE_CODE
    distinct, ranks = np.unique(codes[wide], return_inverse=True)
    numbers = codes.copy()
    numbers[wide] = _MIN_WIDE_CODE + ranks

    def restore(numbers: Integers) -> Integers:
        codes = numbers.copy()
        wide = numbers >= _MIN_WIDE_CODE
        codes[wide] = distinct[numbers[wide] - _MIN_WIDE_CODE]
        return codes

    keys = numbers << (DOCUMENT_BITS + 1) | owners
    # The stable kind: numpy's default is three times slower on processors with slow AVX-512 compression
    # (Zen 4).
    keys.sort(kind="stable")
    return _chunk_of_sorted_keys(keys, restore)


def _occurrence_chunks(
    numbers: Integers, owners: Integers, restore: Callable[[Integers], Integers]
) -> tuple[Chunk, ...]:
    """A chunk of occurrences that are sorted by term and owner.

    Args:
        numbers: The term of each occurrence, as a number that grows with its code.
        owners: `document << 1 | in_title` of each occurrence.
        restore: Converts numbers back to codes.
    """
    return _chunk_of_sorted_keys(numbers << (DOCUMENT_BITS + 1) | owners, restore)


def _chunk_of_sorted_keys(keys: Integers, restore: Callable[[Integers], Integers]) -> tuple[Chunk, ...]:
    """One chunk of sorted keys `number, owner`; none without occurrences."""
    if not len(keys):
        return ()
    first = np.flatnonzero(changes(keys))
    counts = np.diff(first, append=len(keys)).astype(np.int32)
    keys = keys[first]
    in_title = np.flatnonzero(keys & 1)
    keys >>= 1
    # The key of a title follows directly that of the text, if any, of the same term and document.
    new = np.flatnonzero(changes(keys))
    title = np.zeros(len(new), np.int32)
    title[np.searchsorted(new, in_title, side="right") - 1] = counts[in_title]
    counts[in_title] = 0
    text = counts[new]
    keys = keys[new]
    terms = keys >> DOCUMENT_BITS
    starts = np.flatnonzero(changes(terms))
    tags = encode_tags(text, title)
    escapes = np.flatnonzero(tags == ESCAPE)
    documents = keys & (1 << DOCUMENT_BITS) - 1
    return (
        Chunk(
            restore(terms[starts]),
            np.append(starts, len(terms)).astype(np.int32),
            documents.astype(_smallest_type(int(documents.max()) + 1)),
            tags,
            escapes,
            np.stack([text[escapes], title[escapes]], axis=1),
        ),
    )
