"""Whether a text has a word of the question: as a whole, as a synonym, or in part."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from corpus.answering.parameters import FeatureParameters
from corpus.retrieval.archive import ResolvedQuery
from corpus.retrieval.protocols import TermKey
from corpus.text import analyzer
from corpus.text.matching import contains_form
from corpus.text.terms import Family


@dataclass(frozen=True, slots=True)
class WordMatcher:
    """Finds a word of the question in a text, as a whole or in part.

    Attributes:
        forms: The word and its synonyms.
        proximity: How close the word stands to the interrogative, 0 to 1.
        pairs: Pairs of neighbouring characters, of a word of three Han characters or more.
        pairs_share: What all pairs count beside the whole word.
        characters: Characters of a word of several, and what each counts beside the whole word.
    """

    forms: Sequence[str]
    proximity: float
    pairs: Sequence[str]
    pairs_share: float
    characters: Sequence[tuple[str, float]]

    @classmethod
    def from_word(cls, word: str, resolved: ResolvedQuery, parameters: FeatureParameters) -> "WordMatcher":
        """Prepare a content word of a query."""
        query = resolved.query
        idfs = []
        is_numeral = any(word == numeral.text for numeral in query.numerals)  # a part of it is another number
        if len(word) > 1 and not word.isascii() and not is_numeral:
            idfs = [(each, resolved.idfs.get((each, Family.CHARACTERS), 0.0)) for each in word]
        total = sum(idf for _, idf in idfs)
        share = parameters.characters_share
        return cls(
            forms=query.variants[word],
            proximity=query.proximity[word],
            pairs=[] if is_numeral else _pairs(word),
            pairs_share=parameters.pairs_share,
            characters=[(each, share * idf / total) for each, idf in idfs] if total else [],
        )

    def is_in(self, folded: str) -> bool:
        """Tell whether a text has the word or a synonym."""
        return any(contains_form(form, folded) for form in self.forms)

    def coverage(self, folded: str) -> float:
        """1 if a text has the word or a synonym, less for a part of it: 轰炸 and 死亡 cover some of 炸死."""
        for form in self.forms:
            if (form in folded or form[0].isdigit()) and contains_form(form, folded):
                return 1.0
        characters = 0.0
        for character, share in self.characters:  # for each sentence: a sum of a list takes twice as long
            if character in folded:
                characters += share
        if characters and self.pairs:
            return max(characters, self._pair_coverage(folded.__contains__))
        return characters

    def coverage_by_terms(self, held: frozenset[TermKey]) -> float:
        """The same by terms of the index, which knows nothing of the order of characters."""
        for form in self.forms:
            if any(held.issuperset(keys) for keys in _form_keys(form)):
                return 1.0
        characters = sum(share for each, share in self.characters if (each, Family.CHARACTERS) in held)
        return max(characters, self._pair_coverage(lambda pair: (pair, Family.CHARACTERS) in held))

    def _pair_coverage(self, holds: Callable[[str], bool]) -> float:
        """What those pairs count that are there."""
        return self.pairs_share * sum(map(holds, self.pairs)) / len(self.pairs) if self.pairs else 0.0


@lru_cache(4_096)
def _form_keys(form: str) -> tuple[tuple[TermKey, ...], ...]:
    """Sets of terms of the index, one of which a text has that contains a form of a word."""
    keys = [[(form, Family.WORDS)], [(pair, Family.CHARACTERS) for pair in _pairs(form) or [form]]]
    if not form.isalpha():
        keys.append([(word, Family.WORDS) for word in analyzer.words(form)])
    return tuple(map(tuple, filter(None, keys)))


def _pairs(word: str) -> list[str]:
    """Pairs of neighbours of a word of three Han characters or more."""
    return [] if len(word) < 3 or word.isascii() else list(map("".join, itertools.pairwise(word)))
