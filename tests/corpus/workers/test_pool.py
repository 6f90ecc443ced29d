"""Work spread over processes."""

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest

from corpus.workers.pool import Refusal, Workers, usable_cores
from corpus.workers.process import Bounds, Cause, WorkerError


def double(batch: Iterable[int]) -> list[int]:
    return [item * 2 for item in batch]


def double_unless_deadly(batch: Iterable[int], *, deadly: int) -> list[int]:
    results = []
    for item in batch:
        if item == deadly:
            os._exit(1)
        results.append(item * 2)
    return results


def double_or_misbehave(batch: Iterable[int]) -> list[int]:
    """7 holds the interpreter without end, 9 allocates without end, 11 sleeps, 13 takes its time."""
    results = []
    for item in batch:
        if item == 7:
            re.match("(a*)*b", "a" * 60)
        elif item == 9:
            held = []
            while True:
                held.append(bytearray(b"x" * 10_000_000))
        elif item == 11:
            time.sleep(600)
        elif item == 13:
            end = time.process_time() + 0.25
            while time.process_time() < end:
                pass
        results.append(item * 2)
    return results


def sleep_after_the_first(batch: Iterable[int]) -> list[int]:
    numbers = list(batch)
    if 0 not in numbers:
        time.sleep(600)
    return numbers


def hold_after_the_first(batch: Iterable[int]) -> list[int]:
    numbers = list(batch)
    if 0 not in numbers:
        re.match("(a*)*b", "a" * 60)
    return numbers


def fail(batch: Iterable[int]) -> list[int]:
    raise ValueError("no number")


def negative(item: int, _: Refusal) -> list[int]:
    return [-item]


def batches(count: int, size: int) -> list[list[int]]:
    return [list(range(start, min(count, start + size))) for start in range(0, count, size)]


def numbers_of(results: Iterable[tuple[Sequence[int], list[int]] | None]) -> list[int]:
    return [number for pair in results if pair is not None for number in pair[1]]


@pytest.mark.parametrize("processes", [0, 2])
def test_results_come_in_order_with_what_they_were_made_of(processes: int) -> None:
    with Workers(double, processes, on_refusal=negative, cache_dir=None) as workers:
        assert list(workers.map(batches(50, 3))) == [(batch, double(batch)) for batch in batches(50, 3)]


def test_an_item_that_ends_its_process_costs_only_itself() -> None:
    function = partial(double_unless_deadly, deadly=7)
    with Workers(function, 2, on_refusal=negative, cache_dir=None) as workers:
        numbers = numbers_of(workers.map(batches(20, 4)))
    assert numbers == [*(number * 2 for number in range(20) if number != 7), -7], "the others come first"


def test_with_a_single_attempt_even_what_was_given_up_comes_in_order() -> None:
    function = partial(double_unless_deadly, deadly=7)
    with Workers(function, 2, on_refusal=negative, bounds=Bounds((5.0,)), cache_dir=None) as workers:
        numbers = numbers_of(workers.map(batches(20, 4)))
    assert numbers == [-7 if number == 7 else number * 2 for number in range(20)]


def test_an_item_that_goes_over_its_bounds_is_given_up_with_the_reason() -> None:
    refusals: dict[int, Refusal] = {}

    def on_refusal(item: int, refusal: Refusal) -> list[int]:
        refusals[item] = refusal
        return [-item]

    bounds = Bounds(seconds=(0.1, 0.2, 0.5), stall_seconds=8.0, memory=300_000_000)
    with Workers(double_or_misbehave, 1, on_refusal=on_refusal, bounds=bounds, cache_dir=None) as workers:
        numbers = numbers_of(workers.map(batches(20, 20)))
    ordinary = [number * 2 for number in range(20) if number not in (7, 9, 11, 13)]
    assert numbers[: len(ordinary)] == ordinary, "nothing slow comes before the others"
    assert sorted(numbers[len(ordinary) :]) == [-11, -9, -7, 26]
    assert refusals[7] == Refusal(Cause.TIME, 0.5)
    assert refusals[11] == Refusal(Cause.STALLED, 8.0)
    if sys.platform == "linux":
        assert refusals[9].cause is Cause.MEMORY


def test_who_computes_until_the_clock_ends_it_is_not_taken_for_a_stall() -> None:
    refusals: dict[int, Refusal] = {}

    def on_refusal(item: int, refusal: Refusal) -> list[int]:
        refusals[item] = refusal
        return [-item]

    bounds = Bounds(seconds=(0.1, 60.0), stall_seconds=5.0)
    with Workers(double_or_misbehave, 1, on_refusal=on_refusal, bounds=bounds, cache_dir=None) as workers:
        numbers = numbers_of(workers.map([[1, 7, 11, 13]]))
    assert sorted(numbers) == [-11, -7, 2, 26]
    assert refusals == {7: Refusal(Cause.SLOW, 5.0), 11: Refusal(Cause.STALLED, 5.0)}


def test_slow_items_are_left_when_their_time_is_over() -> None:
    refusals: dict[int, Refusal] = {}

    def on_refusal(item: int, refusal: Refusal) -> list[int]:
        refusals[item] = refusal
        return []

    bounds = Bounds(seconds=(0.1, 20.0))
    with Workers(double_or_misbehave, 1, on_refusal=on_refusal, bounds=bounds, cache_dir=None) as workers:
        results = list(workers.map([[1, 13, 3], [7, 7, 7]], slow_seconds=0.0))
    assert numbers_of(results) == [2, 6]
    assert refusals == {13: Refusal(Cause.LEFT, 0.1), 7: Refusal(Cause.LEFT, 0.1)}


def test_the_caller_hears_that_only_slow_items_are_left() -> None:
    bounds = Bounds(seconds=(0.1, 20.0))
    with Workers(double_or_misbehave, 1, on_refusal=negative, bounds=bounds, cache_dir=None) as workers:
        results = list(workers.map([[13, 1], [2]]))
    assert [pair and pair[1] for pair in results if pair] == [[2], [4], [26]]
    assert results.index(None) == 2


def test_an_item_known_to_be_slow_waits_for_the_others() -> None:
    with Workers(double, 1, on_refusal=negative, cache_dir=None) as workers:
        pairs = workers.map([*[[2]] * 20, [1, 2], [3]], first_attempt=lambda item: 3 - item)
        assert numbers_of(pairs) == [6, *[4] * 21, 2]


def test_a_process_that_cannot_start_is_no_fault_of_the_items() -> None:
    workers = Workers(double, 2, on_refusal=negative, warm_up=partial(os._exit, 3), cache_dir=None)
    with pytest.raises(WorkerError, match="can be started: one ended with 3"), workers:
        list(workers.map([[1, 2], [3, 4], [5]]))


def test_an_exception_reaches_the_caller() -> None:
    with (
        Workers(fail, 1, on_refusal=negative, cache_dir=None) as workers,
        pytest.raises(ValueError, match="no number"),
    ):
        list(workers.map(batches(3, 1)))


def test_only_so_much_is_under_way_at_a_time() -> None:
    asked = 0

    def source() -> Iterator[list[int]]:
        nonlocal asked
        for batch in batches(60, 1):
            asked += 1
            yield batch

    with Workers(double, 1, on_refusal=negative, cache_dir=None) as workers:
        results = workers.map(source())
        next(results)
        assert asked <= 4


@pytest.mark.parametrize("function", [sleep_after_the_first, hold_after_the_first])
def test_who_gives_up_does_not_wait_for_what_is_under_way(
    function: Callable[[Iterable[int]], list[int]],
) -> None:
    children: list[int] = []

    def give_up() -> None:
        with Workers(function, 2, on_refusal=negative, bounds=Bounds((500.0,)), cache_dir=None) as workers:
            next(workers.map(batches(50, 1)))
            children.extend(descendants(os.getpid()))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        give_up()
    assert len(children) >= 2 or sys.platform != "linux"
    wait_until_gone(children)


def test_there_is_a_core() -> None:
    assert usable_cores() >= 1


ENDLESS = """
import os, sys
from corpus.workers.pool import Bounds, Workers
from tests.corpus.workers.test_pool import descendants, hold_after_the_first, negative

def main():
    with Workers(
        hold_after_the_first, 2, on_refusal=negative, bounds=Bounds((500.0,)), cache_dir=None
    ) as workers:
        for pair in workers.map([[0], [1], [2]]):
            print(*descendants(os.getpid()), flush=True)

if __name__ == "__main__":
    main()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_processes_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "endless.py"
    script.write_text(ENDLESS)
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    ) as parent:
        assert parent.stdout is not None
        children = [int(word) for word in parent.stdout.readline().split()]
        parent.kill()
    assert children
    wait_until_gone(children)


def descendants(process: int) -> list[int]:
    """Children and children's children, without multiprocessing's tracker of resources, which stays."""
    found = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{process}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                if b"resource_tracker" not in Path(f"/proc/{child}/cmdline").read_bytes():
                    found += [child, *descendants(child)]
    return found


def wait_until_gone(processes: Sequence[int]) -> None:
    deadline = time.monotonic() + 100
    while any(is_running(process) for process in processes):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_running(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
