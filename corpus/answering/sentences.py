"""Which sentences of a passage answer a question, and which words of it are highlighted.

All figures are explained in docs/decisions/0016-sentences.md.
"""

import operator
import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from corpus.answering.context_sentence import starts_with_anaphor
from corpus.answering.parameters import DEFAULTS, SentenceParameters
from corpus.models import Span, merge_spans
from corpus.question.answer_types import has_evidence
from corpus.question.query import Query
from corpus.text import analyzer
from corpus.text.folding import Folded, fold_with_map
from corpus.text.passages import sentences
from corpus.text.terms import Term

_CLOSERS: Final = "”’」』】》〉）)\"'"
_ENDS: Final = frozenset("。！？；…!?.;")


WeightedTerm = tuple[str, bool, float]
"""A term: its text, whether it is Latin and must be a whole word of the text, and what it earns a sentence.

A plain tuple: every article makes its own, and each is compared with every sentence.
"""


def weigh_terms(
    terms: Iterable[Term], weights: Iterable[float], sentence_weights: Iterable[float]
) -> list[WeightedTerm]:
    """Weigh terms for the sentences of an article.

    Args:
        terms: Of the question.
        weights: Of the terms in this article (`passage_selection.residual_weights`).
        sentence_weights: idf of the terms, less for those far from the interrogative.
    """
    texts = [term.text for term in terms]
    are_latin = [text.isascii() and text.isalnum() for text in texts]
    return list(zip(texts, are_latin, map(operator.mul, weights, sentence_weights), strict=True))


@dataclass(frozen=True, slots=True)
class AnalyzedText:
    """A text as it is compared with a question: folded and cut into sentences once.

    Attributes:
        text: As it is shown.
        folded: The same, folded.
        sentences: Spans of the text.
        folded_sentences: The same spans in the folded text.
    """

    text: str
    folded: Folded
    sentences: tuple[Span, ...]
    folded_sentences: tuple[Span, ...]

    @classmethod
    def from_text(cls, text: str, folded: Folded | None = None) -> "AnalyzedText":
        """Analyze a text.

        Args:
            text: Any.
            folded: The same, where it is known already.
        """
        folded = folded or fold_with_map(text)
        spans = sentences(text)
        if isinstance(folded.origins, range):  # folded character by character: places stay the same
            return cls(text, folded, spans, spans)
        origins = folded.origins
        edges = tuple((bisect_left(origins, start), bisect_left(origins, end)) for start, end in spans)
        return cls(text, folded, spans, edges)


def terms_in(terms: Sequence[WeightedTerm], folded: str) -> Sequence[WeightedTerm]:
    """Those of the terms that a folded text has, in the same order."""
    return _terms_in(terms, folded, any_latin=_any_latin(terms))


def _any_latin(terms: Sequence[WeightedTerm]) -> bool:
    return bool([True for _, is_latin, _ in terms if is_latin])  # faster than `any` of a generator


def _terms_in(terms: Sequence[WeightedTerm], folded: str, *, any_latin: bool) -> Sequence[WeightedTerm]:
    if not any_latin:
        return [term for term in terms if term[0] in folded]
    words = analyzer.latin_terms(folded)
    return [term for term in terms if term[0] in (words if term[1] else folded)]


def sentence_scores(
    query: Query,
    terms: Sequence[WeightedTerm],
    text: AnalyzedText,
    parameters: SentenceParameters = DEFAULTS.sentences,
) -> list[float]:
    """Score each sentence: the weights of the terms in it, multiplied if it matches the answer type.

    Args:
        query: With the answer type.
        terms: Of the question; those that the whole text lacks may be left out.
        text: With the sentences.
        parameters: Of this stage.
    """
    scores, any_latin = [], _any_latin(terms)
    for start, end in text.folded_sentences:
        folded = text.folded.text[start:end]
        score = sum([weight for _, _, weight in _terms_in(terms, folded, any_latin=any_latin)])
        if score and query.answer_type.evidence is not None and has_evidence(query.answer_type, folded):
            score *= parameters.answer_type_factor
        scores.append(score)
    return scores


def upper_bound(query: Query, weight: float, parameters: SentenceParameters) -> float:
    """The highest score of a sentence whose terms have this weight together."""
    return weight if query.answer_type.evidence is None else parameters.answer_type_factor * weight


def answering_sentences(
    scores: Sequence[float], text: AnalyzedText, parameters: SentenceParameters = DEFAULTS.sentences
) -> tuple[Span, ...]:
    """Choose the one or two sentences of a passage that answer, in reading order.

    The second is the next best if it is good enough, or what follows a question or a heading. Neighbours
    have an advantage: what is asked of a name is often said of 他 in the sentence after, and a sentence
    that begins with 因此 gives its reason in the one before.

    Args:
        scores: Of the sentences, from `sentence_scores`.
        text: With the sentences.
        parameters: Of this stage.

    Returns:
        Spans of the original text.
    """
    if len(scores) < 2:
        return text.sentences
    best = max(range(len(scores)), key=lambda place: (scores[place], -place))
    if _is_question(text, best):
        second: int | None = best + 1
    else:
        second = _second_best(scores, text, best, parameters)
        if second is None and _is_heading(text, best):
            second = best + 1
    chosen = [best] if second is None else sorted((best, second))
    return tuple(text.sentences[place] for place in chosen)


def _second_best(
    scores: Sequence[float], text: AnalyzedText, best: int, parameters: SentenceParameters
) -> int | None:
    """The sentence to show beside the best one, None where no other is good enough."""
    top, following = scores[best], best + 1
    lifted = list(scores)
    if following < len(scores):
        lift = parameters.following_share + parameters.anaphor_share * _has_anaphor(text, following)
        lifted[following] += top * lift
    if best > 0:
        lifted[best - 1] += top * parameters.anaphor_share * _has_anaphor(text, best)
    second = max((place for place in range(len(scores)) if place != best), key=lambda place: lifted[place])
    length = sum(end - start for start, end in (text.sentences[best], text.sentences[second]))
    fits = length <= parameters.max_pair_chars or scores[second] > parameters.min_strong_share * top
    return second if fits and lifted[second] > parameters.min_second_share * top else None


def _has_anaphor(text: AnalyzedText, place: int) -> bool:
    start, end = text.sentences[place]
    return starts_with_anaphor(text.text[start:end])


def _last_character(text: AnalyzedText, place: int) -> str:
    """Last character of a sentence, closing quotes and brackets aside."""
    start, end = text.sentences[place]
    return text.text[start:end].rstrip(_CLOSERS)[-1:]


def _is_question(text: AnalyzedText, place: int) -> bool:
    """Whether a sentence asks and another one follows."""
    return place + 1 < len(text.sentences) and _last_character(text, place) in {"？", "?"}


def _is_heading(text: AnalyzedText, place: int) -> bool:
    """Whether a sentence is a line without a full stop and another one follows."""
    if place + 1 == len(text.sentences):
        return False
    (_, end), (following, _) = text.sentences[place : place + 2]
    return _last_character(text, place) not in _ENDS and "\n" in text.text[end:following]


def highlights(query: Query, text: AnalyzedText) -> tuple[Span, ...]:
    """Find the question's words in a text, as spans of the original, in order and not overlapping.

    A single character is marked only next to another match, or when the question has nothing longer:
    年 and 人 are everywhere.
    """
    folded = text.folded
    found: list[Span] = []
    single: list[Span] = []
    wanted = {form for word in query.words for form in query.variants[word]}
    for term in sorted(wanted, key=len, reverse=True):
        spans = single if len(term) == 1 and not term.isdigit() else found
        spans.extend(_occurrences(term, folded.text))
    if not any(len(term) > 1 for term in wanted):
        found, single = single, []
    edges = {edge for span in found for edge in span} | _joined_singles(query, single, folded.text)
    found.extend(span for span in single if span[0] in edges or span[1] in edges)
    return _original(folded, merge_spans(found))


def _joined_singles(query: Query, single: Sequence[Span], folded: str) -> set[int]:
    """Places where two single characters stand next to each other in text and question alike (王 and 毅)."""
    ends = {end for _, end in single}
    return {start for start, end in single if start in ends and folded[start - 1 : end] in query.normalized}


def _occurrences(term: str, folded: str) -> list[Span]:
    if term.isascii():
        stem = term.removesuffix("y")
        if stem not in folded:  # much quicker than the pattern
            return []
        endings = "y|ies" if stem != term else "|s|es"
        before = "0-9" if term[0].isdigit() else "a-z"
        behind = "0-9" if term[-1].isdigit() else "a-z"
        pattern = rf"(?<![{before}]){re.escape(stem)}(?:{endings})(?![{behind}])"
        return [match.span() for match in re.finditer(pattern, folded)]
    spans = []
    start = folded.find(term)
    while start >= 0:
        spans.append((start, start + len(term)))
        start = folded.find(term, start + len(term))
    return spans


def _original(folded: Folded, spans: Iterable[Span]) -> tuple[Span, ...]:
    return tuple(merge_spans(folded.original_span(start, end) for start, end in spans))
