"""`Query` → pieces: the strings that an article must contain to have all words of the query."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from corpus.question.query import Query
from corpus.text import analyzer
from corpus.text.analyzer import Word
from corpus.text.matching import singular

MAX_NAME_CHARS: Final = 4
"""Longest string typed without blanks that is matched as a whole: 小米汽车. Longer ones consist of words that
may stand apart in a text: 英镑大跌原因."""

_TYPED: Final = re.compile(r"[\w+#&.%-]+")
"""A string typed without blanks."""


def pieces_of(query: Query) -> tuple[str, ...]:
    """Return what an article must contain to have all words of a query, each piece as it was typed.

    A name typed without blanks stays whole, though jieba does not know it (川普): its characters are
    everywhere. Where the string asks something, or is too long for a name, its words count.
    """
    spans = analyzer.word_spans(query.normalized)
    pieces: list[str] = []
    for match in _TYPED.finditer(query.normalized):
        inside = [span for span in spans if match.start() <= span[1] < match.end()]
        content = [span for span in inside if span[0] in query.words]
        is_whole = len(content) == len(inside) and _may_be_name(match.group())
        groups = [content] if is_whole else _grouped(content)
        pieces += [_piece(query.normalized, group) for group in groups if group]
    return tuple(dict.fromkeys(pieces))


def _piece(text: str, group: Sequence[Word]) -> str:
    """Several words as they stand in the text; a single one as its singular, which its plural contains."""
    typed = text[group[0][1] : group[-1][2]]
    return singular(typed) if len(group) == 1 else typed


def _may_be_name(typed: str) -> bool:
    """Whether a string typed without blanks may be a name as a whole."""
    if analyzer.is_han(typed):
        return len(typed) <= MAX_NAME_CHARS
    return not any(map(analyzer.is_han, typed))


def _grouped(spans: Iterable[Word]) -> Iterator[list[Word]]:
    """Groups of words: neighbours of one character form one group (川 and 普), other words stand alone."""
    group: list[Word] = []
    for span in spans:
        touches = bool(group) and group[-1][2] == span[1]
        if touches and len(span[0]) == len(group[-1][0]) == 1:
            group.append(span)
        else:
            yield group
            group = [span]
    yield group
