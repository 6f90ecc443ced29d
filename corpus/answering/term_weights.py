"""Weights of a question's terms for choosing passage and sentence."""

import itertools
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.answering.parameters import PassageParameters
from corpus.index.bm25 import Floats
from corpus.question.answer_types import OTHER
from corpus.question.focus import term_proximity
from corpus.question.query import Query
from corpus.question.synonyms import terms_of
from corpus.retrieval.archive import ResolvedQuery
from corpus.retrieval.protocols import TermKey
from corpus.text import analyzer
from corpus.text.matching import contains_form
from corpus.text.terms import Family, Term

WeightedTerm = tuple[str, bool, float]
"""A term: its text, whether it is Latin and must be a whole word of the text, and what it earns a sentence.

A plain tuple: every article makes its own, and each is compared with every sentence.
"""


@dataclass(frozen=True, slots=True)
class QuestionTerms:
    """The terms of a question, prepared once for all articles. Sequences have one item a term.

    Attributes:
        terms: The terms; those of dates have no weight.
        keys: The terms without weights.
        idfs: Inverse document frequencies.
        sentence_weights: idf, times proximity to the interrogative, which identifies the sentence and not the
            passage.
        requires: For each term (rows) the places of the terms that a text with it has too, filled up with the
            place behind the last term.
        synonyms: The words that have synonyms.
        texts: Of the terms.
        are_latin: Whether a term is Latin.
        asking: Places of the terms by which the question asks for its answer type: 票价 in 高铁票价.
    """

    query: Query
    terms: Sequence[Term]
    keys: Sequence[TermKey]
    idfs: Sequence[float]
    sentence_weights: Sequence[float]
    requires: NDArray[np.intp]
    synonyms: Sequence["SynonymTerms"]
    texts: Sequence[str]
    are_latin: Sequence[bool]
    asking: Sequence[int]

    @classmethod
    def from_query(cls, resolved: ResolvedQuery, parameters: PassageParameters) -> "QuestionTerms":
        """Prepare the terms of a query."""
        query = resolved.query
        keys = [(text, family) for text, family, _ in query.terms]
        idfs = [resolved.idfs[key] for key in keys]
        sentence_weights = idfs
        if parameters.uses_proximity:
            proximity = term_proximity((text for text, _ in keys), query.proximity, query.variants)
            sentence_weights = [idf * near for idf, near in zip(idfs, proximity, strict=True)]
        terms = undated(query.terms)
        return cls(
            query,
            terms,
            keys,
            idfs,
            sentence_weights,
            requires=_requirements(keys),
            synonyms=synonym_terms(query),
            texts=[text for text, _ in keys],
            are_latin=list(map(is_latin, query.terms)),
            asking=asking_places(query),
        )

    def weigh(self, weights: Sequence[float]) -> list[WeightedTerm]:
        """Weigh the terms for the sentences of an article.

        Args:
            weights: Of the terms in this article (`residual_weights`).
        """
        earned = map(operator.mul, weights, self.sentence_weights)
        return list(zip(self.texts, self.are_latin, earned, strict=True))

    def may_hold(self, contributions: Floats) -> Floats:
        """Tell which terms (columns) the texts of passages (rows) may have, by the index: 1 or 0.

        A text may have a term if the index has all terms that it requires.

        Args:
            contributions: What each term (columns) adds to the score of each passage (rows).
        """
        held = np.ones((contributions.shape[0], contributions.shape[1] + 1), bool)
        held[:, :-1] = contributions != 0
        may_hold: Floats = held[:, self.requires].all(axis=2).astype(float)
        return may_hold


def asking_places(query: Query) -> list[int]:
    """See `QuestionTerms.asking`."""
    match = None if query.answer_type is OTHER else query.answer_type.question.search(query.normalized)
    return [] if match is None else [place for place, term in enumerate(query.terms) if term.text in match[0]]


def _requirements(keys: Sequence[TermKey]) -> NDArray[np.intp]:
    """See `QuestionTerms.requires`: a text has all pairs of a Han word that it has.

    The index says less of Latin words: a text may have them in another form.
    """
    places = {text: place for place, (text, family) in enumerate(keys) if family == Family.CHARACTERS}
    required = [[places[part] for part in _parts(text) if part in places] for text, _ in keys]
    requires = np.full((len(keys), max(map(len, required), default=0)), len(keys), np.intp)
    for row, found in zip(requires, required, strict=True):
        row[: len(found)] = found
    return requires


@lru_cache(4_096)
def _parts(text: str) -> Sequence[str]:
    """The character terms that every text with a Han word has."""
    if not analyzer.is_han(text):
        return ()
    return tuple(map("".join, itertools.pairwise(text))) if len(text) > 2 else (text,)


def content_terms(query: Query) -> list[Term]:
    """The question's terms without those of dates, which passages do not have."""
    return [term for term in query.terms if not is_date(term)]


def is_latin(term: Term) -> bool:
    """Tell whether a term consists of Latin letters and digits."""
    return term.text.isascii() and term.text.isalnum()


def is_date(term: Term) -> bool:
    """Tell whether a term stands for the day of an article (`dates.date_terms`)."""
    return term.text.startswith("@")


def undated(terms: Sequence[Term]) -> list[Term]:
    """All terms, those of dates without weight: they identify the article, not the passage."""
    return [term._replace(weight=0.0) if is_date(term) else term for term in terms]


def residual_weights(
    terms: Sequence[Term], title: str, share: float, synonyms: Sequence["SynonymTerms"] = ()
) -> list[float]:
    """Weights of terms for choosing a passage: less for those that the title has, be it in other words.

    Args:
        terms: Of the question.
        title: Folded.
        share: What is left of the weight of a term that the title has.
        synonyms: Of the question's words.
    """
    held = _title_terms(title)
    said: set[TermKey] = set()
    for forms, keys in synonyms:
        if any(contains_form(form, title) for form in forms if form in title or form[0].isdigit()):
            said |= keys
    return [
        weight * share if text in held[family] or (text, family) in said else weight
        for text, family, weight in terms
    ]


@lru_cache(4_096)
def _title_terms(title: str) -> tuple[frozenset[str], frozenset[str]]:
    """Terms of a folded title, by family."""
    return frozenset(analyzer.words(title)), frozenset(analyzer.characters(title))


class SynonymTerms(NamedTuple):
    """A word of the question with its synonyms.

    Attributes:
        forms: The word and its synonyms.
        terms: The terms of all of them.
    """

    forms: tuple[str, ...]
    terms: frozenset[TermKey]


def synonym_terms(query: Query) -> list[SynonymTerms]:
    """The words of a question that have synonyms."""
    return [
        SynonymTerms(forms, frozenset(itertools.chain.from_iterable(map(terms_of, forms))))
        for forms in dict.fromkeys(query.variants.values())
        if len(forms) > 1
    ]
