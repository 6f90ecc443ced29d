"""Confidence grows with each feature of the hit, and its bands begin where the parameters say."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import Confidence
from corpus.answering.calibration import band, regress
from corpus.answering.features import Features
from corpus.answering.parameters import WEIGHTS, CalibrationParameters

shares = st.floats(0, 1)
NAMES = [field.name for field in fields(Features)]
features = st.builds(Features, *[shares] * len(NAMES))


@given(features)
def test_confidence_is_between_nothing_and_certainty(found: Features) -> None:
    assert 0 < regress(found) < 1


@pytest.mark.parametrize("name", NAMES)
@given(found=features)
def test_more_of_any_feature_never_makes_less_sure(name: str, found: Features) -> None:
    assert regress(replace(found, **{name: 1.0})) >= regress(found)


def test_each_feature_has_a_weight() -> None:
    assert list(WEIGHTS) == NAMES


def test_all_features_make_an_answer_and_none_makes_nothing() -> None:
    assert band(regress(Features(*[1] * len(NAMES)))) is Confidence.ANSWER
    assert band(regress(Features(*[0] * len(NAMES)))) is Confidence.NONE


@pytest.mark.parametrize(
    ("score", "confidence"),
    [
        (0.7, Confidence.ANSWER),
        (0.69, Confidence.RELATED),
        (0.2, Confidence.RELATED),
        (0.19, Confidence.NONE),
    ],
)
def test_the_bands_begin_where_the_parameters_say(score: float, confidence: Confidence) -> None:
    assert band(score, CalibrationParameters(answer=0.7, related=0.2)) is confidence
