"""Long work that leaves room for answers."""

import time

import pytest

from bot.service import background
from bot.service.background import Pause, StoppedError


def test_work_rests_as_long_as_it_ran_and_no_longer_than_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    now, rests = [100.0], list[float]()
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "sleep", rests.append)
    pause = Pause(lambda: False)
    for worked in (background.SLICE_SECONDS / 2, 0.03, 60.0):
        pause.begin()
        now[0] += worked
        pause()
    assert rests == pytest.approx([0.03, 5 * background.SLICE_SECONDS])


def test_work_ends_when_the_bot_stops() -> None:
    stopped = [False]
    pause = Pause(lambda: stopped[0])
    pause.begin()
    stopped[0] = True
    with pytest.raises(StoppedError):
        pause.begin()
