"""Sketches: what is kept of a text to tell whether another text tells the same story."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from corpus.text import folding

COMPARED: Final = 1_500
"""Characters of an article that are compared, from its beginning."""


SHINGLE: Final = 6


BEGINNING_PASSAGES: Final = 8
"""Passages that hold the beginning of an article."""


_LAST_POINT: Final = 0xFFFF


_PRIME: Final = np.uint64(0x9E3779B97F4A7C15)


_SAMPLE_SHIFT: Final = np.uint64(62)


_SAMPLE_END: Final = np.uint64(1 << 62)


_SKETCH_SHIFT: Final = np.uint64(60)


_KEPT_SHIFT: Final = np.uint64(44)


def sketch_of(passages: Sequence[str]) -> bytes:
    """What is remembered of an article to tell it from others: 16 bits of every sixteenth shingle.

    Args:
        passages: Of the article, from its beginning.
    """
    hashes = _hashes("\n".join(passages[:BEGINNING_PASSAGES]))
    kept = hashes[hashes >> _SKETCH_SHIFT == 0] >> _KEPT_SHIFT
    return np.unique(kept.astype("<u2")).tobytes()


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """The beginning of a text as it is compared.

    Attributes:
        hashes: Of all stretches of six letters and digits, in reading order. Case, width and script count
            as equal, marks and blanks are left out. A shorter text is one stretch.
        sample: A quarter of them, the same ones in every text.
    """

    hashes: NDArray[np.uint64]
    sample: frozenset[int]

    @classmethod
    def of(cls, text: str) -> "Body":
        """Hash a text's beginning."""
        hashes = _hashes(text)
        return cls(hashes, frozenset(hashes[hashes >> _SAMPLE_SHIFT == 0].tolist()))


def distinct_shingles(text: str) -> NDArray[np.uint64]:
    """Return the hashes of a text's beginning as in `Body`, sorted, each once."""
    return np.unique(_hashes(text))


def sample_size(hashes: NDArray[np.uint64]) -> int:
    """Return how many of some sorted hashes belong to the sample: the smallest ones."""
    return int(np.searchsorted(hashes, _SAMPLE_END))


def sketch_values(sketch: bytes | None) -> list[int]:
    """Unpack what `sketch_of` made; nothing where there is none."""
    values: list[int] = memoryview(sketch or b"").cast("H").tolist()
    return values


def _hashes(text: str) -> NDArray[np.uint64]:
    """As in `Body`."""
    plain = letters_of(text[: 2 * COMPARED])[:COMPARED]
    size = min(SHINGLE, len(plain))
    if not size:
        return np.empty(0, np.uint64)
    count = len(plain) - size + 1
    hashes = np.zeros(count, np.uint64)
    for offset in range(size):
        hashes *= _PRIME
        hashes += plain[offset : offset + count]
    return hashes


def letters_of(text: str) -> NDArray[np.uint64]:
    """Folded letters and digits of a text, as numbers."""
    plain = plain_points()[code_points(text)]
    return plain[plain > 0]


def code_points(text: str) -> NDArray[np.uint32]:
    """Code points, all beyond the last one that is told apart as that one."""
    points = np.frombuffer(text.encode("utf-32-le", "replace"), dtype=np.uint32)
    return np.minimum(points, np.uint32(_LAST_POINT))


@functools.cache
def plain_points() -> NDArray[np.uint64]:
    """Code point → its folded form, 0 for what is no letter or digit or folds to several characters."""
    points = [point for point in range(_LAST_POINT) if not 0xD800 <= point <= 0xDFFF and chr(point).isalnum()]
    folded = folding.fold("\n".join(map(chr, points))).split("\n")
    table = np.zeros(_LAST_POINT + 1, np.uint64)
    for point, character in zip(points, folded, strict=True):
        if len(character) == 1 and character.isalnum():
            table[point] = ord(character)
    return table
