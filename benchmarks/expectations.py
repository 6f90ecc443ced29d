"""Questions with an expectation of any kind (a passage, a list, a number, nothing sure) and their judgement.

Files are JSON lines:

    {"id", "archive": "sample" | "articles", "today"?: "2026-11-30", "previous"?: [..], "reply"?: true,
     "question", "section"?,
     "expect": {"kind"?, "article"?: path, "articles"?: [path], "text"?, "texts"?: [..],
                "parts_texts"?: [[..], [..]], "total"?: n, "totals"?: [n], "since"?, "until"?,
                "sure"?: bool}}

Only what an expectation names is asserted.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from corpus import Answer, Confidence
from corpus.text.folding import fold

ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must come of a question; None and empty: not asserted.

    Attributes:
        kind: `Answer.kind`.
        articles: Paths. Of a passage the first hit must be one of them; of a list one of the hits.
        texts: One of them must stand in the sentences shown, or in the text of the answer.
        parts: For each part of a message with several questions the texts one of which must be shown.
        totals: Numbers of articles that are right.
        since: First day of the period that is asked for: no listed article is older.
        until: Last day of it.
        sure: Whether it must, or must not, be told as sure.
    """

    kind: str | None = None
    articles: frozenset[str] = frozenset()
    texts: tuple[str, ...] = ()
    parts: tuple[tuple[str, ...], ...] = ()
    totals: frozenset[int] = frozenset()
    since: date | None = None
    until: date | None = None
    sure: bool | None = None

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> "Expectation":
        """Read the object under `expect`."""
        return cls(
            kind=entry.get("kind"),
            articles=frozenset([*filter(None, [entry.get("article")]), *entry.get("articles", ())]),
            texts=(*filter(None, [entry.get("text")]), *entry.get("texts", ())),
            parts=tuple(map(tuple, entry.get("parts_texts", ()))),
            totals=frozenset([*([entry["total"]] if "total" in entry else []), *entry.get("totals", ())]),
            since=date.fromisoformat(entry["since"]) if "since" in entry else None,
            until=date.fromisoformat(entry["until"]) if "until" in entry else None,
            sure=entry.get("sure"),
        )

    def names(self, path: str) -> bool:
        """Tell whether an article is one of the right ones; of a set of passages ids stand for paths."""
        return path.removesuffix(".md") in {each.removesuffix(".md") for each in self.articles}


@dataclass(frozen=True, slots=True)
class Line:
    """A question of a file with what must come of it.

    Attributes:
        section: The kind of question, in the file's own words.
        previous: What was asked before it, oldest first.
        is_reply: Whether it is sent as a reply to the answer before it.
    """

    id: str
    archive: str
    section: str
    now: datetime
    previous: tuple[str, ...]
    is_reply: bool
    question: str
    expect: Expectation


def read_lines(path: Path) -> list[Line]:
    """Read a file of questions with expectations."""
    return [_line(json.loads(text)) for text in path.read_text(encoding="utf-8").splitlines() if text.strip()]


def _line(entry: Mapping[str, Any]) -> Line:
    today = date.fromisoformat(entry.get("today", "2026-11-30"))
    return Line(
        id=str(entry["id"]),
        archive=entry["archive"],
        section=str(entry.get("section", "")),
        now=datetime.combine(today, time(12), ZONE),
        previous=tuple(entry.get("previous", ())),
        is_reply=bool(entry.get("reply")),
        question=entry["question"],
        expect=Expectation.from_json(entry["expect"]),
    )


def faults_of(answer: Answer, expect: Expectation, *, is_sure: bool | None = None) -> list[str]:
    """Name what is wrong with an answer, shortly; empty: nothing.

    Args:
        answer: What was told.
        expect: What is right.
        is_sure: Whether it was told as sure; None: by its confidence.
    """
    is_sure = answer.confidence is Confidence.ANSWER if is_sure is None else is_sure
    faults = []
    if expect.sure is not None and is_sure is not expect.sure:
        faults.append("sure" if is_sure else "not sure")
    if expect.kind == "none":
        return faults or (["sure"] if is_sure and answer.kind == "passage" else [])
    if expect.kind is not None and answer.kind != expect.kind:
        faults.append(f"kind {answer.kind} for {expect.kind}")
    paths = [hit.article.path for hit in answer.hits]
    looked_at = paths if answer.kind == "list" else paths[:1]
    if expect.articles and expect.kind != "count" and not any(map(expect.names, looked_at)):
        faults.append("other article")
    if expect.texts and not _has_any(_shown(answer), expect.texts):
        faults.append("text not shown")
    if expect.parts and not _has_parts(answer, expect.parts):
        faults.append("part not shown")
    if expect.totals and answer.total not in expect.totals:
        faults.append(f"total {answer.total}")
    if _is_outside(answer, expect):
        faults.append("other days")
    return faults


def _shown(answer: Answer) -> str:
    """What is told: the sentences of the first hit, and the text of the answer."""
    shown = [answer.text or ""]
    for hit in answer.hits[:1]:
        shown += [hit.passage.text[start:end] for start, end in hit.sentences]
    return "\n".join(shown)


def _has_any(text: str, wanted: Sequence[str]) -> bool:
    return any(_plain(each) in _plain(text) for each in wanted)


def _plain(text: str) -> str:
    return "".join(character for character in fold(text) if not character.isspace() and character != ",")


def _has_parts(answer: Answer, parts: Sequence[Sequence[str]]) -> bool:
    return len(answer.parts) == len(parts) and all(
        _has_any(_shown(each), wanted) for each, wanted in zip(answer.parts, parts, strict=True)
    )


def _is_outside(answer: Answer, expect: Expectation) -> bool:
    """Whether a listed article is of another day than those asked for; articles without a date are not."""
    if expect.since is None and expect.until is None:
        return False
    days = [hit.article.published.astimezone(ZONE).date() for hit in answer.hits if hit.article.published]
    since, until = expect.since or date.min, expect.until or date.max
    return not days or any(not since <= day <= until for day in days)
