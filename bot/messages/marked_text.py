"""Links, bold and other marks of a paragraph as markup of a message. Pure: text and marks → Html."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from bot.messages import markup
from bot.messages.markup import Html
from bot.wording import plain_text
from corpus.models import Mark, MarkKind

_WRAPPERS: Final[dict[MarkKind, Callable[[Html], Html]]] = {
    MarkKind.STRONG: markup.bold,
    MarkKind.EMPHASIS: markup.italic,
    MarkKind.DELETED: markup.struck,
    MarkKind.CODE: markup.code,
}
"""Kinds that Telegram shows, beside links. Raised and lowered text stays plain."""

_TAG_BYTES: Final = 16
"""Markup of a mark without its address."""


@dataclass(slots=True)
class _Open:
    """A mark that is not closed yet; the outermost one stands for the paragraph."""

    end: int
    kind: MarkKind | None
    target: str | None = None
    pieces: list[Html] = field(default_factory=list)

    def closed(self) -> Html:
        """Return what stands in it, in its markup."""
        content = markup.join(self.pieces)
        if self.kind is MarkKind.LINK:
            return markup.link(content, self.target)
        return _WRAPPERS[self.kind](content) if self.kind else content


def clip(text: str, marks: Iterable[Mark], start: int, end: int) -> tuple[Mark, ...]:
    """Return the marks of `text[start:end]` that a message can show, in code points of that stretch.

    Pictures, addresses that Telegram would drop and marks around nothing visible are left out.
    """
    shown = (
        replace(mark, start=max(mark.start, start) - start, end=min(mark.end, end) - start)
        for mark in marks
        if mark.start < end and mark.end > start and _is_shown(mark)
    )
    return tuple(
        mark for mark in shown if plain_text.clean(text[start + mark.start : start + mark.end]).strip()
    )


def affordable(lines: Sequence[tuple[Mark, ...]], *, limit: int, limit_bytes: int) -> list[tuple[Mark, ...]]:
    """Return the marks of each line that stay within the limits: links first, in reading order.

    Args:
        lines: Marks of each line, from `clip`.
        limit: How many marks there may be.
        limit_bytes: Size of their markup.
    """
    kept: list[set[int]] = [set() for _ in lines]
    for links in (True, False):
        for marks, chosen in zip(lines, kept, strict=True):
            for index, mark in enumerate(marks):
                if (mark.kind is MarkKind.LINK) is not links:
                    continue
                size = _TAG_BYTES + len(markup.link(Html("x"), mark.target))
                if limit < 1 or size > limit_bytes:
                    continue
                chosen.add(index)
                limit, limit_bytes = limit - 1, limit_bytes - size
    return [
        tuple(mark for index, mark in enumerate(marks) if index in chosen)
        for marks, chosen in zip(lines, kept, strict=True)
    ]


def render(
    text: str, marks: Iterable[Mark], convert: Callable[[str], str] = str, *, whole: MarkKind | None = None
) -> Html:
    """Return a text with its marks; everything of it is escaped and shown.

    Each mark makes at most one entity. Telegram lets code hold no other entity and be in none but a
    quotation, so code within a mark is shown as that mark, and a mark within code as code.

    Args:
        text: Plain text.
        marks: From `clip`; sorted by start, the longer first.
        convert: Turns text into the reader's script, stretch by stretch; code stays as it is.
        whole: Mark around all of the text.

    >>> render("见<官网>。", [Mark(1, 5, MarkKind.LINK, "https://example.org/?a&b")])
    '见<a href="https://example.org/?a&amp;b">&lt;官网&gt;</a>。'
    """
    outermost = _Open(len(text), whole)
    stack = [outermost]
    position = 0

    def advance(to: int) -> None:
        nonlocal position
        if to > position:
            stretch = text[position:to]
            is_code = stack[-1].kind is MarkKind.CODE
            stack[-1].pieces.append(markup.text(stretch if is_code else convert(stretch)))
            position = to

    def close_until(to: int) -> None:
        while len(stack) > 1 and stack[-1].end <= to:
            advance(stack[-1].end)
            closed = stack.pop().closed()
            stack[-1].pieces.append(closed)

    for mark in marks:
        close_until(mark.start)
        if not _may_open(mark, stack):
            continue
        advance(mark.start)
        stack.append(_Open(min(mark.end, stack[-1].end), mark.kind, mark.target))
    close_until(len(text))
    advance(len(text))
    return outermost.closed()


def _may_open(mark: Mark, stack: Sequence[_Open]) -> bool:
    around = {one.kind for one in stack} - {None}
    if mark.kind in around or MarkKind.CODE in around:
        return False
    return mark.kind is not MarkKind.CODE or not around


def _is_shown(mark: Mark) -> bool:
    if mark.kind is MarkKind.LINK:
        return markup.address(mark.target) is not None
    return mark.kind in _WRAPPERS
