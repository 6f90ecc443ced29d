"""Links, emphasis, pictures and passages in a paragraph as HTML. Pure: text and spans → escaped markup.

A post's own markup never gets here. Tags are made from spans, from a fixed list of kinds.
"""

import heapq
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from markupsafe import Markup, escape

PASSAGE = "passage"
"""Kind of the span around a passage's own text; its target is the element's id or `.class`, or empty."""

_TAGS = {
    PASSAGE: "mark",
    "link": "a",
    "strong": "strong",
    "emphasis": "em",
    "code": "code",
    "deleted": "del",
    "superscript": "sup",
    "subscript": "sub",
}
_ORDER = {kind: depth for depth, kind in enumerate(_TAGS)}
"""Outer kinds first. Of one kind at most one element is open, so that nesting is bounded."""

_SCHEMES = frozenset({"http", "https", "mailto"})


@dataclass(frozen=True, slots=True)
class InlineSpan:
    """A stretch of text with a meaning: `text[start:end]`, in code points.

    Attributes:
        kind: `link`, `strong`, `emphasis`, `code`, `deleted`, `superscript`, `subscript` or PASSAGE.
            Others are ignored.
        target: Address of a link, id or class of a passage.
    """

    start: int
    end: int
    kind: str
    target: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that stands before `text[at]`, or behind the text if `at` is its length."""

    at: int
    address: str
    alt: str = ""


_PICTURE = Markup('<img src="{}" alt="{}" loading="lazy" decoding="async" referrerpolicy="no-referrer">')


def picture_markup(picture: Picture, convert: Callable[[str], str] = str) -> Markup:
    """Return a picture as an element; empty if its address is no web address."""
    if not is_picture_address(picture.address):
        return Markup("")
    return _PICTURE.format(picture.address, convert(picture.alt))


def inline_markup(
    text: str,
    spans: Iterable[InlineSpan],
    convert: Callable[[str], str] = str,
    *,
    pictures: Sequence[Picture] = (),
) -> Markup:
    """Return a paragraph's text with its spans as elements, properly nested; everything is escaped.

    Spans may overlap in any way; one that would cut another is written in two pieces. Takes time linear in
    the text and, apart from sorting, in the number of spans.

    Args:
        text: Plain text.
        spans: What stands in it. Those outside of the text, without extent, of unknown kind or with a target
            that is no web or mail address are left out.
        convert: Turns text into the reader's script, stretch by stretch; code is left as it is.
        pictures: What stands between its code points. Those without a web address are left out.

    >>> print(inline_markup("见<官网>。", [InlineSpan(1, 5, "link", "https://example.org/?a&b")]))
    见<a href="https://example.org/?a&amp;b" rel="noopener noreferrer nofollow">&lt;官网&gt;</a>。
    """
    usable = [span for span in spans if _is_usable(span, len(text))]
    pieces: list[str] = []
    open_spans: list[InlineSpan] = []
    shown: dict[int, list[Markup]] = {}
    for picture in pictures:
        shown.setdefault(min(max(picture.at, 0), len(text)), []).append(picture_markup(picture, convert))
    for start, end, active in _intervals(usable, {0, len(text), *shown}):
        kept = 0
        while kept < min(len(open_spans), len(active)) and open_spans[kept] is active[kept]:
            kept += 1
        pieces += [f"</{_TAGS[span.kind]}>" for span in reversed(open_spans[kept:])]
        pieces += shown.pop(start, [])
        pieces += [_opening(span, at=start) for span in active[kept:]]
        open_spans = active
        stretch = text[start:end]
        is_code = any(span.kind == "code" for span in active)
        pieces.append(str(escape(stretch if is_code else convert(stretch))))
    pieces += [f"</{_TAGS[span.kind]}>" for span in reversed(open_spans)]
    pieces += shown.pop(len(text), [])
    return Markup("".join(pieces))  # noqa: S704 — every piece is escaped or a tag of ours


def is_web_address(url: str) -> bool:
    """Say whether an address may be linked: http, https or mailto, without blanks and user names."""
    if any(character.isspace() or ord(character) < 0x20 for character in url):
        return False
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    if parts.scheme not in _SCHEMES:
        return False
    return bool(parts.path) if parts.scheme == "mailto" else bool(host) and parts.username is None


def is_picture_address(url: str) -> bool:
    """Say whether a picture may be shown from an address: http or https."""
    return url.lower().startswith(("http://", "https://")) and is_web_address(url)


def _is_usable(span: InlineSpan, length: int) -> bool:
    if span.kind not in _TAGS or not 0 <= span.start < span.end <= length:
        return False
    return span.kind != "link" or is_web_address(span.target)


def _opening(span: InlineSpan, *, at: int) -> str:
    if span.kind == "link":
        return f'<a href="{escape(span.target)}" rel="noopener noreferrer nofollow">'
    if span.kind == PASSAGE and span.target.startswith("."):
        return f'<mark class="{escape(span.target[1:])}">'
    if span.kind == PASSAGE and span.target and at == span.start:
        return f'<mark id="{escape(span.target)}">'
    return f"<{_TAGS[span.kind]}>"


def _intervals(spans: Sequence[InlineSpan], places: set[int]) -> Iterator[tuple[int, int, list[InlineSpan]]]:
    """Yield stretches within which the same spans are open, each with those spans, outer ones first.

    A stretch ends at each of `places`, too.
    """
    waiting = sorted(spans, key=lambda span: (span.start, -span.end))
    cuts = sorted({*places, *(span.start for span in spans), *(span.end for span in spans)})
    heaps: dict[str, list[tuple[int, int, InlineSpan]]] = {kind: [] for kind in _ORDER}
    next_span = 0
    for start, end in itertools.pairwise(cuts):
        while next_span < len(waiting) and waiting[next_span].start <= start:
            span = waiting[next_span]
            heapq.heappush(heaps[span.kind], (-span.start, next_span, span))
            next_span += 1
        latest = [_latest(heaps[kind], start) for kind in _ORDER]
        yield start, end, [one for one in latest if one is not None]


def _latest(heap: list[tuple[int, int, InlineSpan]], at: int) -> InlineSpan | None:
    """Return the span of a kind that began last and is still open; spans that have ended are dropped."""
    while heap and heap[0][2].end <= at:
        heapq.heappop(heap)
    return heap[0][2] if heap else None
