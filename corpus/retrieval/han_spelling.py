"""Spelling correction of Han characters: a homophone in the place of a mistyped one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from corpus.index.index import Snapshot
from corpus.models import Span
from corpus.question.lexicon import STOP_WORDS
from corpus.retrieval.parameters import SpellingParameters
from corpus.retrieval.plausibility import RULES, Counts, Neighbour
from corpus.text.analyzer import Word
from corpus.text.numbers import NUMERALS
from corpus.text.pinyin import homophones
from corpus.text.terms import Family, Term


@dataclass(frozen=True, slots=True)
class Correction:
    """A part of a folded question and what it may have been meant to be.

    Attributes:
        span: Place in the folded question.
        text: What to put there.
        frequency: Passages that have the corrected part.
    """

    span: Span
    text: str
    frequency: int


def correct_span(
    words: Sequence[Word], snapshot: Snapshot, parameters: SpellingParameters
) -> Iterator[Correction]:
    """Yield the best correction of one character in a run of words, if one is plausible.

    A character is suspect if the archive hardly has it beside its neighbours in the question, and jieba cuts
    it or a neighbour by itself, as it does with names that it does not know. It is corrected to a homophone
    that is plausible in its place (`plausibility.RULES`).

    Args:
        words: Short Han words side by side.
        snapshot: Of the index.
        parameters: Of spelling correction.
    """
    span = _Span.look_up([text for text, _, _ in words], snapshot)
    replacements = sorted(
        _replacements(span, snapshot, parameters),
        key=lambda replacement: (len(replacement.pairs), replacement.rarest, replacement.character),
        reverse=True,
    )
    for replacement in replacements[: parameters.max_replacements]:
        if _is_plausible(span, replacement, snapshot, parameters):
            place = words[0][1] + replacement.place
            yield Correction((place, place + 1), replacement.character, replacement.rarest)
            return


@dataclass(frozen=True, slots=True)
class _Span:
    """Words of a question side by side, and how many passages have their parts.

    Attributes:
        text: The words joined.
        words: For each place the word to which it belongs.
        characters: For each place the passages with the character.
        pairs: For each place but the last the passages with the character and the next one side by side.
        known: For each word the passages with it.
    """

    text: str
    words: tuple[str, ...]
    characters: tuple[int, ...]
    pairs: tuple[int, ...]
    known: Mapping[str, int]

    @classmethod
    def look_up(cls, words: Sequence[str], snapshot: Snapshot) -> "_Span":
        """Look up the document frequencies of all parts."""
        text = "".join(words)
        parts = [*text, *(text[place : place + 2] for place in range(len(text) - 1))]
        probes = [*(Term(part, Family.CHARACTERS) for part in parts), *map(Term, words)]
        frequencies = snapshot.document_frequencies(probes)
        return cls(
            text=text,
            words=tuple(word for word in words for _ in word),
            characters=tuple(frequencies[: len(text)]),
            pairs=tuple(frequencies[len(text) : len(parts)]),
            known=dict(zip(words, frequencies[len(parts) :], strict=True)),
        )

    def is_single(self, place: int) -> bool:
        """Whether a character is a word by itself."""
        return len(self.words[place]) == 1

    def sides(self, place: int) -> list[int]:
        """First places of the pairs that a character is part of."""
        return [side for side in (place - 1, place) if 0 <= side < len(self.pairs)]

    def word_beside(self, place: int, side: int) -> str:
        """The word of the other character of one of these pairs."""
        return self.words[side + 1 if side == place else side]

    def names_beside(self, place: int) -> list[int]:
        """Passages with the two neighbours on a side, if all three are single characters that go together."""
        counts = []
        for places in (range(place - 3, place), range(place + 1, place + 4)):
            if places.start < 0 or places.stop > len(self.text) or not all(map(self.is_single, places)):
                continue
            first, second = places.start, places.start + 1
            if self.pairs[first] and self.pairs[second]:
                counts.append(self.pairs[second if place > first else first])
        return counts

    def suspects(self, parameters: SpellingParameters) -> list[int]:
        """Places that may be mistyped: both neighbours hardly occur beside the character.

        A character of a word of two is suspect only if no passage has the word and a single character stands
        beside it.
        """
        found = []
        for place, word in enumerate(self.words):
            sides = self.sides(place)
            shortest_beside = min((len(self.word_beside(place, side)) for side in sides), default=0)
            is_unknown = len(word) == 1 or (shortest_beside == 1 and not self.known[word])
            by_chance = all(self._is_by_chance(side, parameters.max_chance_share) for side in sides)
            if is_unknown and self.text[place] not in NUMERALS and by_chance:
                found.append(place)
        return found[: parameters.max_suspects]

    def _is_by_chance(self, place: int, share: float) -> bool:
        """Whether a character and the next one hardly occur side by side."""
        return self.pairs[place] <= share * min(self.characters[place : place + 2])


@dataclass(frozen=True, slots=True)
class _Replacement:
    """A homophone in the place of a suspect.

    Attributes:
        pairs: First place and text of the pairs it makes with its neighbours, those that some passage has.
        frequencies: Passages with each of these pairs.
    """

    place: int
    character: str
    pairs: tuple[tuple[int, str], ...]
    frequencies: tuple[int, ...]

    @property
    def rarest(self) -> int:
        """Passages with the rarest of the pairs."""
        return min(self.frequencies)


def _replacements(span: _Span, snapshot: Snapshot, parameters: SpellingParameters) -> list[_Replacement]:
    """Homophones of suspects that some passage has beside one neighbour at least."""
    made: dict[tuple[int, str], list[tuple[int, str]]] = {}
    for place in span.suspects(parameters):
        for other in homophones(span.text[place]):
            if other not in STOP_WORDS:
                text = span.text[:place] + other + span.text[place + 1 :]
                made[place, other] = [(side, text[side : side + 2]) for side in span.sides(place)]
    pairs = sorted({pair for sides in made.values() for _, pair in sides})
    frequencies = dict(zip(pairs, _frequencies(pairs, Family.CHARACTERS, snapshot), strict=True))
    found = []
    for (place, other), sides in made.items():
        known = tuple((side, pair) for side, pair in sides if frequencies[pair])
        if known:
            found.append(_Replacement(place, other, known, tuple(frequencies[pair] for _, pair in known)))
    return found


def _is_plausible(
    span: _Span, replacement: _Replacement, snapshot: Snapshot, parameters: SpellingParameters
) -> bool:
    """Whether the archive has a character in the place where the question has one that sounds like it.

    Its pairs must occur in one article together, and one of the `RULES` must hold.
    """
    pairs = [Term(pair, Family.CHARACTERS) for _, pair in replacement.pairs]
    if len(pairs) > 1 and not len(snapshot.articles_with(pairs)):
        return False
    counts = _counts(span, replacement, snapshot)
    return any(rule(counts, parameters) for rule in RULES)


def _counts(span: _Span, replacement: _Replacement, snapshot: Snapshot) -> Counts:
    place = replacement.place
    [character] = _frequencies([replacement.character], Family.CHARACTERS, snapshot)
    made = _frequencies([pair for _, pair in replacement.pairs], Family.WORDS, snapshot)
    beside = [span.word_beside(place, side) for side, _ in replacement.pairs]
    return Counts(
        character=character,
        pairs=replacement.frequencies,
        is_single=span.is_single(place),
        typed=span.known[span.words[place]],
        neighbours=tuple(
            Neighbour(len(word), span.known[word], count) for word, count in zip(beside, made, strict=True)
        ),
        names=tuple(span.names_beside(place)),
    )


def _frequencies(texts: Sequence[str], family: Family, snapshot: Snapshot) -> list[int]:
    return snapshot.document_frequencies([Term(text, family) for text in texts])
