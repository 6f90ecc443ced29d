"""What the store keeps, as values: articles as read, passages, what is known of files."""

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from corpus.models import Article, BlockKind, Paragraph, Passage, Post


@dataclass(frozen=True, slots=True)
class Known:
    """What the store remembers of a file it has read.

    Attributes:
        stat: Size and time of change, as `ingest` writes them.
        digest: Of the post's content; empty for a file that was skipped.
        reason: Why the file was skipped, or None when it is an article.
    """

    stat: str
    digest: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class ReadArticle:
    """A post read completely, ready to be stored.

    Attributes:
        post: Without its body, which is not stored.
        body: Paragraphs and starts of passages, as `pack_body` makes it.
        passages: Their texts, in reading order.
        sketch: Of their beginning, as `stories.sketch_of` makes it.
    """

    post: Post
    stat: str
    digest: str
    body: bytes
    passages: tuple[str, ...]
    sketch: bytes


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage with what the index needs to know of its article."""

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


@dataclass(frozen=True, slots=True)
class RemovedPassage:
    """A passage that is gone from the store but not yet from the index."""

    sequence: int
    passage: StoredPassage


@dataclass(frozen=True, slots=True)
class Located:
    """A passage with its article, as loaded for an answer."""

    number: int
    article_number: int
    article: Article
    passage: Passage


class Head(NamedTuple):
    """What tells one article from another, as loaded for ranking: a tuple, as rows come, sixty a question.

    Attributes:
        published: Seconds of the Unix epoch, or None.
        outlet: Author, else the chain of categories in one string; empty when there is neither.
        sketch: As `stories.sketch_of` makes it; None of an article stored before there were any.
    """

    number: int
    id: str
    title: str
    published: int | None
    outlet: str
    sketch: bytes | None


@dataclass(frozen=True, slots=True)
class LinkOptions:
    """The operator's site, as far as links need it."""

    site_url: str | None = None
    permalink: str | None = None


def epoch(moment: datetime | None) -> int | None:
    """Whole seconds of the Unix epoch, as times are stored."""
    return None if moment is None else int(moment.timestamp())


_LEVEL: Final = 2
"""Of compression; 6, as is usual, takes a twentieth less room and nearly twice the time."""


def pack_body(paragraphs: Sequence[Paragraph], starts: Sequence[int]) -> bytes:
    """Paragraphs, and for each passage the index of its first paragraph, in a form to store."""
    rows = [[paragraph.kind.value, paragraph.text] for paragraph in paragraphs]
    packed = json.dumps([rows, list(starts)], ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(packed.encode(), _LEVEL)


def unpack_body(packed: bytes, *, until: int | None = None) -> tuple[tuple[Paragraph, ...], tuple[int, ...]]:
    """What `pack_body` was given.

    Args:
        until: Ordinal of a passage: paragraphs after its first one are left out.

    Raises:
        ValueError: It is damaged.
    """
    try:
        rows, starts = json.loads(zlib.decompress(packed))
        if until is not None and until < len(starts):
            del rows[starts[until] + 1 :]
        return tuple(Paragraph(text, _KINDS[kind]) for kind, text in rows), tuple(starts)
    except (zlib.error, KeyError) as error:
        raise ValueError(str(error)) from error


_KINDS: Final = {kind.value: kind for kind in BlockKind}
