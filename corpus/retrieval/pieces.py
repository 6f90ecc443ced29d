"""A query → the pieces of text that an article must hold to have all of its words."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from corpus.question.query import Query
from corpus.text import analyzer
from corpus.text.analyzer import Word
from corpus.text.matching import singular

LONGEST_NAME: Final = 4
"""Characters up to which what was typed in one is looked for in one: 小米汽车. Longer ones are put together
of words that may stand apart in a text: 英镑大跌原因."""


def pieces_of(query: Query) -> tuple[str, ...]:
    """What an article must hold to have all words of a query: each piece as it was typed.

    A name in one piece stays one, though jieba does not know it (川普): its characters are everywhere.
    Where a piece asks something, or is too long for a name, its words count.
    """
    spans = analyzer.word_spans(query.text)
    pieces: list[str] = []
    for match in _TYPED.finditer(query.text):
        inside = [span for span in spans if match.start() <= span[1] < match.end()]
        content = [span for span in inside if span[0] in query.words]
        groups = [content] if len(content) == len(inside) and _is_name(match.group()) else _grouped(content)
        pieces += [_piece(query.text, group) for group in groups if group]
    return tuple(dict.fromkeys(pieces))


_TYPED: Final = re.compile(r"[\w+#&.%-]+")


def _piece(text: str, group: Sequence[Word]) -> str:
    """Several words as they stand in a text; one as its singular, which its plural holds too."""
    typed = text[group[0][1] : group[-1][2]]
    return singular(typed) if len(group) == 1 else typed


def _is_name(piece: str) -> bool:
    """Whether something typed in one may be a name as a whole."""
    if analyzer.is_han(piece):
        return len(piece) <= LONGEST_NAME
    return not any(map(analyzer.is_han, piece))


def _grouped(spans: Iterable[Word]) -> Iterator[list[Word]]:
    """Words, but those of one character that touch each other together: 川 and 普."""
    group: list[Word] = []
    for span in spans:
        touches = bool(group) and group[-1][2] == span[1]
        if touches and len(span[0]) == len(group[-1][0]) == 1:
            group.append(span)
        else:
            yield group
            group = [span]
    yield group
