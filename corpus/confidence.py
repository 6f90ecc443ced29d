"""How sure the first hit is: evidence in the passage, not in how the question is put.

Each part is between 0 and 1; `score` weighs them. What each part earns alone and together, on which
questions, is in docs/decisions/answers.md.
"""

import itertools
import math
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Final

from corpus import analyzer
from corpus.choosing import Chosen, Key, content_terms
from corpus.kinds import has_evidence
from corpus.query import Query
from corpus.terms import Family


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for the first hit, each 0 to 1.

    Attributes:
        strength: Its score against the most that the question's terms could earn.
        mass: How much the question and the hit share in all, in rare words' worth.
        lead: How far the hit is ahead of the next stories.
        rest: Share by idf of what title, outlet and category do not explain that the article holds anywhere.
        kind: 1 when the best sentence holds something of the asked kind, 0 when the whole passage holds
            nothing of it, 0.5 when it is elsewhere in the passage or nothing certain is asked for.
    """

    strength: float
    mass: float
    lead: float
    rest: float
    kind: float


def gather(query: Query, chosen: Chosen, others: Sequence[float], worth: Mapping[Key, float]) -> Evidence:
    """Collect the evidence for the first hit.

    Args:
        chosen: The first hit.
        others: Scores of the next stories, best first.
        worth: idf of the question's words and terms in the archive.
    """
    score, article = chosen.found.score, chosen.located.article
    possible = sum(term.weight * worth[term.text, term.family] for term in content_terms(query))
    words = {word: worth[word, Family.WORDS] for word in query.words}
    most = max(words.values(), default=1.0)
    about = analyzer.fold("\n".join([article.title, article.author or "", *article.categories]))
    rest = {word: value for word, value in words.items() if _found(query, word, about) < 1}
    following = others[:FOLLOWING]
    return Evidence(
        strength=min(1.0, score / (SATURATED * possible)) if possible else 0.0,
        mass=1 - math.exp(-score / (SATURATED * MASS_WORDS * most)),
        lead=1 - sum(following) / (score * len(following)) if score and following else 1.0,
        rest=_share(rest, lambda word: _held(query, word, chosen.held)),
        kind=_kind(query, chosen),
    )


def _kind(query: Query, chosen: Chosen) -> float:
    if query.kind.evidence is None:
        return 0.5
    if has_evidence(query.kind, _best_sentence(chosen)):
        return 1.0
    return 0.5 if has_evidence(query.kind, chosen.reading.folded.text) else 0.0


def sentence_share(query: Query, chosen: Chosen, worth: Mapping[Key, float]) -> tuple[float, bool]:
    """How much of the question title and best sentence hold, and whether that is of the asked kind."""
    scores = chosen.sentence_scores
    start, end = (
        chosen.reading.folded_sentences[max(range(len(scores)), key=scores.__getitem__)] if scores else (0, 0)
    )
    sentence = chosen.reading.folded.text[start:end]
    text = f"{analyzer.fold(chosen.located.article.title)}\n{sentence}"
    words = {word: worth[word, Family.WORDS] for word in query.words}
    return _share(words, lambda word: _found(query, word, text)), has_evidence(query.kind, sentence)


def _best_sentence(chosen: Chosen) -> str:
    scores = chosen.sentence_scores
    if not scores:
        return ""
    start, end = chosen.reading.folded_sentences[max(range(len(scores)), key=scores.__getitem__)]
    return chosen.reading.folded.text[start:end]


SATURATED: Final = 1.6
"""Most that one term can earn per idf: k1 + 1."""

FOLLOWING: Final = 4
"""Stories after the first one that it is compared with."""

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


_WEIGHTS: Final = Evidence(3.8, 3.5, 2.3, 1.6, 0.9)
_BIAS: Final = -6.7


def score(evidence: Evidence) -> float:
    """Weigh the evidence: 0, nothing speaks for the hit, to 1."""
    total = sum(weight * part for weight, part in zip(astuple(_WEIGHTS), astuple(evidence), strict=True))
    return 1 / (1 + math.exp(-(total + _BIAS)))
