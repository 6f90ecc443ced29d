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
    rf"\n+|[。！？；…]+[{_CLOSERS}]*"
    rf"|(?:(?<![!?])[!?]+|(?<!\.)\.+)[{_CLOSERS}]*(?=\s|$|[^\x00-\x7f])"
)
_ABBREVIATION: Final = re.compile(
    r"(?:^|[\s(\[\"'“‘（])(?:[A-Z]|[A-Za-z](?:\.[A-Za-z])+|Mr|Mrs|Ms|Dr|Prof|St|Sr|Jr|vs|etc|No|Nos|Vol|Fig|Eq|cf|al"
    r"|Inc|Ltd|Co|Corp|Gen|Sen|Rep|Gov|Lt|Col|Sgt|Capt|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec|approx|pp)$"
)
_LEAST_BEFORE_DOTS: Final = 8
_NOT_BLANK: Final = re.compile(r"\S")
_CLAUSE_END: Final = re.compile(r"[，、：,:]|\s")
_PAIRS: Final = (("《", "》"), ("「", "」"), ("『", "』"), ("“", "”"), ("（", "）"))
Pairs = Sequence[tuple[str, str]]
_DOUBTFUL: Final = ".…"
"""What a mark begins with that may not end a sentence though nothing is quoted."""

_QUOTATION: Final = 60
"""Characters before and after a mark in which a quotation around it must begin and end."""


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
    pairs = [pair for pair in _PAIRS if pair[0] in text]
    start = 0
    for match in _END.finditer(text):
        doubtful = pairs or match[0][0] in _DOUBTFUL
        if doubtful and not _ends_sentence(text, start, match, pairs):
            continue
        _add(spans, text, start, match.end())
        start = match.end()
    _add(spans, text, start, len(text))
    return tuple(spans)


def _ends_sentence(text: str, start: int, match: re.Match[str], pairs: Pairs) -> bool:
    """Whether a mark ends a sentence, not part of a quotation, an abbreviation, an item's number, a pause."""
    if pairs and _is_quoted(text, start, match, pairs):
        return False
    mark = match[0]
    if mark[0] == "…":
        return match.start() - start >= _LEAST_BEFORE_DOTS
    if mark[0] != "." or mark[:2] == "..":
        return True
    before = text[max(start, match.start() - 12) : match.start()]
    if _ABBREVIATION.search(before):
        return False
    # "1. 第一" numbers an item.
    return not text[start : match.start()].strip().isdigit()


def _is_quoted(text: str, start: int, match: re.Match[str], pairs: Pairs) -> bool:
    """Whether a mark stands within a pair that opens in this sentence and closes soon, in the same line."""
    if match[0][0] == "\n" or match[0][-1] in _CLOSERS:
        return False
    first, last = max(start, match.start() - _QUOTATION), match.end() + _QUOTATION
    for opening, closing in pairs:
        opened = text.rfind(opening, first, match.start())
        if opened >= 0 and text.find(closing, opened, match.start()) < 0:
            closed = text.find(closing, match.end(), last)
            return closed >= 0 and "\n" not in text[match.end() : closed]
    return False


def _add(spans: list[Span], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    stripped = piece.strip()
    if stripped:
        start += piece.index(stripped[0])
        spans.append((start, start + len(stripped)))


def split_passages(
    paragraphs: Sequence[Paragraph], *, target: int = TARGET, most: int = MOST
) -> tuple[Slice, ...]:
    """Join neighbouring paragraphs until a passage can stand alone; cut those that are too long.

    Every paragraph is in one slice, or in several that follow each other; no slice is empty, none
    is longer than `most`. A heading opens a slice and stays with what follows it, unless what
    stands before it is too short for a slice of its own.

    Args:
        paragraphs: Clean, in reading order.
        target: Length in characters at which a passage is closed.
        most: Length in characters that a passage never exceeds; at least 2.
    """
    splitter = _Splitter(target=min(target, most), most=most)
    for number, paragraph in enumerate(paragraphs):
        splitter.add(number, paragraph)
    return splitter.finish()


class _Splitter:
    """Gathers paragraphs and closes a slice whenever one is long enough."""

    def __init__(self, *, target: int, most: int) -> None:
        self._target = target
        self._most = most
        self._short = target // 3
        self._slices: list[Slice] = []
        self._start = self._end = 0
        self._texts: list[str] = []
        self._length = 0
        self._headings_only = True

    def add(self, number: int, paragraph: Paragraph) -> None:
        heading = paragraph.kind is BlockKind.HEADING
        if self._length >= self._target or (
            heading and not self._headings_only and self._length > self._short
        ):
            self._close()
        room = self._most - self._length - (1 if self._texts else 0)
        if len(paragraph.text) > room and not self._may_be_cut(paragraph.text):
            self._close()
            room = self._most
        for position, piece in enumerate(_pieces(paragraph.text, self._most, room=room)):
            if position or self._length + len(piece) >= self._most:
                self._close()
            self._append(number, piece, heading=heading)

    def finish(self) -> tuple[Slice, ...]:
        self._close()
        return tuple(self._slices)

    def _may_be_cut(self, text: str) -> bool:
        """Whether a long paragraph should fill up the slice in hand: a heading, or next to nothing."""
        return self._headings_only or (self._length <= self._short and len(text) > self._most)

    def _append(self, number: int, piece: str, *, heading: bool) -> None:
        if not self._texts:
            self._start, self._headings_only = number, True
        self._length += len(piece) + (1 if self._texts else 0)
        self._texts.append(piece)
        self._end = number + 1
        self._headings_only = self._headings_only and heading

    def _close(self) -> None:
        if not self._texts:
            return
        piece = Slice(self._start, self._end, "\n".join(self._texts))
        last = self._slices[-1] if self._slices else None
        if (
            last is not None
            and last.end == piece.start
            and not self._headings_only
            and len(piece.text) <= self._short
            and len(last.text) + 1 + len(piece.text) <= self._most
        ):
            # Too little to stand alone: it ends the slice before.
            self._slices[-1] = Slice(last.start, piece.end, f"{last.text}\n{piece.text}")
        else:
            self._slices.append(piece)
        self._texts, self._length, self._headings_only = [], 0, True


def _pieces(text: str, most: int, *, room: int) -> Iterator[str]:
    """Cut at sentence ends into pieces of about equal length, none above `most`, the first within `room`."""
    if len(text) <= min(most, room):
        yield text
        return
    goal = len(text) / -(-len(text) // most)
    begin = end = 0
    for start, stop in _short_spans(text, most):
        if end > begin and (stop - begin > room or end - begin >= goal):
            yield text[begin:end]
            begin, room = start, most
        elif end == begin:
            begin = start
        end = stop
    if end > begin:
        yield text[begin:end]


def _short_spans(text: str, most: int) -> Iterator[Span]:
    """Sentences; one that is too long is cut at clauses, and without any wherever it must be."""
    for first, end in sentences(text):
        start = first
        while end - start > most:
            cut = start
            for match in _CLAUSE_END.finditer(text, start + most // 2, start + most):
                cut = match.end()
            cut = cut if cut > start else start + most
            yield start, start + len(text[start:cut].rstrip())
            following = _NOT_BLANK.search(text, cut, end)
            start = following.start() if following else end
        if end > start:
            yield start, end
