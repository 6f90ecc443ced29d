"""Features → confidence: a logistic regression, ceilings for what it cannot see, and three bands.

docs/decisions/0019-confidence.md tells how the weights were fitted and what they separate.
"""

import math
from collections.abc import Callable, Sequence

from corpus.answering.agreement import disagrees, shares_one_word
from corpus.answering.features import Features
from corpus.answering.parameters import DEFAULTS, CalibrationParameters, SentenceParameters
from corpus.answering.passage_selection import SelectedPassage
from corpus.models import Confidence
from corpus.question.answer_types import Strength
from corpus.question.query import Query
from corpus.retrieval.archive import Archive
from corpus.text.analyzer import HAN_RUN
from corpus.text.matching import contains_form
from corpus.text.numbers import numbers_by_name


def regress(features: Features, parameters: CalibrationParameters = DEFAULTS.calibration) -> float:
    """Weigh the features by logistic regression: near 0 if nothing speaks for the hit, near 1 if all does."""
    total = sum([weight * getattr(features, name) for name, weight in parameters.weights.items()])
    return 1 / (1 + math.exp(-(total + parameters.bias)))


def calibrate(
    archive: Archive,
    query: Query,
    *,
    best: SelectedPassage,
    features: Features,
    hits: Sequence[SelectedPassage],
    parameters: CalibrationParameters = DEFAULTS.calibration,
    sentence_parameters: SentenceParameters = DEFAULTS.sentences,
) -> float:
    """How sure the best hit is, 0 to 1.

    Args:
        archive: With the calendar.
        query: The question.
        best: The first hit.
        features: Of the first hit.
        hits: The top hits.
        parameters: Of this stage.
        sentence_parameters: By which its sentences are chosen.
    """
    lacks_type = query.answer_type.strength is Strength.REQUIRED and not features.answer_type
    asks_list = query.listing_topic is not None
    ceilings: Sequence[tuple[float, Callable[[], bool]]] = (
        (parameters.max_earlier, lambda: asks_list or is_earlier(archive, query, best, parameters)),
        (parameters.max_other_number, lambda: has_other_number(query, best, hits)),
        (parameters.max_without_type, lambda: lacks_type),
        (parameters.max_contradicted, lambda: disagrees(archive, query, best, sentence_parameters)),
        (parameters.max_one_word, lambda: shares_one_word(query, features, best)),
        (parameters.max_topicless, lambda: query.topicless),
        (parameters.max_absent_name, lambda: bool(query.absent_names)),
        (parameters.max_other_language, lambda: is_other_language(query, best)),
    )
    score = regress(features, parameters)
    for ceiling, applies in ceilings:  # one that is above the score need not be looked into
        if ceiling < score and applies():
            score = ceiling
    return score


def is_earlier(
    archive: Archive, query: Query, hit: SelectedPassage, parameters: CalibrationParameters
) -> bool:
    """Whether a hit was published before the days that were named: 上周, and an article three years old.

    Only short periods relative to today count.
    """
    days, published = query.days(archive.today), hit.located.article.published
    if days is None or published is None or not any(mention.relative for mention in query.dates):
        return False
    since, until = days
    is_short = until - since < parameters.max_period and since <= archive.today
    return is_short and published.astimezone(archive.zone).date() < since


def has_other_number(query: Query, best: SelectedPassage, hits: Sequence[SelectedPassage]) -> bool:
    """Whether the hits lack a number of the question.

    The best one has a name of the question without its number, as 逐光二号 for 逐光三号, or none has a large
    number of it in any spelling.
    """
    asked = numbers_by_name(query.normalized)
    if not asked and not query.numerals:
        return False
    texts = [hit.titled_text for hit in hits] if query.numerals else []
    if not all(
        any(contains_form(form, text) for form in each.forms for text in texts) for each in query.numerals
    ):
        return True
    text = best.titled_text
    found = numbers_by_name(text)
    return any(name in text and numbers.isdisjoint(found.get(name, ())) for name, numbers in asked.items())


def is_other_language(query: Query, hit: SelectedPassage) -> bool:
    """Whether a question is asked in English and the hit has no sentence in that language.

    Names and numbers are the same in both languages, and prove that an article is about them, not that it
    answers.
    """
    if not query.is_english:
        return False
    return all(HAN_RUN.search(hit.text.folded.text[start:end]) for start, end in hit.text.folded_sentences)


def band(score: float, parameters: CalibrationParameters = DEFAULTS.calibration) -> Confidence:
    """The band of a confidence."""
    if score >= parameters.answer:
        return Confidence.ANSWER
    return Confidence.RELATED if score >= parameters.related else Confidence.NONE
