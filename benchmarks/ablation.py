"""What each ingredient of an answer earns: the same questions, with one ingredient off at a time.

    python -m benchmarks.ablation articles FOLDER QUESTIONS.jsonl
    python -m benchmarks.ablation passages FOLDER --split tune
    python -m benchmarks.ablation sample

Lines of a Markdown table: right article first, in five, answer in its passage, in the sentences shown. An
ingredient is turned off by giving a constant or a function of the product another value while the
questions are asked; for what is in the index the archive is indexed anew.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Annotated, Final
from unittest import mock

import typer

from benchmarks.judging import Judged, Question, share
from benchmarks.quality import SAMPLE_QUESTIONS, ask_all, opened
from benchmarks.sets import PassageSet, read_questions
from corpus import sample_folder
from corpus.answering import passage_selection, search, sentences
from corpus.index.bm25 import BM25F
from corpus.question import framing, parser
from corpus.retrieval import retriever, spelling
from corpus.text.folding import fold
from corpus.updating import documents, maintenance

app = typer.Typer(add_completion=False, no_args_is_help=True)


@dataclass(frozen=True, slots=True)
class Ingredient:
    """Something that can be left out.

    Attributes:
        off: Names in modules, with what they are without it.
        indexed: It is in the index, which has to be made anew.
    """

    name: str
    off: tuple[tuple[ModuleType, str, object], ...]
    indexed: bool = False


def _without(name: str, module: ModuleType, attribute: str, value: object) -> Ingredient:
    return Ingredient(name, ((module, attribute, value),))


def _model(name: str, *, k1: float = 0.6, b: float = 0.6, title_weight: float = 1.0) -> Ingredient:
    model = partial(BM25F, k1=k1, b=b, title_weight=title_weight)
    return Ingredient(name, ((maintenance, "MODEL", model),), indexed=True)


INGREDIENTS: Final = (
    Ingredient("all of it", ()),
    _model("k1 1.5 (0.6)", k1=1.5),
    _model("b 0.75 (0.6)", b=0.75),
    _model("title field not counted", title_weight=0.0),
    Ingredient("no outlet and category terms", ((documents, "_about", lambda *_: ""),), indexed=True),
    _without("no characters (single, pairs)", parser, "CHARACTERS_WEIGHT", 0.0),
    _without("characters at 0.25 (0.5)", parser, "CHARACTERS_WEIGHT", 0.25),
    _without("no synonyms", parser, "_synonyms", dict),
    _without("Cantonese left as it is typed", parser, "plain", fold),
    _without("numbers in one spelling only", parser, "_find_numbers", lambda _: []),
    _without("question words kept", framing, "QUESTION_WORDS", frozenset()),
    _without("no dates from plain words", parser, "DATE_WEIGHT", 0.0),
    _without("numbers that are missing cost nothing", search, "NUMBERS_LOSS", 0.0),
    _without("the rarest word missing costs nothing", search, "WHOLE_LOSS", 0.0),
    _without("first hits not lifted for what one sentence holds", search, "FOCUS_LIFT", 0.0),
    _without("first hits not ordered anew", search, "_fitness", lambda _: 1.0),
    _without("kind of question ignored in sentences", sentences, "KIND_FACTOR", 1.0),
    _without(
        "words far from what asks count fully in sentences",
        passage_selection,
        "nearness_of",
        lambda terms, *_: [1.0 for _ in terms],
    ),
    _without("title terms count fully in choosing the passage", passage_selection, "EXPLAINED_WEIGHT", 1.0),
    _without("passage chosen without its best sentence", passage_selection, "SENTENCE_WEIGHT", 0.0),
    _without("three passages of an article read (5)", passage_selection, "READ_PASSAGES", 3),
    _without("no advantage for the first passage", passage_selection, "BEGINNING", 0.0),
    Ingredient(
        "second sentence without regard to neighbours",
        ((sentences, "FOLLOWING_SHARE", 0.0), (sentences, "TAKEN_UP_SHARE", 0.0)),
    ),
    _without("one sentence", sentences, "_second", lambda *_: None),
    _without("same story not folded", retriever, "_fold", lambda _store, found, _wanted: iter(found)),
    _without("no corrections", spelling, "mend", lambda *_: None),
)


@app.command()
def articles(folder: Path, questions: Path) -> None:
    """Measure over an archive of posts, the questions with even and odd numbers apart."""
    asked = [question for question in read_questions(questions) if question.paths]
    halves = [[question for question in asked if _number(question) % 2 == odd] for odd in (0, 1)]
    _table(folder, ("even ids", "odd ids"), halves)


@app.command()
def passages(
    folder: Path, split: Annotated[str, typer.Option(help="Part of the questions.")] = "tune"
) -> None:
    """Measure over a set of passages, each a post of its own."""
    data = PassageSet.read(folder, split)
    with tempfile.TemporaryDirectory() as posts:
        data.write_posts(Path(posts))
        _table(Path(posts), (f"{folder.name} {split}",), [data.questions])


@app.command()
def sample() -> None:
    """Measure over the sample archive."""
    asked = [question for question in read_questions(SAMPLE_QUESTIONS) if question.paths]
    _table(sample_folder(), ("sample",), [asked])


def _table(folder: Path, names: Sequence[str], sets: Sequence[Sequence[Question]]) -> None:
    print(f"| | {' | '.join(names)} |\n|---|{'---|' * len(names)}")
    with opened(folder) as corpus:
        for ingredient in INGREDIENTS:
            with _off(ingredient), ExitStack() as stack:
                asked = stack.enter_context(opened(folder, workers=0)) if ingredient.indexed else corpus
                cells = [_figures(ask_all(asked, questions)) for questions in sets]
            print(f"| {ingredient.name} | {' | '.join(cells)} |", flush=True)


@contextmanager
def _off(ingredient: Ingredient) -> Iterator[None]:
    with ExitStack() as stack:
        for module, attribute, value in ingredient.off:
            stack.enter_context(mock.patch.object(module, attribute, value))
        _forget()
        yield
    _forget()


def _forget() -> None:
    """Drop what functions remember of constants."""
    for module in (parser, documents):
        for function in vars(module).values():
            if callable(getattr(function, "cache_clear", None)):
                function.cache_clear()


def _figures(judged: Sequence[Judged]) -> str:
    """Per cent: first, in five, in the passage, in the sentences."""
    return " ".join(
        f"{value:.1f}"
        for value in (
            share(each.rank == 1 for each in judged),
            share(0 < each.rank <= 5 for each in judged),
            share(each.in_passage for each in judged),
            share(each.in_sentences for each in judged),
        )
    )


def _number(question: Question) -> int:
    return int("".join(filter(str.isdigit, question.id)) or 0)


if __name__ == "__main__":
    app()
