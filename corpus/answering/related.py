"""Related articles by cosine similarity, and how often a term was in the news."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.models import Article
from corpus.retrieval import phrase_filter
from corpus.retrieval.archive import Archive
from corpus.retrieval.near_duplicates import ArticleSource, same_story
from corpus.retrieval.protocols import Lists
from corpus.text import analyzer, folding, matching
from corpus.text.sketches import Shingles
from corpus.text.terms import Family, Term, codes_of

COMPARED_PASSAGES: Final = 4
"""Passages from the beginning of an article that are compared: they say what it is about."""

QUERY_TERMS: Final = 25
"""Heaviest words of an article by which candidates are found."""

MAX_CANDIDATES: Final = 40
"""Articles that are compared with it."""

TITLE_REPEATS: Final = 3
"""How often a word of the title counts."""

SAME_CATEGORY_LIFT: Final = 0.15
"""Added to the similarity of an article of the same category, as a share of it."""

MIN_SIMILARITY: Final = 0.06
"""Cosine below which two articles of a real archive had nothing in common that a reader could name."""

MAX_REMEMBERED: Final = 2_048
"""Beginnings of articles whose words are remembered, some 5 kB each: each is compared with many others."""


class Words(NamedTuple):
    """The distinct words of an article's beginning.

    Attributes:
        codes: Their codes (`corpus.text.terms.code_of`), in order.
        weights: log(1 + tf) of each.
    """

    codes: NDArray[np.int64]
    weights: NDArray[np.float64]


def similar(archive: Archive, article_id: str, *, limit: int) -> tuple[Article, ...]:
    """Find articles about the same things; see `Corpus.similar`.

    Candidates are found by the article's heaviest words and ranked by the cosine of both articles'
    beginnings, so that a long digest that mentions everything is not similar to everything.
    """
    known = archive.store.article(article_id)
    if known is None:
        return ()
    number, article = known
    texts = archive.store.beginnings([number], passages=COMPARED_PASSAGES)
    own_words = _word_counts(article.title, texts.get(number, ""))
    matches = archive.snapshot.search(_heaviest(archive.snapshot, own_words), limit=MAX_CANDIDATES + 1)
    articles = archive.store.articles_by_number([match.article for match in matches]) | {number: article}
    texts = archive.store.beginnings(list(articles), passages=COMPARED_PASSAGES)
    similarity = _similarity(archive.snapshot, number, articles, texts)
    ranked = sorted(articles.keys() - {number}, key=lambda each: (-similarity[each], each))
    candidates = [each for each in ranked if similarity[each] >= MIN_SIMILARITY]
    return tuple(articles[each] for each in _distinct(number, candidates, articles, texts, limit))


def _similarity(
    snapshot: Lists, number: int, articles: Mapping[int, Article], texts: Mapping[int, str]
) -> dict[int, float]:
    """Cosine of an article with each of the articles, more for those of its category."""
    words = {each: _words(articles[each].title, texts.get(each, "")) for each in articles}
    idfs = _idfs(snapshot, [each.codes for each in words.values()])
    vectors = {each: _weighed(one, idfs) for each, one in words.items()}
    categories = articles[number].categories
    return {
        each: _cosine(vectors[number], vectors[each])
        * (1 + SAME_CATEGORY_LIFT * (article.categories == categories))
        for each, article in articles.items()
    }


def _distinct(
    number: int,
    candidates: Sequence[int],
    articles: Mapping[int, Article],
    texts: Mapping[int, str],
    limit: int,
) -> list[int]:
    """The first candidates that tell neither the story of the article nor that of one before."""
    sources = {each: ArticleSource.from_article(articles[each]) for each in (number, *candidates)}
    bodies = {each: Shingles.from_text(texts.get(each, "")) for each in (number, *candidates)}
    shown = [number]
    for each in candidates:
        if len(shown) > limit:
            break
        if not any(same_story(sources[one], bodies[one], sources[each], bodies[each]) for one in shown):
            shown.append(each)
    return shown[1:]


def _word_counts(title: str, text: str) -> Counter[str]:
    """Count the words of an article's beginning; those of the title count several times."""
    counts = Counter(analyzer.words(folding.fold(text)))
    for word in analyzer.words(folding.fold(title)):
        counts[word] += TITLE_REPEATS
    return Counter({word: count for word, count in counts.items() if len(word) > 1})


def _heaviest(snapshot: Lists, counts: Counter[str]) -> list[Term]:
    """The heaviest words of an article, by log(1 + tf) · idf, as terms of a query."""
    words = list(counts)
    terms = [Term(word) for word in words]
    # A word of this article alone finds no other.
    shared = [frequency > 1 for frequency in snapshot.document_frequencies(terms)]
    idfs = dict(zip(words, snapshot.idfs(terms), strict=True))
    ranked = sorted(
        (word for word, is_shared in zip(words, shared, strict=True) if is_shared),
        key=lambda word: (-idfs[word] * math.log1p(counts[word]), word),
    )
    return [Term(word, weight=math.log1p(counts[word])) for word in ranked[:QUERY_TERMS]]


@lru_cache(MAX_REMEMBERED)
def _words(title: str, text: str) -> Words:
    """The words of an article's beginning, in a form that is compared at once."""
    counts = _word_counts(title, text)
    codes = codes_of(counts)
    order = np.argsort(codes)
    return Words(codes[order], np.log1p(np.fromiter(counts.values(), np.float64, len(counts)))[order])


def _idfs(snapshot: Lists, codes: Sequence[NDArray[np.int64]]) -> Words:
    """The idf of each word that occurs in one of the lists of codes, as its weight."""
    union = np.unique(np.concatenate(codes))
    return Words(union, snapshot.idfs_of_codes(union, Family.WORDS))


def _weighed(words: Words, idfs: Words) -> Words:
    """The vector of an article: log(1 + tf) · idf of its words, normalised to length 1."""
    values = words.weights * idfs.weights[np.searchsorted(idfs.codes, words.codes)]
    return Words(words.codes, values / (float(np.linalg.norm(values)) or 1.0))


def _cosine(one: Words, other: Words) -> float:
    _, own, its = np.intersect1d(one.codes, other.codes, assume_unique=True, return_indices=True)
    return float(one.weights[own] @ other.weights[its])


def trend(archive: Archive, term: str, *, by: Literal["week", "month"]) -> tuple[tuple[date, int], ...]:
    """Count articles by period; see `Corpus.trend`."""
    typed = [piece for piece in folding.fold(term).split() if any(map(str.isalnum, piece))]
    numbers = phrase_filter.articles_containing(archive, [matching.singular(piece) for piece in typed])
    published = [moment for moment in archive.store.published_of(numbers) if moment is not None]
    days = [datetime.fromtimestamp(moment, archive.zone).date() for moment in published]
    counts = Counter(_first_day(day, by) for day in days)
    return tuple((period, counts[period]) for period in _periods(counts, by))


def _first_day(day: date, by: str) -> date:
    """First day of the month or week of a day."""
    return day.replace(day=1) if by == "month" else day - timedelta(days=day.weekday())


def _periods(counts: Mapping[date, int], by: str) -> Iterator[date]:
    """First days of all periods from the first to the last counted one."""
    if not counts:
        return
    period, last = min(counts), max(counts)
    while period <= last:
        yield period
        period = _first_day(period + timedelta(days=31 if by == "month" else 7), by)
