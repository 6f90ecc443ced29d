"""How far properties look."""

from hypothesis import settings

LONG = 10_000


def examples(usual: int) -> int:
    """Return how many examples a slow property tries: few as a rule, LONG under that profile."""
    return LONG if settings().max_examples >= LONG else usual
