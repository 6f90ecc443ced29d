"""Query relaxation: drops the conditions of a question that nothing meets, and reports them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from corpus.answering.passage_selection import SelectedPassage
from corpus.models import Condition, Filters, Unmet
from corpus.question.filter_syntax import replace_filter_values
from corpus.question.query import Query
from corpus.retrieval import phrase_filter
from corpus.retrieval.archive import Archive
from corpus.retrieval.names import Names

MAX_NEAREST: Final = 3
"""Names of the archive that are suggested for an unknown one."""

MAX_QUOTATIONS: Final = 2
"""Quotations that are looked for: a question with more of them was pasted, not asked."""


class Relaxed(NamedTuple):
    """A query without the conditions that nothing meets.

    Attributes:
        unmet: Those conditions.
    """

    query: Query
    unmet: tuple[Unmet, ...]


def relax_names(query: Query, names: Callable[[], Names]) -> Relaxed:
    """Drop the filters of a query whose category or author does not exist, and name days that do not.

    Args:
        query: As parsed.
        names: Loads the names, if a filter has one.
    """
    unmet = unknown_names(query.filters, names)
    impossible = tuple(Unmet(Condition.DAY, day) for day in query.impossible_days)
    return Relaxed(replace(query, filters=drop_filters(query.filters, unmet)), (*unmet, *impossible))


def unknown_names(filters: Filters, names: Callable[[], Names]) -> tuple[Unmet, ...]:
    """Return the names in filters that no category or author has, each with the nearest ones that exist.

    Args:
        filters: Of a question.
        names: Loads the names, if a filter has one.
    """
    unmet = []
    if filters.category is not None and not names().labels_of_category(filters.category):
        unmet.append((Condition.CATEGORY, filters.category))
    if filters.author is not None and not names().labels_of_author(filters.author):
        unmet.append((Condition.AUTHOR, filters.author))
    return tuple(Unmet(condition, name, names().nearest(name)[:MAX_NEAREST]) for condition, name in unmet)


def drop_filters(filters: Filters, unmet: Iterable[Unmet]) -> Filters:
    """Return filters without the category and author that do not exist."""
    dropped = {each.condition for each in unmet}
    return replace(
        filters,
        category=None if Condition.CATEGORY in dropped else filters.category,
        author=None if Condition.AUTHOR in dropped else filters.author,
    )


def alternatives(question: str, unmet: Sequence[Unmet]) -> tuple[str, ...]:
    """Return the question with one of the nearest names in place of each unknown one, best first.

    A filter whose name resembles no other is left out of the question. Where one name has fewer alternatives
    than another, its first one is repeated.
    """
    count = max((len(each.nearest) for each in unmet), default=0)
    return tuple(
        replace_filter_values(question, {each.value: _nearest_at(each, place) for each in unmet})
        for place in range(count)
    )


def _nearest_at(unmet: Unmet, place: int) -> str | None:
    """The alternative at a place, else the first one, if there is any."""
    if not unmet.nearest:
        return None
    return unmet.nearest[place] if place < len(unmet.nearest) else unmet.nearest[0]


def missing_phrases(archive: Archive, asked: Filters, *, given: Filters) -> tuple[Unmet, ...]:
    """Return the typed phrases that keep anything from being found: those no article contains, else all.

    Args:
        archive: In which nothing was found.
        asked: Filters of the question.
        given: Filters of the caller, which stay strict.
    """
    typed = [phrase for phrase in asked.phrases if phrase not in given.phrases]
    if len(typed) < 2:
        return _unmet_phrases(typed)
    absent = [phrase for phrase in typed if not phrase_filter.articles_containing(archive, [phrase])]
    return _unmet_phrases(absent or typed)


def missing_quotations(archive: Archive, query: Query, hits: Iterable[SelectedPassage]) -> tuple[Unmet, ...]:
    """Return the quotations in 「」, 『』 or “” that no article contains. Most are in one of the hits."""
    if not 0 < len(query.quoted) <= MAX_QUOTATIONS:
        return ()
    texts = [hit.titled_text for hit in hits]
    unseen = [phrase for phrase in query.quoted if not any(phrase in text for text in texts)]
    return _unmet_phrases(
        [phrase for phrase in unseen if not phrase_filter.articles_containing(archive, [phrase])]
    )


def _unmet_phrases(phrases: Iterable[str]) -> tuple[Unmet, ...]:
    return tuple(Unmet(Condition.PHRASE, phrase) for phrase in phrases)
