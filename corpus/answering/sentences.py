"""Which sentences of a passage answer, which words to highlight, and what to read before them.

All figures here are explained in docs/decisions/answers.md.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from corpus.answering.context_sentence import takes_up
from corpus.models import Span, merge_spans
from corpus.question.answer_types import has_evidence
from corpus.question.query import Query
from corpus.text import analyzer
from corpus.text.folding import Folded, fold_with_map
from corpus.text.passages import sentences
from corpus.text.terms import Term

SECOND_SHARE: Final = 0.25
FOLLOWING_SHARE: Final = 0.1
TAKEN_UP_SHARE: Final = 0.3
"""A second sentence is shown from this share of the first one's score on. It is given a share of that score
for following the first one, and another when the later of the two takes up what the earlier says."""

TWO_MOST: Final = 140
STRONG_SHARE: Final = 0.5
"""Characters that two sentences may have together, unless the second has this share of the first's."""

KIND_FACTOR: Final = 2.5
"""By what a sentence counts more that holds something of the asked kind."""

_LATIN: Final = re.compile("[a-z0-9]+")

Values = Sequence[tuple[str, bool, float]]
"""Terms, whether they are Latin, and what a sentence earns by holding them."""


def values_of(terms: Iterable[Term], weights: Iterable[float], worth: Iterable[float]) -> Values:
    """Weigh terms for the sentences of an article.

    Args:
        weights: That the terms have in this article (`choosing.residual_weights`).
        worth: idf of the terms, less for those far from what asks.
    """
    return [
        (term.text, term.text.isascii() and term.text.isalnum(), weight * value)
        for term, weight, value in zip(terms, weights, worth, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as it is compared with a question; folded and cut into words once.

    Attributes:
        sentences: Spans of the text.
        folded_sentences: The same spans in the folded text.
    """

    text: str
    folded: Folded
    sentences: tuple[Span, ...]
    folded_sentences: tuple[Span, ...]

    @classmethod
    def of(cls, text: str, folded: Folded | None = None) -> "Reading":
        """Read a text.

        Args:
            folded: The same, where it is known already.
        """
        folded = folded or fold_with_map(text)
        spans = sentences(text)
        if isinstance(folded.origins, range):  # character by character
            return cls(text, folded, spans, spans)
        edges = [
            (bisect_left(folded.origins, start), bisect_left(folded.origins, end)) for start, end in spans
        ]
        return cls(text, folded, spans, tuple(edges))


def held_by(values: Values, folded: str) -> Values:
    """Those of the terms that a folded text holds, in the same order."""
    return _held(values, folded, reads_latin=_any_latin(values))


def _any_latin(values: Values) -> bool:
    return bool([True for _, latin, _ in values if latin])


def _held(values: Values, folded: str, *, reads_latin: bool) -> Values:
    if not reads_latin:
        return [entry for entry in values if entry[0] in folded]
    runs = _LATIN.findall(folded)
    latin = {*runs, *map(analyzer.stem, runs)}
    return [entry for entry in values if entry[0] in (latin if entry[1] else folded)]


def sentence_scores(query: Query, values: Values, reading: Reading) -> list[float]:
    """Score each sentence: the worth of the question's terms in it, more for one of the asked kind.

    Args:
        values: Of terms; those that the whole text does not hold may be left out.
    """
    scores, reads_latin = [], _any_latin(values)
    for start, end in reading.folded_sentences:
        folded = reading.folded.text[start:end]
        score = sum([value for _, _, value in _held(values, folded, reads_latin=reads_latin)])
        if score and query.kind.evidence is not None and has_evidence(query.kind, folded):
            score *= KIND_FACTOR
        scores.append(score)
    return scores


def most_of(query: Query, worth: float) -> float:
    """The most that one sentence could score by holding terms that are worth so much together."""
    return worth if query.kind.evidence is None else KIND_FACTOR * worth


def answering_sentences(scores: Sequence[float], reading: Reading) -> tuple[Span, ...]:
    """Choose the one or two sentences of a passage that answer, in reading order.

    The second is the next best if it is good enough, or what follows a question or a heading. Neighbours
    have an advantage: what is asked of a name is often said of 他 in the sentence after, and a sentence
    that begins with 因此 gives its reason in the one before.

    Args:
        scores: Of the sentences, as `sentence_scores` gives them.
    """
    if len(scores) < 2:
        return reading.sentences
    first = max(range(len(scores)), key=lambda place: (scores[place], -place))
    if _is_followed(reading, first, asks=True):
        best = [first, first + 1]
    elif (second := _second(scores, reading, first)) is not None:
        best = [first, second]
    elif _is_followed(reading, first, asks=False):
        best = [first, first + 1]
    else:
        best = [first]
    return tuple(reading.sentences[place] for place in sorted(best))


def _second(scores: Sequence[float], reading: Reading, first: int) -> int | None:
    """The sentence to show beside the best one, None where no other is good enough."""
    best = scores[first]
    lifted = list(scores)
    if first + 1 < len(scores):
        lifted[first + 1] += best * (FOLLOWING_SHARE + TAKEN_UP_SHARE * _takes_up(reading, first + 1))
    if first > 0:
        lifted[first - 1] += best * TAKEN_UP_SHARE * _takes_up(reading, first)
    second = max((place for place in range(len(scores)) if place != first), key=lambda place: lifted[place])
    length = sum(end - start for start, end in (reading.sentences[first], reading.sentences[second]))
    fits = length <= TWO_MOST or scores[second] > STRONG_SHARE * best
    return second if fits and lifted[second] > SECOND_SHARE * best else None


def _takes_up(reading: Reading, place: int) -> bool:
    start, end = reading.sentences[place]
    return takes_up(reading.text[start:end])


def _is_followed(reading: Reading, place: int, *, asks: bool) -> bool:
    """Whether the sentence after one says what it only announces: it asks, or is a line without an end."""
    if place + 1 == len(reading.sentences):
        return False
    (start, end), (following, _) = reading.sentences[place : place + 2]
    last = reading.text[start:end].rstrip(_CLOSERS)[-1:]
    if asks:
        return last in {"？", "?"}
    return last not in _ENDS and "\n" in reading.text[end:following]


_CLOSERS: Final = "”’」』】》〉）)\"'"
_ENDS: Final = frozenset("。！？；…!?.;")


def highlights(query: Query, reading: Reading) -> tuple[Span, ...]:
    """Find the question's words in a text, as spans of the original, in order and not overlapping.

    A single character is marked only next to another match, or when the question has nothing longer:
    年 and 人 are everywhere.
    """
    folded = reading.folded
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
    return _original(folded, merge_spans(found))


def _joined_singles(query: Query, single: Sequence[Span], folded: str) -> set[int]:
    """Ends of single characters that stand next to each other here as in the question (王 and 毅)."""
    ends = {end for _, end in single}
    return {start for start, end in single if start in ends and folded[start - 1 : end] in query.text}


def _occurrences(term: str, folded: str) -> list[Span]:
    if term.isascii():
        stem = term.removesuffix("y")
        if stem not in folded:  # much quicker than the pattern
            return []
        endings = "y|ies" if stem != term else "|s|es"
        pattern = rf"(?<![a-z0-9]){re.escape(stem)}(?:{endings})(?![a-z0-9])"
        return [match.span() for match in re.finditer(pattern, folded)]
    spans = []
    start = folded.find(term)
    while start >= 0:
        spans.append((start, start + len(term)))
        start = folded.find(term, start + len(term))
    return spans


def _original(folded: Folded, spans: Iterable[Span]) -> tuple[Span, ...]:
    return tuple(merge_spans(folded.original_span(start, end) for start, end in spans))
