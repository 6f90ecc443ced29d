"""The ranking model: BM25F as a subclass of rank_bm25's BM25, over inverted lists.

`BM25F` saturates title and text together. `Okapi` computes the scores of `rank_bm25.BM25Okapi` over the same
lists; the tests use it to compare this implementation with that library.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray
from rank_bm25 import BM25

from corpus.text.terms import Family, Term

Floats = NDArray[np.float64]


class Collection(Protocol):
    """Statistics and scores of the passages that a model ranks."""

    @property
    def count(self) -> int:
        """Number of passages."""
        ...

    def mean_length(self, family: Family) -> float:
        """Mean number of terms in a passage's text, without the title."""
        ...

    def document_frequency(self, term: Term) -> int:
        """Number of passages that hold the term in text or title."""
        ...

    def all_document_frequencies(self, family: Family) -> NDArray[np.int64]:
        """Document frequencies of all distinct terms, in no particular order."""
        ...

    def vocabulary(self, family: Family) -> Iterator[tuple[str, int]]:
        """Distinct terms with the number of passages that hold them, in no particular order."""
        ...

    def all_scores(self, terms: Sequence[Term]) -> Floats:
        """One score per passage, by growing number."""
        ...

    def scores_of(self, numbers: Sequence[int], terms: Sequence[Term]) -> list[float]:
        """Scores of the passages with these numbers; 0.0 for a number that is not there."""
        ...


class Frequencies(Mapping[str, int]):
    """Document frequencies by word, read from the lists on demand."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    def __getitem__(self, word: str) -> int:
        frequency = self._collection.document_frequency(Term(word)) if word else 0
        if not frequency:
            raise KeyError(word)
        return frequency

    def __iter__(self) -> Iterator[str]:
        return (word for word, _ in self._collection.vocabulary(Family.WORDS))

    def __len__(self) -> int:
        return len(self._collection.all_document_frequencies(Family.WORDS))


class BM25F(BM25):
    """BM25 over two fields and two families of terms.

    For a term in a passage of a collection of N passages, n of which hold the term:

        f     = tf_text / (1 - b + b · length / mean) + title_weight · tf_title
        gain  = f · (k1 + 1) / (f + k1)
        idf   = ln(1 + (N - n + ½) / (n + ½))
        score = Σ weight · idf · gain

    The saturation over the sum of fields is Robertson, Zaragoza and Taylor, "Simple BM25 extension to
    multiple weighted fields" (CIKM 2004); an idf that is never negative is Lucene's.
    """

    def __init__(
        self, collection: Collection, *, k1: float = 0.6, b: float = 0.6, title_weight: float = 2.0
    ) -> None:
        """Bind the model to a collection. No passage is read.

        Args:
            collection: The passages; their statistics are read when needed.
            k1: Saturation of further occurrences, above 0; the smaller, the sooner it sets in.
            b: Length normalisation, 0 (none) to 1 (full).
            title_weight: How many occurrences in the text one in the title is worth.
        """
        self.k1 = k1
        self.b = b
        self.title_weight = title_weight
        super().__init__(collection)

    def _initialize(self, corpus: object) -> Mapping[str, int]:
        self.collection = cast(Collection, corpus)
        self.corpus_size = self.collection.count
        self.mean_lengths = {family: self.collection.mean_length(family) for family in Family}
        self.avgdl = self.mean_lengths[Family.WORDS]
        return Frequencies(self.collection)

    def _calc_idf(self, nd: Mapping[str, int]) -> None:
        """Compute nothing in advance: `idf_of` computes an idf when a query needs it."""

    def idf_of(self, frequency: int, family: Family) -> float:
        """The idf of a term with this document frequency; the largest for a frequency of 0."""
        del family  # one formula for both
        return math.log1p((self.corpus_size - frequency + 0.5) / (frequency + 0.5))

    def norms(self, lengths: NDArray[Any], family: Family, *, mean: float | None = None) -> Floats:
        """Length norms: what the occurrences in texts of these lengths are divided by.

        Args:
            lengths: Number of terms in each text.
            family: The family whose mean length is used.
            mean: Mean length to use instead of the collection's.
        """
        mean = self.mean_lengths[family] if mean is None else mean
        if mean <= 0 or self.b == 0:
            return np.ones(len(lengths))
        norms: Floats = (1 - self.b) + self.b * lengths / mean
        return norms

    def gains(self, text: NDArray[Any] | int, title: NDArray[Any] | int, norms: Floats) -> Floats:
        """Saturated term frequency, before the idf: 0 to k1 + 1."""
        frequency = text / norms + self.title_weight * title
        gains: Floats = frequency * (self.k1 + 1) / (frequency + self.k1)
        return gains

    def get_scores(self, query: Sequence[str]) -> Floats:
        """Scores of all passages, by growing number, for a query of words."""
        return self.collection.all_scores([Term(word) for word in query])

    def get_batch_scores(self, query: Sequence[str], doc_ids: Sequence[int]) -> list[float]:
        """Scores of the passages with these numbers, in this order."""
        return self.collection.scores_of(doc_ids, [Term(word) for word in query])


class Okapi(BM25F):
    """The scores of `rank_bm25.BM25Okapi`: one field, and an idf with the epsilon floor.

    A word that more than half of the passages hold would have a negative idf. It gets `epsilon` times the
    mean idf of all distinct words instead. In a tiny archive that mean, and so a score, can itself be
    negative.
    """

    def __init__(
        self, collection: Collection, *, k1: float = 1.5, b: float = 0.75, epsilon: float = 0.25
    ) -> None:
        self.epsilon = epsilon
        self._floors: dict[Family, float] = {}
        super().__init__(collection, k1=k1, b=b, title_weight=0.0)

    def idf_of(self, frequency: int, family: Family) -> float:
        """The idf of a term with this document frequency; 0 for a frequency of 0."""
        if family not in self._floors:
            self._floors[family] = self._floor(family)
        if not frequency:
            return 0.0
        idf = math.log(self.corpus_size - frequency + 0.5) - math.log(frequency + 0.5)
        return idf if idf >= 0 else self._floors[family]

    def _floor(self, family: Family) -> float:
        frequencies = self.collection.all_document_frequencies(family)
        idfs = np.log(self.corpus_size - frequencies + 0.5) - np.log(frequencies + 0.5)
        return self.epsilon * float(idfs.mean()) if len(frequencies) else 0.0
