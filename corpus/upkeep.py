"""The index beside its store: opened, judged, rebuilt when need be, written by one process at a time."""

import fcntl
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from corpus import ingest
from corpus.bm25 import BM25F
from corpus.errors import CorpusError, IndexUnavailableError, StoreError
from corpus.following import DAMAGED, Condition, Follower, condition_of
from corpus.index import Index
from corpus.models import UpdateReport
from corpus.progress import Show, show_nothing
from corpus.reading import ReadOptions
from corpus.store import Store

logger = logging.getLogger(__name__)

MODEL = partial(BM25F, k1=0.6, b=0.6, title_weight=1.0)
"""RETRIEVAL's recipe. The title's weight of 2 is in `documents.TITLE_REPEATS`."""

VERIFIED: Final = "verified"
"""Key in the store's `meta`: when the index was last read as a whole and found sound."""

VERIFY_SECONDS: Final = 24 * 3600


BUSY: Final = "another process is indexing"
"""How the text of a BusyError begins."""


class BusyError(StoreError):
    """Another process is indexing."""


class Upkeep:
    """Gives readers the index as it is, and keeps it in line with the store.

    Args:
        data_dir: Where both are.
        zone: In which days are counted.
    """

    def __init__(self, data_dir: Path, store: Store, zone: ZoneInfo) -> None:
        self._data_dir = data_dir
        self._folder = data_dir / "index"
        self._store = store
        self._zone = zone
        self._identity = store.identity
        self._index: Index | None = None

    def close(self) -> None:
        """Let go of the index; snapshots in use stay good."""
        if self._index is not None:
            self._index.close()

    # For readers

    def index(self) -> Index | None:
        """The index to answer from; None when there is none, or none that fits the store."""
        if self._index is None:
            self._index = self._look()[0]  # another process may have made it meanwhile
            if self._index is None:
                return None
        made_from = self._index.state.get("store")
        if made_from != self._identity:
            self._store.reopen()  # another database may have taken the place of the one that is open
            self._identity = self._store.identity
        return self._index if made_from == self._identity else None

    def verify(self) -> list[str]:
        """Read the whole index and say what is wrong with it, one line each.

        Damage is remembered: the next update makes the index anew.
        """
        index, _, problem = self._look()
        if index is None:
            return [] if self._store.last_passage() == 0 else [problem]
        problems = index.verify()
        if problems:
            try:
                self._store.set_meta(DAMAGED, problems[0])
            except StoreError as error:
                logger.warning("damage of the index not remembered: %s", error)
        return problems

    def _look(self) -> tuple[Index | None, Condition, str]:
        """Open the index and judge it; no index when it must not be answered from."""
        try:
            index = Index(self._folder, MODEL)
            condition = condition_of(index, self._store, self._zone)
        except IndexUnavailableError as error:
            return None, Condition.UNUSABLE, str(error)
        except CorpusError:
            raise
        except Exception as error:  # whatever another version's files lead to
            logger.debug("index not readable", exc_info=True)
            return None, Condition.UNUSABLE, f"the index cannot be read: {type(error).__name__}: {error}"
        usable = index if condition is not Condition.UNUSABLE else None
        return usable, condition, f"the index does not fit: {condition.value}"

    # For writers

    def open(self, *, mend: bool) -> None:
        """Open the index.

        Args:
            mend: Rebuild it when it cannot be used, catch up when it lacks something; False: leave that to
                the next `update`, of this or another process. So it is with an outdated one in any case.

        Raises:
            StoreError: The store cannot be read.
        """
        self._index, condition, problem = self._look()
        if condition is Condition.GOOD or (self._index is None and self._store.last_passage() == 0):
            return
        if not mend or condition is Condition.OUTDATED:
            logger.warning("%s; the next update mends that, answering meanwhile from what there is", problem)
            return
        try:
            with self._writing_right():
                self._mended()
        except BusyError as error:
            logger.debug("index left as it is: %s", error)
        except (StoreError, IndexUnavailableError) as error:
            logger.error("%s, and it cannot be mended: %s", problem, error)

    def update(
        self,
        options: ReadOptions,
        *,
        force: bool = False,
        workers: int | None = None,
        slow_seconds: float | None = None,
        progress: Show = show_nothing,
    ) -> UpdateReport:
        """Bring store and index in line with the folder; arguments and errors as `ingest.update`.

        Raises:
            BusyError: Another process is at it.
        """
        with self._writing_right():
            self._verify_now_and_then(options)
            follower = self._mended(workers=workers, progress=progress)
            return ingest.update(
                self._store,
                follower,
                options,
                force=force,
                workers=workers,
                slow_seconds=slow_seconds,
                progress=progress,
            )

    def _verify_now_and_then(self, options: ReadOptions) -> None:
        now = int(options.now.timestamp())
        if not 0 <= now - int(self._store.meta(VERIFIED) or 0) < VERIFY_SECONDS:
            self.verify()
            self._store.set_meta(VERIFIED, str(now))

    def _mended(self, *, workers: int | None = None, progress: Show = show_nothing) -> Follower:
        """Make the index fit the store. For who holds the right to write."""
        # Opened anew: what this process has open may be gone, or have been replaced by another process.
        index, condition, problem = self._look()
        answering = index is not None
        if index is None:
            index = self._new_index()
        follower = Follower(self._store, index, self._zone, cache_dir=self._data_dir)
        self._index, self._identity = index, self._store.identity
        if condition is Condition.GOOD:
            return follower
        rebuild = condition is not Condition.BEHIND
        if self._store.last_passage():
            logger.warning(
                "%s: %s the store", problem, "rebuilding it from" if rebuild else "catching up with"
            )
        if rebuild:
            follower.start_over(answering=answering)
        follower.catch_up(at_once=rebuild and answering, workers=workers, progress=progress)
        follower.merge()
        if rebuild:
            self._store.forget_meta(DAMAGED)
        return follower

    def _new_index(self) -> Index:
        try:
            return Index.create(self._folder, MODEL)
        except Exception:  # not even fit to be replaced
            logger.debug("index folder cannot be reused", exc_info=True)
        shutil.rmtree(self._folder, ignore_errors=True)
        try:
            return Index.create(self._folder, MODEL)
        except OSError as error:
            raise IndexUnavailableError(f"the index in {self._folder} cannot be written: {error}") from error

    @contextmanager
    def _writing_right(self) -> Iterator[None]:
        """Hold the right to write; it ends with the process, however that ends."""
        try:
            self._data_dir.mkdir(parents=True, exist_ok=True)
            file = (self._data_dir / "corpus.lock").open("a")
        except OSError as error:
            raise StoreError(
                f"DATA_DIR {self._data_dir} cannot be written: {error.strerror or error}"
            ) from error
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise BusyError(f"{BUSY} into {self._data_dir}; try again later") from error
            except OSError as error:
                raise StoreError(
                    f"DATA_DIR {self._data_dir} cannot be locked: {error.strerror or error}"
                ) from error
            yield
