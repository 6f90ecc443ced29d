"""What a message of a conversation is answered: the decisions of `corpus.dialogue` over the real `Corpus`.

    python -m benchmarks.dialogues lines FILE.jsonl [--archive NAME=FOLDER] [--verbose]
    python -m benchmarks.dialogues pairs FOLDER QUESTIONS.jsonl [--verbose]

`lines` plays what JSON lines say (`benchmarks.expectations` has their form).
Each question is asked three times: alone, as the next message of a private chat after `previous`, and as a
reply to the answer of the last of these. The line's own way is the one that `reply` names. `archive` is
"sample" or the name of a folder that `--archive NAME=FOLDER` gives: posts, or a set of passages.

`pairs` takes questions that stand alone (`benchmarks.sets.read_questions`) and asks each after a question
about another article, as the next message and as a reply. What is right alone must stay right.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer

from benchmarks.expectations import ZONE, Expectation, Line, faults_of, read_lines
from benchmarks.quality import opened
from benchmarks.sets import PassageSet, read_questions
from bot.handlers.answers import ask  # noqa: TID251 — what the bot decides is measured
from bot.handlers.following import lookups  # noqa: TID251
from corpus import Answer, Confidence, Corpus, sample_folder
from corpus.dialogue import (
    Decision,
    Note,
    OpenArticle,
    OwnQuestion,
    Search,
    SendSource,
    ShowAnswer,
    ShownAnswer,
    decide,
    is_possible_follow_up,
    page_turn,
)
from corpus.question import Utterance

PAGE_SIZE: Final = 5
TODAY: Final = datetime(2026, 11, 30, 12, tzinfo=ZONE)

UNSURE_NOTES: Final = frozenset({Note.NOT_EXACTLY, Note.NO_LATER, Note.NO_SPEAKER})
"""Notes that say that the answer below may be none."""

app = typer.Typer(add_completion=False, no_args_is_help=True)

Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Print each failure.")]


@dataclass(frozen=True, slots=True)
class Shown:
    """What a message of a conversation was answered.

    Attributes:
        decision: What was decided; an `OwnQuestion` is already replaced by its answer.
        leans: Whether it was answered with the help of what went before.
    """

    decision: Decision
    leans: bool

    @property
    def answer(self) -> Answer | None:
        """The answer shown; None where an article, a link or a list is."""
        return self.decision.answer if isinstance(self.decision, ShowAnswer) else None

    @property
    def article(self) -> str | None:
        """Id of the article shown first."""
        match self.decision:
            case ShowAnswer():
                return self.decision.article
            case OpenArticle(article):
                return article
            case SendSource(article):
                return article.id
            case _:
                return None

    @property
    def is_sure(self) -> bool:
        """Whether it is told as the answer."""
        decision = self.decision
        return isinstance(decision, ShowAnswer) and decision.is_sure and decision.note not in UNSURE_NOTES


@dataclass(slots=True)
class Conversation:
    """A private chat with the archive, as far as answers go."""

    corpus: Corpus
    now: datetime
    shown: ShownAnswer | None = None

    def say(self, text: str, *, is_reply: bool = False) -> Shown:
        """Answer the next message; a reply is one to the answer before it."""
        utterance = Utterance.from_text(text)
        said = self._follow_up(utterance, is_reply=is_reply) if self.shown is not None else None
        leans = said is not None
        if said is None:
            search = Search(text)
            said = ShowAnswer(search, ask(self.corpus, search, page_size=PAGE_SIZE))
        self._remember(said)
        return Shown(said, leans)

    def _follow_up(self, message: Utterance, *, is_reply: bool) -> Decision | None:
        assert self.shown is not None
        if not (is_reply or page_turn(message) or is_possible_follow_up(message)):
            return None
        decision = decide(
            message,
            self.shown,
            lookups(self.corpus, PAGE_SIZE),
            is_reply=is_reply,
            now=self.now,
            page_size=PAGE_SIZE,
        )
        return None if isinstance(decision, OwnQuestion) else decision

    def _remember(self, said: Decision) -> None:
        if isinstance(said, ShowAnswer):
            answer = said.answer
            listed = answer.nearest if answer.confidence is Confidence.NONE else answer.hits
            places = tuple(OpenArticle(hit.article.id, hit.passage.ordinal) for hit in listed)
            self.shown = ShownAnswer(said.search, said.article, said.offset, places)
        elif isinstance(said, OpenArticle) and self.shown is not None:
            self.shown = replace(self.shown, article=said.article)


def is_met(expect: Expectation, shown: Shown, corpus: Corpus) -> bool:
    """Tell whether what was shown is right; a whole article or its source holds whatever it holds."""
    if shown.answer is not None:
        return not faults_of(shown.answer, expect, is_sure=shown.is_sure)
    article = None if shown.article is None else corpus.article(shown.article)
    return article is not None and expect.names(article.article.path)


@dataclass(frozen=True, slots=True)
class Played:
    """A line asked alone, as the next message and as a reply; each with whether it was right."""

    line: Line
    alone: bool
    following: bool
    reply: bool
    shown: Mapping[str, Shown] = field(repr=False)

    @property
    def is_right(self) -> bool:
        """Whether it is right the way the line says."""
        if not self.line.previous:
            return self.alone
        return self.reply if self.line.is_reply else self.following


def play(line: Line, corpus: Corpus) -> Played:
    """Ask a question alone, as the next message and as a reply."""
    shown: dict[str, Shown] = {}
    for way, previous, is_reply in (
        ("alone", (), False),
        ("next", line.previous, False),
        ("reply", line.previous, True),
    ):
        conversation = Conversation(corpus, line.now)
        for question in previous:
            conversation.say(question)
        shown[way] = conversation.say(line.question, is_reply=is_reply and bool(previous))
    right = {way: is_met(line.expect, each, corpus) for way, each in shown.items()}
    return Played(line, right["alone"], right["next"], right["reply"], shown)


@app.command()
def lines(
    file: Annotated[Path, typer.Argument(help="Questions and dialogues, JSON lines.")],
    archive: Annotated[list[str] | None, typer.Option(help="NAME=FOLDER of a further archive.")] = None,
    verbose: Verbose = False,
) -> None:
    """Play questions and dialogues over the sample and another archive."""
    asked = read_lines(file)
    folders = {"sample": sample_folder()}
    for given in archive or ():
        name, _, folder = given.partition("=")
        folders[name] = Path(folder)
    played: list[Played] = []
    for name, path in folders.items():
        here = [line for line in asked if line.archive == name]
        if here:
            played += play_over(path, here)
    report(file.stem, played, verbose=verbose)


@app.command()
def pairs(
    folder: Annotated[Path, typer.Argument(help="Archive of posts.")],
    questions: Annotated[Path, typer.Argument(help="Questions over it that stand alone, JSON lines.")],
    verbose: Verbose = False,
) -> None:
    """Ask each question after one about another article: what is right alone must stay right."""
    report(questions.stem, play_over(folder, list(paired(questions, folder.name))), verbose=verbose)


def paired(questions: Path, archive: str) -> Iterator[Line]:
    """Yield each answerable question after one about another article, at half the set's distance."""
    asked = [question for question in read_questions(questions) if question.paths]
    for place, question in enumerate(asked):
        others = (asked[(place + len(asked) // 2 + step) % len(asked)] for step in range(len(asked)))
        before = next(other for other in others if other.paths.isdisjoint(question.paths))
        expect = Expectation(articles=question.paths, texts=question.answers)
        yield Line(question.id, archive, "6", TODAY, (before.text,), False, question.text, expect)


def play_over(folder: Path, asked: Sequence[Line]) -> list[Played]:
    """Play lines over an archive; each on its own day."""
    clock = [TODAY]
    played: list[Played] = []
    with ExitStack() as stack:
        if any((folder / f"passages.jsonl{ending}").exists() for ending in ("", ".gz")):
            posts = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            PassageSet.read(folder, None).write_posts(posts)
            folder = posts
        corpus = stack.enter_context(opened(folder, now=partial(clock.__getitem__, 0)))
        for line in asked:
            clock[0] = line.now.astimezone(UTC)
            played.append(play(line, corpus))
    return played


def report(name: str, played: Sequence[Played], *, verbose: bool) -> None:
    """Print how many are right alone, as the next message and as a reply; each failure if wanted."""
    if not played:
        print(f"{name}: no line")
        return
    print(f"\n{name}: {len(played)} lines")
    right_alone = [each for each in played if each.alone]
    print(
        f"  right alone {len(right_alone)}  as the next message {sum(each.following for each in played)}"
        f"  as a reply {sum(each.reply for each in played)}  the way the line says"
        f" {sum(each.is_right for each in played)}"
    )
    print(
        f"  of those right alone: as the next message {sum(each.following for each in right_alone)}"
        f"  as a reply {sum(each.reply for each in right_alone)}"
    )
    if verbose:
        for each in played:
            if not each.is_right or (each.alone and not (each.following and each.reply)):
                print(f"\n{each.line.id} {' ⏎ '.join(each.line.previous)} ⏎ {each.line.question}")
                for way, shown in each.shown.items():
                    print(f"  {way:6}{'right' if _was_right(each, way) else 'WRONG'} {_told(shown)}")


def _was_right(played: Played, way: str) -> bool:
    return {"alone": played.alone, "next": played.following, "reply": played.reply}[way]


def _told(shown: Shown) -> str:
    decision = shown.decision
    if not isinstance(decision, ShowAnswer):
        return type(decision).__name__
    answer = decision.answer
    title = answer.hits[0].article.title[:24] if answer.hits else "-"
    note = decision.note.name if decision.note else "-"
    told = (answer.text or "")[:60]
    asked = f"{decision.search.question} [{'in' if decision.search.filters.article else ''}]"
    return f"{answer.confidence} {answer.score:.2f} {note} | {asked} | {title} | {told}".replace("\n", " ")


if __name__ == "__main__":
    app()
