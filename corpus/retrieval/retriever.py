"""`Query` → candidates: articles, ranked by their best passage, each story once.

One question reads one snapshot of the index, so its statistics and scores belong together whatever a
writer does meanwhile. An article that left the store in between is passed over.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from corpus.errors import DamagedIndexError
from corpus.models import Filters
from corpus.question.query import Query
from corpus.retrieval import near_duplicates, phrase_filter
from corpus.retrieval.archive import Archive
from corpus.retrieval.filters import checks_text, restriction, text_passes
from corpus.retrieval.parameters import DuplicateParameters, RetrievalParameters
from corpus.retrieval.protocols import Articles
from corpus.store.store import ArticleHead
from corpus.text import folding, sketches

DEFAULTS: Final = RetrievalParameters()

PassageKey = tuple[int, int]
"""Numbers of an article and of its passage: what tells candidates apart, whatever their scores."""


class Candidate(NamedTuple):
    """An article that was found: a tuple, because sixty are made for each question.

    Attributes:
        passage: Number of its best passage.
        score: BM25F score of that passage, all terms counted.
        allowed: Numbers of the passages that may be shown; None: any.
        same_story: Ids of articles collapsed into this one, best first.
    """

    head: ArticleHead
    passage: int
    score: float
    allowed: tuple[int, ...] | None = None
    same_story: tuple[str, ...] = ()

    @property
    def key(self) -> PassageKey:
        """See `PassageKey`."""
        return self.head.number, self.passage


@dataclass(frozen=True, slots=True)
class Ranking:
    """Candidates, best first.

    Attributes:
        truncated: Whether there may be further ones.
    """

    candidates: tuple[Candidate, ...]
    truncated: bool


def retrieve(
    archive: Archive,
    query: Query,
    *,
    depth: int,
    added: Sequence[int] = (),
    parameters: RetrievalParameters = DEFAULTS,
) -> Ranking:
    """Find the articles that match a query and pass its filters.

    A deeper ranking begins with the shallower one, so that pages fit together: only `same_story` may grow.

    Args:
        archive: To search in.
        query: With its filters.
        depth: How many candidates the caller will look at, from the first.
        added: Numbers of articles that are candidates whatever their words, with a score of 0. They pass the
            filters that the index checks.
        parameters: Of this stage.

    Raises:
        DamagedIndexError: The index found an article that never existed.
    """
    filters, store = query.filters, archive.store
    where = restriction(filters, archive)
    block = parameters.checked_block if checks_text(filters) else parameters.block
    limit = block * (1 + depth * 3 // 2 // block)
    matches = archive.snapshot.search(
        query.terms, limit=limit, where=where, together=phrase_filter.terms_of_phrases(filters.phrases)
    )
    heads = store.heads([match.article for match in matches])
    candidates = [
        Candidate(heads[match.article], match.number, match.score)
        for match in matches
        if match.article in heads
    ]
    if len(candidates) < len(matches) and max(match.article for match in matches) > store.last_number():
        raise DamagedIndexError("an article was found that there never was")
    if added:
        candidates += _without_score(store, added, candidates)
    if checks_text(filters):
        candidates = list(_passing(store, filters, candidates))
    if query.quoted:
        candidates[:block] = boost_quotations(
            store, query.quoted, candidates[:block], lift=parameters.quotation_lift
        )
    if parameters.collapses_duplicates:
        candidates = list(
            collapse_duplicates(store, candidates, wanted=depth, parameters=parameters.duplicates)
        )
    return Ranking(tuple(candidates), truncated=len(matches) >= limit)


def _without_score(store: Articles, numbers: Sequence[int], found: Sequence[Candidate]) -> list[Candidate]:
    """Articles as candidates with a score of 0, without those that were found."""
    known = {candidate.head.number for candidate in found}
    new = [number for number in numbers if number not in known]
    heads, passages = store.heads(new), store.passage_numbers(new)
    return [
        Candidate(heads[number], passages[number][0], 0.0)
        for number in new
        if number in heads and number in passages
    ]


def _passing(store: Articles, filters: Filters, candidates: Sequence[Candidate]) -> Iterator[Candidate]:
    """Candidates with a passage that passes the filters that are checked in the text."""
    numbers = store.passage_numbers([candidate.head.number for candidate in candidates])
    texts = store.passage_texts([number for group in numbers.values() for number in group])
    for candidate in candidates:
        title = folding.fold(candidate.head.title)
        passing = tuple(
            number
            for number in numbers.get(candidate.head.number, ())
            if number in texts and text_passes(f"{title}\n{folding.fold(texts[number])}", filters)
        )
        if passing:
            passage = candidate.passage if candidate.passage in passing else passing[0]
            yield candidate._replace(passage=passage, allowed=passing)


def boost_quotations(
    store: Articles, quoted: Sequence[str], candidates: Sequence[Candidate], *, lift: float
) -> list[Candidate]:
    """Raise the scores of articles whose title or best passage contains quotations of the question.

    Args:
        store: Of the texts.
        quoted: The quotations, folded.
        candidates: In any order.
        lift: Added to the score, as a share of it, if all quotations are there.

    Returns:
        The candidates by their new scores, best first. Where the best passage contains a quotation, no other
        passage of the article may be shown.
    """
    texts = store.passage_texts([candidate.passage for candidate in candidates])
    boosted = []
    for candidate in candidates:
        title = folding.fold(candidate.head.title)
        passage = folding.fold(texts.get(candidate.passage, ""))
        share = sum(phrase in title or phrase in passage for phrase in quoted) / len(quoted)
        in_passage = any(phrase in passage for phrase in quoted)
        boosted.append(
            candidate._replace(
                score=candidate.score * (1 + lift * share),
                allowed=(candidate.passage,) if in_passage else candidate.allowed,
            )
        )
    return sorted(boosted, key=lambda candidate: -candidate.score)


def collapse_duplicates(
    store: Articles, candidates: Sequence[Candidate], *, wanted: int, parameters: DuplicateParameters
) -> Iterable[Candidate]:
    """Collapse articles that tell the same story into the best of them."""
    numbers = [candidate.head.number for candidate in candidates]

    def load(places: Sequence[int]) -> Mapping[int, str]:
        texts = store.beginnings([numbers[place] for place in places], passages=sketches.OPENING_PASSAGES)
        return {place: texts.get(numbers[place], "") for place in places}

    sources = [candidate.head for candidate in candidates]
    for first, *others in near_duplicates.group_stories(sources, load, wanted=wanted, parameters=parameters):
        ids = tuple(candidates[other].head.id for other in others)
        yield candidates[first]._replace(same_story=ids) if ids else candidates[first]
