"""`Importer`, which reads files, folders and addresses and writes their articles as posts."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from corpus.sources.feed_list import feeds_lock
from corpus.sources.imports.crawling import Crawl
from corpus.sources.imports.files import ImportFile, Kind, find_files
from corpus.sources.imports.known_posts import page_key, scan_posts
from corpus.sources.imports.reading import BOUNDS, ReadItem, load_readers, read_items, refused
from corpus.sources.imports.storing import Counts, EntryStore
from corpus.sources.imports.telegram_export import read_export
from corpus.sources.imports.values import ImportedEntry, Reading, UnreadableError
from corpus.sources.options import SourceOptions
from corpus.sources.page_fetching import HOST_SECONDS
from corpus.sources.rebuilding import open_rebuilt
from corpus.sources.rounds import fetch_options
from corpus.workers import Workers, usable_cores

WAIT_SECONDS: Final = 60.0
"""How long a batch waits for another process that fetches."""

BATCH_FILES: Final = 20
BATCH_MESSAGES: Final = 500

Show = Callable[[str, int, int], None]
Element = TypeVar("Element")


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import gave.

    Attributes:
        added: Posts that were written.
        known: Articles that the archive had already.
        updated: Posts that were written again, since what they were made of has changed.
        skipped: Path or address of what gave no article, each with its reason.
        seconds: How long it took.
        readers: What found the main text of web pages, each once.
        read: How many files or pages gave articles.
    """

    added: int
    known: int
    updated: int
    skipped: tuple[tuple[str, str], ...]
    seconds: float
    readers: tuple[str, ...]
    read: int


@dataclass(slots=True)
class _Run:
    """What a run has given so far."""

    counts: Counts = field(default_factory=Counts)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    readers: dict[str, None] = field(default_factory=dict)
    read: int = 0


class Importer:
    """Imports articles into an archive.

    Args:
        options: Where posts are written, and how pages are fetched.
        now: The clock.
        categories: Categories of all that is imported, the widest first.
        below: Folders below the archive's that posts stand in.
        channel: Public name of the channel of a Telegram export; empty: unknown.
        own_reader: Do not use the extra `fulltext`.
        page_seconds: Pause between two pages of one host.
        workers: Processes that read files; None: as many as pay; 0: none, and then no bounds.
        show: Called with phase, done and total.
    """

    def __init__(
        self,
        options: SourceOptions,
        *,
        now: Callable[[], datetime],
        categories: tuple[str, ...] = (),
        below: tuple[str, ...] = (),
        channel: str = "",
        own_reader: bool = False,
        page_seconds: float = HOST_SECONDS,
        workers: int | None = None,
        show: Show = lambda *_: None,
    ) -> None:
        self._options = options
        self._now = now
        self._categories = categories
        self._below = below
        self._channel = channel
        self._own_reader = own_reader
        self._page_seconds = page_seconds
        self._workers = workers
        self._show = show

    def run(
        self, paths: Sequence[Path] = (), addresses: Sequence[str] = (), *, limit: int = 500
    ) -> ImportReport:
        """Import files, those below folders, and pages. One that cannot be read never stops the others.

        Args:
            paths: Files and folders.
            addresses: Sitemaps and pages.
            limit: How many pages are fetched at most.

        Raises:
            DiskError: Posts cannot be written.
            FeedListError: DATA_DIR cannot be written, or another process holds it.
            StoreError: The state cannot be opened.
        """
        started = time.monotonic()
        archive = self._options.root.resolve()
        found = [one for path in paths for one in find_files(path, archive=archive)]
        run = _Run()
        run.skipped += [(one.source, one.reason or "") for one in found if isinstance(one, Reading)]
        files = [one for one in found if isinstance(one, ImportFile)]
        exports = [one for one in files if one.kind is Kind.EXPORT]
        others = [one for one in files if one.kind is not Kind.EXPORT]
        store = self._store()
        for export in exports:
            self._import_export(export, store, run)
        if others:
            kinds = frozenset(one.kind for one in others)
            self._import_items(_batches(others, BATCH_FILES), lambda: len(others), kinds, store, run)
        if addresses:
            self._import_addresses(addresses, limit, store, run)
        return self._report(run, started)

    def _store(self) -> EntryStore:
        posts = scan_posts(self._options.root, on_file=lambda count: self._show("scan", count, 0))
        return EntryStore(self._options.root, posts, self._categories, self._below)

    def _import_export(self, export: ImportFile, store: EntryStore, run: _Run) -> None:
        """Import an export in batches; it is read here, since it is read piece by piece."""
        done = silent = 0

        def count() -> None:
            nonlocal silent
            silent += 1

        entries = read_export(Path(export.path), name=self._channel, zone=self._options.zone, on_silent=count)
        try:
            for batch in _batches(entries, BATCH_MESSAGES):
                self._keep(batch, store, run)
                done += len(batch)
                self._show("import", done, 0)
        except UnreadableError as error:
            run.skipped.append((export.shown, str(error)))
        if silent:
            run.skipped.append(
                (
                    export.shown,
                    f"{silent:,} message{'' if silent == 1 else 's'} without text: pictures and files",
                )
            )
        run.read += done > 0

    def _import_items(
        self,
        batches: Iterable[Sequence[ReadItem]],
        total: Callable[[], int],
        kinds: frozenset[Kind],
        store: EntryStore,
        run: _Run,
    ) -> None:
        """Read files or pages of some kinds in worker processes and write their articles."""
        done = 0
        processes = min(usable_cores(), max(1, total() // BATCH_FILES))
        if self._workers is not None:
            processes = self._workers
        with Workers(
            partial(read_items, zone=self._options.zone, own=self._own_reader),
            processes,
            on_refusal=refused,
            bounds=BOUNDS,
            warm_up=partial(load_readers, kinds),
            cache_dir=None,
        ) as pool:
            for pair in pool.map(batches):
                if pair is None:
                    continue
                items, readings = pair
                for one in readings:
                    if one.reason is not None:
                        run.skipped.append((one.source, one.reason))
                    run.read += bool(one.entries)
                    if one.reader:
                        run.readers[one.reader] = None
                self._keep([entry for one in readings for entry in one.entries], store, run)
                done += len(items)
                self._show("import", done, total())

    def _import_addresses(self, addresses: Sequence[str], limit: int, store: EntryStore, run: _Run) -> None:
        """Fetch pages and import them as they come."""
        crawl = Crawl(
            fetch_options(self._options, self._options.allowed),
            now=self._now,
            limit=limit,
            is_known=lambda address: page_key(address) in store.posts.pages,
            host_seconds=self._page_seconds,
        )

        def pages() -> Iterator[list[ReadItem]]:
            for one in crawl.run(addresses):
                if isinstance(one, Reading):
                    run.skipped.append((one.source, one.reason or ""))
                else:
                    yield [one]

        self._import_items(pages(), lambda: crawl.total, frozenset({Kind.PAGE}), store, run)
        run.counts.known += crawl.known
        if crawl.left:
            run.skipped.append(("--limit", f"{crawl.left:,} more pages were left after {limit:,}"))

    def _keep(self, entries: Sequence[ImportedEntry], store: EntryStore, run: _Run) -> None:
        """Write a batch. The lock is held for a batch only, so that feeds are fetched meanwhile."""
        if not entries:
            return
        with feeds_lock(self._options.data_dir, wait_seconds=WAIT_SECONDS):
            states = open_rebuilt(self._options, now=self._now())
            try:
                run.counts.add(store.store(states, entries, now=self._now()))
            finally:
                states.close()

    def _report(self, run: _Run, started: float) -> ImportReport:
        return ImportReport(
            added=run.counts.added,
            known=run.counts.known,
            updated=run.counts.updated,
            skipped=tuple(run.skipped),
            seconds=time.monotonic() - started,
            readers=tuple(run.readers),
            read=run.read,
        )


def _batches(elements: Iterable[Element], size: int) -> Iterator[list[Element]]:
    """Yield the elements in lists; what came before an error is yielded before it is raised."""
    batch: list[Element] = []
    try:
        for one in elements:
            batch.append(one)
            if len(batch) >= size:
                yield batch
                batch = []
    except UnreadableError:
        if batch:
            yield batch
        raise
    if batch:
        yield batch
