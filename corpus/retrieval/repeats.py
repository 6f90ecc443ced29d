"""Repeats: which of many articles tell a story again, looked for among likely pairs only.

Two tellings have pairs of characters of their titles in common and mostly shingles of their texts
(`stories`). A table leads from each such mark to the first few articles that bear it; only those with
most marks in common are compared. So the work grows with the number of articles, not with its square.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import chain
from typing import Final

import numpy as np
from numpy.typing import NDArray

from corpus.retrieval.near_duplicates import SURELY_DIFFERENT, Telling, Title, others_words, texts_agree
from corpus.text.sketches import distinct_shingles, sample_size, sketch_values

MAX_BEARERS: Final = 16
"""Articles remembered for one mark: a mark that more of them bear tells no two apart."""

MAX_RANKED: Final = 64
"""Articles with most marks in common of which titles and outlets are compared."""

MAX_COMPARED: Final = 16
"""Articles of which texts are compared."""

MAX_TEXTS: Final = 1_000
"""Texts kept for further comparisons, 12 kB each."""

MAX_VERDICTS: Final = 50_000
"""Pairs of which it is remembered whether they tell the same story."""


class Repeats:
    """Articles by place, each known to tell a story that others may tell too.

    Args:
        load: Gives the text of one of them, by place.
        pause: Called for each article that is looked at; may wait, or raise to end the work.
    """

    def __init__(self, load: Callable[[int], str], pause: Callable[[], None]) -> None:
        self._pause = pause
        self._tellers: dict[int, Telling] = {}
        self._titles: dict[int, Title] = {}
        self._next = 0
        self._shingles = lru_cache(maxsize=MAX_TEXTS)(lambda place: distinct_shingles(load(place)))
        self._same = lru_cache(maxsize=MAX_VERDICTS)(self._judge)

    def add(self, teller: Telling) -> int:
        """Take in an article and return its place: 0, 1, 2 and so on."""
        place = self._next
        self._next += 1
        self._tellers[place], self._titles[place] = teller, Title.of(teller.title)
        return place

    def drop(self, place: int) -> None:
        """Let go of an article that stands in no table; its place is not given again."""
        del self._tellers[place], self._titles[place]

    def first(self, places: Iterable[int], told: Iterable[int] = ()) -> list[int]:
        """Keep those places whose story is told neither by one of `told` nor by one kept before."""
        bearers = Bearers()
        for place in told:
            bearers.add(place, self._marks(place))
        kept = []
        for place in places:
            self._pause()
            if not self.tells_again(place, bearers):
                bearers.add(place, self._marks(place))
                kept.append(place)
        return kept

    def all_of(self, places: Iterable[int]) -> "Bearers":
        """Return a table of some places, for `tells_again`."""
        bearers = Bearers()
        for place in places:
            bearers.add(place, self._marks(place))
        return bearers

    def tells_again(self, place: int, bearers: "Bearers") -> bool:
        """Whether one of the articles in a table tells the story of this one."""
        compared = 0
        for other in bearers.likely(self._marks(place)):
            overlap = self._titles[place].overlap(self._titles[other])
            if overlap is None or not (
                overlap.equal or others_words(self._tellers[place], self._tellers[other])
            ):
                continue
            if self._same(place, other):
                return True
            compared += 1
            if compared == MAX_COMPARED:
                return False
        return False

    def _marks(self, place: int) -> Iterator[int]:
        """What tellings have in common: pairs of the title, and values of the sketch, which are negative."""
        sketch = (~value for value in sketch_values(self._tellers[place].sketch))
        return chain(self._titles[place].pairs, sketch)

    def _judge(self, place: int, other: int) -> bool:
        overlap = self._titles[place].overlap(self._titles[other])
        one, two = self._shingles(place), self._shingles(other)
        if overlap is None or not len(one) or not len(two):
            return overlap is not None and overlap.equal and len(one) == len(two)
        return _touch(one, two) and texts_agree(self._tellers[place], one, self._tellers[other], two, overlap)


class Bearers:
    """Which places bear which marks: of each the first few."""

    def __init__(self) -> None:
        self._places: dict[int, list[int]] = {}

    def add(self, place: int, marks: Iterable[int]) -> None:
        """Note the marks of a place."""
        for mark in marks:
            places = self._places.setdefault(mark, [])
            if len(places) < MAX_BEARERS:
                places.append(place)

    def likely(self, marks: Iterable[int]) -> list[int]:
        """Return the places with most marks in common, best first, of equal ones the one noted first."""
        votes = Counter(chain.from_iterable(self._places.get(mark, ()) for mark in marks))
        return [place for place, _ in votes.most_common(MAX_RANKED)]


def _touch(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> bool:
    """Whether the samples of two texts have enough in common for all shingles to be compared."""
    mine, theirs = one[: sample_size(one)], other[: sample_size(other)]
    smaller = min(len(mine), len(theirs))
    return len(np.intersect1d(mine, theirs, assume_unique=True)) >= SURELY_DIFFERENT * smaller
