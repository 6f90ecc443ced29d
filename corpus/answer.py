"""Which sentences of a passage answer, which words to highlight, and how sure an answer is.

All figures here are explained in docs/decisions/answers.md.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from corpus import analyzer
from corpus.analyzer import Folded, fold_with_map
from corpus.kinds import has_evidence
from corpus.models import Span
from corpus.passages import sentences
from corpus.query import Query
from corpus.terms import Family, Term

Idf = Callable[[Term], float]

EXPLAINED_WEIGHT = 0.1
"""What a term counts in choosing passage and sentence when the title has it already."""

SECOND_SHARE = 0.35
"""A second sentence is shown from this share of the first one's score on."""


@dataclass(frozen=True, slots=True)
class Weighted:
    """A question's terms with what each is worth, split by family.

    Attributes:
        words: Term → idf · weight.
        characters: The same for characters.
        unexplained: Terms that the title does not have.
    """

    words: dict[str, float]
    characters: dict[str, float]
    unexplained: frozenset[tuple[str, Family]]

    @classmethod
    def of(cls, query: Query, title: str, idf: Idf) -> "Weighted":
        """Weigh a query's terms against the title of one article."""
        folded = analyzer.fold(title)
        in_title = {
            Family.WORDS: frozenset(analyzer.words(folded)),
            Family.CHARACTERS: frozenset(analyzer.characters(folded)),
        }
        values: dict[Family, dict[str, float]] = {Family.WORDS: {}, Family.CHARACTERS: {}}
        unexplained = set()
        for term in query.terms:
            if term.text.startswith("@"):
                continue
            value = term.weight * idf(term)
            if term.text in in_title[term.family]:
                value *= EXPLAINED_WEIGHT
            else:
                unexplained.add((term.text, term.family))
            values[term.family][term.text] = value
        return cls(values[Family.WORDS], values[Family.CHARACTERS], frozenset(unexplained))

    def score(self, folded: str) -> float:
        """Sum of the values of the distinct terms that occur in a folded text."""
        words = set(analyzer.words(folded))
        characters = set(analyzer.characters(folded))
        return sum(value for term, value in self.words.items() if term in words) + sum(
            value for term, value in self.characters.items() if term in characters
        )


def answering_sentences(query: Query, weighted: Weighted, text: str) -> tuple[Span, ...]:
    """Choose the one or two sentences of a passage that answer, in reading order.

    The score of a sentence is the idf of the question's terms in it, those that the title explains at a
    tenth; a sentence of the asked kind counts more.
    """
    spans = sentences(text)
    if len(spans) < 2:
        return spans
    scored = []
    for index, (start, end) in enumerate(spans):
        folded = analyzer.fold(text[start:end])
        score = weighted.score(folded)
        if query.kind.evidence is not None and has_evidence(query.kind, folded):
            score *= KIND_FACTOR
        scored.append((score, -index))
    ranked = sorted(scored, reverse=True)
    best = [-ranked[0][1]]
    if ranked[1][0] > SECOND_SHARE * ranked[0][0]:
        best.append(-ranked[1][1])
    return tuple(spans[index] for index in sorted(best))


KIND_FACTOR = 1.15


def highlights(query: Query, text: str) -> tuple[Span, ...]:
    """Find the question's words in a text, as spans of the original, in order and not overlapping.

    A single character is marked only next to another match, or when the question has nothing longer:
    年 and 人 are everywhere.
    """
    folded = fold_with_map(text)
    found: list[Span] = []
    single: list[Span] = []
    wanted = {text for word in query.words for text in query.evidence[word]}
    for term in sorted(wanted, key=len, reverse=True):
        spans = single if len(term) == 1 and not term.isdigit() else found
        spans.extend(_occurrences(term, folded.text))
    if not any(len(term) > 1 for term in wanted):
        found, single = single, []
    edges = {edge for span in found for edge in span} | _joined_singles(query, single, folded.text)
    found.extend(span for span in single if span[0] in edges or span[1] in edges)
    return _original(folded, _merge(found))


def _joined_singles(query: Query, single: Sequence[Span], folded: str) -> set[int]:
    """Ends of single characters that stand next to each other here as in the question (王 and 毅)."""
    ends = {end for _, end in single}
    return {start for start, end in single if start in ends and folded[start - 1 : end] in query.text}


def _occurrences(term: str, folded: str) -> list[Span]:
    if term.isascii():
        pattern = rf"(?<![a-z0-9]){re.escape(term)}(?:s|es)?(?![a-z0-9])"
        return [match.span() for match in re.finditer(pattern, folded)]
    spans = []
    start = folded.find(term)
    while start >= 0:
        spans.append((start, start + len(term)))
        start = folded.find(term, start + len(term))
    return spans


def _merge(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(set(spans)):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _original(folded: Folded, spans: Iterable[Span]) -> tuple[Span, ...]:
    return tuple(_merge(folded.original_span(start, end) for start, end in spans))
