"""What else there is: similar articles, and how often a term was in the news."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Final, Literal

from corpus.answering.archive import Archive
from corpus.index.index import Snapshot
from corpus.models import Article
from corpus.retrieval import phrase_filter
from corpus.retrieval.near_duplicates import Teller, same_story
from corpus.text import analyzer, folding, matching
from corpus.text.sketches import Body
from corpus.text.terms import Term

COMPARED_PASSAGES: Final = 4
"""Passages from an article's beginning that say what it is about."""

ASKED_TERMS: Final = 25
CANDIDATES: Final = 40
TITLE_REPEATS: Final = 3
SAME_CATEGORY: Final = 0.15
"""Added to the likeness of an article of the same category, as a share of it."""

LEAST_LIKENESS: Final = 0.06
"""Cosine below which two articles of a real archive had nothing in common that a reader could name."""

Vector = Mapping[str, float]


def similar(archive: Archive, article_id: str, *, limit: int) -> tuple[Article, ...]:
    """Find articles about the same things; see `Corpus.similar`.

    Candidates are found by the article's heaviest words and ranked by the cosine of both articles'
    beginnings, so that a long digest that mentions everything is not like everything.
    """
    store, snapshot = archive.store, archive.snapshot
    known = store.article(article_id)
    if known is None:
        return ()
    number = known[0]
    own = _words_of(known[1].title, store.beginnings([number], passages=COMPARED_PASSAGES).get(number, ""))
    matches = snapshot.search(_heaviest(snapshot, own), limit=CANDIDATES + 1)
    articles = store.articles_by_number([match.article for match in matches]) | {number: known[1]}
    texts = store.beginnings(list(articles), passages=COMPARED_PASSAGES)
    vectors = _vectors(
        snapshot, {each: _words_of(articles[each].title, texts.get(each, "")) for each in articles}
    )
    likeness = {
        each: _cosine(vectors[number], vectors[each])
        * (1 + SAME_CATEGORY * (articles[each].categories == known[1].categories))
        for each in articles
    }
    tellers = {each: Teller.of(articles[each]) for each in articles}
    bodies = {each: Body.of(texts.get(each, "")) for each in articles}
    shown = [number]
    for each in sorted(articles.keys() - {number}, key=lambda each: (-likeness[each], each)):
        if len(shown) > limit or likeness[each] < LEAST_LIKENESS:
            break
        if not any(same_story(tellers[one], bodies[one], tellers[each], bodies[each]) for one in shown):
            shown.append(each)
    return tuple(articles[each] for each in shown[1:])


def _words_of(title: str, text: str) -> Counter[str]:
    """Count the words of an article's beginning, those of the title several times."""
    counts = Counter(analyzer.words(folding.fold(text)))
    for word in analyzer.words(folding.fold(title)):
        counts[word] += TITLE_REPEATS
    return Counter({word: count for word, count in counts.items() if len(word) > 1})


def _heaviest(snapshot: Snapshot, counts: Counter[str]) -> list[Term]:
    """The words that say most about an article, by tf and idf."""
    words = list(counts)
    terms = [Term(word) for word in words]
    # A word of this article alone finds no other.
    shared = [frequency > 1 for frequency in snapshot.document_frequencies(terms)]
    idfs = dict(zip(words, snapshot.idfs(terms), strict=True))
    ranked = sorted(
        (word for word, is_shared in zip(words, shared, strict=True) if is_shared),
        key=lambda word: (-idfs[word] * math.log1p(counts[word]), word),
    )
    return [Term(word, weight=math.log1p(counts[word])) for word in ranked[:ASKED_TERMS]]


def _vectors(snapshot: Snapshot, counts: Mapping[int, Counter[str]]) -> dict[int, Vector]:
    """For each article the weights of its words: log(1 + tf) · idf, of length 1."""
    words = sorted({word for each in counts.values() for word in each})
    idfs = dict(zip(words, snapshot.idfs([Term(word) for word in words]), strict=True))
    vectors: dict[int, Vector] = {}
    for number, each in counts.items():
        vector = {word: math.log1p(count) * idfs[word] for word, count in each.items()}
        length = math.hypot(*vector.values()) or 1.0
        vectors[number] = {word: value / length for word, value in vector.items()}
    return vectors


def _cosine(one: Vector, other: Vector) -> float:
    return sum(value * other[word] for word, value in one.items() if word in other)


def trend(archive: Archive, term: str, *, by: Literal["week", "month"]) -> tuple[tuple[date, int], ...]:
    """Count articles by period; see `Corpus.trend`."""
    typed = [piece for piece in folding.fold(term).split() if any(map(str.isalnum, piece))]
    pieces = [matching.singular(piece) for piece in typed]
    numbers = phrase_filter.articles_holding(archive.snapshot, archive.store, archive.names, pieces)
    counts: dict[date, int] = {}
    for published in archive.store.published_of(numbers):
        if published is not None:
            day = datetime.fromtimestamp(published, archive.zone).date()
            start = day.replace(day=1) if by == "month" else day - timedelta(days=day.weekday())
            counts[start] = counts.get(start, 0) + 1
    return tuple(_periods(counts, by))


def _periods(counts: dict[date, int], by: str) -> Iterator[tuple[date, int]]:
    """All periods from the first to the last counted one."""
    if not counts:
        return
    period, last = min(counts), max(counts)
    while period <= last:
        yield period, counts.get(period, 0)
        period += timedelta(days=31 if by == "month" else 7)
        if by == "month":
            period = period.replace(day=1)
