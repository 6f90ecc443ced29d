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
from corpus.answer import Reading, sentence_scores, values_of
from corpus.bm25 import Floats
from corpus.filtering import checks_text, text_passes
from corpus.index import Restriction, Snapshot
from corpus.models import Filters
from corpus.query import Query
from corpus.store import Head, Located, Store
from corpus.stories import Teller
from corpus.terms import Family, Term

Key = tuple[str, Family]

CANDIDATES: Final = 60
"""Articles looked at in one go: enough for folding the same story and for the first pages."""

CHECKED: Final = 400
"""Articles looked at in one go when phrases or excluded words must be checked in the text."""

EXPLAINED_WEIGHT: Final = 0.1
"""What a term counts in choosing passage and sentence when the title has it already."""

READ_PASSAGES: Final = 3
"""Passages of an article that are read to choose one."""

SENTENCE_WEIGHT: Final = 2.0
"""What the best sentence of a passage counts beside the score of the whole passage."""

QUOTED_LIFT: Final = 0.5
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
        reading: Of the passage, or of the title where there is no text.
        sentence_scores: How well each sentence of it answers.
        more: Further passages of the article that hold some of the question.
        held: Terms of the question that some passage of the article, or its title, holds.
    """

    found: Found
    located: Located
    reading: Reading
    sentence_scores: tuple[float, ...]
    more: int
    held: frozenset[Key]


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
    return Ranking(tuple(_fold(store, found, wanted)), len(matches) >= limit)


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
        title, passage = analyzer.fold(entry.head.title), analyzer.fold(texts.get(entry.number, ""))
        share = sum(phrase in title or phrase in passage for phrase in query.quoted) / len(query.quoted)
        if any(phrase in passage for phrase in query.quoted):
            entry = replace(entry, passages=(entry.number,))
        lifted.append(replace(entry, score=entry.score * (1 + QUOTED_LIFT * share)))
    return sorted(lifted, key=lambda entry: -entry.score)


def _fold(store: Store, found: Sequence[Found], wanted: int) -> Iterable[Found]:
    """Fold articles that tell the same story into the best of them."""
    numbers = [entry.head.number for entry in found]

    def load(places: Sequence[int]) -> Mapping[int, str]:
        texts = store.beginnings([numbers[place] for place in places], passages=BEGINNING_PASSAGES)
        return {place: texts.get(numbers[place], "") for place in places}

    tellers = [Teller(entry.head.title, entry.head.outlet) for entry in found]
    for first, *others in stories.groups(tellers, load, wanted=wanted):
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


def choose(
    snapshot: Snapshot, store: Store, query: Query, found: Sequence[Found], worth: Mapping[Key, float]
) -> list[Chosen]:
    """Choose each article's passage: the one that has most of what the title does not explain.

    Args:
        worth: idf of the question's terms.
    """
    passages = store.passage_numbers([entry.head.number for entry in found])
    groups = [passages.get(entry.head.number, []) for entry in found]
    terms = content_terms(query)
    shares = snapshot.shares_of([number for group in groups for number in group], terms)
    ballots, start = [], 0
    for entry, group in zip(found, groups, strict=True):
        if group:
            ballots.append(_ballot(query, entry, group, shares[start : start + len(group)]))
        start += len(group)
    texts = store.passage_texts([number for ballot in ballots for number in ballot.numbers])
    picked = [(ballot, *_elected(query, ballot, texts, worth)) for ballot in ballots]
    located = store.located([number for _, number, _, _ in picked])
    return [
        Chosen(ballot.found, located[number], reading, tuple(scores), ballot.more, ballot.held)
        for ballot, number, reading, scores in picked
        if number in located
    ]


@dataclass(frozen=True, slots=True)
class _Ballot:
    """The passages of an article that may be shown.

    Attributes:
        terms: The question's, with the weights that they have for choosing.
        numbers: Of the passages with the greatest scores by those, best first.
        scores: Theirs.
    """

    found: Found
    terms: tuple[Term, ...]
    numbers: tuple[int, ...]
    scores: tuple[float, ...]
    more: int
    held: frozenset[Key]


def _ballot(query: Query, entry: Found, numbers: Sequence[int], shares: Floats) -> _Ballot:
    """Choose the few passages of an article that are read.

    Args:
        numbers: Of all its passages.
        shares: What each term (without weight) earns in each of them.
    """
    terms = residual_terms(query, entry.head.title)
    scores = shares @ np.array([term.weight for term in terms])
    allowed = [
        place for place, number in enumerate(numbers) if entry.passages is None or number in entry.passages
    ]
    best = sorted(allowed or range(len(numbers)), key=lambda place: (-scores[place], place))[:READ_PASSAGES]
    columns = np.flatnonzero(shares.any(axis=0)).tolist()
    return _Ballot(
        entry,
        tuple(terms),
        tuple(numbers[place] for place in best),
        tuple(float(scores[place]) for place in best),
        more=max(0, int((scores > 0).sum()) - 1),
        held=frozenset((terms[column].text, terms[column].family) for column in columns),
    )


def _elected(
    query: Query, ballot: _Ballot, texts: Mapping[int, str], worth: Mapping[Key, float]
) -> tuple[int, Reading, list[float]]:
    """Read the passages of a ballot; that with the best sentence for its score wins."""
    values = values_of(ballot.terms, worth)
    best: tuple[float, int, Reading, list[float]] | None = None
    for number, score in zip(ballot.numbers, ballot.scores, strict=True):
        reading = Reading.of(texts.get(number) or ballot.found.head.title)
        sentences = sentence_scores(query, values, reading)
        total = score + SENTENCE_WEIGHT * max(sentences, default=0.0)
        if best is None or total > best[0]:
            best = total, number, reading, sentences
    if best is None:
        raise ValueError("a ballot without passages")
    return best[1:]
