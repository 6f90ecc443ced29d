"""Standing queries: which of some new articles hold what was subscribed to, each story once.

Articles are read and folded once, however many queries are matched. A table of the characters and pairs of
characters in their texts gives the few that may hold a query's words; only those are looked at to the letter.
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
from corpus.retrieval.repeats import Bearers, Repeats
from corpus.store.store import Head, Store
from corpus.text import folding
from corpus.text.matching import occurs

MAX_CHUNK: Final = 500_000
"""Characters of the articles that are looked at together; one longer article is looked at alone."""

MAX_HELD: Final = 4_000_000
"""Characters that stay in memory for further queries; what is beyond is read again for each set of them."""

MAX_PARSED: Final = 4_096
"""Queries of which the parsed form is remembered."""

MAX_LISTS: Final = 8
"""Lists of articles that are cut with each other before texts are looked at: the shortest ones."""

MAX_RESULTS: Final = 64
"""Lists of articles of which it is remembered which are left: many chats subscribe to the same."""


def go_on() -> None:
    """Do not pause."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What an article must hold to match.

    Attributes:
        pieces: As `literal.pieces_of` gives them.
        filters: All of the query, those in its text included.
    """

    pieces: tuple[str, ...]
    filters: Filters


@lru_cache(maxsize=MAX_PARSED)
def standing(question: str, filters: Filters, today: date) -> Standing:
    """Parse a query."""
    parsed = parser.parse(question, filters=filters, today=today)
    return Standing(pieces_of(parsed), parsed.filters)


class Arrivals:
    """Some articles, to be matched with any number of queries.

    Args:
        ids: Of the articles, in order; those that are gone are left out.
        pause: Called every few milliseconds of work; may wait, or raise to end it.
    """

    def __init__(
        self, store: Store, ids: Sequence[str], checker: Checker, pause: Callable[[], None] = go_on
    ) -> None:
        self._store = store
        self._ids = tuple(dict.fromkeys(ids))
        self._places = {id_: place for place, id_ in enumerate(self._ids)}
        self._checker = checker
        self._pause = pause
        self._held: list[_Chunk] = []
        self._heads: dict[int, Head] = {}
        self._told: dict[str, int | None] = {}
        self._repeats = Repeats(self._text, pause)
        self._all: Bearers | None = None
        self._untold: dict[tuple[tuple[int, ...], tuple[int, ...]], tuple[str, ...]] = {}

    def match(self, queries: Iterable[Standing]) -> dict[Standing, tuple[str, ...]]:
        """Return for each query the ids of all articles that hold its words and pass its filters."""
        found: dict[Standing, list[str]] = {wanted: [] for wanted in queries}
        if found:
            for chunk in self._chunks():
                for wanted, ids in found.items():
                    ids += chunk.matching(wanted, self._checker, self._pause)
        return {wanted: tuple(ids) for wanted, ids in found.items()}

    def untold(self, ids: Iterable[str], told: Iterable[str] = ()) -> tuple[str, ...]:
        """Leave out of some of the articles those that tell a story again.

        Args:
            ids: Some of the articles, in order.
            told: Ids of any articles whose stories are known already.
        """
        wanted = tuple(ids)
        if not wanted:
            return ()
        if self._all is None:
            self._all = self._take_in()
        places = tuple(self._places[id_] for id_ in wanted)
        known = self._told_again(tuple(told), self._all)
        key = (places, known)
        if key not in self._untold:
            if len(self._untold) == MAX_RESULTS:
                self._untold.clear()
            self._untold[key] = tuple(self._ids[place] for place in self._repeats.first(places, known))
        return self._untold[key]

    def _take_in(self) -> Bearers:
        """Let all articles be compared; their places are as in `ids`."""
        # Anew, for an earlier attempt may have been ended in the middle.
        self._heads, self._repeats = {}, Repeats(self._text, self._pause)
        heads = self._store.heads_of(self._ids)
        gone = Head(0, "", "", None, "", None)
        return self._repeats.all_of(self._add(heads.get(id_, gone)) for id_ in self._ids)

    def _add(self, head: Head) -> int:
        self._pause()
        place = self._repeats.add(head)
        self._heads[place] = head
        return place

    def _told_again(self, told: Sequence[str], all_: Bearers) -> tuple[int, ...]:
        """Places of those articles whose story some of the new ones tell again."""
        missing = [id_ for id_ in told if id_ not in self._told]
        heads = self._store.heads_of(missing) if missing else {}
        for id_ in missing:
            place = self._add(heads[id_]) if id_ in heads else None
            if place is not None and not self._repeats.tells_again(place, all_):
                self._repeats.drop(place)
                del self._heads[place]
                place = None
            self._told[id_] = place
        places = (self._told[id_] for id_ in told)
        return tuple(place for place in places if place is not None)

    def _text(self, place: int) -> str:
        paragraphs, _ = self._store.body(self._heads[place].number)
        return "\n".join(paragraph.text for paragraph in paragraphs)

    def _chunks(self) -> Iterator["_Chunk"]:
        """All articles; the first ones stay in memory."""
        yield from self._held
        place = sum(chunk.asked for chunk in self._held)
        room = MAX_HELD - sum(chunk.characters for chunk in self._held)
        while place < len(self._ids):
            chunk = self._read(place)
            place += chunk.asked
            room -= chunk.characters
            if room >= 0:
                self._held.append(chunk)
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
    """Articles with their folded texts, and which of them hold which characters and pairs of characters.

    Attributes:
        asked: How many articles were read, those that are gone included.
        characters: Length of all texts.
    """

    def __init__(
        self, asked: int, articles: Sequence[Article], texts: Sequence[str], pause: Callable[[], None]
    ) -> None:
        self.asked = asked
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

    def matching(self, wanted: Standing, checker: Checker, pause: Callable[[], None]) -> list[str]:
        """Ids of the articles that match, in order."""
        found = []
        for place in self._candidates([*wanted.pieces, *wanted.filters.phrases]):
            pause()
            article, text = self._articles[place], self._texts[place]
            if all(occurs(piece, text) for piece in wanted.pieces) and checker.passes(
                article, text, wanted.filters
            ):
                found.append(article.id)
        return found

    def _candidates(self, pieces: Iterable[str]) -> Iterable[int]:
        """Places of the texts that may hold all of these, in order."""
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
        whole: Single characters as well; else only where the text is a single one.
    """
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32) & np.uint32(0xFFFF)
    pairs = points[:-1] << np.uint32(16) | points[1:]
    if whole:
        return np.concatenate([points, pairs])
    return points if len(points) == 1 else pairs
