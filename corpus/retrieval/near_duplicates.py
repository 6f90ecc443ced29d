"""The same story told several times: articles whose texts agree, folded into the best of them.

Most stretches of six characters must be in both, of the articles' beginnings as a whole: outlets cut
paragraphs differently and put advertisements first. What separates a story that was copied from things
that only share boilerplate is who published them: another outlet with the same text copied it, while
one outlet's posts with much the same text are a series, a shop's goods, episodes, weekly columns.
Measured on the pairs of real archives in docs/decisions/answers.md.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from corpus.models import Article
from corpus.text.sketches import Body, code_points, letters_of, plain_points

LONG_TEXT: Final = 100
"""Shingles from which on a text speaks for itself; of shorter ones the titles must agree."""

MOST_SHARED: Final = 0.5
"""Share of the shorter text's shingles that two tellings of a story have in common at least."""

TITLES_TOUCH: Final = 0.1
LEAST_SHARED_PAIRS: Final = 2
TITLES_AGREE: Final = 0.5
MOST_OF_TITLE: Final = 100
"""Share (or number) of the shorter title's pairs of characters that the other has, and how far titles go."""

NEARLY_EQUAL: Final = 0.8
"""Common share of both texts from which on one outlet's two posts with one title are a repeat."""

SURELY_DIFFERENT: Final = 0.25
"""Common share of the samples below which nothing more is compared: half of what a story shares."""

SPEAKING: Final = 8
"""Shingles that the smaller of two sketches must have to tell two texts apart. Of tellings that share half of
their shingles at most one pair in 50 is parted, of those that share 0.7 one in 2,000, 0.8 one in 50,000."""

SPARE: Final = 5
"""Articles more than wanted that are compared at once: so many copies are seldom among the first."""
_POINT_BITS: Final = np.uint64(16)


class Telling(Protocol):
    """What is known of an article without its text: a `Teller`, or a head that the store has loaded."""

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
        """Of its text (`sketch_of`), None where it is not known."""
        ...


@dataclass(frozen=True, slots=True)
class Teller:
    """What is known of an article in hand; see `Telling`."""

    title: str
    outlet: str
    sketch: bytes | None = None

    @classmethod
    def of(cls, article: Article) -> "Teller":
        """Take the outlet from author or categories."""
        return cls(article.title, article.author or "/".join(article.categories))


def groups(
    tellers: Sequence[Telling], load: Callable[[Sequence[int]], Mapping[int, str]], *, wanted: int
) -> list[list[int]]:
    """Part articles into stories.

    Args:
        tellers: Articles, best first.
        load: Texts of some of them, by place.
        wanted: Only so many stories are put together; what follows them is left apart, unless it tells
            one of those. So the first stories are the same however many are wanted.

    Returns:
        For each story the places of its articles, growing; stories in the order of their first.
    """
    titles = _Titles([teller.title for teller in tellers])
    sketches = _Sketches([teller.sketch for teller in tellers])
    bodies: dict[int, Body] = {}
    heads = list(range(len(tellers)))
    compared = 0
    while compared < len(tellers) and _stories(heads[:compared]) < wanted:
        start, compared = compared, min(len(tellers), compared + wanted + SPARE)
        pairs = [
            (first, other)
            for first, other in titles.touching(start, compared)
            if (others_words(tellers[first], tellers[other]) or titles.equal(first, other))
            and not sketches.tell_apart(first, other)
        ]
        missing = sorted({place for pair in pairs for place in pair} - bodies.keys())
        texts = load(missing) if missing else {}
        bodies |= {place: Body.of(texts.get(place, "")) for place in missing}
        for first, other in pairs:
            if heads[first] == first and heads[other] == other:
                one, two = tellers[first], tellers[other]
                if _same(one, bodies[first], two, bodies[other], titles.overlap(first, other)):
                    heads[other] = first
    found: dict[int, list[int]] = {}
    for place, head in enumerate(heads):
        found.setdefault(head, []).append(place)
    return list(found.values())


def _stories(heads: Sequence[int]) -> int:
    return sum(place == head for place, head in enumerate(heads))


def same_story(one: Telling, body: "Body", other: Telling, other_body: "Body") -> bool:
    """Judge two articles by outlet, title and text."""
    titles = _Titles([one.title, other.title])
    overlap = titles.overlap(0, 1) if list(titles.touching(0, 1)) else Overlap(0.0, equal=False)
    return _same(one, body, other, other_body, overlap)


@dataclass(frozen=True, slots=True)
class Title:
    """A title as it is compared with one other.

    Attributes:
        plain: Folded letters and digits of its beginning, as bytes.
        pairs: Distinct pairs of neighbouring characters; of a single character the character.
        size: Number of pairs, repeated ones included.
    """

    plain: bytes
    pairs: frozenset[int]
    size: int

    @classmethod
    def of(cls, title: str) -> "Title":
        """Take a title apart."""
        plain = letters_of(title[:MOST_OF_TITLE])
        pairs = plain if len(plain) == 1 else plain[:-1] << _POINT_BITS | plain[1:]
        return cls(plain.tobytes(), frozenset(pairs.tolist()), len(pairs))

    def overlap(self, other: "Title") -> "Overlap | None":
        """How far two titles agree; None: too little for a story told twice. As `_Titles` has it."""
        shared = len(self.pairs & other.pairs)
        share = shared / max(1, min(self.size, other.size))
        if not (shared >= LEAST_SHARED_PAIRS and share > TITLES_TOUCH) and share <= TITLES_AGREE:
            return None
        return Overlap(share, equal=self.plain == other.plain)


@dataclass(frozen=True, slots=True)
class Overlap:
    """How far two titles agree.

    Attributes:
        share: Of the shorter one's pairs of characters, those in the other.
        equal: They have the same letters and digits.
    """

    share: float
    equal: bool


class _Titles:
    """Titles, compared all with all at once."""

    def __init__(self, titles: Sequence[str]) -> None:
        clipped = [title[:MOST_OF_TITLE] for title in titles]
        count = len(clipped)
        points = plain_points()[code_points("".join(clipped))]
        kept = points > 0
        rows = np.repeat(np.arange(count), [len(title) for title in clipped])[kept]
        lengths = np.bincount(rows, minlength=count)
        self._plain = points[kept]
        self._ends: list[int] = lengths.cumsum().tolist()
        inside = rows[:-1] == rows[1:]
        alone = lengths[rows] == 1  # a single character counts as a pair
        pairs = self._plain[:-1] << _POINT_BITS | self._plain[1:]
        every = np.concatenate([pairs[inside], self._plain[alone]])
        owners = np.concatenate([rows[:-1][inside], rows[alone]])
        self._sizes = np.maximum(1, np.bincount(owners, minlength=count))
        self._holds = _holds(every, owners, count)
        self._shares = np.zeros((count, count))  # rows of those that were compared

    def touching(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Pairs, the smaller place first and in that range, alike enough for a story told twice."""
        shared = self._holds[start:end] @ self._holds.T
        shares = self._shares[start:end]
        shares[:] = shared / np.minimum(self._sizes[start:end, None], self._sizes)
        alike = (shared >= LEAST_SHARED_PAIRS) & (shares > TITLES_TOUCH) | (shares > TITLES_AGREE)
        firsts, others = alike.nonzero()
        firsts += start
        later = firsts < others
        yield from zip(firsts[later].tolist(), others[later].tolist(), strict=True)

    def overlap(self, one: int, other: int) -> Overlap:
        """How far two of them agree, the first of them in a range that `touching` was asked about."""
        return Overlap(float(self._shares[one, other]), self.equal(one, other))

    def equal(self, one: int, other: int) -> bool:
        """Whether two of them have the same letters and digits."""
        return bool(np.array_equal(self._plain_of(one), self._plain_of(other)))

    def _plain_of(self, place: int) -> NDArray[np.uint64]:
        return self._plain[self._ends[place - 1] if place else 0 : self._ends[place]]


def _holds(values: NDArray[np.uint64], owners: NDArray[np.int64], count: int) -> NDArray[np.float32]:
    """For all of `count` owners (rows) which of the values that are there twice they have: 1 or 0."""
    order = values.argsort(kind="stable")  # five times as quick on some processors (docs/decisions/index.md)
    values, owners = values[order], owners[order]
    repeated = values[:-1] == values[1:]
    first = np.concatenate([[True], ~repeated])[: len(values)]
    common = ~first
    common[:-1] |= repeated
    columns = first[common].cumsum()
    holds = np.zeros((count, int(columns[-1]) if len(columns) else 0), np.float32)
    holds[owners[common], columns - 1] = 1
    return holds


class _Sketches(dict[int, frozenset[int]]):
    """Sketches by place, each unpacked when it is first compared."""

    def __init__(self, packed: Sequence[bytes | None]) -> None:
        super().__init__()
        self._packed = packed

    def tell_apart(self, one: int, other: int) -> bool:
        """Whether two texts surely do not tell the same story, by what is known without reading them."""
        mine, theirs = self[one], self[other]
        smaller = min(len(mine), len(theirs))
        return smaller >= SPEAKING and len(mine & theirs) + 1 < SURELY_DIFFERENT * smaller

    def __missing__(self, place: int) -> frozenset[int]:
        unpacked = self[place] = frozenset(memoryview(self._packed[place] or b"").cast("H").tolist())
        return unpacked


def others_words(one: Telling, other: Telling) -> bool:
    """Whether two articles may come from two outlets; one outlet repeats itself only under one title."""
    return not one.outlet or one.outlet != other.outlet


def _same(one: Telling, body: Body, other: Telling, other_body: Body, titles: Overlap) -> bool:
    if not len(body.hashes) or not len(other_body.hashes):
        return len(body.hashes) == len(other_body.hashes) and titles.equal
    smaller = min(len(body.sample), len(other_body.sample))
    if len(body.sample & other_body.sample) < SURELY_DIFFERENT * smaller:
        return False
    return texts_agree(one, np.unique(body.hashes), other, np.unique(other_body.hashes), titles)


def texts_agree(
    one: Telling,
    hashes: NDArray[np.uint64],
    other: Telling,
    other_hashes: NDArray[np.uint64],
    titles: Overlap,
) -> bool:
    """Judge two articles by all shingles of their texts, distinct and sorted; neither text is empty."""
    shared = len(np.intersect1d(hashes, other_hashes, assume_unique=True))
    if not others_words(one, other):
        return titles.equal and shared > NEARLY_EQUAL * (len(hashes) + len(other_hashes) - shared)
    shorter = min(len(hashes), len(other_hashes))
    needed = TITLES_TOUCH if shorter >= LONG_TEXT else TITLES_AGREE
    return shared > MOST_SHARED * shorter and titles.share > needed
