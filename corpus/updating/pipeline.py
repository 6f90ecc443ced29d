"""A folder into store and index: what changed is read and saved in batches, and reported.

Each batch is one transaction of the store; the index follows. After a crash or Ctrl-C the next run goes
on where this one was.
"""

import logging
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Final

from corpus.models import Skipped, UpdateReport
from corpus.store.rows import Known, StoredPassage
from corpus.store.store import Store
from corpus.updating.index_sync import Follower
from corpus.updating.parse_posts import Outcome, ReadBatch, ReadOptions, read_all
from corpus.updating.progress import Progress, Show, Stages, show_nothing, uninterrupted
from corpus.updating.scanning import compare, guard, scan

logger = logging.getLogger(__name__)

ROOT: Final = "root"
"""Keys in the store's `meta`: the archive that was indexed, what read it, and when that was last."""
READER: Final = "reader"
UPDATED: Final = "updated"

SETTLED: Final = "settled"
"""Key in the store's `meta`: the last article's number when the archive had been read for the first time."""


def update(
    store: Store,
    follower: Follower,
    options: ReadOptions,
    *,
    force: bool = False,
    workers: int | None = None,
    slow_seconds: float | None = None,
    progress: Show = show_nothing,
) -> UpdateReport:
    """Bring store and index in line with the folder.

    Args:
        follower: Of an index that has all that the store has.
        force: Go on where `guard` would refuse.
        workers: As for `read_all`.
        slow_seconds: As for `read_all`; without effect when the whole archive is read anew.

    Raises:
        ArchiveError: The folder cannot be read, or `guard` refuses.
        StoreError: The store cannot be written; what was committed before stays.
        IndexUnavailableError: The index cannot be written; what it lacks, it is given by the next run.
    """
    started = time.monotonic()
    stages = Stages()
    progress(Progress("scan", 0, 0))
    with stages.during("scan"):
        found = scan(options.root)
        known = store.known_files()
        if not known:
            store.set_meta(READER, options.reader)
        anew = store.meta(READER) != options.reader
        work = compare(found, known, anew=anew)
        guard(options.root, store.meta(ROOT), work, known, force=force)
    if store.meta(ROOT) != str(options.root):
        store.forget_meta(UPDATED)  # until the first run over this archive has come to its end
        store.set_meta(ROOT, str(options.root))
    tally = Tally(known)
    tally.skipped.extend(Skipped(path, reason) for path, reason in work.refused)
    tally.unchanged = work.unchanged
    if work.gone:
        with stages.during("store"):
            store.apply(removed=work.gone)
    batches = read_all(
        work.read, known, options, workers=workers, slow_seconds=None if anew else slow_seconds
    )
    try:
        with store.writing_much(), closing(batches):  # Ctrl-C ends the processes before it is dealt with
            waited = stages.waiting("read", batches)
            _take_in(store, follower, waited, tally, stages, progress, len(work.read))
    except BaseException:
        _commit_quietly(follower)
        raise
    with stages.during("index"):
        follower.commit()
    progress(Progress("index", 0, 0))
    with stages.during("merge"):
        follower.merge()
    store.set_meta(READER, options.reader)
    if store.meta(UPDATED) is None:
        store.set_meta(SETTLED, str(store.last_number()))
    store.set_meta(UPDATED, str(int(options.now.timestamp())))
    report = tally.report(
        removed=sum(known[path].reason is None for path in work.gone),
        seconds=time.monotonic() - started,
        stages=stages,
    )
    _log(report)
    return report


def _take_in(
    store: Store,
    follower: Follower,
    batches: Iterable[ReadBatch],
    tally: "Tally",
    stages: Stages,
    progress: Show,
    total: int,
) -> None:
    """Save what was read, batch by batch, and have the index follow."""
    done = 0
    for batch in batches:
        if not batch.outcomes:
            with stages.during("index"):
                follower.commit()
            continue
        with uninterrupted():
            with stages.during("store"):
                passages = save(store, batch, tally.known)
            with stages.during("index"):
                follower.add(passages, batch.inverted)
        tally.count(batch.outcomes)
        done += len(batch.outcomes)
        progress(Progress("read", done, total))
        with stages.during("index"):
            follower.commit_when_due()


def _commit_quietly(follower: Follower) -> None:
    """What was stored before Ctrl-C or an error is found; another error must not hide the first one."""
    try:
        follower.commit()
    except Exception as error:
        logger.warning("the index could not follow the store: %s", error)


def save(store: Store, batch: ReadBatch, known: dict[str, Known]) -> list[StoredPassage]:
    """Write one batch to the store, as far as it says anything new. Returns the new passages."""
    articles, skipped, touched = [], [], []
    for outcome in batch.outcomes:
        path, stat = outcome.file.path, outcome.file.stat
        old = known.get(path)
        if outcome.article is not None:
            articles.append(outcome.article)
        elif outcome.reason is None:
            if old is None or old.stat != stat:
                touched.append((path, stat))
        elif not outcome.kept and (old is None or (old.stat, old.reason) != (stat, outcome.reason)):
            skipped.append((path, stat, outcome.reason))
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
class Tally:
    """Counts of one run, while it runs."""

    known: dict[str, Known]
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    waiting: int = 0
    skipped: list[Skipped] = field(default_factory=list)
    warnings: list[Skipped] = field(default_factory=list)

    def count(self, outcomes: Iterable[Outcome]) -> None:
        """Take in what came of some files."""
        for outcome in outcomes:
            path = outcome.file.path
            if outcome.warning is not None:
                self.warnings.append(Skipped(path, outcome.warning))
            self.waiting += outcome.waiting
            if outcome.reason is not None:
                self.skipped.append(Skipped(path, outcome.reason))
            elif outcome.article is None:
                self.unchanged += 1
            elif path in self.known and self.known[path].reason is None:
                self.changed += 1
            else:
                self.added += 1

    def report(self, *, removed: int, seconds: float, stages: Stages) -> UpdateReport:
        """Sum up."""
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
        )
