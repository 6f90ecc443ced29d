"""Brings the file of vectors in line with the store: encodes what is new or changed, leaves out what is gone.

It reads the store only, and holds a lock of its own: an update of the archive never waits for it.
"""

import logging
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from corpus.errors import IndexUnavailableError
from corpus.semantic.encoder import Encoder
from corpus.semantic.vector_file import (
    ArticleOpening,
    Origin,
    Rows,
    VectorFile,
    VectorWriter,
    encode_articles,
)
from corpus.store.store import Store
from corpus.updating.progress import Progress, Show, show_nothing
from corpus.updating.write_lock import write_lock

logger = logging.getLogger(__name__)

LOCK_NAME: Final = "vectors.lock"

BATCH_ARTICLES: Final = 64
"""Articles that are read and encoded at once."""

MIN_ROUND: Final = 2_000
"""Articles encoded before the file is written, at least; each round may also add half of what there is. So a
run that is cut off loses a third of the work at most, and a large archive is not written again and again."""


@dataclass(frozen=True, slots=True)
class VectorStatistics:
    """What there is of vectors.

    Attributes:
        count: Articles with a vector.
        size: Bytes of the file.
        is_complete: Whether nothing was added or changed since.
    """

    count: int
    size: int
    is_complete: bool


class Vectors:
    """The vectors of one archive, for the process that makes them.

    Args:
        path: Of the file.
        store: The articles.
        encoder: Makes the vectors.
    """

    def __init__(self, path: Path, store: Store, encoder: Encoder) -> None:
        self._path = path
        self._store = store
        self._encoder = encoder

    def synchronize(self, *, progress: Show = show_nothing) -> int:
        """Make the file fit the store. A second run in a row does nothing.

        Args:
            progress: Called after each batch.

        Returns:
            Number of articles encoded.

        Raises:
            BusyError: Another process makes vectors.
            StoreError: The store cannot be read.
            IndexUnavailableError: The file cannot be written.
        """
        with write_lock(self._path.parent.parent, LOCK_NAME):
            encoded, known = 0, self._known()
            while known is None or known.mark != self._store.contents_mark():
                encoded += self._write_round(known, progress, encoded)
                known = self._known()
            return encoded

    def statistics(self) -> VectorStatistics:
        """What there is now."""
        known = self._known()
        if known is None:
            return VectorStatistics(0, 0, is_complete=False)
        is_complete = known.mark == self._store.contents_mark()
        return VectorStatistics(len(known.rows), self._path.stat().st_size, is_complete)

    def _known(self) -> VectorFile | None:
        """The file that stands there; None: none that is of use."""
        try:
            return VectorFile(self._path, self._origin())
        except FileNotFoundError:
            return None
        except (IndexUnavailableError, ValueError) as error:
            logger.warning("%s: making the vectors anew", error)
            return None

    def _origin(self) -> Origin:
        return Origin.of(self._encoder, self._store.identity)

    def _write_round(self, known: VectorFile | None, progress: Show, before: int) -> int:
        """Write a file with all vectors that are known and some new ones. Returns how many are new.

        Args:
            known: What there is.
            progress: Called after each batch.
            before: Articles encoded in the rounds before.
        """
        mark, total = self._store.contents_mark(), self._store.counts()[0]
        rows = None if known is None else known.rows
        budget = max(MIN_ROUND, 0 if rows is None else len(rows) // 2)
        encoded = 0
        try:
            with closing(VectorWriter(self._path)) as writer:
                for batch in self._batches():
                    new = _new_ones(rows, batch)[: budget - encoded]
                    made = encode_articles(self._encoder, new) if new else None
                    encoded += len(new)
                    writer.append(_merged(rows, batch, made, self._encoder.dimensions))
                    if new:
                        progress(Progress("vectors", before + encoded, total))
                writer.finish(self._origin(), mark if encoded < budget else ())
        except OSError as error:
            raise IndexUnavailableError(
                f"{self._path} cannot be written: {error.strerror or error}"
            ) from error
        return encoded

    def _batches(self) -> Iterator[list[ArticleOpening]]:
        """Everything that is encoded, by growing number."""
        number = 0
        while batch := self._store.openings_after(number, limit=BATCH_ARTICLES):
            yield [ArticleOpening(*row) for row in batch]
            number = batch[-1][0]


def _kept(rows: Rows, batch: list[ArticleOpening]) -> Rows:
    """The rows of those articles of a batch that have not changed."""
    places = rows.places_of([each.number for each in batch])
    prints = np.array([each.fingerprint for each in batch], np.uint64)
    return rows.at(places[(places >= 0) & (rows.fingerprints[places] == prints)])


def _new_ones(rows: Rows | None, batch: list[ArticleOpening]) -> list[ArticleOpening]:
    """The articles of a batch that have no row, or have changed since."""
    if rows is None or not len(rows):
        return batch
    kept = set(_kept(rows, batch).numbers.tolist())
    return [each for each in batch if each.number not in kept]


def _merged(rows: Rows | None, batch: list[ArticleOpening], made: Rows | None, dimensions: int) -> Rows:
    """The kept rows of a batch and the new ones, by number."""
    parts = [part for part in (_kept(rows, batch) if rows is not None and len(rows) else None, made) if part]
    if not parts:
        return Rows(
            np.empty(0, np.int64),
            np.empty(0, np.uint64),
            np.empty(0, np.float32),
            np.empty((0, dimensions), np.int8),
        )
    joined = Rows(
        np.concatenate([part.numbers for part in parts]),
        np.concatenate([part.fingerprints for part in parts]),
        np.concatenate([part.scales for part in parts]),
        np.concatenate([part.integers for part in parts]),
    )
    return joined.at(np.argsort(joined.numbers))
