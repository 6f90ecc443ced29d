"""Question → `Answer`: understand, search, correct what is mistyped, judge, show."""

import time
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from corpus.answering import context_sentence, listing, relaxation, topic_listing
from corpus.answering.archive_facts import archive_facts
from corpus.answering.calibration import band
from corpus.answering.page import Page
from corpus.answering.parameters import DEFAULTS, Parameters, SentenceParameters
from corpus.answering.passage_selection import SelectedPassage
from corpus.answering.search import SearchResult, search, search_by_meaning
from corpus.answering.sentences import answering_sentences, highlights
from corpus.models import About, Answer, AnswerKind, Confidence, Filters, Hit, IntentKind, Unmet
from corpus.question import filter_syntax, parser
from corpus.question.claims import place_names
from corpus.question.query import Query
from corpus.question.splitting import leans_on_another, split_questions, with_topic
from corpus.question.topic import has_topic
from corpus.question.utterance import Utterance
from corpus.retrieval import spelling
from corpus.retrieval.archive import Archive
from corpus.retrieval.name_binding import bind_names
from corpus.retrieval.names import name_key
from corpus.retrieval.protocols import Articles


def warm_up() -> None:
    """Load dictionaries and language data now: else the first questions wait up to half a second for them."""
    spelling.warm_up()
    place_names()
    parser.parse("报童是什么时候创刊的", today=date(2000, 1, 1))


def ask(
    archive: Archive, question: str, *, filters: Filters, page: Page, parameters: Parameters = DEFAULTS
) -> Answer:
    """Answer a message, each of its questions; see `Corpus.ask`."""
    request = _Request(archive, filters, page, parameters)
    questions = split_questions(question)
    if len(questions) == 1:
        return _answer(request, question)
    first = _answer(request, questions[0])
    others = [_answer_next(request, asked, questions[0], first) for asked in questions[1:]]
    parts = (first, *others)
    milliseconds = sum(part.milliseconds for part in parts)
    return replace(first, question=question, parts=parts, milliseconds=milliseconds)


def _answer_next(request: "_Request", question: str, first: str, answer: Answer) -> Answer:
    """Answer a further question of a message: alone, or of the first one's article where it leans on it.

    Args:
        request: What the questions have in common.
        question: The further question.
        first: The first one.
        answer: To the first one.
    """
    if not leans_on_another(question):
        return _answer(request, question)
    together = replace(_answer(request, with_topic(question, first)), question=question)
    if not has_topic(Utterance.from_text(question)):
        return together
    is_same = Confidence.NONE not in {together.confidence, answer.confidence} and _article(
        together
    ) == _article(answer)
    return together if is_same else _answer(request, question)


def _article(answer: Answer) -> str | None:
    """Id of the article of the first hit."""
    return answer.hits[0].article.id if answer.hits else None


def _answer(request: "_Request", question: str) -> Answer:
    """Answer one question."""
    archive, parameters = request.archive, request.parameters
    started = time.perf_counter()
    attempt = _attempt(request, question)
    result = attempt.result
    if archive.semantic is not None and result.listing is None:
        result = search_by_meaning(archive, result, request.page, parameters)
    confidence = band(result.score, parameters.calibration)
    nothing = confidence is Confidence.NONE and result.kind is AnswerKind.PASSAGE
    hits = tuple(
        _hit(archive.store, result.query, selected, parameters.sentences) for selected in result.shown
    )
    text = None
    if result.listing is not None:
        hits = tuple(replace(hit, sentences=()) for hit in hits)
    elif not nothing and result.best is not None:
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
        kind=AnswerKind.NONE if nothing else result.kind,
        about=result.about,
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
        kind=AnswerKind.NONE,
    )


MAX_TITLES: Final = 10
"""Articles whose titles may be what was typed."""

MIN_TITLE_SHARE: Final = 0.5
"""Share of a title from which on what was typed means the article: 自我介绍 is one, and asks the bot."""


@dataclass(frozen=True, slots=True)
class _Request:
    """What stays the same whatever wording of a question is tried."""

    archive: Archive
    filters: Filters
    page: Page
    parameters: Parameters

    def understand(self, question: str, *, has_intents: bool = False) -> relaxation.Relaxed:
        """Parse a wording and drop the names that do not exist."""
        query = parser.parse(
            question,
            filters=self.filters,
            today=self.archive.today,
            parameters=self.parameters.query,
            has_intents=has_intents,
        )
        relaxed = relaxation.relax_names(query, self.archive.names)
        return relaxed._replace(query=bind_names(relaxed.query, self.archive))

    def search(self, query: Query) -> SearchResult:
        """List what was published, or what is about a topic, if that is what is asked for; else search."""
        listed = self.listed(query)
        return search(self.archive, query, self.page, self.parameters) if listed is None else listed

    def listed(self, query: Query) -> SearchResult | None:
        """Return a list; None where none is asked for or a list does not serve."""
        if query.filters.article or (query.listing_topic is None and not query.is_bare_topic):
            return None
        intent = query.intent
        names_outlet = intent is not None and intent.only_of_outlets
        listed = self._listed_by_date(query, has_short_names=names_outlet)
        if listed is None and query.topic and not names_outlet:
            listed = topic_listing.list_topic(self.archive, query, self.page, self.parameters)
        if listed is None and intent is not None and not names_outlet:
            listed = self._listed_by_date(query, has_short_names=True)
        return listed

    def _listed_by_date(self, query: Query, *, has_short_names: bool) -> SearchResult | None:
        return listing.list_articles(
            self.archive, query, self.page, self.parameters, has_short_names=has_short_names
        )

    def fulfil(self, query: Query) -> SearchResult | None:
        """Give what the wording of a question asks for; None where it asks for a passage after all."""
        intent = query.intent
        if intent is None or self.filters.article or self._is_title(query):
            return None
        if not intent.kind.lists:
            about = About(intent.kind, archive_facts(self.archive.store))
            return SearchResult(query, kind=AnswerKind.ABOUT, score=1.0, about=about)
        if intent.may_be_told and self._is_told(query):
            return None
        wanted = self
        if intent.number is not None and not self.page.offset:
            wanted = replace(self, page=replace(self.page, limit=min(self.page.limit, max(1, intent.number))))
        if intent.kind is IntentKind.PICK:
            return listing.pick_articles(self.archive, query, wanted.page, self.parameters)
        return wanted.listed(query)

    def _is_told(self, query: Query) -> bool:
        """Whether a passage answers the question for sure: 今年写过的2914条新闻."""
        found = search(self.archive, self.understand(query.typed).query, self.page, self.parameters)
        return band(found.score, self.parameters.calibration) is Confidence.ANSWER

    def _is_title(self, query: Query) -> bool:
        """Whether the question is most of an article's title, so that this article is meant."""
        wording = name_key(query.free_text).strip("?!。.？！")
        plain = parser.parse(query.typed, today=self.archive.today, has_intents=False)
        matches = self.archive.snapshot.search(plain.terms, limit=MAX_TITLES)
        heads = self.archive.store.heads([match.article for match in matches])
        titles = (name_key(head.title) for head in heads.values())
        return any(wording in title and len(wording) > MIN_TITLE_SHARE * len(title) for title in titles)


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
    query, unmet = request.understand(question, has_intents=True)
    fulfilled = request.fulfil(query)
    if fulfilled is not None:
        return _Attempt(fulfilled, unmet=unmet)
    if query.intent is not None:
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
    return _Attempt(typed, suggestions=(text,) if _is_likelier(corrected, typed) else ())


def _is_likelier(corrected: SearchResult, typed: SearchResult) -> bool:
    """Whether correction found more, though not so much that it replaces what was typed.

    A name alone asks nothing, so that no passage is sure: then what speaks for the passages counts, or that
    the corrected name is a topic with a list of articles.
    """
    if corrected.listing is not None:
        return bool(corrected.listing.topic)
    is_surer = (corrected.score, corrected.evidence) > (typed.score, typed.evidence)
    return corrected.best is not None and is_surer


def _hit(store: Articles, query: Query, selected: SelectedPassage, parameters: SentenceParameters) -> Hit:
    """What readers see of a selected passage."""
    passage = replace(selected.located.passage, text=selected.text.text)
    context = None
    if passage.ordinal and context_sentence.may_have_context(passage.text, selected.text.heading):
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
