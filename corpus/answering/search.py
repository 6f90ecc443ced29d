"""A question that was understood → articles found, put in order, and how sure the first one is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from corpus.answering import confidence, passage_selection
from corpus.answering.archive import NEWEST_DEPTH, Archive, Page, newest_first
from corpus.answering.passage_selection import Chosen
from corpus.index.index import Snapshot
from corpus.models import Listing, Order
from corpus.question.answer_types import Mark
from corpus.question.query import Query
from corpus.retrieval import filters, retriever
from corpus.retrieval.retriever import Found, Ranking
from corpus.store.store import Store
from corpus.text.terms import Family, Term

UNPUBLISHED: Final = 0.5
"""Highest confidence where days were named and what is found is not of them."""

NAMES_ANOTHER: Final = 0.6
"""Highest confidence where a name has another number in what is found: 斯普拉遁3 for 斯普拉遁4."""

NOTHING_ASKED: Final = 0.6
"""Highest confidence where the best sentences hold nothing of what is asked for: 多少钱, and no sum."""

NOTHING_NAMED: Final = 0.1
"""Highest confidence where a question names nothing that could be found: 什么时候的事."""

SHORT_PERIOD: Final = timedelta(days=31)
"""News of so short a time, counted from today, are not in what was published before it."""

READ_HITS: Final = 5
"""So many first hits are ordered anew by their score times how well each fits beside the best fitting one."""

FOCUS_LIFT: Final = 0.5
"""Fits better: a hit of which one sentence holds the question."""

WHOLE_LOSS: Final = 0.5
NUMBERS_LOSS: Final = 0.3
"""Fits less: a hit that says nothing of the question's rarest word, for all the other words may have earned
it as much; and one that has none of its numbers."""

RECENT_SHARE: Final = 0.75
"""Where what is of late is asked for, hits that reach this share of the best score come newest first."""

Worth = Mapping[tuple[str, Family], float]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a search came to.

    Attributes:
        total: Number of hits on all pages.
        more: There may be further ones.
        first: The best hit, None when nothing was found.
        shown: Those on the page.
        score: Confidence.
        listing: As in `Answer`.
    """

    query: Query
    worth: Worth
    total: int = 0
    more: bool = False
    first: Chosen | None = None
    shown: tuple[Chosen, ...] = ()
    score: float = 0.0
    listing: Listing | None = None


def search(archive: Archive, parsed: Query, page: Page) -> Finding:
    """Find articles by what a question says."""
    snapshot, store = archive.snapshot, archive.store
    worth = worth_of(snapshot, parsed)
    if not parsed.terms:
        return Finding(parsed, worth)
    article = _article(store, parsed)
    ranking = _retrieve(archive, parsed, page, article)
    first = passage_selection.choose(snapshot, store, parsed, ranking.found[:READ_HITS], worth)
    if not first:
        return Finding(parsed, worth)
    wanted = confidence.Wanted.of(parsed, worth)
    retrieved = {each.found.number: each.found.score for each in first}
    fits = {each.found.number: confidence.fit(wanted, each) for each in first}
    if article is None:
        first = _reranked(first, [fits[each.found.number] for each in first])
        ranking = replace(ranking, found=(*(each.found for each in first), *ranking.found[READ_HITS:]))
    others = [each.score for each in ranking.found[1:10]]
    if article is None and parsed.recent:
        ranking = replace(ranking, found=_newer_first(ranking.found))
    best, found = ranking.found[0], page.ordered(ranking)
    shown = found[page.offset : page.offset + page.limit]
    chosen = {id(each.found): each for each in first}
    further = {id(entry): entry for entry in (best, *shown) if id(entry) not in chosen}
    chosen |= {
        id(each.found): each
        for each in passage_selection.choose(snapshot, store, parsed, list(further.values()), worth)
    }
    first_hit = chosen.get(id(best), first[0])
    fit = fits.get(best.number) or confidence.fit(wanted, first_hit)
    evidence = confidence.gather(
        wanted, first_hit, fit, others, retrieved=retrieved.get(best.number, best.score)
    )
    return Finding(
        parsed,
        worth,
        total=len(found),
        more=ranking.more and page.order is Order.RELEVANCE,
        first=first_hit,
        shown=tuple(chosen[id(entry)] for entry in shown if id(entry) in chosen),
        score=min(confidence.score(evidence), _most(archive, parsed, first, first_hit, evidence)),
    )


def _most(
    archive: Archive, parsed: Query, hits: Sequence[Chosen], first: Chosen, evidence: confidence.Evidence
) -> float:
    """The highest confidence that a question leaves, whatever speaks for the first hit."""
    unpublished = parsed.browses == "" or _precedes(archive, parsed, first)
    return min(
        UNPUBLISHED if unpublished else 1.0,
        NAMES_ANOTHER if confidence.names_another(parsed, hits) else 1.0,
        NOTHING_ASKED if parsed.kind.mark is Mark.NEEDED and not evidence.kind else 1.0,
        NOTHING_NAMED if parsed.empty else 1.0,
    )


def _article(store: Store, parsed: Query) -> int | None:
    """Number of the article that alone is searched."""
    numbered = store.article(parsed.filters.article) if parsed.filters.article else None
    return None if numbered is None else numbered[0]


def _retrieve(archive: Archive, parsed: Query, page: Page, article: int | None) -> Ranking:
    if article is not None:
        return passage_selection.search_article(archive.snapshot, archive.store, parsed, article)
    where = filters.restriction(parsed.filters, archive.names, archive.zone, None)
    depth = max(page.depth, NEWEST_DEPTH) if parsed.recent else page.depth
    return retriever.search(archive.snapshot, archive.store, parsed, where, wanted=depth)


def _newer_first(found: Sequence[Found]) -> tuple[Found, ...]:
    """Put hits that are nearly as good as the best one before all others, the newest first."""
    near, others = newest_first(found, RECENT_SHARE)
    return (*near, *others)


def _precedes(archive: Archive, parsed: Query, hit: Chosen) -> bool:
    """Whether a hit was published before the days that were named: 上周 of an article of three years ago."""
    days, published = parsed.days(archive.today), hit.located.article.published
    if days is None or published is None or not any(mention.relative for mention in parsed.dates):
        return False
    since, until = days
    short = until - since < SHORT_PERIOD and since <= archive.today
    return short and published.astimezone(archive.zone).date() < since


def _reranked(hits: Sequence[Chosen], fits: Sequence[confidence.Fit]) -> list[Chosen]:
    """Order the first hits anew, by what they hold of the question beside their score."""
    fitnesses = [_fitness(fit) for fit in fits]
    reranked = [
        replace(hit, found=hit.found._replace(score=hit.found.score * fitness / max(fitnesses)))
        for hit, fitness in zip(hits, fitnesses, strict=True)
    ]
    return sorted(reranked, key=lambda hit: -hit.found.score)


def _fitness(fit: confidence.Fit) -> float:
    lift = 1 + FOCUS_LIFT * fit.focus
    return lift * (1 - WHOLE_LOSS * (1 - fit.whole)) * (1 - NUMBERS_LOSS * fit.missing_numbers)


def worth_of(snapshot: Snapshot, parsed: Query) -> Worth:
    """The idf of a question's words and terms."""
    terms = {(term.text, term.family): term for term in parsed.terms}
    for word in parsed.words:
        terms.setdefault((word, Family.WORDS), Term(word))
    return dict(zip(terms, snapshot.idfs(list(terms.values())), strict=True))
