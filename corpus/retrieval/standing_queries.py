"""Standing queries: which of some new articles match a subscription, each story once.

Articles are read and folded once for any number of queries. A table of the characters and character pairs in
their texts gives the few that may contain the words of a query; only those are searched.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from corpus.models import Article, Filters
from corpus.question import parser
from corpus.retrieval.filters import Checker
from corpus.retrieval.pieces import pieces_of
from corpus.retrieval.protocols import Articles
from corpus.retrieval.repeats import FeatureTable, Repeats
from corpus.store.store import ArticleHead
from corpus.text import folding
from corpus.text.matching import occurs

MAX_CHUNK: Final = 500_000
"""Characters of the articles that are searched together; a longer article is searched alone."""

MAX_CACHED: Final = 4_000_000
"""Characters that stay in memory for further queries; further articles are read for each set of queries."""

MAX_PARSED: Final = 4_096
"""Queries whose parsed form is remembered."""

MAX_LISTS: Final = 8
"""Lists of articles that are intersected before texts are searched: the shortest ones."""

MAX_RESULTS: Final = 64
"""Lists of articles for which the new stories are remembered: many chats subscribe to the same."""


def no_pause() -> None:
    """Do not pause."""


@dataclass(frozen=True, slots=True)
class StandingQuery:
    """What an article must contain to match.

    Attributes:
        pieces: Strings that must occur in it, as `pieces.pieces_of` returns them.
        filters: All filters of the query, those in its text included.
    """

    pieces: tuple[str, ...]
    filters: Filters


@lru_cache(maxsize=MAX_PARSED)
def parse_standing(question: str, filters: Filters, today: date) -> StandingQuery:
    """Parse a query that is matched with articles as they arrive."""
    parsed = parser.parse(question, filters=filters, today=today)
    return StandingQuery(pieces_of(parsed), parsed.filters)


class Arrivals:
    """New articles, to be matched with any number of queries.

    Args:
        store: Of the articles.
        ids: Ids of the articles, in order; those that left the store are passed over.
        checker: Checks filters.
        pause: Called every few milliseconds of work; may wait, or raise to end it.
    """

    def __init__(
        self, store: Articles, ids: Sequence[str], checker: Checker, pause: Callable[[], None] = no_pause
    ) -> None:
        self._store = store
        self._ids = tuple(dict.fromkeys(ids))
        self._places = {id_: place for place, id_ in enumerate(self._ids)}
        self._checker = checker
        self._pause = pause
        self._cached: list[_Chunk] = []
        self._heads: dict[int, ArticleHead] = {}
        self._known_places: dict[str, int | None] = {}
        self._repeats = Repeats(self._text, pause)
        self._table: FeatureTable | None = None
        self._results: dict[tuple[tuple[int, ...], tuple[int, ...]], tuple[str, ...]] = {}

    def match(self, queries: Iterable[StandingQuery]) -> dict[StandingQuery, tuple[str, ...]]:
        """Return for each query the ids of all articles that contain its words and pass its filters."""
        found: dict[StandingQuery, list[str]] = {query: [] for query in queries}
        if found:
            for chunk in self._chunks():
                for query, ids in found.items():
                    ids += chunk.matching(query, self._checker, self._pause)
        return {query: tuple(ids) for query, ids in found.items()}

    def without_repeats(self, ids: Iterable[str], known: Iterable[str] = ()) -> tuple[str, ...]:
        """Leave out the articles that tell a story again.

        Args:
            ids: Some of the articles, in order.
            known: Ids of any articles whose stories are known already.
        """
        wanted = tuple(ids)
        if not wanted:
            return ()
        if self._table is None:
            self._table = self._add_all()
        places = tuple(self._places[id_] for id_ in wanted)
        known_places = self._places_of_known(tuple(known), self._table)
        key = (places, known_places)
        if key not in self._results:
            if len(self._results) == MAX_RESULTS:
                self._results.clear()
            kept = self._repeats.without_repeats(places, known_places)
            self._results[key] = tuple(self._ids[place] for place in kept)
        return self._results[key]

    def _add_all(self) -> FeatureTable:
        """Add all articles to those that are compared; their places are as in `ids`."""
        # Start anew: `pause` may have ended an earlier attempt in the middle.
        self._heads, self._repeats = {}, Repeats(self._text, self._pause)
        heads = self._store.heads_by_id(self._ids)
        gone = ArticleHead(0, "", "", None, "", None)
        return self._repeats.table_of(self._add(heads.get(id_, gone)) for id_ in self._ids)

    def _add(self, head: ArticleHead) -> int:
        self._pause()
        place = self._repeats.add(head)
        self._heads[place] = head
        return place

    def _places_of_known(self, known: Sequence[str], table: FeatureTable) -> tuple[int, ...]:
        """Places of those known articles whose story some of the new ones tell again."""
        missing = [id_ for id_ in known if id_ not in self._known_places]
        heads = self._store.heads_by_id(missing) if missing else {}
        for id_ in missing:
            place = self._add(heads[id_]) if id_ in heads else None
            if place is not None and not self._repeats.is_repeat(place, table):
                self._repeats.drop(place)
                del self._heads[place]
                place = None
            self._known_places[id_] = place
        places = (self._known_places[id_] for id_ in known)
        return tuple(place for place in places if place is not None)

    def _text(self, place: int) -> str:
        paragraphs, _ = self._store.body(self._heads[place].number)
        return "\n".join(paragraph.text for paragraph in paragraphs)

    def _chunks(self) -> Iterator["_Chunk"]:
        """Yield all articles; the first ones stay in memory."""
        yield from self._cached
        place = sum(chunk.size for chunk in self._cached)
        remaining = MAX_CACHED - sum(chunk.characters for chunk in self._cached)
        while place < len(self._ids):
            chunk = self._read(place)
            place += chunk.size
            remaining -= chunk.characters
            if remaining >= 0:
                self._cached.append(chunk)
            yield chunk

    def _read(self, start: int) -> "_Chunk":
        articles, texts, characters, end = [], [], 0, start
        while end < len(self._ids) and characters < MAX_CHUNK:
            self._pause()
            found = self._store.article(self._ids[end])
            end += 1
            if found is None:
                continue
            number, article = found
            paragraphs, _ = self._store.body(number)
            text = folding.fold("\n".join([article.title, *(paragraph.text for paragraph in paragraphs)]))
            articles.append(article)
            texts.append(text)
            characters += len(text)
        return _Chunk(end - start, articles, texts, self._pause)


class _Chunk:
    """Articles with their folded texts, and a table of the characters and character pairs in them.

    Attributes:
        size: Number of articles that were asked for, those that left the store included.
        characters: Length of all texts.
    """

    def __init__(
        self, size: int, articles: Sequence[Article], texts: Sequence[str], pause: Callable[[], None]
    ) -> None:
        self.size = size
        self.characters = sum(map(len, texts))
        self._articles = articles
        self._texts = texts
        codes = [np.empty(0, np.uint32)]
        for text in texts:
            pause()
            codes.append(np.unique(_codes(text)))
        owners = np.repeat(np.arange(len(texts), dtype=np.int32), [len(each) for each in codes[1:]])
        every = np.concatenate(codes)
        order = every.argsort(kind="stable")
        self._codes, self._owners = every[order], owners[order]

    def matching(self, query: StandingQuery, checker: Checker, pause: Callable[[], None]) -> list[str]:
        """Ids of the articles that match, in order."""
        found = []
        for place in self._candidates([*query.pieces, *query.filters.phrases]):
            pause()
            article, text = self._articles[place], self._texts[place]
            if all(occurs(piece, text) for piece in query.pieces) and checker.passes(
                article, text, query.filters
            ):
                found.append(article.id)
        return found

    def _candidates(self, pieces: Iterable[str]) -> Iterable[int]:
        """Places of the texts that may contain all pieces, in order."""
        parts = [_codes(piece.removesuffix("y"), whole=False) for piece in pieces]
        codes = np.unique(np.concatenate(parts)) if parts else np.empty(0, np.uint32)
        if not len(codes):
            return range(len(self._texts))
        starts, ends = self._codes.searchsorted(codes), self._codes.searchsorted(codes, side="right")
        shortest = (ends - starts).argsort(kind="stable")[:MAX_LISTS].tolist()
        places = self._owners[starts[shortest[0]] : ends[shortest[0]]]
        for list_ in shortest[1:]:
            if not len(places):
                break
            other = self._owners[starts[list_] : ends[list_]]
            places = np.intersect1d(places, other, assume_unique=True)
        candidates: list[int] = places.tolist()
        return candidates


def _codes(text: str, *, whole: bool = True) -> NDArray[np.uint32]:
    """Pairs of neighbouring characters as numbers, each of 16 bits of a character.

    Args:
        text: The text.
        whole: Single characters as well; else only if the text is a single one.
    """
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32) & np.uint32(0xFFFF)
    pairs = points[:-1] << np.uint32(16) | points[1:]
    if whole:
        return np.concatenate([points, pairs])
    return points if len(points) == 1 else pairs
