"""How questions fare while thousands of new posts are indexed; part of `benchmarks.speed`."""

import asyncio
import contextlib
import itertools
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from benchmarks.archives import Archive, questions, write_posts
from benchmarks.measuring import Figures, machine, save, spread
from bot.refresh import Refresh  # noqa: TID251 — the bot's way of following its folder is measured
from bot.settings import Settings  # noqa: TID251
from corpus import Corpus
from corpus.index import jit

console = Console()

PAUSE_SECONDS: Final = 0.05
"""Between an answer and the next question."""

CALM_QUESTIONS: Final = 200
FLOOD_QUESTIONS: Final = 2_000
ABOUT_ARTICLES: Final = 5_000


def flood(
    articles: Annotated[int, typer.Option(help="Posts that are there before.")] = 20_000,
    files: Annotated[int, typer.Option(help="New posts.")] = 10_000,
    out: Annotated[Path | None, typer.Option(help="Append the figures to this file.")] = None,
) -> None:
    """Ask while new posts come in, are noticed and indexed as the bot does it; times by the clock."""
    figures: Figures = {"kind": "flood", "machine": machine(), "load": os.getloadavg()[0]}
    figures |= {"articles": articles, "files": files}
    with tempfile.TemporaryDirectory() as made:
        folder, aside, data = Path(made, "posts"), Path(made, "aside"), Path(made, "data")
        write_posts(folder, articles)
        write_posts(aside, files, after=articles)
        settings = Settings.load(env_file=None, corpus_dir=folder, data_dir=data)
        with Corpus.open(settings.corpus_options()) as corpus:
            corpus.update()
            jit.load(data / "compiled")
            about = list(itertools.islice(Archive().articles(), ABOUT_ARTICLES))
            wanted = ["".join(words) for words in questions(about, CALM_QUESTIONS + FLOOD_QUESTIONS)]
            for text in wanted[:CALM_QUESTIONS]:  # what first questions load is loaded
                corpus.ask(text)
            figures |= asyncio.run(
                _flooded(corpus, Refresh(settings, folder), aside, wanted, expected=articles + files)
            )
    console.print_json(data=figures)
    save(figures, out)


async def _flooded(
    corpus: Corpus, refresh: Refresh, aside: Path, wanted: Sequence[str], *, expected: int
) -> Figures:
    """Ask in peace, then from the first new file on until the last one is answered from.

    Args:
        corpus: The archive.
        refresh: Follows its folder.
        aside: Holds the new files.
        wanted: Questions.
        expected: Articles in the end.
    """
    calm = [await _seconds(corpus, text) for text in wanted[:CALM_QUESTIONS]]
    started, taken = time.perf_counter(), list[float]()
    watching = asyncio.create_task(refresh.run())
    moving = asyncio.create_task(asyncio.to_thread(_move, aside, corpus.folder))
    for text in itertools.cycle(wanted[CALM_QUESTIONS:]):
        taken.append(await _seconds(corpus, text))
        if moving.done() and not refresh.running and corpus.statistics().articles == expected:
            break
        await asyncio.sleep(PAUSE_SECONDS)
    seconds = time.perf_counter() - started
    watching.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watching
    return {
        "seconds until all is indexed": round(seconds, 1),
        "asked before": _clock(calm),
        "asked meanwhile": _clock(taken),
    }


def _move(aside: Path, folder: Path) -> None:
    """Move all files of a folder to the same places below another one."""
    for path in sorted(aside.rglob("*.md")):
        target = folder / path.relative_to(aside)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)


async def _seconds(corpus: Corpus, text: str) -> float:
    """Time of one answer, in a thread as the bot asks."""
    started = time.perf_counter()
    await asyncio.to_thread(corpus.ask, text)
    return time.perf_counter() - started


def _clock(taken: Sequence[float]) -> Figures:
    p95 = sorted(taken)[int(len(taken) * 0.95)]
    return spread(taken) | {"p95": round(p95 * 1000, 3)}
