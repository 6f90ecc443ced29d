"""The words of a question that name its topic, and whether a question is nothing but a topic (疫情, 高考)."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

from corpus.models import Span
from corpus.question.lexicon import NON_TOPICAL, STOP_WORDS, is_interrogative
from corpus.text import analyzer
from corpus.text.analyzer import Word

MAX_BARE_NAMES: Final = 2
"""Names in the longest bare topic: 人工智能芯片."""

MAX_BARE_WORDS: Final = 3
"""Words of the longest bare topic, as a dictionary cuts it: 元|宇宙|游戏. A sentence has more."""

MAX_BARE_CHARS: Final = 10
"""Characters of the longest bare topic, a Latin word counted as two."""


def topic_words(text: str, words: Iterable[Word], dates: Sequence[Span]) -> tuple[str, ...]:
    """Return the words of a topic, dates left out; neighbouring single characters are one name.

    Args:
        text: The question, normalized.
        words: Its content words.
        dates: Where it names dates.

    >>> topic_words("9月的远帆号", [Word("9月", 0, 2), Word("远", 3, 4), Word("帆", 4, 5)], [(0, 2)])
    ('远帆',)
    """
    spans: list[Span] = []
    for word in words:
        if any(start <= word.start and word.end <= end for start, end in dates) or is_interrogative(
            word.term
        ):
            continue
        if spans and spans[-1][1] == word.start and _is_split_name(text, spans[-1], word):
            spans[-1] = (spans[-1][0], word.end)
        else:
            spans.append((word.start, word.end))
    return tuple(dict.fromkeys(text[start:end] for start, end in spans))


def _is_split_name(text: str, before: Span, word: Word) -> bool:
    """Tell whether a word and a single character are a name that no dictionary has: 远帆, 元宇宙, A股."""
    is_single = 1 in (before[1] - before[0], word.end - word.start)
    return is_single and analyzer.is_han(text[word.end - 1]) and word.end - before[0] <= MAX_BARE_CHARS


def is_bare_topic(text: str, words: Sequence[Word], content_words: Sequence[Word]) -> bool:
    """Tell whether a question consists of nothing but the name of a topic, in one piece.

    Args:
        text: The question, normalized.
        words: All its words.
        content_words: Those of them that are searched for.
    """
    if not 0 < len(content_words) == len(words) <= MAX_BARE_WORDS:
        return False
    # A Latin stop word may be part of a name: A股.
    if any(word.term in STOP_WORDS and not word.term.isascii() for word in content_words):
        return False
    names = topic_words(text, content_words, ())
    if any(name in NON_TOPICAL for name in names):
        return False
    size = sum(2 if name.isascii() else len(name) for name in names)
    return (
        len(names) <= MAX_BARE_NAMES
        and size <= MAX_BARE_CHARS
        and not all(name.isdigit() for name in names)
        and all(_are_joined(text, *pair) for pair in pairwise(content_words))
    )


def _are_joined(text: str, word: Word, following: Word) -> bool:
    """Tell whether two words stand together; Latin words may have a blank between them: iPhone 14."""
    between = text[word.end : following.start]
    is_latin = text[word.start : word.end].isascii() and text[following.start : following.end].isascii()
    return not between or (is_latin and between.isspace())
