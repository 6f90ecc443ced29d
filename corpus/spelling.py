"""Mistyped words: names written with a homophone, Latin words with one wrong letter.

Nothing is read but document frequencies: what a slip could have been is made up from the question (a few
hundred candidates) and looked up, so this costs the same in an archive of any size.
"""

import functools
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from corpus import analyzer
from corpus.analyzer import fold_with_map
from corpus.index import Snapshot
from corpus.models import Span
from corpus.query import QUESTION_WORDS, Query
from corpus.terms import Family, Term

MOST_CORRECTIONS: Final = 2
LONGEST_NAME: Final = 5
SHORTEST_LATIN: Final = 4

# Sounds that southern speakers and their input methods mix up.
_CONFUSED: Final = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ang", "an"), ("eng", "en"), ("ing", "in"))


@dataclass(frozen=True, slots=True)
class Correction:
    """A stretch of a folded question and what it may have been meant to be.

    Attributes:
        span: Place in the folded question.
        text: What to put there.
        frequency: Passages that hold the corrected stretch.
    """

    span: Span
    text: str
    frequency: int


@functools.cache
def _sounds() -> dict[str, str]:
    """Character → its commonest reading without tone, of the characters in everyday use."""
    from pypinyin import Style, lazy_pinyin

    # GB 2312's 6,763 characters: rarer ones are not what somebody meant to type.
    characters = [
        bytes([first, second]).decode("gb2312", "ignore")
        for first in range(0xB0, 0xF8)
        for second in range(0xA1, 0xFF)
    ]
    known = [character for character in characters if character]
    readings = lazy_pinyin("\n".join(known), style=Style.NORMAL, errors="ignore", v_to_u=False)
    if len(readings) != len(known):
        readings = [(lazy_pinyin(character, style=Style.NORMAL) or [""])[0] for character in known]
    return {character: _blurred(reading) for character, reading in zip(known, readings, strict=True)}


def _blurred(sound: str) -> str:
    for precise, blurred in _CONFUSED:
        if len(precise) == 2 and sound.startswith(precise):
            sound = blurred + sound[2:]
        elif len(precise) == 3 and sound.endswith(precise):
            sound = sound[:-3] + blurred
    return sound


@functools.cache
def _by_sound() -> dict[str, tuple[str, ...]]:
    groups: dict[str, list[str]] = {}
    for character, sound in _sounds().items():
        groups.setdefault(sound, []).append(character)
    return {sound: tuple(characters) for sound, characters in groups.items()}


def homophones(character: str) -> tuple[str, ...]:
    """Return the characters in everyday use that sound like this one (or nearly), without itself."""
    sound = _sounds().get(character)
    return tuple(other for other in _by_sound().get(sound or "", ()) if other != character)


def corrections(folded: str, content: Sequence[str], snapshot: Snapshot) -> tuple[Correction, ...]:
    """Find what may be mistyped in a folded question, in reading order.

    A name is a run of characters that jieba cuts into single ones. It is suspect where the archive does
    not hold two neighbours of it side by side, and corrected when a homophone in the place of one of
    them mends that. A Latin word is suspect when no passage holds it, and corrected by one edit.

    Args:
        content: The question's content words.
    """
    found: list[Correction] = []
    spans = analyzer.word_spans(folded)
    for word, start, end in spans:
        if word.isascii() and word in content:
            found.extend(_latin(word, start, end, snapshot))
    for start, end in _names(spans):
        if any(word in content for word in folded[start:end]):
            found.extend(_han(folded, start, end, snapshot))
    found.sort(key=lambda each: -each.frequency)
    return tuple(sorted(found[:MOST_CORRECTIONS], key=lambda each: each.span))


def _names(spans: Sequence[tuple[str, int, int]]) -> Iterator[Span]:
    """Runs of two to five single Han characters side by side."""
    start = end = -1
    for word, first, last in [*spans, ("", -2, -2)]:
        single = len(word) == 1 and analyzer.is_han(word) and word not in QUESTION_WORDS
        if single and first == end:
            end = last
            continue
        if 2 <= end - start <= LONGEST_NAME:
            yield start, end
        start, end = (first, last) if single else (-1, -1)


def _han(folded: str, start: int, end: int, snapshot: Snapshot) -> Iterator[Correction]:
    """The best correction of one character of a name, if it is suspect."""
    name = folded[start:end]
    held = _frequencies(_pairs(name), Family.CHARACTERS, snapshot)
    if all(held):
        return
    candidates: dict[tuple[int, str], list[str]] = {}
    for place in range(len(name)):
        if all(held[max(0, place - 1) : place + 1]):
            continue  # beside both neighbours it is well known
        for other in homophones(name[place]):
            mended = name[:place] + other + name[place + 1 :]
            candidates[place, other] = _pairs(mended[max(0, place - 1) : place + 2])
    pairs = sorted({pair for wanted in candidates.values() for pair in wanted})
    frequencies = dict(zip(pairs, _frequencies(pairs, Family.CHARACTERS, snapshot), strict=True))
    best = max(
        candidates,
        key=lambda key: (min(frequencies[pair] for pair in candidates[key]), len(candidates[key]), key),
        default=None,
    )
    if best is not None and (frequency := min(frequencies[pair] for pair in candidates[best])):
        yield Correction((start + best[0], start + best[0] + 1), best[1], frequency)


def _pairs(text: str) -> list[str]:
    return [text[place : place + 2] for place in range(len(text) - 1)]


def _latin(word: str, start: int, end: int, snapshot: Snapshot) -> Iterator[Correction]:
    if len(word) < SHORTEST_LATIN or not word.isalpha() or snapshot.document_frequency(Term(word)):
        return
    candidates = sorted(edits(word))
    frequencies = _frequencies(candidates, Family.WORDS, snapshot)
    best = max(range(len(candidates)), key=lambda n: (frequencies[n], candidates[n]))
    if frequencies[best]:
        yield Correction((start, end), candidates[best], frequencies[best])


def edits(word: str) -> set[str]:
    """Return all words one letter away: left out, put in, changed, or two swapped.

    >>> "pulsar" in edits("pulsr"), "pulsar" in edits("plusar")
    (True, True)
    """
    cuts = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    changed = {left + right[1:] for left, right in cuts if right}
    changed |= {left + right[1] + right[0] + right[2:] for left, right in cuts if len(right) > 1}
    for letter in string.ascii_lowercase:
        changed |= {left + letter + right[1:] for left, right in cuts if right}
        changed |= {left + letter + right for left, right in cuts}
    return changed - {word, ""}


def _frequencies(texts: Sequence[str], family: Family, snapshot: Snapshot) -> list[int]:
    return snapshot.document_frequencies([Term(text, family) for text in texts])


def mend(query: Query, snapshot: Snapshot) -> str | None:
    """Return the question as typed with what may be mistyped corrected, or None when nothing is.

    Whatever is not corrected keeps its case, width and script.
    """
    found = corrections(query.text, query.words, snapshot)
    if not found:
        return None
    folded = fold_with_map(query.content)
    pieces, position = [], 0
    for correction in found:
        start, end = folded.original_span(*correction.span)
        pieces += [query.typed[position:start], correction.text]
        position = end
    text = "".join([*pieces, query.typed[position:]])
    return None if analyzer.fold(text) == analyzer.fold(query.typed) else text
