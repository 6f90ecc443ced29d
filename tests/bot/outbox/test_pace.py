"""Rate limits as sliding windows."""

from hypothesis import given
from hypothesis import strategies as st

from bot.outbox.pace import Rate, Window


@given(st.lists(st.floats(0, 3), max_size=60), st.integers(1, 5), st.floats(0.5, 3))
def test_a_window_never_lets_more_through_than_its_limit(
    gaps: list[float], limit: int, seconds: float
) -> None:
    window = Window(Rate(limit, seconds))
    now = 0.0
    taken = []
    for gap in gaps:
        now += gap
        now += window.wait(now)
        assert window.wait(now) == 0
        window.take(now)
        taken.append(now)
    assert most_within(taken, seconds - 1e-5) <= limit


def most_within(moments: list[float], seconds: float) -> int:
    """The largest number of moments within a window."""
    moments = sorted(moments)
    return max((sum(1 for at in moments if start <= at < start + seconds) for start in moments), default=0)
