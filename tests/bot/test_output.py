"""Values as JSON: stable words, nothing left out, and reports that survive the way to another process."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import output
from corpus import Skipped, UpdateReport

names = st.text(max_size=20)
skipped = st.builds(Skipped, names, names)
reports = st.builds(
    UpdateReport,
    *(st.integers(0, 10**9) for _ in range(4)),
    st.lists(skipped, max_size=3).map(tuple),
    st.lists(skipped, max_size=3).map(tuple),
    st.integers(0, 10**6).map(lambda milliseconds: milliseconds / 1000),
    st.dictionaries(names, st.integers(0, 10**6).map(float), max_size=3).map(
        lambda held: tuple(held.items())
    ),
    passed_over=st.dictionaries(names, st.integers(0, 10**9), max_size=3).map(
        lambda held: tuple(held.items())
    ),
)


@given(reports)
def test_a_report_comes_back_from_its_json_as_it_was(report: UpdateReport) -> None:
    line = output.dump(output.report(report)).encode("utf-8", "backslashreplace").decode()
    assert "\n" not in line
    assert output.read_report(line) == report


@pytest.mark.parametrize("line", ["", "x", "[]", "{}", '{"added": 1}', '{"skipped": 3}'])
def test_what_is_no_report_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        output.read_report(line)


@given(st.integers(-720, 720), st.integers(0, 4_000_000_000))
def test_times_are_told_in_utc_to_the_second(minutes: int, seconds: int) -> None:
    moment = datetime.fromtimestamp(seconds, timezone(timedelta(minutes=minutes)))
    told = output.time(moment)
    assert told is not None
    assert told.endswith("Z")
    assert datetime.fromisoformat(told) == moment.astimezone(UTC)


def test_what_is_unknown_is_null_and_never_left_out() -> None:
    failure = output.failure("no question", id=None)
    assert failure == {"id": None, "error": "no question"}
    assert output.time(None) is None


def test_chinese_stays_readable_and_numbers_that_json_does_not_know_are_refused() -> None:
    assert output.dump({"题": ["a", None]}) == '{"题": ["a", null]}'
    assert json.loads(output.dump("\ud800")) == "\ud800"
    with pytest.raises(ValueError, match="JSON"):
        output.dump(float("nan"))
