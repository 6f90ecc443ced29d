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
        rows = _no_rows(self._encoder.dimensions) if known is None else known.rows
        budget = max(MIN_ROUND, len(rows) // 2)
        encoded = 0
        try:
            with closing(VectorWriter(self._path)) as writer:
                for batch in self._batches():
                    kept = _kept(rows, batch)
                    numbers = set(kept.numbers.tolist())
                    new = [each for each in batch if each.number not in numbers][: budget - encoded]
                    if not new:
                        writer.append(kept)
                        continue
                    writer.append(_merged(kept, encode_articles(self._encoder, new)))
                    encoded += len(new)
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


def _no_rows(dimensions: int) -> Rows:
    return Rows(
        np.empty(0, np.int64),
        np.empty(0, np.uint64),
        np.empty(0, np.float32),
        np.empty((0, dimensions), np.int8),
    )


def _kept(rows: Rows, batch: list[ArticleOpening]) -> Rows:
    """The rows of those articles of a batch that have not changed."""
    places = rows.places_of([each.number for each in batch])
    prints = np.array([each.fingerprint for each in batch], np.uint64)
    is_there = places >= 0
    places = places[is_there]
    return rows.at(places[rows.fingerprints[places] == prints[is_there]])


def _merged(kept: Rows, made: Rows) -> Rows:
    """The kept rows of a batch and the new ones, by number."""
    joined = Rows(
        np.concatenate((kept.numbers, made.numbers)),
        np.concatenate((kept.fingerprints, made.fingerprints)),
        np.concatenate((kept.scales, made.scales)),
        np.concatenate((kept.integers, made.integers)),
    )
    return joined.at(np.argsort(joined.numbers))
