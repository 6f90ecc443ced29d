"""Synonyms: words of the same meaning, from `synonyms.txt`, and other spellings of numbers."""

import functools
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Final, Self

from corpus.text import analyzer
from corpus.text.analyzer import Word
from corpus.text.folding import fold
from corpus.text.numbers import regrouped
from corpus.text.terms import Family

FILE_NAME: Final = "synonyms.txt"


@dataclass(frozen=True, eq=False)  # no slots: what is derived from the groups is worked out once, when needed
class Synonyms:
    """Words of the same meaning.

    Attributes:
        groups: Each the words that have synonyms, and the synonyms they have; a word is none of itself.
    """

    groups: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]

    @classmethod
    def load(cls) -> Self:
        """Read `synonyms.txt`.

        A line `a b c` is a group of words of the same meaning. A line `a b > c d` is one-way: it gives `a`
        and `b` the synonyms `c` and `d`.
        """
        groups = []
        text = resources.files("corpus.question").joinpath(FILE_NAME).read_text(encoding="utf-8")
        for line in fold(text).splitlines():
            left, arrow, right = line.partition("#")[0].partition(">")
            if words := tuple(left.split()):
                groups.append((words, tuple(right.split()) if arrow else words))
        return cls(tuple(groups))

    def without(self, place: int) -> "Synonyms":
        """Return the synonyms without one group."""
        return Synonyms(self.groups[:place] + self.groups[place + 1 :])

    def of(self, word: str) -> tuple[str, ...]:
        """Return the synonyms of a folded word, and the other spelling of one that has a number."""
        spelling = regrouped(word)
        return (*self._by_word.get(word, ()), *([] if spelling is None else [spelling]))

    def terms(self, phrase: str) -> tuple[tuple[str, Family], ...]:
        """Return the terms of a phrase's synonyms, in order and with repeats."""
        return tuple(itertools.chain.from_iterable(map(terms_of, self.of(phrase))))

    def find(self, folded: str, words: Sequence[Word]) -> list[Word]:
        """Find the stretches of a question that have synonyms, from the left, the longest first.

        A stretch may be part of one of jieba's words or consist of several whole ones (川普 is 川 and 普),
        but it never takes parts of two words: 强生 is not in 加强生产. Latin words stand alone: ns is not in
        news.

        Args:
            folded: The question.
            words: Its words.
        """
        starts, ends = {word.start for word in words}, {word.end for word in words}
        end_of_word = {place: word.end for word in words for place in range(word.start, word.end)}
        found, place = [], 0
        while place < len(folded):
            for length in self._lengths.get(folded[place], ()):
                end = place + length
                is_whole = (place in starts and end in ends) or end <= end_of_word.get(place, 0)
                if is_whole and folded[place:end] in self._by_word and _stands_alone(folded, place, end):
                    found.append(Word(folded[place:end], place, end))
                    place = end
                    break
            else:
                place += 1
        return found

    @functools.cached_property
    def _by_word(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for words, others in self.groups:
            for word in words:
                synonyms = [*found.get(word, ()), *(other for other in others if other != word)]
                found[word] = tuple(dict.fromkeys(synonyms))
        return found

    @functools.cached_property
    def _lengths(self) -> Mapping[str, tuple[int, ...]]:
        """First character → lengths of the words with synonyms that begin with it, longest first."""
        lengths: dict[str, set[int]] = {}
        for word in self._by_word:
            lengths.setdefault(word[0], set()).add(len(word))
        return {first: tuple(sorted(each, reverse=True)) for first, each in lengths.items()}


@functools.cache
def default_synonyms() -> Synonyms:
    """Return the synonyms of the package, read once."""
    return Synonyms.load()


def synonyms_of(word: str) -> tuple[str, ...]:
    """Return the synonyms of a folded word; see `Synonyms.of`."""
    return default_synonyms().of(word)


@functools.lru_cache(4_096)
def terms_of(form: str) -> tuple[tuple[str, Family], ...]:
    """Return the terms of a folded word or synonym: its words, then its characters.

    >>> [text for text, _ in terms_of("金砖7")]
    ['金砖', '7', '金', '砖', '金砖', '7']
    """
    words = ((word, Family.WORDS) for word in analyzer.words(form))
    return (*words, *((text, Family.CHARACTERS) for text in analyzer.characters(form)))


def _stands_alone(folded: str, start: int, end: int) -> bool:
    """Tell whether a stretch neither begins nor ends within a Latin word or a number."""
    return end <= len(folded) and not any(
        folded[edge - 1].isascii() and folded[edge - 1 : edge + 1].isalnum() and folded[edge].isascii()
        for edge in (start, end)
        if 0 < edge < len(folded)
    )
