"""What a message of a conversation is answered: the decisions of `corpus.dialogue` over the real `Corpus`.

    python -m benchmarks.dialogues lines FILE.jsonl [--archive NAME=FOLDER] [--verbose]
    python -m benchmarks.dialogues pairs FOLDER QUESTIONS.jsonl [--verbose]

`lines` plays what JSON lines say: `{"id", "archive", "today"?, "previous"?: [..], "reply"?, "question",
"expect": {"kind", "article"? or "articles"?, "text"? or "texts"?, "total"?, "since"?, "until"?, "sure"?}}`.
Each question is asked three times: alone, as the next message of a private chat after `previous`, and as a
reply to the answer of the last of these. The line's own way is the one that `reply` names. `archive` is
"sample" or the name of a folder that `--archive NAME=FOLDER` gives: posts, or a set of passages.

`pairs` takes questions that stand alone (`benchmarks.sets.read_questions`) and asks each after a question
about another article, as the next message and as a reply. What is right alone must stay right.
"""

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import typer

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

ZONE: Final = ZoneInfo("Asia/Shanghai")
PAGE_SIZE: Final = 5
TODAY: Final = "2026-11-30"

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


@dataclass(frozen=True, slots=True)
class Expected:
    """What must come of a question; what is None or empty is not asserted."""

    kind: str = "passage"
    articles: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    total: int | None = None
    since: str | None = None
    until: str | None = None
    sure: bool | None = None

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> "Expected":
        """Read the `expect` of a line."""
        articles = entry.get("articles") or ([entry["article"]] if entry.get("article") else [])
        texts = entry.get("texts") or ([entry["text"]] if entry.get("text") else [])
        return cls(
            entry.get("kind", "passage"),
            tuple(articles),
            tuple(texts),
            entry.get("total"),
            entry.get("since"),
            entry.get("until"),
            entry.get("sure"),
        )

    def is_met(self, shown: Shown, corpus: Corpus) -> bool:
        """Tell whether what was shown is right."""
        if self.sure is not None and shown.is_sure is not self.sure:
            return False
        if self.kind == "none":
            return not shown.is_sure
        return self._names_the_article(shown, corpus) and self._has_what_is_asserted(shown)

    def _names_the_article(self, shown: Shown, corpus: Corpus) -> bool:
        if not self.articles:
            return True
        answer = shown.answer
        if self.kind == "list" and answer is not None:
            return any(hit.article.path.removesuffix(".md") in self._names for hit in answer.hits)
        article = None if shown.article is None else corpus.article(shown.article)
        return article is not None and article.article.path.removesuffix(".md") in self._names

    @property
    def _names(self) -> frozenset[str]:
        return frozenset(path.removesuffix(".md") for path in self.articles)

    def _has_what_is_asserted(self, shown: Shown) -> bool:
        answer = shown.answer
        if answer is None:  # The whole article is shown, or its source: it holds whatever it holds.
            return isinstance(shown.decision, OpenArticle | SendSource)
        if self.texts and self.kind not in {"list", "count"}:
            told = _plain(answer.text or "")
            if not any(_plain(text) in told for text in self.texts):
                return False
        if self.total is not None and answer.total != self.total:
            return False
        return self._is_the_period(answer)

    def _is_the_period(self, answer: Answer) -> bool:
        since, until = answer.filters.since, answer.filters.until
        if answer.listing is not None:
            since, until = answer.listing.since or since, answer.listing.until or until
        wanted = ((self.since, since), (self.until, until))
        return all(day is None or day == (found and found.isoformat()) for day, found in wanted)


@dataclass(frozen=True, slots=True)
class Line:
    """A question with what went before it, and what must come of it."""

    id: str
    archive: str
    today: str
    previous: tuple[str, ...]
    reply: bool
    question: str
    expected: Expected


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
        return self.reply if self.line.reply else self.following


def read_lines(path: Path) -> list[Line]:
    """Read a file of questions and dialogues."""
    lines = []
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not text.strip():
            continue
        entry = json.loads(text)
        lines.append(
            Line(
                str(entry.get("id", number)),
                entry["archive"],
                entry.get("today", TODAY),
                tuple(entry.get("previous") or ()),
                bool(entry.get("reply")),
                entry["question"],
                Expected.from_json(entry["expect"]),
            )
        )
    return lines


def play(line: Line, corpus: Corpus) -> Played:
    """Ask a question alone, as the next message and as a reply."""
    now = _noon(line.today)
    shown: dict[str, Shown] = {}
    for way, previous, is_reply in (
        ("alone", (), False),
        ("next", line.previous, False),
        ("reply", line.previous, True),
    ):
        conversation = Conversation(corpus, now)
        for question in previous:
            conversation.say(question)
        shown[way] = conversation.say(line.question, is_reply=is_reply and bool(previous))
    right = {way: line.expected.is_met(each, corpus) for way, each in shown.items()}
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
        expected = Expected(articles=tuple(sorted(question.paths)), texts=question.answers)
        yield Line(question.id, archive, TODAY, (before.text,), False, question.text, expected)


def play_over(folder: Path, asked: Sequence[Line]) -> list[Played]:
    """Play lines over an archive; each on its own day."""
    clock = [_noon(TODAY)]
    played: list[Played] = []
    with ExitStack() as stack:
        if any((folder / f"passages.jsonl{ending}").exists() for ending in ("", ".gz")):
            posts = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            PassageSet.read(folder, None).write_posts(posts)
            folder = posts
        corpus = stack.enter_context(opened(folder, now=partial(clock.__getitem__, 0)))
        for line in asked:
            clock[0] = _noon(line.today).astimezone(UTC)
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


def _plain(text: str) -> str:
    return "".join(text.split())


def _noon(day: str) -> datetime:
    return datetime.combine(datetime.fromisoformat(day).date(), time(12), ZONE)


if __name__ == "__main__":
    app()
