"""Several questions in one message: 安倍国葬几号？英国首相是谁？ are two.

A message is split only where both sides ask. What is told before a question belongs to it (望江大桥昨天封了。
什么时候通车？ is one question), and so does what is said after the last one.
"""

import re
from typing import Final

from corpus.question.lexicon import INTERROGATIVES, is_interrogative
from corpus.question.topic import extract_topic, has_topic, topical_words
from corpus.question.utterance import Utterance

MAX_CHARS: Final = 160
"""Characters of the longest message that is split: longer ones are pasted."""

MAX_QUESTIONS: Final = 3
"""Questions in one message that are answered."""

MIN_TOPICAL_CHARS: Final = 3
"""Characters with which a question names what it is about."""

_SENTENCE: Final = re.compile(r"[^？?。！!；;\n]*[？?。！!；;\n]*")
_ASKS: Final = re.compile(r"[？?]\s*$")
_SYNTAX: Final = re.compile('["「」『』“”《》]|\\w[:：]')
"""Quotes and filters: what they enclose or narrow cannot be told from the rest."""


def split_questions(message: str) -> tuple[str, ...]:
    """Return the questions of a message, each as it can be asked alone; the message where it has one.

    A question that names nothing and has no interrogative belongs to the one before it.

    >>> split_questions("安倍国葬几号？英国首相是谁？")
    ('安倍国葬几号？', '英国首相是谁？')
    >>> split_questions("望江大桥昨天封了。什么时候通车？")
    ('望江大桥昨天封了。什么时候通车？',)
    >>> split_questions("望江大桥几号通车？是真的吗？")
    ('望江大桥几号通车？是真的吗？',)
    """
    whole = (message,)
    if len(message) > MAX_CHARS or _SYNTAX.search(message):
        return whole
    sentences = [match.group() for match in _SENTENCE.finditer(message) if match.group().strip()]
    if len(sentences) < 2:
        return whole
    questions: list[str] = []
    told = ""
    for sentence in sentences:
        if not _asks(sentence):
            told += sentence
            continue
        asked, told = told + sentence, ""
        utterance = Utterance.from_text(asked)
        if questions and not has_topic(utterance) and not _has_interrogative(utterance):
            questions[-1] += asked
        else:
            questions.append(asked)
    if told and questions:
        questions[-1] += told
    if not 1 < len(questions) <= MAX_QUESTIONS or not has_topic(Utterance.from_text(questions[0])):
        return whole
    return tuple(question.strip() for question in questions)


def _asks(sentence: str) -> bool:
    """Whether a sentence is a question: by its mark, or by an interrogative where it has no mark."""
    if _ASKS.search(sentence):
        return True
    utterance = Utterance.from_text(sentence)
    return _has_interrogative(utterance) or utterance.terms[-1:] == ("吗",)


def _has_interrogative(utterance: Utterance) -> bool:
    return any(term in INTERROGATIVES or is_interrogative(term) for term in utterance.terms)


def leans_on_another(question: str) -> bool:
    """Tell whether a question names too little to stand alone, so that it may lean on the one before.

    >>> [leans_on_another(text) for text in ("几点有车？", "英国首相是谁？", "高铁呢？")]
    [True, False, False]
    """
    utterance = Utterance.from_text(question)
    named = sum(map(len, topical_words(utterance)))
    return utterance.terms[-1:] != ("呢",) and named < MIN_TOPICAL_CHARS


def with_topic(question: str, before: str) -> str:
    """Return a question together with the topic of the one before it.

    >>> with_topic("几点有车？", "高铁票价多少？")
    '高铁票价 几点有车？'
    """
    return f"{extract_topic(Utterance.from_text(before))} {question}"
