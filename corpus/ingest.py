"""A folder against the store: scan, compare, read what changed, save in batches, report.

Reading a post is the work of `read_file`, a pure function of the file, so it runs in this process for a
few files and in worker processes for many. Each batch is one transaction; after a crash or Ctrl-C the
next run goes on where this one was.
"""

import hashlib
import itertools
import logging
import os
import stat as stat_module
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path
from zoneinfo import ZoneInfo

from corpus import analyzer, cleaning, documents, passages, posts
from corpus.documents import FieldTerms
from corpus.errors import ArchiveError, PostError
from corpus.index import Index
from corpus.models import Post, Skipped, UpdateReport
from corpus.records import pack_body
from corpus.store import Known, ReadArticle, Store, epoch

logger = logging.getLogger(__name__)

READER_VERSION = 1
"""Grows when the same file would be read otherwise, so that archives read before are read again."""

SUFFIXES = (".md", ".markdown", ".html")
DRAFT = "draft"
BATCH_FILES = 64
PARALLEL_FROM = 400
"""Fewer changed files are read in this process: starting workers takes about a second."""

COMMIT_PASSAGES = 100_000
"""Passages after which a long run makes the index durable; the store is at every batch."""

SYNCHRONISE_PASSAGES = 5_000


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an update has come.

    Attributes:
        phase: `scan`, `read` or `index`.
    """

    phase: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What reading a post depends on beside the file."""

    root: Path
    zone: ZoneInfo
    now: datetime
    max_bytes: int


@dataclass(frozen=True, slots=True)
class FileState:
    """A file found by the scan.

    Attributes:
        stat: Size and time of change; equal means unchanged.
    """

    path: str
    stat: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of reading one file: an article, or nothing new, or the reason why not."""

    file: FileState
    article: ReadArticle | None = None
    title_terms: FieldTerms | None = None
    passage_terms: tuple[FieldTerms, ...] = ()
    reason: str | None = None
    warning: str | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """What lies in the archive: files to read, and entries that can be named but not read."""

    files: tuple[FileState, ...]
    refused: tuple[tuple[FileState, str], ...]


def scan(root: Path) -> Scan:
    """List the posts below `root`, in a fixed order.

    Hidden folders, `_drafts` and READMEs are left out. Folders behind symbolic links are not entered.

    Raises:
        ArchiveError: `root` is not a folder that can be read.
    """
    files: list[FileState] = []
    refused: list[tuple[FileState, str]] = []
    pending = [root]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            if folder == root:
                raise ArchiveError(f"CORPUS_DIR {root} cannot be read: {error.strerror or error}") from error
            state = FileState(_relative(root, folder), "")
            refused.append((state, f"the folder cannot be read: {error.strerror or error}"))
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if not entry.name.startswith(".") and entry.name not in {"_drafts", "node_modules"}:
                    pending.append(Path(entry.path))
            elif _is_post_name(entry.name):
                _look_at(root, entry, files, refused)
    files.sort(key=lambda file: file.path)
    return Scan(tuple(files), tuple(refused))


def _is_post_name(name: str) -> bool:
    if name == ".md":  # the generator's name for a post without a title
        return True
    stem, suffix = os.path.splitext(name)  # noqa: PTH122 — a bare name, and pathlib has no suffix for ".md"
    return not name.startswith(".") and suffix.lower() in SUFFIXES and stem.lower() != "readme"


def _look_at(
    root: Path, entry: "os.DirEntry[str]", files: list[FileState], refused: list[tuple[FileState, str]]
) -> None:
    path = _relative(root, Path(entry.path))
    try:
        path.encode()
        status = entry.stat()
    except UnicodeEncodeError:
        name = path.encode("utf-8", "backslashreplace").decode()
        refused.append((FileState(name, ""), "the file name is not UTF-8"))
        return
    except OSError as error:
        refused.append((FileState(path, ""), f"cannot be read: {error.strerror or error}"))
        return
    state = FileState(path, f"{status.st_size}:{status.st_mtime_ns}")
    if stat_module.S_ISREG(status.st_mode):
        files.append(state)
    else:
        refused.append((state, "not a regular file"))


def _relative(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()


def read_file(file: FileState, known_digest: str, options: ReadOptions) -> Outcome:
    """Read one post completely.

    Args:
        known_digest: Of the article as stored; a post with the same content comes back without article
            and without reason. Empty when nothing is stored.
    """
    try:
        post = posts.read_post(
            options.root, file.path, zone=options.zone, now=options.now, max_bytes=options.max_bytes
        )
        if post.draft:
            return Outcome(file, reason=DRAFT)
        digest = _digest(post)
        if digest == known_digest:
            return Outcome(file, warning=post.warning)
        paragraphs = cleaning.paragraphs(post.body, title=post.title)
        slices = passages.split_passages(paragraphs)
    except PostError as error:
        return Outcome(file, reason=error.reason)
    except Exception as error:
        logger.debug("unexpected error in %s", file.path, exc_info=True)
        return Outcome(file, reason=f"unexpected {type(error).__name__} while reading")
    texts = tuple(piece.text for piece in slices) or ("",)
    starts = tuple(piece.start for piece in slices) or (0,)
    article = ReadArticle(replace(post, body=""), file.stat, digest, pack_body(paragraphs, starts), texts)
    return Outcome(
        file,
        article,
        documents.title_terms(post.title, post.author, post.categories, epoch(post.published), options.zone),
        tuple(map(documents.text_terms, texts)),
        warning=post.warning,
    )


def _digest(post: Post) -> str:
    content = repr((READER_VERSION, post))
    return hashlib.blake2b(content.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


@dataclass(frozen=True, slots=True)
class Work:
    """What has to be done to bring the store in line with the folder."""

    read: tuple[FileState, ...]
    gone: tuple[str, ...]
    unchanged: int
    refused: tuple[tuple[FileState, str], ...]


def compare(found: Scan, known: dict[str, Known]) -> Work:
    """Tell new, changed and gone files from those that are as they were.

    Files that were skipped are looked at again: a reason such as missing rights may have passed.
    """
    read = tuple(
        file
        for file in found.files
        if (old := known.get(file.path)) is None or old.reason is not None or old.stat != file.stat
    )
    present = {file.path for file in found.files}
    refused_folders = tuple(f"{file.path}/" for file, reason in found.refused if not file.stat)
    # An article in a folder that cannot be listed just now is not gone.
    gone = tuple(
        path for path in known if path not in present and not path.startswith(refused_folders or ("\0",))
    )
    return Work(read, gone, len(found.files) - len(read), found.refused)


def guard(root: Path, store: Store, work: Work, known: dict[str, Known], *, force: bool) -> None:
    """Refuse what looks like a mistake: another root, or most articles gone.

    Raises:
        ArchiveError: It does, and `force` is not set.
    """
    if force:
        return
    remembered = store.meta("root")
    if remembered is not None and remembered != str(root):
        raise ArchiveError(
            f"the data belongs to the archive {remembered}, not to {root}; "
            "set CORPUS_DIR back, use another DATA_DIR, or replace the archive with --force"
        )
    articles = {path for path, entry in known.items() if entry.reason is None}
    gone = sum(path in articles for path in work.gone)
    if gone * 2 > len(articles):
        raise ArchiveError(
            f"{gone} of {len(articles)} articles are gone from {root}; is the disk mounted? "
            "Nothing was changed; if they are meant to go, use --force"
        )


def read_all(
    files: Sequence[FileState], known: dict[str, Known], options: ReadOptions, *, workers: int | None = None
) -> Iterator[list[Outcome]]:
    """Read files in batches, in order; in worker processes when there are many.

    Args:
        workers: Processes to use; None: as many as there are cores when it pays; 0: none.
    """
    batches = [
        [(file, known[file.path].digest if file.path in known else "", options) for file in batch]
        for batch in _batched(files, BATCH_FILES)
    ]
    if workers is None:
        workers = (os.cpu_count() or 1) if len(files) >= PARALLEL_FROM else 0
    if workers < 1:
        yield from map(_read_batch, batches)
        return
    # spawn: a fork of a process with threads (the bot) may deadlock.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        try:
            yield from _in_order(pool, batches, ahead=workers * 4)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _read_batch(batch: list[tuple[FileState, str, ReadOptions]]) -> list[Outcome]:
    return [read_file(*arguments) for arguments in batch]


def _in_order(
    pool: ProcessPoolExecutor, batches: Iterable[list[tuple[FileState, str, ReadOptions]]], *, ahead: int
) -> Iterator[list[Outcome]]:
    """Submit a bounded number of batches ahead, so that memory stays flat."""
    source = iter(batches)
    running = [pool.submit(_read_batch, batch) for batch in itertools.islice(source, ahead)]
    while running:
        yield running.pop(0).result()
        running.extend(pool.submit(_read_batch, batch) for batch in itertools.islice(source, 1))


def _batched(files: Sequence[FileState], size: int) -> Iterator[Sequence[FileState]]:
    for start in range(0, len(files), size):
        yield files[start : start + size]


# The index follows the store by marks that each commit saves with it: the highest passage number it has
# (`through`), the last entry of `removed` it has let go (`removals`), and what its terms depend on.


def index_is_current(index: Index, zone: ZoneInfo) -> bool:
    """Tell whether the index was made by this analyzer, with days counted in this zone."""
    return all(index.state.get(key) == value for key, value in _made_by(zone).items())


def _made_by(zone: ZoneInfo) -> dict[str, int]:
    return {"analyzer": analyzer.VERSION, "zone": zlib.crc32(zone.key.encode())}


def synchronise(
    store: Store, index: Index, zone: ZoneInfo, *, progress: Callable[[Progress], None] = lambda _: None
) -> int:
    """Give the index what the store has and the index lacks, after a crash or for a rebuild.

    Commits as it goes, so that a reader of a growing index finds more and more.

    Returns:
        Passages added.
    """
    through = index.state.get("through", 0)
    _, total, _ = store.counts()
    added = 0
    while batch := store.passages_after(through, limit=SYNCHRONISE_PASSAGES):
        index.add(documents.document_of(passage, zone) for passage in batch)
        through = batch[-1].number
        added += len(batch)
        commit(store, index, zone, through=through)
        progress(Progress("index", added, total))
    if store.removed_after(index.state.get("removals", 0), limit=1):
        commit(store, index, zone, through=through)
    return added


def commit(store: Store, index: Index, zone: ZoneInfo, *, through: int) -> None:
    """Make durable what was added to the index, and what the store has removed since.

    Args:
        through: Number of the last passage that was added.
    """
    had = index.state.get("through", 0)
    sequence = index.state.get("removals", 0)
    while batch := store.removed_after(sequence, limit=1_000):
        # What was added and removed between two commits never came into the index.
        index.remove(
            documents.document_of(entry.passage, zone) for entry in batch if entry.passage.number <= had
        )
        sequence = batch[-1].sequence
    index.commit({**_made_by(zone), "through": through, "removals": sequence})
    store.forget_removed(sequence)


def update(
    store: Store,
    index: Index,
    options: ReadOptions,
    *,
    force: bool = False,
    workers: int | None = None,
    progress: Callable[[Progress], None] = lambda _: None,
) -> UpdateReport:
    """Bring store and index in line with the folder.

    Args:
        force: Go on where `guard` would refuse.
        workers: As for `read_all`.

    Raises:
        ArchiveError: The folder cannot be read, or `guard` refuses.
        StoreError: The store cannot be written; what was committed before stays.
    """
    started = time.monotonic()
    progress(Progress("scan", 0, 0))
    found = scan(options.root)
    known = store.known_files()
    work = compare(found, known)
    guard(options.root, store, work, known, force=force)
    synchronise(store, index, options.zone, progress=progress)
    store.set_meta("root", str(options.root))
    tally = Tally(known)
    tally.skipped.extend(Skipped(file.path, reason) for file, reason in work.refused)
    tally.unchanged = work.unchanged
    if work.gone:
        store.apply(removed=work.gone)
    done = waiting = 0
    try:
        for outcomes in read_all(work.read, known, options, workers=workers):
            waiting += _save(store, index, outcomes)
            tally.count(outcomes)
            done += len(outcomes)
            progress(Progress("read", done, len(work.read)))
            if waiting >= COMMIT_PASSAGES:
                commit(store, index, options.zone, through=store.last_passage())
                waiting = 0
    finally:  # also on Ctrl-C: what was stored is found
        commit(store, index, options.zone, through=store.last_passage())
    index.merge()
    store.set_meta("updated", str(int(options.now.timestamp())))
    report = tally.report(
        removed=sum(known[path].reason is None for path in work.gone), seconds=time.monotonic() - started
    )
    logger.info(
        "updated: added=%d changed=%d removed=%d unchanged=%d skipped=%d seconds=%.1f",
        *(
            report.added,
            report.changed,
            report.removed,
            report.unchanged,
            len(report.skipped),
            report.seconds,
        ),
    )
    return report


def _save(store: Store, index: Index, outcomes: Sequence[Outcome]) -> int:
    """Write one batch: first the store, the truth; then the index. Returns the passages written."""
    stored = store.apply(
        [outcome.article for outcome in outcomes if outcome.article is not None],
        skipped=[
            (outcome.file.path, outcome.file.stat, outcome.reason)
            for outcome in outcomes
            if outcome.reason is not None
        ],
        touched=[
            (outcome.file.path, outcome.file.stat)
            for outcome in outcomes
            if outcome.reason is None and outcome.article is None
        ],
    )
    terms = [
        (text, outcome.title_terms)
        for outcome in outcomes
        if outcome.title_terms is not None
        for text in outcome.passage_terms
    ]
    index.add(
        documents.document(passage, text, title) for passage, (text, title) in zip(stored, terms, strict=True)
    )
    return len(stored)


@dataclass(slots=True)
class Tally:
    """Counts of one run, while it runs."""

    known: dict[str, Known]
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    skipped: list[Skipped] = field(default_factory=list)
    warnings: list[Skipped] = field(default_factory=list)

    def count(self, outcomes: Iterable[Outcome]) -> None:
        """Take in what came of some files."""
        for outcome in outcomes:
            path = outcome.file.path
            if outcome.warning is not None:
                self.warnings.append(Skipped(path, outcome.warning))
            if outcome.reason is not None:
                if outcome.reason != DRAFT:
                    self.skipped.append(Skipped(path, outcome.reason))
            elif outcome.article is None:
                self.unchanged += 1
            elif path in self.known and self.known[path].reason is None:
                self.changed += 1
            else:
                self.added += 1

    def report(self, *, removed: int, seconds: float) -> UpdateReport:
        """Sum up."""
        return UpdateReport(
            added=self.added,
            changed=self.changed,
            removed=removed,
            unchanged=self.unchanged,
            skipped=tuple(sorted(self.skipped, key=lambda entry: entry.path)),
            warnings=tuple(sorted(self.warnings, key=lambda entry: entry.path)),
            seconds=seconds,
        )
