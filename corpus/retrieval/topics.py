"""Which articles are about a topic: those that name it where an article says what it is about.

An article is about a topic if each of its words stands in the title or in the first passage, which has some
220 characters. A word counts in any spelling that the question parser knows (`Query.variants`). Only the
index is read. docs/decisions/0035-topics-and-intents.md compares this with what people find by hand.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from corpus.index.index import Restriction
from corpus.index.snapshot import Openings
from corpus.question.query import Query
from corpus.question.synonyms import synonyms_of
from corpus.retrieval.archive import Archive
from corpus.retrieval.filters import restriction
from corpus.retrieval.protocols import Lists
from corpus.text import analyzer
from corpus.text.matching import required_terms, singular, word_forms
from corpus.text.terms import Family, Term

MAX_SPELLINGS: Final = 16
"""Spellings of a word that are looked up."""

MIN_PHRASE: Final = 2
"""A synonym with more characters says a topic that is a phrase."""

PAIR: Final = 2
"""Characters of a topic that may stand apart in a title."""


@dataclass(frozen=True, slots=True)
class TopicArticles:
    """Numbers of the articles about a topic.

    Attributes:
        titled: Those that name all of it in the title.
        others: All others.
    """

    titled: frozenset[int]
    others: frozenset[int]

    @property
    def total(self) -> int:
        """How many there are."""
        return len(self.titled) + len(self.others)


def articles_about(archive: Archive, query: Query) -> TopicArticles:
    """Find the articles about the topic of a query that pass its filters; none if it names no topic."""
    if not query.topic:
        return TopicArticles(frozenset(), frozenset())
    where = restriction(query.filters, archive)
    found = [_openings(archive.snapshot, _spellings(query, word), where) for word in query.topic]
    titled = reduce(np.intersect1d, [each.titles for each in found])
    named = reduce(np.intersect1d, [np.union1d(each.titles, each.texts) for each in found])
    return TopicArticles(frozenset(titled.tolist()), frozenset(np.setdiff1d(named, titled).tolist()))


def articles_nearly_about(archive: Archive, query: Query, found: TopicArticles) -> TopicArticles:
    """Add to the articles about a bare topic those that say it in other words or order.

    俄乌战争 is 乌克兰战争 too, and a title with 养 and 猫 as words of their own is about 养猫.
    """
    where = restriction(query.filters, archive)
    whole = "".join(query.topic)
    phrases = [phrase for phrase in synonyms_of(whole) if len(phrase) > MIN_PHRASE]
    others = [_openings(archive.snapshot, [phrase], where) for phrase in phrases]
    titled, named = set(found.titled), set(found.titled | found.others)
    for each in others:
        titled.update(each.titles.tolist())
        named.update(each.titles.tolist(), each.texts.tolist())
    if len(whole) == PAIR and analyzer.is_han(whole):
        apart = [Term(character, Family.WORDS) for character in whole]
        titled.update(archive.snapshot.articles_opening_with(apart, where=where).titles.tolist())
    return TopicArticles(frozenset(titled), frozenset(named - titled))


def _spellings(query: Query, name: str) -> Sequence[str]:
    """Return what counts as a name: itself and, of a name of several words, what counts as each of them."""
    spellings = query.variants.get(name)
    if spellings is not None:
        return spellings
    parts = [set(query.variants[word]) for word in query.words if word in name and word in query.variants]
    common = set.intersection(*parts) if len(parts) > 1 else set()
    return (name, *sorted(common))


def newest_about(
    archive: Archive, query: Query, found: TopicArticles, *, by_date: bool, limit: int
) -> list[int]:
    """Return the numbers of articles about a topic, at most `limit`.

    Args:
        archive: That they are in.
        query: With the filters.
        found: The articles.
        by_date: The newest first. Otherwise those that name the topic in the title come first, and in each of
            the two groups the newest.
        limit: How many.
    """
    where = restriction(query.filters, archive) or Restriction()
    groups = [found.titled | found.others] if by_date else [found.titled, found.others]
    numbers: list[int] = []
    for group in groups:
        if group and len(numbers) < limit:
            inside = replace(where, articles=group)
            numbers += archive.snapshot.newest(where=inside, limit=limit - len(numbers))[0]
    return numbers


def _openings(snapshot: Lists, spellings: Sequence[str], where: Restriction | None) -> Openings:
    """Articles that hold a word in any of its spellings."""
    found = [
        snapshot.articles_opening_with(terms, where=where)
        for spelling in spellings[:MAX_SPELLINGS]
        for terms in _term_sets(spelling)
    ]
    return Openings(_union(each.titles for each in found), _union(each.texts for each in found))


def _union(groups: Iterable[NDArray[np.int32]]) -> NDArray[np.int32]:
    return np.unique(np.concatenate([np.empty(0, np.int32), *groups]))


def _latin_forms(run: str) -> list[str]:
    """A Latin word, its singular and its possible plurals: lighthouses is also in lighthouse."""
    return list(dict.fromkeys([run, *word_forms(singular(run))]))


def _term_sets(spelling: str) -> list[list[Term]]:
    """Return the terms that a text with a spelling holds; several sets for the forms of a Latin word."""
    latin = [run for run in analyzer.characters(spelling) if not analyzer.is_han(run)]
    forms = product(*(_latin_forms(run) for run in dict.fromkeys(latin)))
    han = required_terms(spelling)
    sets = [[*han, *(Term(form, Family.CHARACTERS) for form in each)] for each in forms]
    return [terms for terms in sets[:MAX_SPELLINGS] if terms]
