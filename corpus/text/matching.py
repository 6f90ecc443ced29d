"""Words to the letter: whether a text has them as they were typed, whatever an analyzer makes of them."""

import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from corpus.question.parser import Query
from corpus.text import analyzer
from corpus.text.analyzer import Word
from corpus.text.terms import Family, Term

LONGEST_NAME: Final = 4
"""Characters up to which what was typed in one is looked for in one: 小米汽车. Longer ones are put together
of words that may stand apart in a text: 英镑大跌原因."""

_PLURALS: Final = ("s", "es")
_NO_PLURALS: Final = frozenset({"news"})
"""What has the ending of a plural and another meaning without it."""

_IN_ES: Final = ("ches", "shes", "sses", "xes")


def occurs(piece: str, folded: str) -> bool:
    """Tell whether a text holds something as it was typed; Latin words stand alone, a plural may be meant.

    Args:
        piece: Folded, not empty.
        folded: The text.

    >>> occurs("小米", "小米粥"), occurs("ai", "an email"), occurs("ai", "用ai作画"), occurs("city", "cities")
    (True, False, True, True)
    """
    if piece.removesuffix("y") not in folded:  # much quicker than the pattern
        return False
    pattern = _pattern(piece)
    return piece in folded if pattern is None else pattern.search(folded) is not None


@functools.lru_cache(maxsize=1_000)
def _pattern(piece: str) -> re.Pattern[str] | None:
    """What finds something that begins or ends with a Latin word; None for all else."""
    first, last = (re.match(analyzer.LATIN, end) is not None for end in (piece[0], piece[-1]))
    if not first and not last:
        return None
    forms = forms_of(piece) if last else [piece]
    before, behind = f"(?<!{analyzer.LATIN})" * first, f"(?!{analyzer.LATIN})" * last
    return re.compile(f"{before}(?:{'|'.join(map(re.escape, forms))}){behind}")


def forms_of(word: str) -> list[str]:
    """A Latin word and what its plural may be."""
    if not word[-1:].isalpha():
        return [word]
    if word[-1] == "y":
        return [word, f"{word[:-1]}ies"]
    return [word, *(word + plural for plural in _PLURALS)]


def singular(word: str) -> str:
    """Take the plural ending off a Latin word, so that a text with either form has it; others stay.

    >>> singular("prices"), singular("boxes"), singular("news"), singular("涨价")
    ('price', 'box', 'news', '涨价')
    """
    if word in _NO_PLURALS:
        return word
    return word.removesuffix("es") if word.isascii() and word.endswith(_IN_ES) else analyzer.stem(word)


def certain_terms(phrase: str) -> list[Term]:
    """Terms of every text that holds a phrase: its Han characters, by twos where two stand together.

    A Latin word is none of them: only a part of it may stand in the phrase.
    """
    han = list(dict.fromkeys(filter(analyzer.is_han, analyzer.characters(phrase))))
    paired = {character for text in han if len(text) > 1 for character in text}
    return [Term(text, Family.CHARACTERS) for text in han if len(text) > 1 or text not in paired]


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
