"""What each ingredient of an answer earns: the same questions, with one ingredient off at a time.

    python -m benchmarks.ablation articles FOLDER QUESTIONS.jsonl
    python -m benchmarks.ablation passages FOLDER --split tune
    python -m benchmarks.ablation sample

Lines of a Markdown table: right article first, in five, answer in its passage, in the sentences shown. Most
ingredients are turned off by other `Parameters`. What is no parameter is patched while the questions are
asked; for what is in the index the archive is indexed anew. `benchmarks.entries` does the same for each entry
of the language data.
"""

import math
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, Final
from unittest import mock

import typer

from benchmarks.judging import Judged, Question, share
from benchmarks.quality import SAMPLE_QUESTIONS, ask_all, opened
from benchmarks.sets import PassageSet, read_questions
from corpus import Corpus, CorpusOptions, sample_folder
from corpus.answering.parameters import DEFAULTS, Parameters
from corpus.index.bm25 import BM25F
from corpus.question import parser, utterance
from corpus.question.knowledge import Knowledge
from corpus.question.lexicon import default_lexicon
from corpus.question.synonyms import Synonyms
from corpus.updating import documents, maintenance

app = typer.Typer(add_completion=False, no_args_is_help=True)

Patch = tuple[ModuleType, str, object]
"""Module, name in it, and what the name stands for meanwhile."""


@dataclass(frozen=True, slots=True)
class Ingredient:
    """Something that can be left out.

    Attributes:
        name: What is off.
        parameters: Of the corpus without it.
        patches: For what is no parameter.
        is_indexed: Whether it is in the index, which has to be made anew.
    """

    name: str
    parameters: Parameters = DEFAULTS
    patches: tuple[Patch, ...] = ()
    is_indexed: bool = False


def _varied(name: str, stage: str, **values: Any) -> Ingredient:
    """An ingredient that other parameters of one stage turn off."""
    changed: dict[str, Any] = {stage: replace(getattr(DEFAULTS, stage), **values)}
    return Ingredient(name, replace(DEFAULTS, **changed))


def _patched(name: str, *patches: Patch) -> Ingredient:
    return Ingredient(name, patches=patches)


def _indexed(name: str, patch: Patch) -> Ingredient:
    return Ingredient(name, patches=(patch,), is_indexed=True)


def _model(name: str, *, k1: float = 0.6, b: float = 0.6, title_weight: float = 1.0) -> Ingredient:
    model = partial(BM25F, k1=k1, b=b, title_weight=title_weight)
    return _indexed(name, (maintenance, "MODEL", model))


INGREDIENTS: Final = (
    Ingredient("all of it"),
    _model("k1 1.5 (0.6)", k1=1.5),
    _model("b 0.75 (0.6)", b=0.75),
    _model("title field not counted", title_weight=0.0),
    _indexed("no outlet and category terms", (documents, "_about", lambda *_: "")),
    _varied("no characters (single, pairs)", "query", character_weight=0.0),
    _varied("characters at 0.25 (0.5)", "query", character_weight=0.25),
    _varied("no synonyms", "query", knowledge=Knowledge(synonyms=Synonyms(()))),
    _patched("Cantonese left as it is typed", (utterance, "normalize_cantonese", str)),
    _patched("numbers in one spelling only", (parser, "_find_numbers", lambda _: [])),
    _varied(
        "question words kept",
        "query",
        knowledge=Knowledge(lexicon=default_lexicon().without_role("stop")),
    ),
    _varied("no dates from plain words", "query", date_weight=0.0),
    _varied("numbers that are missing cost nothing", "rerank", numbers_loss=0.0),
    _varied("the rarest word missing costs nothing", "rerank", rarest_word_loss=0.0),
    _varied("first hits not lifted for what one sentence holds", "rerank", focus_lift=0.0),
    _varied("first hits not ordered anew", "rerank", numbers_loss=0.0, rarest_word_loss=0.0, focus_lift=0.0),
    _varied("kind of question ignored in sentences", "sentences", answer_type_factor=1.0),
    _varied("words far from what asks count fully in sentences", "passages", uses_proximity=False),
    _varied("title terms count fully in choosing the passage", "passages", title_term_weight=1.0),
    _varied("passage chosen without its best sentence", "passages", sentence_weight=0.0),
    _varied("three passages of an article read (5)", "passages", max_read=3),
    _varied("no advantage for the first passage", "passages", beginning_share=0.0),
    _varied(
        "second sentence without regard to neighbours", "sentences", following_share=0.0, anaphor_share=0.0
    ),
    _varied("one sentence", "sentences", min_second_share=math.inf),
    _varied("same story not folded", "retrieval", collapses_duplicates=False),
    _varied("no corrections", "correction", max_confidence=0.0),
)


@app.command()
def articles(folder: Path, questions: Path) -> None:
    """Measure over an archive of posts, the questions with even and odd numbers apart."""
    asked = [question for question in read_questions(questions) if question.paths]
    halves = [[question for question in asked if question.number % 2 == odd] for odd in (0, 1)]
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
    with tempfile.TemporaryDirectory() as data:
        options = CorpusOptions(folder, Path(data))
        with Corpus.open(options) as corpus:
            corpus.update()
        for ingredient in INGREDIENTS:
            with _patches(ingredient), _opened_without(ingredient, options) as corpus:
                cells = [_figures(ask_all(corpus, questions)) for questions in sets]
            print(f"| {ingredient.name} | {' | '.join(cells)} |", flush=True)


@contextmanager
def _opened_without(ingredient: Ingredient, options: CorpusOptions) -> Iterator[Corpus]:
    """The corpus without an ingredient, on the same index where the ingredient is not part of it."""
    if ingredient.is_indexed and options.folder is not None:
        with opened(options.folder, workers=0) as corpus:
            yield corpus
    else:
        with Corpus.open(options, parameters=ingredient.parameters) as corpus:
            yield corpus


@contextmanager
def _patches(ingredient: Ingredient) -> Iterator[None]:
    with ExitStack() as stack:
        for module, attribute, value in ingredient.patches:
            stack.enter_context(mock.patch.object(module, attribute, value))
        _forget()
        yield
    _forget()


def _forget() -> None:
    """Clear the caches of functions that depend on what is patched."""
    for function in vars(documents).values():
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


if __name__ == "__main__":
    app()
