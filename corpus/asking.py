"""A question → an answer: understand, find, mend what is mistyped, judge, show."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from corpus import choosing, confidence, filtering, leads, query, relaxing, retriever, spelling
from corpus.answer import answering_sentences, highlights
from corpus.choosing import Chosen
from corpus.dates import mention_terms
from corpus.filtering import Names
from corpus.index import Snapshot
from corpus.models import Answer, Confidence, Filters, Hit, Listing, Order, Unmet
from corpus.query import Query
from corpus.retriever import Found, Ranking
from corpus.store import Store
from corpus.terms import Family, Term

SURE: Final = 0.66
"""Confidence from which an answer is given as one: see docs/decisions/answers.md for what it costs."""

RELATED: Final = 0.13
"""Confidence from which an article is offered as possibly related."""

SURELY_RIGHT: Final = 0.9
"""Confidence from which nobody looks for mistyped words any more."""

CORRECTION_GAIN: Final = 0.075
"""What a corrected question must be surer by to be searched in place of what was typed."""

UNPUBLISHED: Final = 0.5
"""Highest confidence where days were named and what is found is not of them."""

NAMES_ANOTHER: Final = 0.6
"""Highest confidence where a name has another number in what is found: 斯普拉遁3 for 斯普拉遁4."""

NOTHING_NAMED: Final = 0.1
"""Highest confidence where a question names nothing that could be found: 什么时候的事."""

SHORT_PERIOD: Final = timedelta(days=31)
"""News of so short a time, counted from today, are not in what was published before it."""

READ_HITS: Final = 5
"""So many first hits are ordered anew by their score times how well each fits beside the best fitting one."""

FOCUS_LIFT: Final = 0.8
KIND_LIFT: Final = 0.1
"""Fits better: a hit of which one sentence holds the question, and one of the asked kind."""

WHOLE_LOSS: Final = 0.5
NUMBERS_LOSS: Final = 0.3
"""Fits less: a hit that says nothing of the question's rarest word, for all the other words may have earned
it as much; and one that has none of its numbers."""

NEWEST_DEPTH: Final = 200
NEWEST_SHARE: Final = 0.5
"""Ordered by date, hits are those of the best so many that reach this share of the first one's score:
else whatever shares a common word with the question would come before what it asks for."""

RECENT_SHARE: Final = 0.75
"""Where what is of late is asked for, hits that reach this share of the best score come newest first."""

LISTED_BLOCK: Final = 200
"""Of so many articles at a time in a list, those without text come last."""

NEAR_TITLE: Final = 0.15
"""Share of a question that a title holds from which on it is offered where nothing answers: see
docs/decisions/answers.md."""

Worth = Mapping[tuple[str, Family], float]


@dataclass(frozen=True, slots=True)
class Archive:
    """What a question is asked of: one state of everything.

    Attributes:
        names: Looks up the names of categories and authors, which few questions need.
    """

    snapshot: Snapshot
    store: Store
    names: Callable[[], Names]
    zone: ZoneInfo
    today: date


@dataclass(frozen=True, slots=True)
class Page:
    """Which of the hits are shown."""

    limit: int
    offset: int
    order: Order

    @property
    def depth(self) -> int:
        """Hits that have to be found."""
        return NEWEST_DEPTH if self.order is Order.NEWEST else self.offset + self.limit

    def ordered(self, ranking: Ranking) -> tuple[Found, ...]:
        """All hits in order."""
        if self.order is Order.RELEVANCE or not ranking.found:
            return ranking.found
        return _newest(ranking.found, NEWEST_SHARE)[0]


@dataclass(frozen=True, slots=True)
class _Finding:
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


def ask(archive: Archive, question: str, *, filters: Filters, page: Page) -> Answer:
    """Answer a question; see `Corpus.ask`."""
    started = time.perf_counter()
    finding, corrected, suggestions, unmet = _find_relaxed(archive, question, filters, page)
    band = band_of(finding.score)
    hits = tuple(_hit(archive.store, finding.query, chosen) for chosen in finding.shown)
    text = None
    if finding.listing is not None:
        hits = tuple(replace(hit, sentences=()) for hit in hits)
    elif band is not Confidence.NONE and finding.first is not None:
        reading = finding.first.reading
        spans = answering_sentences(finding.first.sentence_scores, reading)
        text = "".join(reading.text[start:end] for start, end in spans)
    return Answer(
        question=question,
        confidence=band,
        score=finding.score,
        text=text,
        filters=finding.query.filters,
        suggestions=(*relaxing.respelled(question, unmet), *suggestions),
        hits=hits,
        total=finding.total,
        milliseconds=(time.perf_counter() - started) * 1000,
        corrected=corrected,
        total_is_bound=finding.more,
        listing=finding.listing,
        unmet=unmet,
        nearest=_near(finding, hits) if band is Confidence.NONE else (),
    )


def _near(finding: _Finding, hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """Those of the hits shown that may be offered though they do not answer."""
    wanted = confidence.Wanted.of(finding.query, finding.worth)
    shares = [confidence.title_share(wanted, each) for each in finding.shown]
    return tuple(hit for hit, share in zip(hits, shares, strict=True) if share >= NEAR_TITLE)


def band_of(score: float) -> Confidence:
    """The band of a confidence."""
    if score >= SURE:
        return Confidence.ANSWER
    return Confidence.RELATED if score >= RELATED else Confidence.NONE


def nothing(question: str, filters: Filters, today: date) -> Answer:
    """The answer of an empty archive."""
    parsed = query.parse(question, filters=filters, today=today)
    return Answer(question, Confidence.NONE, 0.0, None, parsed.filters, (), (), 0, 0.0)


def _find_relaxed(
    archive: Archive, question: str, filters: Filters, page: Page
) -> tuple[_Finding, str | None, tuple[str, ...], tuple[Unmet, ...]]:
    """Find, without conditions that nothing meets.

    Returns:
        As `_find_mended`; those conditions.
    """
    understand = partial(relaxing.understand, filters=filters, names=archive.names, today=archive.today)

    def parse(text: str) -> Query:
        return understand(text)[0]

    parsed, unmet = understand(question)
    found = _find_mended(archive, parsed, parse, page)
    first, shown = found[0].first, found[0].shown
    missing: tuple[Unmet, ...] = ()
    if first is None and (missing := relaxing.missing_phrases(parsed.filters, filters)):
        found = _find_mended(archive, parse(query.unquoted(question)), parse, page)
    elif first is not None and parsed.quoted:
        missing = relaxing.missing_quotes(
            parsed, (first, *shown), archive.snapshot, archive.store, archive.names
        )
    return *found, (*unmet, *missing)


def _find_mended(
    archive: Archive, parsed: Query, parse: Callable[[str], Query], page: Page
) -> tuple[_Finding, str | None, tuple[str, ...]]:
    """Find, with mistyped words corrected where that makes the answer surer.

    Args:
        parse: Understands another wording of the question.

    Returns:
        What was found; the corrected question if it was searched; questions to suggest otherwise.
    """
    finding = _find(archive, parsed, page)
    if finding.listing is not None or parsed.filters.phrases:  # quoted: meant to the letter
        return finding, None, ()
    text = None if finding.score >= SURELY_RIGHT else spelling.mend(parsed, archive.snapshot)
    if text is None:
        return finding, None, ()
    other = _find(archive, parse(text), page)
    if other.score > finding.score + CORRECTION_GAIN:
        return other, text, ()
    worth_a_try = other.first is not None and other.score > finding.score
    return finding, None, (text,) if worth_a_try else ()


def _find(archive: Archive, parsed: Query, page: Page) -> _Finding:
    snapshot, store = archive.snapshot, archive.store
    worth = worth_of(snapshot, parsed)
    if parsed.browses is not None and not parsed.filters.article:
        browsed = _browse(archive, parsed, page, worth)
        if browsed is not None:
            return browsed
    if not parsed.terms:
        return _Finding(parsed, worth)
    numbered = store.article(parsed.filters.article) if parsed.filters.article else None
    number = None if numbered is None else numbered[0]
    where = filtering.restriction(parsed.filters, archive.names, archive.zone, number)
    if number is None:
        depth = max(page.depth, NEWEST_DEPTH) if parsed.recent else page.depth
        ranking = retriever.search(snapshot, store, parsed, where, wanted=depth)
    else:
        ranking = choosing.search_article(snapshot, store, parsed, number)
    first = choosing.choose(snapshot, store, parsed, ranking.found[:READ_HITS], worth)
    if not first:
        return _Finding(parsed, worth)
    wanted = confidence.Wanted.of(parsed, worth)
    retrieved = {each.found.head.number: each.found.score for each in first}
    if number is None:
        first = _reranked(wanted, first)
        ranking = replace(ranking, found=(*(each.found for each in first), *ranking.found[READ_HITS:]))
    others = [each.score for each in ranking.found[1:10]]
    if number is None and parsed.recent:
        ranking = replace(ranking, found=_newer_first(ranking.found))
    best, found = ranking.found[0], page.ordered(ranking)
    shown = found[page.offset : page.offset + page.limit]
    chosen = {id(each.found): each for each in first}
    further = {id(entry): entry for entry in (best, *shown) if id(entry) not in chosen}
    chosen |= {
        id(each.found): each
        for each in choosing.choose(snapshot, store, parsed, list(further.values()), worth)
    }
    first_hit = chosen.get(id(best), first[0])
    evidence = confidence.gather(
        wanted, first_hit, others, retrieved=retrieved.get(best.head.number, best.score)
    )
    unpublished = parsed.browses == "" or _precedes(archive, parsed, first_hit)
    return _Finding(
        parsed,
        worth,
        total=len(found),
        more=ranking.more and page.order is Order.RELEVANCE,
        first=first_hit,
        shown=tuple(chosen[id(entry)] for entry in shown if id(entry) in chosen),
        score=min(
            confidence.score(evidence),
            UNPUBLISHED if unpublished else 1.0,
            NAMES_ANOTHER if confidence.names_another(parsed, first) else 1.0,
            NOTHING_NAMED if parsed.empty else 1.0,
        ),
    )


def _newer_first(found: Sequence[Found]) -> tuple[Found, ...]:
    """Put hits that are nearly as good as the best one before all others, the newest first."""
    near, others = _newest(found, RECENT_SHARE)
    return (*near, *others)


def _newest(found: Sequence[Found], share: float) -> tuple[tuple[Found, ...], tuple[Found, ...]]:
    """Hits of the best so many that have a share of the first one's score, the newest first; all others."""
    least, best = share * found[0].score, found[:NEWEST_DEPTH]
    near = sorted(
        (entry for entry in best if entry.score >= least), key=lambda entry: -(entry.head.published or 0)
    )
    return tuple(near), (*(entry for entry in best if entry.score < least), *found[NEWEST_DEPTH:])


def _precedes(archive: Archive, parsed: Query, hit: Chosen) -> bool:
    """Whether a hit was published before the days that were named: 上周 of an article of three years ago."""
    days, published = parsed.days(archive.today), hit.located.article.published
    if days is None or published is None or not any(mention.relative for mention in parsed.dates):
        return False
    since, until = days
    short = until - since < SHORT_PERIOD and since <= archive.today
    return short and published.astimezone(archive.zone).date() < since


def _browse(archive: Archive, parsed: Query, page: Page, worth: Worth) -> _Finding | None:
    """What was published on the days named, or what is newest where those have nothing or none is named.

    What else is said must be the name of a category or an author: anything else is a question. None for
    that, and where there is nothing at all.
    """
    days, filters = parsed.days(archive.today), _named(archive.names, parsed)
    if filters is None or (parsed.dates and days is None and not parsed.recent):
        return None
    end = -(-(page.offset + page.limit) // LISTED_BLOCK) * LISTED_BLOCK
    narrowed, numbers, total = _published(archive, filters, days, end)
    if not total and any(mention.any_year for mention in parsed.dates):
        days = _last_such_days(archive, parsed) or days
        narrowed, numbers, total = _published(archive, filters, days, end)
    nothing_then = days is not None and not total
    if nothing_then:
        narrowed, numbers, total = _published(archive, filters, None, end)
    if not total:
        return None
    shown = _textless_last(archive.store, numbers)[page.offset : page.offset + page.limit]
    heads = archive.store.heads(shown)
    found = [Found(heads[number], 0, 1.0) for number in shown if number in heads]
    asked = replace(parsed, filters=narrowed, words=(), terms=())
    chosen = choosing.choose(archive.snapshot, archive.store, asked, found, worth)
    since, until = days or (None, None)
    return _Finding(
        asked,
        worth,
        total=total,
        first=chosen[0] if chosen else None,
        shown=tuple(chosen),
        score=UNPUBLISHED if nothing_then else 1.0,
        listing=Listing(since, until, nothing_then),
    )


def _named(names: Callable[[], Names], parsed: Query) -> Filters | None:
    """The filters of a question with the category or author that is named in it; None for another name."""
    filters = parsed.filters
    if not parsed.browses:
        return filters
    if names().is_category(parsed.browses) and filters.category is None:
        return replace(filters, category=parsed.browses)
    if names().is_author(parsed.browses) and filters.author is None:
        return replace(filters, author=parsed.browses)
    return None


def _published(
    archive: Archive, filters: Filters, days: tuple[date, date] | None, limit: int
) -> tuple[Filters, list[int], int]:
    """The newest articles of some days that pass filters: the filters for it, numbers, how many in all."""
    if days is not None:
        filters = replace(
            filters,
            since=max(days[0], filters.since or days[0]),
            until=min(days[1], filters.until or days[1]),
        )
    where = filtering.restriction(filters, archive.names, archive.zone, None)
    return filters, *archive.snapshot.newest(where=where, limit=limit)


def _last_such_days(archive: Archive, parsed: Query) -> tuple[date, date] | None:
    """The days named without a year, in the last year in which something was published on them."""
    if len(parsed.dates) != 1:
        return None
    [mention] = parsed.dates
    terms = [Term(text) for text in mention_terms(mention)]
    moments = archive.store.published_of(archive.snapshot.articles_with(terms).tolist())
    last = max((moment for moment in moments if moment is not None), default=None)
    if last is None:
        return None
    year = datetime.fromtimestamp(last, archive.zone).year
    try:
        return mention.since.replace(year=year), mention.until.replace(year=year)
    except ValueError:  # the end of a February
        return None


def _textless_last(store: Store, numbers: Sequence[int]) -> list[int]:
    """Move articles without text, such as bare pictures, to the end of each block of a list."""
    ordered: list[int] = []
    for start in range(0, len(numbers), LISTED_BLOCK):
        block = numbers[start : start + LISTED_BLOCK]
        texts = store.beginnings(block, passages=1)
        ordered += sorted(block, key=lambda number: not texts.get(number, "").strip())
    return ordered


def _reranked(wanted: confidence.Wanted, hits: Sequence[Chosen]) -> list[Chosen]:
    """Order the first hits anew, by what they hold of the question beside their score."""
    fits = [_fitness(confidence.fit(wanted, hit)) for hit in hits]
    reranked = [
        replace(hit, found=hit.found._replace(score=hit.found.score * fit / max(fits)))
        for hit, fit in zip(hits, fits, strict=True)
    ]
    return sorted(reranked, key=lambda hit: -hit.found.score)


def _fitness(fit: confidence.Fit) -> float:
    lift = 1 + FOCUS_LIFT * fit.focus + KIND_LIFT * fit.of_kind
    return lift * (1 - WHOLE_LOSS * (1 - fit.whole)) * (1 - NUMBERS_LOSS * fit.missing_numbers)


def worth_of(snapshot: Snapshot, parsed: Query) -> Worth:
    """The idf of a question's words and terms."""
    terms = {(term.text, term.family): term for term in parsed.terms}
    for word in parsed.words:
        terms.setdefault((word, Family.WORDS), Term(word))
    return dict(zip(terms, snapshot.idfs(list(terms.values())), strict=True))


def _hit(store: Store, query: Query, chosen: Chosen) -> Hit:
    passage = replace(chosen.located.passage, text=chosen.reading.text)
    before = None
    if passage.ordinal:
        body = store.body(chosen.located.article_number, until=passage.ordinal)
        before = leads.lead(passage.text, passage.ordinal, *body)
    return Hit(
        article=chosen.located.article,
        passage=passage,
        sentences=answering_sentences(chosen.sentence_scores, chosen.reading),
        highlights=highlights(query, chosen.reading),
        score=chosen.found.score,
        more_in_article=chosen.more,
        same_story=chosen.found.same_story,
        lead=before,
    )
