"""How well questions are answered: the real `Corpus` over an archive, question by question.

    python -m benchmarks.quality passages FOLDER [--split test] [--peers]
    python -m benchmarks.quality articles FOLDER QUESTIONS.jsonl [--peers]
    python -m benchmarks.quality sample [--peers]
    python -m benchmarks.quality dated
    python -m benchmarks.quality kinds LINES.jsonl [--articles FOLDER]

FOLDER is a set of passages (`benchmarks.sets.PassageSet`) or an archive of posts; QUESTIONS.jsonl has
the form that `baotong feedback` prints. Every figure comes from the product as it is.

Confidence is measured on the same questions with and without what answers them: question and wording are
alike on both sides. An archive of whose posts most answer something is taken apart in turns, so that
what is left is still most of it. For passages there are two ways to take the answers out: the
answering passages alone, where their neighbours under the same title stay and may say the same in
other words; or everything under the same title.

Peers (extra `bench`) rank the same passages, title before text, cut by jieba as it comes, lower case,
each with its own defaults; an article stands where the first of its passages does.
"""

import importlib.util
import itertools
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.expectations import Line, faults_of, read_lines
from benchmarks.judging import Judged, Question, auc, band_figures, judge, rank_of, ranking_figures, share
from benchmarks.sets import Fold, PassageSet, copy_posts, folds, read_questions
from corpus import Confidence, Corpus, CorpusOptions, sample_folder
from corpus.answering.parameters import DEFAULTS, Parameters
from corpus.corpus import utc_now
from corpus.text.passages import split_passages

TESTS = Path(__file__).parent.parent / "tests"
SAMPLE_QUESTIONS = TESTS / "sample_questions.jsonl"
DATED_QUESTIONS = TESTS / "dated_questions.jsonl"
SAMPLE_DAY = datetime(2026, 11, 23, 4, tzinfo=UTC)
"""The day on which questions over the sample are asked; 昨天 hangs on it."""

DEPTH = 10
PEER_DEPTH = 100
"""Passages that a peer is asked for, so that ten articles come together."""

app = typer.Typer(add_completion=False, no_args_is_help=True)

Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Print each failure.")]
Peers = Annotated[bool, typer.Option("--peers", help="Rank with rank_bm25, bm25s and tantivy too.")]
Semantic = Annotated[bool, typer.Option("--semantic", help="Use vectors of articles too (extra `semantic`).")]
RankingOnly = Annotated[bool, typer.Option("--ranking-only", help="Leave out archives without answers.")]


Inspect = Callable[[Corpus, Sequence[Judged]], None]
"""Looks at an archive, and at what came of the questions, while it is open."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything asked of one set.

    Attributes:
        without: For each way of taking the answers out: the same questions, asked again.
        tempting: Questions that nothing answers.
    """

    name: str
    judged: list[Judged]
    without: dict[str, list[Judged]]
    tempting: list[Judged]

    def part(self, name: str, chosen: Callable[[Question], bool]) -> "Measured":
        """The same for some of the questions."""

        def some(group: list[Judged]) -> list[Judged]:
            return [each for each in group if chosen(each.question)]

        without = {way: some(group) for way, group in self.without.items()}
        return Measured(f"{self.name}, {name}", some(self.judged), without, some(self.tempting))

    def half(self, name: str, remainder: int) -> "Measured":
        """The same for the questions whose numbers leave a remainder, 0 or 1, when divided by two."""
        return self.part(name, lambda question: _number(question.id) % 2 == remainder)


@app.command()
def passages(
    folder: Annotated[Path, typer.Argument(help="Folder with passages.jsonl[.gz] and queries.jsonl[.gz].")],
    split: Annotated[str | None, typer.Option(help="Part of the questions.")] = "test",
    ranking_only: RankingOnly = False,
    peers: Peers = False,
    verbose: Verbose = False,
) -> None:
    """Measure over a set of passages, each a post of its own."""
    require_peers(wanted=peers)
    data = PassageSet.read(folder, split)
    name = f"{folder.name} {split or ''}"
    inspect = compare if peers else None
    finish(measure_passages(name, data, ranking_only=ranking_only, inspect=inspect), verbose=verbose)


@app.command()
def articles(
    folder: Annotated[Path, typer.Argument(help="Archive of posts.")],
    questions: Annotated[Path, typer.Argument(help="Questions over it, JSON lines.")],
    ranking_only: RankingOnly = False,
    peers: Peers = False,
    semantic: Semantic = False,
    verbose: Verbose = False,
) -> None:
    """Measure over an archive of posts."""
    require_peers(wanted=peers)
    measured = measure_articles(
        folder.name,
        folder,
        read_questions(questions),
        ranking_only=ranking_only,
        semantic=semantic,
        inspect=compare if peers else None,
    )
    finish(measured, verbose=verbose)
    for name, half in (("even ids", 0), ("odd ids", 1)):
        report(measured.half(name, half))


@app.command()
def sample(
    ranking_only: RankingOnly = False,
    peers: Peers = False,
    semantic: Semantic = False,
    verbose: Verbose = False,
) -> None:
    """Measure over the sample archive that comes with the program."""
    articles(sample_folder(), SAMPLE_QUESTIONS, ranking_only, peers, semantic, verbose)


def _number(text: str) -> int:
    return int("".join(filter(str.isdecimal, text)) or 0)


def measure_passages(
    name: str, data: PassageSet, *, ranking_only: bool = False, inspect: Inspect | None = None
) -> Measured:
    """Ask the questions over a set of passages, with and without what answers them.

    Args:
        ranking_only: Leave out the archives without answers.
        inspect: Called with the whole archive while it is open.
    """

    def without(fold: Fold) -> list[Judged]:
        with tempfile.TemporaryDirectory() as archive:
            data.write_posts(Path(archive), without=fold.without)
            with opened(Path(archive)) as corpus:
                return ask_all(corpus, fold.questions)

    with tempfile.TemporaryDirectory() as archive:
        data.write_posts(Path(archive))
        with opened(Path(archive)) as corpus:
            judged = ask_all(corpus, data.questions)
            if inspect is not None:
                inspect(corpus, judged)
    taken_out: dict[str, Callable[[frozenset[str]], frozenset[str]]] = {
        "answering passages": frozenset[str],
        "passages of their title": data.same_title,
    }
    gone = {
        way: [each for fold in folds(data.questions, len(data.passages), taken) for each in without(fold)]
        for way, taken in taken_out.items()
        if not ranking_only
    }
    return Measured(name, judged, gone, [])


def measure_articles(
    name: str,
    folder: Path,
    asked: Sequence[Question],
    *,
    ranking_only: bool = False,
    semantic: bool = False,
    inspect: Inspect | None = None,
) -> Measured:
    """Ask questions over an archive of posts, with and without what answers them.

    Args:
        ranking_only: Leave out the archives without answers.
        semantic: Use vectors of articles too.
        inspect: Called with the whole archive while it is open.
    """
    answerable = [question for question in asked if question.paths]

    def without(fold: Fold) -> list[Judged]:
        with tempfile.TemporaryDirectory() as reduced:
            copy_posts(folder, Path(reduced), without=fold.without)
            with opened(Path(reduced), semantic=semantic) as corpus:
                return ask_all(corpus, fold.questions)

    with opened(folder, semantic=semantic) as corpus:
        judged = ask_all(corpus, answerable)
        tempting = ask_all(corpus, [question for question in asked if not question.paths])
        posts = corpus.statistics().articles
        if inspect is not None:
            inspect(corpus, judged)
    gone: dict[str, list[Judged]] = {}
    if not ranking_only:
        parts = folds(answerable, posts, frozenset)
        gone = {"answering articles": [each for fold in parts for each in without(fold)]}
    return Measured(name, judged, gone, tempting)


@app.command()
def dated(verbose: Verbose = False) -> None:
    """Measure questions over the sample that only a date tells apart, with and without their dates."""
    asked = read_questions(DATED_QUESTIONS)
    with opened(sample_folder(), now=lambda: SAMPLE_DAY) as corpus:
        finish(Measured("dated", ask_all(corpus, asked), {}, []), verbose=verbose)
    without_dates = replace(DEFAULTS, query=replace(DEFAULTS.query, date_weight=0.0))
    with opened(sample_folder(), now=lambda: SAMPLE_DAY, parameters=without_dates) as corpus:
        report(Measured("dated, dates not searched", ask_all(corpus, asked), {}, []))


@app.command()
def kinds(
    lines: Annotated[Path, typer.Argument(help="Questions with what must come of them, JSON lines.")],
    articles: Annotated[Path | None, typer.Option(help="The archive of those over `articles`.")] = None,
    semantic: Semantic = False,
    verbose: Verbose = False,
) -> None:
    """Measure questions of all kinds, each alone; `benchmarks.expectations` has the form of the file."""
    folders = {"sample": sample_folder(), "articles": articles}
    asked = [line for line in read_lines(lines) if not line.previous]
    judged: list[tuple[Line, list[str]]] = []
    for (archive, now), group in itertools.groupby(
        sorted(asked, key=lambda line: (line.archive, line.now)), key=lambda line: (line.archive, line.now)
    ):
        folder = folders.get(archive)
        if folder is None:
            typer.echo(f"questions over {archive} left out: name its folder", err=True)
            continue
        with opened(folder, now=lambda now=now: now, semantic=semantic) as corpus:  # type: ignore[misc]
            judged += [(line, faults_of(corpus.ask(line.question), line.expect)) for line in group]
    for section in sorted({line.section for line, _ in judged}):
        right = [not faults for line, faults in judged if line.section == section]
        print(f"  section {section}: {sum(right)} of {len(right)} right")
    print(f"  all: {share(not faults for _, faults in judged):.1f} % of {len(judged)}")
    for line, faults in judged if verbose else ():
        if faults:
            print(f"  {line.id} {line.question} | {', '.join(faults)}")


@contextmanager
def opened(
    folder: Path,
    *,
    now: Callable[[], datetime] = utc_now,
    workers: int | None = None,
    semantic: bool = False,
    parameters: Parameters = DEFAULTS,
) -> Iterator[Corpus]:
    """A corpus over a folder, indexed in a temporary place."""
    with tempfile.TemporaryDirectory() as data:
        options = CorpusOptions(folder, Path(data), semantic=semantic)
        with Corpus.open(options, now=now, parameters=parameters) as corpus:
            corpus.update(workers=workers)
            corpus.update_vectors()
            yield corpus


def ask_all(corpus: Corpus, questions: Sequence[Question]) -> list[Judged]:
    """Ask every question for ten hits."""
    return [judge(question, corpus.ask(question.text, limit=DEPTH)) for question in questions]


# Peers


def require_peers(*, wanted: bool) -> None:
    """Stop with a hint where the peers are wanted and not installed."""
    missing = [name for name in ("bm25s", "tantivy") if importlib.util.find_spec(name) is None]
    if wanted and missing:
        typer.echo(f"--peers needs {' and '.join(missing)}: python -m pip install -e '.[bench]'", err=True)
        raise typer.Exit(2)


def compare(corpus: Corpus, judged: Sequence[Judged]) -> None:
    """Print how peers rank the passages of a corpus, beside ours."""
    from benchmarks.peers import Bm25s, Engine, RankBm25, Tantivy

    paths: list[str] = []
    words: list[list[str]] = []
    for text in corpus.export():
        for piece in split_passages(text.paragraphs):
            paths.append(text.article.path)
            words.append(cut(f"{text.article.title}\n{piece.text}"))
        if not text.paragraphs:
            paths.append(text.article.path)
            words.append(cut(text.article.title))
    asked = [cut(each.question.text) for each in judged]
    _print_ranking("baotong", [each.rank for each in judged], [each.answer.milliseconds for each in judged])
    kinds: tuple[type[Engine], ...] = (RankBm25, Bm25s, Tantivy)
    for kind in kinds:
        with tempfile.TemporaryDirectory() as folder:
            engine = kind(words, Path(folder))  # type: ignore[call-arg]
            ranks, times = [], []
            for question, terms in zip((each.question for each in judged), asked, strict=True):
                start = time.perf_counter()
                found = engine.search(terms, min(PEER_DEPTH, len(words)))
                times.append((time.perf_counter() - start) * 1000)
                ranks.append(
                    rank_of(question, list(dict.fromkeys(paths[number] for number in found))[:DEPTH])
                )
            _print_ranking(engine.name, ranks, times)


def cut(text: str) -> list[str]:
    """Words as most programs take them from jieba."""
    import jieba

    return [word for word in jieba.cut(text.lower()) if any(map(str.isalnum, word))]


def _print_ranking(name: str, ranks: Sequence[int], milliseconds: Sequence[float]) -> None:
    figures = "  ".join(f"{key} {value:5.1f}" for key, value in ranking_figures(ranks).items())
    print(f"  {name:12} {figures}  median {statistics.median(milliseconds):6.1f} ms")


# Reports


def finish(measured: Measured, *, verbose: bool) -> None:
    """Print the figures, and each failure if wanted."""
    report(measured)
    if verbose:
        show_failures(measured)


def report(measured: Measured) -> None:
    """Print the figures of a set."""
    judged = measured.judged
    right = [each for each in judged if each.rank == 1]
    print(f"\n{measured.name}: {len(judged)} questions")
    if not judged:
        return
    _print_ranking("articles", [each.rank for each in judged], [each.answer.milliseconds for each in judged])
    print(
        f"  answer in the first passage {share(each.in_passage for each in judged):.1f}"
        f"  in its sentences {share(each.in_sentences for each in judged):.1f}"
        f" (of right first articles {share(each.in_sentences for each in right):.1f};"
        f" two sentences in {share(each.sentences_shown > 1 for each in judged):.0f} %)"
    )
    print(
        f"  right first articles told as sure {share(each.band is Confidence.ANSWER for each in right):.1f}"
    )
    _print_bands("answerable", judged, judged)
    for way, group in measured.without.items():
        _print_bands(f"without the {way}", group, judged)
    if measured.tempting:
        _print_bands("that nothing answers", measured.tempting, judged)


def _print_bands(name: str, group: Sequence[Judged], answerable: Sequence[Judged]) -> None:
    bands = "  ".join(f"{band} {value:.1f}" for band, value in band_figures(group).items())
    area = auc([each.score for each in answerable], [each.score for each in group])
    print(f"  {name}: {bands}" + ("" if group is answerable else f"  AUC against them {area:.3f}"))


def show_failures(measured: Measured) -> None:
    """Print what went wrong, a line a question."""
    print("\nnot first, not in the passage, or not in the sentences:")
    for each in measured.judged:
        if not each.in_sentences:
            what = f"rank {each.rank}" if each.rank != 1 else "sentence" if each.in_passage else "passage"
            print(f"  {each.question.id} [{what}] {each.question.answers} {_line(each)}")
    groups = {f"without the {way}": group for way, group in measured.without.items()}
    for name, group in {**groups, "that nothing answers": measured.tempting}.items():
        print(f"\n{name}, yet answered as if sure:")
        for each in group:
            if each.band == "answer":
                print(f"  {each.question.id} {_line(each)}")


def _line(each: Judged) -> str:
    first = each.answer.hits[0] if each.answer.hits else None
    shown = "" if first is None else "".join(first.passage.text[start:end] for start, end in first.sentences)
    title = "-" if first is None else first.article.title[:30]
    return f"{each.question.text} | {each.band} {each.score:.2f} | {title} | {shown[:100]}".replace("\n", " ")


if __name__ == "__main__":
    app()
