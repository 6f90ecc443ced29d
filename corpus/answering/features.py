"""Features of a hit: what speaks for it in its passage, not in how the question is put.

Each feature is between 0 and 1; `calibration` weighs them. What each one earns alone and together, on which
questions, is in docs/decisions/0019-confidence.md.
"""

import math
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass

from corpus.answering.parameters import DEFAULTS, FeatureParameters
from corpus.answering.passage_selection import SelectedPassage
from corpus.answering.term_weights import content_terms, is_date
from corpus.answering.word_matching import WordMatcher
from corpus.question.answer_types import Strength
from corpus.question.query import Query
from corpus.retrieval.archive import ResolvedQuery
from corpus.text.terms import Family


@dataclass(frozen=True, slots=True)
class Features:
    """What speaks for a hit, each 0 to 1.

    Attributes:
        strength: Score of the hit as it was retrieved, without its dates, as a share of the most that the
            question's terms could earn.
        idf_mass: How much question and hit have in common in all, in idf of rare words.
        margin: How far the hit is ahead of the next ones.
        coverage: Share by idf of the question's words that the article has in its text, of those that title,
            outlet and category do not explain.
        rarest_word_covered: 1 if title and passage have every word of the question; else less by the idf of
            the word that is missed most, as a share of the highest idf of the question.
        answer_type: 1 if one of the two best sentences matches the answer type and stands under no question
            about something else, 0 if neither does, 0.5 if the question has no type that evidence can be
            found for.
        focus: Share of the question that one sentence covers with the heads above it. Words close to the
            interrogative count more, words that only the title has count half, and the share is halved for a
            sentence that does not match the answer type.
    """

    strength: float
    idf_mass: float
    margin: float
    coverage: float
    rarest_word_covered: float
    answer_type: float
    focus: float


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a hit fits a question, its score aside.

    Attributes:
        unexplained: Words that title, outlet and category do not have, with their idf.
        focus: As in `Features`.
        rarest_word_covered: As in `Features`.
        missing_numbers: Share of the question's numbers, years and model names that title, passage and date
            do not have.
    """

    unexplained: Mapping[str, float]
    focus: float
    rarest_word_covered: float
    missing_numbers: float


@dataclass(frozen=True, slots=True)
class FeatureExtractor:
    """Compares hits with a question. Made once per question.

    Attributes:
        max_earned: The most that the question's terms could earn, in idf.
        words: Content words without interrogatives, with their idf.
        matchers: For each of these words what finds it.
        max_idf: The highest idf of these words.
    """

    resolved: ResolvedQuery
    parameters: FeatureParameters
    max_earned: float
    words: Mapping[str, float]
    matchers: Mapping[str, WordMatcher]
    max_idf: float

    @classmethod
    def from_query(
        cls, resolved: ResolvedQuery, parameters: FeatureParameters = DEFAULTS.features
    ) -> "FeatureExtractor":
        """Prepare a query."""
        query, idfs = resolved.query, resolved.idfs
        max_earned = sum(
            term.weight * idfs[term.text, term.family]
            for term in content_terms(query)
            if (term.text, term.family) not in query.optional_terms
        )
        words = {word: idfs[word, Family.WORDS] for word in query.proximity}
        matchers = {word: WordMatcher.from_word(word, resolved, parameters) for word in words}
        return cls(
            resolved, parameters, max_earned, words, matchers, max_idf=max(words.values(), default=1.0)
        )

    def fit(self, hit: SelectedPassage) -> Fit:
        """Compare the text of a hit with the question."""
        about = hit.about
        unexplained = {word: idf for word, idf in self.words.items() if not self.matchers[word].is_in(about)}
        return Fit(
            unexplained=unexplained,
            focus=self._focus(hit, unexplained),
            rarest_word_covered=self._rarest_word_covered(hit, unexplained),
            missing_numbers=self._missing_numbers(hit),
        )

    def extract(
        self, hit: SelectedPassage, fit: Fit, *, retrieved: float, next_scores: Sequence[float]
    ) -> Features:
        """Collect the features of the first hit.

        Args:
            hit: The first one.
            fit: Its own.
            retrieved: Its score before the top hits were reranked.
            next_scores: Scores of the `margin_hits` hits after it.
        """
        parameters = self.parameters
        earned = max(0.0, retrieved - self._earned_by_dates(hit))
        strength = earned / (parameters.saturation * self.max_earned) if self.max_earned else 0.0
        in_rare_words = earned / (parameters.saturation * self.max_idf)
        return Features(
            strength=min(1.0, strength),
            idf_mass=min(1.0, math.log1p(in_rare_words) / math.log1p(parameters.mass_words)),
            margin=_margin(hit.candidate.score, next_scores),
            coverage=_share(
                fit.unexplained, lambda word: self.matchers[word].coverage_by_terms(hit.held_terms)
            ),
            rarest_word_covered=fit.rarest_word_covered,
            answer_type=_answer_type(self.resolved.query, hit),
            focus=fit.focus,
        )

    def title_coverage(self, hit: SelectedPassage) -> float:
        """Share by idf of the question that the title of a hit covers."""
        return _share(self.words, lambda word: self.matchers[word].coverage(hit.title))

    def _focus(self, hit: SelectedPassage, unexplained: Container[str]) -> float:
        """See `Features.focus`."""
        question = self._weigh_words(unexplained)
        if not question.total:
            return 1.0
        text, best = hit.text, 0.0
        needs_evidence, heads = self.resolved.query.answer_type.evidence is not None, text.head_places
        for place, (score, typed) in enumerate(zip(*hit.scored, strict=True)):
            if place in heads or (best and not score):
                continue  # a head is no answer, and a sentence without a score has no term of the question
            share = question.coverage(text.folded_unit(place))
            matches = typed or not needs_evidence
            best = max(best, share if matches else self.parameters.wrong_type_factor * share)
        return best / question.total

    def _weigh_words(self, unexplained: Container[str]) -> "_WeighedWords":
        """Weigh the words of the question by idf and proximity."""
        weighed = [
            (word in unexplained, matcher, self.words[word] * matcher.proximity)
            for word, matcher in self.matchers.items()
        ]
        title_share = self.parameters.title_share
        return _WeighedWords(
            total=sum(weight for _, _, weight in weighed),
            title_share=title_share,
            by_title=title_share * sum(weight for lacks, _, weight in weighed if not lacks),
            explained=[(matcher, weight) for lacks, matcher, weight in weighed if not lacks],
            unexplained=[(matcher, weight) for lacks, matcher, weight in weighed if lacks],
        )

    def _rarest_word_covered(self, hit: SelectedPassage, unexplained: Mapping[str, float]) -> float:
        """See `Features.rarest_word_covered`."""
        text = f"{hit.about}\n{hit.text.folded.text}"
        missed = [idf * (1 - self.matchers[word].coverage(text)) for word, idf in unexplained.items()]
        return 1 - max(missed, default=0.0) / self.max_idf

    def _missing_numbers(self, hit: SelectedPassage) -> float:
        """See `Fit.missing_numbers`."""
        numerals = {numeral.text for numeral in self.resolved.query.numerals}
        numbers = [word for word in self.words if word in numerals or any(map(str.isdigit, word))]
        if not numbers:
            return 0.0
        text = f"{hit.titled_text}\n{hit.located.article.published or ''}"
        return sum(not self.matchers[word].is_in(text) for word in numbers) / len(numbers)

    def _earned_by_dates(self, hit: SelectedPassage) -> float:
        """What the dates of the question add to a hit's score: a single term of the title field earns 1."""
        return sum(
            term.weight * self.resolved.idfs[term.text, term.family]
            for term in self.resolved.query.terms
            if is_date(term) and (term.text, term.family) in hit.held_terms
        )


@dataclass(frozen=True, slots=True)
class _WeighedWords:
    """The words of a question, weighed for the sentences of one hit.

    Attributes:
        total: Weight of all words.
        title_share: What a word of the title counts, whatever the sentence says.
        by_title: Weight that every sentence has from the title.
        explained: Words that title, outlet or category have.
        unexplained: Words that they do not have.
    """

    total: float
    title_share: float
    by_title: float
    explained: Sequence[tuple[WordMatcher, float]]
    unexplained: Sequence[tuple[WordMatcher, float]]

    def coverage(self, sentence: str) -> float:
        """Weight of what a folded sentence covers, together with the title."""
        title_share = self.title_share
        covered = self.by_title + sum([weight * word.coverage(sentence) for word, weight in self.unexplained])
        covered += sum(
            [weight * max(0.0, word.coverage(sentence) - title_share) for word, weight in self.explained]
        )
        return covered


def _margin(score: float, next_scores: Sequence[float]) -> float:
    """1 less the mean of the next scores as a share of the first; 1 where there are none."""
    if not score or not next_scores:
        return 1.0
    return 1 - sum(next_scores) / (score * len(next_scores))


def _answer_type(query: Query, hit: SelectedPassage) -> float:
    """See `Features.answer_type`."""
    if query.answer_type.evidence is None or query.answer_type.strength < Strength.EVIDENCE:
        return 0.5
    scores = hit.scored.scores
    best = sorted(range(len(scores)), key=lambda place: -scores[place])[:2]
    return float(any(hit.scored.typed[place] for place in best))


def _share(idfs: Mapping[str, float], coverage: Callable[[str], float]) -> float:
    """Share by idf of the words that are covered; 1 where there are none."""
    total = sum(idfs.values())
    return sum(idf * coverage(word) for word, idf in idfs.items()) / total if total else 1.0
