"""JSON output: values of the corpus → plain dictionaries, with the same keys in every `--json`. Pure.

Offsets count code points of `text`; times are ISO 8601 in UTC; unknown values are null, never left out.
"""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from importlib import metadata
from typing import TYPE_CHECKING, Any

from corpus.models import (
    Answer,
    AnswerKind,
    Article,
    ArticlePage,
    ArticleText,
    Category,
    Filters,
    Hit,
    Skipped,
    Unmet,
    UpdateReport,
)

if TYPE_CHECKING:
    from corpus.sources import FeedOverview, Followed, ImportReport, RoundReport

Json = dict[str, Any]


def version() -> str:
    """Return the installed version of this program."""
    try:
        return metadata.version("baotong")
    except metadata.PackageNotFoundError:
        return "0+source"


def dump(value: object) -> str:
    """Return one line of JSON with readable Chinese.

    Raises:
        ValueError: The value contains a number that JSON does not have (NaN, infinity).
    """
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def time(moment: datetime | None) -> str | None:
    """Write a time in ISO 8601, in UTC and to the second.

    >>> time(datetime(2021, 12, 30, 8, tzinfo=UTC))
    '2021-12-30T08:00:00Z'
    """
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def article(value: Article) -> Json:
    """Return the metadata of an article."""
    return {
        "id": value.id,
        "path": value.path,
        "title": value.title,
        "url": value.url,
        "published": time(value.published),
        "author": value.author,
        "categories": list(value.categories),
    }


def article_text(value: ArticleText) -> Json:
    """Return an article with its paragraphs, as `show` and `export` print it.

    Marks and pictures stand in one list, those of the first paragraph first; pictures of an article without
    text are at paragraph 0.
    """
    paragraphs = value.paragraphs
    marks = [(number, mark) for number, paragraph in enumerate(paragraphs) for mark in paragraph.marks]
    return {
        **article(value.article),
        "paragraphs": [paragraph.text for paragraph in paragraphs],
        "image": value.article.image,
        "blocks": [{"kind": paragraph.kind.value, "level": paragraph.level} for paragraph in paragraphs],
        "marks": [
            {
                "paragraph": number,
                "start": mark.start,
                "end": mark.end,
                "kind": mark.kind.value,
                "target": mark.target,
                "alt": mark.alt or None,
            }
            for number, mark in (*marks, *((0, image) for image in value.images))
        ],
    }


def _hit(value: Hit) -> Json:
    return {
        "article": article(value.article),
        "passage": {
            "id": value.passage.id,
            "ordinal": value.passage.ordinal,
            "text": value.passage.text,
        },
        "sentences": [list(span) for span in value.sentences],
        "highlights": [list(span) for span in value.highlights],
        "score": value.score,
        "more_in_article": value.more_in_article,
        "same_story": list(value.same_story),
    }


def _filters(value: Filters) -> Json:
    return {
        "category": value.category,
        "author": value.author,
        "since": value.since.isoformat() if value.since else None,
        "until": value.until.isoformat() if value.until else None,
        "phrases": list(value.phrases),
        "excluded": list(value.excluded),
    }


def _unmet(value: Unmet) -> Json:
    return {"condition": value.condition.value, "value": value.value, "nearest": list(value.nearest)}


_COUNTED = frozenset({AnswerKind.LIST, AnswerKind.COUNT})


def answer(
    value: Answer,
    *,
    id: object = None,  # noqa: A002 — the name of the key
    previous: str | None = None,
    text: str | None = None,
) -> Json:
    """Return an answer.

    Args:
        value: The answer.
        id: The question's id, returned unchanged.
        previous: The question that it was read with, as a follow-up; None: it was read alone.
        text: What it says, in words (`bot.wording.answers`); None: its own text.
    """
    return {
        "id": id,
        "question": value.question,
        "kind": value.kind.value,
        "confidence": value.confidence.value,
        "score": value.score,
        "answer": value.text if text is None else text,
        "total": value.total if value.kind in _COUNTED else None,
        "filters": _filters(value.filters),
        "unmet": [_unmet(one) for one in value.unmet],
        "suggestions": list(value.suggestions),
        "hits": [_hit(hit) for hit in value.hits],
        "milliseconds": round(value.milliseconds, 3),
        "parts": [answer(part, id=id) for part in value.parts],
        "previous": previous,
    }


def failure(reason: str, *, id: object = None) -> Json:  # noqa: A002
    """Return what replaces the answer to a line of a batch that could not be asked."""
    return {"id": id, "error": reason}


def latest(page: ArticlePage) -> Json:
    """Return the newest articles and the number of all articles."""
    return {"articles": [article(one) for one in page.articles], "total": page.total}


def trend(words: str, by: str, counts: Sequence[tuple[date, int]]) -> Json:
    """Return how many articles contain some words, by periods from the first to the last."""
    return {
        "words": words,
        "by": by,
        "from": counts[0][0].isoformat() if counts else None,
        "to": counts[-1][0].isoformat() if counts else None,
        "counts": [{"start": start.isoformat(), "articles": count} for start, count in counts],
    }


def category(value: Category) -> Json:
    """Return a category with all its descendants."""
    return {
        "id": value.id,
        "name": value.name,
        "path": list(value.path),
        "articles": value.articles,
        "children": [category(child) for child in value.children],
    }


def _skipped(values: tuple[Skipped, ...]) -> list[Json]:
    return [{"path": one.path, "reason": one.reason} for one in values]


def report(value: UpdateReport) -> Json:
    """Return the report of a run of indexing."""
    return {
        "added": value.added,
        "changed": value.changed,
        "removed": value.removed,
        "unchanged": value.unchanged,
        "skipped": _skipped(value.skipped),
        "warnings": _skipped(value.warnings),
        "seconds": round(value.seconds, 3),
        "stages": {name: round(seconds, 3) for name, seconds in value.stages},
        "waiting": value.waiting,
        "passed_over": dict(value.passed_over),
    }


def read_report(line: str) -> UpdateReport:
    """Parse a report that `report` and `dump` wrote, such as the output of a child process.

    Raises:
        ValueError: The line is not a report.
    """
    try:
        fields = json.loads(line)
        skipped, warnings = (
            tuple(Skipped(one["path"], one["reason"]) for one in fields[name])
            for name in ("skipped", "warnings")
        )
        return UpdateReport(
            **{name: int(fields[name]) for name in ("added", "changed", "removed", "unchanged")},
            skipped=skipped,
            warnings=warnings,
            seconds=float(fields["seconds"]),
            stages=tuple((name, float(seconds)) for name, seconds in fields["stages"].items()),
            waiting=int(fields["waiting"]),
            passed_over=tuple((kind, int(count)) for kind, count in fields["passed_over"].items()),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a report of indexing: {error!r}") from error


def followed(value: "Followed") -> Json:
    """Return what `follow` did with one address."""
    return {
        "url": value.url,
        "state": value.state.value,
        "title": value.title,
        "entries": value.entries,
        "newest": time(value.newest),
        "full_text": value.full_text,
        "reason": value.reason,
    }


def fetched(value: "RoundReport") -> Json:
    """Return what a round of fetching gave."""
    return {
        "feeds": value.feeds,
        "fetched": value.fetched,
        "unchanged": value.unchanged,
        "failed": [{"url": one.url, "status": one.status, "reason": one.reason} for one in value.failed],
        "added": value.added,
        "updated": value.updated,
        "seconds": round(value.seconds, 3),
        "disk": value.disk,
        "notices": [
            {"kind": one.kind, "title": one.title, "reason": one.reason, "since": time(one.since)}
            for one in value.notices
        ],
    }


def imported(value: "ImportReport") -> Json:
    """Return what an import gave."""
    return {
        "added": value.added,
        "known": value.known,
        "updated": value.updated,
        "skipped": [{"path": path, "reason": reason} for path, reason in value.skipped],
        "seconds": round(value.seconds, 3),
        "readers": list(value.readers),
    }


def read_fetched(line: str) -> "RoundReport":
    """Parse what `fetched` and `dump` wrote, such as the output of a child process.

    Raises:
        ValueError: The line is no such report.
    """
    from corpus.sources import FailedFeed, Notice, RoundReport

    try:
        fields = json.loads(line)
        return RoundReport(
            **{name: int(fields[name]) for name in ("feeds", "fetched", "unchanged", "added", "updated")},
            failed=tuple(FailedFeed(one["url"], one["status"], one["reason"]) for one in fields["failed"]),
            seconds=float(fields["seconds"]),
            disk=fields["disk"],
            notices=tuple(
                Notice(
                    one["kind"],
                    one["title"],
                    one["reason"],
                    datetime.fromisoformat(one["since"]) if one["since"] else None,
                )
                for one in fields["notices"]
            ),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a report of fetching: {error!r}") from error


def feed(value: "FeedOverview") -> Json:
    """Return how a feed is."""
    return {
        "url": value.url,
        "title": value.title,
        "category": "/".join(value.categories) or None,
        "outlet": value.outlet or None,
        "state": value.state,
        "entries": value.entries,
        "last_ok": time(value.last_ok),
        "next": time(value.next),
        "failing_since": time(value.failing_since),
        "reason": value.reason,
    }
