"""Excerpts of passages: whole sentences around those that answer. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from corpus.models import Span
from corpus.text import fold, is_head, sentences

GAP = "……"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of an excerpt; `answers` marks an answering sentence."""

    text: str
    answers: bool = False


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The part of a passage that is shown.

    Attributes:
        pieces: The text in stretches, with `……` where something is left out.
        rest: The sentences after the excerpt as one text; empty if there are none.
    """

    pieces: tuple[Piece, ...]
    rest: str = ""

    @property
    def text(self) -> str:
        """The excerpt as one text."""
        return "".join(piece.text for piece in self.pieces)


def excerpt(text: str, answering: Sequence[Span], *, budget: int, title: str = "") -> Excerpt:
    """Return the answering sentences of a passage with some sentences around them.

    Answering sentences are always kept whole. A sentence that only repeats the title is left out. Before the
    answer stands no more than the beginning of its line and the head above it.

    Args:
        text: The passage.
        answering: Spans of the answering sentences. Without any, the beginning of the passage is shown.
        budget: Length in characters up to which neighbours are added, following ones first.
        title: Title of the article, which the reader has just seen.
    """
    spans = [span for span in sentences(text) if not same_words(text[slice(*span)], title)]
    if not spans:
        return Excerpt(())
    core = {index for index, span in enumerate(spans) if _touches(span, answering)} or {0}
    start = _start(text, spans[min(core)][0]) if answering else 0
    chosen = _grow(
        spans, core, budget, first=next(place for place, span in enumerate(spans) if span[1] > start)
    )
    marked = core if answering else set()
    pieces = _pieces(text, spans, chosen, marked)
    last = max(chosen)
    rest = text[spans[last + 1][0] : spans[-1][1]] if last + 1 < len(spans) else ""
    return Excerpt(tuple(pieces), rest)


def same_words(one: str, other: str) -> bool:
    """Say whether two texts have the same letters and digits, apart from width, case and script.

    Texts without any letter or digit are not the same.

    >>> same_words("“動員令”，来了", "动员令来了。")
    True
    """
    bare = _bare(one)
    return bool(bare) and bare == _bare(other)


def _bare(text: str) -> str:
    return "".join(character for character in fold(text) if character.isalnum())


def _touches(span: Span, others: Sequence[Span]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in others)


def _start(text: str, answer: int) -> int:
    """Where to begin showing a text: the line of the answer, or the heads directly above it."""
    line = text.rfind("\n", 0, answer) + 1
    while line:
        before = text.rfind("\n", 0, line - 1) + 1
        if not is_head(text[before : line - 1], text[line:].partition("\n")[0]):
            break
        line = before
    return line


def _grow(spans: Sequence[Span], core: set[int], budget: int, *, first: int) -> list[int]:
    """Add neighbours while the budget lasts, the following one before the preceding one.

    Sentences between two answering ones come first, so that the excerpt has few gaps. None before `first` is
    added.
    """
    chosen = set(core)
    used = sum(spans[index][1] - spans[index][0] for index in chosen)
    between = [index for index in range(min(core), max(core)) if index not in core]
    around: list[int] = []
    low, high = min(core) - 1, max(core) + 1
    while low >= first or high < len(spans):
        if high < len(spans):
            around.append(high)
        if low >= first:
            around.append(low)
        low, high = low - 1, high + 1
    closed_before = closed_after = False
    for index in between + around:
        size = spans[index][1] - spans[index][0]
        is_before, is_after = index < min(core), index > max(core)
        if used + size > budget or (is_before and closed_before) or (is_after and closed_after):
            closed_before |= is_before
            closed_after |= is_after
            continue
        chosen.add(index)
        used += size
    return sorted(chosen)


def _pieces(text: str, spans: Sequence[Span], chosen: Sequence[int], marked: set[int]) -> list[Piece]:
    pieces: list[Piece] = []
    before = -1
    for index in chosen:
        start, end = spans[index]
        if index != before + 1:
            pieces.append(Piece(GAP))
        elif index > 0:
            pieces.append(Piece(_between(text[spans[index - 1][1] : start])))
        pieces.append(Piece(text[start:end], index in marked))
        before = index
    return [piece for piece in pieces if piece.text]


def _between(blanks: str) -> str:
    """Reduce blanks to one line break if there is one, else to one space."""
    if "\n" in blanks:
        return "\n"
    return " " if blanks.strip(" ") != blanks or blanks else ""
