"""Filters of a question → what the index can check, and what has to be checked in the text."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from difflib import SequenceMatcher
from typing import Final
from zoneinfo import ZoneInfo

from corpus.index.index import Restriction
from corpus.index.labels import author_label, category_label
from corpus.models import Article, Filters
from corpus.store.store import Store
from corpus.text import folding
from corpus.text.pinyin import sounds_alike

LIKE: Final = 0.6
ALIKE: Final = 0.5
"""Shares of the characters of two names that must be in both, in order, for one to be taken for the other:
the lower one where two of them stand together, as 晚报 does in 晚报社 and 澜川晚报."""

LATIN_LIKE: Final = 0.75
"""The same of Latin letters, of which there are few."""


@dataclass(frozen=True, slots=True)
class Names:
    """Numbers of categories and authors by folded name, as the store has them now.

    Attributes:
        written: Each folded name as it is written.
    """

    categories: tuple[tuple[tuple[str, ...], int], ...]
    authors: tuple[tuple[str, int], ...]
    written: Mapping[str, str]

    @classmethod
    def of(cls, store: Store) -> "Names":
        """Read them from the store."""
        rows, authors = store.category_rows(), store.author_rows()
        names = [*(name for _, name in authors), *(name for _, _, path, _ in rows for name in path)]
        return cls(
            tuple((tuple(map(name_key, path)), number) for number, _, path, _ in rows),
            tuple((name_key(name), number) for number, name in authors),
            {name_key(name): name for name in names},
        )

    def labels_of_category(self, name: str) -> frozenset[int]:
        """Labels of what a filter by category lets pass; an outlet where no category is called so."""
        labels = frozenset(map(category_label, self.category_numbers(name)))
        return labels or frozenset(map(author_label, self.author_numbers(name)))

    def labels_of_author(self, name: str) -> frozenset[int]:
        """Labels of what a filter by author lets pass: outlets are categories as well."""
        return frozenset(map(author_label, self.author_numbers(name))) | frozenset(
            map(category_label, self.category_numbers(name))
        )

    def nearest(self, name: str) -> tuple[str, ...]:
        """Names that may have been meant by one that nothing bears, best first, as they are written."""
        key = name_key(name.rpartition("/")[2])
        likeness = {known: _likeness(key, known) for known in self.written}
        near = sorted((known for known in likeness if likeness[known]), key=lambda known: -likeness[known])
        return tuple(self.written[known] for known in near)

    def category_numbers(self, name: str) -> frozenset[int]:
        """Numbers of all nodes at and below the nodes that are called so; exact names before parts."""
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
        """Numbers of the nodes with a chain of categories, names compared folded."""
        keys = tuple(map(name_key, path))
        return frozenset(number for known, number in self.categories if known == keys)

    def is_category(self, name: str) -> bool:
        """Tell whether a node is called just so."""
        key = name_key(name)
        return any(key in path for path, _ in self.categories)

    def is_author(self, name: str) -> bool:
        """Tell whether an author is called just so."""
        key = name_key(name)
        return any(author == key for author, _ in self.authors)

    def author_numbers(self, name: str) -> frozenset[int]:
        """Numbers of the authors called so, else of those whose name contains it."""
        key = name_key(name)
        exact = frozenset(number for author, number in self.authors if author == key)
        return exact or frozenset(number for author, number in self.authors if key and key in author)


def name_key(name: str) -> str:
    """Fold a name and take its blanks out, for comparing: people write DT财经 for DT 财经."""
    return "".join(folding.fold(name).split())


def _likeness(name: str, known: str) -> float:
    """How likely somebody meant a name, 0 to 1; both are folded."""
    if not name or not known:
        return 0.0
    if sounds_alike(name, known):
        return 1.0
    if len(known) > 1 and known in name:
        return 0.9
    like, alike = (LATIN_LIKE, LATIN_LIKE) if known.isascii() else (LIKE, ALIKE)
    matcher = SequenceMatcher(None, name, known, autojunk=False)
    if matcher.real_quick_ratio() < alike or matcher.quick_ratio() < alike:  # much quicker
        return 0.0
    share = matcher.ratio()
    together = matcher.find_longest_match().size > 1
    return share if share >= like or (together and share >= alike) else 0.0


def _contains(path: tuple[str, ...], chain: tuple[str, ...]) -> bool:
    return any(path[start : start + len(chain)] == chain for start in range(len(path)))


NOWHERE: Final = Restriction(articles=frozenset())


def restriction(
    filters: Filters, names: Callable[[], Names], zone: ZoneInfo, article: int | None
) -> Restriction | None:
    """Translate filters into what the index can check; None: everything passes.

    Args:
        names: Looks them up, where a filter names one.
        article: Number of `filters.article`, None when it names no article.
    """
    if filters.article is not None and article is None:
        return NOWHERE
    labels: list[frozenset[int]] = []
    if filters.category is not None:
        labels.append(names().labels_of_category(filters.category))
    if filters.author is not None:
        labels.append(names().labels_of_author(filters.author))
    if not all(labels):
        return NOWHERE
    since = None if filters.since is None else _second(datetime.combine(filters.since, time(), zone))
    until = None
    if filters.until is not None:
        try:
            until = _second(datetime.combine(filters.until + timedelta(days=1), time(), zone))
        except OverflowError:  # the last day of the calendar
            until = None
    articles = None if article is None else frozenset({article})
    wanted = Restriction(since, until, tuple(labels), articles)
    return None if wanted == Restriction() else wanted


def _second(moment: datetime) -> int:
    try:
        return max(0, int(moment.timestamp()))
    except (OverflowError, OSError):  # the first years of the calendar
        return 0


def checks_text(filters: Filters) -> bool:
    """Tell whether a filter has to be checked in the text."""
    return bool(filters.phrases or filters.excluded)


def text_passes(folded: str, filters: Filters) -> bool:
    """Tell whether a folded title with its passage holds all phrases and nothing excluded."""
    return all(phrase in folded for phrase in filters.phrases) and not any(
        word in folded for word in filters.excluded
    )


class Checker:
    """Filters checked on whole articles; names are looked up once, however many articles there are."""

    def __init__(self, names: Names, zone: ZoneInfo) -> None:
        self._names = names
        self._zone = zone
        self._wanted: dict[str, frozenset[int]] = {}
        self._nodes: dict[tuple[str, ...], frozenset[int]] = {}
        self._keys: dict[str, str] = {}

    def passes(self, article: Article, folded: str, filters: Filters) -> bool:
        """Tell whether an article passes filters.

        Args:
            folded: Its title and text.
        """
        if not text_passes(folded, filters):
            return False
        if filters.category is not None and not self._is_of(article, filters.category):
            return False
        if filters.author is not None and not (
            self._key(filters.author) in self._key(article.author or "")
            or self._is_below(article, filters.author)
        ):
            return False
        if filters.since is None and filters.until is None:
            return True
        day = None if article.published is None else article.published.astimezone(self._zone).date()
        return (
            day is not None
            and (filters.since is None or day >= filters.since)
            and (filters.until is None or day <= filters.until)
        )

    def _is_of(self, article: Article, category: str) -> bool:
        """Whether an article passes a filter by category, as `Names.labels_of_category` has it."""
        if self._numbers(category):
            return self._is_below(article, category)
        return self._key(category) in self._key(article.author or "")

    def _is_below(self, article: Article, name: str) -> bool:
        """Whether an article is in a category at or below one that is called so."""
        nodes = self._nodes.get(article.categories)
        if nodes is None:
            nodes = self._nodes[article.categories] = self._names.numbers_of(article.categories)
        return not nodes.isdisjoint(self._numbers(name))

    def _numbers(self, name: str) -> frozenset[int]:
        numbers = self._wanted.get(name)
        if numbers is None:
            numbers = self._wanted[name] = self._names.category_numbers(name)
        return numbers

    def _key(self, name: str) -> str:
        key = self._keys.get(name)
        if key is None:
            key = self._keys[name] = name_key(name)
        return key
