"""The index follows the store: what the store has taken in or let go, the index learns afterwards.

Each commit of the index saves with it how far it has come: from which store it was made, the highest
passage number it has (`through`), the last entry of `removed` it has let go (`removals`), and what its
terms depend on. So whatever happens in between, the difference is known.
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
from corpus.updating.workers import Bounds, Refusal, Workers, usable_cores

logger = logging.getLogger(__name__)

DAMAGED: Final = "damaged"
"""Key in the store's `meta`, set when the index was found to be damaged."""

BATCH_PASSAGES: Final = 1_000
PARALLEL_FROM: Final = 5_000
"""Fewer passages are segmented in this process."""

IN_ORDER: Final = Bounds(seconds=(20.0,))
"""Passages come to the index by growing number, so none is set aside for later."""

SOON_SECONDS: Final = 3.0
LATE_SECONDS: Final = 30.0
"""How long what was stored waits to be found while much is read: longer and longer, since each commit
costs time, but never more than this."""


class Condition(Enum):
    """How an index stands to the store."""

    GOOD = "good"
    BEHIND = "it lacks what the store has"
    OUTDATED = "it was made by another version or for another TIMEZONE"
    DAMAGED = "a file of it is damaged"
    UNUSABLE = "it was made from another database"


def condition_of(index: Index, store: Store, zone: ZoneInfo) -> Condition:
    """Tell whether an index can be searched together with this store, and whether it lacks anything.

    BEHIND and OUTDATED can be searched, and DAMAGED but for what is lost; UNUSABLE means passages by
    numbers that others have now.
    """
    state = index.state  # before the store, which is always ahead
    if state.get("store") != store.identity or state.get("through", 0) > store.last_passage():
        return Condition.UNUSABLE
    if index.lost or store.meta(DAMAGED):
        return Condition.DAMAGED
    if any(state.get(key) != value for key, value in _made_by(store, zone).items()):
        return Condition.OUTDATED
    removals = state.get("removals", 0)
    if removals < store.forgotten_removals():  # it was put back from a copy
        return Condition.OUTDATED
    if state.get("through", 0) < store.last_passage() or store.removed_after(removals, limit=1):
        return Condition.BEHIND
    return Condition.GOOD


def _made_by(store: Store, zone: ZoneInfo) -> dict[str, int]:
    return {
        "store": store.identity,
        "analyzer": analyzer.VERSION,
        "zone": zlib.crc32(zone.key.encode()),
    }


class Follower:
    """Brings an index in line with a store. For one at a time: who holds the right to write.

    Args:
        cache_dir: Where the analyzer may keep its cache, in other processes too.
    """

    def __init__(self, store: Store, index: Index, zone: ZoneInfo, *, cache_dir: Path | None = None) -> None:
        self._store = store
        self._index = index
        self._zone = zone
        self._cache_dir = cache_dir
        self._made_by = _made_by(store, zone)
        self._had = self._through = index.state.get("through", 0)
        self._changed = self._failed = False
        self._started = self._committed = time.monotonic()

    def start_over(self, *, answering: bool) -> None:
        """Drop all that the index has.

        Args:
            answering: What it has is answered from until the next commit.
        """
        self._index.clear()
        self._had = self._through = 0
        self._changed = True
        if not answering:
            with self._forgetting():
                self._index.commit(self._state(0))
                self._changed = False

    def catch_up(
        self, *, at_once: bool = False, workers: int | None = None, progress: Show = show_nothing
    ) -> int:
        """Give the index all that the store has and the index lacks.

        Args:
            at_once: It shows in one moment, at the end; else bit by bit, and a run that is cut off is
                continued by the next.
            workers: Processes to use; None: as many as there are cores when it pays; 0: none.

        Returns:
            Passages added.

        Raises:
            IndexUnavailableError: The index cannot be written.
            StoreError: The store cannot be read.
        """
        lacking = self._store.passages_beyond(self._through)
        if workers is None:
            workers = usable_cores() if lacking >= PARALLEL_FROM else 0
        added = 0
        make = partial(_inverted, zone=self._zone)
        with Workers(
            make, workers, instead=_no_terms, bounds=IN_ORDER, cache_dir=self._cache_dir
        ) as processes:
            for passages, inverted in filter(None, processes.map(self._lacking())):
                self.add(passages, inverted)
                added += len(passages)
                progress(Progress("index", added, lacking))
                if not at_once:
                    self.commit_when_due()
        self.commit()
        return added

    def _lacking(self) -> Iterator[list[StoredPassage]]:
        number = self._through
        while batch := self._store.passages_after(number, limit=BATCH_PASSAGES):
            number = batch[-1].number
            yield batch

    def add(self, passages: Sequence[StoredPassage], inverted: Iterable[Inverted]) -> None:
        """Add what the store has taken in last; it is found after the next commit.

        Args:
            passages: By growing number, none left out.
            inverted: The same passages.

        Raises:
            IndexUnavailableError: The index cannot be written.
        """
        if passages:
            with uninterrupted(), self._forgetting():
                rest = iter(passages)
                for piece in inverted:
                    self._index.extend(list(map(documents.facets, islice(rest, len(piece)))), piece)
                self._through = passages[-1].number
                self._changed = True

    def commit_when_due(self) -> None:
        """Commit if what was added has waited long enough."""
        now = time.monotonic()
        wait = min(max(SOON_SECONDS, (now - self._started) / 2), LATE_SECONDS)
        if now - self._committed >= wait:
            self.commit()

    def commit(self) -> None:
        """Make durable what was added, and let go what the store has let go. Nothing to do, nothing done.

        After `add` has failed this does nothing: what was added is forgotten, and caught up with later.

        Raises:
            IndexUnavailableError: The index cannot be written.
            StoreError: The store cannot be read or written.
        """
        if self._failed:
            return
        with uninterrupted(), self._forgetting():
            removals = self._remove()
            state = self._state(removals)
            if self._changed or state != self._index.state:
                self._store.make_durable()  # the index must never know more than the store
                self._index.commit(state)
                self._had, self._changed = self._through, False
                self._store.forget_removed(removals)
        self._committed = time.monotonic()

    def _state(self, removals: int) -> dict[str, int]:
        return {**self._made_by, "through": self._through, "removals": removals}

    def _remove(self) -> int:
        """Take out of the index what is gone from the store. Returns how far that goes."""
        sequence = self._index.state.get("removals", 0) if self._had else 0
        while batch := self._store.removed_after(sequence, limit=1_000):
            # What came and went between two commits never came into the index.
            gone = [entry.passage for entry in batch if entry.passage.number <= self._had]
            if gone:
                self._index.remove(documents.document_of(passage, self._zone) for passage in gone)
            sequence = batch[-1].sequence
        return sequence

    def merge(self) -> None:
        """Tidy up, the more thoroughly the more was added; one that Ctrl-C cut off is done by the next run.

        Raises:
            IndexUnavailableError: The index cannot be written.
        """
        if not self._failed:
            with self._forgetting():  # seconds to minutes of work, and nothing is lost without it
                self._index.merge()

    @contextmanager
    def _forgetting(self) -> Iterator[None]:
        """Whatever goes wrong with the index, what was not committed is forgotten as a whole."""
        try:
            yield
        except BaseException as error:
            self._failed = True
            self._index.close()
            if isinstance(error, OSError):
                raise IndexUnavailableError(f"the index cannot be written: {error}") from error
            raise


def _inverted(passages: Iterable[StoredPassage], *, zone: ZoneInfo) -> list[Inverted]:
    return documents.invert(documents.texts_of(passages), zone=zone)


def _no_terms(passage: StoredPassage, _: Refusal) -> list[Inverted]:
    """What is made of a passage that no process survives: it is there but not found."""
    logger.warning("passage not segmented: number=%d", passage.number)
    return [invert_documents([Document(passage.number, passage.article, ())])]
