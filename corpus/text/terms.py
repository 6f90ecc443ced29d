"""Terms as the inverted lists know them: a family, and one whole number instead of a string.

Numbers sort, merge and search at numpy's speed, and most of them can be read back: up to three
characters are packed as they are, only longer terms are hashed.
"""

from collections.abc import Iterable
from enum import IntEnum
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BITS = 21
"""Bits of one code point."""

HASHED = 0x110000 << (2 * BITS)
"""First code of a hashed term; every packed one is smaller."""


class Family(IntEnum):
    """The two kinds of terms. Each has its own lists, its own lengths and its own mean length."""

    WORDS = 0
    CHARACTERS = 1


class Term(NamedTuple):
    """A term of a question. A tuple, because some thirty are made for each question.

    Attributes:
        weight: Multiplies the term's part of every score. Zero or less: the term counts for nothing.
    """

    text: str
    family: Family = Family.WORDS
    weight: float = 1.0


@lru_cache(16_384)
def code_of(text: str) -> int:
    """The number that stands for a term: 63 bits, the same in every process and for ever.

    Terms of one to three characters are packed, 21 bits a code point, the last one lowest, and so
    never share a code: a single character is its code point, a pair is `first << 21 | second`. Longer
    ones are hashed into the 2^61.9 numbers from `HASHED` on: among a million of them the chance that
    any two meet is 1 in 8 million.

    Raises:
        ValueError: The term is empty.

    >>> code_of("金") == ord("金"), code_of("金砖") == ord("金") << 21 | ord("砖")
    (True, True)
    """
    if not text:
        raise ValueError("a term cannot be empty")
    if len(text) <= 3 and text[0] != "\0":  # a leading NUL would vanish in the packing
        code = ord(text[0])
        if len(text) > 1:
            code = code << BITS | ord(text[1])
        return code << BITS | ord(text[2]) if len(text) > 2 else code
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return HASHED + int.from_bytes(digest, "little") % (2**63 - HASHED)


def codes_of(texts: Iterable[str]) -> NDArray[np.int64]:
    """`code_of` over many terms, in order."""
    return np.fromiter((code_of(text) for text in texts), dtype=np.int64)


def text_of(code: int) -> str | None:
    """The term that a code stands for, or None when it was hashed.

    >>> text_of(code_of("金砖"))
    '金砖'
    """
    if code >= HASHED:
        return None
    characters = []
    while code:
        characters.append(chr(code & (1 << BITS) - 1))
        code >>= BITS
    return "".join(reversed(characters))
