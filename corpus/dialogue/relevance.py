"""Whether what was found in an article answers what goes on from it. Pure.

The confidence of a search tells how surely the right article was found. That is settled here: what counts is
whether the passage holds what was asked for.
"""

import re
from dataclasses import dataclass, replace

from corpus.models import Answer, Confidence, Hit, Span
from corpus.question.answer_types import Kind, has_evidence, kind_of
from corpus.question.framing import NEWS_WORDS, QUESTION_WORDS
from corpus.question.synonyms import synonyms_of
from corpus.question.topic import share_a_name
from corpus.text import analyzer, passages
from corpus.text.cantonese import plain
from corpus.text.folding import fold

ENOUGH = 0.3
"""Worth from which a passage is given as the answer."""

LOST_AT_MOST = 0.03
"""Confidence that a question may lose by the subject of the one before it, where it goes on from that.

What has nothing to do with each other is in no article together, and loses 0.1 and more.
"""

HALF = 0.5

TELLING = frozenset({"money", "percent", "clock", "year", "date", "duration", "age", "people", "contact"})
"""Kinds of question whose evidence is so special that a passage with it answers by itself."""

OF_KIND = 0.6
OF_KIND_ALONE = 0.25
"""What that counts for beside the question's own words, and where none of those is said: no date answers
什么时候恢复 where nothing is said of 恢复."""


def sentences(hit: Hit) -> list[str]:
    """Return the answering sentences of a hit."""
    return [hit.passage.text[start:end] for start, end in hit.sentences]


def names(answer: Answer, what: str) -> bool:
    """Say whether title or answering sentences of the first hit hold something, given folded."""
    return any(what in fold("\n".join([hit.article.title, *sentences(hit)])) for hit in answer.hits[:1])


def holds(answer: Answer, what: str) -> bool:
    """Say whether the passage of the first hit holds something, given folded."""
    return any(what in fold(hit.passage.text) for hit in answer.hits[:1])


def worth(answer: Answer, question: str) -> float:
    """Say how well the passage of the first hit answers a short question, 0 to 1.

    1: its answering sentences hold the question's words and something of the kind it asks for. What stands
    around them counts half.
    """
    if not answer.hits:
        return 0.0
    hit, asked = answer.hits[0], _Asked.of(question)
    return (asked.worth("\n".join(sentences(hit))) + asked.worth(hit.passage.text)) / 2


def belongs(about: Answer, alone: Answer, question: str, topic: str) -> bool:
    """Say whether a question goes on from another: as surely and well answered with its subject as alone.

    Args:
        about: To the question with that subject.
        alone: To the question as it is.
        topic: The other question.
    """
    if about.confidence is Confidence.ANSWER:
        together = worth(about, question)
        surely = about.score >= alone.score - LOST_AT_MOST
        return surely and together >= max(worth(alone, question), HALF)
    unsure = about.confidence is alone.confidence is Confidence.RELATED
    return unsure and about.score > alone.score and share_a_name(question, topic)


def focused(answer: Answer, question: str) -> Answer:
    """Mark another sentence of the first hit as the answering one where it answers a question better.

    Of several that answer, those that add nothing are not marked: they answered what went before.
    """
    hit, asked = answer.hits[0], _Asked.of(question)
    text = hit.passage.text

    def worth_of(span: Span) -> float:
        return asked.worth(text[slice(*span)])

    together = asked.worth("\n".join(sentences(hit)))
    best = max(passages.sentences(text), key=worth_of, default=None)
    spans = tuple(span for span in hit.sentences if worth_of(span) == together)
    if best is not None and worth_of(best) > together:
        spans = (best,)
    if not spans or spans == hit.sentences:
        return answer
    pointed = replace(hit, sentences=spans)
    shown = "".join(text[slice(*span)] for span in spans)
    return replace(answer, hits=(pointed, *answer.hits[1:]), text=shown)


_IDLE = QUESTION_WORDS | NEWS_WORDS
_NOBODY = re.compile("(?:没有?|无|未)[^,。;]{0,6}(?:伤亡|受伤|死亡|遇难|失踪)")
"""A number of people as well: none. In folded text."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question, understood once for all the texts it is compared with.

    Attributes:
        words: Its own words, each with its synonyms.
    """

    kind: Kind
    words: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, question: str) -> "_Asked":
        asked = plain(question)
        words = (word for word in analyzer.words(asked) if word not in _IDLE)
        return cls(kind_of(asked), tuple((word, *synonyms_of(word)) for word in words))

    def worth(self, text: str) -> float:
        """How well a text answers, 0 to 1."""
        text = fold(text)
        held = [any(wanted in text for wanted in wordings) for wordings in self.words]
        share = sum(held) / len(self.words) if self.words else 1.0
        if self.kind.name not in TELLING:
            return share
        told = has_evidence(self.kind, text) or (
            self.kind.name == "people" and _NOBODY.search(text) is not None
        )
        return (OF_KIND + (1 - OF_KIND) * share if share else OF_KIND_ALONE) * told
