"""Telegram's clock: known from its answers, whatever this machine's clock says or does."""

from email.utils import formatdate

import pytest

from bot.process.clock import Clock

TRUE = 1_800_000_000.0
"""The time at Telegram when a test begins."""


class Machine:
    """A machine: its clock on the wall may be wrong and be set; the other one only goes on."""

    def __init__(self, ahead: float = 0.0) -> None:
        self.ahead = ahead
        self.passed = 0.0
        self.clock = Clock(wall=lambda: TRUE + self.passed + self.ahead, monotonic=lambda: self.passed)

    def hears(self, *, late: float = 0.0, seconds: float = 0.1) -> None:
        self.clock.observe(formatdate(TRUE + self.passed - late, usegmt=True), seconds=seconds)


def test_before_anything_was_heard_the_machines_clock_counts() -> None:
    assert Machine(ahead=900).clock.now() == TRUE + 900


@pytest.mark.parametrize("ahead", [900.0, -900.0])
def test_a_constant_offset_is_measured_and_told(ahead: float) -> None:
    machine = Machine(ahead)
    machine.hears()
    assert machine.clock.now() == pytest.approx(TRUE, abs=1)
    assert machine.clock.offset == pytest.approx(ahead, abs=1)
    assert ("900 s ahead" if ahead > 0 else "900 s behind") in (machine.clock.problem or "")


def test_a_clock_that_is_set_while_the_bot_runs_changes_nothing() -> None:
    machine = Machine()
    machine.hears()
    assert machine.clock.problem is None
    for ahead in (3_600.0, -3_600.0):
        machine.ahead = ahead
        machine.passed += 10
        assert machine.clock.now() == pytest.approx(TRUE + machine.passed, abs=1)
        assert machine.clock.problem
    machine.ahead = 0.0
    assert machine.clock.problem is None


def test_one_answer_with_a_wrong_date_is_outvoted() -> None:
    machine = Machine()
    for late in (0, 0, 86_400, 0):
        machine.hears(late=late)
    assert machine.clock.now() == pytest.approx(TRUE, abs=1)


def test_a_poll_that_was_held_is_not_taken_for_the_present() -> None:
    machine = Machine()
    machine.hears()
    machine.passed += 25
    machine.hears(late=25, seconds=25)
    assert machine.clock.now() == pytest.approx(TRUE + 25, abs=1)


@pytest.mark.parametrize("date", [None, "", "yesterday", "Mon, 99 Foo 2026 25:61:61 GMT", "0", "é" * 1_000])
def test_nonsense_is_passed_over(date: str | None) -> None:
    machine = Machine()
    machine.clock.observe(date)
    assert machine.clock.now() == TRUE
