"""Posts → what the store and the index take: the part of an update that can be done by many processes.

Reading depends on nothing but the file, so files are read in any process. The parsers are imported
only where posts are read: asking questions does not need them.
"""

import hashlib
import logging
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from corpus import documents
from corpus.documents import Texts
from corpus.errors import PostError
from corpus.inverting import Inverted
from corpus.models import Post
from corpus.records import Known, ReadArticle, epoch, pack_body
from corpus.scan import DRAFT, FileState
from corpus.workers import Workers, usable_cores

logger = logging.getLogger(__name__)

READER_VERSION: Final = 3
"""Grows when the same file would be read otherwise, so that archives read before are read again."""

LEAST_IN_BATCH: Final = 64
MOST_IN_BATCH: Final = 256
"""Files that a process is given at a time: more are cheaper, but all should end at about the same time."""

PARALLEL_FROM: Final = 400
"""Fewer files are read in this process: starting others takes about a second."""


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What reading a post depends on beside the file.

    Attributes:
        root: The archive, resolved.
        zone: Zone of dates that name none, and in which days are counted.
        cache_dir: Where the analyzer may keep its cache, in other processes too.
    """

    root: Path
    zone: ZoneInfo
    now: datetime
    max_bytes: int
    cache_dir: Path | None = None

    @property
    def reader(self) -> str:
        """What the same file is read by: when this changes, all files are read again."""
        return f"{READER_VERSION} {self.zone.key}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of reading one file: an article, or nothing new, or the reason why not.

    Attributes:
        kept: What the store has of the file stays: it can only just now not be read.
    """

    file: FileState
    article: ReadArticle | None = None
    reason: str | None = None
    warning: str | None = None
    kept: bool = False


@dataclass(frozen=True, slots=True)
class ReadBatch:
    """What came of some files.

    Attributes:
        inverted: The passages of the articles in turn, mostly in one piece.
    """

    outcomes: tuple[Outcome, ...]
    inverted: Sequence[Inverted] = ()


def read_all(
    files: Sequence[FileState],
    known: dict[str, Known],
    options: ReadOptions,
    *,
    workers: int | None = None,
) -> Generator[ReadBatch, None, None]:
    """Read files in batches, in order; in worker processes when there are many.

    Args:
        workers: Processes to use; None: as many as there are cores when it pays; 0: none.
    """
    if workers is None:
        workers = usable_cores() if len(files) >= PARALLEL_FROM else 0
    size = min(max(LEAST_IN_BATCH, len(files) // 32), MOST_IN_BATCH)
    batches = (
        [
            (file, known[file.path].digest if file.path in known else "")
            for file in files[start : start + size]
        ]
        for start in range(0, len(files), size)
    )
    with Workers(
        partial(read_batch, options=options), workers, instead=_crashed, cache_dir=options.cache_dir
    ) as processes:
        for _, result in processes.map(batches):
            yield result


def _crashed(item: tuple[FileState, str]) -> ReadBatch:
    return ReadBatch((Outcome(item[0], reason="reading it ended the process that did"),))


def read_batch(batch: Sequence[tuple[FileState, str]], *, options: ReadOptions) -> ReadBatch:
    """Read some posts, each given with the digest of the article as stored."""
    outcomes = tuple(read_file(file, known_digest, options) for file, known_digest in batch)
    articles = [outcome.article for outcome in outcomes if outcome.article is not None]
    texts = (
        Texts(post.title, post.author, post.categories, epoch(post.published), article.passages)
        for article in articles
        for post in [article.post]
    )
    return ReadBatch(outcomes, documents.invert(texts, zone=options.zone))


def read_file(file: FileState, known_digest: str, options: ReadOptions) -> Outcome:
    """Read one post completely.

    Args:
        known_digest: Of the article as stored; a post with the same content comes back without article
            and without reason. Empty when nothing is stored.
    """
    from corpus import cleaning, passages, posts, stories

    try:
        post = posts.read_post(
            options.root, file.path, zone=options.zone, now=options.now, max_bytes=options.max_bytes
        )
        if post.draft:
            return Outcome(file, reason=DRAFT)
        if post.coming:
            file = file.coming()
        if hiding := cleaning.left_open(post.body):
            problem = f"<{hiding}> is never closed and hides what follows"
            post = replace(post, warning="; ".join(filter(None, (post.warning, problem))))
        bare = replace(post, body="")
        digest = _digest(bare, post.body)
        if digest == known_digest:
            return Outcome(file, warning=post.warning)
        paragraphs = cleaning.paragraphs(post.body, title=post.title)
        slices = passages.split_passages(paragraphs)
        texts = tuple(piece.text for piece in slices) or ("",)
        starts = tuple(piece.start for piece in slices) or (0,)
        article = ReadArticle(
            bare,
            file.stat,
            digest,
            pack_body(paragraphs, starts),
            texts,
            stories.sketch_of(texts),
        )
    except PostError as error:
        # A disk that fails, or rights that were taken away, must not empty the archive one by one.
        unreadable = isinstance(error.__cause__, OSError)
        return Outcome(file, reason=error.reason, kept=unreadable and bool(known_digest))
    except Exception as error:
        logger.debug("unexpected error in %s", file.path, exc_info=True)
        return Outcome(file, reason=f"unexpected {type(error).__name__} while reading")
    return Outcome(file, article, warning=post.warning)


def _digest(bare: Post, body: str) -> str:
    """Of a post without its body, and of the body."""
    digest = hashlib.blake2b(digest_size=12)
    for content in (repr((READER_VERSION, bare)), body):
        digest.update(content.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
