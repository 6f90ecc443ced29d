"""How sure the first hit is: evidence in the passage, not in how the question is put.

Each part is between 0 and 1; `score` weighs them. What each part earns alone and together, on which
questions, is in docs/decisions/answers.md.
"""

import itertools
import math
from collections.abc import Callable, Container, Mapping
from dataclasses import astuple, dataclass
from typing import Final

from corpus import analyzer
from corpus.kinds import has_evidence
from corpus.query import Query
from corpus.retriever import Chosen, Key, content_terms
from corpus.terms import Family


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


def gather(query: Query, chosen: Chosen, second: float, worth: Mapping[Key, float]) -> Evidence:
    """Collect the evidence for the first hit.

    Args:
        chosen: The first hit.
        second: Score of the next story, 0.0 when there is none.
        worth: idf of the question's words and terms in the archive.
    """
    score = chosen.found.score
    possible = sum(term.weight * worth[term.text, term.family] for term in content_terms(query))
    words = {word: worth[word, Family.WORDS] for word in query.words}
    title = analyzer.fold(chosen.located.article.title)
    passage = chosen.reading.folded.text
    rest = {word: value for word, value in words.items() if _found(query, word, title) < 1}
    most = max(words.values(), default=1.0)
    return Evidence(
        strength=min(1.0, score / (SATURATED * possible)) if possible else 0.0,
        mass=1 - math.exp(-score / (SATURATED * MASS_WORDS * most)),
        lead=1 - second / score if score else 0.0,
        coverage=_share(words, lambda word: _held(query, word, chosen.held)),
        rest=_share(rest, lambda word: _found(query, word, passage)),
        kind=float(has_evidence(query.kind, f"{title}\n{passage}")),
    )


SATURATED: Final = 1.6
"""Most that one term can earn per idf: k1 + 1."""

MASS_WORDS: Final = 3
"""Rare words shared at which `mass` reaches 1 - 1/e."""


def _share(worth: Mapping[str, float], found: Callable[[str], float]) -> float:
    """Share of the words' worth that is found; 1 when there is nothing to find."""
    total = sum(worth.values())
    return sum(value * found(word) for word, value in worth.items()) / total if total else 1.0


def _found(query: Query, word: str, folded: str) -> float:
    """1 when a text holds a word or a synonym; part of it when it holds parts of a long word."""
    if any(wanted in folded for wanted in query.evidence[word]):
        return 1.0
    pairs = _pairs(word)
    return PARTS * sum(pair in folded for pair in pairs) / len(pairs) if pairs else 0.0


def _held(query: Query, word: str, held: Container[Key]) -> float:
    """The same for terms of the index, which know nothing of the order in which characters stand."""
    for wanted in query.evidence[word]:
        pairs = _pairs(wanted) or [wanted]
        if (wanted, Family.WORDS) in held or all((pair, Family.CHARACTERS) in held for pair in pairs):
            return 1.0
    pairs = _pairs(word)
    return PARTS * sum((pair, Family.CHARACTERS) in held for pair in pairs) / len(pairs) if pairs else 0.0


def _pairs(word: str) -> list[str]:
    """Pairs of neighbours of a word of three Han characters or more."""
    return [] if len(word) < 3 or word.isascii() else list(map("".join, itertools.pairwise(word)))


PARTS: Final = 0.6
"""What all parts of a long word are worth beside the whole."""


_WEIGHTS: Final = Evidence(3.2, 3.3, 1.5, 2.6, 0.6, 1.1)
_BIAS: Final = -6.95


def score(evidence: Evidence) -> float:
    """Weigh the evidence: 0, nothing speaks for the hit, to 1."""
    total = sum(weight * part for weight, part in zip(astuple(_WEIGHTS), astuple(evidence), strict=True))
    return 1 / (1 + math.exp(-(total + _BIAS)))
