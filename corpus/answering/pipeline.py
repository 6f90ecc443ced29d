"""A question → an answer: understand, find, mend what is mistyped, judge, show."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Final

from corpus.answering import confidence, context_sentence, listing, relaxation
from corpus.answering.archive import Archive, Page
from corpus.answering.passage_selection import Chosen
from corpus.answering.search import Finding, search
from corpus.answering.sentences import answering_sentences, highlights
from corpus.models import Answer, Confidence, Filters, Hit, Unmet
from corpus.question import filter_syntax, parser
from corpus.question.query import Query
from corpus.retrieval import spelling
from corpus.store.store import Store

SURE: Final = 0.64
"""Confidence from which an answer is given as one: see docs/decisions/answers.md for what it costs."""

RELATED: Final = 0.11
"""Confidence from which an article is offered as possibly related."""

SURELY_RIGHT: Final = 0.9
"""Confidence from which nobody looks for mistyped words any more."""

CORRECTION_GAIN: Final = 0.075
"""What a corrected question must be surer by to be searched in place of what was typed."""

NEAR_TITLE: Final = 0.15
"""Share of a question that a title holds from which on it is offered where nothing answers: see
docs/decisions/answers.md."""


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
        suggestions=(*relaxation.respelled(question, unmet), *suggestions),
        hits=hits,
        total=finding.total,
        milliseconds=(time.perf_counter() - started) * 1000,
        corrected=corrected,
        total_is_bound=finding.more,
        listing=finding.listing,
        unmet=unmet,
        nearest=_near(finding, hits) if band is Confidence.NONE else (),
    )


def _near(finding: Finding, hits: Sequence[Hit]) -> tuple[Hit, ...]:
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
    parsed = parser.parse(question, filters=filters, today=today)
    return Answer(question, Confidence.NONE, 0.0, None, parsed.filters, (), (), 0, 0.0)


def _find_relaxed(
    archive: Archive, question: str, filters: Filters, page: Page
) -> tuple[Finding, str | None, tuple[str, ...], tuple[Unmet, ...]]:
    """Find, without conditions that nothing meets.

    Returns:
        As `_find_mended`; those conditions.
    """
    understand = partial(relaxation.understand, filters=filters, names=archive.names, today=archive.today)

    def parse(text: str) -> Query:
        return understand(text)[0]

    parsed, unmet = understand(question)
    found = _find_mended(archive, parsed, parse, page)
    first, shown = found[0].first, found[0].shown
    held_by = archive.snapshot, archive.store, archive.names
    missing: tuple[Unmet, ...] = ()
    if first is None and (missing := relaxation.missing_phrases(parsed.filters, filters, *held_by)):
        loose = filter_syntax.unquoted(question, [each.value for each in missing])
        found = _find_mended(archive, parse(loose), parse, page)
    elif first is not None and parsed.quoted:
        missing = relaxation.missing_quotes(parsed, (first, *shown), *held_by)
    return *found, (*unmet, *missing)


def _find_mended(
    archive: Archive, parsed: Query, parse: Callable[[str], Query], page: Page
) -> tuple[Finding, str | None, tuple[str, ...]]:
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


def _find(archive: Archive, parsed: Query, page: Page) -> Finding:
    browses = parsed.browses is not None and not parsed.filters.article
    listed = listing.browse(archive, parsed, page) if browses else None
    return search(archive, parsed, page) if listed is None else listed


def _hit(store: Store, query: Query, chosen: Chosen) -> Hit:
    passage = replace(chosen.located.passage, text=chosen.reading.text)
    before = None
    if passage.ordinal:
        body = store.body(chosen.located.article_number, until=passage.ordinal)
        before = context_sentence.lead(passage.text, passage.ordinal, *body)
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
