"""Which sentences of a passage answer a question, and which words of it are highlighted.

All figures are explained in docs/decisions/0016-sentences.md.
"""

import re
from bisect import bisect_left
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from corpus.answering.context_sentence import starts_with_anaphor
from corpus.answering.parameters import DEFAULTS, SentenceParameters
from corpus.answering.term_weights import WeightedTerm
from corpus.models import CELL_SEPARATOR, Span, merge_spans
from corpus.question.answer_types import OTHER, Strength, answer_type_of
from corpus.question.query import Query
from corpus.text import analyzer
from corpus.text.folding import Folded, fold_with_map
from corpus.text.matching import places_of
from corpus.text.outline import heads_above, is_question
from corpus.text.passages import sentences

VALUE_TYPES: Final = frozenset(
    (
        "money",
        "percent",
        "clock",
        "year",
        "date",
        "frequency",
        "duration",
        "hours",
        "phone",
        "age",
        "rank",
        "people",
        "amount",
    )
)
"""Answer types whose evidence is a value; that of places stands in most sentences."""

MIN_HEADLINE_CHARS: Final = 10
"""Characters from which on a head says something itself and is no mere topic (二、价格)."""

MIN_SHORT_WORDS: Final = 2
"""Words of one character that say as much as one longer word: 修 and 渠."""

_CLOSERS: Final = "”’」』】》〉）)\"'"


@dataclass(frozen=True, slots=True)
class AnalyzedText:
    """A text as it is compared with a question: folded and cut into sentences once.

    Attributes:
        text: As it is shown.
        folded: The same, folded.
        sentences: Spans of the text.
        folded_sentences: The same spans in the folded text.
        heads: For each sentence the places of the sentences that are its heads, the outermost first; -1 for
            the heads before the passage.
        head_places: Places of all sentences that are heads of others.
        heading: The heads before the passage, folded; empty if there are none.
    """

    text: str
    folded: Folded
    sentences: tuple[Span, ...]
    folded_sentences: tuple[Span, ...]
    heads: tuple[tuple[int, ...], ...]
    head_places: frozenset[int]
    heading: str = ""

    @classmethod
    def from_text(cls, text: str, folded: Folded | None = None, heading: str = "") -> "AnalyzedText":
        """Analyze a text.

        Args:
            text: Any.
            folded: The same, where it is known already.
            heading: The heads before it, folded.
        """
        folded = folded or fold_with_map(text)
        spans, heads, head_places = _outline(text)
        edges = spans
        if not isinstance(folded.origins, range):  # else folded character by character: places stay the same
            origins = folded.origins
            edges = tuple((bisect_left(origins, start), bisect_left(origins, end)) for start, end in spans)
        return cls(text, folded, spans, edges, heads, head_places, heading)

    def folded_sentence(self, place: int) -> str:
        """A sentence, or the heads before the passage for -1, folded."""
        if place < 0:
            return self.heading
        start, end = self.folded_sentences[place]
        return self.folded.text[start:end]

    def folded_unit(self, place: int) -> str:
        """A sentence with its heads before it, folded."""
        return "\n".join(map(self.folded_sentence, (*self.heads[place], place)))


@lru_cache(2_048)
def _outline(text: str) -> tuple[tuple[Span, ...], tuple[tuple[int, ...], ...], frozenset[int]]:
    """See `sentences`, `heads` and `head_places` of `AnalyzedText`; many questions read the same texts."""
    spans = sentences(text)
    heads = _heads(text, spans)
    return spans, heads, frozenset(place for above in {*heads} for place in above if place >= 0)


def _heads(text: str, spans: Sequence[Span]) -> tuple[tuple[int, ...], ...]:
    """See `AnalyzedText.heads`."""
    if "\n" not in text:
        return ((-1,),) * len(spans)
    first_of = [0] if spans else []
    line_of: list[int] = []
    end = -1
    for place, (start, stop) in enumerate(spans):
        if end >= 0 and start > end and text.find("\n", end, start) >= 0:
            first_of.append(place)
        line_of.append(len(first_of) - 1)
        end = stop
    if len(first_of) < 2:
        return ((-1,),) * len(spans)
    lines = [text[spans[first][0] : spans[last - 1][1]] for first, last in pairwise([*first_of, len(spans)])]
    above = heads_above(lines)
    if all(heads == (-1,) for heads in above):
        return ((-1,),) * len(spans)
    placed = [tuple([first_of[head] if head >= 0 else -1 for head in heads]) for heads in above]
    return tuple([placed[line] for line in line_of])


def terms_in(terms: Sequence[WeightedTerm], folded: str) -> list[WeightedTerm]:
    """Those of the terms that a folded text has, in the same order."""
    return [
        term for term in terms if (analyzer.has_latin_term(folded, term[0]) if term[1] else term[0] in folded)
    ]


def sentence_scores(
    query: Query,
    terms: Sequence[WeightedTerm],
    text: AnalyzedText,
    parameters: SentenceParameters = DEFAULTS.sentences,
    *,
    asking: Sequence[WeightedTerm] = (),
    explained: float = 0.0,
    has_evidence: bool = True,
) -> "SentenceScores":
    """Score each sentence: the weights of the terms in it, multiplied if it matches the answer type.

    The terms of its heads count for a sentence too, and a head by itself counts nothing: what is asked
    there is answered below.

    Args:
        query: With the answer type.
        terms: Of the question; those that the whole text lacks may be left out.
        text: With the sentences.
        parameters: Of this stage.
        asking: Terms of the question that ask for something (票价); a head that asks for the same holds them.
        explained: Weight of what the title explains of the question.
        has_evidence: Whether the text may have evidence of the answer type.
    """
    lift = evidence_lift(query, explained, parameters)
    evidence = query.answer_type.evidence if has_evidence else None
    if not text.head_places and not text.heading:
        return _scores_without_heads(terms, text, parameters, evidence, lift)
    heads = text.head_places
    held: dict[int, Sequence[WeightedTerm]] = {
        place: terms_in(terms, text.folded_sentence(place))
        for place in range(-1 if text.heading else 0, len(text.sentences))
    }
    kindred = {place for place in _heads_of(text) if _asks_the_same(query, text.folded_sentence(place))}
    for place in kindred:
        held[place] = [*held[place], *(term for term in asking if term not in held[place])]
    about = {term for term in terms if term not in asking and term[0] in query.proximity}
    # In the order of the question: a sum over a set differs in its last digit from process to process.
    inherited = {
        above: list(dict.fromkeys(term for head in above for term in held.get(head, ())))
        for above in {*text.heads}
    }
    scores, typed = [], []
    for place, above in enumerate(text.heads):
        if place in heads:
            scores.append(0.0)
            typed.append(False)
            continue
        own = held[place]
        score = sum([weight for _, _, weight in own])
        if more := inherited[above]:
            score += parameters.head_share * sum([term[2] for term in more if term not in own])
        matches = (
            evidence is not None
            and score + lift > 0
            and evidence.search(text.folded_sentence(place)) is not None
        )
        belongs = matches and _belongs(text, place, held, kindred, about)
        if matches:
            factor = parameters.answer_type_factor if belongs else parameters.other_unit_factor
            score = factor * (score + lift)
        scores.append(score)
        typed.append(belongs)
    return SentenceScores(scores, typed)


def _scores_without_heads(
    terms: Sequence[WeightedTerm],
    text: AnalyzedText,
    parameters: SentenceParameters,
    evidence: re.Pattern[str] | None,
    lift: float,
) -> "SentenceScores":
    """The same for a text without heads, as most are: each sentence counts by itself."""
    scores, typed = [], []
    folded, factor = text.folded.text, parameters.answer_type_factor
    for start, end in text.folded_sentences:
        sentence = folded[start:end]
        score = sum([weight for _, _, weight in terms_in(terms, sentence)])
        matches = evidence is not None and score + lift > 0 and evidence.search(sentence) is not None
        scores.append(factor * (score + lift) if matches else score)
        typed.append(matches)
    return SentenceScores(scores, typed)


def evidence_lift(query: Query, explained: float, parameters: SentenceParameters) -> float:
    """What a sentence earns by evidence alone where the title names what is asked about."""
    is_telling = query.answer_type.strength is Strength.REQUIRED and query.answer_type.name in VALUE_TYPES
    return parameters.evidence_share * explained if is_telling else 0.0


class SentenceScores(NamedTuple):
    """How well the sentences of a text answer.

    Attributes:
        scores: One a sentence; 0 for heads.
        typed: Whether a sentence with a score has evidence of the answer type that may be said of what is
            asked; False throughout if the type has no evidence.
    """

    scores: Sequence[float]
    typed: Sequence[bool]


def _belongs(
    text: AnalyzedText,
    place: int,
    held: Mapping[int, Sequence[WeightedTerm]],
    kindred: Container[int],
    about: Container[WeightedTerm],
) -> bool:
    """Whether what a sentence says may be said of what is asked, as far as the questions above it tell.

    Args:
        text: With the sentence.
        place: Of the sentence.
        held: The terms that each sentence has.
        kindred: Heads that ask for the same.
        about: Terms of the question that say what it is about; 票价 alone does not.
    """
    questions = _questions_above(text, place)
    if not questions or any(head in kindred for head in questions):
        return True
    own = [term[0] for term in held[place] if term in about]
    above = [term[0] for head in questions for term in held[head] if term in about]
    return any(len(word) > 1 for word in (*own, *above)) or len(set(own)) >= MIN_SHORT_WORDS


def _heads_of(text: AnalyzedText) -> set[int]:
    """Places of all heads of a text, the one before it too."""
    return {place for above in text.heads for place in above if place >= 0 or text.heading}


def _questions_above(text: AnalyzedText, place: int) -> list[int]:
    """Heads of a sentence that are questions: what stands under another one is about something else."""
    return [head for head in text.heads[place] if is_question(text.folded_sentence(head))]


def _asks_the_same(query: Query, folded_head: str) -> bool:
    """Tell whether a head is a question for what the query asks for."""
    if query.answer_type is OTHER or query.answer_type.evidence is None:
        return False
    return is_question(folded_head) and answer_type_of(folded_head).name == query.answer_type.name


def answering_sentences(
    scored: SentenceScores, text: AnalyzedText, parameters: SentenceParameters = DEFAULTS.sentences
) -> tuple[Span, ...]:
    """Choose the sentences of a passage that answer, in reading order.

    The best one and the next best if it is good enough; then what stands between them, and the sentence
    after them, while all of it stays short. Neighbours have an advantage: what is asked of a name is often
    said of 他 in the sentence after, and a sentence that begins with 因此 gives its reason in the one before.
    A heading or a question is never chosen where something stands under it.

    Args:
        scored: The scores of the sentences.
        text: With the sentences.
        parameters: Of this stage.

    Returns:
        Spans of the original text.
    """
    scores = scored.scores
    if len(scores) < 2:
        return text.sentences
    heads = text.head_places
    places = [place for place in range(len(scores)) if place not in heads]
    best = max(places, key=lambda place: (scores[place], -place))
    if _is_question(text, best):
        chosen = {best, best + 1}
    else:
        second = _second_best(scores, text, best, places, parameters)
        chosen = {best} if second is None else {best, second}
    widened = _widened(chosen, text, parameters, has_evidence=scored.typed[best])
    above = {*_table_heads(text, widened), *_headline(text, best)}
    return tuple(text.sentences[place] for place in sorted({*widened, *above}))


def _headline(text: AnalyzedText, best: int) -> set[int]:
    """The head right above the best sentence, where it says something itself: 半亩茶饮在港挂牌."""
    head = max(text.heads[best], default=-1)
    if head < 0:
        return set()
    start, end = text.sentences[head]
    says_something = end - start >= MIN_HEADLINE_CHARS and not is_question(text.folded_sentence(head))
    return {head} if says_something else set()


def _table_heads(text: AnalyzedText, places: Iterable[int]) -> set[int]:
    """First rows of the tables of which some rows are shown: they say what the cells are."""
    above = {head for place in places for head in text.heads[place] if head >= 0}
    return {head for head in above if CELL_SEPARATOR in text.text[slice(*text.sentences[head])]}


def _second_best(
    scores: Sequence[float],
    text: AnalyzedText,
    best: int,
    places: Sequence[int],
    parameters: SentenceParameters,
) -> int | None:
    """The sentence to show beside the best one, None where no other is good enough."""
    top, following = scores[best], best + 1
    lifted = list(scores)
    if following < len(scores):
        lift = parameters.following_share + parameters.anaphor_share * _has_anaphor(text, following)
        lifted[following] += top * lift
    if best > 0:
        lifted[best - 1] += top * parameters.anaphor_share * _has_anaphor(text, best)
    asked = _questions_above(text, best)
    others = [place for place in places if place != best and _questions_above(text, place) == asked]
    if not others:
        return None
    second = max(others, key=lambda place: lifted[place])
    fits = _length(text, (best, second)) <= parameters.max_pair_chars or (
        scores[second] > parameters.min_strong_share * top
    )
    return second if fits and lifted[second] > parameters.min_second_share * top else None


def _widened(
    chosen: set[int], text: AnalyzedText, parameters: SentenceParameters, *, has_evidence: bool
) -> list[int]:
    """The chosen sentences with others of their unit, one after the other while all of it is short.

    First what stands between them, then the sentence after them, then the one before them in its line. Where
    the best sentence has what is asked for, less is shown.
    """
    first, last = min(chosen), max(chosen)
    limit = parameters.max_pair_chars if has_evidence else parameters.max_window_chars
    more = [*range(first + 1, last), last + 1]
    if first and not _starts_line(text, first):
        more.append(first - 1)
    heads = text.head_places
    for place in more:
        is_in_unit = place < len(text.sentences) and text.heads[place] in (
            text.heads[first],
            text.heads[last],
        )
        if place not in heads and is_in_unit and _length(text, {*chosen, place}) <= limit:
            chosen = {*chosen, place}
    return sorted(chosen)


def _starts_line(text: AnalyzedText, place: int) -> bool:
    return "\n" in text.text[text.sentences[place - 1][1] : text.sentences[place][0]]


def _length(text: AnalyzedText, places: Iterable[int]) -> int:
    return sum(end - start for start, end in (text.sentences[place] for place in places))


def _has_anaphor(text: AnalyzedText, place: int) -> bool:
    start, end = text.sentences[place]
    return starts_with_anaphor(text.text[start:end])


def _is_question(text: AnalyzedText, place: int) -> bool:
    """Whether a sentence asks and another one follows."""
    start, end = text.sentences[place]
    return place + 1 < len(text.sentences) and text.text[start:end].rstrip(_CLOSERS)[-1:] in {"？", "?"}


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
    return [(start, start + len(term)) for start in places_of(term, folded)]


def _original(folded: Folded, spans: Iterable[Span]) -> tuple[Span, ...]:
    return tuple(merge_spans(folded.original_span(start, end) for start, end in spans))
