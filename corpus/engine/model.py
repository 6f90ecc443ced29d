"""Our ranking model outside our index: what each term gains in a passage, and the idf of a frequency."""

import base64
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np

from corpus.index.bm25 import BM25F, Collection
from corpus.index.inverting import Document
from corpus.text.terms import Family, code_of
from corpus.updating.maintenance import MODEL


@dataclass(frozen=True, slots=True)
class _Statistics:
    """What the formula knows of a collection."""

    count: int
    means: tuple[float, ...]

    def mean_length(self, family: Family) -> float:
        return self.means[family]


@dataclass(frozen=True)
class EngineModel:
    """The model over a collection whose mean lengths were fixed when its index was made.

    Attributes:
        count: Number of passages.
        means: Mean length of a text in each family.
    """

    count: int
    means: tuple[float, ...]

    @cached_property
    def formula(self) -> BM25F:
        """The formula over these numbers."""
        return MODEL(cast(Collection, _Statistics(self.count, self.means)))

    def gains(self, document: Document) -> tuple[dict[int, float], ...]:
        """For each family: the saturated frequency of each term of a passage, by code."""
        texts = (list(map(code_of, document.words)), document.characters.tolist())
        titles = (list(map(code_of, document.title_words)), document.title_characters.tolist())
        return tuple(self._gains(texts[family], titles[family], family) for family in Family)

    def _gains(self, text: Sequence[int], title: Sequence[int], family: Family) -> dict[int, float]:
        in_text, in_title = Counter(text), Counter(title)
        codes = list(in_text | in_title)
        if not codes:
            return {}
        norms = self.formula.norms(np.full(len(codes), len(text)), family)
        gains = self.formula.gains(
            np.array([in_text[code] for code in codes]), np.array([in_title[code] for code in codes]), norms
        )
        return dict(zip(codes, gains.tolist(), strict=True))


def to_text(data: bytes) -> str:
    """Bytes as they travel in JSON."""
    return base64.b64encode(data).decode()


def to_bytes(text: str) -> bytes:
    """The opposite of `to_text`."""
    return base64.b64decode(text)
