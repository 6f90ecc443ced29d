"""Index synchroniser: applies to the index what was added to and removed from the store.

Each commit of the index saves a cursor with it: the identity of the store, the highest indexed passage number
(`through`), the last applied entry of the table `removed` (`removals`), and what the terms depend on. After
any interruption the difference between store and index is therefore known.
"""

import logging
import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from corpus.errors import IndexUnavailableError
from corpus.index.index import Index
from corpus.index.inverting import Document, Inverted, invert_documents
from corpus.store.rows import StoredPassage
from corpus.store.store import Store
from corpus.text import analyzer
from corpus.updating import documents
from corpus.updating.progress import Progress, Show, show_nothing, uninterrupted
from corpus.workers import Bounds, Refusal, Workers, usable_cores

logger = logging.getLogger(__name__)

DAMAGED_KEY: Final = "damaged"
"""Key in the store's `meta`; it is set while the index is known to be damaged."""

BATCH_PASSAGES: Final = 1_000
MIN_PARALLEL_PASSAGES: Final = 5_000
"""Fewer passages than this are segmented without worker processes."""

IN_ORDER_BOUNDS: Final = Bounds(seconds=(20.0,))
"""A single attempt per passage: passages must reach the index by growing number, so none can be postponed."""

MIN_COMMIT_DELAY_SECONDS: Final = 3.0
MAX_COMMIT_DELAY_SECONDS: Final = 30.0
"""Delay between commits while many posts are read. It grows with the duration of the run, since each commit
costs time, between these limits."""


class IndexHealth(Enum):
    """State of an index in relation to its store."""

    GOOD = "good"
    BEHIND = "it lacks what the store has"
    OUTDATED = "it was made by another version or for another TIMEZONE"
    DAMAGED = "a file of it is damaged"
    UNUSABLE = "it was made from another database"


def index_health(index: Index, store: Store, zone: ZoneInfo) -> IndexHealth:
    """Check whether an index can be searched together with this store, and whether it is complete.

    BEHIND and OUTDATED can be searched, and so can DAMAGED except for its lost segments. UNUSABLE cannot: its
    passage numbers belong to other passages now.
    """
    state = index.state  # read before the store, which is always ahead
    if state.get("store") != store.identity or state.get("through", 0) > store.last_passage():
        return IndexHealth.UNUSABLE
    if index.lost or store.meta(DAMAGED_KEY):
        return IndexHealth.DAMAGED
    if any(state.get(key) != value for key, value in _fingerprint(store, zone).items()):
        return IndexHealth.OUTDATED
    removals = state.get("removals", 0)
    if removals < store.forgotten_removals():  # the index was restored from an older copy
        return IndexHealth.OUTDATED
    if state.get("through", 0) < store.last_passage() or store.removed_after(removals, limit=1):
        return IndexHealth.BEHIND
    return IndexHealth.GOOD


def _fingerprint(store: Store, zone: ZoneInfo) -> dict[str, int]:
    return {
        "store": store.identity,
        "analyzer": analyzer.VERSION,
        "zone": zlib.crc32(zone.key.encode()),
    }


class IndexSynchronizer:
    """Brings an index in line with a store. Only the holder of the write lock may use it.

    Args:
        store: The articles.
        index: The index.
        zone: Time zone in which days are counted.
        cache_dir: Where the analyzer may keep its cache, in worker processes too.
    """

    def __init__(self, store: Store, index: Index, zone: ZoneInfo, *, cache_dir: Path | None = None) -> None:
        self._store = store
        self._index = index
        self._zone = zone
        self._cache_dir = cache_dir
        self._fingerprint = _fingerprint(store, zone)
        self._committed_through = self._added_through = index.state.get("through", 0)
        self._has_changes = self._has_failed = False
        self._started_at = self._committed_at = time.monotonic()

    def reset(self, *, answering: bool) -> None:
        """Remove everything from the index.

        Args:
            answering: Questions are answered from the old content until the next commit.
        """
        self._index.clear()
        self._committed_through = self._added_through = 0
        self._has_changes = True
        if not answering:
            with self._discard_on_error():
                self._index.commit(self._state(0))
                self._has_changes = False

    def catch_up(
        self, *, all_at_once: bool = False, workers: int | None = None, progress: Show = show_nothing
    ) -> int:
        """Add all passages that the store has and the index lacks.

        Args:
            all_at_once: Commit once, at the end; otherwise several times, so that an interrupted run is
                continued by the next.
            workers: Processes to use; None: one per core if it pays; 0: none.
            progress: Called after each batch.

        Returns:
            Number of passages added.

        Raises:
            IndexUnavailableError: The index cannot be written.
            StoreError: The store cannot be read.
        """
        missing = self._store.passages_beyond(self._added_through)
        if workers is None:
            workers = usable_cores() if missing >= MIN_PARALLEL_PASSAGES else 0
        added = 0
        make = partial(_invert_batch, zone=self._zone)
        with Workers(
            make, workers, on_refusal=_empty_passage, bounds=IN_ORDER_BOUNDS, cache_dir=self._cache_dir
        ) as pool:
            for passages, inverted in filter(None, pool.map(self._missing_batches())):
                self.add(passages, inverted)
                added += len(passages)
                progress(Progress("index", added, missing))
                if not all_at_once:
                    self.commit_when_due()
        self.commit()
        return added

    def _missing_batches(self) -> Iterator[list[StoredPassage]]:
        number = self._added_through
        while batch := self._store.passages_after(number, limit=BATCH_PASSAGES):
            number = batch[-1].number
            yield batch

    def add(self, passages: Sequence[StoredPassage], inverted: Iterable[Inverted]) -> None:
        """Add the passages that were stored last; they are found after the next commit.

        Args:
            passages: By growing number, without gaps.
            inverted: The same passages, inverted.

        Raises:
            IndexUnavailableError: The index cannot be written.
        """
        if passages:
            with uninterrupted(), self._discard_on_error():
                rest = iter(passages)
                for piece in inverted:
                    self._index.extend(list(map(documents.facets, islice(rest, len(piece)))), piece)
                self._added_through = passages[-1].number
                self._has_changes = True

    def commit_when_due(self) -> None:
        """Commit if the last commit is long enough ago."""
        now = time.monotonic()
        wait = min(max(MIN_COMMIT_DELAY_SECONDS, (now - self._started_at) / 2), MAX_COMMIT_DELAY_SECONDS)
        if now - self._committed_at >= wait:
            self.commit()

    def commit(self) -> None:
        """Commit additions, and the removals that the store has recorded. Does nothing if there are none.

        It also does nothing after `add` failed: the additions are discarded, and a later `catch_up` repeats
        them.

        Raises:
            IndexUnavailableError: The index cannot be written.
            StoreError: The store cannot be read or written.
        """
        if self._has_failed:
            return
        with uninterrupted(), self._discard_on_error():
            removals = self._apply_removals()
            state = self._state(removals)
            if self._has_changes or state != self._index.state:
                self._store.make_durable()  # the index must never be ahead of the store on disk
                self._index.commit(state)
                self._committed_through, self._has_changes = self._added_through, False
                self._store.forget_removed(removals)
        self._committed_at = time.monotonic()

    def _state(self, removals: int) -> dict[str, int]:
        return {**self._fingerprint, "through": self._added_through, "removals": removals}

    def _apply_removals(self) -> int:
        """Remove from the index what is gone from the store. Returns the last applied entry."""
        sequence = self._index.state.get("removals", 0) if self._committed_through else 0
        while batch := self._store.removed_after(sequence, limit=1_000):
            # A passage that was added and removed between two commits never reached the index.
            to_remove = [entry.passage for entry in batch if entry.passage.number <= self._committed_through]
            if to_remove:
                self._index.remove(documents.document_of(passage, self._zone) for passage in to_remove)
            sequence = batch[-1].sequence
        return sequence

    def merge(self) -> None:
        """Merge segments. A merge that Ctrl-C interrupts is repeated by the next run.

        Raises:
            IndexUnavailableError: The index cannot be written.
        """
        if not self._has_failed:
            with (
                self._discard_on_error()
            ):  # not `uninterrupted`: it takes up to minutes, and nothing is lost without it
                self._index.merge()

    @contextmanager
    def _discard_on_error(self) -> Iterator[None]:
        """Discard everything that was not committed if the block fails.

        Raises:
            IndexUnavailableError: In place of OSError.
        """
        try:
            yield
        except BaseException as error:
            self._has_failed = True
            self._index.close()
            if isinstance(error, OSError):
                raise IndexUnavailableError(f"the index cannot be written: {error}") from error
            raise


def _invert_batch(passages: Iterable[StoredPassage], *, zone: ZoneInfo) -> list[Inverted]:
    return documents.invert(documents.texts_of(passages), zone=zone)


def _empty_passage(passage: StoredPassage, _: Refusal) -> list[Inverted]:
    """The result for a passage that no worker process survives: it is indexed without terms."""
    logger.warning("passage not segmented: number=%d", passage.number)
    return [invert_documents([Document(passage.number, passage.article, ())])]
