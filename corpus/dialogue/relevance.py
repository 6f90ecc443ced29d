"""How well an answer answers a follow-up question. Pure.

The confidence of a search tells how surely the right article was found. For a follow-up that is settled: what
counts is whether the passage has what was asked for.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

from corpus.models import Answer, Confidence, Hit, Span
from corpus.question.answer_types import AnswerType, Strength, answer_type_of, has_evidence
from corpus.question.lexicon import NEWS_WORDS, STOP_WORDS
from corpus.question.synonyms import synonyms_of
from corpus.question.topic import share_topic
from corpus.question.utterance import Utterance
from corpus.text import passages
from corpus.text.folding import fold

MIN_SCORE: Final = 0.3
"""Score from which a passage is given as the answer."""

MAX_CONFIDENCE_LOSS: Final = 0.03
"""How much confidence a question that continues another may lose by the topic of the other.

A question and a topic that have nothing to do with each other are in no article together; that costs 0.1 and
more.
"""

MIN_JOINT_SCORE: Final = 0.5
"""Score that a question needs together with the topic of another to count as continuing it."""

DISTINCTIVE_TYPES: Final = frozenset(
    {"money", "percent", "clock", "year", "date", "frequency", "duration", "age", "people", "contact"}
)
"""Answer types whose evidence is so distinctive that a passage with it answers by itself."""

EVIDENCE_SHARE: Final = 0.6
"""Share of the evidence in the score, beside the words of the question."""

EVIDENCE_ALONE: Final = 0.25
"""Score of evidence without any word of the question.

No date answers 什么时候恢复 where nothing is said of 恢复.
"""

_NON_CONTENT: Final = STOP_WORDS | NEWS_WORDS

_ASKED: Final = frozenset(["花", "花费", "花钱", "用", "用了", "钱", "块", "元", "人", "岁"])
"""Words that say no more than the answer type, of which evidence is asked for: 花了多少钱, 几个人."""

_NOBODY: Final = re.compile("(?:没有?|无|未)[^,。;]{0,6}(?:伤亡|受伤|死亡|遇难|失踪)")
"""A number of people as well: none. In folded text."""


@dataclass(frozen=True, slots=True)
class Requirements:
    """What a passage must have to answer a question, worked out once for all passages.

    Attributes:
        utterance: The question.
        answer_type: What it asks for.
        variants: For each of its content words itself and its synonyms.
    """

    utterance: Utterance
    answer_type: AnswerType
    variants: tuple[tuple[str, ...], ...]

    @classmethod
    def from_question(cls, question: Utterance) -> Self:
        """Work out what a question requires."""
        answer_type = answer_type_of(question.normalized)
        asked = _ASKED if answer_type.name in DISTINCTIVE_TYPES else frozenset[str]()
        words = (term for term in question.terms if term not in _NON_CONTENT and term not in asked)
        variants = tuple((word, *synonyms_of(word)) for word in words)
        return cls(question, answer_type, variants)

    def score(self, text: str) -> float:
        """Return how well a text answers, 0 to 1."""
        folded = fold(text)
        found = [any(variant in folded for variant in variants) for variants in self.variants]
        coverage = sum(found) / len(found) if found else 1.0
        if self.answer_type.name not in DISTINCTIVE_TYPES and (found or not self._requires_evidence):
            return coverage
        if not self._has_evidence(folded):
            return 0.0
        return EVIDENCE_SHARE + (1 - EVIDENCE_SHARE) * coverage if coverage else EVIDENCE_ALONE

    @property
    def _requires_evidence(self) -> bool:
        return self.answer_type.strength is Strength.REQUIRED

    def _has_evidence(self, folded: str) -> bool:
        counts_people = self.answer_type.name == "people"
        says_nobody = counts_people and _NOBODY.search(folded) is not None
        return says_nobody or has_evidence(self.answer_type, folded)


def score(answer: Answer, required: Requirements) -> float:
    """Return how well the first hit answers a short question, 0 to 1.

    1 means that its answering sentences have the words of the question and evidence of its answer type. Half
    of the score is that of the answering sentences, half that of the whole passage.
    """
    if not answer.hits:
        return 0.0
    hit = answer.hits[0]
    in_sentences = required.score("\n".join(answering_sentences(hit)))
    return (in_sentences + required.score(hit.passage.text)) / 2


def continues(about: Answer, alone: Answer, required: Requirements, topic: Utterance) -> bool:
    """Tell whether a question continues another: with its topic it is answered as surely and well as alone.

    Args:
        about: The answer to the question with that topic.
        alone: The answer to the question as it is.
        required: What the question requires.
        topic: The other question.
    """
    if about.confidence is Confidence.ANSWER:
        is_as_sure = about.score >= alone.score - MAX_CONFIDENCE_LOSS
        return is_as_sure and score(about, required) >= max(score(alone, required), MIN_JOINT_SCORE)
    are_unsure = about.confidence is alone.confidence is Confidence.RELATED
    return are_unsure and about.score > alone.score and share_topic(required.utterance, topic)


def narrow_to(answer: Answer, required: Requirements) -> Answer:
    """Mark the sentences of the first hit that answer a question, in place of those that the search marked.

    Another sentence is marked where it answers better than the marked ones together. Of several marked ones
    only those stay that answer as well as all together: the others answered the question before.
    """
    if not answer.hits:
        return answer
    hit = answer.hits[0]
    text = hit.passage.text

    def span_score(span: Span) -> float:
        return required.score(text[slice(*span)])

    together = required.score("\n".join(answering_sentences(hit)))
    best = max(passages.sentences(text), key=span_score, default=None)
    spans = tuple(span for span in hit.sentences if span_score(span) == together)
    if best is not None and span_score(best) > together:
        spans = (best,)
    if not spans or spans == hit.sentences:
        return answer
    narrowed = replace(hit, sentences=spans)
    shown = "".join(text[slice(*span)] for span in spans)
    return replace(answer, hits=(narrowed, *answer.hits[1:]), text=shown)


def answering_sentences(hit: Hit) -> list[str]:
    """Return the answering sentences of a hit."""
    return [hit.passage.text[start:end] for start, end in hit.sentences]


def mentions(answer: Answer, folded: str) -> bool:
    """Tell whether title or answering sentences of the first hit contain a folded text."""
    return tells(answer, (folded,), None)


def tells(answer: Answer, words: Sequence[str], required: Requirements | None) -> bool:
    """Tell whether title or one answering sentence of the first hit holds all of some folded words.

    Args:
        answer: The answer.
        words: What must stand together.
        required: What the answering sentences must have besides; None: nothing.
    """
    for hit in answer.hits[:1]:
        sentences = answering_sentences(hit)
        places = map(fold, [hit.article.title, *sentences])
        if any(all(word in place for word in words) for place in places):
            return required is None or required.score("\n".join(sentences)) >= MIN_SCORE
    return False


def held_by(names: Sequence[str], text: str) -> int:
    """Count the names that a folded text holds, themselves or in other words.

    >>> held_by(("望江", "大桥", "长度"), "望江大桥全长1.2公里")
    2
    """
    return sum(any(variant in text for variant in (name, *synonyms_of(name))) for name in names)


def shown_text(answer: Answer) -> str:
    """Return the title and the passage of the first hit, folded; empty where there is no hit."""
    return "".join(fold(f"{hit.article.title}\n{hit.passage.text}") for hit in answer.hits[:1])


def passage_contains(answer: Answer, folded: str) -> bool:
    """Tell whether the passage of the first hit contains a folded text."""
    return any(folded in fold(hit.passage.text) for hit in answer.hits[:1])
