"""How fast the index is, beside other engines and by itself; figures go to a file of JSON lines.

    python -m benchmarks.speed peers --passages 10000 --out speed.jsonl
    python -m benchmarks.speed index --passages 1000000 --folder /tmp/index --out speed.jsonl
    python -m benchmarks.speed posts --articles 20000 --folder /tmp/posts
    python -m benchmarks.speed ask --folder /tmp/posts --data /tmp/data --out speed.jsonl
    python -m benchmarks.speed bulk --out speed.jsonl
    python -m benchmarks.speed fill --folder /tmp/posts --data /tmp/data --out speed.jsonl
    python -m benchmarks.speed start --data /tmp/data --out speed.jsonl
    python -m benchmarks.speed flood --out speed.jsonl
    python -m benchmarks.speed plot speed.jsonl docs/speed.svg

Peers are interleaved question by question in one process, so that what else the machine does
troubles all of them alike; only ratios of one run should be compared. Times of searches are processor time.
"""

import gc
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks import flooding, indexing
from benchmarks.archives import Archive, MadeArticle, questions, write_posts
from benchmarks.measuring import (
    Figures,
    anonymous_bytes,
    folder_bytes,
    machine,
    peak_memory,
    ratio,
    resident_bytes,
    save,
    spread,
)
from benchmarks.peers import ENGINES, Engine, load_loops
from corpus.index.index import Document, Family, Index, Restriction, Term
from corpus.text import analyzer

app = typer.Typer(add_completion=False, no_args_is_help=True)
app.command()(indexing.bulk)
app.command()(indexing.fill)
app.command()(indexing.start)
app.command()(flooding.flood)
console = Console()

SLOW_SECONDS = 0.1
SLOW_QUESTIONS = 20
"""Engines that take longer than that for a question are asked only so many."""

ROUND = 10
"""Questions that an engine is asked in a row before the next has its turn."""

CHARACTERS_WEIGHT = 0.5
ARTICLES_ADDED = 100
WARMING_QUESTIONS = 200


def main() -> None:
    """Run the command line."""
    app()


@app.command()
def peers(
    passages: Annotated[int, typer.Option(help="Number of passages.")] = 10_000,
    asked: Annotated[int, typer.Option("--questions", help="Number of questions.")] = 200,
    out: Annotated[Path | None, typer.Option(help="Append the figures to this file.")] = None,
    without: Annotated[list[str] | None, typer.Option(help="Leave out engines of this class name.")] = None,
) -> None:
    """Ask engines the same questions over the same words, interleaved."""
    articles = list(take_articles(passages))
    words = [passage.words for article in articles for passage in article.passages][:passages]
    made = questions(articles, asked + WARMING_QUESTIONS)
    wanted, warming = made[:asked], made[asked:]
    del articles
    load_loops()
    engines: list[Engine] = []
    figures: Figures = {"kind": "peers", "passages": passages, "machine": machine(), "engines": {}}
    with tempfile.TemporaryDirectory() as folder:
        for kind in ENGINES:
            if kind.__name__ in (without or []):
                continue
            before, disk = resident_bytes(), folder_bytes(Path(folder))
            start = time.perf_counter()
            engine = kind(words, Path(folder))
            seconds = time.perf_counter() - start
            engines.append(engine)
            figures["engines"][engine.name] = {
                "build_seconds": round(seconds, 2),
                "memory_bytes": max(0, resident_bytes() - before),
                "disk_bytes": folder_bytes(Path(folder)) - disk,
            }
            console.print(f"{engine.name}: built in {seconds:.1f} s", highlight=False)
        times = interleave(engines, wanted, warming)
        figures["agreement with rank_bm25"] = agreement(engines, wanted)
    for name, taken in times.items():
        figures["engines"][name] |= spread(taken)
        for base in ("tantivy", "rank_bm25"):
            if base in times:
                figures["engines"][name][f"times_{base}"] = ratio(taken, times[base])
    show(figures)
    save(figures, out)


def interleave(
    engines: Sequence[Engine], wanted: Sequence[Sequence[str]], warming: Sequence[Sequence[str]]
) -> dict[str, list[float]]:
    """Seconds for each question and engine; engines take turns, some questions at a time.

    Seconds of processor time, not of the clock: all engines work in the calling thread, and what else
    the machine does would otherwise fall on some of them.

    Args:
        engines: In the order of the first turn.
        wanted: Questions that count.
        warming: Others, which engines are asked before.
    """
    times: dict[str, list[float]] = {engine.name: [] for engine in engines}
    slow = {engine.name for engine in engines if warm(engine, warming)}
    for first in range(0, len(wanted), ROUND):
        turn = first // ROUND % len(engines)
        for engine in (*engines[turn:], *engines[:turn]):
            if engine.name not in slow or first < SLOW_QUESTIONS:
                for question in wanted[first : first + ROUND]:
                    start = time.thread_time()
                    engine.search(question, 10)
                    times[engine.name].append(time.thread_time() - start)
    return times


def warm(engine: Engine, warming: Sequence[Sequence[str]]) -> bool:
    """Ask an engine what does not count, as whatever lasts has been asked before. Tell whether it is slow.

    A slow one is asked a few questions only.
    """
    engine.search(warming[0], 10)
    start = time.perf_counter()
    for question in warming[1:4]:
        engine.search(question, 10)
    slow = time.perf_counter() - start > 3 * SLOW_SECONDS
    for question in () if slow else warming[4:]:
        engine.search(question, 10)
    return slow


def agreement(engines: Sequence[Engine], wanted: Sequence[Sequence[str]]) -> float | None:
    """Share of the best ten that ours and rank_bm25 have in common: 1.0 but for equal scores."""
    named = {engine.name: engine for engine in engines}
    if not {"baotong", "rank_bm25"} <= named.keys():
        return None
    ours, theirs = (
        [named[name].search(question, 10) for question in wanted[:SLOW_QUESTIONS]]
        for name in ("baotong", "rank_bm25")
    )
    common = sum(len({*mine} & {*other}) for mine, other in zip(ours, theirs, strict=True))
    return round(common / sum(map(len, ours)), 4)


@app.command()
def index(
    folder: Annotated[Path, typer.Option(help="Where the index is, or is to be built.")],
    passages: Annotated[int, typer.Option(help="Number of passages.")] = 100_000,
    asked: Annotated[int, typer.Option("--questions", help="Number of questions.")] = 500,
    numpy_only: Annotated[bool, typer.Option("--numpy", help="Without the compiled loops.")] = False,
    out: Annotated[Path | None, typer.Option(help="Append the figures to this file.")] = None,
) -> None:
    """Build an index of both families with titles, then ask it, add to it, and open it afresh."""
    if not numpy_only:
        load_loops()
    figures: Figures = {"kind": "index", "passages": passages, "machine": machine(), "numpy": numpy_only}
    if not (folder / "manifest.json").exists():
        figures["build"] = build(folder, passages)
    wanted = questions(list(take_articles(min(passages, 50_000))), asked)
    with Index(folder) as opened:
        snapshot = opened.snapshot()
        figures["bytes_per_passage"] = round(opened.size / snapshot.count, 1)
        figures["bytes_by_family"] = bytes_by_family(opened)
        where = Restriction(since=1_520_000_000, labels=(frozenset(range(2, 6)),))
        for name, terms_of, limit, restriction in (
            ("words, 10 hits", word_terms, 10, None),
            ("words and characters, 10 hits", all_terms, 10, None),
            ("words and characters, 60 hits", all_terms, 60, None),
            ("words and characters, 10 hits, filters", all_terms, 10, where),
        ):
            taken, by_clock = [], []
            for question in wanted:
                terms = terms_of(question)
                start, used = time.perf_counter(), time.thread_time()
                snapshot.search(terms, limit=limit, where=restriction)
                taken.append(time.thread_time() - used)
                by_clock.append(time.perf_counter() - start)
            figures[name] = spread(taken) | {"clock": spread(by_clock)}
        figures["adding"] = add_some(opened)
    figures["fresh process"] = json.loads(
        subprocess.run(
            [sys.executable, "-m", "benchmarks.speed", "fresh", str(folder)],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "SPEED_QUESTIONS": json.dumps([list(question) for question in wanted])},
        ).stdout
    )
    console.print_json(data=figures)
    save(figures, out)


def build(folder: Path, passages: int) -> Figures:
    """Build the index; the time is the index's alone, without making passages and terms."""
    clock, processor, peak = 0.0, 0.0, 0

    @contextmanager
    def counted() -> Iterator[None]:
        nonlocal clock, processor
        start, used = time.perf_counter(), time.process_time()
        yield
        clock += time.perf_counter() - start
        processor += time.process_time() - used

    pieces = documents(passages)
    with Index.create(folder) as made:
        while piece := list(itertools.islice(pieces, 2_000)):
            with counted():
                made.add(piece)
            peak = max(peak, anonymous_bytes())
        with counted():
            made.commit()
        adding = (clock, processor)
        with peak_memory() as merging_peak, counted():
            made.merge(thorough=True)
    return {
        "add_seconds": round(adding[0], 1),
        "add_processor_seconds": round(adding[1], 1),
        "merge_seconds": round(clock - adding[0], 1),
        "merge_processor_seconds": round(processor - adding[1], 1),
        "peak_anonymous_bytes": max(peak, *merging_peak),
    }


def add_some(opened: Index) -> Figures:
    """Add a hundred articles three times over and find one of them; then take them all out again."""
    articles = list(itertools.islice(Archive(seed=99).articles(), 3 * ARTICLES_ADDED))
    added: list[Document] = []
    taken = []
    for first in range(0, len(articles), ARTICLES_ADDED):
        batch: list[Document] = []
        for article in articles[first : first + ARTICLES_ADDED]:
            batch += documents_of(article, opened.last_number + len(batch))
        start = time.perf_counter()
        opened.add(batch)
        opened.commit()
        opened.search([Term(word) for word in articles[first].title_words], limit=10)
        taken.append(time.perf_counter() - start)
        added += batch
    start = time.perf_counter()
    opened.remove(added)
    opened.commit()
    return {
        "articles": ARTICLES_ADDED,
        "passages": len(added),
        "seconds": [round(each, 3) for each in taken],
        "removing_seconds": round(time.perf_counter() - start, 3),
    }


@app.command(hidden=True)
def fresh(folder: Path) -> None:
    """Open an index in a new process: time to the first match, and memory after all questions."""
    wanted = [tuple(question) for question in json.loads(os.environ["SPEED_QUESTIONS"])]
    terms = [all_terms(question) for question in wanted]
    for path in folder.iterdir():  # as after a restart: nothing in the page cache
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    start = time.perf_counter()
    opened = Index(folder)
    opening = time.perf_counter() - start
    opened.search(terms[0], limit=10)
    first = time.perf_counter() - start
    cold = []
    for each in terms:
        start = time.perf_counter()
        opened.search(each, limit=10)
        cold.append(time.perf_counter() - start)
    typer.echo(
        json.dumps(
            {
                "open_milliseconds": round(opening * 1000, 2),
                "first_match_milliseconds": round(first * 1000, 2),
                "cold": spread(cold),
                "anonymous_bytes": anonymous_bytes(),
            }
        )
    )


@app.command()
def posts(
    folder: Annotated[Path, typer.Option(help="Where to write them.")],
    articles: Annotated[int, typer.Option(help="Number of posts.")] = 2_000,
) -> None:
    """Write an archive of posts with front matter and HTML bodies, as a feed reader saves them."""
    write_posts(folder, articles)


@app.command()
def ask(
    folder: Annotated[Path, typer.Option(help="The archive, as `posts` wrote it.")],
    data: Annotated[Path, typer.Option(help="Where the corpus is or is to be.")],
    asked: Annotated[int, typer.Option("--questions", help="Number of questions.")] = 500,
    numpy_only: Annotated[bool, typer.Option("--numpy", help="Without the compiled loops.")] = False,
    out: Annotated[Path | None, typer.Option(help="Append the figures to this file.")] = None,
) -> None:
    """Index an archive of posts if need be, then ask whole questions of it.

    Measured as in a process that has answered for a while: what the first questions load is loaded, and
    the questions are others than those asked before. Processor time, and beside it the clock.
    """
    from corpus import Corpus, CorpusOptions
    from corpus.index import jit

    loops = not numpy_only and jit.load(data / "compiled")
    figures: Figures = {"kind": "ask", "machine": machine(), "compiled": loops}
    with Corpus.open(CorpusOptions(folder=folder, data_dir=data)) as corpus:
        if corpus.empty:
            start = time.perf_counter()
            report = corpus.update()
            figures["indexing_seconds"] = round(time.perf_counter() - start, 1)
            figures["articles_added"] = report.added
        statistics_now = corpus.statistics()
        figures |= {"articles": statistics_now.articles, "passages": statistics_now.passages}
        made = questions(list(take_articles(20_000)), WARMING_QUESTIONS + asked)
        wanted = ["".join(words) for words in made]
        for text in wanted[:WARMING_QUESTIONS]:
            corpus.ask(text)
        gc.collect()
        gc.freeze()  # as the bot does when it has loaded everything (`Corpus.speed_up`)
        taken, by_clock = [], []
        for text in wanted[WARMING_QUESTIONS:]:
            start, used = time.perf_counter(), time.thread_time()
            corpus.ask(text)
            taken.append(time.thread_time() - used)
            by_clock.append(time.perf_counter() - start)
        figures["ask"] = spread(taken) | {"clock": spread(by_clock)}
    figures["anonymous_bytes"] = anonymous_bytes()
    console.print_json(data=figures)
    save(figures, out)


@app.command()
def plot(figures: Path, picture: Path) -> None:
    """Draw latency over size from a file of figures."""
    from benchmarks.plots import draw

    draw([json.loads(line) for line in figures.read_text(encoding="utf-8").splitlines()], picture)


@app.command()
def table(figures: Path) -> None:
    """Print figures of peers as Markdown, one table a run."""
    for line in figures.read_text(encoding="utf-8").splitlines():
        run = json.loads(line)
        if run["kind"] != "peers":
            continue
        typer.echo(f"\n{run['passages']:,} passages ({run['machine']})\n")
        typer.echo(
            "| engine | mean ms | median | p99 | × tantivy | × faster than rank_bm25 | build s | disk MB |"
        )
        typer.echo("|---|---|---|---|---|---|---|---|")
        for name, row in run["engines"].items():
            typer.echo(
                f"| {name} | {row['mean']:.2f} | {row['median']:.2f} | {row['p99']:.2f} "
                f"| {row.get('times_tantivy', 0):.2f} | {faster_than_rank_bm25(row)} "
                f"| {row['build_seconds']:.0f} | {row['disk_bytes'] / 1e6:.0f} |"
            )


def take_articles(passages: int) -> Iterator[MadeArticle]:
    """As many articles as hold so many passages."""
    for article in Archive().articles():
        yield article
        passages -= len(article.passages)
        if passages <= 0:
            return


def documents(passages: int) -> Iterator[Document]:
    """So many passages, ready for the index."""
    number = 0
    for article in take_articles(passages):
        for document in documents_of(article, number):
            if document.number <= passages:
                yield document
        number += len(article.passages)


def documents_of(article: MadeArticle, before: int) -> Iterator[Document]:
    """The passages of an article, numbered on from `before`."""
    title = analyzer.character_codes(article.title)
    for place, passage in enumerate(article.passages, before + 1):
        yield Document(
            number=place,
            article=article.number,
            words=passage.words,
            title_words=article.title_words,
            characters=analyzer.character_codes(passage.text),
            title_characters=title,
            published=int(article.published.timestamp()),
            labels=(len(article.category) + article.number % 10, 100 + article.number % 80),
        )


def word_terms(question: Sequence[str]) -> list[Term]:
    """A question's words."""
    return [Term(word) for word in question]


def all_terms(question: Sequence[str]) -> list[Term]:
    """A question's words, and its characters and pairs at half weight."""
    characters = analyzer.characters("".join(question))
    return word_terms(question) + [
        Term(character, Family.CHARACTERS, CHARACTERS_WEIGHT) for character in characters
    ]


def bytes_by_family(opened: Index) -> dict[str, float]:
    """Bytes on disk a passage, by family of terms."""
    shares: dict[str, float] = {}
    snapshot = opened.snapshot()
    for segment in snapshot.segments:
        for name, size in segment.file.sizes().items():
            family = name.split(".")[0] if "." in name else "facets"
            shares[family] = shares.get(family, 0.0) + size / snapshot.count
    return {family: round(share, 1) for family, share in shares.items()}


def show(figures: Figures) -> None:
    """Print a table of peers."""
    table = Table(
        title=f"{figures['passages']:,} passages · {figures['machine']}",
        caption="× faster: than rank_bm25, over the same questions. Disk and memory in MB.",
        padding=(0, 0, 0, 1),
        box=None,
    )
    columns = ("engine", "mean ms", "median", "p99", "× tantivy", "× faster", "build s", "disk", "memory")
    for column in columns:
        table.add_column(column, justify="left" if column == "engine" else "right", no_wrap=True)
    for name, row in figures["engines"].items():
        table.add_row(
            name,
            *(f"{row[key]:.2f}" for key in ("mean", "median", "p99")),
            f"{row.get('times_tantivy', 0):.2f}",
            faster_than_rank_bm25(row),
            f"{row['build_seconds']:.1f}",
            f"{row['disk_bytes'] / 1e6:.0f}",
            f"{row['memory_bytes'] / 1e6:.0f}",
        )
    console.print(table)


def faster_than_rank_bm25(row: Figures) -> str:
    """So many times as fast as rank_bm25, over the same questions."""
    times = row.get("times_rank_bm25")
    return f"{1 / times:,.0f}" if times else "-"


if __name__ == "__main__":
    main()
