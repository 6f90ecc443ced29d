"""Long work made visible on standard error: a bar for people, a line now and then for logs."""

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
    """Show progress until the block ends, with rate and time left."""
    if not sys.stderr.isatty():
        yield _lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar
    from rich.text import Text

    class Rate(ProgressColumn):
        """Items a second, over the last moments."""

        def render(self, task: Any) -> Text:
            speed = task.finished_speed or task.speed
            return Text(f"{speed:,.0f}/s" if speed else "", style="progress.data.speed")

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=Console(stderr=True)) as bar:
        tasks: dict[str, Any] = {}

        def show(state: "Progress") -> None:
            if state.phase not in tasks:
                tasks[state.phase] = bar.add_task(_WORDS.get(state.phase, state.phase), total=None)
            bar.update(tasks[state.phase], completed=state.done, total=state.total or None)

        yield show


def _lines() -> Show:
    """A line every ten seconds; nothing at all for what is quick."""
    started: dict[str, float] = {}
    said = time.monotonic()

    def show(state: "Progress") -> None:
        nonlocal said
        now = time.monotonic()
        started.setdefault(state.phase, now)
        if now - said < LINE_SECONDS or not state.done:
            return
        said = now
        rate = state.done / max(now - started[state.phase], 0.001)
        left = f", {(state.total - state.done) / rate:,.0f} s left" if state.total else ""
        of = f" of {state.total:,}" if state.total else ""
        word = _WORDS.get(state.phase, state.phase)
        sys.stderr.write(f"{word}: {state.done:,}{of}, {rate:,.0f}/s{left}\n")
        sys.stderr.flush()

    return show
