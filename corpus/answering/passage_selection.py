"""Found articles → for those that are shown the passage that answers.

Which of an article's passages is shown is another question than which articles are found: the title's
words tell the article, the rest of the question tells the passage.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from corpus.answering.sentences import Reading, Values, held_by, most_of, sentence_scores, values_of
from corpus.index.bm25 import Floats
from corpus.index.index import Snapshot
from corpus.question.focus import nearness_of
from corpus.question.query import Query
from corpus.retrieval.filters import checks_text, text_passes
from corpus.retrieval.retriever import Found, Ranking
from corpus.store.store import Located, Store
from corpus.text import analyzer, folding
from corpus.text.folding import Folded
from corpus.text.terms import Family, Term

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
            entry for entry in found if text_passes(folding.fold(texts.get(entry.number, "")), query.filters)
        ]
    terms = content_terms(query)
    weights = residual_weights(terms, folding.fold(heads[article].title))
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
    titles = folding.fold_each([entry.head.title for entry in found])
    possible = asked.possible(shares)
    ballots, start = [], 0
    for entry, title, group in zip(found, titles, groups, strict=True):
        if group:
            mine = slice(start, start + len(group))
            ballots.append(_ballot(asked, entry, title, group, shares[mine], possible[mine]))
        start += len(group)
    winners = _elect(query, store, ballots)
    located = store.located([winner.number for winner in winners])
    return [
        Chosen(
            ballot.found,
            located[winner.number],
            ballot.title,
            winner.reading,
            tuple(winner.sentences),
            ballot.more,
            ballot.held,
        )
        for ballot, winner in zip(ballots, winners, strict=True)
        if winner.number in located
    ]


@dataclass(frozen=True, slots=True)
class _Asked:
    """The question's terms, for all found articles alike.

    Attributes:
        terms: `undated`.
        keys: What they are, without their weights.
        idfs: Of each.
        worth: idf times how near the term stands to what asks, which tells the sentence and not the passage.
        needs: For each term (columns) which ones (rows) the index knows of a text that holds it: 1 or 0.
    """

    query: Query
    terms: Sequence[Term]
    keys: Sequence[Key]
    idfs: Sequence[float]
    worth: Sequence[float]
    needs: Floats

    @classmethod
    def of(cls, query: Query, worth: Mapping[Key, float]) -> "_Asked":
        """Look the terms' idfs up."""
        keys = [(text, family) for text, family, _ in query.terms]
        idfs = [worth.get(key, 0.0) for key in keys]
        near = nearness_of((text for text, _ in keys), query.focus, query.evidence)
        worths = [idf * each for idf, each in zip(idfs, near, strict=True)]
        return cls(query, undated(query.terms), keys, idfs, worths, _needs(keys))

    def possible(self, shares: Floats) -> Floats:
        """Which terms (columns) some passages (rows) may hold, by what they earn there: 1 or 0."""
        lacking = (shares == 0).astype(float) @ self.needs
        possible: Floats = (lacking == 0).astype(float)
        return possible


def _needs(keys: Sequence[Key]) -> Floats:
    """See `_Asked`. A text holds each pair of a Han word it holds; of Latin ones the index tells less."""
    places = {text: place for place, (text, family) in enumerate(keys) if family == Family.CHARACTERS}
    needs = np.zeros((len(keys), len(keys)))
    for column, (text, _) in enumerate(keys):
        if analyzer.is_han(text):
            parts = map("".join, itertools.pairwise(text)) if len(text) > 2 else [text]
            for part in parts:
                if part in places:
                    needs[places[part], column] = 1
    return needs


@dataclass(frozen=True, slots=True)
class _Ballot:
    """The passages of an article that may be shown.

    Attributes:
        title: Folded.
        values: Of the question's terms, for its sentences.
        numbers: Of the passages with the greatest scores by those, best first.
        scores: Theirs.
        most: What each of them and its best sentence could come to, as far as the index tells.
    """

    found: Found
    title: str
    values: Values
    numbers: tuple[int, ...]
    scores: tuple[float, ...]
    most: tuple[float, ...]
    more: int
    held: frozenset[Key]


def _ballot(
    asked: _Asked,
    entry: Found,
    title: str,
    numbers: Sequence[int],
    shares: Floats,
    possible: Floats,
) -> _Ballot:
    """Choose the few passages of an article that are read.

    Args:
        asked: The question's terms.
        entry: The article.
        title: Folded.
        numbers: Of all its passages.
        shares: What each term (without weight) earns in each of them.
        possible: Which terms their texts may hold: 1 or 0.
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
    values = values_of(asked.terms, weights, asked.worth)
    held = frozenset(map(asked.keys.__getitem__, np.logical_or.reduce(shares).nonzero()[0].tolist()))
    if not held:  # the post has just changed, and the index has not followed yet
        possible = np.ones_like(possible)
    worth = (possible @ np.array([value for _, _, value in values])).tolist()
    return _Ballot(
        entry,
        title,
        values,
        tuple(numbers[place] for place in best),
        tuple(scores[place] for place in best),
        tuple(
            scores[place] + SENTENCE_WEIGHT * most_of(asked.query, worth[place]) * (1 + ROUNDING)
            for place in best
        ),
        more=more,
        held=held,
    )


class _Winner(NamedTuple):
    """The passage of an article that has come to most so far.

    Attributes:
        total: Its score and that of its best sentence.
        sentences: Scores of its sentences.
    """

    total: float
    number: int
    reading: Reading
    sentences: Sequence[float]


def _elect(query: Query, store: Store, ballots: Sequence[_Ballot]) -> list[_Winner]:
    """Read passages on some ballots; of each ballot that with the best sentence for its score wins.

    The first ones are read, then those that may come to more. Few are: the index tells what they hold.
    """
    texts = _texts(store, ballots, [ballot.numbers[:1] for ballot in ballots])
    firsts = [_best(query, ballot, texts) for ballot in ballots]
    rivals = [
        [
            number
            for number, most in zip(ballot.numbers[1:], ballot.most[1:], strict=True)
            if most > first.total
        ]
        for ballot, first in zip(ballots, firsts, strict=True)
    ]
    texts = _texts(store, ballots, rivals)
    return [_best(query, ballot, texts, first) for ballot, first in zip(ballots, firsts, strict=True)]


def _texts(
    store: Store, ballots: Sequence[_Ballot], numbers: Sequence[Sequence[int]]
) -> dict[int, tuple[str, Folded]]:
    """Texts of some passages on each of the ballots, folded; of one that is empty or gone the title."""
    titles = {
        number: ballot.found.head.title
        for ballot, several in zip(ballots, numbers, strict=True)
        for number in several
    }
    if not titles:
        return {}
    stored = store.passage_texts(list(titles))
    texts = [stored.get(number) or title for number, title in titles.items()]
    return dict(zip(titles, zip(texts, folding.fold_each_with_map(texts), strict=True), strict=True))


def _best(
    query: Query, ballot: _Ballot, texts: Mapping[int, tuple[str, Folded]], best: _Winner | None = None
) -> _Winner:
    """The best of the passages on a ballot whose texts are known, and of one that was read before.

    A passage that could not win were all that it holds in one sentence is not cut into sentences.
    """
    for number, score in zip(ballot.numbers, ballot.scores, strict=True):
        if number not in texts:
            continue
        text, folded = texts[number]
        held = held_by(ballot.values, folded.text)
        most = most_of(query, sum(value for _, _, value in held))
        if best is not None and score + SENTENCE_WEIGHT * most * (1 + ROUNDING) <= best.total:
            continue
        reading = Reading.of(text, folded)
        sentences = sentence_scores(query, held, reading)
        total = score + SENTENCE_WEIGHT * max(sentences, default=0.0)
        if best is None or total > best.total:
            best = _Winner(total, number, reading, sentences)
    if best is None:
        raise ValueError("a ballot without passages")
    return best
