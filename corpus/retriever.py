"""Query → found articles, and for those that are shown the passage that answers.

One question reads one snapshot of the index, so its statistics and scores belong together whatever a
writer does meanwhile. An article that left the store in between is passed over.

Articles are ranked by their best passage. Which of an article's passages is shown is another question:
the title's words tell the article, the rest of the question tells the passage.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from corpus import analyzer, stories
from corpus.bm25 import Floats
from corpus.filtering import checks_text, text_passes
from corpus.index import Restriction, Snapshot
from corpus.models import Filters
from corpus.query import Query
from corpus.store import Head, Located, Store
from corpus.stories import Teller
from corpus.terms import Family, Term

CANDIDATES: Final = 60
"""Articles looked at in one go: enough for folding the same story and for the first pages."""

CHECKED: Final = 400
"""Articles looked at in one go when phrases or excluded words must be checked in the text."""

EXPLAINED_WEIGHT: Final = 0.1
"""What a term counts in choosing passage and sentence when the title has it already."""

QUOTED_LIFT: Final = 0.2
"""Added to the score, as a share of it, where title or passage hold a stretch that was put in quotes."""

BEGINNING_PASSAGES: Final = 8
"""Passages that hold the beginning of an article, for comparing stories."""


@dataclass(frozen=True, slots=True)
class Found:
    """An article that was found.

    Attributes:
        number: Of its best passage.
        score: Of that passage, all terms counted.
        passages: Numbers of the passages that may be shown; None: any.
        same_story: Ids of articles folded into this one, best first.
    """

    head: Head
    number: int
    score: float
    passages: tuple[int, ...] | None = None
    same_story: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chosen:
    """A found article with the passage to show.

    Attributes:
        more: Further passages of the article that hold some of the question.
        terms: The question's, those that the title has at a tenth.
        held: Terms of the question that some passage of the article, or its title, holds.
    """

    found: Found
    located: Located
    more: int
    terms: tuple[Term, ...]
    held: frozenset[tuple[str, Family]]


@dataclass(frozen=True, slots=True)
class Ranking:
    """Articles, best first, the same story folded.

    Attributes:
        more: There may be further ones.
    """

    found: tuple[Found, ...]
    more: bool


def search(
    snapshot: Snapshot, store: Store, query: Query, where: Restriction | None, *, wanted: int
) -> Ranking:
    """Find articles.

    A ranking for more hits begins with the ranking for fewer, so that pages fit together: only
    `same_story` may grow.

    Args:
        wanted: How many hits the caller will look at, from the first.
    """
    block = CHECKED if checks_text(query.filters) else CANDIDATES
    limit = block * (1 + wanted * 3 // 2 // block)
    matches = snapshot.search(query.terms, limit=limit, where=where)
    heads = store.heads([match.article for match in matches])
    found = [
        Found(heads[match.article], match.number, match.score) for match in matches if match.article in heads
    ]
    if checks_text(query.filters):
        found = list(_passing(store, query.filters, found))
    if query.quoted:
        found[:block] = _lifted(store, query, found[:block])
    return Ranking(tuple(_fold(store, found)), len(matches) >= limit)


def _passing(store: Store, filters: Filters, found: Iterable[Found]) -> Iterable[Found]:
    """Those of which a passage passes the filters that have to be checked in the text."""
    listed = list(found)
    numbers = store.passage_numbers([entry.head.number for entry in listed])
    texts = store.passage_texts([number for group in numbers.values() for number in group])
    for entry in listed:
        title = analyzer.fold(entry.head.title)
        passing = tuple(
            number
            for number in numbers.get(entry.head.number, ())
            if number in texts and text_passes(f"{title}\n{analyzer.fold(texts[number])}", filters)
        )
        if passing:
            number = entry.number if entry.number in passing else passing[0]
            yield replace(entry, number=number, passages=passing)


def _lifted(store: Store, query: Query, found: Sequence[Found]) -> list[Found]:
    """Move articles up whose title or best passage hold what the question has in quotes."""
    texts = store.passage_texts([entry.number for entry in found])
    lifted = []
    for entry in found:
        folded = analyzer.fold(f"{entry.head.title}\n{texts.get(entry.number, '')}")
        share = sum(phrase in folded for phrase in query.quoted) / len(query.quoted)
        lifted.append(replace(entry, score=entry.score * (1 + QUOTED_LIFT * share)))
    return sorted(lifted, key=lambda entry: -entry.score)


def _fold(store: Store, found: Sequence[Found]) -> Iterable[Found]:
    """Fold articles that tell the same story into the best of them."""
    numbers = [entry.head.number for entry in found]

    def load(places: Sequence[int]) -> Mapping[int, str]:
        texts = store.beginnings([numbers[place] for place in places], passages=BEGINNING_PASSAGES)
        return {place: texts.get(numbers[place], "") for place in places}

    tellers = [Teller(entry.head.title, entry.head.outlet) for entry in found]
    for first, *others in stories.groups(tellers, load):
        yield replace(found[first], same_story=tuple(found[other].head.id for other in others))


def search_article(snapshot: Snapshot, store: Store, query: Query, article: int) -> Ranking:
    """Rank the passages of one article, best first, by what its title does not explain."""
    heads = store.heads([article])
    numbers = store.passage_numbers([article]).get(article, [])
    if not heads or not numbers:
        return Ranking((), more=False)
    found = [Found(heads[article], number, 0.0, (number,)) for number in numbers]
    if checks_text(query.filters):
        texts = store.passage_texts(numbers)
        found = [
            entry for entry in found if text_passes(analyzer.fold(texts.get(entry.number, "")), query.filters)
        ]
    terms = residual_terms(query, heads[article].title)
    scores = snapshot.scores_of([entry.number for entry in found], terms)
    scored = [replace(entry, score=score) for entry, score in zip(found, scores, strict=True) if score > 0]
    return Ranking(tuple(sorted(scored, key=lambda entry: (-entry.score, entry.number))), more=False)


def content_terms(query: Query) -> list[Term]:
    """The question's terms but for those of dates, which passages do not hold."""
    return [term for term in query.terms if not term.text.startswith("@")]


def residual_terms(query: Query, title: str) -> list[Term]:
    """The question's terms, those that the title has at a tenth: they tell the article, not the passage."""
    folded = analyzer.fold(title)
    held = {
        Family.WORDS: frozenset(analyzer.words(folded)),
        Family.CHARACTERS: frozenset(analyzer.characters(folded)),
    }
    return [
        replace(term, weight=term.weight * EXPLAINED_WEIGHT) if term.text in held[term.family] else term
        for term in content_terms(query)
    ]


def choose(snapshot: Snapshot, store: Store, query: Query, found: Sequence[Found]) -> list[Chosen]:
    """Choose each article's passage: the one that has most of what the title does not explain."""
    passages = store.passage_numbers([entry.head.number for entry in found])
    groups = [passages.get(entry.head.number, []) for entry in found]
    terms = content_terms(query)
    shares = snapshot.shares_of([number for group in groups for number in group], terms)
    choices = []
    start = 0
    for entry, group in zip(found, groups, strict=True):
        mine = shares[start : start + len(group)]
        start += len(group)
        if group:
            choices.append(_choice(entry, group, mine, residual_terms(query, entry.head.title)))
    located = store.located([choice.number for choice in choices])
    return [
        Chosen(choice.found, located[choice.number], choice.more, choice.terms, choice.held)
        for choice in choices
        if choice.number in located
    ]


@dataclass(frozen=True, slots=True)
class _Choice:
    found: Found
    number: int
    more: int
    terms: tuple[Term, ...]
    held: frozenset[tuple[str, Family]]


def _choice(entry: Found, numbers: Sequence[int], shares: Floats, terms: Sequence[Term]) -> _Choice:
    """Choose among the passages of one article.

    Args:
        shares: What each term (without weight) earns in each passage.
        terms: With the weights that they have for choosing.
    """
    scores = shares @ np.array([term.weight for term in terms])
    allowed = [
        place for place, number in enumerate(numbers) if entry.passages is None or number in entry.passages
    ]
    best = max(allowed or range(len(numbers)), key=lambda place: (scores[place], -place))
    columns = np.flatnonzero(shares.any(axis=0)).tolist()
    held = frozenset((terms[column].text, terms[column].family) for column in columns)
    return _Choice(entry, numbers[best], max(0, int((scores > 0).sum()) - 1), tuple(terms), held)
