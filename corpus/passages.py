"""Paragraphs into passages, and texts into sentences."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from corpus.models import BlockKind, Paragraph, Span

TARGET: Final = 220
"""Characters at which a passage is closed."""

MOST: Final = 350
"""Characters that no passage exceeds."""

_CLOSERS: Final = "”’」』】》〉）)\\]\"'"
_END: Final = re.compile(
    rf"\n+|[。！？；…]+[{_CLOSERS}]*|[!?]+[{_CLOSERS}]*(?=\s|$|[^\x00-\x7f])|\.+[{_CLOSERS}]*(?=\s|$|[^\x00-\x7f])"
)
_ABBREVIATION: Final = re.compile(
    r"(?:^|[\s(\[\"'“‘（])(?:[A-Z]|[A-Za-z](?:\.[A-Za-z])+|Mr|Mrs|Ms|Dr|Prof|St|Sr|Jr|vs|etc|No|Nos|Vol|Fig|Eq|cf|al"
    r"|Inc|Ltd|Co|Corp|Gen|Sen|Rep|Gov|Lt|Col|Sgt|Capt|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec|approx|pp)$"
)
_CLAUSE_END: Final = re.compile(r"[，、：,:]|\s")


@dataclass(frozen=True, slots=True)
class Slice:
    """One passage to be: `paragraphs[start:end]`, or a part of the one paragraph there.

    Attributes:
        text: The paragraphs joined by newlines.
    """

    start: int
    end: int
    text: str


def sentences(text: str) -> tuple[Span, ...]:
    """Find the sentences of a text, in linear time.

    Spans are in order, do not overlap, have no blanks at their edges, and together cover every
    character that is not blank. Closing quotes and brackets stay with their sentence; a line break
    always ends one.

    >>> text = "“来了。”他说。明年GDP增3.5%！"
    >>> [text[start:end] for start, end in sentences(text)]
    ['“来了。”', '他说。', '明年GDP增3.5%！']
    """
    spans: list[Span] = []
    start = 0
    for match in _END.finditer(text):
        if text[match.start()] == "." and not _ends_sentence(text, start, match):
            continue
        _add(spans, text, start, match.end())
        start = match.end()
    _add(spans, text, start, len(text))
    return tuple(spans)


def _ends_sentence(text: str, start: int, match: re.Match[str]) -> bool:
    """Whether full stops end a sentence rather than an abbreviation or the number of an item."""
    if match.end() - match.start() > 1:
        return True
    before = text[max(start, match.start() - 12) : match.start()]
    if _ABBREVIATION.search(before):
        return False
    # "1. 第一" numbers an item.
    return not text[start : match.start()].strip().isdigit()


def _add(spans: list[Span], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    stripped = piece.strip()
    if stripped:
        start += len(piece) - len(piece.lstrip())
        spans.append((start, start + len(stripped)))


def split_passages(
    paragraphs: Sequence[Paragraph], *, target: int = TARGET, most: int = MOST
) -> tuple[Slice, ...]:
    """Join neighbouring paragraphs until a passage can stand alone; cut those that are too long.

    Every paragraph is in one slice, or in several that follow each other; no slice is empty, none
    is longer than `most`. A heading opens a slice and stays with what follows it.

    Args:
        paragraphs: Clean, in reading order.
        target: Length in characters at which a passage is closed.
        most: Length in characters that a passage never exceeds; at least `target`.
    """
    slices: list[Slice] = []
    start, texts, length = 0, list[str](), 0

    def close(end: int) -> None:
        nonlocal texts, length
        if texts:
            slices.append(Slice(start, end, "\n".join(texts)))
        texts, length = [], 0

    only_headings = True
    for number, paragraph in enumerate(paragraphs):
        heading = paragraph.kind is BlockKind.HEADING
        if texts and (length >= target or (heading and not only_headings)):
            close(number)
        if texts and length + 1 + len(paragraph.text) > most and not only_headings:
            close(number)
        pieces = list(_pieces(paragraph.text, most, room=most - length - 1 if texts else most))
        for position, piece in enumerate(pieces):
            if position:
                close(number + 1)
            elif texts and length + 1 + len(piece) > most:
                close(number)
            if not texts:
                start, only_headings = number, True
            texts.append(piece)
            length += len(piece) + (len(texts) > 1)
            only_headings = only_headings and heading
    close(len(paragraphs))
    return tuple(slices)


def _pieces(text: str, most: int, *, room: int) -> Iterator[str]:
    """Cut a text at sentence ends into pieces of at most `most` characters, the first of `room`."""
    if len(text) <= most:
        yield text
        return
    begin = end = 0
    for start, stop in _short_spans(text, most):
        if end > begin and stop - begin > room:
            yield text[begin:end]
            begin, room = start, most
        elif end == begin:
            begin = start
        end = stop
    if end > begin:
        yield text[begin:end]


def _short_spans(text: str, most: int) -> Iterator[Span]:
    """Sentences; one that is too long is cut at clauses, and without any wherever it must be."""
    for start, end in sentences(text):
        while end - start > most:
            cut = start
            for match in _CLAUSE_END.finditer(text, start + most // 2, start + most):
                cut = match.end()
            cut = cut if cut > start else start + most
            piece = text[start:cut].rstrip()
            yield start, start + len(piece)
            start = cut + (len(text[cut:end]) - len(text[cut:end].lstrip()))
        if end > start:
            yield start, end
