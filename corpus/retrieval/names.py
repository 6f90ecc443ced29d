"""Names of categories and authors: which ones a filter means, and which ones resemble a mistyped name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from corpus.index.labels import author_label, category_label
from corpus.retrieval.protocols import Articles
from corpus.text import folding
from corpus.text.pinyin import sounds_alike

MIN_LIKENESS: Final = 0.6
"""Share of the characters of two names that occur in both, in order, from which on the names are alike."""

MIN_LIKENESS_WITH_PAIR: Final = 0.5
"""The same where two of these characters stand together, as 晚报 does in 晚报社 and 澜川晚报."""

MIN_LATIN_LIKENESS: Final = 0.75
"""The same for Latin letters, of which there are few."""

LIKENESS_OF_PART: Final = 0.9
"""Likeness of a name to one that it contains."""


@dataclass(frozen=True, slots=True)
class Names:
    """Categories and authors of the store by folded name (`name_key`).

    Attributes:
        categories: Path and number of each node of the category tree.
        authors: Name and number of each author.
        written: For each folded name the name as it is written.
    """

    categories: tuple[tuple[tuple[str, ...], int], ...]
    authors: tuple[tuple[str, int], ...]
    written: Mapping[str, str]

    @classmethod
    def from_store(cls, store: Articles) -> "Names":
        """Read all names from the store."""
        rows, authors = store.category_rows(), store.author_rows()
        names = [*(name for _, name in authors), *(name for _, _, path, _ in rows for name in path)]
        return cls(
            categories=tuple((tuple(map(name_key, path)), number) for number, _, path, _ in rows),
            authors=tuple((name_key(name), number) for number, name in authors),
            written={name_key(name): name for name in names},
        )

    def labels_of_category(self, name: str) -> frozenset[int]:
        """Labels of articles that a filter by category passes; those of an outlet if no category matches."""
        labels = frozenset(map(category_label, self.category_numbers(name)))
        return labels or frozenset(map(author_label, self.author_numbers(name)))

    def labels_of_author(self, name: str) -> frozenset[int]:
        """Labels of articles that a filter by author passes. Outlets are categories as well."""
        return frozenset(map(author_label, self.author_numbers(name))) | frozenset(
            map(category_label, self.category_numbers(name))
        )

    def nearest(self, name: str) -> tuple[str, ...]:
        """Return the names that resemble an unknown one, best first, as they are written."""
        key = name_key(name.rpartition("/")[2])
        likeness = {known: _likeness(key, known) for known in self.written}
        near = sorted((known for known in likeness if likeness[known]), key=lambda known: -likeness[known])
        return tuple(self.written[known] for known in near)

    def category_numbers(self, name: str) -> frozenset[int]:
        """Numbers of all nodes at and below the nodes of a name.

        A node matches if it has the name, or ends the chain that the name spells; only if there is none,
        nodes whose names contain it match.
        """
        whole = name_key(name)
        if not whole:
            return frozenset()
        chain = tuple(name_key(part) for part in name.split("/"))
        exact = frozenset(
            number for path, number in self.categories if _contains(path, chain) or _contains(path, (whole,))
        )
        return exact or frozenset(
            number for path, number in self.categories if any(whole in part for part in path)
        )

    def numbers_of(self, path: Sequence[str]) -> frozenset[int]:
        """Numbers of the nodes of a chain of categories; the names are compared folded."""
        keys = tuple(map(name_key, path))
        return frozenset(number for known, number in self.categories if known == keys)

    def is_category(self, name: str) -> bool:
        """Tell whether a category has exactly this name."""
        key = name_key(name)
        return any(key in path for path, _ in self.categories)

    def is_author(self, name: str) -> bool:
        """Tell whether an author has exactly this name."""
        key = name_key(name)
        return any(author == key for author, _ in self.authors)

    def author_numbers(self, name: str) -> frozenset[int]:
        """Numbers of the authors of a name; only if there is none, of those whose names contain it."""
        key = name_key(name)
        exact = frozenset(number for author, number in self.authors if author == key)
        return exact or frozenset(number for author, number in self.authors if key and key in author)


def name_key(name: str) -> str:
    """Fold a name and remove its blanks, for comparison: people write DT财经 for DT 财经."""
    return "".join(folding.fold(name).split())


def _likeness(name: str, known: str) -> float:
    """How likely a folded name stands for a known one, 0 to 1."""
    if not name or not known:
        return 0.0
    if sounds_alike(name, known):
        return 1.0
    if len(known) > 1 and known in name:
        return LIKENESS_OF_PART
    least, least_with_pair = MIN_LIKENESS, MIN_LIKENESS_WITH_PAIR
    if known.isascii():
        least = least_with_pair = MIN_LATIN_LIKENESS
    matcher = SequenceMatcher(None, name, known, autojunk=False)
    # Upper bounds of the ratio that are much quicker.
    if matcher.real_quick_ratio() < least_with_pair or matcher.quick_ratio() < least_with_pair:
        return 0.0
    share = matcher.ratio()
    has_pair = matcher.find_longest_match().size > 1
    return share if share >= least or (has_pair and share >= least_with_pair) else 0.0


def _contains(path: tuple[str, ...], chain: tuple[str, ...]) -> bool:
    return any(path[start : start + len(chain)] == chain for start in range(len(path)))
