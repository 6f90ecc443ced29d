"""What else there is: similar articles, how often a term is in the news, questions to try."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final, Literal

from corpus import analyzer
from corpus.asking import Archive, Page, ask
from corpus.index import Snapshot
from corpus.models import Article, Confidence, Filters, Order
from corpus.terms import Term

SIMILAR_PASSAGES = 8
SIMILAR_TERMS: Final = 25
EXAMPLE_ARTICLES = 60


def similar(archive: Archive, article_id: str, *, limit: int) -> tuple[Article, ...]:
    """Find articles about the same things; see `Corpus.similar`."""
    store, snapshot = archive.store, archive.snapshot
    found = store.article(article_id)
    if found is None:
        return ()
    number, article = found
    text = store.beginnings([number], passages=SIMILAR_PASSAGES).get(number, "")
    terms = characteristic_terms(snapshot, article.title, text)
    matches = snapshot.search(terms, limit=limit * 2 + 5)
    articles = store.articles_by_number([match.article for match in matches])
    return tuple(articles[m.article] for m in matches if m.article != number and m.article in articles)[
        :limit
    ]


def characteristic_terms(snapshot: Snapshot, title: str, text: str) -> list[Term]:
    """Return the terms that say most about an article: by tf and idf, those of the title counted thrice."""
    counts = Counter(analyzer.words(analyzer.fold(text)))
    for word in analyzer.words(analyzer.fold(title)):
        counts[word] += 3
    candidates = [Term(word) for word in counts if len(word) > 1]
    weights = dict(zip(candidates, snapshot.idfs(candidates), strict=True))
    frequencies = dict(zip(candidates, snapshot.document_frequencies(candidates), strict=True))
    ranked = sorted(
        (term for term in candidates if frequencies[term] > 1),  # a word of this article alone finds no other
        key=lambda term: (-weights[term] * counts[term.text], term.text),
    )
    return [replace(term, weight=min(3.0, counts[term.text])) for term in ranked[:SIMILAR_TERMS]]


def trend(archive: Archive, term: str, *, by: Literal["week", "month"]) -> tuple[tuple[date, int], ...]:
    """Count articles by period; see `Corpus.trend`."""
    words = analyzer.words(analyzer.fold(term))
    if not words:
        return ()
    snapshot = archive.snapshot
    holding = [
        {match.article for match in snapshot.search([Term(word)], limit=snapshot.count)}
        for word in dict.fromkeys(words)
    ]
    counts: dict[date, int] = {}
    for published in archive.store.published_of(sorted(set.intersection(*holding))):
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


_EXAMPLE_SPLIT = re.compile(r"[，。！？；：、|｜—…\s:;!?,]+")
_EXAMPLE_BRACKETS = re.compile(r"【[^】]*】|\([^)]*\)|（[^）]*）|\[[^\]]*\]")


def example_questions(archive: Archive, count: int) -> tuple[str, ...]:
    """Make questions that the newest articles answer; see `Corpus.example_questions`."""
    examples: list[str] = []
    outlets = set()
    for article in archive.store.newest(limit=EXAMPLE_ARTICLES, offset=0)[0]:
        if len(examples) >= count:
            break
        if article.author in outlets:
            continue
        question = example_question(article.title)
        if question is None:
            continue
        answer = ask(archive, question, filters=Filters(), page=Page(1, 0, Order.RELEVANCE))
        if answer.confidence is Confidence.ANSWER and answer.hits[0].article.id == article.id:
            outlets.add(article.author)
            examples.append(question)
    return tuple(examples)


def example_question(title: str) -> str | None:
    """Make a question of a headline's longest clause, or None when none reads well."""
    clauses = _EXAMPLE_SPLIT.split(_EXAMPLE_BRACKETS.sub(" ", title))
    clause = max(clauses, key=len, default="").strip("“”\"'·")
    return clause if 6 <= len(clause) <= 24 and analyzer.is_han(clause[0]) else None
