"""Filters of a question: which ones the index checks, and which ones have to be checked in the text."""

from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from corpus.index.index import Restriction
from corpus.models import Article, Filters
from corpus.retrieval.archive import Archive
from corpus.retrieval.names import Names, name_key

NOWHERE: Final = Restriction(articles=frozenset())
"""A restriction that nothing passes."""


def restriction(filters: Filters, archive: Archive) -> Restriction | None:
    """Translate filters by category, author and day into what the index checks.

    Returns:
        None where everything passes; `NOWHERE` where a name is unknown, or where there is a filter by
        article: an article that exists is searched by itself.
    """
    if filters.article is not None:
        return NOWHERE
    labels: list[frozenset[int]] = []
    if filters.category is not None:
        labels.append(archive.names().labels_of_category(filters.category))
    if filters.author is not None:
        labels.append(archive.names().labels_of_author(filters.author))
    if not all(labels):
        return NOWHERE
    since = None if filters.since is None else _start_of(filters.since, archive.zone)
    until = None if filters.until is None else _end_of(filters.until, archive.zone)
    found = Restriction(since, until, tuple(labels))
    return None if found == Restriction() else found


def _start_of(day: date, zone: ZoneInfo) -> int:
    """First second of a day, in seconds of the Unix epoch."""
    try:
        return max(0, int(datetime.combine(day, time(), zone).timestamp()))
    except (OverflowError, OSError):  # the first years of the calendar
        return 0


def _end_of(day: date, zone: ZoneInfo) -> int | None:
    """First second after a day; None for the last day of the calendar."""
    try:
        following = day + timedelta(days=1)
    except OverflowError:
        return None
    return _start_of(following, zone)


def checks_text(filters: Filters) -> bool:
    """Tell whether a filter has to be checked in the text."""
    return bool(filters.phrases or filters.excluded)


def text_passes(folded: str, filters: Filters) -> bool:
    """Tell whether a folded title with its passage contains all phrases and nothing excluded."""
    return all(phrase in folded for phrase in filters.phrases) and not any(
        word in folded for word in filters.excluded
    )


class Checker:
    """Checks filters on whole articles. Each name is looked up once, however many articles there are."""

    def __init__(self, names: Names, zone: ZoneInfo) -> None:
        self._names = names
        self._zone = zone
        self._numbers_by_name: dict[str, frozenset[int]] = {}
        self._numbers_by_path: dict[tuple[str, ...], frozenset[int]] = {}
        self._keys: dict[str, str] = {}

    def passes(self, article: Article, folded: str, filters: Filters) -> bool:
        """Tell whether an article passes strict filters.

        Args:
            article: The article.
            folded: Its folded title and text.
            filters: Those of the query; a filter by article is not checked.
        """
        if not text_passes(folded, filters):
            return False
        if filters.category is not None and not self._has_category(article, filters.category):
            return False
        if filters.author is not None and not self._has_author(article, filters.author):
            return False
        return self._has_day(article, filters)

    def _has_category(self, article: Article, category: str) -> bool:
        """Whether an article passes a filter by category, as `Names.labels_of_category` defines it."""
        if self._numbers_of_name(category):
            return self._is_below(article, category)
        return self._key(category) in self._key(article.author or "")

    def _has_author(self, article: Article, author: str) -> bool:
        """Whether an article passes a filter by author. Outlets are categories as well."""
        return self._key(author) in self._key(article.author or "") or self._is_below(article, author)

    def _has_day(self, article: Article, filters: Filters) -> bool:
        if filters.since is None and filters.until is None:
            return True
        if article.published is None:
            return False
        day = article.published.astimezone(self._zone).date()
        return (filters.since is None or day >= filters.since) and (
            filters.until is None or day <= filters.until
        )

    def _is_below(self, article: Article, name: str) -> bool:
        """Whether an article is in a category at or below one of a name."""
        path = article.categories
        numbers = self._numbers_by_path.get(path)
        if numbers is None:
            numbers = self._numbers_by_path[path] = self._names.numbers_of(path)
        return not numbers.isdisjoint(self._numbers_of_name(name))

    def _numbers_of_name(self, name: str) -> frozenset[int]:
        numbers = self._numbers_by_name.get(name)
        if numbers is None:
            numbers = self._numbers_by_name[name] = self._names.category_numbers(name)
        return numbers

    def _key(self, name: str) -> str:
        key = self._keys.get(name)
        if key is None:
            key = self._keys[name] = name_key(name)
        return key
