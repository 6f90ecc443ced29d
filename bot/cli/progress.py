"""Progress on standard error: a bar on a terminal, a line every ten seconds elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from corpus import Progress

ShowProgress = Callable[["Progress"], None]

LINE_SECONDS = 10.0

_PHASES = {
    "scan": "looking",
    "read": "reading",
    "index": "indexing",
    "vectors": "making vectors",
    "fetch": "fetching",
    "import": "importing",
}


@contextmanager
def show_progress() -> Iterator[ShowProgress]:
    """Show progress with rate and time left until the block ends; then the bar disappears."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield _lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, ProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar
    from rich.text import Text

    class Count(ProgressColumn):
        """Number of items done, and the total if it is known."""

        def render(self, task: Any) -> Text:
            whole = f"{task.completed:,.0f} of {task.total:,.0f}" if task.total else ""
            return Text(whole, style="progress.download")

    class Rate(ProgressColumn):
        """Items per second, recently."""

        def render(self, task: Any) -> Text:
            speed = task.finished_speed or task.speed
            return Text(f"{speed:,.0f}/s" if speed else "", style="progress.data.speed")

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        Count(),
        Rate(),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task: Any = None
        phase = ""

        def show(state: "Progress") -> None:
            nonlocal task, phase
            if state.phase != phase:  # a new bar replaces the old one: each phase has its own rate
                if task is not None:
                    bar.remove_task(task)
                phase = state.phase
                task = bar.add_task(_PHASES.get(phase, phase), total=None)
            bar.update(task, completed=state.done, total=state.total or None)

        yield show


def _lines() -> ShowProgress:
    """Return a function that writes a line every ten seconds, and nothing for quick work."""
    started: dict[str, float] = {}
    said = before = time.monotonic()

    def show(state: "Progress") -> None:
        nonlocal said, before
        now = time.monotonic()
        started.setdefault(state.phase, before)  # a phase began with the report before its first
        before = now
        if now - said < LINE_SECONDS or not state.done:
            return
        said = now
        rate = state.done / max(now - started[state.phase], 0.001)
        left = f", {(state.total - state.done) / rate:,.0f} s left" if state.total else ""
        of = f" of {state.total:,}" if state.total else ""
        word = _PHASES.get(state.phase, state.phase)
        if sys.stderr is not None:
            sys.stderr.write(f"{word}: {state.done:,}{of}, {rate:,.0f}/s{left}\n")
            sys.stderr.flush()

    return show
