"""What each entry of the language data earns: the same questions, with one entry left out at a time.

    python -m benchmarks.entries [--articles FOLDER QUESTIONS.jsonl] [--passages FOLDER] [--only words]

The sample archive is always asked. Entries are the words, stems and phrases of `lexicon.toml`, the types of
`answer_types.toml` and their alternatives, and the groups of `synonyms.txt`. Each is left out of the value
that is handed to the corpus; nothing is patched. A question is asked again only if its query is another one
without the entry.

A line for each entry: how many questions have another query, by how much each figure falls without the entry
(right article first, in five, answer in the passage, in the sentences, told as sure), and a verdict. `moves
nothing`: no figure changes and no example of the data needs it. `unused`: not even a query changes, so that
these questions cannot tell.
"""

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Final

import typer

from benchmarks.judging import Judged, Question
from benchmarks.quality import SAMPLE_QUESTIONS, ask_all
from benchmarks.sets import PassageSet, read_questions
from corpus import Corpus, CorpusOptions, sample_folder
from corpus.answering.parameters import DEFAULTS, Parameters
from corpus.question.answer_types import AnswerTypes, default_answer_types, has_evidence
from corpus.question.knowledge import Knowledge
from corpus.question.lexicon import Lexicon, default_lexicon
from corpus.question.parser import parse
from corpus.question.query import Query
from corpus.question.synonyms import default_synonyms
from corpus.question.topic import is_question, topical_words
from corpus.question.utterance import Utterance
from corpus.text import data_files
from corpus.text.data_files import Entry
from corpus.text.folding import fold

DAY: Final = date(2026, 11, 23)
FIGURES: Final = ("first", "in five", "passage", "sentences", "sure")
LANGUAGE: Final = "corpus.question.language"

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class Without:
    """What is known without one entry.

    Attributes:
        kind: words, types or synonyms.
        entry: What is left out.
        signs: A question without any of these has the same query as before; none: any question may differ.
        knowledge: What is left.
    """

    kind: str
    entry: str
    signs: tuple[str, ...]
    knowledge: Knowledge


@dataclass(frozen=True, slots=True)
class Asked:
    """A set of questions, and what came of them with all entries."""

    name: str
    options: CorpusOptions
    questions: Sequence[Question]
    queries: Sequence[Query]
    judged: Sequence[Judged]


def reductions() -> Iterator[Without]:
    """Leave out each entry in turn."""
    lexicon, types, synonyms = default_lexicon(), default_answer_types(), default_synonyms()
    for word in dict.fromkeys(_entries(lexicon)):
        reduced = lexicon.without(word)
        knowledge = Knowledge(reduced, AnswerTypes.load(reduced), synonyms)
        yield Without("words", word, (word,), knowledge)
    for rule in types.rules:
        yield Without("types", rule.name, (), Knowledge(lexicon, types.without(rule.name), synonyms))
        for pattern in (*rule.asks, *rule.evidence):
            left = Knowledge(lexicon, types.without(rule.name, pattern), synonyms)
            yield Without("types", f"{rule.name}: {pattern}", (), left)
    for place, (words, others) in enumerate(synonyms.groups):
        line = " ".join(words) + ("" if others == words else f" > {' '.join(others)}")
        yield Without("synonyms", line, words, Knowledge(lexicon, types, synonyms.without(place)))


def _entries(lexicon: Lexicon) -> Iterator[str]:
    for group in lexicon.groups:
        yield from group.words
    yield from (stem.text for stem in lexicon.stems)
    for phrases in lexicon.phrases.values():
        yield from phrases


@app.command()
def entries(
    articles: Annotated[
        tuple[Path, Path] | None, typer.Option(help="Posts, and questions over them.")
    ] = None,
    passages: Annotated[
        Path | None, typer.Option(help="A set of passages; its tuning part is asked.")
    ] = None,
    questions: Annotated[int, typer.Option(help="Most questions over the passages.")] = 500,
    only: Annotated[str | None, typer.Option(help="words, types or synonyms.")] = None,
) -> None:
    """Print what each entry earns."""
    with ExitStack() as stack:
        sets = [*_sets(stack, articles, passages, questions)]
        total: Counter[str] = Counter()
        for without in reductions():
            if only in {None, without.kind}:
                line = _line(without, sets)
                total[line.rpartition("\t")[2]] += 1
                print(f"{without.kind}\t{without.entry}\t{line}", flush=True)
        print(", ".join(f"{verdict} {count}" for verdict, count in total.items()))


def _sets(
    stack: ExitStack, articles: tuple[Path, Path] | None, passages: Path | None, most: int
) -> Iterator[Asked]:
    asked: list[tuple[str, Path, Sequence[Question]]] = [
        ("sample", sample_folder(), read_questions(SAMPLE_QUESTIONS))
    ]
    if articles is not None:
        asked.append(("articles", articles[0], read_questions(articles[1])))
    if passages is not None:
        data = PassageSet.read(passages, "tune")
        posts = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        data.write_posts(posts)
        asked.append(("passages", posts, data.questions[:most]))
    for name, folder, questions in asked:
        options = CorpusOptions(folder, Path(stack.enter_context(tempfile.TemporaryDirectory())))
        with Corpus.open(options) as corpus:
            corpus.update()
            queries = [parse(question.text, today=DAY) for question in questions]
            yield Asked(name, options, questions, queries, ask_all(corpus, questions))


def _line(without: Without, sets: Iterable[Asked]) -> str:
    """The changes in each set, and the verdict."""
    parameters = replace(DEFAULTS, query=replace(DEFAULTS.query, knowledge=without.knowledge))
    affected, change = 0, Counter[str]()
    for asked in sets:
        places = [
            place
            for place, (question, query) in enumerate(zip(asked.questions, asked.queries, strict=True))
            if (not without.signs or any(sign in query.normalized for sign in without.signs))
            and parse(question.text, today=DAY, parameters=parameters.query) != query
        ]
        affected += len(places)
        change.update(_changes(asked, places, parameters))
    if any(change.values()):
        verdict = "needed"
    elif broken := next(failing_examples(without), None):
        verdict = f"example {broken}"
    else:
        verdict = "moves nothing" if affected else "unused"
    figures = " ".join(f"{name} {-change[name]:+d}" for name in FIGURES if change[name])
    return f"{affected}\t{figures}\t{verdict}"


def _changes(asked: Asked, places: Sequence[int], parameters: Parameters) -> Counter[str]:
    """How many more questions each figure counts without the entry; negative: fewer."""
    found = Counter[str]()
    if not places:
        return found
    with Corpus.open(asked.options, parameters=parameters) as corpus:
        again = ask_all(corpus, [asked.questions[place] for place in places])
    for place, after in zip(places, again, strict=True):
        for name, before_is, after_is in zip(
            FIGURES, _figures(asked.judged[place]), _figures(after), strict=True
        ):
            found[name] += after_is - before_is
    return found


def _figures(judged: Judged) -> tuple[bool, ...]:
    is_sure = judged.band == "answer"
    return judged.rank == 1, 0 < judged.rank <= 5, judged.in_passage, judged.in_sentences, is_sure


def failing_examples(without: Without) -> Iterator[str]:
    """Yield the questions among the examples of the data of which something else comes without the entry."""
    knowledge = without.knowledge
    if without.kind == "words":
        for entry in _tables("lexicon.toml", "group", "phrase"):
            for example in entry.tables("examples"):
                expected = {key: value for key, value in example.values.items() if key != "question"}
                came = outcome(example.text("question"), knowledge)
                if any(came[key] != value for key, value in expected.items()):
                    yield example.text("question")
        for entry in _tables("lexicon.toml", "stem"):
            asks = [(word, True) for word in entry.texts("examples")]
            for word, is_asking in [*asks, *((word, False) for word in entry.texts("counterexamples"))]:
                if ("interrogative" in knowledge.lexicon.roles_of(word)) != is_asking:
                    yield word
    for entry in _tables("answer_types.toml", "type"):
        examples = [*entry.tables("examples")]
        for question in [*entry.texts("questions"), *(each.text("question") for each in examples)]:
            if knowledge.answer_types.of(fold(question)).name != entry.text("name"):
                yield question
    for entry in _tables("answer_types.toml", "type", "measure"):
        for example in entry.tables("examples"):
            answer_type = knowledge.answer_types.of(fold(example.text("question")))
            if not has_evidence(answer_type, fold(example.text("yes"))) or has_evidence(
                answer_type, fold(example.text("no"))
            ):
                yield example.text("question")


def outcome(question: str, knowledge: Knowledge) -> dict[str, object]:
    """What comes of a question, by the keys of an example of `lexicon.toml`."""
    parameters = replace(DEFAULTS.query, knowledge=knowledge)
    query, said = (
        parse(question, today=DAY, parameters=parameters),
        Utterance.from_text(question, knowledge.lexicon),
    )
    return {
        "searched": " ".join(query.words),
        "named": " ".join(topical_words(said)),
        "lists": query.listing_topic,
        "asks": is_question(said),
    }


def _tables(file: str, *kinds: str) -> Iterator[Entry]:
    for kind in kinds:
        yield from data_files.read(LANGUAGE, file).tables(kind)


if __name__ == "__main__":
    app()
