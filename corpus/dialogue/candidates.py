"""The answers that may be shown to a follow-up question, and the choice among them. Pure."""

from dataclasses import dataclass, replace
from typing import Final

from corpus.dialogue import relevance
from corpus.dialogue.decisions import Note, ShowAnswer
from corpus.dialogue.relevance import MIN_SCORE, Requirements
from corpus.models import Confidence

MIN_LEAD: Final = 0.3
"""Lead in confidence of another article over the one at hand, whose common words answer by chance."""


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
class Names:
    """How many of the names that a question brings either side holds.

    Attributes:
        total: How many it brings, apart from words for what many things have.
        here: Of them, how many the article at hand holds.
        elsewhere: How many the best article for the question alone holds in its title or the passage.
        in_title: How many that article holds in its title: what it is about.
        continue_topic: Whether the question shares a name with the one before.
        repeat_subject: Whether it names all that the one before is about.
    """

    total: int
    here: int
    elsewhere: int
    in_title: int
    continue_topic: bool
    repeat_subject: bool

    @property
    def are_here(self) -> bool:
        """Whether the article at hand holds them all."""
        return self.here == self.total

    @property
    def are_rather_elsewhere(self) -> bool:
        """Whether the other article holds more of them."""
        return self.elsewhere > self.here

    @property
    def head_elsewhere(self) -> bool:
        """Whether the other article is about them: at least half of them are in its title."""
        return 2 * self.in_title >= self.total


@dataclass(frozen=True, slots=True)
class Candidates:
    """The answers that may be shown to a follow-up question, and what is known of the question.

    Attributes:
        required: What a passage must have to answer the question.
        inside: The best answer of the article at hand.
        about: The answer of all articles to the question with the topic of the previous one.
        alone: The answer of all articles to the question as it is; `about`, unless it is self-contained.
        names: What either side holds of the names of the question; None if it names nothing of its own.
        has_same_topic: Whether it goes on with the topic of the previous question.
        of_property: Whether it names what many things have, and nothing else.
    """

    required: Requirements
    inside: Candidate
    about: Candidate
    alone: Candidate
    names: Names | None
    has_same_topic: bool
    of_property: bool = False

    @property
    def is_answered_inside(self) -> bool:
        """Whether the article at hand answers."""
        return self.inside.score >= MIN_SCORE

    @property
    def better_elsewhere(self) -> Candidate | None:
        """The sure answer of another article, on the same topic, that is better than that of this one."""
        enough = max(self.inside.score, MIN_SCORE)
        is_better = self.about.is_elsewhere and self.about.score > enough
        return self.about if is_better else None


def stands_alone(candidates: Candidates, names: Names) -> bool:
    """Tell whether a question that names something is one of its own: the first row that applies counts.

    =========================  ====================================================  ===========
    the article at hand holds  and                                                   stands alone
    =========================  ====================================================  ===========
    any of its names           it repeats the subject of the question before         yes
    any of its names           alone it surely leads to this very article            yes
    not all                    the question goes on with a name of the one before    no
    not all                    the best other article holds more of them             yes
    not all                    another article is surer by `MIN_LEAD`                yes
    not all                    it does not answer, another one surely does           yes
    not all                    it does not answer, and the topic adds no confidence  yes
    not all                    otherwise                                             no
    all                        it does not answer                                    yes
    all                        nothing else answers surely                           no
    all                        the other article is about them, or answers better,   yes
                               or is surer by `MIN_LEAD`
    all                        otherwise                                             no
    =========================  ====================================================  ===========

    Where the question stood is no evidence: a reply and the next message of a chat are told alike.
    """
    inside, alone = candidates.inside, candidates.alone
    if names.repeat_subject or (alone.shown.is_sure and alone.is_here):
        return True
    lead = alone.shown.answer.score - inside.shown.answer.score
    is_surer = alone.shown.is_sure and lead >= MIN_LEAD
    if not names.are_here:
        if names.continue_topic and candidates.has_same_topic:
            return False
        if names.are_rather_elsewhere or candidates.is_answered_inside:
            return names.are_rather_elsewhere or is_surer
        return alone.shown.is_sure or alone.shown.answer.score >= candidates.about.shown.answer.score
    if not candidates.is_answered_inside:
        return True
    is_better = names.head_elsewhere or alone.score > inside.score
    return is_surer or (alone.shown.is_sure and is_better)


def choose(candidates: Candidates) -> ShowAnswer | None:
    """Choose the answer to a follow-up question, None for one that stands alone.

    The first row that applies counts:

    ==============  ========================================  ======  ==============
    self-contained  condition                                 shown   note
    ==============  ========================================  ======  ==============
    yes             it stands alone, as `stands_alone`        none
    yes             `about` improves on the article           about   NOT_IN_ARTICLE
    yes             answered inside                           inside  WITHIN_ARTICLE
    yes             otherwise                                 about   none
    no              answered inside, but `about` beats it,    about   none
                    unless only a property is named
    no              answered inside                           inside  WITHIN_ARTICLE
    no              another article answers better            about   NOT_IN_ARTICLE
    no              the article has a passage to show         inside  NOT_EXACTLY
    no              otherwise                                 about   none
    ==============  ========================================  ======  ==============

    To be sure of a question that consists of common words is worth nothing. So a question counts on its own
    only if it is self-contained.
    """
    inside, about, names = candidates.inside, candidates.about, candidates.names
    required = candidates.required
    if names is not None and stands_alone(candidates, names):
        return None
    if names is None and candidates.is_answered_inside:
        is_beaten = about.beats(inside) and not candidates.of_property
        return about.shown if is_beaten else within_article(inside.shown, required)
    if better := candidates.better_elsewhere:
        return with_note(better.shown, Note.NOT_IN_ARTICLE)
    if candidates.is_answered_inside:
        return within_article(inside.shown, required)
    if names is not None:
        return about.shown
    return with_note(inside.shown, Note.NOT_EXACTLY) if inside.shown.answer.hits else about.shown


def within_article(shown: ShowAnswer, required: Requirements) -> ShowAnswer:
    """Show what the article at hand answers, the sentences marked that answer this question."""
    narrowed = replace(shown, answer=relevance.narrow_to(shown.answer, required))
    return with_note(narrowed, Note.WITHIN_ARTICLE)


def with_note(shown: ShowAnswer, note: Note) -> ShowAnswer:
    """Show an answer under a note; the note says how sure it is, so the answer need not."""
    return replace(shown, answer=replace(shown.answer, confidence=Confidence.ANSWER), note=note)
