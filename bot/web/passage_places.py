"""Where the passages of an article stand in its paragraphs. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of one paragraph, `paragraphs[paragraph][start:end]`, in code points."""

    paragraph: int
    start: int
    end: int


def passage_places(paragraphs: Sequence[str], passages: Sequence[str]) -> tuple[tuple[Place, ...], ...]:
    r"""Find the stretches of each passage, in linear time.

    A passage is whole paragraphs joined by line breaks, or a part of one paragraph. Passages follow each
    other, with nothing but blanks between them.

    Returns:
        For each passage its stretches in reading order; () for one that is not found.

    >>> passage_places(["甲。", "乙。 丙。"], ["甲。\n乙。", "丙。"])[1]
    (Place(paragraph=1, start=3, end=5),)
    """
    found: list[tuple[Place, ...]] = []
    paragraph = start = 0
    for passage in passages:
        places, following = _places(paragraphs, passage, paragraph, start)
        found.append(tuple(places))
        if places:
            paragraph, start = following
    return tuple(found)


def _places(
    paragraphs: Sequence[str], passage: str, paragraph: int, start: int
) -> tuple[list[Place], tuple[int, int]]:
    """Find one passage from a position on; also return the position after it."""
    places: list[Place] = []
    done = 0
    while done < len(passage) and paragraph < len(paragraphs):
        text = paragraphs[paragraph]
        # Code keeps the blanks at the beginning of its lines; before a cut piece of prose they are left out.
        start = start if _agree(text, start, passage, done) else _skip_blanks(text, start)
        if start == len(text):
            paragraph, start = paragraph + 1, 0
            continue
        if not _agree(text, start, passage, done):
            return [], (paragraph, start)
        length = min(len(passage) - done, len(text) - start)
        places.append(Place(paragraph, start, start + length))
        done, start = done + length, start + length
        if start == len(text):
            paragraph, start = paragraph + 1, 0
        done += passage[done : done + 1] == "\n"
    return (places if done >= len(passage) else []), (paragraph, start)


def _agree(text: str, start: int, passage: str, done: int) -> bool:
    """Say whether text and passage go on alike, to the end of one of them."""
    length = min(len(passage) - done, len(text) - start)
    return length > 0 and text.startswith(passage[done : done + length], start)


def _skip_blanks(text: str, start: int) -> int:
    while start < len(text) and text[start].isspace():
        start += 1
    return start
