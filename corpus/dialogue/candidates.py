"""The answers that may be shown to a follow-up question, and the choice among them. Pure."""

from dataclasses import dataclass, replace

from corpus.dialogue import relevance
from corpus.dialogue.decisions import Note, ShowAnswer
from corpus.dialogue.relevance import MIN_SCORE, Requirements
from corpus.models import Confidence


@dataclass(frozen=True, slots=True)
class Candidate:
    """An answer that may be shown to a follow-up question.

    Attributes:
        shown: The answer.
        score: How well it answers the question, as `relevance.score`.
        is_here: Whether it is about the article at hand.
    """

    shown: ShowAnswer
    score: float
    is_here: bool

    @property
    def is_elsewhere(self) -> bool:
        """Whether it is a sure answer of another article."""
        return self.shown.is_sure and not self.is_here

    def beats(self, other: "Candidate") -> bool:
        """Tell whether it is another article's answer, surer than the other one and at least as good."""
        is_surer = self.shown.answer.score > other.shown.answer.score
        return self.is_elsewhere and is_surer and self.score >= other.score


@dataclass(frozen=True, slots=True)
class Candidates:
    """The answers that may be shown to a follow-up question, and what is known of the question.

    Attributes:
        inside: The best answer of the article at hand.
        about: The answer of all articles to the question with the topic of the previous one.
        alone: The answer of all articles to the question as it is; `about`, unless it is self-contained.
        is_self_contained: Whether the question names what it is about.
        has_same_topic: Whether it goes on with the topic of the previous question.
    """

    inside: Candidate
    about: Candidate
    alone: Candidate
    is_self_contained: bool
    has_same_topic: bool

    @property
    def is_answered_inside(self) -> bool:
        """Whether the article at hand answers."""
        return self.inside.score >= MIN_SCORE

    @property
    def better_elsewhere(self) -> Candidate | None:
        """The first sure answer of another article that is better than that of the article at hand."""
        in_order = (self.about, self.alone) if self.has_same_topic else (self.alone, self.about)
        enough = max(self.inside.score, MIN_SCORE)
        return next((each for each in in_order if each.is_elsewhere and each.score > enough), None)

    @property
    def is_confirmed_here(self) -> bool:
        """Whether all articles, asked the self-contained question, surely lead to the article at hand."""
        return self.is_self_contained and self.alone.shown.is_sure and self.alone.is_here


def choose(candidates: Candidates, required: Requirements) -> ShowAnswer:
    """Choose the answer to a follow-up question: the first row that applies counts.

    ==============  ========================================  ======  ==============
    self-contained  condition                                 shown   note
    ==============  ========================================  ======  ==============
    no              answered inside, but `about` beats it     about   none
    no              answered inside                           inside  WITHIN_ARTICLE
    yes or no       another article answers better            it      NOT_IN_ARTICLE
    yes             answered inside                           inside  WITHIN_ARTICLE
    yes             `alone` surely leads to this article      inside  WITHIN_ARTICLE
    yes             `about` is related, `alone` is not sure   about   none
    yes             otherwise                                 alone   none
    no              the article has a passage to show         inside  NOT_EXACTLY
    no              otherwise                                 about   none
    ==============  ========================================  ======  ==============

    To be sure of a question that consists of common words is worth nothing. So a question counts on its own
    only if it is self-contained.
    """
    inside, about, alone = candidates.inside, candidates.about, candidates.alone
    if not candidates.is_self_contained and candidates.is_answered_inside:
        return about.shown if about.beats(inside) else within_article(inside.shown, required)
    if better := candidates.better_elsewhere:
        return with_note(better.shown, Note.NOT_IN_ARTICLE)
    if candidates.is_answered_inside or candidates.is_confirmed_here:
        return within_article(inside.shown, required)
    if candidates.is_self_contained:
        only_related = about.shown.answer.confidence is Confidence.RELATED and not alone.shown.is_sure
        return about.shown if only_related else alone.shown
    return with_note(inside.shown, Note.NOT_EXACTLY) if inside.shown.answer.hits else about.shown


def within_article(shown: ShowAnswer, required: Requirements) -> ShowAnswer:
    """Show what the article at hand answers, the sentences marked that answer this question."""
    narrowed = replace(shown, answer=relevance.narrow_to(shown.answer, required))
    return with_note(narrowed, Note.WITHIN_ARTICLE)


def with_note(shown: ShowAnswer, note: Note) -> ShowAnswer:
    """Show an answer under a note; the note says how sure it is, so the answer need not."""
    return replace(shown, answer=replace(shown.answer, confidence=Confidence.ANSWER), note=note)
