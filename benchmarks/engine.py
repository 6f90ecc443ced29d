"""The engine beside this machine's own index: the same answers, how many round trips, how long.

    python -m benchmarks.engine FOLDER QUESTIONS.jsonl

FOLDER is an archive, each line of QUESTIONS a JSON object with `question`. The nodes are those of
`make cluster`, or of `--url`.
"""

import argparse
import json
import statistics
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from corpus import Answer, Corpus, CorpusOptions, EngineOptions
from tests.cluster.__main__ import STATE
from tests.cluster.nodes import noted

NOW = datetime(2022, 1, 15, 4, tzinfo=UTC)


@dataclass(frozen=True)
class Asked:
    """An answer and its price."""

    answer: Answer
    seconds: float
    trips: int = 0
    received: int = 0


def main() -> None:
    """Ask everything of both and print how they agree."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("questions", type=Path, nargs="+")
    parser.add_argument("--url", action="append")
    chosen = parser.parse_args()
    urls = chosen.url or [f"http://127.0.0.1:{node['http']}" for node in noted(STATE)]
    if not urls:
        parser.error("no engine: `make cluster` starts one")
    questions = [
        json.loads(line)["question"] for path in chosen.questions for line in path.read_text().splitlines()
    ]
    with (
        tempfile.TemporaryDirectory() as folder,
        _archives(chosen.folder, Path(folder), urls) as (own, other),
    ):
        for question in questions[:20]:
            other.ask(question)
        print_agreement([(_ask(own, each), _ask(other, each)) for each in questions])


@contextmanager
def _archives(folder: Path, data_dir: Path, urls: Sequence[str]) -> Iterator[tuple[Corpus, Corpus]]:
    """The archive on this machine, and the same asked of the engine."""
    options = CorpusOptions(folder, data_dir)
    with Corpus.open(options, now=lambda: NOW) as own:
        own.update()
        engine = EngineOptions(tuple(urls), index=f"b{uuid.uuid4().hex[:10]}")
        with Corpus.open(replace(options, engine=engine), now=lambda: NOW) as other:
            other.init_engine()
            begun = time.monotonic()
            report = other.fill_engine()
            seconds = time.monotonic() - begun
            print(f"filled: {report} in {seconds:.1f} s, {report.passages / seconds:.0f} passages a second")
            try:
                yield own, other
            finally:
                _drop(other)


def _drop(corpus: Corpus) -> None:
    engine = corpus.engine
    assert engine is not None
    for generation in engine.generations():
        engine.drop(generation)


def _ask(corpus: Corpus, question: str) -> Asked:
    engine = corpus.engine
    before = (engine.client.trips, engine.client.received) if engine else (0, 0)
    begun = time.perf_counter()
    answer = corpus.ask(question, limit=10)
    seconds = time.perf_counter() - begun
    after = (engine.client.trips, engine.client.received) if engine else (0, 0)
    return Asked(answer, seconds, after[0] - before[0], after[1] - before[1])


def print_agreement(pairs: Sequence[tuple[Asked, Asked]]) -> None:
    """Print the shares of questions answered alike, and the prices."""

    def share(name: str, values: Sequence[float]) -> None:
        print(f"{name:32}{statistics.fmean(values):8.4f}")

    answers = [(own.answer, other.answer) for own, other in pairs]
    print(f"{len(pairs)} questions")
    share("first article", [_ids(a)[:1] == _ids(b)[:1] for a, b in answers])
    share("five in order", [_ids(a)[:5] == _ids(b)[:5] for a, b in answers])
    share(
        "top ten", [len({*_ids(a)} & {*_ids(b)}) / (len(_ids(a)) or 1) if a.hits else 1 for a, b in answers]
    )
    share("text shown", [_text(a) == _text(b) for a, b in answers])
    share("band", [a.confidence == b.confidence for a, b in answers])
    share("kind", [a.kind == b.kind for a, b in answers])
    for name, values in (
        ("ms, this machine", [own.seconds * 1_000 for own, _ in pairs]),
        ("ms, engine", [other.seconds * 1_000 for _, other in pairs]),
        ("round trips", [float(other.trips) for _, other in pairs]),
        ("KB received", [other.received / 1_000 for _, other in pairs]),
    ):
        ordered = sorted(values)
        p95 = ordered[int(0.95 * len(ordered))]
        print(f"{name:32}median {statistics.median(values):7.1f}  p95 {p95:7.1f}  most {ordered[-1]:7.1f}")


def _ids(answer: Answer) -> list[str]:
    return [hit.article.id for hit in answer.hits]


def _text(answer: Answer) -> str | None:
    return answer.hits[0].passage.text if answer.hits else None


if __name__ == "__main__":
    main()
