"""Terms: a family, a text, and the integer code that stands for the text in the index.

Codes are sorted, merged and searched by numpy. Terms of up to three characters are packed and can be decoded;
only longer ones are hashed.
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
"""First code of a hashed term; all codes of packed terms are smaller."""


class Family(IntEnum):
    """The two families of terms. Each has its own posting lists, document lengths and mean length."""

    WORDS = 0
    CHARACTERS = 1


class Term(NamedTuple):
    """A weighted term of a query. A tuple, because some thirty are made for each query.

    Attributes:
        text: The term.
        family: Its family.
        weight: Factor of the term's part of every score. A term of weight zero or less is ignored.
    """

    text: str
    family: Family = Family.WORDS
    weight: float = 1.0


@lru_cache(16_384)
def code_of(text: str) -> int:
    """Return the code of a term: 63 bits, stable across processes and versions.

    Terms of one to three characters are packed, 21 bits a code point, the last one lowest, and so never
    collide: a single character is its code point, a pair is `first << 21 | second`. Longer ones are hashed
    into the 2^61.9 numbers from `HASHED` on: among a million of them the chance of any collision is 1 in 8
    million.

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
    """Return the codes of many terms, in order."""
    return np.fromiter((code_of(text) for text in texts), dtype=np.int64)


def text_of(code: int) -> str | None:
    """Return the term of a code; None if it was hashed.

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
