"""Long work made visible on standard error: one bar for people, a line now and then for logs."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from corpus import Progress

Show = Callable[["Progress"], None]

LINE_SECONDS = 10.0

_WORDS = {"scan": "looking", "read": "reading", "index": "indexing"}


@contextmanager
def shown() -> Iterator[Show]:
    """Show progress until the block ends, with rate and time left. The bar then goes: the report says all."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield _lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, ProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar
    from rich.text import Text

    class Count(ProgressColumn):
        """How many are done, of how many where that is known."""

        def render(self, task: Any) -> Text:
            whole = f"{task.completed:,.0f} of {task.total:,.0f}" if task.total else ""
            return Text(whole, style="progress.download")

    class Rate(ProgressColumn):
        """Items a second, over the last moments."""

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
            if state.phase != phase:  # a new bar in the place of the old one: each phase has its own pace
                if task is not None:
                    bar.remove_task(task)
                phase = state.phase
                task = bar.add_task(_WORDS.get(phase, phase), total=None)
            bar.update(task, completed=state.done, total=state.total or None)

        yield show


def _lines() -> Show:
    """A line every ten seconds; nothing at all for what is quick."""
    started: dict[str, float] = {}
    said = before = time.monotonic()

    def show(state: "Progress") -> None:
        nonlocal said, before
        now = time.monotonic()
        started.setdefault(state.phase, before)  # what is told first was being done since
        before = now
        if now - said < LINE_SECONDS or not state.done:
            return
        said = now
        rate = state.done / max(now - started[state.phase], 0.001)
        left = f", {(state.total - state.done) / rate:,.0f} s left" if state.total else ""
        of = f" of {state.total:,}" if state.total else ""
        word = _WORDS.get(state.phase, state.phase)
        if sys.stderr is not None:
            sys.stderr.write(f"{word}: {state.done:,}{of}, {rate:,.0f}/s{left}\n")
            sys.stderr.flush()

    return show
