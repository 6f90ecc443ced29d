"""Conditions of a question that nothing meets: they are named, and the question is asked without them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from corpus.answering.passage_selection import Chosen
from corpus.index.index import Snapshot
from corpus.models import Condition, Filters, Unmet
from corpus.question import filter_syntax, parser
from corpus.question.query import Query
from corpus.retrieval import phrase_filter
from corpus.retrieval.filters import Names
from corpus.store.store import Store

MOST_NEAREST: Final = 3
MOST_QUOTES: Final = 2
"""Stretches in Chinese quotes that are looked for: a text with more of them was pasted, not asked."""


def understand(
    question: str, *, filters: Filters, names: Callable[[], Names], today: date
) -> tuple[Query, tuple[Unmet, ...]]:
    """Parse a question, and take from its filters what names nothing.

    Args:
        question: As typed.
        filters: Of the caller.
        names: Looks up what there is, which few questions need.
        today: As for `query.parse`.
    """
    parsed = parser.parse(question, filters=filters, today=today)
    unmet = unknown_names(parsed.filters, names)
    return replace(parsed, filters=without(parsed.filters, unmet)), unmet


def unknown_names(filters: Filters, names: Callable[[], Names]) -> tuple[Unmet, ...]:
    """The names in filters that nothing bears, each with the nearest that something does."""
    unmet = []
    if filters.category is not None and not names().labels_of_category(filters.category):
        unmet.append((Condition.CATEGORY, filters.category))
    if filters.author is not None and not names().labels_of_author(filters.author):
        unmet.append((Condition.AUTHOR, filters.author))
    return tuple(Unmet(condition, name, names().nearest(name)[:MOST_NEAREST]) for condition, name in unmet)


def without(filters: Filters, unmet: Iterable[Unmet]) -> Filters:
    """Take out of filters the names that nothing bears."""
    gone = {each.condition for each in unmet}
    return replace(
        filters,
        category=None if Condition.CATEGORY in gone else filters.category,
        author=None if Condition.AUTHOR in gone else filters.author,
    )


def respelled(question: str, unmet: Sequence[Unmet]) -> tuple[str, ...]:
    """The question with one of the nearest names in place of each that nothing bears, best first.

    A name that is like no other is left out.
    """
    most = max((len(each.nearest) for each in unmet), default=0)
    return tuple(
        filter_syntax.with_names(question, {each.value: _at(each.nearest, place) for each in unmet})
        for place in range(most)
    )


def _at(names: Sequence[str], place: int) -> str | None:
    """The name at a place, else the first."""
    return names[place if place < len(names) else 0] if names else None


def missing_phrases(
    asked: Filters, given: Filters, snapshot: Snapshot, store: Store, names: Callable[[], Names]
) -> tuple[Unmet, ...]:
    """Phrases that were typed and keep anything from being found: those that nothing holds, else all.

    Args:
        asked: Filters of the question.
        given: Those of its caller, who means them as they are.
        snapshot: Of the index.
        store: Of the texts.
        names: Of categories and authors.
    """
    typed = [phrase for phrase in asked.phrases if phrase not in given.phrases]
    absent = [
        phrase
        for phrase in (typed if len(typed) > 1 else ())
        if not phrase_filter.articles_holding(snapshot, store, names, [phrase])
    ]
    return tuple(Unmet(Condition.PHRASE, phrase) for phrase in absent or typed)


def missing_quotes(
    parsed: Query, shown: Iterable[Chosen], snapshot: Snapshot, store: Store, names: Callable[[], Names]
) -> tuple[Unmet, ...]:
    """Stretches in 「」, 『』 or “” that no article holds as they stand. Most stand in what is shown."""
    if len(parsed.quoted) > MOST_QUOTES:
        return ()
    texts = [f"{each.title}\n{each.reading.folded.text}" for each in shown]
    return tuple(
        Unmet(Condition.PHRASE, phrase)
        for phrase in parsed.quoted
        if not any(phrase in text for text in texts)
        and not phrase_filter.articles_holding(snapshot, store, names, [phrase])
    )
