"""Mistyped words: names written with a homophone, Latin words with one wrong letter.

Nothing is read but document frequencies: what a slip could have been is made up from the question (a few
hundred candidates) and looked up, so this costs the same in an archive of any size.
"""

import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from corpus.index.index import Snapshot
from corpus.models import Span
from corpus.question.framing import QUESTION_WORDS
from corpus.question.query import Query
from corpus.text import analyzer, folding
from corpus.text.analyzer import Word
from corpus.text.folding import fold_with_map
from corpus.text.pinyin import characters_by_sound, homophones
from corpus.text.terms import Family, Term

MOST_CORRECTIONS: Final = 2
SHORTEST_LATIN: Final = 4
LONGEST_LATIN: Final = 24
"""Letters of a Latin word that may be mistyped. The edits of one are some fifty times its length."""

LONGEST_QUESTION: Final = 100
"""Characters of a question that is searched for slips: longer ones are pasted, and would take a second."""

LONGEST_WORD: Final = 2
"""Characters of a word that may be part of a mistyped name; longer ones are what jieba knows."""

BY_CHANCE: Final = 0.001
"""Share of the rarer one's passages up to which two neighbouring characters hardly occur together."""

BOUND: Final = 0.5
ALWAYS: Final = 0.8
"""Shares of the passages of a character, or of a pair or word beside it, from which they belong together."""

MOST_SUSPECTS: Final = 8
MOST_CHECKED: Final = 3
"""Characters of a stretch, and corrections of them, that are looked at: the time stays bounded."""


_NUMERALS: Final = frozenset("零一二三四五六七八九十百千万亿两半几")


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


def load() -> None:
    """Load dictionary and tables now: else the first question that is mistyped waits a third of a second."""
    analyzer.words("报童")
    characters_by_sound()


def corrections(folded: str, content: Sequence[str], snapshot: Snapshot) -> tuple[Correction, ...]:
    """Find what may be mistyped in a folded question, in reading order.

    A Han character is suspect where the archive hardly has it beside its neighbour in the question, and
    jieba cuts one of the two by itself, as it does with names that it does not know. It is corrected when
    a homophone in its place belongs there (`_belongs`). A Latin word is suspect when no passage holds it,
    and corrected by one edit.

    Args:
        content: The question's content words.
    """
    found: list[Correction] = []
    spans = analyzer.word_spans(folded)
    for word, start, end in spans:
        if word.isascii() and word in content:
            found.extend(_latin(word, start, end, snapshot))
    for stretch in _stretches(spans, content):
        found.extend(_han(folded, stretch, snapshot))
    found.sort(key=lambda each: -each.frequency)
    return tuple(sorted(found[:MOST_CORRECTIONS], key=lambda each: each.span))


def _stretches(spans: Sequence[Word], content: Sequence[str]) -> Iterator[list[Word]]:
    """Content words of Han characters side by side, two or more; none long enough to be surely right."""
    stretch: list[Word] = []
    for word in [*spans, ("", -2, -2)]:
        text, start, _ = word
        fits = len(text) <= LONGEST_WORD and analyzer.is_han(text) and text in content
        if stretch and not (fits and start == stretch[-1][2]):
            if len(stretch) > 1:
                yield stretch
            stretch = []
        if fits:
            stretch.append(word)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Words of a question side by side, and what the archive holds of them.

    Attributes:
        words: For each place the word to which it belongs.
        characters: Passages that hold each character.
        pairs: Passages that hold each character and the next one side by side.
        known: Passages that hold each word.
    """

    text: str
    words: tuple[str, ...]
    characters: tuple[int, ...]
    pairs: tuple[int, ...]
    known: Mapping[str, int]

    @classmethod
    def of(cls, words: Sequence[str], snapshot: Snapshot) -> "_Stretch":
        """Look the stretch up."""
        text = "".join(words)
        return cls(
            text,
            tuple(word for word in words for _ in word),
            tuple(_frequencies(list(text), Family.CHARACTERS, snapshot)),
            tuple(_frequencies(_pairs(text), Family.CHARACTERS, snapshot)),
            dict(zip(words, _frequencies(words, Family.WORDS, snapshot), strict=True)),
        )

    def by_chance(self, place: int) -> bool:
        """Whether a character and the next one hardly occur side by side."""
        return self.pairs[place] <= BY_CHANCE * min(self.characters[place : place + 2])

    def single(self, place: int) -> bool:
        """Whether a place is a word by itself."""
        return len(self.words[place]) == 1

    def beside(self, candidate: "_Candidate") -> list[str]:
        """The words beside a candidate with which it makes its pairs."""
        return [self.words[side + (side == candidate.place)] for side, _ in candidate.pairs]

    def names_beside(self, place: int) -> list[int]:
        """Passages that hold the two neighbours on a side, where three single characters go together."""
        counts = []
        for spots in (range(place - 3, place), range(place + 3, place, -1)):
            first = min(spots)
            if first < 0 or max(spots) >= len(self.text) or not all(map(self.single, spots)):
                continue
            if self.pairs[first] and self.pairs[first + 1]:
                counts.append(self.pairs[min(spots[1:])])
        return counts

    def suspects(self) -> list[int]:
        """Places that may be mistyped: what stands on either side of them hardly occurs there.

        Of words of two characters only those that no passage has are suspect, beside a single one.
        """
        found = []
        for place, word in enumerate(self.words):
            sides = self.sides(place)
            beside = min((len(self.words[side + (side == place)]) for side in sides), default=0)
            suspect = len(word) == 1 or (beside == 1 and not self.known[word])
            if suspect and self.text[place] not in _NUMERALS and all(map(self.by_chance, sides)):
                found.append(place)
        return found[:MOST_SUSPECTS]

    def sides(self, place: int) -> list[int]:
        """First places of the pairs that a character is part of."""
        return [side for side in (place - 1, place) if 0 <= side < len(self.pairs)]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A character in the place of another.

    Attributes:
        pairs: What it makes with its neighbours there, as far as the archive has it: (first place, pair).
        least: Passages that hold the rarest of the pairs.
    """

    place: int
    character: str
    pairs: tuple[tuple[int, str], ...]
    least: int
    most: int


def _han(folded: str, words: Sequence[Word], snapshot: Snapshot) -> Iterator[Correction]:
    """The best correction of one character of a stretch, if one is suspect and another belongs there."""
    stretch = _Stretch.of([word for word, _, _ in words], snapshot)
    found = sorted(
        _candidates(stretch, snapshot),
        key=lambda each: (len(each.pairs), each.least, each.character),
        reverse=True,
    )
    for candidate in found[:MOST_CHECKED]:
        if _belongs(stretch, candidate, snapshot):
            place = words[0][1] + candidate.place
            yield Correction((place, place + 1), candidate.character, candidate.least)
            return


def _candidates(stretch: _Stretch, snapshot: Snapshot) -> list[_Candidate]:
    """Homophones in the places of suspects that the archive has beside one neighbour at least."""
    made: dict[tuple[int, str], list[tuple[int, str]]] = {}
    for place in stretch.suspects():
        for other in homophones(stretch.text[place]):
            if other in QUESTION_WORDS:
                continue
            mended = stretch.text[:place] + other + stretch.text[place + 1 :]
            made[place, other] = [(side, mended[side : side + 2]) for side in stretch.sides(place)]
    pairs = sorted({pair for sides in made.values() for _, pair in sides})
    frequencies = dict(zip(pairs, _frequencies(pairs, Family.CHARACTERS, snapshot), strict=True))
    found = []
    for (place, other), sides in made.items():
        held = tuple((side, pair) for side, pair in sides if frequencies[pair])
        if held:
            counts = [frequencies[pair] for _, pair in held]
            found.append(_Candidate(place, other, held, min(counts), max(counts)))
    return found


def _belongs(stretch: _Stretch, candidate: _Candidate, snapshot: Snapshot) -> bool:
    """Whether the archive has a character just where the question has another that sounds like it.

    It must be bound there: its pairs are half of all that the archive has of the character itself (穹 in
    蓝穹), of the word beside it (长庚 comes with 阮 before it), or of each other (方知 and 知远). Or it
    makes a word of the archive's out of two characters of which one is typed and unknown there as a word.
    """
    place, least = candidate.place, candidate.least
    pairs = [Term(pair, Family.CHARACTERS) for _, pair in candidate.pairs]
    if len(pairs) > 1 and not len(snapshot.articles_with(pairs)):
        return False
    [own] = _frequencies([candidate.character], Family.CHARACTERS, snapshot)
    bound = least >= BOUND * own and (least > 1 or own == 1)
    together = len(pairs) > 1 and least > 1 and least >= BOUND * candidate.most
    if bound or together or not stretch.single(place):
        return bound or together
    beside = [(word, stretch.known[word]) for word in stretch.beside(candidate)]
    if any(
        len(word) > 1 and 0 < ALWAYS * known <= least and (least > 1 or known == 1) for word, known in beside
    ):
        return True
    if any(0 < BOUND * count <= least for count in stretch.names_beside(place)):
        return True
    made = _frequencies([pair for _, pair in candidate.pairs], Family.WORDS, snapshot)
    return any(
        len(word) == 1 and count > bool(known and stretch.known[stretch.text[place]])
        for count, (word, known) in zip(made, beside, strict=True)
    )


def _pairs(text: str) -> list[str]:
    return [text[place : place + 2] for place in range(len(text) - 1)]


def _latin(word: str, start: int, end: int, snapshot: Snapshot) -> Iterator[Correction]:
    if (
        not SHORTEST_LATIN <= len(word) <= LONGEST_LATIN
        or not word.isalpha()
        or snapshot.document_frequency(Term(word))
    ):
        return
    # Another last letter is mostly another ending of the same word: noisy, noise.
    candidates = sorted(other for other in edits(word) if len(other) != len(word) or other[:-1] != word[:-1])
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
    if len(query.text) > LONGEST_QUESTION:
        return None
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
    return None if folding.fold(text) == folding.fold(query.typed) else text
