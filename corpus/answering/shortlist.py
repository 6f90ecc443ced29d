"""The few passages of an article that are worth reading, by what the index says of them."""

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from corpus.answering.parameters import Parameters, PassageParameters
from corpus.answering.sentences import evidence_lift
from corpus.answering.term_weights import QuestionTerms, WeightedTerm, residual_weights
from corpus.index.bm25 import Floats
from corpus.question.query import Query
from corpus.retrieval.protocols import TermKey
from corpus.retrieval.retriever import Candidate

ROUNDING: Final = 1e-9
"""Share by which a bound on a sum is raised, so that no rounding makes it too small."""


@dataclass(frozen=True, slots=True, eq=False)
class IndexedArticle:
    """A candidate and what the index says of its passages.

    Attributes:
        title: Folded.
        passages: Numbers of all its passages.
        contributions: What each term (columns, without weight) adds to the score of each passage (rows).
        may_hold: Which terms their texts may have: 1 or 0.
    """

    candidate: Candidate
    title: str
    passages: Sequence[int]
    contributions: Floats
    may_hold: Floats


class ScoredPassage(NamedTuple):
    """A passage of a shortlist, not read yet.

    Attributes:
        score: By the terms that the title does not explain.
        bound: The highest total that it can reach with its best sentence.
        bound_asking: The same where a head may ask for what the question asks, in other words.
    """

    number: int
    score: float
    bound: float
    bound_asking: float


@dataclass(frozen=True, slots=True)
class Shortlist:
    """The passages of an article that may be shown.

    Attributes:
        title: Folded.
        terms: The question's terms, weighed for the article's sentences.
        asking: Those that ask for something (`QuestionTerms.asking`).
        explained: Weight of what the title explains of the question.
        bounds: On the totals of its passages.
        passages: Best first, at least one.
        more_passages: As in `SelectedPassage`.
        held_terms: As in `SelectedPassage`.
    """

    candidate: Candidate
    title: str
    terms: Sequence[WeightedTerm]
    asking: Sequence[WeightedTerm]
    explained: float
    bounds: "Bounds"
    passages: tuple[ScoredPassage, ...]
    more_passages: int
    held_terms: frozenset[TermKey]


def make_shortlist(article: IndexedArticle, question: QuestionTerms, parameters: Parameters) -> Shortlist:
    """Choose the few passages of an article that are worth reading."""
    options = parameters.passages
    weights, contributions = _by_passage(article, question, options)
    terms = question.weigh(weights)
    held_terms = _held_terms(article, question)

    scores: list[float] = (contributions @ np.array(weights)).tolist()
    more_passages = max(0, sum(score > 0 for score in scores) - 1)
    explained = _explained(question, weights)
    scores[0] += options.beginning_share * explained

    # Without any term, the post has just changed and the index has not followed: anything may be in its text.
    may_hold = article.may_hold if held_terms else np.ones_like(article.may_hold)
    asking = [terms[place] for place in question.asking]
    weighed = np.array([weight for _, _, weight in terms])
    in_one_sentence = in_one_unit = (may_hold @ weighed).tolist()
    if asking:  # a head may ask for the same in other words
        may_hold = may_hold.copy()
        may_hold[:, question.asking] = 1
        in_one_unit = (may_hold @ weighed).tolist()
    bounds = Bounds.from_query(question.query, explained, parameters)
    passages = []
    most = options.max_read_asking if asking else options.max_read
    for place in _best_places(article, scores)[:most]:
        score = scores[place]
        bound = bounds.typed(score, in_one_sentence[place])
        bound_asking = bounds.typed(score, in_one_unit[place]) if asking else bound
        passages.append(ScoredPassage(article.passages[place], score, bound, bound_asking))
    return Shortlist(
        candidate=article.candidate,
        title=article.title,
        terms=terms,
        asking=asking,
        explained=explained,
        bounds=bounds,
        passages=tuple(passages),
        more_passages=more_passages,
        held_terms=held_terms,
    )


def _held_terms(article: IndexedArticle, question: QuestionTerms) -> frozenset[TermKey]:
    """Terms that add to the score of some passage."""
    is_held = np.logical_or.reduce(article.contributions)
    return frozenset(map(question.keys.__getitem__, is_held.nonzero()[0].tolist()))


def _best_places(article: IndexedArticle, scores: Sequence[float]) -> list[int]:
    """Places of the passages that may be shown, best first; of all where none of them may."""
    allowed, numbers = article.candidate.allowed, article.passages
    places = [place for place, number in enumerate(numbers) if allowed is None or number in allowed]
    return sorted(places or range(len(numbers)), key=lambda place: (-scores[place], place))


def _by_passage(
    article: IndexedArticle, question: QuestionTerms, options: PassageParameters
) -> tuple[list[float], Floats]:
    """Weights and contributions of the terms for choosing among passages: less for what the title has.

    What a title names in passing (从车票到大闸蟹) distinguishes the few passages that are about it: it counts
    for them alone. A passage that has a term in its text earns more by it than one that has it in the title
    alone. A term that the first passage has too is the subject of the article and distinguishes nothing.
    """
    weights = residual_weights(question.terms, article.title, options.title_term_weight, question.synonyms)
    most = len(article.passages) * options.max_distinctive
    if most < 1 or all(map(operator.eq, weights, (term.weight for term in question.terms))):
        return weights, article.contributions
    held = article.contributions > article.contributions.min(axis=0) * (1 + ROUNDING)
    counts = held.sum(axis=0).tolist()
    contributions = article.contributions.copy()
    for place, term in enumerate(question.terms):
        if weights[place] < term.weight and 0 < counts[place] <= most and not held[0, place]:
            weights[place] = options.distinctive_share * term.weight
            contributions[~held[:, place], place] = 0
    return weights, contributions


class Bounds(NamedTuple):
    """Bounds on the totals of an article's passages: score, plus that of a sentence with all its terms.

    Attributes:
        sentence_weight: What the best sentence counts beside the score.
        factor: What a sentence counts more with evidence of the answer type.
        lift: What it earns by evidence alone.
    """

    sentence_weight: float
    factor: float
    lift: float

    @classmethod
    def from_query(cls, query: Query, explained: float, parameters: Parameters) -> "Bounds":
        """Prepare the bounds; `explained` is the weight of what the title explains of the question."""
        weight = parameters.passages.sentence_weight * (1 + ROUNDING)
        if query.answer_type.evidence is None:
            return cls(weight, factor=1.0, lift=0.0)
        lift = evidence_lift(query, explained, parameters.sentences)
        return cls(weight, parameters.sentences.answer_type_factor, lift)

    def typed(self, score: float, weight: float) -> float:
        """The highest total of a passage that may have evidence, and terms of this weight together."""
        return score + self.sentence_weight * self.factor * (weight + self.lift)

    def untyped(self, score: float, weight: float) -> float:
        """The same for a passage without evidence."""
        return score + self.sentence_weight * weight


def _explained(question: QuestionTerms, weights: Sequence[float]) -> float:
    """What the terms of the title are worth: idf times full weight, of each whose weight it has lowered."""
    return sum(
        idf * term.weight
        for term, weight, idf in zip(question.terms, weights, question.idfs, strict=True)
        if 0 < weight < term.weight
    )
