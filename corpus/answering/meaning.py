"""Hits in the order of words and meaning together, for questions that words alone leave unsure.

What meaning puts first is possibly related at most: vectors hardly tell an article that answers from one on
the same subject (docs/decisions/0038-semantic.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from corpus.answering.parameters import SemanticParameters
from corpus.question.query import Query
from corpus.retrieval.archive import Archive
from corpus.retrieval.filters import restriction
from corpus.retrieval.retriever import Candidate
from corpus.semantic.encoder import Vectors
from corpus.semantic.reader import SemanticSnapshot
from corpus.text.analyzer import HAN_RUN


@dataclass(frozen=True, slots=True, eq=False)
class Meaning:
    """What a question means, and how sure words alone are.

    Attributes:
        snapshot: Vectors of the articles.
        vector: Of the question.
        is_foreign: Whether the question has no Chinese character: then its words find little.
        is_english: As in `Query`.
        added: Numbers of the articles nearest to such a question, which words need not have found.
        word_score: Confidence in the hit that words put first.
        word_best: Number of its article.
    """

    snapshot: SemanticSnapshot
    vector: Vectors
    is_foreign: bool
    is_english: bool
    added: tuple[int, ...]
    word_score: float
    word_best: int | None

    @classmethod
    def from_query(
        cls, archive: Archive, query: Query, *, score: float, best: int | None, parameters: SemanticParameters
    ) -> Self | None:
        """Encode a question that words leave unsure; None where that is not wanted or not possible.

        Args:
            archive: With its vectors.
            query: The question.
            score: Confidence in the hit that words put first.
            best: Number of its article.
            parameters: Of this stage.
        """
        if archive.semantic is None or (score >= parameters.max_confidence and not query.is_english):
            return None
        if query.filters.article is not None or query.topicless or not query.words:
            return None
        snapshot = archive.semantic.snapshot()
        if snapshot is None:
            return None
        vector = snapshot.encode(query.free_text.strip())
        is_foreign = HAN_RUN.search(query.normalized) is None
        added = _nearest(archive, query, snapshot, vector, parameters) if is_foreign else []
        return cls(snapshot, vector, is_foreign, query.is_english, tuple(added), score, best)

    def reorder(
        self, candidates: Sequence[Candidate], parameters: SemanticParameters
    ) -> tuple[Candidate, ...]:
        """Order the best candidates and the added ones by score and meaning; the others follow as they were.

        The new score is the share of the best score, plus the weighted cosine: the surer words are, the less
        it counts. It depends on the first hits alone, so that pages of a question fit together.
        """
        best = max((each.score for each in candidates[: parameters.depth]), default=0.0) or 1.0
        added = frozenset(self.added)
        shares = [
            each.score / best if place < parameters.depth else 0.0 for place, each in enumerate(candidates)
        ]
        places = [
            place
            for place, each in enumerate(candidates)
            if place < parameters.depth or each.head.number in added
        ]
        weight = self._weight(parameters)
        cosines = self.snapshot.cosines(self.vector, [candidates[place].head.number for place in places])
        scored = [
            candidates[place]._replace(score=max(0.0, shares[place] + weight * cosine))
            for place, cosine in zip(places, cosines, strict=True)
        ]
        scored.sort(key=lambda candidate: -candidate.score)
        chosen = frozenset(places)
        rest = [each._replace(score=0.0) for place, each in enumerate(candidates) if place not in chosen]
        return (*scored, *rest)

    def _weight(self, parameters: SemanticParameters) -> float:
        """What the cosine counts: all where words say nothing, nothing where they are sure enough."""
        weight = parameters.foreign_weight if self.is_foreign else parameters.weight
        return weight * max(0.0, 1 - self.word_score / parameters.max_confidence)

    def confidence(self, article: int, score: float, parameters: SemanticParameters) -> float:
        """How sure the first hit is.

        Args:
            article: Number of its article.
            score: Confidence in it by words.
            parameters: Of this stage.
        """
        if article == self.word_best:
            score = self.word_score
        else:
            score = min(max(score, self.word_score), parameters.max_score)
        if not self.is_foreign:
            return score
        if self.is_english and article not in self.added[:1] and score < parameters.min_foreign_sure:
            score = min(score, parameters.max_score)
        [cosine] = self.snapshot.cosines(self.vector, [article])
        return max(score, parameters.foreign_score) if cosine >= parameters.min_foreign_cosine else score


def _nearest(
    archive: Archive,
    query: Query,
    snapshot: SemanticSnapshot,
    vector: Vectors,
    parameters: SemanticParameters,
) -> list[int]:
    """Numbers of the articles nearest in meaning that pass the filters which the index checks."""
    where = restriction(query.filters, archive)
    if where is None:
        return snapshot.nearest(vector, parameters.added)
    nearest = snapshot.nearest(vector, parameters.added_among)
    within = replace(where, articles=frozenset(nearest))
    passing = frozenset(archive.snapshot.newest(where=within, limit=len(nearest))[0])
    return [number for number in nearest if number in passing][: parameters.added]
