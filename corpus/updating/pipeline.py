"""One update run: changed posts of a folder are parsed, stored, indexed and reported, batch by batch.

Each batch is one transaction of the store; the index is synchronised afterwards. After a crash or Ctrl-C the
next run continues where this one stopped.
"""

import logging
import time
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Final

from corpus.models import Skipped, UpdateReport
from corpus.store.rows import KnownFile, StoredPassage
from corpus.store.store import Store
from corpus.updating.index_sync import IndexSynchronizer
from corpus.updating.parse_posts import ParsedBatch, ParsedFile, ReadOptions, parse_files
from corpus.updating.progress import Progress, Show, Stages, show_nothing, uninterrupted
from corpus.updating.scanning import compare, guard, scan

logger = logging.getLogger(__name__)

# Keys in the store's `meta`.
ROOT: Final = "root"
"""The folder that was read."""

READER: Final = "reader"
"""By which version of the reader, and in which time zone."""

UPDATED: Final = "updated"
"""Time of the last complete run, in seconds since the epoch."""

SETTLED: Final = "settled"
"""Number of the last article of the first complete run."""


def update(
    store: Store,
    synchronizer: IndexSynchronizer,
    options: ReadOptions,
    *,
    force: bool = False,
    workers: int | None = None,
    slow_seconds: float | None = None,
    progress: Show = show_nothing,
) -> UpdateReport:
    """Bring store and index in line with the folder.

    Args:
        store: The articles.
        synchronizer: Its index must have everything that the store has.
        options: The archive, and how posts are read.
        force: Skip the checks of `guard`.
        workers: As for `read_all`.
        slow_seconds: As for `read_all`; without effect when the whole archive is read anew.

    Raises:
        ArchiveError: The folder cannot be read, or `guard` refuses.
        StoreError: The store cannot be written; committed batches stay.
        IndexUnavailableError: The index cannot be written; the next run adds what it lacks.
    """
    started = time.monotonic()
    stages = Stages()
    progress(Progress("scan", 0, 0))
    with stages.during("scan"):
        found = scan(options.root)
        known = store.known_files()
        is_full_read = _needs_full_read(store, known, options)
        changes = compare(found, known, read_all=is_full_read)
        guard(options.root, store.meta(ROOT), changes, known, force=force)
    _note_archive(store, options)
    builder = ReportBuilder(known)
    builder.skipped.extend(Skipped(path, reason) for path, reason in changes.refused)
    builder.unchanged = changes.unchanged
    if changes.gone:
        with stages.during("store"):
            store.apply(removed=changes.gone)
    batches = parse_files(
        changes.read, known, options, workers=workers, slow_seconds=None if is_full_read else slow_seconds
    )
    try:
        with store.bulk_writing(), closing(batches):  # Ctrl-C must end the workers first
            timed_batches = stages.waiting("read", batches)
            _ingest_batches(store, synchronizer, timed_batches, builder, stages, progress, len(changes.read))
    except BaseException:
        _try_commit(synchronizer)
        raise
    with stages.during("index"):
        synchronizer.commit()
    progress(Progress("index", 0, 0))
    with stages.during("merge"):
        synchronizer.merge()
    _note_completion(store, options)
    report = builder.report(
        removed=sum(known[path].reason is None for path in changes.gone),
        seconds=time.monotonic() - started,
        stages=stages,
        passed_over=tuple(found.passed_over.most_common()),
    )
    _log(report)
    return report


def _needs_full_read(store: Store, known: Mapping[str, KnownFile], options: ReadOptions) -> bool:
    """Whether the archive was read by another version or time zone. An empty store was not."""
    if not known:
        store.set_meta(READER, options.reader)
    return store.meta(READER) != options.reader


def _note_archive(store: Store, options: ReadOptions) -> None:
    """Note which archive is read. A new one is without `UPDATED` until its first run completes."""
    if store.meta(ROOT) != str(options.root):
        store.forget_meta(UPDATED)
        store.set_meta(ROOT, str(options.root))


def _note_completion(store: Store, options: ReadOptions) -> None:
    """Note that the whole archive was read, by which reader, and when."""
    store.set_meta(READER, options.reader)
    if store.meta(UPDATED) is None:
        store.set_meta(SETTLED, str(store.last_number()))
    store.set_meta(UPDATED, str(int(options.now.timestamp())))


def _ingest_batches(
    store: Store,
    synchronizer: IndexSynchronizer,
    batches: Iterable[ParsedBatch],
    builder: "ReportBuilder",
    stages: Stages,
    progress: Show,
    total: int,
) -> None:
    """Store parsed batches one by one and add them to the index."""
    done = 0
    for batch in batches:
        if not batch.files:
            with stages.during("index"):
                synchronizer.commit()
            continue
        with uninterrupted():
            with stages.during("store"):
                passages = save(store, batch, builder.known)
            with stages.during("index"):
                synchronizer.add(passages, batch.inverted)
        builder.count(batch.files)
        done += len(batch.files)
        progress(Progress("read", done, total))
        with stages.during("index"):
            synchronizer.commit_when_due()


def _try_commit(synchronizer: IndexSynchronizer) -> None:
    """Index what was stored before an error or Ctrl-C; a second error must not hide the first one."""
    try:
        synchronizer.commit()
    except Exception as error:
        logger.warning("the index could not follow the store: %s", error)


def save(store: Store, batch: ParsedBatch, known: dict[str, KnownFile]) -> list[StoredPassage]:
    """Store what is new in a batch. Returns the new passages."""
    articles, skipped, touched = [], [], []
    for file in batch.files:
        path, stat = file.file.path, file.file.stat
        old = known.get(path)
        if file.article is not None:
            articles.append(file.article)
        elif file.reason is None:
            if old is None or old.stat != stat:
                touched.append((path, stat))
        elif not file.keep_stored and (old is None or (old.stat, old.reason) != (stat, file.reason)):
            skipped.append((path, stat, file.reason))
    if not (articles or skipped or touched):
        return []
    return store.apply(articles, skipped=skipped, touched=touched)


def _log(report: UpdateReport) -> None:
    logger.info(
        "updated: added=%d changed=%d removed=%d unchanged=%d skipped=%d seconds=%.1f %s",
        report.added,
        report.changed,
        report.removed,
        report.unchanged,
        len(report.skipped),
        report.seconds,
        " ".join(f"{stage}={seconds:.1f}" for stage, seconds in report.stages),
    )


@dataclass(slots=True)
class ReportBuilder:
    """Counts what a run does and builds its report."""

    known: dict[str, KnownFile]
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    waiting: int = 0
    skipped: list[Skipped] = field(default_factory=list)
    warnings: list[Skipped] = field(default_factory=list)

    def count(self, files: Iterable[ParsedFile]) -> None:
        """Count the results of parsing some files."""
        for parsed in files:
            path = parsed.file.path
            if parsed.warning is not None:
                self.warnings.append(Skipped(path, parsed.warning))
            self.waiting += parsed.is_postponed
            if parsed.reason is not None:
                self.skipped.append(Skipped(path, parsed.reason))
            elif parsed.article is None:
                self.unchanged += 1
            elif path in self.known and self.known[path].reason is None:
                self.changed += 1
            else:
                self.added += 1

    def report(
        self, *, removed: int, seconds: float, stages: Stages, passed_over: tuple[tuple[str, int], ...] = ()
    ) -> UpdateReport:
        """Build the report."""
        return UpdateReport(
            added=self.added,
            changed=self.changed,
            removed=removed,
            unchanged=self.unchanged,
            skipped=tuple(sorted(self.skipped, key=lambda entry: entry.path)),
            warnings=tuple(sorted(self.warnings, key=lambda entry: entry.path)),
            seconds=seconds,
            stages=tuple(stages.seconds.items()),
            waiting=self.waiting,
            passed_over=passed_over,
        )
