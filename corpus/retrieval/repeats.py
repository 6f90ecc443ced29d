"""Repeats: which of many articles tell a story again, at a cost that grows with their number only.

Two articles with the same story share character pairs of their titles and most shingles of their texts
(`near_duplicates`). A table lists for each such feature the first few articles that have it. Only articles
with most features in common are compared, so that the work does not grow with the square of their number.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import chain
from typing import Final

import numpy as np
from numpy.typing import NDArray

from corpus.retrieval.near_duplicates import DEFAULTS, Source, Title, may_differ_in_outlet, shingles_agree
from corpus.text.sketches import distinct_shingles, sample_size, sketch_values

MAX_OWNERS: Final = 16
"""Articles listed for one feature: a feature that more articles have tells no two apart."""

MAX_RANKED: Final = 64
"""Articles with most features in common whose titles and outlets are compared."""

MAX_COMPARED: Final = 16
"""Articles whose texts are compared."""

MAX_TEXTS: Final = 1_000
"""Texts kept for further comparisons, 12 kB each."""

MAX_VERDICTS: Final = 50_000
"""Pairs of articles for which the verdict is remembered."""


class Repeats:
    """Compares articles by place, each pair once.

    Args:
        load: Returns the text of an article, by place.
        pause: Called for each article that is checked; may wait, or raise to end the work.
    """

    def __init__(self, load: Callable[[int], str], pause: Callable[[], None]) -> None:
        self._pause = pause
        self._sources: dict[int, Source] = {}
        self._titles: dict[int, Title] = {}
        self._next = 0
        self._shingles = lru_cache(maxsize=MAX_TEXTS)(lambda place: distinct_shingles(load(place)))
        self._is_same_story = lru_cache(maxsize=MAX_VERDICTS)(self._compare)

    def add(self, source: Source) -> int:
        """Add an article and return its place: 0, 1, 2 and so on."""
        place = self._next
        self._next += 1
        self._sources[place], self._titles[place] = source, Title.from_text(source.title)
        return place

    def drop(self, place: int) -> None:
        """Forget an article that is in no table; its place is not given again."""
        del self._sources[place], self._titles[place]

    def without_repeats(self, places: Iterable[int], known: Iterable[int] = ()) -> list[int]:
        """Keep the places whose story neither a known article nor an earlier place tells."""
        table = self.table_of(known)
        kept = []
        for place in places:
            self._pause()
            if not self.is_repeat(place, table):
                table.add(place, self._features(place))
                kept.append(place)
        return kept

    def table_of(self, places: Iterable[int]) -> "FeatureTable":
        """Return a table of some places, for `is_repeat`."""
        table = FeatureTable()
        for place in places:
            table.add(place, self._features(place))
        return table

    def is_repeat(self, place: int, table: "FeatureTable") -> bool:
        """Tell whether an article of a table tells the story of this one."""
        compared = 0
        for other in table.most_similar(self._features(place)):
            if not self._is_candidate(place, other):
                continue
            if self._is_same_story(place, other):
                return True
            compared += 1
            if compared == MAX_COMPARED:
                return False
        return False

    def _is_candidate(self, place: int, other: int) -> bool:
        """Whether titles and outlets allow that two articles tell the same story."""
        overlap = self._titles[place].overlap(self._titles[other])
        return overlap is not None and (
            overlap.equal or may_differ_in_outlet(self._sources[place], self._sources[other])
        )

    def _features(self, place: int) -> Iterator[int]:
        """Character pairs of the title, and the values of the sketch as negative numbers."""
        sketch = (~value for value in sketch_values(self._sources[place].sketch))
        return chain(self._titles[place].pairs, sketch)

    def _compare(self, place: int, other: int) -> bool:
        """Whether two articles tell the same story; without text only the same title is the same story."""
        overlap = self._titles[place].overlap(self._titles[other])
        hashes, other_hashes = self._shingles(place), self._shingles(other)
        if overlap is None:
            return False
        if not len(hashes) or not len(other_hashes):
            return overlap.equal and len(hashes) == len(other_hashes)
        may_differ = may_differ_in_outlet(self._sources[place], self._sources[other])
        return _samples_touch(hashes, other_hashes) and shingles_agree(
            hashes, other_hashes, overlap, may_differ=may_differ
        )


class FeatureTable:
    """Places by feature: for each feature the first few places that have it."""

    def __init__(self) -> None:
        self._places: dict[int, list[int]] = {}

    def add(self, place: int, features: Iterable[int]) -> None:
        """List a place under its features."""
        for feature in features:
            places = self._places.setdefault(feature, [])
            if len(places) < MAX_OWNERS:
                places.append(place)

    def most_similar(self, features: Iterable[int]) -> list[int]:
        """Return the places with most features in common, best first; ties: the one added first."""
        votes = Counter(chain.from_iterable(self._places.get(feature, ()) for feature in features))
        return [place for place, _ in votes.most_common(MAX_RANKED)]


def _samples_touch(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> bool:
    """Whether the samples of two texts have enough in common for all shingles to be compared."""
    mine, theirs = one[: sample_size(one)], other[: sample_size(other)]
    smaller = min(len(mine), len(theirs))
    shared = len(np.intersect1d(mine, theirs, assume_unique=True))
    return shared >= DEFAULTS.min_shared_sample * smaller
