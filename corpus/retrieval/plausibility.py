"""Whether a homophone is plausible in the place of a typed character: five rules on document frequencies."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from corpus.retrieval.parameters import SpellingParameters


@dataclass(frozen=True, slots=True)
class Neighbour:
    """The word beside a replaced character, and the pair that the two make.

    Attributes:
        length: Characters of the word.
        known: Passages with the word.
        made: Passages that have the pair as a word.
    """

    length: int
    known: int
    made: int


@dataclass(frozen=True, slots=True)
class Counts:
    """How many passages have what a replacement makes; the rules look at nothing else.

    Attributes:
        character: With the replacing character.
        pairs: With each pair that it makes.
        is_single: Whether the typed character is a word by itself.
        typed: With the typed word.
        neighbours: The words beside it.
        names: As `_Span.names_beside` returns them.
    """

    character: int
    pairs: tuple[int, ...]
    is_single: bool = False
    typed: int = 0
    neighbours: tuple[Neighbour, ...] = ()
    names: tuple[int, ...] = ()

    @property
    def rarest(self) -> int:
        """Passages with the rarest pair."""
        return min(self.pairs)


def binds_character(counts: Counts, parameters: SpellingParameters) -> bool:
    """The pairs make up half of all passages with the character: 穹 in 蓝穹.

    A single passage is enough only if it is the only one with the character.

    >>> binds_character(Counts(character=3, pairs=(2,)), SpellingParameters())
    True
    >>> binds_character(Counts(character=2, pairs=(1,)), SpellingParameters())
    False
    """
    enough = counts.rarest >= parameters.min_bound_share * counts.character
    return enough and (counts.rarest > 1 or counts.character == 1)


def binds_pairs(counts: Counts, parameters: SpellingParameters) -> bool:
    """The pairs on both sides occur about as often as each other: 方知 and 知远.

    >>> binds_pairs(Counts(character=90, pairs=(3, 4)), SpellingParameters())
    True
    >>> binds_pairs(Counts(character=90, pairs=(3,)), SpellingParameters())
    False
    """
    enough = counts.rarest >= parameters.min_bound_share * max(counts.pairs)
    return len(counts.pairs) > 1 and counts.rarest > 1 and enough


def binds_word(counts: Counts, parameters: SpellingParameters) -> bool:
    """A word beside it hardly occurs without the character: 长庚 comes with 阮 before it.

    >>> beside = (Neighbour(length=2, known=5, made=0),)
    >>> binds_word(Counts(character=90, pairs=(4,), is_single=True, neighbours=beside), SpellingParameters())
    True
    >>> binds_word(Counts(character=90, pairs=(3,), is_single=True, neighbours=beside), SpellingParameters())
    False
    """
    return counts.is_single and any(
        0 < parameters.min_word_share * beside.known <= counts.rarest
        and (counts.rarest > 1 or beside.known == 1)
        for beside in counts.neighbours
        if beside.length > 1
    )


def binds_name(counts: Counts, parameters: SpellingParameters) -> bool:
    """At least half as many passages have its rarest pair as have the two characters beside it.

    The two must begin or end a run of three single characters that go together, as those of a name do.

    >>> binds_name(Counts(character=90, pairs=(2,), is_single=True, names=(4,)), SpellingParameters())
    True
    >>> binds_name(Counts(character=90, pairs=(2,), is_single=True, names=(5,)), SpellingParameters())
    False
    """
    return counts.is_single and any(
        0 < parameters.min_bound_share * name <= counts.rarest for name in counts.names
    )


def makes_word(counts: Counts, _: SpellingParameters) -> bool:
    """It makes a word of the archive together with a single character beside it.

    If both typed characters are words of the archive themselves, two passages must have the new word.

    >>> beside = (Neighbour(length=1, known=7, made=1),)
    >>> makes_word(Counts(character=90, pairs=(1,), is_single=True, neighbours=beside), SpellingParameters())
    True
    >>> known = Counts(character=90, pairs=(1,), is_single=True, typed=2, neighbours=beside)
    >>> makes_word(known, SpellingParameters())
    False
    """
    return counts.is_single and any(
        beside.made > (1 if beside.known and counts.typed else 0)
        for beside in counts.neighbours
        if beside.length == 1
    )


RULES: Final[tuple[Callable[[Counts, SpellingParameters], bool], ...]] = (
    binds_character,
    binds_pairs,
    binds_word,
    binds_name,
    makes_word,
)
"""A replacement is plausible if one of these holds."""
