"""The dialogue policy: what a follow-up means and which answer to show. Pure; lookups are handed in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from corpus.dialogue import followups, relevance
from corpus.dialogue.attribution import attribution
from corpus.dialogue.candidates import Candidate, Candidates, Names, choose, with_note, within_article
from corpus.dialogue.decisions import (
    AskFunction,
    Decision,
    ListPage,
    Lookups,
    NoSuchNumber,
    Note,
    OpenArticle,
    OwnQuestion,
    SendSource,
    ShowAnswer,
    ShownAnswer,
)
from corpus.dialogue.followups import ArticleRequest, AskArticle, PickNumber, Rephrase, TurnPage
from corpus.dialogue.quotations import subject_of
from corpus.dialogue.relevance import Requirements
from corpus.dialogue.search import Search
from corpus.models import Answer, Article, Confidence, Filters
from corpus.question.topic import extract_topic, share_topic
from corpus.question.utterance import Utterance
from corpus.text.folding import fold


def decide(
    message: Utterance,
    shown: ShownAnswer,
    lookups: Lookups,
    *,
    is_reply: bool,
    now: datetime,
    page_size: int,
) -> Decision:
    """Decide what a message that may follow up an answer means, and which answer to show.

    Args:
        message: What the reader wrote.
        shown: The answer it may follow up.
        lookups: How to look for answers; `ask` is called up to six times.
        is_reply: Whether the message replies to that very answer.
        now: The reader's local time.
        page_size: Results a page.
    """
    previous = _previous_search(shown, lookups)
    if previous is None:
        return OwnQuestion()
    wanted = followups.understand(message, previous, today=now.date(), category=lookups.category)
    match wanted:
        case PickNumber(number):
            return shown.at(number) or NoSuchNumber(number)
        case TurnPage(back):
            return _turn_page(shown, previous, lookups.ask, back=back, page_size=page_size)
    follow_up = _FollowUp(message, previous, shown, lookups, now)
    if is_reply or followups.is_follow_up(message):
        return follow_up.decide(wanted)
    if isinstance(wanted, AskArticle):
        return follow_up.ask_if_it_continues(wanted)
    return OwnQuestion()


def decide_about_message(
    message: Utterance,
    quoted: str,
    lookups: Lookups,
    *,
    filters: Filters,
    now: datetime,
    page_size: int,
    pointed: bool = False,
) -> Decision:
    """Decide what a message means that replies to somebody's message, and which answer to show.

    The archive is asked about that message: 这是真的吗 and 有相关报道吗 are answered with what it says of it,
    and 花了多少钱 is asked of the article on it. A question that names its own subject stands alone; one that
    points at the message does so only if it names something else and the archive has a sure answer to it.

    Args:
        message: What the reader wrote.
        quoted: The message that it replies to.
        lookups: How to look for answers.
        filters: Of the chat.
        now: The reader's local time.
        page_size: Results a page.
        pointed: Whether its author means that message even where the words do not lean on it.
    """
    subject = subject_of(quoted)
    leans = followups.leans_on_message(message)
    if not subject or not (leans or pointed):
        return OwnQuestion()
    names_other = not leans and _names_something_else(message, quoted)
    if names_other and ShowAnswer(alone := Search(message.typed, filters), lookups.ask(alone)).is_sure:
        return OwnQuestion()
    search = Search(subject, filters)
    found = ShowAnswer(search, lookups.ask(search))
    told = replace(found, answer=replace(found.answer, question=message.typed), previous=subject)
    if names_other:
        # 讲讲背景 is about the message; of what else it names, the article on that may say nothing.
        told = replace(_FollowUp.at_most_related(told), alone=message.typed)
    if followups.intent_of(message) in followups.ABOUT_MESSAGES or followups.page_turn(message):
        return told
    if found.is_sure:
        shown = ShownAnswer(search, found.article)
        decision = decide(message, shown, lookups, is_reply=True, now=now, page_size=page_size)
        return told if isinstance(decision, OwnQuestion | SendSource) else decision
    if followups.intent_of(message) is not None:
        return told
    # No article on the message is sure: what is found with its words is no sure answer either.
    joint = Search(Search(message.typed, topic=subject).standalone, filters, topic=subject)
    answer = replace(lookups.ask(joint), question=message.typed)
    related = _FollowUp.at_most_related(ShowAnswer(joint, answer))
    return replace(related, previous=subject, alone=message.typed)


def _names_something_else(message: Utterance, quoted: str) -> bool:
    """Tell whether a message names something that is not in the message it replies to."""
    folded = fold(quoted)
    return any(name not in folded for name in followups.names_in(message))


def _previous_search(shown: ShownAnswer, lookups: Lookups) -> Search | None:
    """Return the search of an answer; an article opened from a link or a list is searched by its title."""
    if shown.article is None or (shown.search is not None and shown.list_size is None):
        return shown.search
    article = lookups.article(shown.article)
    return None if article is None else Search(article.title)


def _turn_page(
    shown: ShownAnswer, previous: Search, ask: AskFunction, *, back: bool, page_size: int
) -> ShowAnswer | ListPage | OwnQuestion:
    if shown.list_size is not None:
        if shown.search is None:
            return OwnQuestion()
        return ListPage(shown.search, shown.offset, shown.list_size, back)
    if shown.article is None:  # Nothing answered: a reader who wants more sees the best hits all the same.
        return ShowAnswer(previous, _as_related(ask(previous)))
    # The first page may show fewer than a page's hits; the next one begins behind what was shown.
    offset = max(shown.offset - page_size, 0) if back else shown.offset + (len(shown.listed) or page_size)
    return ShowAnswer(previous, ask(previous, offset=offset), offset=offset)


def _as_related(answer: Answer) -> Answer:
    """Show the hits of an answer that found nothing sure."""
    is_hidden = bool(answer.hits) and answer.confidence is Confidence.NONE
    return replace(answer, confidence=Confidence.RELATED) if is_hidden else answer


def _first_good(found: Sequence[ShowAnswer]) -> ShowAnswer:
    """Return the first sure answer, else the first related one, else the first."""
    for confidence in (Confidence.ANSWER, Confidence.RELATED):
        for each in found:
            if each.answer.confidence is confidence:
                return each
    return found[0]


@dataclass(frozen=True, slots=True)
class _FollowUp:
    """A message that follows up an answer, with all that is needed to answer it."""

    message: Utterance
    previous: Search
    shown: ShownAnswer
    lookups: Lookups
    now: datetime

    def decide(self, wanted: ArticleRequest | Rephrase | AskArticle) -> Decision:
        """Decide about a message that is a follow-up for sure."""
        match wanted:
            case ArticleRequest():
                return self._grant(wanted)
            case Rephrase():
                found = self._rephrase(wanted)
                is_reworded = found.search.question != self.previous.question
                return replace(found, note=Note.ASKED) if is_reworded and found.note is None else found
            case AskArticle():
                return self._ask_article(wanted)

    def ask_if_it_continues(self, wanted: AskArticle) -> Decision:
        """Understand a question as a follow-up only where that brings an answer or goes on with the topic."""
        if self.shown.article is None:
            return OwnQuestion()
        candidates = self._candidates(wanted, self.shown.article)
        found = choose(candidates)
        if found is None or (found.note is None and not candidates.has_same_topic):
            return OwnQuestion()
        return self._for_message(found, can_stand_alone=True)

    # Questions

    def _ask_article(self, wanted: AskArticle) -> Decision:
        """Ask the article at hand and all others; without one, only the others."""
        article, is_self_contained = self.shown.article, followups.is_self_contained(self.message)
        if is_self_contained and (article is None or not followups.is_short(self.message)):
            return OwnQuestion()  # A longer question says itself what it is about.
        if article is None:
            found = self.at_most_related(self._find(wanted.everywhere[0]))
            return self._for_message(found, can_stand_alone=True)
        candidates = self._candidates(wanted, article)
        chosen = choose(candidates)
        return OwnQuestion() if chosen is None else self._for_message(chosen, can_stand_alone=True)

    def _candidates(self, wanted: AskArticle, article: str) -> Candidates:
        """Ask a question of the article at hand, and of all others with the topic before it and alone."""
        names = followups.names_in(self.message) if followups.is_self_contained(self.message) else ()
        required = Requirements.from_question(self.message)
        wordings = wanted.within[::-1] if names else wanted.within
        outside = self._find_all(wanted.everywhere if names else wanted.everywhere[:1])
        about, alone = outside[0], outside[-1]
        return Candidates(
            required=required,
            inside=self._ask_inside(wordings, wanted, article, required),
            about=self._candidate(about, required),
            alone=self._candidate(alone, required),
            names=self._weigh(article, alone) if names else None,
            has_same_topic=not names or self._continues(about, alone, required),
            of_property=followups.names_only_properties(self.message),
        )

    def _weigh(self, article: str, alone: ShowAnswer) -> Names:
        """Count which of the names of the question either side holds."""
        names = followups.whole_names(self.message)
        hits = alone.answer.hits
        before = Utterance.from_text(self.previous.first_question)
        subject = followups.whole_names(Utterance.from_text(extract_topic(before)))
        return Names(
            total=len(names),
            here=relevance.held_by(names, fold(self.lookups.text(article))),
            elsewhere=relevance.held_by(names, relevance.shown_text(alone.answer)),
            in_title=relevance.held_by(names, fold(hits[0].article.title)) if hits else 0,
            continue_topic=share_topic(self.message, before),
            repeat_subject=bool(subject) and set(subject) <= set(names),
        )

    def _ask_inside(
        self, wordings: Iterable[str], wanted: AskArticle, article: str, required: Requirements
    ) -> Candidate:
        """Return the best answer of the article at hand; of equal ones that to the first wording."""
        topic = wanted.everywhere[0].topic
        searches = [Search(wording, Filters(article=article), topic=topic) for wording in wordings]
        candidates = [self._candidate(found, required) for found in self._find_all(searches)]
        return max(candidates, key=lambda candidate: candidate.score)

    def _candidate(self, found: ShowAnswer, required: Requirements) -> Candidate:
        is_here = found.article == self.shown.article
        return Candidate(found, relevance.score(found.answer, required), is_here)

    def _continues(self, about: ShowAnswer, alone: ShowAnswer, required: Requirements) -> bool:
        topic = Utterance.from_text(about.search.topic)
        return relevance.continues(about.answer, alone.answer, required, topic)

    @staticmethod
    def at_most_related(found: ShowAnswer) -> ShowAnswer:
        """Show a follow-up of an answer that found nothing as RELATED at best."""
        related = replace(found.answer, confidence=Confidence.RELATED)
        return replace(found, answer=related) if found.is_sure else found

    # The same question again

    def _rephrase(self, wanted: Rephrase) -> ShowAnswer:
        """Ask the same at another time or about another topic, of which also the article at hand may tell."""
        if not wanted.about:
            return _first_good(self._find_all(wanted.searches))
        found = self._find_all(wanted.searches)
        matching = []
        for each, joined in zip(found, wanted.joined, strict=True):
            required = Requirements.from_question(Utterance.from_text(each.search.question))
            if relevance.tells(each.answer, (wanted.about, joined), required):
                matching.append(each)
        for each in matching:
            if each.is_sure and each.article != self.shown.article:
                return each
        if inside := self._find_topic_inside(wanted):
            return inside
        for each in matching:
            if each.answer.confidence is Confidence.RELATED:
                return each
        asked = self._find(replace(wanted.searches[0], question=wanted.asked))
        required = Requirements.from_question(Utterance.from_text(wanted.asked))
        if asked.is_sure and relevance.tells(asked.answer, (wanted.about,), required):
            return asked
        return self._find(replace(wanted.searches[0], question=wanted.about))

    def _find_topic_inside(self, wanted: Rephrase) -> ShowAnswer | None:
        """Return what the article at hand says about another topic; None if that is nothing."""
        if self.shown.article is None:
            return None
        within = Filters(article=self.shown.article)
        required = Requirements.from_question(Utterance.from_text(wanted.asked))
        questions = dict.fromkeys((wanted.searches[-1].question, wanted.asked, wanted.about))
        found = self._find_all(Search(question, within) for question in questions)
        telling = [each for each in found if relevance.passage_contains(each.answer, wanted.about)]
        if not telling:
            return None
        best = max(telling, key=lambda each: relevance.score(each.answer, required))
        return within_article(best, required)

    # Requests

    def _grant(self, request: ArticleRequest) -> Decision:
        """Give the whole article, its source, its speaker or a later article."""
        article = None if self.shown.article is None else self.lookups.article(self.shown.article)
        if article is None:
            return OwnQuestion()
        match request:
            case ArticleRequest.WHOLE:
                return OpenArticle(article.id)
            case ArticleRequest.SOURCE:
                return SendSource(article)
            case ArticleRequest.SPEAKER:
                said = self._who_said(article.id)
                return self._for_message(said) if said.answer.hits else OwnQuestion()
            case ArticleRequest.LATER:
                return self._for_message(self._later_than(article))

    def _later_than(self, article: Article) -> ShowAnswer:
        """Return the answer of later articles on the same affair, else what the reader has seen already.

        Asked anew, a round-up would answer with another of its items.
        """
        question = self.previous.first_question or article.title
        names = followups.names_in(Utterance.from_text(question))
        day = self._day_of(article)
        if day is not None and question:
            filters = replace(self.previous.filters, article=None, since=day + timedelta(days=1))
            later = self._find(Search(question, filters, topic=question))
            told = relevance.held_by(names, relevance.shown_text(later.answer))
            if later.is_sure and later.article != article.id and 2 * told >= len(names):
                return with_note(later, Note.LATER)
        seen = self._shown_again(article.id)
        return with_note(replace(seen, search=replace(seen.search, topic=question)), Note.NO_LATER)

    def _shown_again(self, article: str) -> ShowAnswer:
        """Return the hit of the article at hand that was shown, as the only one."""
        offset = self.shown.offset if self.shown.list_size is None else 0
        within = Search(self.previous.question, Filters(article=article), topic=self.previous.topic)
        before = self.lookups.ask(self.previous, offset=offset)
        if not before.hits or before.hits[0].article.id != article:  # the archive has changed
            before = self.lookups.ask(within)
        hits = before.hits[:1]
        return ShowAnswer(
            within,
            replace(before, hits=hits, filters=within.filters, total=len(hits), corrected=None, unmet=()),
        )

    def _day_of(self, article: Article) -> date | None:
        published = article.published
        return published.astimezone(self.now.tzinfo).date() if published else None

    def _who_said(self, article: str) -> ShowAnswer:
        """Show the answer again, the sentence marked that names the speaker; or say that none does."""
        seen = self._shown_again(article)
        hits = seen.answer.hits
        sentence = attribution(hits[0]) if hits else None
        if sentence is None:
            return with_note(seen, Note.NO_SPEAKER)
        answer = replace(seen.answer, hits=(replace(hits[0], sentences=(sentence,)),))
        return with_note(replace(seen, answer=answer), Note.WITHIN_ARTICLE)

    def _find(self, search: Search) -> ShowAnswer:
        return ShowAnswer(search, self.lookups.ask(search))

    def _find_all(self, searches: Iterable[Search]) -> list[ShowAnswer]:
        return [self._find(search) for search in searches]

    def _for_message(self, found: ShowAnswer, *, can_stand_alone: bool = False) -> ShowAnswer:
        """Let the answer say the question as the reader wrote it, and with which other it was read."""
        typed = self.message.typed
        return replace(
            found,
            answer=replace(found.answer, question=typed),
            previous=self.previous.first_question,
            alone=typed if can_stand_alone else None,
        )
