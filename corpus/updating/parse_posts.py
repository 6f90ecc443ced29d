"""Posts → what the store and the index take: the part of an update that is done by worker processes.

Anybody may have written a post, so each is read under a bound of time and memory; one that goes over it is
refused, and the others go on. Reading depends on nothing but the file. The parsers are imported only where
posts are read: asking questions does not need them.
"""

import hashlib
import logging
from bisect import bisect_left
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from corpus.errors import PostError
from corpus.index.inverting import Inverted
from corpus.models import Post
from corpus.store.rows import Known, ReadArticle, epoch, pack_body
from corpus.updating import documents
from corpus.updating.documents import Texts
from corpus.updating.scanning import DRAFT, MEMORY_REASON, TIME_REASON, FileState, is_same
from corpus.updating.workers import Bounds, Cause, Refusal, Workers, usable_cores

logger = logging.getLogger(__name__)

READER_VERSION: Final = 3
"""Grows when the same file would be read otherwise, so that archives read before are read again."""

LEAST_IN_BATCH: Final = 64
MOST_IN_BATCH: Final = 256
MAX_BATCH_BYTES: Final = 2_000_000
"""What a process is given at a time: more is cheaper, but all should end at about the same time, and the
results of a batch lie in memory together."""

PARALLEL_FROM: Final = 400
"""Fewer files are read by one process: starting others takes about a second."""

BOUNDS: Final = Bounds(seconds=(0.1, 1.0, 5.0, 20.0), memory=500_000_000)
"""What reading one post may cost. Of 1,586 real posts the slowest took 0.07 s."""

SECONDS_PER_BYTE: Final = 6e-7
"""Of processor time for ordinary posts: one that must go over a limit is not tried with it."""

_SET_ASIDE: Final = tuple(
    f"set aside: it takes more than {seconds:g} s to read" for seconds in BOUNDS.seconds
)
"""Reasons of posts that wait for a run with more time, by the attempt that they have behind them."""


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
        waiting: It takes long to read and is left for the next run.
    """

    file: FileState
    article: ReadArticle | None = None
    reason: str | None = None
    warning: str | None = None
    kept: bool = False
    waiting: bool = False


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
    slow_seconds: float | None = None,
) -> Generator[ReadBatch, None, None]:
    """Read files in batches, in order, in worker processes; slow posts come last.

    Args:
        workers: Processes to use; None: as many as there are cores when it pays; 0: none, and no bounds.
        slow_seconds: After this time with slow posts no further one is begun; None: all are read.

    Yields:
        A batch of nothing whenever nothing comes for a while: a time to make durable what came.
    """
    cores = usable_cores() if workers is None else workers
    few = workers is None and len(files) < PARALLEL_FROM
    with Workers(
        partial(read_batch, options=options),
        1 if few else cores,
        processes_if_slow=cores,
        instead=_refused,
        bounds=BOUNDS,
        prepare=warm_up,
        cache_dir=options.cache_dir,
    ) as processes:
        for pair in processes.map(
            _batches(files, known),
            first_attempt=partial(_first_attempt, known=known),
            slow_seconds=slow_seconds,
        ):
            yield ReadBatch(()) if pair is None else pair[1]


def _batches(files: Sequence[FileState], known: dict[str, Known]) -> Iterator[list[tuple[FileState, str]]]:
    most = min(max(LEAST_IN_BATCH, len(files) // 32), MOST_IN_BATCH)
    batch: list[tuple[FileState, str]] = []
    size = 0
    for file in files:
        if batch and (len(batch) >= most or size + file.size > MAX_BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append((file, known[file.path].digest if file.path in known else ""))
        size += file.size
    if batch:
        yield batch


def _first_attempt(item: tuple[FileState, str], known: dict[str, Known]) -> int:
    file = item[0]
    old = known.get(file.path)
    if old is not None and old.reason in _SET_ASIDE and is_same(file, old):
        return _SET_ASIDE.index(old.reason) + 1
    return bisect_left(BOUNDS.seconds, file.size * SECONDS_PER_BYTE)


def _refused(item: tuple[FileState, str], refusal: Refusal) -> ReadBatch:
    """What comes of a post that was given up; what the store has of it stays if it may yet be read."""
    file, known_digest = item
    if refusal.cause is Cause.TIME:
        outcome = Outcome(file, reason=TIME_REASON.format(seconds=refusal.seconds))
    elif refusal.cause is Cause.MEMORY:
        outcome = Outcome(file, reason=MEMORY_REASON.format(megabytes=BOUNDS.memory // 1_000_000))
    elif refusal.cause is Cause.STALLED:
        reason = f"the file could not be read within {refusal.seconds:g} s"
        outcome = Outcome(file, reason=reason, kept=bool(known_digest))
    elif refusal.cause is Cause.LEFT:
        reason = next(
            (
                text
                for text, limit in zip(_SET_ASIDE, BOUNDS.seconds, strict=True)
                if limit >= refusal.seconds
            ),
            _SET_ASIDE[-1],
        )
        outcome = Outcome(file, reason=reason, kept=bool(known_digest), waiting=True)
    else:
        outcome = Outcome(file, reason="reading it ended the process that did")
    return ReadBatch((outcome,))


_WARM_UP: Final = """---
title: 报童
date: 2021-12-30 08:00:00
---
# 天气

今天有雨，明天晴，1 of 3。

> 引用，**粗体**。

<p>再见</p>
"""


def warm_up() -> None:
    """Load what reading needs by reading two small posts."""
    from corpus.posts import cleaning
    from corpus.posts.reader import parse_post
    from corpus.text import passages, sketches

    zone = ZoneInfo("UTC")
    for text in (_WARM_UP, _WARM_UP.replace("# 天气", "<p>天气</p>")):
        post = parse_post("a.md", text.encode(), zone=zone, now=datetime.now(zone))
        pieces = passages.split_passages(cleaning.paragraphs(post.body, title=post.title))
        texts = tuple(piece.text for piece in pieces)
        sketches.sketch_of(texts)
        documents.invert(
            [Texts(post.title, post.author, post.categories, epoch(post.published), texts)], zone=zone
        )


def read_batch(batch: Iterable[tuple[FileState, str]], *, options: ReadOptions) -> ReadBatch:
    """Read some posts, each given with the digest of the article as stored, one after the other."""
    outcomes: list[Outcome] = []

    def texts() -> Iterator[Texts]:
        for file, known_digest in batch:
            outcome = read_file(file, known_digest, options)
            outcomes.append(outcome)
            if (article := outcome.article) is not None:
                post = article.post
                yield Texts(post.title, post.author, post.categories, epoch(post.published), article.passages)

    inverted = documents.invert(texts(), zone=options.zone)
    return ReadBatch(tuple(outcomes), inverted)


def read_file(file: FileState, known_digest: str, options: ReadOptions) -> Outcome:
    """Read one post completely.

    Args:
        known_digest: Of the article as stored; a post with the same content comes back without article
            and without reason. Empty when nothing is stored.
    """
    from corpus.posts import cleaning
    from corpus.posts.reader import read_post
    from corpus.text import passages, sketches

    try:
        post = read_post(
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
            sketches.sketch_of(texts),
        )
    except PostError as error:
        # A disk that fails, or rights that were taken away, must not empty the archive one by one.
        unreadable = isinstance(error.__cause__, OSError)
        return Outcome(file, reason=error.reason, kept=unreadable and bool(known_digest))
    except MemoryError:
        raise  # the bound of the process that reads
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
