"""Found articles → for those that are shown the passage that answers.

Which of an article's passages is shown is another question than which articles are found: the title's
words tell the article, the rest of the question tells the passage.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from corpus import analyzer
from corpus.analyzer import Folded
from corpus.answer import Reading, Values, held_by, most_of, sentence_scores, values_of
from corpus.bm25 import Floats
from corpus.filtering import checks_text, text_passes
from corpus.focus import nearness_of
from corpus.index import Snapshot
from corpus.query import Query
from corpus.retriever import Found, Ranking
from corpus.store import Located, Store
from corpus.terms import Family, Term

Key = tuple[str, Family]

EXPLAINED_WEIGHT: Final = 0.2
"""What a term counts in choosing passage and sentence when the title has it already."""

READ_PASSAGES: Final = 5
"""Passages of an article that are read to choose one."""

SENTENCE_WEIGHT: Final = 2.0
"""What the best sentence of a passage counts beside the score of the whole passage."""

BEGINNING: Final = 0.1
"""Share of what the title explains that counts for the first passage: news says first what matters."""

ROUNDING: Final = 1e-9
"""Share by which a bound on a sum is raised, so that no rounding makes it too small."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A found article with the passage to show.

    Attributes:
        title: Folded.
        reading: Of the passage, or of the title where there is no text.
        sentence_scores: How well each sentence of it answers.
        more: Further passages of the article that hold some of the question.
        held: Terms of the question that some passage of the article, or its title, holds.
    """

    found: Found
    located: Located
    title: str
    reading: Reading
    sentence_scores: tuple[float, ...]
    more: int
    held: frozenset[Key]


def content_terms(query: Query) -> list[Term]:
    """The question's terms but for those of dates, which passages do not hold."""
    return [term for term in query.terms if not is_date(term)]


def is_date(term: Term) -> bool:
    """Tell whether a term stands for the day of an article (`dates.date_terms`)."""
    return term.text.startswith("@")


def undated(terms: Sequence[Term]) -> list[Term]:
    """All terms, those of dates without weight: they tell the article, not the passage."""
    return [term._replace(weight=0.0) if is_date(term) else term for term in terms]


def residual_weights(terms: Sequence[Term], title: str) -> list[float]:
    """The weights of terms for choosing a passage; less of those that the title has.

    They tell the article, not the passage.

    Args:
        terms: `undated`.
        title: Folded.
    """
    held = frozenset(analyzer.words(title)), frozenset(analyzer.characters(title))
    return [weight * EXPLAINED_WEIGHT if text in held[family] else weight for text, family, weight in terms]


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
    terms = content_terms(query)
    weights = residual_weights(terms, analyzer.fold(heads[article].title))
    weighted = [term._replace(weight=weight) for term, weight in zip(terms, weights, strict=True)]
    scores = snapshot.scores_of([entry.number for entry in found], weighted)
    scored = [entry._replace(score=score) for entry, score in zip(found, scores, strict=True) if score > 0]
    return Ranking(tuple(sorted(scored, key=lambda entry: (-entry.score, entry.number))), more=False)


def choose(
    snapshot: Snapshot, store: Store, query: Query, found: Sequence[Found], worth: Mapping[Key, float]
) -> list[Chosen]:
    """Choose each article's passage: the one that has most of what the title does not explain.

    Args:
        worth: idf of the question's terms.
    """
    if not found:
        return []
    passages = store.passage_numbers([entry.head.number for entry in found])
    groups = [passages.get(entry.head.number, []) for entry in found]
    shares = snapshot.shares_of([number for group in groups for number in group], query.terms)
    asked = _Asked.of(query, worth)
    titles = analyzer.fold_each([entry.head.title for entry in found])
    ballots, start = [], 0
    for entry, title, group in zip(found, titles, groups, strict=True):
        if group:
            mine = shares[start : start + len(group)]
            ballots.append(_ballot(asked, entry, title, group, mine))
        start += len(group)
    texts = _texts(store, ballots)
    picked = [(ballot, *_elected(query, ballot, texts)) for ballot in ballots]
    located = store.located([number for _, number, _, _ in picked])
    return [
        Chosen(ballot.found, located[number], ballot.title, reading, tuple(scores), ballot.more, ballot.held)
        for ballot, number, reading, scores in picked
        if number in located
    ]


@dataclass(frozen=True, slots=True)
class _Asked:
    """The question's terms, for all found articles alike.

    Attributes:
        terms: `undated`.
        keys: What they are, without their weights.
        idfs: Of each.
        worth: idf times how near the term stands to what asks, which tells the sentence and not the passage.
    """

    terms: Sequence[Term]
    keys: Sequence[Key]
    idfs: Sequence[float]
    worth: Sequence[float]

    @classmethod
    def of(cls, query: Query, worth: Mapping[Key, float]) -> "_Asked":
        """Look the terms' idfs up."""
        keys = [(text, family) for text, family, _ in query.terms]
        idfs = [worth.get(key, 0.0) for key in keys]
        near = nearness_of((text for text, _ in keys), query.focus, query.evidence)
        return cls(
            undated(query.terms), keys, idfs, [idf * each for idf, each in zip(idfs, near, strict=True)]
        )


@dataclass(frozen=True, slots=True)
class _Ballot:
    """The passages of an article that may be shown.

    Attributes:
        title: Folded.
        values: Of the question's terms, for its sentences.
        numbers: Of the passages with the greatest scores by those, best first.
        scores: Theirs.
    """

    found: Found
    title: str
    values: Values
    numbers: tuple[int, ...]
    scores: tuple[float, ...]
    more: int
    held: frozenset[Key]


def _ballot(asked: _Asked, entry: Found, title: str, numbers: Sequence[int], shares: Floats) -> _Ballot:
    """Choose the few passages of an article that are read.

    Args:
        asked: The question's terms.
        entry: The article.
        title: Folded.
        numbers: Of all its passages.
        shares: What each term (without weight) earns in each of them.
    """
    weights = residual_weights(asked.terms, title)
    scores = (shares @ np.array(weights)).tolist()
    more = max(0, sum(score > 0 for score in scores) - 1)
    explained = sum(
        idf * term.weight
        for term, weight, idf in zip(asked.terms, weights, asked.idfs, strict=True)
        if 0 < weight < term.weight
    )
    scores[0] += BEGINNING * explained
    allowed = [
        place for place, number in enumerate(numbers) if entry.passages is None or number in entry.passages
    ]
    best = sorted(allowed or range(len(numbers)), key=lambda place: (-scores[place], place))[:READ_PASSAGES]
    return _Ballot(
        entry,
        title,
        values_of(asked.terms, weights, asked.worth),
        tuple(numbers[place] for place in best),
        tuple(scores[place] for place in best),
        more=more,
        held=frozenset(map(asked.keys.__getitem__, np.logical_or.reduce(shares).nonzero()[0].tolist())),
    )


def _texts(store: Store, ballots: Sequence[_Ballot]) -> dict[int, tuple[str, Folded]]:
    """Texts of all passages on some ballots, folded; of one that is empty or gone the title."""
    stored = store.passage_texts([number for ballot in ballots for number in ballot.numbers])
    texts = {
        number: stored.get(number) or ballot.found.head.title
        for ballot in ballots
        for number in ballot.numbers
    }
    folded = analyzer.fold_each_with_map(list(texts.values()))
    return dict(zip(texts, zip(texts.values(), folded, strict=True), strict=True))


def _elected(
    query: Query, ballot: _Ballot, texts: Mapping[int, tuple[str, Folded]]
) -> tuple[int, Reading, list[float]]:
    """Read the passages of a ballot; that with the best sentence for its score wins.

    A passage that could not win were all that it holds in one sentence is not cut into sentences.
    """
    best: tuple[float, int, Reading, list[float]] | None = None
    for number, score in zip(ballot.numbers, ballot.scores, strict=True):
        text, folded = texts[number]
        held = held_by(ballot.values, folded.text)
        if best is not None and score + SENTENCE_WEIGHT * most_of(query, held) * (1 + ROUNDING) <= best[0]:
            continue
        reading = Reading.of(text, folded)
        sentences = sentence_scores(query, held, reading)
        total = score + SENTENCE_WEIGHT * max(sentences, default=0.0)
        if best is None or total > best[0]:
            best = total, number, reading, sentences
    if best is None:
        raise ValueError("a ballot without passages")
    return best[1:]
