"""Questions with known answers, in the two forms in which they come; archives with and without them."""

import gzip
import json
import math
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.judging import Question


def read_questions(path: Path) -> list[Question]:
    """Read questions over posts: JSON lines of question, article, also, answer, kind.

    `article` (a path in the archive) is null where nothing answers. What `baotong feedback` prints is
    of this form; its rejected answers, which tell what is wrong but not what is right, are passed over.
    """
    questions = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        entry = json.loads(line)
        if entry.get("kind") == "rejected":
            continue
        article = entry.get("article")
        paths = frozenset([article, *entry.get("also", ())]) if article else frozenset[str]()
        answers = (entry["answer"],) if entry.get("answer") else ()
        name = str(entry.get("id", number))
        questions.append(Question(name, entry["question"], paths, answers, entry.get("kind", "")))
    return questions


@dataclass(frozen=True, slots=True)
class PassageSet:
    """A set of passages, each of which becomes a post, with questions.

    Attributes:
        titles: Path of the post → title of the passage.
    """

    passages: tuple[dict[str, Any], ...]
    questions: tuple[Question, ...]
    titles: dict[str, str]

    @classmethod
    def read(cls, folder: Path, split: str | None) -> "PassageSet":
        """Read `passages.jsonl[.gz]` and `queries.jsonl[.gz]`.

        Args:
            split: Only the questions of this part; None: all.
        """
        passages = tuple(_lines(folder, "passages"))
        questions = tuple(
            Question(
                str(entry["id"]),
                entry["question"],
                frozenset(_post_path(name) for name in entry["positives"]),
                tuple(entry["answers"]),
            )
            for entry in _lines(folder, "queries")
            if split is None or entry.get("split", split) == split
        )
        return cls(passages, questions, {_post_path(each["id"]): each["title"] for each in passages})

    def write_posts(self, folder: Path, *, without: frozenset[str] = frozenset()) -> None:
        """Write the passages as posts, some left out."""
        for passage in self.passages:
            path = _post_path(passage["id"])
            if path in without:
                continue
            title = passage["title"].replace("'", "''")
            body = passage["text"].replace("&", "&amp;").replace("<", "&lt;")
            (folder / path).write_text(
                f"---\ntitle: '{title}'\ndate: Thu, 30 Dec 2021 06:52:50 GMT\n---\n\n<p>{body}</p>\n",
                encoding="utf-8",
            )

    def same_title(self, paths: Iterable[str]) -> frozenset[str]:
        """All passages that share a title with one of these."""
        wanted = {self.titles[path] for path in paths}
        return frozenset(path for path, title in self.titles.items() if title in wanted)


def _lines(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    packed = folder / f"{name}.jsonl.gz"
    if packed.exists():
        with gzip.open(packed, "rt", encoding="utf-8") as file:
            yield from map(json.loads, file)
    else:
        with (folder / f"{name}.jsonl").open(encoding="utf-8") as file:
            yield from map(json.loads, file)


def _post_path(passage_id: object) -> str:
    return f"{passage_id}.md"


@dataclass(frozen=True, slots=True)
class Fold:
    """Some of the questions, and the posts that must go so that nothing answers them."""

    questions: tuple[Question, ...]
    without: frozenset[str]


MOST_TAKEN_OUT = 0.4
"""Share of an archive that may be missing before it is another archive."""


def folds(
    questions: Sequence[Question], posts: int, taken_out: Callable[[frozenset[str]], frozenset[str]]
) -> list[Fold]:
    """Part the questions so that each archive without its part's answers is still most of the whole.

    Args:
        posts: Number of posts in the archive.
        taken_out: Which posts go with the posts that answer a question.
    """
    ordered = sorted((question for question in questions if question.paths), key=lambda each: min(each.paths))
    everything = frozenset[str]().union(*(taken_out(question.paths) for question in ordered))
    count = max(1, math.ceil(len(everything) / (MOST_TAKEN_OUT * posts)))
    parts = [
        tuple(each for place, each in enumerate(ordered) if place * count // len(ordered) == part)
        for part in range(count)
    ]
    return [
        Fold(part, frozenset().union(*(taken_out(each.paths) for each in part))) for part in parts if part
    ]


def copy_posts(archive: Path, target: Path, *, without: frozenset[str]) -> None:
    """Copy an archive, some posts left out."""
    for file in archive.rglob("*"):
        path = file.relative_to(archive)
        if file.is_file() and path.as_posix() not in without:
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target / path)
