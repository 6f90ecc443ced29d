"""Features → confidence: a logistic regression, ceilings for what it cannot see, and three bands.

docs/decisions/0019-confidence.md tells how the weights were fitted and what they separate.
"""

import math
from collections.abc import Sequence

from corpus.answering.features import Features
from corpus.answering.parameters import DEFAULTS, CalibrationParameters
from corpus.answering.passage_selection import SelectedPassage
from corpus.models import Confidence
from corpus.question.answer_types import Strength
from corpus.question.query import Query
from corpus.retrieval.archive import Archive
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
) -> float:
    """How sure the best hit is, 0 to 1.

    Args:
        archive: With the calendar.
        query: The question.
        best: The first hit.
        features: Of the first hit.
        hits: The top hits.
        parameters: Of this stage.
    """
    lacks_type = query.answer_type.strength is Strength.REQUIRED and not features.answer_type
    lists_days = query.listing_topic == ""
    return min(
        regress(features, parameters),
        parameters.max_earlier if lists_days or is_earlier(archive, query, best, parameters) else 1.0,
        parameters.max_other_number if has_other_number(query, hits) else 1.0,
        parameters.max_without_type if lacks_type else 1.0,
        parameters.max_topicless if query.topicless else 1.0,
    )


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


def has_other_number(query: Query, hits: Sequence[SelectedPassage]) -> bool:
    """Whether the hits have a name of the question with other numbers only: 逐光二号 for 逐光三号."""
    asked = numbers_by_name(query.normalized)
    if not asked:
        return False
    found = numbers_by_name("\n".join([f"{hit.title}\n{hit.text.folded.text}" for hit in hits]))
    return any(name in found and numbers.isdisjoint(found[name]) for name, numbers in asked.items())


def band(score: float, parameters: CalibrationParameters = DEFAULTS.calibration) -> Confidence:
    """The band of a confidence."""
    if score >= parameters.answer:
        return Confidence.ANSWER
    return Confidence.RELATED if score >= parameters.related else Confidence.NONE
