"""Confidence grows with what speaks for the hit, and with nothing else."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import Confidence
from corpus.asking import RELATED, SURE, band_of
from corpus.confidence import Evidence, score

shares = st.floats(0, 1)
evidence = st.builds(Evidence, *[shares] * len(fields(Evidence)))


@given(evidence)
def test_confidence_is_between_nothing_and_certainty(found: Evidence) -> None:
    assert 0 < score(found) < 1


@pytest.mark.parametrize("part", [field.name for field in fields(Evidence)])
@given(found=evidence)
def test_more_of_any_evidence_never_makes_less_sure(part: str, found: Evidence) -> None:
    assert score(replace(found, **{part: 1.0})) >= score(found)


def test_all_evidence_is_an_answer_and_none_is_nothing() -> None:
    assert band_of(score(Evidence(1, 1, 1, 1, 1, 1))) is Confidence.ANSWER
    assert band_of(score(Evidence(0, 0, 0, 0, 0, 0))) is Confidence.NONE


def test_the_bands_begin_where_they_say() -> None:
    assert band_of(SURE) is Confidence.ANSWER
    assert band_of(SURE - 1e-9) is Confidence.RELATED
    assert band_of(RELATED) is Confidence.RELATED
    assert band_of(RELATED - 1e-9) is Confidence.NONE
