"""Near-duplicates: articles that tell the same story, recognised by titles and shingles.

Most shingles (stretches of six characters) must be in both beginnings as a whole: outlets cut paragraphs
differently and put advertisements first. A copied story is told from shared boilerplate by who published
it: another outlet with the same text copied it, while posts of one outlet with much the same text are a
series, a shop's goods, episodes, weekly columns. docs/decisions/0020-near-duplicates.md has the figures.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from corpus.models import Article
from corpus.retrieval.parameters import DuplicateParameters
from corpus.text.sketches import Shingles, code_points, folded_letters, letters_of, sketch_values

DEFAULTS: Final = DuplicateParameters()

_POINT_BITS: Final = np.uint64(16)


class Source(Protocol):
    """What is known of an article without its text: an `ArticleSource`, or a head loaded from the store."""

    @property
    def title(self) -> str:
        """As published."""
        ...

    @property
    def outlet(self) -> str:
        """Author, else chain of categories; empty when there is neither."""
        ...

    @property
    def sketch(self) -> bytes | None:
        """Of the text (`sketch_of`), None where it is not known."""
        ...


@dataclass(frozen=True, slots=True)
class ArticleSource:
    """A `Source` made of an article."""

    title: str
    outlet: str
    sketch: bytes | None = None

    @classmethod
    def from_article(cls, article: Article) -> "ArticleSource":
        """Take the outlet from author or categories."""
        return cls(article.title, article.author or "/".join(article.categories))


def group_stories(
    sources: Sequence[Source],
    load: Callable[[Sequence[int]], Mapping[int, str]],
    *,
    wanted: int,
    parameters: DuplicateParameters = DEFAULTS,
) -> list[list[int]]:
    """Group articles by story.

    Args:
        sources: Articles, best first.
        load: Returns texts of some of them, by place.
        wanted: Number of stories to complete. Comparison stops then; later articles only join stories found
            already. A greater number leaves these stories as they are.
        parameters: When two articles are the same story.

    Returns:
        For each story the places of its articles, growing; stories in the order of their first article.
    """
    comparison = _Comparison(sources, load, parameters)
    stories = _Stories(len(sources))
    compared = 0
    while compared < len(sources) and stories.count(compared) < wanted:
        start = compared
        compared = min(len(sources), start + wanted + parameters.spare_sources)
        pairs = comparison.candidate_pairs(start, compared)
        comparison.load_texts(pairs)
        for first, other in pairs:
            if stories.are_apart(first, other) and comparison.is_same_story(first, other):
                stories.add(other, first)
    return stories.groups()


class _Stories:
    """Articles by story. A story is named by the place of its first article."""

    def __init__(self, count: int) -> None:
        self._firsts = list(range(count))

    def count(self, end: int) -> int:
        """Number of stories among the articles before a place."""
        return sum(first == place for place, first in enumerate(self._firsts[:end]))

    def are_apart(self, one: int, other: int) -> bool:
        """Whether both articles are the first of a story: an article that was added takes part no more."""
        return self._firsts[one] == one and self._firsts[other] == other

    def add(self, place: int, first: int) -> None:
        """Add an article to the story of another."""
        self._firsts[place] = first

    def groups(self) -> list[list[int]]:
        """Places of the articles of each story, growing."""
        groups: dict[int, list[int]] = {}
        for place, first in enumerate(self._firsts):
            groups.setdefault(first, []).append(place)
        return list(groups.values())


class _Comparison:
    """Compares articles, cheap signs first: titles, outlets, sketches; then texts, each loaded once."""

    def __init__(
        self,
        sources: Sequence[Source],
        load: Callable[[Sequence[int]], Mapping[int, str]],
        parameters: DuplicateParameters,
    ) -> None:
        self._sources = sources
        self._load = load
        self._parameters = parameters
        self._titles = _Titles([source.title for source in sources], parameters)
        self._sketches = _Sketches([source.sketch for source in sources], parameters)
        self._bodies: dict[int, Shingles] = {}

    def candidate_pairs(self, start: int, end: int) -> list[tuple[int, int]]:
        """Pairs that may be the same story, as far as is known without the texts.

        The smaller place comes first and lies in the range.
        """
        return [
            (first, other)
            for first, other in self._titles.similar_pairs(start, end)
            if (
                may_differ_in_outlet(self._sources[first], self._sources[other])
                or self._titles.equal(first, other)
            )
            and not self._sketches.surely_differ(first, other)
        ]

    def load_texts(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Load the texts of pairs that have not been loaded."""
        missing = sorted({place for pair in pairs for place in pair} - self._bodies.keys())
        texts = self._load(missing) if missing else {}
        for place in missing:
            self._bodies[place] = Shingles.from_text(texts.get(place, ""))

    def is_same_story(self, first: int, other: int) -> bool:
        """Judge a candidate pair whose texts are loaded."""
        return _bodies_agree(
            self._bodies[first],
            self._bodies[other],
            self._titles.overlap(first, other),
            may_differ=may_differ_in_outlet(self._sources[first], self._sources[other]),
            parameters=self._parameters,
        )


def same_story(
    one: Source,
    body: Shingles,
    other: Source,
    other_body: Shingles,
    *,
    parameters: DuplicateParameters = DEFAULTS,
) -> bool:
    """Tell whether two articles are the same story, by outlet, title and text: the whole comparison."""
    titles = _Titles([one.title, other.title], parameters)
    are_similar = bool(list(titles.similar_pairs(0, 1)))
    overlap = titles.overlap(0, 1) if are_similar else Overlap(0.0, equal=False)
    return _bodies_agree(
        body, other_body, overlap, may_differ=may_differ_in_outlet(one, other), parameters=parameters
    )


def may_differ_in_outlet(one: Source, other: Source) -> bool:
    """Whether two articles may come from two outlets. One outlet repeats itself only under one title."""
    return not one.outlet or one.outlet != other.outlet


@dataclass(frozen=True, slots=True)
class Overlap:
    """How far two titles agree.

    Attributes:
        share: Share of the shorter one's pairs of characters that the other has.
        equal: Whether they have the same letters and digits.
    """

    share: float
    equal: bool


@dataclass(frozen=True, slots=True)
class Title:
    """A title, taken apart for comparison with single other ones; `_Titles` compares many at once.

    Attributes:
        letters: Folded letters and digits of its beginning, as bytes.
        pairs: Distinct pairs of neighbouring characters; of a single character the character.
        size: Number of pairs, repeated ones included.
    """

    letters: bytes
    pairs: frozenset[int]
    size: int

    @classmethod
    def from_text(cls, title: str, parameters: DuplicateParameters = DEFAULTS) -> "Title":
        """Take a title apart."""
        letters = letters_of(title[: parameters.max_title_chars])
        pairs = letters if len(letters) == 1 else letters[:-1] << _POINT_BITS | letters[1:]
        return cls(letters.tobytes(), frozenset(pairs.tolist()), len(pairs))

    def overlap(self, other: "Title", parameters: DuplicateParameters = DEFAULTS) -> Overlap | None:
        """How far two titles agree; None if they agree too little for one story."""
        shared = len(self.pairs & other.pairs)
        share = shared / max(1, min(self.size, other.size))
        overlap = shared >= parameters.min_title_pairs and share > parameters.min_title_overlap
        if not overlap and share <= parameters.min_title_agreement:
            return None
        return Overlap(share, equal=self.letters == other.letters)


def _bodies_agree(
    body: Shingles,
    other_body: Shingles,
    titles: Overlap,
    *,
    may_differ: bool,
    parameters: DuplicateParameters,
) -> bool:
    """Compare two texts, samples first. Without text only the same title is the same story."""
    if not len(body.hashes) or not len(other_body.hashes):
        return len(body.hashes) == len(other_body.hashes) and titles.equal
    if _samples_differ(body, other_body, parameters):
        return False
    hashes, other_hashes = np.unique(body.hashes), np.unique(other_body.hashes)
    return shingles_agree(hashes, other_hashes, titles, may_differ=may_differ, parameters=parameters)


def shingles_agree(
    hashes: NDArray[np.uint64],
    other_hashes: NDArray[np.uint64],
    titles: Overlap,
    *,
    may_differ: bool,
    parameters: DuplicateParameters = DEFAULTS,
) -> bool:
    """Compare all shingles of two texts: the last step of a comparison.

    Args:
        hashes: Of one text, sorted, each once; at least one.
        other_hashes: Of the other text, likewise.
        titles: How far the titles agree.
        may_differ: Whether they may come from two outlets (`may_differ_in_outlet`).
        parameters: When two articles are the same story.
    """
    shared = len(np.intersect1d(hashes, other_hashes, assume_unique=True))
    if not may_differ:
        in_either = len(hashes) + len(other_hashes) - shared
        return titles.equal and shared > parameters.min_shared_same_outlet * in_either
    shorter = min(len(hashes), len(other_hashes))
    is_long = shorter >= parameters.min_long_shingles
    needed = parameters.min_title_overlap if is_long else parameters.min_title_agreement
    return shared > parameters.min_shared * shorter and titles.share > needed


def _samples_differ(body: Shingles, other_body: Shingles, parameters: DuplicateParameters) -> bool:
    """Whether the samples of two texts have so little in common that nothing more need be compared."""
    smaller = min(len(body.sample), len(other_body.sample))
    return len(body.sample & other_body.sample) < parameters.min_shared_sample * smaller


class _Titles:
    """Titles, compared all with all at once by their pairs of characters.

    Only letters and digits count, folded. The single character of a title with just one counts as a pair.
    """

    def __init__(self, titles: Sequence[str], parameters: DuplicateParameters) -> None:
        self._parameters = parameters
        clipped = [title[: parameters.max_title_chars] for title in titles]
        count = len(clipped)
        points = folded_letters()[code_points("".join(clipped))]
        kept = points > 0
        rows = np.repeat(np.arange(count), [len(title) for title in clipped])[kept]
        lengths = np.bincount(rows, minlength=count)
        self._plain = points[kept]
        self._ends: list[int] = lengths.cumsum().tolist()
        is_inside = rows[:-1] == rows[1:]
        is_alone = lengths[rows] == 1
        pairs = self._plain[:-1] << _POINT_BITS | self._plain[1:]
        every = np.concatenate([pairs[is_inside], self._plain[is_alone]])
        owners = np.concatenate([rows[:-1][is_inside], rows[is_alone]])
        self._sizes = np.maximum(1, np.bincount(owners, minlength=count))
        self._incidence = _incidence(every, owners, count)
        self._shares = np.zeros((count, count))  # rows are filled by `similar_pairs`

    def similar_pairs(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Pairs of titles similar enough for one story; the smaller place comes first, in the range."""
        shared = self._incidence[start:end] @ self._incidence.T
        shares = self._shares[start:end]
        shares[:] = shared / np.minimum(self._sizes[start:end, None], self._sizes)
        overlap = (shared >= self._parameters.min_title_pairs) & (shares > self._parameters.min_title_overlap)
        firsts, others = (overlap | (shares > self._parameters.min_title_agreement)).nonzero()
        firsts += start
        later = firsts < others
        yield from zip(firsts[later].tolist(), others[later].tolist(), strict=True)

    def overlap(self, one: int, other: int) -> Overlap:
        """How far two titles agree; the first must lie in a range that `similar_pairs` was asked about."""
        return Overlap(float(self._shares[one, other]), self.equal(one, other))

    def equal(self, one: int, other: int) -> bool:
        """Whether two titles have the same letters and digits."""
        return bool(np.array_equal(self._plain_of(one), self._plain_of(other)))

    def _plain_of(self, place: int) -> NDArray[np.uint64]:
        return self._plain[self._ends[place - 1] if place else 0 : self._ends[place]]


def _incidence(values: NDArray[np.uint64], owners: NDArray[np.int64], count: int) -> NDArray[np.float32]:
    """Matrix of which owners (rows, `count`) have which values (columns): 1 or 0.

    Values that occur only once are left out: nobody shares them.
    """
    # A stable sort is five times as quick on some processors (docs/decisions/0003-own-index.md).
    order = values.argsort(kind="stable")
    values, owners = values[order], owners[order]
    equals_next = values[:-1] == values[1:]
    is_first = np.concatenate([[True], ~equals_next])[: len(values)]
    is_repeated = ~is_first
    is_repeated[:-1] |= equals_next
    columns = is_first[is_repeated].cumsum()
    incidence = np.zeros((count, int(columns[-1]) if len(columns) else 0), np.float32)
    incidence[owners[is_repeated], columns - 1] = 1
    return incidence


class _Sketches(dict[int, frozenset[int]]):
    """Sketches by place, each unpacked when it is first compared."""

    def __init__(self, packed: Sequence[bytes | None], parameters: DuplicateParameters) -> None:
        super().__init__()
        self._packed = packed
        self._parameters = parameters

    def surely_differ(self, one: int, other: int) -> bool:
        """Whether two texts surely are not the same story, by what is known without reading them."""
        mine, theirs = self[one], self[other]
        smaller = min(len(mine), len(theirs))
        if smaller < self._parameters.min_sketch_shingles:
            return False
        return len(mine & theirs) + 1 < self._parameters.min_shared_sample * smaller

    def __missing__(self, place: int) -> frozenset[int]:
        unpacked = self[place] = frozenset(sketch_values(self._packed[place]))
        return unpacked
