"""Batch mode: questions as JSON lines in, answers as JSON lines out, one for one and in order."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn

from bot import output
from bot.wording.requests import MAX_LIMIT, answer_json, check_filters, parse_day
from corpus.models import Filters

if TYPE_CHECKING:
    from corpus import Corpus

MAX_LINE_BYTES = 1_000_000
"""A longer line is an error; it is skipped without being kept in memory."""

NO_FILTERS = Filters()


def answer_lines(
    corpus: "Corpus", source: BinaryIO, *, filters: Filters = NO_FILTERS, limit: int = 5
) -> Iterator[str]:
    """Yield one line of JSON for each line read, in order, each before the next line is read.

    A line that is no question, such as an empty one, gives `{"id": …, "error": …}`.

    Args:
        corpus: The archive to ask.
        source: Lines `{"id": …, "question": …}`. `limit`, `category`, `author`, `since` and `until` may
            stand in a line too and replace the ones given here; null means as given here.
        filters: Filters of every question.
        limit: Most hits per question.
    """
    for number, line in enumerate(_lines(source), 1):
        wanted: dict[str, Any] = {}
        try:
            wanted = _read_line(line)
            question, own_filters, own_limit = _read_question(wanted, filters, limit, corpus.today())
            check_filters(corpus, own_filters)
            answer = corpus.ask(question, filters=own_filters, limit=own_limit)
            made = answer_json(answer, corpus.zone, id=wanted.get("id"))
        except ValueError as error:
            made = output.failure(f"line {number}: {error}", id=wanted.get("id"))
        yield output.dump(made)


def _lines(source: BinaryIO) -> Iterator[bytes | None]:
    """Yield lines; None in place of one that is too long."""
    while line := source.readline(MAX_LINE_BYTES):
        if len(line) < MAX_LINE_BYTES or line.endswith(b"\n"):
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = source.readline(MAX_LINE_BYTES)
        yield None


def _read_line(line: bytes | None) -> dict[str, Any]:
    if line is None:
        raise ValueError(f"longer than {MAX_LINE_BYTES:,} bytes")
    try:
        text = line.decode("utf-8-sig")
        if not text.strip():
            raise ValueError("empty")
        value = json.loads(text, parse_constant=_refuse)
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at character {error.pos + 1}") from None
    except RecursionError:
        raise ValueError("not JSON: nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError('not an object such as {"id": 1, "question": "…"}')
    return value


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"not JSON: {name} is no number")


def _read_question(
    value: dict[str, Any], filters: Filters, limit: int, today: date
) -> tuple[str, Filters, int]:
    question = value.get("question")
    if not isinstance(question, str):
        raise ValueError('"question" must be a text')
    names = [name for name in ("category", "author", "since", "until") if value.get(name) is not None]
    for name in names:
        if not isinstance(value[name], str):
            raise ValueError(f'"{name}" must be a text')
    given: dict[str, Any] = {name: value[name] for name in names}
    for name in ("since", "until"):
        if name in given:
            given[name] = parse_day(given[name], name, last=name == "until", today=today)
    return question, replace(filters, **given), _read_limit(value.get("limit"), limit)


def _read_limit(value: object, otherwise: int) -> int:
    if value is None:
        return otherwise
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= MAX_LIMIT:
        raise ValueError(f'"limit" must be a whole number from 1 to {MAX_LIMIT:,}')
    if value != int(value):  # some programs write 10 as 10.0
        raise ValueError(f'"limit" must be a whole number from 1 to {MAX_LIMIT:,}')
    return int(value)
