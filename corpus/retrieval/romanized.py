"""Pinyin in a question → the characters of the archive that are read so: gaotie piaojia, wangjiangdaqiao.

Only document frequencies are read. The characters of neighbouring syllables are looked up in all
combinations, some ten thousand at most, and the best paths through them are followed by beam search, so that
the time grows with the number of syllables only.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.index.posting_writer import Integers
from corpus.question.english_words import is_english
from corpus.question.lexicon import STOP_WORDS
from corpus.retrieval.han_spelling import Correction
from corpus.retrieval.parameters import SpellingParameters
from corpus.retrieval.protocols import Lists
from corpus.text.analyzer import Word
from corpus.text.pinyin import characters_by_reading, syllable_splits
from corpus.text.terms import BITS, Family, Term

MAX_RUN_WORDS: Final = 8
"""Words typed in a row that are read."""

MAX_READINGS: Final = 4
"""Readings of each word that are combined with those of the others."""

MAX_COMBINATIONS: Final = 12
"""Combinations that are looked up in the archive."""

UNSEEN: Final = -6.0
"""Logarithm that stands for a pair that no passage has: two words may meet there."""

BEAM: Final = 60
"""Paths that are followed."""

WORD: Final = 3.0
"""What it counts that a pair is a word of the archive."""

FREQUENT: Final = 0.3
"""What the logarithm of a pair's passages counts beside its association."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Reading:
    """Characters that may be meant by a word in pinyin.

    Attributes:
        text: The characters.
        score: How well they go together, for each pair; higher is better.
        pairs: What a passage must have: those of their pairs that are words of the archive, else all that it
            has.
        is_whole: Whether the archive has all of their pairs.
        frequency: Passages with the rarest pair that it has.
    """

    text: str
    score: float
    pairs: tuple[str, ...]
    is_whole: bool
    frequency: int


def read_pinyin(
    folded: str, words: Sequence[Word], snapshot: Lists, parameters: SpellingParameters
) -> list[Correction]:
    """Read the stretches of a folded question that are pinyin.

    A stretch is pinyin if all of its words can be read so, and one of them is in no passage and no English
    word either. It is replaced only if one passage has all that it may mean.

    Args:
        folded: The question.
        words: Its words.
        snapshot: Of the index.
        parameters: Of spelling correction.
    """
    found = []
    for run in _runs(folded, words):
        if len(run) > MAX_RUN_WORDS or not _has_unknown(run, snapshot, parameters):
            continue
        units = list(_units(run))
        table = _Table.look_up([syllables for unit in units for syllables in unit], snapshot)
        readings = [_readings(unit, table, snapshot) for unit in units]
        if not all(readings):
            continue
        best = _best_together(readings, snapshot)
        if best is not None:
            text = "".join(reading.text for reading in best)
            frequency = min(reading.frequency for reading in best)
            found.append(Correction((run[0].start, run[-1].end), text, frequency))
    return found


def _runs(folded: str, words: Sequence[Word]) -> Iterator[list[Word]]:
    """Yield words side by side that can all be read as pinyin, with more than one syllable in all."""
    run: list[Word] = []
    for word in words:
        token = folded[word.start : word.end]
        is_pinyin = token.isascii() and token.isalpha() and bool(syllable_splits(token))
        is_joined = not run or folded[run[-1].end : word.start] in {" ", "'"}
        if run and not (is_pinyin and is_joined):
            yield run
            run = []
        if is_pinyin:
            run.append(Word(token, word.start, word.end))
    if run:
        yield run


def _has_unknown(run: Sequence[Word], snapshot: Lists, parameters: SpellingParameters) -> bool:
    """Whether some word of a run is in no passage and no English word either."""
    unknown = [
        word.term
        for word in run
        if len(word.term) >= parameters.min_latin_chars
        and word.term not in STOP_WORDS
        and not is_english(word.term)
    ]
    return 0 in snapshot.document_frequencies([Term(word) for word in unknown])


def _units(run: Sequence[Word]) -> Iterator[tuple[tuple[str, ...], ...]]:
    """Yield for each word the ways to read it; syllables typed one by one are joined: da qiao."""
    splits = [syllable_splits(word.term) for word in run]
    for is_single, group in itertools.groupby(splits, lambda ways: len(ways[0]) == 1):
        several = list(group)
        if is_single and len(several) > 1:
            yield (tuple(ways[0][0] for ways in several),)
        else:
            yield from several


def _readings(unit: Sequence[tuple[str, ...]], table: "_Table", snapshot: Lists) -> list[Reading]:
    """Return the best readings of a word, best first."""
    found = [reading for syllables in unit for reading in _decode(syllables, table, snapshot)]
    return sorted(found, key=_cost)[:MAX_READINGS]


def _cost(reading: Reading) -> tuple[bool, int, float]:
    """Order of readings: those whose characters all go together first, then those of fewer syllables."""
    return not reading.is_whole, len(reading.text), -reading.score


def _decode(syllables: Sequence[str], table: "_Table", snapshot: Lists) -> list[Reading]:
    """Return the best paths through the characters of some syllables, by beam search."""
    columns = [table.columns[syllable] for syllable in syllables]
    if not all(len(column.codes) for column in columns):
        return []
    if len(columns) == 1:
        return _single(columns[0].codes, snapshot)
    places = np.arange(len(columns[0].codes))[:, None]
    scores = np.zeros(len(places))
    for pair in itertools.pairwise(syllables):
        through = scores[:, None] + table.links[pair][places[:, -1]]
        best = np.argsort(-through, axis=None, kind="stable")[:BEAM]
        paths, following = np.unravel_index(best, through.shape)
        places = np.concatenate([places[paths], following[:, None]], axis=1)
        scores = through.ravel()[best]
    found = []
    for path, score in zip(places[:MAX_READINGS].tolist(), scores.tolist(), strict=False):
        text = "".join(chr(int(column.codes[place])) for column, place in zip(columns, path, strict=True))
        found.append(_reading(text, score / (len(text) - 1), snapshot))
    return [reading for reading in found if reading.pairs]


class _Column(NamedTuple):
    """The characters of a syllable that the archive has, as codes, and the passages with each."""

    codes: Integers
    frequencies: Integers


@dataclass(frozen=True, slots=True)
class _Table:
    """What some syllables may be, looked up together.

    Attributes:
        columns: The characters of each syllable.
        links: For two syllables that follow each other, how well each character of the one (row) goes with
            each of the other (column), as a logarithm.
    """

    columns: Mapping[str, _Column]
    links: Mapping[tuple[str, str], Floats]

    @classmethod
    def look_up(cls, words: Iterable[Sequence[str]], snapshot: Lists) -> "_Table":
        """Look up the syllables of some words."""
        several = list(words)
        columns = _columns(sorted({syllable for syllables in several for syllable in syllables}), snapshot)
        pairs = sorted({pair for syllables in several for pair in itertools.pairwise(syllables)})
        return cls(columns, _links(pairs, columns, snapshot))


def _columns(syllables: Sequence[str], snapshot: Lists) -> dict[str, _Column]:
    codes = [
        np.sort(np.array(list(map(ord, characters_by_reading()[syllable])), np.int64))
        for syllable in syllables
    ]
    frequencies = _of_each(codes, Family.CHARACTERS, snapshot)
    return {
        syllable: _Column(each[counts > 0], counts[counts > 0])
        for syllable, each, counts in zip(syllables, codes, frequencies, strict=True)
    }


def _links(
    pairs: Sequence[tuple[str, str]], columns: Mapping[str, _Column], snapshot: Lists
) -> dict[tuple[str, str], Floats]:
    sides = [(columns[first], columns[second]) for first, second in pairs]
    codes = [(one.codes[:, None] << BITS | other.codes[None, :]).ravel() for one, other in sides]
    together = _of_each(codes, Family.CHARACTERS, snapshot)
    held = [np.flatnonzero(counts) for counts in together]
    as_words = _of_each(
        [each[places] for each, places in zip(codes, held, strict=True)], Family.WORDS, snapshot
    )
    links = {}
    for pair, (one, other), counts, places, known in zip(pairs, sides, together, held, as_words, strict=True):
        words = np.zeros(len(counts), bool)
        words[places] = known > 0
        chance = np.sqrt(one.frequencies[:, None] * other.frequencies[None, :]).ravel()
        seen = np.log(np.maximum(counts, 1) / chance) + FREQUENT * np.log1p(counts) + WORD * words
        links[pair] = np.where(counts > 0, seen, UNSEEN).reshape(len(one.codes), len(other.codes))
    return links


def _of_each(codes: Sequence[Integers], family: Family, snapshot: Lists) -> list[Integers]:
    """Document frequencies of several arrays of codes, asked together."""
    if not codes:
        return []
    frequencies = snapshot.frequencies_of_codes(np.concatenate(codes), family)
    return np.split(frequencies, np.cumsum([len(each) for each in codes[:-1]]))


def _reading(text: str, score: float, snapshot: Lists) -> Reading:
    pairs = list(map("".join, itertools.pairwise(text)))
    held = snapshot.document_frequencies(
        [Term(pair, family) for family in reversed(Family) for pair in pairs]
    )
    known = {pair: count for pair, count in zip(pairs, held, strict=False) if count}
    words = [pair for pair, count in zip(pairs, held[len(pairs) :], strict=True) if count and pair in known]
    return Reading(
        text=text,
        score=score,
        pairs=tuple(words or known),
        is_whole=len(known) == len(set(pairs)),
        frequency=min(known.values(), default=0),
    )


def _single(codes: Integers, snapshot: Lists) -> list[Reading]:
    """Read a syllable by itself: as the most frequent word."""
    characters = [chr(code) for code in codes.tolist()]
    counts = snapshot.document_frequencies([Term(character) for character in characters])
    best = sorted(zip(counts, characters, strict=True), reverse=True)[:1]
    return [
        Reading(character, UNSEEN / 2, (), is_whole=True, frequency=count)
        for count, character in best
        if count
    ]


def _best_together(readings: Sequence[Sequence[Reading]], snapshot: Lists) -> Sequence[Reading] | None:
    """Return the best combination of readings that one article has, function words aside."""
    combinations = sorted(
        itertools.islice(itertools.product(*readings), MAX_READINGS**4),
        key=lambda combination: -sum(reading.score for reading in combination),
    )
    groups = [
        [
            Term(pair, Family.CHARACTERS)
            for reading in combination
            if reading.text not in STOP_WORDS
            for pair in reading.pairs
        ]
        for combination in combinations[:MAX_COMBINATIONS]
    ]
    best = snapshot.first_together(groups)
    return None if best is None else combinations[best]
