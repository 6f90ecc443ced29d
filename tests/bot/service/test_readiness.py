"""The checks of `/readyz`."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.service.readiness import Readiness


def parts() -> dict[str, Any]:
    """Parts of a bot that is well."""
    return {
        "archive": SimpleNamespace(problem=lambda: None),
        "state": SimpleNamespace(problem=None, file_problem=None, is_truncated=False, path="bot.sqlite3"),
        "inbox": SimpleNamespace(is_moving=True, depth=3, storage_problem=None),
        "receiver": SimpleNamespace(poller=SimpleNamespace(in_conflict=False, age=1.0)),
        "sender": SimpleNamespace(failing_seconds=0.0, failure=""),
        "pool": SimpleNamespace(running_longer_than=lambda _: 0),
        "instance": SimpleNamespace(problem=None),
        "clock": SimpleNamespace(problem=None),
    }


def problems(**changed: Any) -> dict[str, str]:
    readiness = Readiness(**cast(Any, parts() | changed))
    readiness.stage = None
    return readiness.problems()


def test_a_bot_that_is_well_has_no_problems() -> None:
    assert problems() == {}
    assert Readiness(**cast(Any, parts())).problems() == {"start": "starting"}


@pytest.mark.parametrize(
    ("part", "value", "subject", "words"),
    [
        ("archive", SimpleNamespace(problem=lambda: "no article is indexed"), "archive", "no article"),
        ("inbox", SimpleNamespace(is_moving=False, depth=3, storage_problem=None), "inbox", "3 updates wait"),
        ("inbox", SimpleNamespace(is_moving=True, storage_problem="disk full"), "database", "disk full"),
        ("pool", SimpleNamespace(running_longer_than=lambda _: 2), "threads", "2 pieces of work"),
        ("sender", SimpleNamespace(failing_seconds=31.0, failure="TimedOut"), "sending", "31 s: TimedOut"),
        ("instance", SimpleNamespace(problem="another baotong runs"), "instance", "another"),
        ("clock", SimpleNamespace(problem="900 s ahead"), "clock", "900 s ahead"),
        ("receiver", SimpleNamespace(poller=SimpleNamespace(in_conflict=True, age=1.0)), "conflict", "token"),
        (
            "receiver",
            SimpleNamespace(poller=SimpleNamespace(in_conflict=False, age=99.0)),
            "poll",
            "for 99 s",
        ),
    ],
)
def test_a_problem_stands_under_its_subject(part: str, value: object, subject: str, words: str) -> None:
    found = problems(**{part: value})
    assert list(found) == [subject]
    assert words in found[subject]


def test_a_truncated_database_is_named() -> None:
    state = SimpleNamespace(problem=None, file_problem=None, is_truncated=True, path="bot.sqlite3")
    assert "bot.sqlite3 is damaged: it was cut short" in problems(state=state)["database"]


def test_a_check_that_fails_is_a_problem_and_the_others_still_run() -> None:
    found = problems(inbox=SimpleNamespace(), clock=SimpleNamespace(problem="900 s ahead"))
    assert "cannot be checked: AttributeError" in found["inbox"]
    assert found["clock"] == "900 s ahead"
