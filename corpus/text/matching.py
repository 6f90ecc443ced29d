"""Words to the letter: whether a text has them as they were typed, whatever an analyzer makes of them."""

import functools
import re
from typing import Final

from corpus.text import analyzer
from corpus.text.terms import Family, Term

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
