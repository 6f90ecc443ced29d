"""How sure the first hit is: evidence in the passage, not in how the question is put.

Each part is between 0 and 1; `score` weighs them. What each part earns alone and together, on which
questions, is in docs/decisions/answers.md.
"""

import itertools
import math
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from corpus.answering.passage_selection import Chosen, Key, content_terms, is_date
from corpus.question.answer_types import Mark, has_evidence
from corpus.question.query import Query
from corpus.text import folding
from corpus.text.numbers import numbered
from corpus.text.terms import Family


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for the first hit, each 0 to 1.

    Attributes:
        strength: Its score as it was retrieved, but for dates, against the most that the question's terms
            could earn.
        mass: How much the question and the hit share in all, in rare words' worth.
        lead: How far the hit is ahead of the next stories.
        rest: Share by idf of what title, outlet and category do not explain that the article holds anywhere.
        whole: 1 when title and passage hold every word of the question; less by the worth of the one that
            is missed most, against the rarest of the question.
        kind: 1 when one of the two best sentences holds something of the asked kind, 0 when neither does,
            0.5 when nothing is asked for that has a mark of its own.
        focus: Share that one sentence holds of the question, where the words beside the one that asks count
            more than the others and those that only the title holds a half; a half of that share where the
            sentence holds nothing of the asked kind.
    """

    strength: float
    mass: float
    lead: float
    rest: float
    whole: float
    kind: float
    focus: float


@dataclass(frozen=True, slots=True)
class Wanted:
    """What hits are held against: a question and what its words are worth in the archive.

    Attributes:
        possible: The most that its terms could earn.
        words: Content words, but for those that ask, with their idf.
        parts: What counts as finding each of them.
        most: idf of the rarest.
    """

    query: Query
    worth: Mapping[Key, float]
    possible: float
    words: Mapping[str, float]
    parts: Mapping[str, "_Parts"]
    most: float

    @classmethod
    def of(cls, query: Query, worth: Mapping[Key, float]) -> "Wanted":
        """Prepare a question.

        Args:
            worth: idf of its words and terms in the archive.
        """
        possible = sum(
            term.weight * worth[term.text, term.family]
            for term in content_terms(query)
            if (term.text, term.family) not in query.aside
        )
        words = {word: worth[word, Family.WORDS] for word in query.focus}
        parts = {word: _Parts.of(query, word, worth) for word in words}
        return cls(query, worth, possible, words, parts, max(words.values(), default=1.0))

    def unexplained(self, chosen: Chosen) -> dict[str, float]:
        """The words that neither title nor outlet nor category hold."""
        about = _about(chosen)
        return {word: value for word, value in self.words.items() if not self.parts[word].said(about)}


def _about(chosen: Chosen) -> str:
    article = chosen.located.article
    return f"{chosen.title}\n{_publisher(article.author, article.categories)}"


@lru_cache(1_000)
def _publisher(author: str | None, categories: tuple[str, ...]) -> str:
    """Outlet and category, folded. Few different ones serve many articles."""
    return folding.fold("\n".join([author or "", *categories]))


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a hit fits a question beside its score.

    Attributes:
        rest: Words that neither title nor outlet nor category hold, with their idf.
        focus: As in `Evidence`.
        whole: As in `Evidence`.
        missing_numbers: Share of the question's numbers, years and model names that title, passage and
            date do not hold.
    """

    rest: Mapping[str, float]
    focus: float
    whole: float
    missing_numbers: float


def fit(wanted: Wanted, chosen: Chosen) -> Fit:
    """Compare a hit with a question."""
    rest = wanted.unexplained(chosen)
    return Fit(
        rest,
        _focus(wanted, chosen, rest),
        _whole(wanted, chosen, rest),
        _missing_numbers(wanted, chosen),
    )


def gather(
    wanted: Wanted, chosen: Chosen, fit: Fit, others: Sequence[float], *, retrieved: float
) -> Evidence:
    """Collect the evidence for the first hit.

    Args:
        chosen: The first hit.
        fit: Its own.
        others: Scores of the next stories, best first.
        retrieved: The hit's own score before the first few were put in order by what else speaks for them.
    """
    query, parts = wanted.query, wanted.parts
    score, possible = chosen.found.score, wanted.possible
    earned = max(0.0, retrieved - _earned_by_dates(query, chosen, wanted.worth))
    following = others[:FOLLOWING]
    return Evidence(
        strength=min(1.0, earned / (SATURATED * possible)) if possible else 0.0,
        mass=min(1.0, math.log1p(earned / (SATURATED * wanted.most)) / math.log1p(MASS_WORDS)),
        lead=1 - sum(following) / (score * len(following)) if score and following else 1.0,
        rest=_share(fit.rest, lambda word: parts[word].held(chosen.held)),
        whole=fit.whole,
        kind=_kind(query, chosen),
        focus=fit.focus,
    )


@dataclass(frozen=True, slots=True)
class _Parts:
    """What counts as finding a word of the question, and what as finding some of it.

    Attributes:
        wanted: The word and its synonyms.
        near: How near it stands to what asks.
        pairs: Pairs of neighbours of a long word.
        singles: Characters of a word of several, and what each is worth beside the whole word.
    """

    wanted: Sequence[str]
    near: float
    pairs: Sequence[str]
    singles: Sequence[tuple[str, float]]

    @classmethod
    def of(cls, query: Query, word: str, worth: Mapping[Key, float]) -> "_Parts":
        values = []
        if len(word) > 1 and not word.isascii():
            values = [(character, worth.get((character, Family.CHARACTERS), 0.0)) for character in word]
        total = sum(value for _, value in values)
        singles = [(character, SINGLES * value / total) for character, value in values] if total else []
        return cls(query.evidence[word], query.focus[word], _pairs(word), singles)

    def said(self, folded: str) -> bool:
        """Tell whether a text holds the word or a synonym."""
        return any(wanted in folded for wanted in self.wanted)

    def found(self, folded: str) -> float:
        """1 when a text holds the word or a synonym, less for some of it: 轰炸 and 死亡 say some of 炸死."""
        for wanted in self.wanted:
            if wanted in folded:
                return 1.0
        singles = 0.0
        for character, value in self.singles:  # asked of each sentence: a sum of a list takes twice as long
            if character in folded:
                singles += value
        return max(singles, _by_pairs(self.pairs, folded.__contains__)) if singles and self.pairs else singles

    def held(self, held: Container[Key]) -> float:
        """The same for terms of the index, which know nothing of the order in which characters stand."""
        for wanted in self.wanted:
            pairs = _pairs(wanted) or [wanted]
            if (wanted, Family.WORDS) in held or all((pair, Family.CHARACTERS) in held for pair in pairs):
                return 1.0
        singles = sum(value for character, value in self.singles if (character, Family.CHARACTERS) in held)
        return max(singles, _by_pairs(self.pairs, lambda pair: (pair, Family.CHARACTERS) in held))


def _focus(wanted: Wanted, chosen: Chosen, rest: Container[str]) -> float:
    """See `Evidence.focus`.

    Args:
        rest: The words that neither title nor outlet nor category hold.
    """
    weighted = [
        (parts, wanted.words[word] * parts.near, word in rest) for word, parts in wanted.parts.items()
    ]
    total = sum(weight for _, weight, _ in weighted)
    if not total:
        return 1.0
    entitled = ENTITLED * sum(weight for _, weight, lacks in weighted if not lacks)
    lacking = [(parts, weight) for parts, weight, lacks in weighted if lacks]
    named = [(parts, weight) for parts, weight, lacks in weighted if not lacks]
    reading, best = chosen.reading, 0.0
    for (start, end), score in zip(reading.folded_sentences, chosen.sentence_scores, strict=True):
        if not score and best:
            continue  # it holds none of the words
        sentence = reading.folded.text[start:end]
        share = entitled + sum([weight * parts.found(sentence) for parts, weight in lacking])
        share += sum([weight * max(0.0, parts.found(sentence) - ENTITLED) for parts, weight in named])
        if share > best:
            best = max(best, share if has_evidence(wanted.query.kind, sentence) else OF_NO_KIND * share)
    return best / total


def _earned_by_dates(query: Query, chosen: Chosen, worth: Mapping[Key, float]) -> float:
    """What the dates of the question add to the score of a hit: a single term of the title field earns 1."""
    return sum(
        term.weight * worth[term.text, term.family]
        for term in query.terms
        if is_date(term) and (term.text, term.family) in chosen.held
    )


def _kind(query: Query, chosen: Chosen) -> float:
    if query.kind.evidence is None or query.kind.mark < Mark.SPEAKS:
        return 0.5
    return float(any(has_evidence(query.kind, sentence) for sentence in _best_sentences(chosen)[:2]))


def title_share(wanted: Wanted, chosen: Chosen) -> float:
    """How much of the question the title of a hit holds."""
    return _share(wanted.words, lambda word: wanted.parts[word].found(chosen.title))


def names_another(query: Query, hits: Sequence[Chosen]) -> bool:
    """Whether the hits know a name of the question with other numbers only: 逐光二号 for 逐光三号."""
    asked = numbered(query.text)
    if not asked:
        return False
    told = numbered("\n".join([f"{hit.title}\n{hit.reading.folded.text}" for hit in hits]))
    return any(name in told and numbers.isdisjoint(told[name]) for name, numbers in asked.items())


def _whole(wanted: Wanted, chosen: Chosen, rest: Mapping[str, float]) -> float:
    """See `Evidence.whole`.

    Args:
        rest: The words that neither title nor outlet nor category hold.
    """
    text = f"{_about(chosen)}\n{chosen.reading.folded.text}"
    missed = [value * (1 - wanted.parts[word].found(text)) for word, value in rest.items()]
    return 1 - max(missed, default=0.0) / wanted.most


def _missing_numbers(wanted: Wanted, chosen: Chosen) -> float:
    numbers = [word for word in wanted.words if any(map(str.isdigit, word))]
    if not numbers:
        return 0.0
    text = f"{chosen.title}\n{chosen.reading.folded.text}\n{chosen.located.article.published or ''}"
    return sum(not wanted.parts[word].said(text) for word in numbers) / len(numbers)


def _best_sentences(chosen: Chosen) -> list[str]:
    """Sentences of the passage, folded, best first."""
    scores, spans = chosen.sentence_scores, chosen.reading.folded_sentences
    order = sorted(range(len(scores)), key=lambda place: -scores[place])
    return [chosen.reading.folded.text[slice(*spans[place])] for place in order]


SATURATED: Final = 1.6
"""Most that one term can earn per idf: k1 + 1."""

FOLLOWING: Final = 4
"""Stories after the first one that it is compared with."""

MASS_WORDS: Final = 32
"""Rare words shared at which `mass` reaches 1."""


def _share(worth: Mapping[str, float], found: Callable[[str], float]) -> float:
    """Share of the words' worth that is found; 1 when there is nothing to find."""
    total = sum(worth.values())
    return sum(value * found(word) for word, value in worth.items()) / total if total else 1.0


def _by_pairs(pairs: Sequence[str], holds: Callable[[str], bool]) -> float:
    """What those pairs of a word's characters count that are there."""
    return PARTS * sum(map(holds, pairs)) / len(pairs) if pairs else 0.0


def _pairs(word: str) -> list[str]:
    """Pairs of neighbours of a word of three Han characters or more."""
    return [] if len(word) < 3 or word.isascii() else list(map("".join, itertools.pairwise(word)))


PARTS: Final = 0.6
"""What all pairs of a long word are worth beside the whole."""

SINGLES: Final = 0.4
"""What all characters of a word are worth beside the whole."""

ENTITLED: Final = 0.5
OF_NO_KIND: Final = 0.5
"""What the title counts for a sentence, and what a sentence counts that holds nothing of the asked kind."""


_WEIGHTS: Final = Evidence(strength=2.4, mass=3.2, lead=2.6, rest=0.7, whole=0.8, kind=0.7, focus=2.2)
_BIAS: Final = -5.6


def score(evidence: Evidence) -> float:
    """Weigh the evidence: 0, nothing speaks for the hit, to 1."""
    total = sum([getattr(_WEIGHTS, part) * getattr(evidence, part) for part in Evidence.__slots__])
    return 1 / (1 + math.exp(-(total + _BIAS)))
