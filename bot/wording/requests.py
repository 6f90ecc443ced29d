"""What programs ask and are told, whichever way they come: filters as they write them, answers as JSON."""

from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot import output
from bot.wording.answers import answer_text
from bot.wording.i18n import Language, translator
from corpus import text as text_reader
from corpus.models import Answer, Filters

if TYPE_CHECKING:
    from corpus import Corpus

MAX_LIMIT = 1_000
"""Most hits that a question may ask for."""


def answer_json(answer: Answer, zone: ZoneInfo, *, id: object = None) -> output.Json:  # noqa: A002
    """Return an answer as JSON, what it says in simplified Chinese; days are named by their dates.

    Args:
        answer: The answer.
        zone: Time zone of the dates.
        id: The question's id, returned unchanged.
    """
    text = answer_text(answer, translator(Language.HANS), zone=zone, today=date.max)
    return output.answer(answer, text=text, id=id)


def read_filters(
    category: str | None,
    author: str | None,
    since: str | None,
    until: str | None,
    *,
    today: date,
    prefix: str = "",
) -> Filters:
    """Return filters as people write them.

    Args:
        category: Name or path of a category.
        author: Name of an author or outlet.
        since: First day, as `parse_day` reads it; a month or year means its first day.
        until: Last day; a month or year means its last day.
        today: The day from which 昨天 is counted.
        prefix: What stands before the names of the options, for errors: `--`.

    Raises:
        ValueError: A text is not a day.
    """
    return Filters(
        category=category,
        author=author,
        since=parse_day(since, f"{prefix}since", last=False, today=today),
        until=parse_day(until, f"{prefix}until", last=True, today=today),
    )


def check_filters(corpus: "Corpus", filters: Filters, *, listing: str = "`baotong categories`") -> None:
    """Refuse filters that no article can pass: a typing error would look like an archive without an answer.

    Args:
        corpus: The archive.
        filters: The filters.
        listing: What lists the categories, for the error.

    Raises:
        ValueError: No such category or author in the archive, or the days are the wrong way round.
    """
    if filters.category is not None and not corpus.find_categories(filters.category):
        raise ValueError(f"no category {filters.category!r}: {listing} lists them")
    if filters.author is not None and not corpus.author_articles(filters.author):
        raise ValueError(f"no author {filters.author!r} in the archive")
    if filters.since and filters.until and filters.since > filters.until:
        raise ValueError(f"since {filters.since} is after until {filters.until}")


def parse_day(text: str | None, name: str, *, last: bool, today: date) -> date | None:
    """Parse a day as people write it: `2021-12-01`, `20211201`, `2021-12`, `9月26日`, `昨天`.

    Args:
        text: The text; None gives None.
        name: Name of the option, for the error.
        last: A month or year means its last day, not its first.
        today: The day from which 昨天 is counted.

    Raises:
        ValueError: The text is not a day.

    >>> parse_day("2020-02", "until", last=True, today=date(2022, 1, 1))
    datetime.date(2020, 2, 29)
    """
    if text is None:
        return None
    day = text_reader.parse_day(text_reader.fold(text), today, last=last)
    if day is None:
        raise ValueError(f"{name}: {text!r} is not a day such as 2021-12-01")
    return day
