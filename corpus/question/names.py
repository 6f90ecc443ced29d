"""Names in a question that its words alone do not show: model names, and names with a function character.

jieba cuts 向佐 into 向 and 佐, and 向 looks like the preposition. Whether the two are a name only the archive
can tell (`corpus.retrieval.name_binding`); here are the places where they may be.
"""

import functools
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from corpus.models import Span
from corpus.question.lexicon import INTERROGATIVES, default_lexicon, is_interrogative
from corpus.text import analyzer
from corpus.text.analyzer import Word

MAX_NAME_CHARS: Final = 5
"""Characters of the longest name that is looked for."""

MAX_QUOTED_CHARS: Final = 8
"""Characters of the longest quotation that is taken for a name."""

MAX_SHORT_LETTERS: Final = 3
"""Letters up to which a series (K, PS, RTX) names nothing without its number."""

_PART: Final = re.compile("[a-z]+|[0-9]+")
_YEAR: Final = re.compile("19[5-9][0-9]|20[0-3][0-9]")


@dataclass(frozen=True, slots=True)
class ModelName:
    """Letters and digits side by side: iphone14, 14pro.

    Attributes:
        term: Without what is in between, as it is indexed.
        forms: As it may be written.
        span: Place in the question.
        short_parts: Those of its two parts that name nothing alone: 14, k.
        is_certain: Whether it is a name even if the archive lacks it. "windows 11" may be two words.
    """

    term: str
    forms: tuple[str, ...]
    span: Span
    is_certain: bool
    short_parts: tuple[str, ...]


def model_names(folded: str, stop_words: Collection[str]) -> tuple[ModelName, ...]:
    """Find the model names of a folded question. A year, or a stop word with a number, is none.

    >>> [name.term for name in model_names("iphone 14pro in 2022", frozenset({"in"}))]
    ['iphone14', '14pro']
    """
    found = []
    for term, start, end in analyzer.model_names(folded):
        parts = _PART.findall(folded[start:end])
        if len(parts) != 2 or "".join(parts) != term:  # letters beside a to z
            continue
        one, other = parts
        letters, digits = (other, one) if one.isdigit() else (one, other)
        is_parted = end - start > len(term)
        if is_parted and (letters in stop_words or _YEAR.fullmatch(digits)):
            continue
        is_certain = not is_parted or len(letters) <= MAX_SHORT_LETTERS
        forms = (term, f"{one} {other}", f"{one}-{other}")
        short_parts = (digits,) if len(letters) > MAX_SHORT_LETTERS else (digits, letters)
        found.append(ModelName(term, forms, (start, end), is_certain, short_parts))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class NameCandidate:
    """A function word and the single characters next to it, which may be a name together: 向佐.

    Attributes:
        text: Both, folded.
        words: The content words in it, as terms.
        is_at_start: Whether it begins the question or a part of it.
        is_quoted: Whether it stands in quotes, so that nothing need be guessed.
    """

    text: str
    words: tuple[str, ...]
    is_at_start: bool
    is_quoted: bool = False


def name_candidates(
    folded: str,
    words: Sequence[Word],
    ignored: Collection[int],
    *,
    quoted: Sequence[str] = (),
    dates: Sequence[Span] = (),
) -> tuple[NameCandidate, ...]:
    """Find function words that may begin a name, and names in quotes.

    Args:
        folded: The question.
        words: Its words.
        ignored: Places of those that are not searched for.
        quoted: Its quotations.
        dates: Where it names days: 去年 begins no name.
    """
    found = list(_quoted_names(words, ignored, quoted))
    if found:
        return tuple(found)
    place = 0
    while place < len(words):
        is_date = any(start <= words[place].start < stop for start, stop in dates)
        end = None if is_date else _name_end(words, ignored, place)
        if end is None or not _may_begin(folded, words, ignored, place):
            place += 1
            continue
        span = words[place].start, words[end - 1].end
        found.append(
            NameCandidate(
                text=folded[slice(*span)],
                words=tuple(words[each].term for each in range(place, end) if each not in ignored),
                is_at_start=_is_at_start(folded, span[0]),
            )
        )
        place = end
    return tuple(found)


def _quoted_names(
    words: Sequence[Word], ignored: Collection[int], quoted: Sequence[str]
) -> Iterator[NameCandidate]:
    content = [word.term for place, word in enumerate(words) if place not in ignored]
    for name in quoted:
        if 1 < len(name) <= MAX_QUOTED_CHARS and analyzer.is_han(name):
            parts = tuple(word for word in content if word in name)
            yield NameCandidate(name, parts, is_at_start=True, is_quoted=True)


def _name_end(words: Sequence[Word], ignored: Collection[int], place: int) -> int | None:
    """Return the place behind a name that begins with the function word at a place; None where none may."""
    word = words[place].term
    if place not in ignored or not analyzer.is_han(word):
        return None
    if word in _no_beginnings() or is_interrogative(word):
        return None
    if len(word) > 1 and word[0] in _determiners():
        return None
    run = [place]
    for following in _run_of_singles(words, place):
        run.append(following)
        if following not in ignored:
            break
    else:
        return None
    if word in _determiners() and _is_classifier(words[run[-1]].term):
        return None
    length = words[run[-1]].end - words[place].start
    return run[-1] + 1 if length <= MAX_NAME_CHARS else None


def _may_begin(folded: str, words: Sequence[Word], ignored: Collection[int], place: int) -> bool:
    """Whether a name may begin at a place: at a start or behind a noun (歌手那英), not in 几点有车."""
    return _is_at_start(folded, words[place].start) or (place > 0 and place - 1 not in ignored)


def _is_at_start(folded: str, place: int) -> bool:
    """Whether no Chinese character stands before a place."""
    return not analyzer.is_han(folded[:place][-1:])


def _run_of_singles(words: Sequence[Word], place: int) -> Iterator[int]:
    """Places of the single Han characters that follow a word without a gap."""
    for following in range(place + 1, len(words)):
        word = words[following]
        is_joined = word.start == words[following - 1].end
        is_single = len(word.term) == 1 and analyzer.is_han(word.term) and word.term not in _no_beginnings()
        if not (is_joined and is_single):
            return
        yield following


@functools.cache
def _no_beginnings() -> frozenset[str]:
    """Function words that begin no name: they ask, or lean on the word before, or on a verb (把)."""
    return INTERROGATIVES.union(default_lexicon().phrases["no_name"])


@functools.cache
def _determiners() -> frozenset[str]:
    """Function words that stand before what counts things: 那篇."""
    return frozenset(default_lexicon().phrases["determiner"])


@functools.cache
def _is_classifier(character: str) -> bool:
    """Tell whether a character counts things: 一篇 and 一趟 are words, so 那篇 and 那趟 are no names."""
    return len(analyzer.words(f"一{character}")) == 1


def name_proximity(
    names: Sequence[ModelName], words: Sequence[Word], proximities: Mapping[str, float]
) -> dict[str, float]:
    """Return the proximity of model names: that of the closest word in each."""
    return {
        name.term: max(
            (
                proximities[word.term]
                for word in words
                if name.span[0] <= word.start < name.span[1] and word.term in proximities
            ),
            default=0.0,
        )
        for name in names
    }
