"""Questions as JSON lines in, answers as JSON lines out: one for each, in order, as they come."""

import calendar
import json
import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

from bot import output
from corpus.models import Filters

if TYPE_CHECKING:
    from corpus import Corpus

MOST = 1_000
"""Most results one question may ask for."""

NO_FILTERS = Filters()


def answer_lines(
    corpus: "Corpus", lines: Iterable[bytes], *, filters: Filters = NO_FILTERS, limit: int = 5
) -> Iterator[str]:
    """One line of JSON for each line of JSON, in order, as they come.

    Args:
        corpus: Who is asked.
        lines: `{"id": …, "question": …}`, with `limit`, `category`, `author`, `since`, `until` where they
            differ from the ones given here. A line that is no question gives `{"id": …, "error": …}`.
        filters: What every question is narrowed to.
        limit: Hits to a question.
    """
    for number, line in enumerate(lines, 1):
        wanted: object = None
        try:
            wanted = _read_line(line)
            question, own_filters, own_limit = _read_question(wanted, filters, limit)
            answer = corpus.ask(question, filters=own_filters, limit=own_limit)
            made = output.answer(answer, id=wanted.get("id"))
        except ValueError as error:
            name = wanted.get("id") if isinstance(wanted, dict) else None
            made = output.failure(f"line {number}: {error}", id=name)
        yield output.dump(made)


def _read_line(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON: {error}") from None
    if not isinstance(value, dict):
        raise ValueError('not an object such as {"id": 1, "question": "…"}')
    return value


def _read_question(value: dict[str, Any], filters: Filters, limit: int) -> tuple[str, Filters, int]:
    question = value.get("question")
    if not isinstance(question, str):
        raise ValueError('"question" must be a text')
    limit = value.get("limit", limit)
    if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= MOST:
        raise ValueError(f'"limit" must be a whole number from 1 to {MOST}')
    names = [name for name in ("category", "author", "since", "until") if value.get(name) is not None]
    if not names:
        return question, filters, limit
    for name in names:
        if not isinstance(value[name], str):
            raise ValueError(f'"{name}" must be a text')
    own = Filters(
        category=value.get("category", filters.category),
        author=value.get("author", filters.author),
        since=read_day(value.get("since"), "since", last=False) or filters.since,
        until=read_day(value.get("until"), "until", last=True) or filters.until,
    )
    return question, own, limit


def read_day(text: str | None, name: str, *, last: bool) -> date | None:
    """A day from `2021-12-01`, `2021/12/1`, `20211201`, or the first or last one of `2021-12` or `2021`.

    Args:
        text: As a person wrote it; None gives None.
        name: What it was given as, for the error.
        last: A whole month or year means its last day, not its first.

    Raises:
        ValueError: It is no day.

    >>> read_day("2020-02", "until", last=True)
    datetime.date(2020, 2, 29)
    """
    if text is None:
        return None
    match = re.fullmatch(r"(\d{4})(?:[-/.年]?(\d{1,2})(?:[-/.月]?(\d{1,2})日?|月?)|年?)", text.strip())
    try:
        if match is None:
            raise ValueError
        year = int(match[1])
        month = int(match[2] or (12 if last else 1))
        return date(year, month, int(match[3] or (calendar.monthrange(year, month)[1] if last else 1)))
    except (ValueError, calendar.IllegalMonthError):
        raise ValueError(f"{name}: {text!r} is not a day such as 2021-12-01") from None
