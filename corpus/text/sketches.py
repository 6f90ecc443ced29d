"""Sketches: hashed shingles of an article, by which near duplicates are found."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from corpus.text import folding

COMPARED_CHARS: Final = 1_500
"""How many characters of an article are compared, from its beginning."""

SHINGLE_CHARS: Final = 6
"""Length of a shingle: a run of letters and digits that is hashed."""

OPENING_PASSAGES: Final = 8
"""How many passages hold the beginning of an article."""

_LAST_POINT: Final = 0xFFFF
"""Greater code points count as this one."""

_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)
"""Base of the polynomial hash: 2^64 divided by the golden ratio (Knuth's multiplicative hashing)."""

_SAMPLE_SHIFT: Final = np.uint64(62)
"""Hashes whose first two bits are zero are in the sample: a quarter."""

_SAMPLE_END: Final = np.uint64(1 << 62)
"""The first hash that is not in the sample."""

_SKETCH_SHIFT: Final = np.uint64(60)
"""Hashes whose first four bits are zero are in the sketch: a sixteenth."""

_KEPT_SHIFT: Final = np.uint64(44)
"""The sketch keeps the next sixteen bits of a hash."""


def sketch_of(passages: Sequence[str]) -> bytes:
    """Return the sketch of an article: 16 bits of every sixteenth shingle, sorted, little-endian.

    Args:
        passages: The passages of the article, from its beginning.
    """
    hashes = _hashes("\n".join(passages[:OPENING_PASSAGES]))
    kept = hashes[hashes >> _SKETCH_SHIFT == 0] >> _KEPT_SHIFT
    return np.unique(kept.astype("<u2")).tobytes()


@dataclass(frozen=True, slots=True, eq=False)
class Shingles:
    """The hashed shingles of the beginning of a text.

    Attributes:
        hashes: Hashes of all runs of six letters and digits, in reading order. The text is folded first,
            without punctuation and blanks. A shorter text is one run.
        sample: A quarter of them, chosen by value: the same shingles are chosen in every text.
    """

    hashes: NDArray[np.uint64]
    sample: frozenset[int]

    @classmethod
    def from_text(cls, text: str) -> "Shingles":
        """Hash the beginning of a text."""
        hashes = _hashes(text)
        return cls(hashes, frozenset(hashes[hashes >> _SAMPLE_SHIFT == 0].tolist()))


def distinct_shingles(text: str) -> NDArray[np.uint64]:
    """Return the hashes of the shingles of a text's beginning, sorted, each once."""
    return np.unique(_hashes(text))


def sample_size(hashes: NDArray[np.uint64]) -> int:
    """Return how many of sorted hashes are in the sample: the smallest ones."""
    return int(np.searchsorted(hashes, _SAMPLE_END))


def sketch_values(sketch: bytes | None) -> list[int]:
    """Return the values of a sketch (`sketch_of`), growing; none if there is no sketch."""
    values: list[int] = memoryview(sketch or b"").cast("H").tolist()
    return values


def _hashes(text: str) -> NDArray[np.uint64]:
    """Return the hashes of all shingles of the beginning of a text, in reading order."""
    plain = letters_of(text[: 2 * COMPARED_CHARS])[:COMPARED_CHARS]
    size = min(SHINGLE_CHARS, len(plain))
    if not size:
        return np.empty(0, np.uint64)
    count = len(plain) - size + 1
    hashes = np.zeros(count, np.uint64)
    for offset in range(size):
        hashes *= _MULTIPLIER
        hashes += plain[offset : offset + count]
    return hashes


def letters_of(text: str) -> NDArray[np.uint64]:
    """Return the folded letters and digits of a text as code points."""
    plain = folded_letters()[code_points(text)]
    return plain[plain > 0]


def code_points(text: str) -> NDArray[np.uint32]:
    """Return the code points of a text; all from U+FFFF on count as one."""
    points = np.frombuffer(text.encode("utf-32-le", "replace"), dtype=np.uint32)
    return np.minimum(points, np.uint32(_LAST_POINT))


@functools.cache
def folded_letters() -> NDArray[np.uint64]:
    """Code point → folded one; 0 for what is no letter or digit, or folds to several characters."""
    points = [point for point in range(_LAST_POINT) if not 0xD800 <= point <= 0xDFFF and chr(point).isalnum()]
    folded = folding.fold("\n".join(map(chr, points))).split("\n")
    table = np.zeros(_LAST_POINT + 1, np.uint64)
    for point, character in zip(points, folded, strict=True):
        if len(character) == 1 and character.isalnum():
            table[point] = ord(character)
    return table
