"""What of a passage is shown: whole sentences around those that answer. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from corpus.models import Span
from corpus.text import fold, sentences

GAP = "……"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of an excerpt; `answers` where it is a sentence that answers."""

    text: str
    answers: bool = False


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A passage as it is shown.

    Attributes:
        pieces: What stands there; joined they read as text, with `……` where something is left out.
        rest: The sentences after it, as one text; empty when there are none.
    """

    pieces: tuple[Piece, ...]
    rest: str = ""

    @property
    def text(self) -> str:
        """The excerpt as one text."""
        return "".join(piece.text for piece in self.pieces)


def excerpt(text: str, answering: Sequence[Span], *, budget: int, title: str = "") -> Excerpt:
    """Cut a passage at sentence ends, so that the answering sentences and some around them remain.

    The answering sentences are kept whole whatever they take. A sentence that only repeats the title
    is left out.

    Args:
        text: The passage.
        answering: Spans of the answering sentences; without any the passage's beginning is shown.
        budget: Characters up to which neighbours are taken along, following ones first.
        title: Of the article, which the reader has just seen.
    """
    spans = [span for span in sentences(text) if not same_words(text[slice(*span)], title)]
    if not spans:
        return Excerpt(())
    core = {index for index, span in enumerate(spans) if _touches(span, answering)} or {0}
    chosen = _grow(spans, core, budget)
    marked = core if answering else set()
    pieces = _pieces(text, spans, chosen, marked)
    last = max(chosen)
    rest = text[spans[last + 1][0] : spans[-1][1]] if last + 1 < len(spans) else ""
    return Excerpt(tuple(pieces), rest)


def same_words(one: str, other: str) -> bool:
    """Say whether two texts have words and differ in nothing but writing: width, case, script, marks.

    >>> same_words("“動員令”，来了", "动员令来了。")
    True
    """
    bare = _bare(one)
    return bool(bare) and bare == _bare(other)


def _bare(text: str) -> str:
    return "".join(character for character in fold(text) if character.isalnum())


def _touches(span: Span, others: Sequence[Span]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in others)


def _grow(spans: Sequence[Span], core: set[int], budget: int) -> list[int]:
    """Add neighbours, the following one before the preceding one, while the budget lasts.

    What lies between two answering sentences comes first: a reader should not have to jump.
    """
    chosen = set(core)
    used = sum(spans[index][1] - spans[index][0] for index in chosen)
    between = [index for index in range(min(core), max(core)) if index not in core]
    around: list[int] = []
    low, high = min(core) - 1, max(core) + 1
    while low >= 0 or high < len(spans):
        if high < len(spans):
            around.append(high)
        if low >= 0:
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
    """Keep a line break as one; of other blanks one remains."""
    if "\n" in blanks:
        return "\n"
    return " " if blanks.strip(" ") != blanks or blanks else ""
