"""Question → `Answer`: understand, search, correct what is mistyped, judge, show."""

import time
from dataclasses import dataclass, replace
from datetime import date

from corpus.answering import context_sentence, listing, relaxation
from corpus.answering.calibration import band
from corpus.answering.page import Page
from corpus.answering.parameters import DEFAULTS, Parameters, SentenceParameters
from corpus.answering.passage_selection import SelectedPassage
from corpus.answering.search import SearchResult, search
from corpus.answering.sentences import answering_sentences, highlights
from corpus.models import Answer, Confidence, Filters, Hit, Unmet
from corpus.question import filter_syntax, parser
from corpus.question.query import Query
from corpus.retrieval import spelling
from corpus.retrieval.archive import Archive
from corpus.store.store import Store


def ask(
    archive: Archive, question: str, *, filters: Filters, page: Page, parameters: Parameters = DEFAULTS
) -> Answer:
    """Answer a question; see `Corpus.ask`."""
    started = time.perf_counter()
    attempt = _attempt(_Request(archive, filters, page, parameters), question)
    result = attempt.result
    confidence = band(result.score, parameters.calibration)
    hits = tuple(
        _hit(archive.store, result.query, selected, parameters.sentences) for selected in result.shown
    )
    text = None
    if result.listing is not None:
        hits = tuple(replace(hit, sentences=()) for hit in hits)
    elif confidence is not Confidence.NONE and result.best is not None:
        text = _answer_text(result.best, hits, parameters.sentences)
    return Answer(
        question=question,
        confidence=confidence,
        score=result.score,
        text=text,
        filters=result.query.filters,
        suggestions=(*relaxation.alternatives(question, attempt.unmet), *attempt.suggestions),
        hits=hits,
        total=result.total,
        milliseconds=(time.perf_counter() - started) * 1000,
        corrected=attempt.corrected,
        total_is_bound=result.truncated,
        listing=result.listing,
        unmet=attempt.unmet,
        nearest=tuple(hits[place] for place in result.near),
    )


def answer_without_articles(question: str, filters: Filters, today: date) -> Answer:
    """The answer of an empty archive."""
    query = parser.parse(question, filters=filters, today=today)
    return Answer(
        question=question,
        confidence=Confidence.NONE,
        score=0.0,
        text=None,
        filters=query.filters,
        suggestions=(),
        hits=(),
        total=0,
        milliseconds=0.0,
    )


@dataclass(frozen=True, slots=True)
class _Request:
    """What stays the same whatever wording of a question is tried."""

    archive: Archive
    filters: Filters
    page: Page
    parameters: Parameters

    def understand(self, question: str) -> relaxation.Relaxed:
        """Parse a wording and drop the names that do not exist."""
        query = parser.parse(
            question, filters=self.filters, today=self.archive.today, parameters=self.parameters.query
        )
        return relaxation.relax_names(query, self.archive.names)

    def search(self, query: Query) -> SearchResult:
        """List what was published, if that is what is asked for; else search."""
        if query.listing_topic is not None and not query.filters.article:
            listed = listing.list_articles(self.archive, query, self.page, self.parameters)
            if listed is not None:
                return listed
        return search(self.archive, query, self.page, self.parameters)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What asking came to.

    Attributes:
        result: Of the wording that was searched.
        corrected: This wording, if it is not the typed one.
        suggestions: Wordings to suggest in its place.
        unmet: Conditions that were dropped.
    """

    result: SearchResult
    corrected: str | None = None
    suggestions: tuple[str, ...] = ()
    unmet: tuple[Unmet, ...] = ()


def _attempt(request: _Request, question: str) -> _Attempt:
    """Search without the conditions that nothing meets."""
    query, unmet = request.understand(question)
    attempt = _attempt_corrected(request, query)
    best = attempt.result.best
    if best is None:
        missing = relaxation.missing_phrases(request.archive, query.filters, given=request.filters)
        if missing:
            relaxed = filter_syntax.unquote_phrases(question, [phrase.value for phrase in missing])
            attempt = _attempt_corrected(request, request.understand(relaxed).query)
    else:
        hits = (best, *attempt.result.shown)
        missing = relaxation.missing_quotations(request.archive, query, hits)
    return replace(attempt, unmet=(*unmet, *missing))


def _attempt_corrected(request: _Request, query: Query) -> _Attempt:
    """Search with mistyped words corrected, if that makes the answer surer."""
    parameters = request.parameters
    typed = request.search(query)
    is_literal = typed.listing is not None or bool(query.filters.phrases)
    if is_literal or typed.score >= parameters.correction.max_confidence:
        return _Attempt(typed)
    text = spelling.correct(query, request.archive.snapshot, parameters=parameters.retrieval.spelling)
    if text is None:
        return _Attempt(typed)
    corrected = request.search(request.understand(text).query)
    if corrected.score > typed.score + parameters.correction.min_gain:
        return _Attempt(corrected, corrected=text)
    if corrected.best is not None and corrected.score > typed.score:
        return _Attempt(typed, suggestions=(text,))
    return _Attempt(typed)


def _hit(store: Store, query: Query, selected: SelectedPassage, parameters: SentenceParameters) -> Hit:
    """What readers see of a selected passage."""
    passage = replace(selected.located.passage, text=selected.text.text)
    context = None
    if passage.ordinal:
        paragraphs, starts = store.body(selected.located.article_number, until=passage.ordinal)
        context = context_sentence.find_context(passage.text, passage.ordinal, paragraphs, starts)
    return Hit(
        article=selected.located.article,
        passage=passage,
        sentences=answering_sentences(selected.scored, selected.text, parameters),
        highlights=highlights(query, selected.text),
        score=selected.candidate.score,
        more_in_article=selected.more_passages,
        same_story=selected.candidate.same_story,
        lead=context,
    )


def _answer_text(best: SelectedPassage, hits: tuple[Hit, ...], parameters: SentenceParameters) -> str:
    """The answering sentences of the best hit, which may stand on another page."""
    sentences = {hit.passage.id: hit.sentences for hit in hits}.get(best.located.passage.id)
    if sentences is None:
        sentences = answering_sentences(best.scored, best.text, parameters)
    return "".join(best.text.text[start:end] for start, end in sentences)
