"""How well questions are answered: the real `Corpus` over an archive, question by question.

Two forms of data are read, wherever they lie:

- a folder with `passages.jsonl[.gz]` ({"id", "title", "text"}) and `queries.jsonl[.gz]` ({"id",
  "question", "positives": [passage ids], "answers": [strings], "split"}); each passage becomes a post;
- a folder of posts with a file of questions, JSON lines of {"id", "question", "article": path or null,
  "also": [paths], "answer": string}; with null as article a question that nothing answers.

    python -m benchmarks.quality passages FOLDER [--split test] [--peers]
    python -m benchmarks.quality articles FOLDER QUESTIONS.jsonl [--peers]
    python -m benchmarks.quality sample

Every figure comes from the product as it is. The confidence is measured on the same questions with and
without the articles that answer them: those are left out of a second archive. Peers (extra `bench`)
rank the same passages, cut by jieba, title before text, with their own defaults.
"""

import argparse
import gzip
import json
import math
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from corpus import Answer, Confidence, Corpus, CorpusOptions, sample_folder
from corpus.analyzer import fold

SAMPLE_QUESTIONS = Path(__file__).parent.parent / "tests" / "sample_questions.jsonl"
DEPTH = 10


@dataclass(frozen=True, slots=True)
class Question:
    """A question with what answers it.

    Attributes:
        paths: Articles (paths in the archive) that answer; empty: nothing does.
        answers: Strings any of which is the answer.
    """

    id: str
    text: str
    paths: frozenset[str]
    answers: tuple[str, ...]
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of one question.

    Attributes:
        rank: Of the first right article, from 1; 0 when it is not among the first ten.
        in_passage: The answer is in the passage of the first hit.
        in_sentences: The answer is in the sentences shown of the first hit.
    """

    question: Question
    rank: int
    in_passage: bool
    in_sentences: bool
    in_first_sentence: bool
    confidence: Confidence
    score: float
    milliseconds: float
    answer: Answer = field(repr=False)


def normal(text: str) -> str:
    """Answers are compared folded and without blanks and marks."""
    return "".join(character for character in fold(text) if character.isalnum())


def judge(question: Question, answer: Answer) -> Judged:
    """Compare an answer with what is right."""
    paths = [hit.article.path for hit in answer.hits]
    rank = next((place for place, path in enumerate(paths, 1) if path in question.paths), 0)
    gold = [normal(text) for text in question.answers]

    def holds(text: str) -> bool:
        return any(wanted and wanted in normal(text) for wanted in gold)

    passage = shown = single = ""
    if answer.hits:
        hit = answer.hits[0]
        passage = hit.article.title + "\n" + hit.passage.text
        shown = "".join(hit.passage.text[start:end] for start, end in hit.sentences)
        single = hit.passage.text[slice(*hit.sentences[0])] if len(hit.sentences) == 1 else ""
    return Judged(
        question,
        rank,
        rank == 1 and holds(passage),
        rank == 1 and holds(shown),
        rank == 1 and holds(single),
        answer.confidence,
        answer.score,
        answer.milliseconds,
        answer,
    )


def auc(right: Sequence[float], wrong: Sequence[float]) -> float:
    """Chance that a score of the one kind is above one of the other; a tie counts half."""
    merged = sorted([(score, 1) for score in right] + [(score, 0) for score in wrong])
    total, below, start = 0.0, 0, 0
    while start < len(merged):
        end = start
        while end < len(merged) and merged[end][0] == merged[start][0]:
            end += 1
        ones = sum(kind for _, kind in merged[start:end])
        zeros = end - start - ones
        total += ones * (below + zeros / 2)
        below += zeros
        start = end
    return total / (len(right) * len(wrong)) if right and wrong else math.nan


def share(values: Iterable[bool]) -> float:
    """Per cent of true ones."""
    listed = list(values)
    return 100 * sum(listed) / len(listed) if listed else math.nan


def ranking_figures(ranks: Sequence[int]) -> dict[str, float]:
    """hit@k, MRR@10 and nDCG@10 (one relevant article a question) in per cent."""
    figures = {f"hit@{k}": share(0 < rank <= k for rank in ranks) for k in (1, 3, 5, 10)}
    count = max(1, len(ranks))
    figures["MRR@10"] = 100 * sum(1 / rank for rank in ranks if rank) / count
    figures["nDCG@10"] = 100 * sum(1 / math.log2(rank + 1) for rank in ranks if rank) / count
    return figures


@contextmanager
def opened(folder: Path) -> Iterator[Corpus]:
    """A corpus over a folder, indexed in a temporary place."""
    with (
        tempfile.TemporaryDirectory() as data,
        Corpus.open(CorpusOptions(folder, Path(data))) as corpus,
    ):
        corpus.update()
        yield corpus


def ask_all(corpus: Corpus, questions: Sequence[Question]) -> list[Judged]:
    """Ask every question for ten hits."""
    return [judge(question, corpus.ask(question.text, limit=DEPTH)) for question in questions]


def report(name: str, judged: Sequence[Judged], without: Sequence[Judged], tempting: Sequence[Judged]) -> None:
    """Print the figures of one set."""
    figures = ranking_figures([each.rank for each in judged])
    print(f"\n{name}: {len(judged)} questions")
    print("  " + "  ".join(f"{key} {value:.1f}" for key, value in figures.items()))
    print(
        f"  answer in the first passage {share(each.in_passage for each in judged):.1f}"
        f"  in its sentences {share(each.in_sentences for each in judged):.1f}"
        f"  (of right first articles: {share(each.in_sentences for each in judged if each.rank == 1):.1f}"
        f"; two sentences shown in {share(len(each.answer.hits[0].sentences) > 1 for each in judged if each.answer.hits):.0f})"
    )
    bands = {band: share(each.confidence is band for each in judged) for band in Confidence}
    print("  answerable: " + "  ".join(f"{band.value} {value:.1f}" for band, value in bands.items()))
    if without:
        print(
            f"  confidence with against without the answering articles: AUC "
            f"{auc([each.score for each in judged], [each.score for each in without]):.3f}; without: "
            + "  ".join(
                f"{band.value} {share(each.confidence is band for each in without):.1f}" for band in Confidence
            )
        )
    if tempting:
        print(
            f"  {len(tempting)} that nothing answers: "
            + "  ".join(
                f"{band.value} {share(each.confidence is band for each in tempting):.1f}" for band in Confidence
            )
            + f"; AUC {auc([each.score for each in judged], [each.score for each in tempting]):.3f}"
        )
    times = sorted(each.milliseconds for each in judged)
    print(f"  milliseconds a question: median {times[len(times) // 2]:.1f}, p99 {times[int(len(times) * 0.99)]:.1f}")


# Posts with questions


def read_questions(path: Path) -> list[Question]:
    """Read a file of questions over posts."""
    questions = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        entry = json.loads(line)
        article = entry.get("article")
        paths = frozenset([article, *entry.get("also", [])]) if article else frozenset[str]()
        answers = (entry["answer"],) if entry.get("answer") else ()
        questions.append(
            Question(entry.get("id", str(number)), entry["question"], paths, answers, entry.get("kind", ""))
        )
    return questions


def copy_without(folder: Path, left_out: frozenset[str], target: Path) -> None:
    """Link an archive's files but for some."""
    for file in folder.rglob("*"):
        path = file.relative_to(folder)
        if file.is_file() and path.as_posix() not in left_out:
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            (target / path).hardlink_to(file) if _same_device(file, target) else (target / path).write_bytes(
                file.read_bytes()
            )


def _same_device(file: Path, target: Path) -> bool:
    return file.stat().st_dev == target.stat().st_dev


def run_articles(folder: Path, questions: list[Question], *, verbose: bool) -> list[Judged]:
    """Measure over an archive of posts."""
    answerable = [question for question in questions if question.paths]
    unanswerable = [question for question in questions if not question.paths]
    with opened(folder) as corpus:
        judged = ask_all(corpus, answerable)
        tempting = ask_all(corpus, unanswerable)
    with tempfile.TemporaryDirectory() as reduced:
        copy_without(folder, frozenset().union(*(question.paths for question in answerable)), Path(reduced))
        with opened(Path(reduced)) as corpus:
            without = ask_all(corpus, answerable)
    report(folder.name, judged, without, tempting)
    halves = [("even ids", 0), ("odd ids", 1)]
    for name, half in halves if len(judged) >= 100 else []:
        chosen = [place for place in range(len(judged)) if _number(judged[place].question.id) % 2 == half]
        report(
            f"{folder.name}, {name}",
            [judged[place] for place in chosen],
            [without[place] for place in chosen],
            [each for each in tempting if _number(each.question.id) % 2 == half],
        )
    if verbose:
        show_failures(judged, without, tempting)
    return judged


def _number(text: str) -> int:
    return int("".join(filter(str.isdigit, text)) or 0)


def show_failures(judged: Sequence[Judged], without: Sequence[Judged], tempting: Sequence[Judged]) -> None:
    """Print what went wrong, a line a question."""
    print("\nnot first, not in the passage, or not in the sentences:")
    for each in judged:
        if each.in_sentences:
            continue
        what = f"rank {each.rank}" if each.rank != 1 else "sentence" if each.in_passage else "passage"
        first = each.answer.hits[0] if each.answer.hits else None
        print(
            f"  {each.question.id} [{what}] {each.question.text} | {each.question.answers} | "
            f"{each.confidence.value} {each.score:.2f} | {first.article.title[:30] if first else '-'} | "
            + ("".join(first.passage.text[s:e] for s, e in first.sentences)[:100] if first else "")
        )
    for name, group in (("without their articles", without), ("that nothing answers", tempting)):
        print(f"\n{name}, yet answered as if sure:")
        for each in group:
            if each.confidence is Confidence.ANSWER:
                print(
                    f"  {each.question.id} {each.score:.2f} {each.question.text} | "
                    f"{each.answer.hits[0].article.title[:30]} | {(each.answer.text or '')[:80]}"
                )


# Passages with questions


def _lines(folder: Path, name: str) -> list[dict[str, object]]:
    packed = folder / f"{name}.jsonl.gz"
    if packed.exists():
        with gzip.open(packed, "rt", encoding="utf-8") as file:
            return [json.loads(line) for line in file]
    return [json.loads(line) for line in (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def write_posts(passages: Iterable[dict[str, object]], folder: Path) -> None:
    """Write each passage as a post of its own."""
    for passage in passages:
        title = str(passage["title"]).replace("'", "''")
        body = str(passage["text"]).replace("&", "&amp;").replace("<", "&lt;")
        (folder / f"{passage['id']}.md").write_text(
            f"\n---\ntitle: '{title}'\ndate: Thu, 30 Dec 2021 06:52:50 GMT\n---\n\n<div>   \n<p>{body}</p>  \n</div>\n",
            encoding="utf-8",
        )


def run_passages(folder: Path, split: str, *, verbose: bool, confidence: bool = True) -> list[Judged]:
    """Measure over a set of passages, one post each."""
    passages = _lines(folder, "passages")
    questions = [
        Question(
            str(entry["id"]),
            str(entry["question"]),
            frozenset(f"{name}.md" for name in entry["positives"]),  # type: ignore[attr-defined]
            tuple(entry["answers"]),  # type: ignore[arg-type]
        )
        for entry in _lines(folder, "queries")
        if entry.get("split", split) == split
    ]
    with tempfile.TemporaryDirectory() as archive:
        write_posts(passages, Path(archive))
        with opened(Path(archive)) as corpus:
            judged = ask_all(corpus, questions)
    without: list[Judged] = []
    # The answering posts cannot all be missing at once: they are most of the archive. So in two halves.
    for half in (0, 1) if confidence else ():
        chosen = [question for place, question in enumerate(questions) if place * 2 // len(questions) == half]
        gone = frozenset[str]().union(*(question.paths for question in chosen))
        with tempfile.TemporaryDirectory() as archive:
            write_posts((passage for passage in passages if f"{passage['id']}.md" not in gone), Path(archive))
            with opened(Path(archive)) as corpus:
                without += ask_all(corpus, chosen)
    report(f"{folder.name} {split}", judged, without, [])
    if verbose:
        show_failures(judged, without, [])
    return judged


def main(arguments: Sequence[str]) -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kinds = parser.add_subparsers(dest="kind", required=True)
    passages = kinds.add_parser("passages")
    passages.add_argument("folder", type=Path)
    passages.add_argument("--split", default="test")
    passages.add_argument("--ranking-only", action="store_true")
    articles = kinds.add_parser("articles")
    articles.add_argument("folder", type=Path)
    articles.add_argument("questions", type=Path)
    sample = kinds.add_parser("sample")
    for kind in (passages, articles, sample):
        kind.add_argument("-v", "--verbose", action="store_true", help="print each failure")
    options = parser.parse_args(arguments)
    if options.kind == "passages":
        run_passages(
            options.folder, options.split, verbose=options.verbose, confidence=not options.ranking_only
        )
    elif options.kind == "articles":
        run_articles(options.folder, read_questions(options.questions), verbose=options.verbose)
    else:
        run_articles(sample_folder(), read_questions(SAMPLE_QUESTIONS), verbose=options.verbose)


if __name__ == "__main__":
    main(sys.argv[1:])
