"""Work spread over processes."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from corpus.workers import Workers, usable_cores


def double(batch: Sequence[int]) -> list[int]:
    return [item * 2 for item in batch]


def double_unless_deadly(batch: Sequence[int], *, deadly: int) -> list[int]:
    if deadly in batch:
        os._exit(1)
    return double(batch)


def sleep_after_the_first(batch: Sequence[int]) -> Sequence[int]:
    if 0 not in batch:
        time.sleep(600)
    return batch


def fail(batch: Sequence[int]) -> list[int]:
    raise ValueError("no number")


def batches(count: int, size: int) -> list[list[int]]:
    return [list(range(start, min(count, start + size))) for start in range(0, count, size)]


@pytest.mark.parametrize("processes", [0, 2])
def test_results_come_in_order_with_what_they_were_made_of(processes: int) -> None:
    with Workers(double, processes, instead=lambda item: [item], cache_dir=None) as workers:
        assert list(workers.map(batches(50, 3))) == [(batch, double(batch)) for batch in batches(50, 3)]


def test_an_item_that_ends_its_process_costs_only_itself() -> None:
    function = partial(double_unless_deadly, deadly=7)
    with Workers(function, 2, instead=lambda item: [-item], cache_dir=None) as workers:
        results = [(list(batch), result) for batch, result in workers.map(batches(20, 4))]
    assert [item for batch, _ in results for item in batch] == list(range(20))
    assert [number for _, result in results for number in result] == [
        -7 if number == 7 else number * 2 for number in range(20)
    ]


def test_an_exception_reaches_the_caller() -> None:
    with (
        Workers(fail, 1, instead=lambda item: [item], cache_dir=None) as workers,
        pytest.raises(ValueError, match="no number"),
    ):
        list(workers.map(batches(3, 1)))


def test_only_so_much_is_under_way_at_a_time() -> None:
    asked = 0

    def source() -> object:
        nonlocal asked
        for batch in batches(60, 1):
            asked += 1
            yield batch

    with Workers(double, 1, instead=lambda item: [item], cache_dir=None) as workers:
        results = workers.map(source())  # type: ignore[arg-type]
        next(results)
        assert asked <= 4


def test_who_gives_up_does_not_wait_for_what_is_under_way() -> None:
    def give_up() -> None:
        with Workers(sleep_after_the_first, 2, instead=lambda item: [item], cache_dir=None) as workers:
            next(workers.map(batches(50, 1)))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        give_up()


def test_there_is_a_core() -> None:
    assert usable_cores() >= 1


ENDLESS = """
import time
from corpus.workers import Workers
from tests.corpus.test_workers import double

def main():
    with Workers(double, 2, instead=lambda item: [item], cache_dir=None) as workers:
        for batch, result in workers.map([[1], [2], [3]]):
            pass
        print(*[process.pid for process in workers._pool._processes.values()], flush=True)
        time.sleep(60)

if __name__ == "__main__":
    main()
"""


def test_processes_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "endless.py"
    script.write_text(ENDLESS)
    root = Path(__file__).parents[2]
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
    deadline = time.monotonic() + 20
    while any(is_running(child) for child in children):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_running(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
