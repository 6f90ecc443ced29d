"""Row types of the store: articles to be stored, stored passages, known files."""

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, NamedTuple

from corpus.models import Article, BlockKind, Mark, MarkKind, Paragraph, Passage, Post
from corpus.posts.targets import complete_target


@dataclass(frozen=True, slots=True)
class KnownFile:
    """What the store remembers of a file that was read.

    Attributes:
        stat: Size and modification time, as in `scanning.FileState`.
        digest: Digest of the post's content; empty for a skipped file.
        reason: Why the file was skipped; None for an article.
    """

    stat: str
    digest: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class ParsedArticle:
    """A completely parsed post, ready to be stored.

    Attributes:
        post: The post without its body.
        stat: As in `KnownFile`.
        digest: As in `KnownFile`.
        body: Paragraphs and starts of passages, packed by `pack_body`.
        passages: Texts of the passages, in reading order.
        sketch: Shingle sketch of their beginning (`sketches.sketch_of`).
        headings: For each passage the heads before it under which it stands, joined by newlines; empty for
            none at all.
        layout: Levels and marks of the paragraphs, and pictures, packed by `pack_layout`.
    """

    post: Post
    stat: str
    digest: str
    body: bytes
    passages: tuple[str, ...]
    sketch: bytes
    headings: tuple[str, ...] = ()
    layout: bytes | None = None


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage with those fields of its article that are indexed; `heading` as in `ParsedArticle`."""

    number: int
    article: int
    ordinal: int
    title: str
    text: str
    published: int | None
    author: str | None
    author_number: int
    categories: tuple[str, ...]
    category_number: int
    heading: str = ""


@dataclass(frozen=True, slots=True)
class RemovedPassage:
    """A passage that was removed from the store but not yet from the index."""

    sequence: int
    passage: StoredPassage


@dataclass(frozen=True, slots=True)
class LocatedPassage:
    """A passage with its article, loaded for an answer."""

    number: int
    article_number: int
    article: Article
    passage: Passage


class PackedArticle(NamedTuple):
    """What is stored of an article beside its head and its passages; `body` as in `ParsedArticle`."""

    category_number: int
    author_number: int
    body: bytes


class PassageText(NamedTuple):
    """Text of a passage and the heads before it under which it stands; see `ParsedArticle.headings`."""

    text: str
    heading: str


class ArticleHead(NamedTuple):
    """Fields of an article that ranking needs. A tuple, because sixty rows are loaded for each question.

    Attributes:
        published: Seconds of the Unix epoch, or None.
        outlet: The author; without one the chain of categories as one string; empty if there is neither.
        sketch: Shingle sketch (`sketches.sketch_of`); None for articles that were stored without one.
    """

    number: int
    id: str
    title: str
    published: int | None
    outlet: str
    sketch: bytes | None


@dataclass(frozen=True, slots=True)
class LinkOptions:
    """Settings of the operator's site that links are built from."""

    site_url: str | None = None
    permalink: str | None = None


def epoch(moment: datetime | None) -> int | None:
    """A time as it is stored: whole seconds of the Unix epoch."""
    return None if moment is None else int(moment.timestamp())


_COMPRESSION_LEVEL: Final = 2
"""zlib level. The usual 6 saves 5 % more space and takes nearly twice the time."""


LAYOUT_FORM: Final = 1
"""Version of what `pack_layout` makes. A layout of another version is read as none."""


def pack_body(paragraphs: Sequence[Paragraph], starts: Sequence[int]) -> bytes:
    """Pack texts and kinds of paragraphs, and for each passage the index of its first paragraph, for storage.

    Their levels and marks go into `pack_layout`: only who shows a whole article needs them.
    """
    rows = [[paragraph.kind.value, paragraph.text] for paragraph in paragraphs]
    return _packed([rows, list(starts)])


def pack_layout(paragraphs: Sequence[Paragraph], images: Sequence[Mark] = ()) -> bytes | None:
    """Pack levels and marks of paragraphs, and pictures that stand at none; None if there is nothing."""
    levels = {number: paragraph.level for number, paragraph in enumerate(paragraphs) if paragraph.level}
    marks = [
        [number, mark.start, mark.end, mark.kind.value, *_address(mark)]
        for number, paragraph in enumerate(paragraphs)
        for mark in paragraph.marks
    ]
    if not (levels or marks or images):
        return None
    pairs = [list(pair) for pair in levels.items()]
    return _packed([LAYOUT_FORM, pairs, marks, [[image.target, image.alt] for image in images]])


def _address(mark: Mark) -> list[str | None]:
    return [] if mark.target is None else [mark.target, mark.alt] if mark.alt else [mark.target]


def _packed(value: object) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(text.encode(), _COMPRESSION_LEVEL)


def unpack_body(packed: bytes, *, until: int | None = None) -> tuple[tuple[Paragraph, ...], tuple[int, ...]]:
    """Reverse `pack_body`.

    Args:
        packed: The packed body.
        until: Ordinal of a passage: paragraphs after its first one are omitted.

    Raises:
        ValueError: The body is damaged.
    """
    try:
        rows, starts = json.loads(zlib.decompress(packed))
        if until is not None and until < len(starts):
            del rows[starts[until] + 1 :]
        return tuple(Paragraph(text, _KINDS[kind]) for kind, text in rows), tuple(starts)
    except (zlib.error, KeyError) as error:
        raise ValueError(str(error)) from error


def with_layout(
    paragraphs: Sequence[Paragraph], packed: bytes | None, *, base: str | None = None
) -> tuple[tuple[Paragraph, ...], tuple[Mark, ...]]:
    """Give paragraphs their levels and marks. Returns the pictures that stand at none of them as well.

    Args:
        paragraphs: As `unpack_body` returns them.
        packed: From `pack_layout`; None for articles without a layout, as earlier versions stored all.
        base: The article's address. Relative addresses are completed with it; what has none then is left out.

    Raises:
        ValueError: The layout is damaged.
    """
    if packed is None:
        return tuple(paragraphs), ()
    try:
        form, *layout = json.loads(zlib.decompress(packed))
        if form != LAYOUT_FORM:
            return tuple(paragraphs), ()
        levels, marks, images = layout
        by_paragraph: dict[int, list[Mark]] = {}
        for number, start, end, kind, *address in marks:
            if (mark := _completed(Mark(start, end, _MARK_KINDS[kind], *address), base)) is not None:
                by_paragraph.setdefault(number, []).append(mark)
        level_of = dict(levels)
        pictures = (_completed(Mark(0, 0, MarkKind.IMAGE, target, alt), base) for target, alt in images)
        return (
            tuple(
                replace(
                    paragraph,
                    level=level_of.get(number, 0),
                    marks=tuple(by_paragraph.get(number, ())),
                )
                for number, paragraph in enumerate(paragraphs)
            ),
            tuple(picture for picture in pictures if picture is not None),
        )
    except (zlib.error, KeyError, TypeError) as error:
        raise ValueError(str(error)) from error


def _completed(mark: Mark, base: str | None) -> Mark | None:
    """A mark with an absolute address; None if it has a relative one and nothing completes it."""
    if mark.target is None:
        return mark
    target = complete_target(mark.target, base)
    return None if target is None else mark if target == mark.target else replace(mark, target=target)


_KINDS: Final = {kind.value: kind for kind in BlockKind}
_MARK_KINDS: Final = {kind.value: kind for kind in MarkKind}
