"""How sure the first hit is: evidence in the passage, not in how the question is put.

Each part is between 0 and 1; `score` weighs them. What each part earns alone and together, on which
questions, is in docs/decisions/answers.md.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Final

from corpus import analyzer
from corpus.kinds import has_evidence
from corpus.query import Query
from corpus.terms import Family, Term


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for the first hit, each 0 to 1.

    Attributes:
        strength: Its score against the most that the question's terms could earn.
        mass: How much the question and the hit share in all, in rare words' worth.
        lead: How far the hit is ahead of the next story.
        coverage: Share of the question's words, by idf, that the article holds anywhere.
        rest: Share of what the title does not explain that the passage holds.
        kind: 1 when the passage (or the title) holds something of the asked kind.
    """

    strength: float
    mass: float
    lead: float
    coverage: float
    rest: float
    kind: float


def gather(
    query: Query,
    title: str,
    passage: str,
    article: str,
    scores: Sequence[float],
    idf: Callable[[Term], float],
) -> Evidence:
    """Collect the evidence for the first hit.

    Args:
        passage: Its text.
        article: Text of the whole article, the title left out.
        scores: Of the hits, the same story folded, best first.
        idf: Of a term in the archive.
    """
    possible = sum(term.weight * idf(term) for term in query.terms if not term.text.startswith("@"))
    worth = {word: idf(Term(word, Family.WORDS)) for word in query.words}
    folded_title, folded_passage = analyzer.fold(title), analyzer.fold(passage)
    rest = {word: value for word, value in worth.items() if _found(query, word, folded_title) < 1}
    most = max(worth.values(), default=1.0)
    second = scores[1] if len(scores) > 1 else 0.0
    return Evidence(
        strength=min(1.0, scores[0] / (SATURATED * possible)) if possible else 0.0,
        mass=1 - math.exp(-scores[0] / (SATURATED * MASS_WORDS * most)),
        lead=1 - second / scores[0] if scores[0] else 0.0,
        coverage=_share(query, worth, f"{folded_title}\n{analyzer.fold(article)}"),
        rest=_share(query, rest, folded_passage),
        kind=float(has_evidence(query.kind, f"{folded_title}\n{folded_passage}")),
    )


SATURATED: Final = 1.6
"""Most that one term can earn per idf: k1 + 1."""

MASS_WORDS: Final = 3
"""Rare words shared at which `mass` reaches 1 - 1/e."""


def _share(query: Query, worth: Mapping[str, float], folded: str) -> float:
    """Share of the words' worth that a text holds; 1 when there is nothing to hold."""
    total = sum(worth.values())
    if not total:
        return 1.0
    return sum(value * _found(query, word, folded) for word, value in worth.items()) / total


def _found(query: Query, word: str, folded: str) -> float:
    """1 when a text holds a word or a synonym; part of it when it holds parts of a long word."""
    if any(wanted in folded for wanted in query.evidence[word]):
        return 1.0
    if len(word) > 2 and not word.isascii():
        pairs = [word[place : place + 2] for place in range(len(word) - 1)]
        return 0.6 * sum(pair in folded for pair in pairs) / len(pairs)
    return 0.0


_WEIGHTS: Final = Evidence(3.2, 3.3, 1.5, 2.6, 0.6, 1.1)
_BIAS: Final = -6.95


def score(evidence: Evidence) -> float:
    """Weigh the evidence: 0, nothing speaks for the hit, to 1."""
    total = sum(weight * part for weight, part in zip(astuple(_WEIGHTS), astuple(evidence), strict=True))
    return 1 / (1 + math.exp(-(total + _BIAS)))
