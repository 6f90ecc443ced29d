"""One state of the index, for reading: statistics, ranking, scores. It never changes."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpus.bm25 import BM25F, Floats
from corpus.postings import Integers
from corpus.segments import Mask, Restriction, Segment
from corpus.terms import Family, Term, code_of

Boost = tuple[Restriction, float]
Model = Callable[["Snapshot"], BM25F]


@dataclass(frozen=True, slots=True)
class Match:
    """A passage that was found.

    Attributes:
        number: The passage's number.
        article: Its article's number.
        score: Above 0; comparable within one search only.
    """

    number: int
    article: int
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """The terms of one family that a question asks for, each once, by growing code.

    Attributes:
        weights: `weight · idf` of each term: what its gain is multiplied by.
    """

    family: Family
    codes: Integers
    weights: Floats


class Snapshot:
    """What was committed at one moment. Immutable, for any number of threads."""

    def __init__(self, segments: Sequence[Segment], model: Model = BM25F) -> None:
        self.segments = tuple(segments)
        self.count = sum(segment.count for segment in segments)
        self._lengths = tuple(sum(segment.lengths[family] for segment in segments) for family in Family)
        self.model = model(self)

    def mean_length(self, family: Family) -> float:
        """Mean number of terms in a passage's text; 0.0 for an empty index."""
        return self._lengths[family] / self.count if self.count else 0.0

    def document_frequency(self, term: Term) -> int:
        """Passages that hold a term in text or title."""
        return self.document_frequencies([term])[0]

    def document_frequencies(self, terms: Sequence[Term]) -> list[int]:
        """Passages that hold each of the terms."""
        families = np.array([term.family for term in terms])
        codes = np.array([code_of(term.text) for term in terms], np.int64)
        frequencies = np.zeros(len(terms), np.int64)
        for family in Family:
            mine = families == family
            frequencies[mine] = self._frequencies(family, codes[mine])
        return [int(frequency) for frequency in frequencies]

    def idfs(self, terms: Sequence[Term]) -> list[float]:
        """The model's weight of each term, without `Term.weight`; an unknown one gets the largest."""
        frequencies = np.array(self.document_frequencies(terms), np.int64)
        return [
            float(self.model.idf_of(frequencies[[place]], term.family)[0]) for place, term in enumerate(terms)
        ]

    def all_document_frequencies(self, family: Family) -> NDArray[np.int64]:
        """Of each distinct term that some passage holds, in no particular order. Reads all dictionaries."""
        codes = [segment.lists[family].codes for segment in self.segments]
        union = np.unique(np.concatenate(codes)) if codes else np.empty(0, np.int64)
        frequencies = self._frequencies(family, union)
        return frequencies[frequencies > 0]

    def vocabulary(self, family: Family) -> Iterator[tuple[str, int]]:
        """Distinct words with the number of passages that hold them, in no particular order.

        Args:
            family: WORDS; the texts of long terms of the other family are not kept.
        """
        if family != Family.WORDS:
            raise ValueError("only the vocabulary of words can be listed")
        seen: set[int] = set()
        for segment in self.segments:
            entries = [(code, text) for code, text in segment.words() if code not in seen]
            if len(self.segments) > 1:
                seen.update(code for code, _ in entries)
            codes = np.array([code for code, _ in entries], np.int64)
            for (_, text), frequency in zip(entries, self._frequencies(family, codes).tolist(), strict=True):
                if frequency:
                    yield text, frequency

    def _frequencies(self, family: Family, codes: Integers) -> Integers:
        frequencies = np.zeros(len(codes), np.int64)
        for segment in self.segments:
            frequencies += segment.frequencies(family, codes)
        return frequencies

    def weigh(self, terms: Sequence[Term]) -> list[Weighed]:
        """The distinct terms with their weights; one given twice counts twice."""
        weighed = []
        for family in Family:
            weights: dict[int, float] = {}
            for term in terms:
                if term.family == family and term.weight > 0:
                    code = code_of(term.text)
                    weights[code] = weights.get(code, 0.0) + term.weight
            codes = np.array(sorted(weights), np.int64)
            idfs = self.model.idf_of(self._frequencies(family, codes), family)
            factors = np.array([weights[code] for code in codes.tolist()])
            weighed.append(Weighed(family, codes, factors * idfs))
        return weighed

    def search(
        self,
        terms: Sequence[Term],
        *,
        limit: int,
        where: Restriction | None = None,
        boosts: Sequence[Boost] = (),
        per_article: bool = True,
    ) -> list[Match]:
        """The best passages, best first. Exact and the same every time.

        Only passages with a score above 0 are found, so each holds one of the terms at least. Among
        equal scores the one published later comes first, then the one with the smaller number.

        Args:
            terms: In any order; one given twice counts twice.
            limit: How many at most.
            where: Other passages are not found.
            boosts: The score of each passage that passes the restriction is multiplied by (1 + x), x ≥ 0.
            per_article: Only the best passage of each article is found; `limit` counts articles.
        """
        found = Selection(limit, per_article)
        weighed = self.weigh(terms)
        for segment in self.segments:
            scores = _all_scores(segment, weighed, self.model)
            scores *= _factors(segment, boosts)
            scores[~_allowed(segment, where)] = 0.0
            found.offer(segment, np.flatnonzero(scores > 0), scores[scores > 0])
        return found.matches()

    def all_scores(self, terms: Sequence[Term]) -> Floats:
        """One score a passage, by growing number. Scores every passage: for tests and comparisons."""
        weighed = self.weigh(terms)
        numbers, scores = [np.empty(0, np.int32)], [np.empty(0)]
        for segment in self.segments:
            alive = _allowed(segment, None)
            numbers.append(segment.facets.numbers[alive])
            scores.append(_all_scores(segment, weighed, self.model)[alive])
        return np.concatenate(scores)[np.argsort(np.concatenate(numbers))]

    def scores_of(self, numbers: Sequence[int], terms: Sequence[Term]) -> list[float]:
        """Scores, without boosts, of the passages with these numbers; 0.0 for a number that is not there."""
        wanted = np.array(numbers, np.int64)
        scores = np.zeros(len(wanted))
        weighed = self.weigh(terms)
        for segment in self.segments:
            places = segment.locate(wanted)
            here = np.flatnonzero(places >= 0)
            documents, back = np.unique(places[here], return_inverse=True)
            if len(documents):
                scores[here] = exact_scores(segment, documents, weighed, self.model)[back]
        return [float(score) for score in scores]


def _allowed(segment: Segment, where: Restriction | None) -> Mask:
    mask = segment.facets.allowed(where) if where else np.ones(segment.size, bool)
    return mask if segment.alive is None else mask & segment.alive


def _factors(segment: Segment, boosts: Sequence[Boost]) -> Floats:
    factors = np.ones(segment.size)
    for where, lift in boosts:
        factors[segment.facets.allowed(where)] *= 1 + lift
    return factors


def _all_scores(segment: Segment, weighed: Sequence[Weighed], model: BM25F) -> Floats:
    scores = np.zeros(segment.size)
    for part in weighed:
        lists = segment.lists[part.family]
        for ordinal, weight in zip(lists.find(part.codes).tolist(), part.weights.tolist(), strict=True):
            if ordinal >= 0:
                documents, tags = lists.postings(ordinal)
                text, title = lists.occurrences(ordinal, documents, tags)
                norms = model.norms(lists.lengths[documents], part.family)
                scores[documents] += weight * model.gains(text, title, norms)
    return scores


def exact_scores(segment: Segment, documents: Integers, weighed: Sequence[Weighed], model: BM25F) -> Floats:
    """Scores of some documents of a segment (growing): the same floats whatever the segments are.

    Terms are added in the order of family and code, so a passage's score does not depend on which
    lists were read first, or with which other passages it shares a segment.
    """
    scores = np.zeros(len(documents))
    for part in weighed:
        lists = segment.lists[part.family]
        norms = model.norms(lists.lengths[documents], part.family)
        for ordinal, weight in zip(lists.find(part.codes).tolist(), part.weights.tolist(), strict=True):
            if ordinal >= 0:
                text, title = lists.occurrences(ordinal, documents, lists.probe(ordinal, documents))
                scores += weight * model.gains(text, title, norms)
    return scores


class Selection:
    """The best passages seen so far, one an article or any number."""

    def __init__(self, limit: int, per_article: bool) -> None:
        self._limit = limit
        self._per_article = per_article
        self._rows: list[tuple[float, int, int, int]] = []  # -score, -published, number, article

    def offer(self, segment: Segment, documents: Integers, scores: Floats) -> None:
        """Take what is good enough of these documents with their exact scores, all above 0."""
        facets = segment.facets
        order = np.lexsort(
            (facets.numbers[documents], -facets.published[documents].astype(np.int64), -scores)
        )
        documents, scores = documents[order], scores[order]
        if self._per_article:
            _, first = np.unique(facets.articles[documents], return_index=True)
            first.sort()
            documents, scores = documents[first], scores[first]
        documents, scores = documents[: self._limit], scores[: self._limit]
        rows = zip(
            (-scores).tolist(),
            (-facets.published[documents].astype(np.int64)).tolist(),
            facets.numbers[documents].tolist(),
            facets.articles[documents].tolist(),
            strict=True,
        )
        best: dict[int, tuple[float, int, int, int]] = {}
        for row in sorted([*self._rows, *rows]):
            best.setdefault(row[3] if self._per_article else row[2], row)
        self._rows = list(best.values())[: self._limit]

    @property
    def threshold(self) -> float:
        """Score below which a passage cannot be among the best any more; 0.0 while there is room."""
        return -self._rows[-1][0] if len(self._rows) >= self._limit > 0 else 0.0

    def matches(self) -> list[Match]:
        """The best, best first."""
        return [Match(number, article, -score) for score, _, number, article in self._rows]
