"""How fast an archive is indexed as a whole, and how soon a new process answers; part of `benchmarks.speed`.

Whatever is compared runs in processes of its own, in turns. Other work on the machine troubles the clock;
processor time, of a process and those it starts, is given beside it.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.archives import write_posts
from benchmarks.measuring import Figures, machine, processor_seconds, save

app = typer.Typer(add_completion=False, no_args_is_help=True)
console = Console()

CHAINS = {"jieba, one process": ("jieba", "0"), "fast": ("rjieba",)}
"""Segmenter, and worker processes; without them: as many as there are cores."""

QUESTION = "外交重点有哪些"

_FIRST_ANSWER = """
import sys
from bot.service import runner
from bot.settings import Settings
from corpus import Corpus
with Corpus.open(Settings.load().corpus_options(), rebuild_in_background=True) as corpus:
    corpus.ask(sys.argv[1])
"""


@app.command()
def bulk(
    folder: Annotated[Path | None, typer.Option(help="An archive; default: posts are made.")] = None,
    articles: Annotated[int, typer.Option(help="Number of posts to make.")] = 5_000,
    pairs: Annotated[int, typer.Option(help="How often each chain runs.")] = 3,
    out: Annotated[Path | None, typer.Option(help="Append the figures to this file.")] = None,
) -> None:
    """Index an archive from nothing with jieba in one process and with all that makes it fast, in turns."""
    figures: Figures = {"kind": "bulk", "machine": machine(), "load": os.getloadavg()[0]}
    runs: dict[str, list[Figures]] = {name: [] for name in CHAINS}
    with tempfile.TemporaryDirectory() as made:
        if folder is None:
            folder = Path(made, "posts")
            write_posts(folder, articles)
        for pair in range(pairs):
            for name, (segmenter, *workers) in CHAINS.items():
                run = _chain(str(folder), str(Path(made, f"{segmenter}{pair}")), segmenter, *workers)
                runs[name].append(run)
                console.print(f"{name}: {run['seconds']:.1f} s", highlight=False)
    slow, fast = runs.values()
    for measure in ("seconds", "processor_seconds"):
        ratios = [before[measure] / after[measure] for before, after in zip(slow, fast, strict=True)]
        figures[f"ratio_{measure}"] = [round(ratio, 2) for ratio in ratios]
    figures["chains"] = {name: _median_run(several) for name, several in runs.items()}
    _show_bulk(figures)
    save(figures, out)


@app.command()
def fill(
    folder: Annotated[Path, typer.Option(help="An archive, such as `posts` writes.")],
    data: Annotated[Path, typer.Option(help="An empty DATA_DIR.")],
    out: Annotated[Path | None, typer.Option(help="Append the figures to this file.")] = None,
) -> None:
    """Index an archive from nothing as `baotong index` does: time of each stage, memory of all processes."""
    if any(data.glob("*")):
        raise typer.BadParameter(f"{data} is not empty")
    figures: Figures = {"kind": "fill", "machine": machine(), "load": os.getloadavg()[0]}
    figures |= _chain(str(folder), str(data), "rjieba")
    console.print_json(data=figures)
    save(figures, out)


def _chain(*arguments: str) -> Figures:
    """What `chain` prints."""
    command = [sys.executable, "-m", "benchmarks.chain", *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    figures: Figures = json.loads(done.stdout)
    return figures


def _median_run(runs: Sequence[Figures]) -> Figures:
    return sorted(runs, key=lambda run: float(run["seconds"]))[len(runs) // 2]


def _show_bulk(figures: Figures) -> None:
    table = Table(title=f"{figures['machine']}, load {figures['load']:.1f}")
    for column in ("chain", "posts/s", "passages/s", "s", "processor s", "peak MB", "stages"):
        table.add_column(column)
    for name, run in figures["chains"].items():
        table.add_row(
            name,
            f"{run['articles'] / run['seconds']:.0f}",
            f"{run['passages'] / run['seconds']:.0f}",
            f"{run['seconds']:.1f}",
            f"{run['processor_seconds']:.1f}",
            f"{run['peak_bytes'] / 1e6:.0f}",
            ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in run["stages"].items()),
        )
    console.print(table)
    for measure in ("seconds", "processor_seconds"):
        ratios = figures[f"ratio_{measure}"]
        console.print(
            f"ratio of {measure}: median {statistics.median(ratios):.2f} of {ratios}", highlight=False
        )


@app.command()
def start(
    data: Annotated[Path, typer.Option(help="DATA_DIR of an archive that is indexed.")],
    question: Annotated[str, typer.Option(help="What to ask.")] = QUESTION,
    times: Annotated[int, typer.Option(help="How often each is done.")] = 5,
    out: Annotated[Path | None, typer.Option(help="Append the figures to this file.")] = None,
) -> None:
    """Time from the start of a process to its first answer, with its files in memory and without.

    `ask` is the whole command; `run` imports what the bot does, opens the archive as it does, and asks.
    """
    figures: Figures = {"kind": "start", "machine": machine(), "load": os.getloadavg()[0], "data": data.name}
    commands = {
        "ask": [sys.executable, "-m", "bot", "ask", "--json", question],
        "run": [sys.executable, "-c", _FIRST_ANSWER, question],
    }
    table = Table(title=f"first answer of a process: {figures['machine']}, load {figures['load']:.1f}")
    for column in ("command", "segmenter", "files", "s", "processor s"):
        table.add_column(column)
    rows = []
    for name, command in commands.items():
        for segmenter, variables in _segmenters():
            for files in ("cold", "in memory"):
                taken = [_timed(command, data, variables, cold=files == "cold") for _ in range(times)]
                seconds, processor = (statistics.median(column) for column in zip(*taken, strict=True))
                rows.append([name, segmenter, files, round(seconds, 2), round(processor, 2)])
                table.add_row(*map(str, rows[-1]))
    figures["rows"] = rows
    console.print(table)
    save(figures, out)


def _segmenters() -> Iterator[tuple[str, Mapping[str, str]]]:
    """With rjieba where it is installed, and as if it were not."""
    from importlib.util import find_spec

    if find_spec("rjieba") is not None:
        yield "rjieba", {}
    with tempfile.TemporaryDirectory() as hidden:
        Path(hidden, "rjieba.py").write_text("raise ImportError\n", encoding="utf-8")
        yield "jieba", {"PYTHONPATH": hidden}


def _timed(
    command: Sequence[str], data: Path, variables: Mapping[str, str], *, cold: bool
) -> tuple[float, float]:
    """Seconds by the clock and of the processor."""
    if cold:
        for path in data.rglob("*"):
            if path.is_file():
                with path.open("rb") as file:
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    begun, used = time.perf_counter(), processor_seconds()
    subprocess.run(
        command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, **variables, "DATA_DIR": str(data)}
    )
    return time.perf_counter() - begun, processor_seconds() - used


if __name__ == "__main__":
    app()
