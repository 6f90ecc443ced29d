"""Query → found articles, ranked by their best passage, the same story once.

One question reads one snapshot of the index, so its statistics and scores belong together whatever a
writer does meanwhile. An article that left the store in between is passed over.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from corpus.errors import DamagedIndexError
from corpus.index.index import Restriction, Snapshot
from corpus.models import Filters
from corpus.question.query import Query
from corpus.retrieval import near_duplicates, phrase_filter
from corpus.retrieval.filters import checks_text, text_passes
from corpus.store.store import Head, Store
from corpus.text import folding, sketches

CANDIDATES: Final = 60
"""Articles looked at in one go: enough for folding the same story and for the first pages."""

CHECKED: Final = 400
"""Articles looked at in one go when phrases or excluded words must be checked in the text."""

QUOTED_LIFT: Final = 1.0
"""Added to the score, as a share of it, where title or passage hold a stretch that was put in quotes."""


class Found(NamedTuple):
    """An article that was found: a tuple, because sixty are made for each question.

    Attributes:
        number: Of its best passage.
        score: Of that passage, all terms counted.
        passages: Numbers of the passages that may be shown; None: any.
        same_story: Ids of articles folded into this one, best first.
    """

    head: Head
    number: int
    score: float
    passages: tuple[int, ...] | None = None
    same_story: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ranking:
    """Articles, best first, the same story folded.

    Attributes:
        more: There may be further ones.
    """

    found: tuple[Found, ...]
    more: bool


def search(
    snapshot: Snapshot, store: Store, query: Query, where: Restriction | None, *, wanted: int
) -> Ranking:
    """Find articles.

    A ranking for more hits begins with the ranking for fewer, so that pages fit together: only
    `same_story` may grow.

    Args:
        wanted: How many hits the caller will look at, from the first.

    Raises:
        DamagedIndexError: What was found is impossible.
    """
    where = phrase_filter.narrowed(snapshot, query.filters.phrases, where)
    block = CHECKED if checks_text(query.filters) else CANDIDATES
    limit = block * (1 + wanted * 3 // 2 // block)
    matches = snapshot.search(query.terms, limit=limit, where=where)
    heads = store.heads([match.article for match in matches])
    found = [
        Found(heads[match.article], match.number, match.score) for match in matches if match.article in heads
    ]
    if len(found) < len(matches) and max(match.article for match in matches) > store.last_number():
        raise DamagedIndexError("an article was found that there never was")
    if checks_text(query.filters):
        found = list(_passing(store, query.filters, found))
    if query.quoted:
        found[:block] = _lifted(store, query, found[:block])
    return Ranking(tuple(_fold(store, found, wanted)), len(matches) >= limit)


def _passing(store: Store, filters: Filters, found: Iterable[Found]) -> Iterable[Found]:
    """Those of which a passage passes the filters that have to be checked in the text."""
    listed = list(found)
    numbers = store.passage_numbers([entry.head.number for entry in listed])
    texts = store.passage_texts([number for group in numbers.values() for number in group])
    for entry in listed:
        title = folding.fold(entry.head.title)
        passing = tuple(
            number
            for number in numbers.get(entry.head.number, ())
            if number in texts and text_passes(f"{title}\n{folding.fold(texts[number])}", filters)
        )
        if passing:
            number = entry.number if entry.number in passing else passing[0]
            yield entry._replace(number=number, passages=passing)


def _lifted(store: Store, query: Query, found: Sequence[Found]) -> list[Found]:
    """Move articles up whose title or best passage hold what the question has in quotes."""
    texts = store.passage_texts([entry.number for entry in found])
    lifted = []
    for entry in found:
        title, passage = folding.fold(entry.head.title), folding.fold(texts.get(entry.number, ""))
        share = sum(phrase in title or phrase in passage for phrase in query.quoted) / len(query.quoted)
        if any(phrase in passage for phrase in query.quoted):
            entry = entry._replace(passages=(entry.number,))
        lifted.append(entry._replace(score=entry.score * (1 + QUOTED_LIFT * share)))
    return sorted(lifted, key=lambda entry: -entry.score)


def _fold(store: Store, found: Sequence[Found], wanted: int) -> Iterable[Found]:
    """Fold articles that tell the same story into the best of them."""
    numbers = [entry.head.number for entry in found]

    def load(places: Sequence[int]) -> Mapping[int, str]:
        texts = store.beginnings([numbers[place] for place in places], passages=sketches.BEGINNING_PASSAGES)
        return {place: texts.get(numbers[place], "") for place in places}

    for first, *others in near_duplicates.groups([entry.head for entry in found], load, wanted=wanted):
        ids = tuple(found[other].head.id for other in others)
        yield found[first]._replace(same_story=ids) if ids else found[first]
