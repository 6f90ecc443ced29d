"""Spelling correction of Han characters: a homophone in the place of a mistyped one.

All runs of words of a question are corrected together: what each step has to know of the archive is collected
and asked once.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from corpus.models import Span
from corpus.question.lexicon import STOP_WORDS
from corpus.retrieval.parameters import SpellingParameters
from corpus.retrieval.plausibility import RULES, Counts, Neighbour
from corpus.retrieval.protocols import Lists, TermKey
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


def correct_spans(
    runs: Sequence[Sequence[Word]], snapshot: Lists, parameters: SpellingParameters
) -> Iterator[Correction]:
    """Yield the best correction of one character in each run of words, if one is plausible.

    A character is suspect if the archive hardly has it beside its neighbours in the question, and jieba cuts
    it or a neighbour by itself, as it does with names that it does not know. It is corrected to a homophone
    that is plausible in its place (`plausibility.RULES`).

    Args:
        runs: In each, short Han words side by side.
        snapshot: Of the index.
        parameters: Of spelling correction.
    """
    texts = [[text for text, _, _ in words] for words in runs]
    parts = _frequencies((part for words in texts for part in _parts(words)), snapshot)
    spans = [_Span.of(words, parts) for words in texts]
    best = [
        sorted(
            found,
            key=lambda replacement: (len(replacement.pairs), replacement.rarest, replacement.character),
            reverse=True,
        )[: parameters.max_replacements]
        for found in _replacements(spans, snapshot, parameters)
    ]
    made = _frequencies((term for found in best for each in found for term in _terms_made(each)), snapshot)
    for words, span, replacements in zip(runs, spans, best, strict=True):
        plausible = [
            replacement
            for replacement in replacements
            if any(rule(_counts(span, replacement, made), parameters) for rule in RULES)
        ]
        chosen = _first_with_its_pairs_together(plausible, snapshot)
        if chosen is not None:
            place = words[0][1] + chosen.place
            yield Correction((place, place + 1), chosen.character, chosen.rarest)


def _parts(words: Sequence[str]) -> Iterator[TermKey]:
    """What is looked up of a run of words: characters, pairs, and the words themselves."""
    text = "".join(words)
    for part in (*text, *map("".join, pairwise(text))):
        yield part, Family.CHARACTERS
    for word in words:
        yield word, Family.WORDS


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
    def of(cls, words: Sequence[str], frequencies: Mapping[TermKey, int]) -> "_Span":
        """Make a span of words whose `_parts` were looked up."""
        text = "".join(words)
        return cls(
            text=text,
            words=tuple(word for word in words for _ in word),
            characters=tuple(frequencies[character, Family.CHARACTERS] for character in text),
            pairs=tuple(frequencies["".join(pair), Family.CHARACTERS] for pair in pairwise(text)),
            known={word: frequencies[word, Family.WORDS] for word in words},
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


def _replacements(
    spans: Sequence[_Span], snapshot: Lists, parameters: SpellingParameters
) -> Iterator[list[_Replacement]]:
    """Homophones of the suspects of each span that some passage has beside one neighbour at least."""
    guesses = [_guesses(span, parameters) for span in spans]
    pairs = sorted({pair for made in guesses for sides in made.values() for _, pair in sides})
    frequencies = _frequencies(((pair, Family.CHARACTERS) for pair in pairs), snapshot)
    for made in guesses:
        found = []
        for (place, other), sides in made.items():
            known = {
                (side, pair): frequency
                for side, pair in sides
                if (frequency := frequencies[pair, Family.CHARACTERS])
            }
            if known:
                found.append(_Replacement(place, other, tuple(known), tuple(known.values())))
        yield found


def _guesses(span: _Span, parameters: SpellingParameters) -> dict[tuple[int, str], list[tuple[int, str]]]:
    """Homophones of suspects, by place and character, with the pairs that each makes with its neighbours."""
    made = {}
    for place in span.suspects(parameters):
        for other in homophones(span.text[place]):
            if other not in STOP_WORDS:
                text = span.text[:place] + other + span.text[place + 1 :]
                made[place, other] = [(side, text[side : side + 2]) for side in span.sides(place)]
    return made


def _terms_made(replacement: _Replacement) -> Iterator[TermKey]:
    """What has to be known of a replacement to tell whether it is plausible."""
    yield replacement.character, Family.CHARACTERS
    for _, pair in replacement.pairs:
        yield pair, Family.WORDS


def _counts(span: _Span, replacement: _Replacement, made: Mapping[TermKey, int]) -> Counts:
    place = replacement.place
    return Counts(
        character=made[replacement.character, Family.CHARACTERS],
        pairs=replacement.frequencies,
        is_single=span.is_single(place),
        typed=span.known[span.words[place]],
        neighbours=tuple(
            Neighbour(len(word), span.known[word], made[pair, Family.WORDS])
            for word, pair in ((span.word_beside(place, side), pair) for side, pair in replacement.pairs)
        ),
        names=tuple(span.names_beside(place)),
    )


def _first_with_its_pairs_together(
    replacements: Sequence[_Replacement], snapshot: Lists
) -> _Replacement | None:
    """The first replacement whose pairs one article has together; one pair alone is always together."""
    alone = next((place for place, each in enumerate(replacements) if len(each.pairs) == 1), None)
    groups = [[Term(pair, Family.CHARACTERS) for _, pair in each.pairs] for each in replacements[:alone]]
    together = snapshot.first_together(groups) if groups else None
    chosen = alone if together is None else together
    return None if chosen is None else replacements[chosen]


def _frequencies(terms: Iterable[TermKey], snapshot: Lists) -> dict[TermKey, int]:
    """Document frequencies of distinct terms, asked together."""
    distinct = list(dict.fromkeys(terms))
    frequencies = snapshot.document_frequencies([Term(text, family) for text, family in distinct])
    return dict(zip(distinct, frequencies, strict=True))
