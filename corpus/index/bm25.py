"""The ranking model: rank_bm25's BM25 with fields, and with lists instead of a dict per document.

`BM25F` puts title and text inside one saturation; `Okapi` gives the scores of `rank_bm25.BM25Okapi`
over the same lists and is what holds this code and that library together in the tests.
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
    """What a model must know of the passages it ranks."""

    @property
    def count(self) -> int:
        """Number of passages."""
        ...

    def mean_length(self, family: Family) -> float:
        """Mean number of terms in a passage's text; the title does not count."""
        ...

    def document_frequency(self, term: Term) -> int:
        """Passages that hold the term in text or title."""
        ...

    def all_document_frequencies(self, family: Family) -> NDArray[np.int64]:
        """Of each distinct term that some passage holds, in no particular order."""
        ...

    def vocabulary(self, family: Family) -> Iterator[tuple[str, int]]:
        """Distinct terms with the number of passages that hold them, in no particular order."""
        ...

    def all_scores(self, terms: Sequence[Term]) -> Floats:
        """One score a passage, by growing number."""
        ...

    def scores_of(self, numbers: Sequence[int], terms: Sequence[Term]) -> list[float]:
        """Scores of the passages with these numbers; 0.0 for a number that is not there."""
        ...


class Frequencies(Mapping[str, int]):
    """Words with their document frequencies, read from the lists when asked for."""

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
        """Bind the model to a collection, reading none of its passages.

        Args:
            collection: The passages; their statistics are asked for as they are needed.
            k1: Saturation: how little a further occurrence adds. Above 0.
            b: How much a long text is marked down, 0 to 1.
            title_weight: Occurrences in the text that one in the title is worth.
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
        """Nothing beforehand: `idf_of` makes an idf from a frequency when a question needs it."""

    def idf_of(self, frequency: int, family: Family) -> float:
        """Weight of a term that so many passages hold. One that no passage holds gets the largest."""
        del family  # one formula for both
        return math.log1p((self.corpus_size - frequency + 0.5) / (frequency + 0.5))

    def norms(self, lengths: NDArray[Any], family: Family, *, mean: float | None = None) -> Floats:
        """What the occurrences in a text of such lengths are divided by.

        Args:
            lengths: Terms in the text.
            family: Whose mean length counts.
            mean: Another mean length than the collection's.
        """
        mean = self.mean_lengths[family] if mean is None else mean
        if mean <= 0 or self.b == 0:
            return np.ones(len(lengths))
        norms: Floats = (1 - self.b) + self.b * lengths / mean
        return norms

    def gains(self, text: NDArray[Any] | int, title: NDArray[Any] | int, norms: Floats) -> Floats:
        """What occurrences in text and title earn before the idf: 0 to k1 + 1."""
        found = text / norms + self.title_weight * title
        gains: Floats = found * (self.k1 + 1) / (found + self.k1)
        return gains

    def get_scores(self, query: Sequence[str]) -> Floats:
        """Score every passage, by growing number, for a question given as words."""
        return self.collection.all_scores([Term(word) for word in query])

    def get_batch_scores(self, query: Sequence[str], doc_ids: Sequence[int]) -> list[float]:
        """Score the passages with these numbers, in this order."""
        return self.collection.scores_of(doc_ids, [Term(word) for word in query])


class Okapi(BM25F):
    """Scores of `rank_bm25.BM25Okapi`, from the lists: one field, and its idf with the epsilon floor.

    A word that more than half of the passages hold would have a negative idf and gets
    `epsilon` times the mean idf of all distinct words. In a tiny archive that mean can itself be
    negative, and so can scores then.
    """

    def __init__(
        self, collection: Collection, *, k1: float = 1.5, b: float = 0.75, epsilon: float = 0.25
    ) -> None:
        self.epsilon = epsilon
        self._floors: dict[Family, float] = {}
        super().__init__(collection, k1=k1, b=b, title_weight=0.0)

    def idf_of(self, frequency: int, family: Family) -> float:
        """Weight of a term that so many passages hold; 0 for one that none holds."""
        if family not in self._floors:
            self._floors[family] = self._floor(family)
        if not frequency:
            return 0.0
        idf = math.log(self.corpus_size - frequency + 0.5) - math.log(frequency + 0.5)
        return idf if idf >= 0 else self._floors[family]

    def _floor(self, family: Family) -> float:
        every = self.collection.all_document_frequencies(family)
        idfs = np.log(self.corpus_size - every + 0.5) - np.log(every + 0.5)
        return self.epsilon * float(idfs.mean()) if len(every) else 0.0
