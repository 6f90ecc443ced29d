"""Assertions that fail where a plain `assert` would pass by accident."""

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


def assert_all(items: Iterable[T], holds: Callable[[T], object]) -> None:
    """Assert that a condition holds for all of some items, and that there are any."""
    listed = list(items)
    assert listed, "there is nothing to check"
    failed = [item for item in listed if not holds(item)]
    assert not failed, f"{len(failed)} of {len(listed)} fail: {failed[:3]}"
