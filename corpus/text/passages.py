"""Segmentation of articles: paragraphs → passages, texts → sentences."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from corpus.models import BlockKind, Paragraph, Span
from corpus.text.outline import headings_above, is_list_head, is_question

TARGET_CHARS: Final = 220
"""Length in characters at which a passage is closed."""

MAX_CHARS: Final = 350
"""Length in characters that no passage exceeds."""

_CLOSERS: Final = "”’」』】》〉）)\\]\"'"
_END: Final = re.compile(
    rf"\n+|[。！？；…]+[{_CLOSERS}]*"
    rf"|(?:(?<![!?])[!?]+|(?<!\.)\.+)[{_CLOSERS}]*(?=\s|$|[^\x00-\x7f])"
)
_ABBREVIATION: Final = re.compile(
    r"(?:^|[\s(\[\"'“‘（])(?:[A-Z]|[A-Za-z](?:\.[A-Za-z])+|Mr|Mrs|Ms|Dr|Prof|St|Sr|Jr|vs|etc|No|Nos|Vol|Fig|Eq|cf|al"
    r"|Inc|Ltd|Co|Corp|Gen|Sen|Rep|Gov|Lt|Col|Sgt|Capt|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec|approx|pp)$"
)
_MIN_CHARS_BEFORE_ELLIPSIS: Final = 8
_NOT_BLANK: Final = re.compile(r"\S")
_CLAUSE_END: Final = re.compile(r"[，、：,:]|\s")
_BRACKETS: Final = (("《", "》"), ("「", "」"), ("『", "』"), ("“", "”"), ("（", "）"))
BracketPairs = Sequence[tuple[str, str]]
_AMBIGUOUS_ENDS: Final = ".…"
"""First characters of marks that do not always end a sentence, even outside of quotations."""

_MAX_QUOTATION_CHARS: Final = 60
"""Within how many characters before and behind a mark a quotation around it must begin and end."""


@dataclass(frozen=True, slots=True)
class Slice:
    """A future passage: `paragraphs[start:end]`, or a part of one paragraph.

    Attributes:
        text: The paragraphs joined by newlines.
        heading: The heads before the slice under which it stands, joined by newlines.
    """

    start: int
    end: int
    text: str
    heading: str = ""


def sentences(text: str) -> tuple[Span, ...]:
    """Return the spans of the sentences of a text, in linear time.

    Spans are in order and do not overlap. They have no blanks at their edges, and together they cover every
    character that is not blank. Closing quotes and brackets belong to their sentence. A line break always
    ends one.

    >>> text = "“来了。”他说。明年GDP增3.5%！"
    >>> [text[start:end] for start, end in sentences(text)]
    ['“来了。”', '他说。', '明年GDP增3.5%！']
    """
    spans: list[Span] = []
    pairs = [pair for pair in _BRACKETS if pair[0] in text]
    start = 0
    for match in _END.finditer(text):
        doubtful = pairs or match[0][0] in _AMBIGUOUS_ENDS
        if doubtful and not _ends_sentence(text, start, match, pairs):
            continue
        _append_stripped(spans, text, start, match.end())
        start = match.end()
    _append_stripped(spans, text, start, len(text))
    return tuple(spans)


def _ends_sentence(text: str, start: int, match: re.Match[str], pairs: BracketPairs) -> bool:
    """Tell whether a mark ends a sentence, not part of a quotation, an abbreviation, a number or a pause."""
    if pairs and _is_quoted(text, start, match, pairs):
        return False
    mark = match[0]
    if mark[0] == "…":
        return match.start() - start >= _MIN_CHARS_BEFORE_ELLIPSIS
    if mark[0] != "." or mark[:2] == "..":
        return True
    before = text[max(start, match.start() - 12) : match.start()]
    if _ABBREVIATION.search(before):
        return False
    # "1. 第一": the number of an item.
    return not text[start : match.start()].strip().isdigit()


def _is_quoted(text: str, start: int, match: re.Match[str], pairs: BracketPairs) -> bool:
    """Tell whether a mark is in brackets that open in this sentence and close soon, in the same line."""
    if match[0][0] == "\n" or match[0][-1] in _CLOSERS:
        return False
    first, last = max(start, match.start() - _MAX_QUOTATION_CHARS), match.end() + _MAX_QUOTATION_CHARS
    for opening, closing in pairs:
        opened = text.rfind(opening, first, match.start())
        if opened >= 0 and text.find(closing, opened, match.start()) < 0:
            closed = text.find(closing, match.end(), last)
            return closed >= 0 and "\n" not in text[match.end() : closed]
    return False


def _append_stripped(spans: list[Span], text: str, start: int, end: int) -> None:
    if end > start and not (text[start].isspace() or text[end - 1].isspace()):  # mostly
        spans.append((start, end))
        return
    piece = text[start:end]
    stripped = piece.strip()
    if stripped:
        start += piece.index(stripped[0])
        spans.append((start, start + len(stripped)))


def split_passages(
    paragraphs: Sequence[Paragraph], *, target: int = TARGET_CHARS, max_chars: int = MAX_CHARS
) -> tuple[Slice, ...]:
    """Join neighbouring paragraphs to passages that can stand alone; cut paragraphs that are too long.

    Every paragraph is in one slice, or in several consecutive ones. No slice is empty or longer than
    `max_chars`. A heading or a question opens a slice and stays with what follows it, unless what stands
    before it is too short for a slice of its own; the head of a list stays with what follows it.

    Args:
        paragraphs: Clean paragraphs in reading order.
        target: Length in characters at which a passage is closed.
        max_chars: Length in characters that no passage exceeds; at least 2.
    """
    splitter = _Splitter(target=min(target, max_chars), max_chars=max_chars)
    for number, paragraph in enumerate(paragraphs):
        splitter.add(number, paragraph)
    above = headings_above(paragraphs)
    return tuple(replace(piece, heading="\n".join(above[piece.start])) for piece in splitter.finish())


class _Splitter:
    """Collects paragraphs, and closes a slice whenever it is long enough."""

    def __init__(self, *, target: int, max_chars: int) -> None:
        self._target = target
        self._max_chars = max_chars
        self._short = target // 3
        self._slices: list[Slice] = []
        self._texts: list[str] = []
        self._numbers: list[int] = []
        self._heads = 0
        self._length = 0
        self._headings_only = True

    def add(self, number: int, paragraph: Paragraph) -> None:
        heading, question = paragraph.kind is BlockKind.HEADING, is_question(paragraph.text)
        head = heading or question or is_list_head(paragraph.text)
        enough = self._target
        if head and not self._headings_only:
            enough = 2 * self._short if question else self._short + 1 if heading else enough
        if self._length >= enough:
            self._close()
        room = self._max_chars - self._length - (1 if self._texts else 0)
        if len(paragraph.text) > room and not self._may_be_cut(paragraph.text):
            self._close()
            room = self._max_chars - self._length - (1 if self._texts else 0)
        for position, piece in enumerate(_pieces(paragraph.text, self._max_chars, room=room)):
            if position or self._length + len(piece) >= self._max_chars:
                self._close()
                if self._texts and self._length + 1 + len(piece) > self._max_chars:
                    self._close(last=True)
            self._append(number, piece, head=head and len(piece) == len(paragraph.text))

    def finish(self) -> tuple[Slice, ...]:
        self._close(last=True)
        return tuple(self._slices)

    def _may_be_cut(self, text: str) -> bool:
        """Tell whether a paragraph may be cut to fill the open slice, which has little or only headings."""
        return self._headings_only or (self._length <= self._short and len(text) > self._max_chars)

    def _append(self, number: int, piece: str, *, head: bool) -> None:
        if not self._texts:
            self._headings_only = True
        self._length += len(piece) + (1 if self._texts else 0)
        self._texts.append(piece)
        self._numbers.append(number)
        self._heads = self._heads + 1 if head else 0
        self._headings_only = self._headings_only and head

    def _close(self, *, last: bool = False) -> None:
        """Close the open slice; heads at its end are left for the next one."""
        if not self._texts:
            return
        kept = self._heads if not last and self._heads < len(self._texts) else 0
        texts, numbers = self._texts, self._numbers
        end = len(texts) - kept
        self._keep(Slice(numbers[0], numbers[end - 1] + 1, "\n".join(texts[:end])))
        self._texts, self._numbers, self._heads = texts[end:], numbers[end:], kept
        self._length = len("\n".join(self._texts))
        self._headings_only = True

    def _keep(self, piece: Slice) -> None:
        """Add a slice; one that is too short to stand alone is joined to the slice before."""
        before = self._slices[-1] if self._slices else None
        if (
            before is not None
            and before.end == piece.start
            and not self._headings_only
            and len(piece.text) <= self._short
            and len(before.text) + 1 + len(piece.text) <= self._max_chars
        ):
            self._slices[-1] = Slice(before.start, piece.end, f"{before.text}\n{piece.text}")
        else:
            self._slices.append(piece)


def _pieces(text: str, max_chars: int, *, room: int) -> Iterator[str]:
    """Cut a text at sentence ends into pieces of about equal length.

    Args:
        text: A paragraph.
        max_chars: Length that no piece exceeds.
        room: Length that the first piece should not exceed.
    """
    if len(text) <= min(max_chars, room):
        yield text
        return
    goal = len(text) / math.ceil(len(text) / max_chars)
    begin = end = 0
    for start, stop in _clause_spans(text, max_chars):
        if end > begin and (stop - begin > room or end - begin >= goal):
            yield text[begin:end]
            begin, room = start, max_chars
        elif end == begin:
            begin = start
        end = stop
    if end > begin:
        yield text[begin:end]


def _clause_spans(text: str, max_chars: int) -> Iterator[Span]:
    """Return the spans of sentences; those that are too long are cut at clauses, else at `max_chars`."""
    for first, end in sentences(text):
        start = first
        while end - start > max_chars:
            cut = start
            for match in _CLAUSE_END.finditer(text, start + max_chars // 2, start + max_chars):
                cut = match.end()
            cut = cut if cut > start else start + max_chars
            yield start, start + len(text[start:cut].rstrip())
            following = _NOT_BLANK.search(text, cut, end)
            start = following.start() if following else end
        if end > start:
            yield start, end
