"""Row types of the store: articles to be stored, stored passages, known files."""

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from corpus.models import Article, BlockKind, Paragraph, Passage, Post


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
    """

    post: Post
    stat: str
    digest: str
    body: bytes
    passages: tuple[str, ...]
    sketch: bytes
    headings: tuple[str, ...] = ()


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


def pack_body(paragraphs: Sequence[Paragraph], starts: Sequence[int]) -> bytes:
    """Pack paragraphs, and for each passage the index of its first paragraph, for storage."""
    rows = [[paragraph.kind.value, paragraph.text] for paragraph in paragraphs]
    packed = json.dumps([rows, list(starts)], ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(packed.encode(), _COMPRESSION_LEVEL)


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


_KINDS: Final = {kind.value: kind for kind in BlockKind}
