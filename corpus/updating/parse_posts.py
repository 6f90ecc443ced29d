"""Parse stage of an update, in worker processes: post files → articles to store and inverted passages.

Posts are untrusted input, so each is parsed under bounds of time and memory; a post that exceeds them is
refused and the others continue. The result depends on nothing but the file. The parsers are imported only in
processes that parse: answering questions does not need them.
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
from corpus.store.rows import KnownFile, ParsedArticle, epoch, pack_body, pack_layout
from corpus.updating import documents
from corpus.updating.documents import ArticleTexts
from corpus.updating.scanning import DRAFT, MEMORY_REASON, PAGE, TIME_REASON, FileState, is_same
from corpus.workers import Bounds, Cause, Refusal, Workers, usable_cores

logger = logging.getLogger(__name__)

READER_VERSION: Final = 9
"""Incremented when the same file would be parsed differently; then all files are read again."""

MIN_BATCH_FILES: Final = 64
MAX_BATCH_FILES: Final = 256
MAX_BATCH_BYTES: Final = 2_000_000
"""Size of the batches that a process gets. Larger batches are cheaper, but all processes should finish at
about the same time, and the results of a batch are in memory together."""

MIN_PARALLEL_FILES: Final = 400
"""Fewer files are parsed by one process: starting more takes about a second."""

BOUNDS: Final = Bounds(seconds=(0.1, 1.0, 5.0, 20.0), memory=500_000_000)
"""Bounds of parsing one post. The slowest of 1,586 real posts took 0.07 s."""

SECONDS_PER_BYTE: Final = 6e-7
"""Processor time per byte of ordinary posts. Attempts whose limit a file must exceed are skipped."""

_POSTPONED_REASONS: Final = tuple(
    f"set aside: it takes more than {seconds:g} s to read" for seconds in BOUNDS.seconds
)
"""Reasons of posts that are postponed to a run with more time, by the last attempt that they failed."""

_BUSY_REASON: Final = f"set aside: it was not read within {BOUNDS.stall_seconds:g} s on a busy machine"
"""Reason of a post that computed until the clock ended its last attempt. The second time it is refused: on a
machine that stays busy it would be tried for ever."""


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What parsing a post depends on beside the file.

    Attributes:
        root: The archive's folder, resolved.
        zone: Time zone of dates without one, and in which days are counted.
        now: The current time, aware.
        max_bytes: Larger files are refused.
        cache_dir: Where the analyzer may keep its cache, in worker processes too.
    """

    root: Path
    zone: ZoneInfo
    now: datetime
    max_bytes: int
    cache_dir: Path | None = None

    @property
    def reader(self) -> str:
        """Identifies the parser and its zone; when this changes, all files are read again."""
        return f"{READER_VERSION} {self.zone.key}"


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """Result of parsing one file: an article, or a reason, or neither if nothing changed.

    Attributes:
        file: The file.
        article: The article, if it is new or changed.
        reason: Why there is no article.
        warning: What was wrong though the post could be read.
        keep_stored: The stored article stays: the file is only temporarily unreadable.
        is_postponed: Parsing takes long and is left to the next run.
    """

    file: FileState
    article: ParsedArticle | None = None
    reason: str | None = None
    warning: str | None = None
    keep_stored: bool = False
    is_postponed: bool = False


@dataclass(frozen=True, slots=True)
class ParsedBatch:
    """Results of parsing some files.

    Attributes:
        files: One per file.
        inverted: The passages of all articles in order, mostly in one piece.
    """

    files: tuple[ParsedFile, ...]
    inverted: Sequence[Inverted] = ()


def parse_files(
    files: Sequence[FileState],
    known: dict[str, KnownFile],
    options: ReadOptions,
    *,
    workers: int | None = None,
    slow_seconds: float | None = None,
) -> Generator[ParsedBatch, None, None]:
    """Parse files in batches, in order, in worker processes; slow posts come last.

    Args:
        files: The files to parse.
        known: What the store remembers of files, by path.
        options: How posts are read.
        workers: Processes to use; None: one per core if it pays; 0: none, and then no bounds.
        slow_seconds: After this time with slow posts no further one is started; None: all are parsed.

    Yields:
        Batches. An empty one means that nothing finished for a while: a good moment to commit.
    """
    cores = usable_cores() if workers is None else workers
    is_small = workers is None and len(files) < MIN_PARALLEL_FILES
    with Workers(
        partial(parse_batch, options=options),
        1 if is_small else cores,
        processes_if_slow=cores,
        on_refusal=partial(_given_up, known=known),
        bounds=BOUNDS,
        warm_up=load_parsers,
        cache_dir=options.cache_dir,
    ) as pool:
        for pair in pool.map(
            _batches(files, known),
            first_attempt=partial(_first_attempt, known=known),
            slow_seconds=slow_seconds,
        ):
            yield ParsedBatch(()) if pair is None else pair[1]


def _batches(
    files: Sequence[FileState], known: dict[str, KnownFile]
) -> Iterator[list[tuple[FileState, str]]]:
    max_files = min(max(MIN_BATCH_FILES, len(files) // 32), MAX_BATCH_FILES)
    batch: list[tuple[FileState, str]] = []
    size = 0
    for file in files:
        if batch and (len(batch) >= max_files or size + file.size > MAX_BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append((file, known[file.path].digest if file.path in known else ""))
        size += file.size
    if batch:
        yield batch


def _first_attempt(item: tuple[FileState, str], known: dict[str, KnownFile]) -> int:
    file = item[0]
    reason = _known_reason(file, known)
    if reason == _BUSY_REASON:
        return len(BOUNDS.seconds) - 1
    if reason in _POSTPONED_REASONS:
        return _POSTPONED_REASONS.index(reason) + 1
    return bisect_left(BOUNDS.seconds, file.size * SECONDS_PER_BYTE)


def _known_reason(file: FileState, known: dict[str, KnownFile]) -> str | None:
    """Why a file was not read before; None: it was, or has changed since."""
    old = known.get(file.path)
    return old.reason if old is not None and is_same(file, old) else None


def _given_up(item: tuple[FileState, str], refusal: Refusal, *, known: dict[str, KnownFile]) -> ParsedBatch:
    """The result for a post that was given up. The stored article stays if the file may be parsed later."""
    file, stored_digest = item
    was_slow = _known_reason(file, known) == _BUSY_REASON
    if (refusal.cause is Cause.LEFT and was_slow) or (refusal.cause is Cause.SLOW and not was_slow):
        parsed = ParsedFile(file, reason=_BUSY_REASON, keep_stored=bool(stored_digest), is_postponed=True)
    elif refusal.cause in (Cause.TIME, Cause.SLOW):
        parsed = ParsedFile(file, reason=TIME_REASON.format(seconds=refusal.seconds))
    elif refusal.cause is Cause.MEMORY:
        parsed = ParsedFile(file, reason=MEMORY_REASON.format(megabytes=BOUNDS.memory // 1_000_000))
    elif refusal.cause is Cause.STALLED:
        reason = f"the file could not be read within {refusal.seconds:g} s"
        parsed = ParsedFile(file, reason=reason, keep_stored=bool(stored_digest))
    elif refusal.cause is Cause.LEFT:
        reason = next(
            (
                text
                for text, limit in zip(_POSTPONED_REASONS, BOUNDS.seconds, strict=True)
                if limit >= refusal.seconds
            ),
            _POSTPONED_REASONS[-1],
        )
        parsed = ParsedFile(file, reason=reason, keep_stored=bool(stored_digest), is_postponed=True)
    else:
        parsed = ParsedFile(file, reason="reading it ended the process that did")
    return ParsedBatch((parsed,))


_SAMPLE_POST: Final = """---
title: 报童
date: 2021-12-30 08:00:00
---
# 天气

今天有雨，明天晴，1 of 3。

> 引用，**粗体**。

<p>再见</p>
"""


def load_parsers() -> None:
    """Import and initialise the parsers by parsing two small posts."""
    from corpus.posts import cleaning
    from corpus.posts.reader import parse_post
    from corpus.text import passages, sketches

    zone = ZoneInfo("UTC")
    for text in (_SAMPLE_POST, _SAMPLE_POST.replace("# 天气", "<p>天气</p>")):
        post = parse_post("a.md", text.encode(), zone=zone, now=datetime.now(zone))
        pieces = passages.split_passages(cleaning.paragraphs(post.body, title=post.title))
        texts = tuple(piece.text for piece in pieces)
        sketches.sketch_of(texts)
        documents.invert(
            [ArticleTexts(post.title, post.author, post.categories, epoch(post.published), texts)], zone=zone
        )


def parse_batch(batch: Iterable[tuple[FileState, str]], *, options: ReadOptions) -> ParsedBatch:
    """Parse posts one after the other; each comes with the digest of the stored article."""
    files: list[ParsedFile] = []

    def texts() -> Iterator[ArticleTexts]:
        for file, stored_digest in batch:
            parsed = parse_file(file, stored_digest, options)
            files.append(parsed)
            if (article := parsed.article) is not None:
                post = article.post
                headings = article.headings or ("",) * len(article.passages)
                indexed = tuple(map(documents.indexed_text, article.passages, headings))
                yield ArticleTexts(post.title, post.author, post.categories, epoch(post.published), indexed)

    inverted = documents.invert(texts(), zone=options.zone)
    return ParsedBatch(tuple(files), inverted)


def parse_file(file: FileState, stored_digest: str, options: ReadOptions) -> ParsedFile:
    """Parse one post completely.

    Args:
        file: The file.
        stored_digest: Digest of the stored article; empty if there is none. A post with the same content
            gives neither article nor reason.
        options: How posts are read.
    """
    from corpus.posts import cleaning
    from corpus.posts.reader import EMPTY_FILE, read_post
    from corpus.text import passages, sketches

    try:
        post = read_post(
            options.root, file.path, zone=options.zone, now=options.now, max_bytes=options.max_bytes
        )
        if post.draft:
            return ParsedFile(file, reason=DRAFT)
        if post.page:
            return ParsedFile(file, reason=PAGE)
        if post.coming:
            file = file.as_future_dated()
        if hiding := cleaning.unclosed_element(post.body):
            problem = f"<{hiding}> is never closed and hides what follows"
            post = replace(post, warning="; ".join(filter(None, (post.warning, problem))))
        without_body = replace(post, body="")
        digest = _digest(without_body, post.body)
        if digest == stored_digest:
            return ParsedFile(file, warning=post.warning)
        paragraphs = cleaning.paragraphs(post.body, title=post.title)
        slices = passages.split_passages(paragraphs)
        texts = tuple(piece.text for piece in slices) or ("",)
        starts = tuple(piece.start for piece in slices) or (0,)
        article = ParsedArticle(
            without_body,
            file.stat,
            digest,
            pack_body(paragraphs, starts),
            texts,
            sketches.sketch_of(texts),
            tuple(piece.heading for piece in slices),
            pack_layout(paragraphs, () if paragraphs else cleaning.pictures(post.body)),
        )
    except PostError as error:
        # A failing disk or missing permissions must not remove the articles one by one.
        # So must a file that is just being written.
        is_being_written = error.reason == EMPTY_FILE and file.may_change_unseen
        unreadable = isinstance(error.__cause__, OSError) or is_being_written
        return ParsedFile(file, reason=error.reason, keep_stored=unreadable and bool(stored_digest))
    except MemoryError:
        raise  # the memory bound of the worker process
    except Exception as error:
        logger.debug("unexpected error in %s", file.path, exc_info=True)
        return ParsedFile(file, reason=f"unexpected {type(error).__name__} while reading")
    return ParsedFile(file, article, warning=post.warning)


def _digest(without_body: Post, body: str) -> str:
    """Digest of a post and its body. It covers the field names of `Post`: renaming one changes all."""
    digest = hashlib.blake2b(digest_size=12)
    for content in (repr((READER_VERSION, without_body)), body):
        digest.update(content.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
