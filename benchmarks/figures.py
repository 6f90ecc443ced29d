"""Writes the tables of answer quality in `docs/figures.md` anew.

    python -m benchmarks.figures
    python -m benchmarks.figures --articles FOLDER --questions FILE.jsonl [--questions FILE.jsonl …]
    python -m benchmarks.figures --cmrc FOLDER

The sample archive is always measured. Each set has a section between two markers in the page. The command
replaces the sections of the sets that it measured and appends a section for a new set. It leaves every
other line alone: sections of sets that are not at hand, and the history that people write.
"""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from benchmarks import quality
from benchmarks.judging import Judged, auc, ranking_figures, share
from benchmarks.quality import Measured
from benchmarks.sets import PassageSet, read_questions
from corpus import Confidence, sample_folder

PAGE: Final = Path(__file__).parent.parent / "docs" / "figures.md"
TABLE: Final = [
    *("set", "questions", "first", "in five", "MRR@10", "passage", "sentences"),
    *("AUC, answers gone", "AUC, tempting", "sure", "not refused", "gone, yet sure", "tempting, yet sure"),
]
"""Columns of a section; docs/figures.md explains them."""

UNKNOWN: Final = "–"
"""Stands where a set has no question of that sort."""


def main(
    articles: Annotated[Path | None, typer.Option(help="Archive of posts.")] = None,
    questions: Annotated[list[Path] | None, typer.Option(help="Questions over it, JSON lines.")] = None,
    cmrc: Annotated[Path | None, typer.Option(help="Folder of a set of passages.")] = None,
    page: Annotated[Path, typer.Option(help="The page to write.")] = PAGE,
) -> None:
    """Measure the sets at hand and write their sections."""
    if (articles is None) != (not questions):
        typer.echo("--articles and --questions belong together", err=True)
        raise typer.Exit(2)
    for name, measured in measure_all(articles, questions or (), cmrc):
        text = page.read_text(encoding="utf-8")  # read late: the page may be edited during the long run
        page.write_text(with_section(text, name, section(measured)), encoding="utf-8")
        typer.echo(f"{page}: {name}")


def measure_all(
    articles: Path | None, questions: Sequence[Path], cmrc: Path | None
) -> Iterator[tuple[str, list[Measured]]]:
    """Yield each set's name with what was measured: the set itself and, where it has some, its parts."""
    asked = read_questions(quality.SAMPLE_QUESTIONS)
    yield "sample", [quality.measure_articles("sample", sample_folder(), asked)]
    yield "dated", [measure_dated()]
    for file in questions:
        assert articles is not None
        measured = quality.measure_articles(file.stem, articles, read_questions(file))
        yield file.stem, [measured, measured.half("even ids", 0), measured.half("odd ids", 1)]
    if cmrc is not None:
        passages = PassageSet.read(cmrc, "test")
        yield cmrc.name, [quality.measure_passages(f"{cmrc.name} test", passages)]


def measure_dated() -> Measured:
    """Ask the questions over the sample that only a date tells apart, on the day they were written for."""
    asked = read_questions(quality.DATED_QUESTIONS)
    with quality.opened(sample_folder(), now=lambda: quality.SAMPLE_DAY) as corpus:
        return Measured("dated", quality.ask_all(corpus, asked), {}, [])


def section(
    measured: Sequence[Measured], *, today: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> str:
    """Return the text of a section: the day, and a table with one row for each set that has questions."""
    lines = [f"Measured {today():%Y-%m-%d}.", "", _line(TABLE), _line(["---"] * len(TABLE))]
    lines += [_line(row) for each in measured if each.judged for row in _rows(each)]
    return "\n".join(lines)


def _rows(measured: Measured) -> Iterator[list[str]]:
    """Yield one row; where answers were taken out in several ways, one row for each way."""
    judged = measured.judged
    known = [each for each in judged if each.question.answers]
    ranking = ranking_figures([each.rank for each in judged])
    first = [
        str(len(judged)),
        *(_per_cent(ranking[key]) for key in ("hit@1", "hit@5", "MRR@10")),
        _per_cent(share(each.in_passage for each in known)),
        _per_cent(share(each.in_sentences for each in known)),
    ]
    for way, gone in measured.without.items() or [("", [])]:
        name = measured.name if len(measured.without) < 2 else f"{measured.name}, without {way}"
        yield [
            name,
            *first,
            _area(judged, gone),
            _area(judged, measured.tempting),
            _per_cent(_sure(judged)),
            _per_cent(share(each.band is not Confidence.NONE for each in judged)),
            _per_cent(_sure(gone)),
            _per_cent(_sure(measured.tempting)),
        ]


def _sure(group: Sequence[Judged]) -> float:
    return share(each.band is Confidence.ANSWER for each in group)


def _area(right: Sequence[Judged], wrong: Sequence[Judged]) -> str:
    value = auc([each.score for each in right], [each.score for each in wrong])
    return UNKNOWN if math.isnan(value) else f"{value:.3f}".lstrip("0")


def _per_cent(value: float) -> str:
    return UNKNOWN if math.isnan(value) else f"{value:.1f}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def with_section(page: str, name: str, text: str) -> str:
    r"""Return a page with the generated section of that name replaced; a new one comes after all others.

    >>> page = with_section("By hand.\n", "sample", "old")
    >>> print(with_section(page, "sample", "new"))
    By hand.
    <BLANKLINE>
    <!-- generated: sample -->
    new
    <!-- end: sample -->
    <BLANKLINE>
    """
    begin, end = f"<!-- generated: {name} -->", f"<!-- end: {name} -->"
    made = f"{begin}\n{text}\n{end}"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if pattern.search(page):
        return pattern.sub(lambda _: made, page)
    last = max((match.end() for match in re.finditer("<!-- end: .* -->", page)), default=len(page.rstrip()))
    return f"{page[:last]}\n\n{made}{page[last:].rstrip()}\n"


if __name__ == "__main__":
    typer.run(main)
