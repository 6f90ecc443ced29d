"""Marks of a paragraph: collected while its pieces of text come in, and placed in its cleaned text.

A place is first counted in pieces, so that collecting costs nothing for each piece, then in code points of
the joined text, last in those of the cleaned text. However many marks a post has, at most `MAX_MARKS` stay.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from operator import itemgetter
from typing import Final

from corpus.models import Mark, MarkKind
from corpus.text.characters import places_in_clean_line

MAX_MARKS: Final = 5_000
"""Most marks of a post; the others are dropped, and their text stays. A real post has at most 278."""

MAX_OPEN: Final = 16
"""Marks that may be open at once; what is nested deeper is not marked."""

RawMark = tuple[int, int, MarkKind, str | None, str]
"""Start, end, kind, target and description of a mark whose places are not yet those of the cleaned text."""

KINDS: Final[Mapping[str, MarkKind]] = {
    "a": MarkKind.LINK,
    **dict.fromkeys(("b", "strong"), MarkKind.STRONG),
    **dict.fromkeys(("em", "i", "dfn", "var"), MarkKind.EMPHASIS),
    **dict.fromkeys(("code", "kbd", "samp", "tt"), MarkKind.CODE),
    **dict.fromkeys(("del", "s", "strike"), MarkKind.DELETED),
}
"""Kinds by tag. Raised and lowered text is marked only when its end has shown how it is written."""

_PLACES: Final = itemgetter(0, 1)


class MarkCollector:
    """Collects the marks of the text between two block breaks. Places count its pieces of text."""

    def __init__(self) -> None:
        self._open: list[tuple[int, MarkKind, str | None] | None] = []
        self._done: list[RawMark] = []
        self._apart: list[RawMark] = []
        self._left = MAX_MARKS

    def __bool__(self) -> bool:
        """Whether there may be marks in the text."""
        return bool(self._done or self._open or self._apart)

    def open(self, kind: MarkKind, place: int, target: str | None = None) -> None:
        """A mark begins."""
        self._open.append((place, kind, target) if len(self._open) < MAX_OPEN else None)

    def close(self, place: int) -> None:
        """The mark that was opened last ends."""
        if (opened := self._open.pop()) is not None:
            start, kind, target = opened
            self.add(kind, start, place, target)

    def add(self, kind: MarkKind, start: int, end: int, target: str | None = None) -> None:
        """Add a mark that has ended."""
        if start < end and self._left > 0:
            self._left -= 1
            self._done.append((start, end, kind, target, ""))

    def add_image(self, place: int, target: str, alt: str) -> None:
        """Add a picture."""
        if self._left > 0:
            self._left -= 1
            self._done.append((place, place, MarkKind.IMAGE, target, alt))

    def join(self, first: int) -> None:
        """The pieces of text from `first` on have become one."""
        last = first + 1
        self._open = [opened and (min(opened[0], last), *opened[1:]) for opened in self._open]
        for number in range(len(self._done) - 1, -1, -1):
            start, end, kind, target, alt = self._done[number]
            if end <= first:
                break
            start = last if kind is MarkKind.IMAGE else min(start, first)
            self._done[number] = (start, min(end, last), kind, target, alt)

    def finish(self, pieces: Sequence[str]) -> list[RawMark]:
        """End the text. Open marks go on in the next one.

        Returns:
            The marks in code points of the joined pieces; outer ones before inner ones, pictures last.
        """
        for number in range(len(self._open) - 1, -1, -1):
            if (opened := self._open[number]) is not None:
                start, kind, target = opened
                self.add(kind, start, len(pieces), target)
                self._open[number] = (0, kind, target)
        if not self._done:
            return []
        offsets = [0, *accumulate(map(len, pieces))]
        found: list[RawMark] = []
        images: list[RawMark] = []
        for start, end, kind, target, alt in self._done:
            kept = images if kind is MarkKind.IMAGE else found
            kept.append((offsets[start], offsets[end], kind, target, alt))
        self._done.clear()
        found.reverse()
        return found + images

    def set_apart(self) -> None:
        """A block ends or begins before any text: the pictures so far stand in none."""
        if self._done:
            self._apart += (mark for mark in self._done if mark[2] is MarkKind.IMAGE)
            self._done.clear()

    def take_apart(self) -> list[Mark]:
        """Take the pictures that stand in no block; they are at place 0."""
        images = [Mark(0, 0, *mark[2:]) for mark in self._apart]
        self._apart.clear()
        return images

    def put_back(self, found: Iterable[RawMark]) -> None:
        """Let the pictures among marks stand before the next text."""
        images = (mark for mark in found if mark[2] is MarkKind.IMAGE)
        self._done[:0] = [(0, 0, kind, target, alt) for _, _, kind, target, alt in images]


def placed(found: Sequence[RawMark], raw: str, text: str) -> list[Mark]:
    """Place marks of a raw text in what `clean_line` made of it; blanks at their edges are left out."""
    wanted = sorted({place for mark in found for place in _PLACES(mark)})
    if text == raw.strip():
        lead, most = len(raw) - len(raw.lstrip()), len(text)
        places = [min(max(place - lead, 0), most) for place in wanted]
    else:
        places = places_in_clean_line(raw, text, wanted)
    place = dict(zip(wanted, places, strict=True))
    marks = []
    for mark in found:
        start, end = place[mark[0]], place[mark[1]]
        while start < end and text[start] == " ":
            start += 1
        while start < end and text[end - 1] == " ":
            end -= 1
        marks.append(Mark(start, end, *mark[2:]))
    return _in_order(marks)


def _in_order(found: Iterable[Mark]) -> list[Mark]:
    """Marks by start; of those that begin at one place the longest first. Each once, and none empty."""
    kept = [mark for mark in found if mark.end > mark.start or mark.kind is MarkKind.IMAGE]
    if len(kept) > 1:
        kept.sort(key=lambda mark: (mark.start, -mark.end))
        kept = list(dict.fromkeys(kept))
    return kept


def images_of(found: Iterable[Mark]) -> list[Mark]:
    """The pictures among marks."""
    return [mark for mark in found if mark.kind is MarkKind.IMAGE]


def at_place(images: Iterable[Mark], place: int) -> list[Mark]:
    """Pictures moved to another place."""
    return [Mark(place, place, image.kind, image.target, image.alt) for image in images]


def shifted(found: Iterable[Mark], by: int) -> Iterator[Mark]:
    """Marks of a text that now stands `by` code points further behind."""
    return (Mark(mark.start + by, mark.end + by, mark.kind, mark.target, mark.alt) for mark in found)


def rebased(found: Sequence[Mark], before: str, after: str) -> tuple[Mark, ...]:
    """Marks of a text that was changed in the middle; those inside what was changed go, save pictures."""
    if not found or before == after:
        return tuple(found)
    most = min(len(before), len(after))
    head = next((place for place in range(most) if before[place] != after[place]), most)
    rest = most - head
    tail = next((back for back in range(rest) if before[-1 - back] != after[-1 - back]), rest)

    def moved(place: int) -> int:
        if place <= head:
            return place
        return max(head, place + len(after) - len(before)) if place >= len(before) - tail else head

    return tuple(
        _in_order(
            Mark(moved(mark.start), moved(mark.end), mark.kind, mark.target, mark.alt) for mark in found
        )
    )
