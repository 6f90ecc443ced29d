"""How many articles the categories and authors of one state of the archive have."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from corpus.store.store import Store

CategoryRow = tuple[int, str, tuple[str, ...], int]
"""Number, id, path, and how many articles are exactly there."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts of one state; counting anew takes as long as the archive is large.

    Attributes:
        mark: `mark_of` the store in that state.
        categories: The nodes that hold articles.
        by_author: Number of articles by the number of their author.
    """

    mark: tuple[int, ...]
    categories: tuple[CategoryRow, ...]
    by_author: Mapping[int, int]

    @classmethod
    def from_store(cls, store: "Store") -> Self:
        """Count."""
        mark = mark_of(store)  # first: what comes in meanwhile is counted again next time
        by_name = dict(store.author_counts())
        numbers = store.author_rows()
        by_author = {number: by_name[name] for number, name in numbers if name in by_name}
        return cls(mark, tuple(store.category_rows()), by_author)

    def of_authors(self, numbers: Iterable[int]) -> int:
        """Return how many articles some authors have."""
        return sum(self.by_author.get(number, 0) for number in numbers)


def mark_of(store: "Store") -> tuple[int, ...]:
    """Return numbers that change with every change of an archive, and with every new database."""
    return (store.identity, *store.contents_mark())
