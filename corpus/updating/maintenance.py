"""The index beside its store: opened, judged, rebuilt when need be, written by one process at a time."""

import fcntl
import logging
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from corpus.errors import CorpusError, DamagedStoreError, IndexUnavailableError, StoreError
from corpus.index.bm25 import BM25F
from corpus.index.index import Index
from corpus.models import UpdateReport
from corpus.store.store import FILE_NAME, Store, remembered, set_aside
from corpus.updating import pipeline
from corpus.updating.index_sync import DAMAGED, Condition, Follower, condition_of
from corpus.updating.parse_posts import ReadOptions
from corpus.updating.progress import Show, show_nothing
from corpus.updating.scanning import scan

logger = logging.getLogger(__name__)

MODEL = partial(BM25F, k1=0.6, b=0.6, title_weight=1.0)
"""RETRIEVAL's recipe. The title's weight of 2 is in `documents.TITLE_REPEATS`."""

VERIFIED: Final = "verified"
"""Key in the store's `meta`: when the index was last read as a whole and found sound."""

VERIFY_SECONDS: Final = 24 * 3600


QUICK_CHECK_BYTES: Final = 64_000_000
"""A store up to this size is checked before each update: a tenth of a second at most."""

SAME_SECONDS: Final = 60.0
"""So long a verification of the index that found nothing is believed, whatever fails."""

PAUSE_SECONDS: Final = 0.001
"""Rest after each megabyte that is verified in the background."""

DAMAGED_STORE: Final = "corpus.damaged"
"""File in DATA_DIR that says the store was seen damaged: the next update looks through all of it."""

BUSY: Final = "another process is indexing"
"""How the text of a BusyError begins."""


class BusyError(StoreError):
    """Another process is indexing."""


class Upkeep:
    """Gives readers the index as it is, and keeps it in line with the store.

    Args:
        data_dir: Where both are.
        zone: In which days are counted.

    Attributes:
        on_damage: Called, in whatever thread, when damage was found that the next update mends. None: this
            process mends the index itself.
    """

    def __init__(self, data_dir: Path, store: Store, zone: ZoneInfo) -> None:
        self._data_dir = data_dir
        self._folder = data_dir / "index"
        self._store = store
        self._zone = zone
        self._identity = store.identity
        self._index: Index | None = None
        self._examining = threading.RLock()
        self._examined: tuple[object, float, bool] | None = None
        self._index_damage: tuple[object, str] | None = None
        self._store_damage: str | None = None
        self._store_look = (store.path.stat().st_ino, store.size)
        self._mark = data_dir / DAMAGED_STORE
        self.on_damage: Callable[[], None] | None = None
        store.tell_of_damage(self._note_store_damage)

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
            self._identity, self._store_damage = self._store.identity, None
        if (self._index.lost or self._index.touched or self._index.trouble) and not self._was_examined():
            self._examine_soon()
        return self._index if made_from == self._identity else None

    @property
    def problem(self) -> str | None:
        """What is damaged at the moment and what is done about it, or None. Never raises an error."""
        try:
            self._look_at_store()
            index = self.index()
            if self._store_damage is not None and not self._mark.exists():
                self._store_damage = None  # an update has looked through it
            if self._store_damage is None and not self._store.empty and index is None:
                return "the index is being made from the articles that were read"
            damage = self._store.meta(DAMAGED)
        except CorpusError as error:
            return str(error)
        except OSError as error:
            return f"{self._store.path} cannot be read: {error.strerror or error}"
        if self._store_damage is not None:
            return f"{self._store_damage}; {_STORE_REMEDY}"
        if self._index_damage is not None and self._index_damage[0] != _state_of(index):
            self._index_damage = None  # it was made anew
        if self._index_damage is not None:
            damage = self._index_damage[1]
        return None if damage is None else f"the index is damaged: {damage}; {_INDEX_REMEDY}"

    def _look_at_store(self) -> None:
        """Check the database in the background when another file has taken its place, or it is too short.

        SQLite answers from pages in memory without looking at the file.
        """
        status = self._store.path.stat()
        before, self._store_look = self._store_look, (status.st_ino, status.st_size)
        if before == self._store_look:
            return
        if before[0] != status.st_ino or before[1] > status.st_size or self._store.is_cut():
            self._store.reopen()
            threading.Thread(target=self._check_quietly, name="verifying", daemon=True).start()

    def _check_quietly(self) -> None:
        with suppress(CorpusError):  # damage was told, and whatever else is wrong will be met again
            self._store.check()

    def damaged(self) -> bool:
        """Look whether something is damaged, after something failed that cannot fail. Sees to its mending.

        Returns:
            Whether asking again may help.

        Raises:
            DamagedStoreError: The store is damaged.
        """
        if self.examine():
            return True
        if self._store.size <= QUICK_CHECK_BYTES:
            damage = self._store.check() or self._store.check_rows()
            if damage is not None:
                raise DamagedStoreError(f"{self._store.path} is damaged: {damage}; {_STORE_REMEDY}")
        return False

    def examine(self, *, pause: Callable[[], None] | None = None) -> bool:
        """Verify the index, and see to its mending. Returns whether it was damaged.

        Args:
            pause: Called after each megabyte.
        """
        with self._examining:
            index = self._index
            if index is None:
                return False
            if not self._was_examined():
                problems = [*index.lost.values(), *index.verify(pause=pause)]
                self._examined = (_state_of(index), time.monotonic(), bool(problems))
                if problems:
                    self._remember_damage(index, problems)
                elif self._index_damage is None and index.trouble is None:
                    return False
            if self._examined is None or not self._examined[2]:
                return False
            if self.on_damage is None:
                self._mend()
            return True

    def _was_examined(self) -> bool:
        index, examined = self._index, self._examined
        if index is None or examined is None or index.touched:
            return False
        state, moment, found = examined
        return state == _state_of(index) and (found or time.monotonic() - moment < SAME_SECONDS)

    def _examine_soon(self) -> None:
        """Examine the index: in a thread of its own where another process mends it."""
        if self.on_damage is None:
            self.examine()
        elif self._examining.acquire(blocking=False):  # else somebody is at it
            self._examining.release()
            threading.Thread(target=self.examine, name="verifying", daemon=True).start()

    def _remember_damage(self, index: Index, problems: Sequence[str]) -> None:
        logger.error("the index is damaged: %s; %s", "; ".join(problems[:3]), _INDEX_REMEDY)
        self._index_damage = (_state_of(index), problems[0])
        try:
            self._store.set_meta(DAMAGED, problems[0])
        except StoreError as error:
            logger.warning("damage of the index not remembered: %s", error)
        if self.on_damage is not None:
            self.on_damage()

    def _mend(self) -> None:
        try:
            with self._writing_right():
                self._mended()
        except BusyError as error:
            logger.debug("index left as it is: %s", error)
        except (StoreError, IndexUnavailableError) as error:
            logger.error("the index cannot be mended: %s", error)

    def _note_store_damage(self, text: str) -> None:
        """Make the next update look through the store. Called by the store, in the middle of a failure."""
        known, self._store_damage = self._store_damage, text
        if known is not None:
            return
        logger.error("%s; %s", text, _STORE_REMEDY)
        self._store.reopen()  # who holds an emptied file open keeps others from making it a database again
        try:
            self._mark.touch()
        except OSError as error:
            logger.warning("damage of the store not remembered: %s", error)
        if self.on_damage is not None:
            self.on_damage()

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
            index = Index(self._folder, MODEL, partial=True)
            condition = condition_of(index, self._store, self._zone)
        except IndexUnavailableError as error:
            return None, Condition.UNUSABLE, str(error)
        except CorpusError:
            raise
        except Exception as error:  # whatever another version's files lead to
            logger.debug("index not readable", exc_info=True)
            return None, Condition.UNUSABLE, f"the index cannot be read: {type(error).__name__}: {error}"
        usable = index if condition is not Condition.UNUSABLE else None
        problem = f"the index does not fit: {condition.value}"
        if condition is Condition.DAMAGED:
            reasons = [*index.lost.values()] or [self._store.meta(DAMAGED) or "a file of it"]
            problem = f"the index is damaged: {reasons[0]}"
        return usable, condition, problem

    # For writers

    def open(self, *, mend: bool) -> None:
        """Open the index.

        Args:
            mend: Rebuild it when it cannot be used or is damaged, catch up when it lacks something; False:
                leave that to the next `update`, of this or another process. So it is with an outdated one in
                any case.

        Raises:
            StoreError: The store cannot be read.
        """
        if not mend:
            self.on_damage = _nobody_yet
        self._index, condition, problem = self._look()
        if condition is Condition.GOOD or (self._index is None and self._store.last_passage() == 0):
            return
        if condition is Condition.DAMAGED:
            self._index_damage = (_state_of(self._index), problem.removeprefix("the index is damaged: "))
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
            for last in (False, True):
                try:
                    self._check_store(options)
                    self._verify_now_and_then(options)
                    follower = self._mended(workers=workers, progress=progress)
                    report = pipeline.update(
                        self._store,
                        follower,
                        options,
                        force=force,
                        workers=workers,
                        slow_seconds=slow_seconds,
                        progress=progress,
                    )
                    self._mark.unlink(missing_ok=True)
                    return report
                except DamagedStoreError as error:
                    if last:
                        raise
                    self._renew_store(options, str(error.__cause__ or error))
            raise AssertionError  # the second time either returns or raises

    def _check_store(self, options: ReadOptions) -> None:
        """Find out whether the store is damaged: quickly, and as a whole where it was seen to be.

        Raises:
            DamagedStoreError: It is.
        """
        marked = self._mark.exists()
        damage = None
        if marked or self._store.size <= QUICK_CHECK_BYTES or self._is_due(options):
            damage = self._store.check()
        if marked and damage is None:
            damage = self._store.check_rows()
        if damage is not None:
            raise DamagedStoreError(damage)

    def _renew_store(self, options: ReadOptions, damage: str) -> None:
        """Set a damaged store aside and begin a new one, if there are posts to make it from."""
        if not scan(options.root).files:
            raise DamagedStoreError(
                f"{self._store.path} is damaged: {damage}; it is left as it is, "
                f"for {options.root} has no posts"
            )
        root = remembered(self._store.path, pipeline.ROOT)
        aside = self._store.set_aside(options.now)
        if root:
            self._store.set_meta(pipeline.ROOT, root)
        self._identity, self._store_damage, self._index = self._store.identity, None, None
        logger.warning(
            "%s is damaged: %s; it was set aside as %s, and a new one is made from %s",
            *(self._store.path, damage, aside.name, options.root),
        )

    def _is_due(self, options: ReadOptions) -> bool:
        now = int(options.now.timestamp())
        return not 0 <= now - int(self._store.meta(VERIFIED) or 0) < VERIFY_SECONDS

    def _verify_now_and_then(self, options: ReadOptions) -> None:
        if self._is_due(options):
            self.verify()
            self._store.set_meta(VERIFIED, str(int(options.now.timestamp())))

    def _mended(self, *, workers: int | None = None, progress: Show = show_nothing) -> Follower:
        """Make the index fit the store. For who holds the right to write."""
        # Opened anew: what this process has open may be gone, or have been replaced by another process.
        index, condition, problem = self._look()
        answering = index is not None and (not index.lost or index.snapshot().count > 0)
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

    def _writing_right(self) -> AbstractContextManager[None]:
        return writing_right(self._data_dir)


_INDEX_REMEDY: Final = "it is made anew from the articles that were read, and meanwhile the rest is searched"
_STORE_REMEDY: Final = "the next update (`baotong index`) sets it aside and makes a new one from the archive"


def _nobody_yet() -> None:
    """The next update comes by itself."""


def _state_of(index: Index | None) -> object:
    """What changes when an index is made anew, or more of it is lost."""
    return None if index is None else (index.generation, frozenset(index.lost), index.trouble)


@contextmanager
def writing_right(data_dir: Path) -> Iterator[None]:
    """Hold the right to write into DATA_DIR; it ends with the process, however that ends.

    Raises:
        BusyError: Another process holds it.
        StoreError: The folder cannot be written.
    """
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        file = (data_dir / "corpus.lock").open("a")
    except OSError as error:
        raise StoreError(f"DATA_DIR {data_dir} cannot be written: {error.strerror or error}") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BusyError(f"{BUSY} into {data_dir}; try again later") from error
        except OSError as error:
            raise StoreError(f"DATA_DIR {data_dir} cannot be locked: {error.strerror or error}") from error
        yield


def renew_store(data_dir: Path, damage: DamagedStoreError, *, folder: Path | None, moment: datetime) -> None:
    """Set a store that cannot be opened for damage aside, and begin an empty one for the next update.

    Args:
        data_dir: Where it is.
        damage: What is wrong with it.
        folder: The archive, if it is known; else the store itself may still say.
        moment: Now.

    Raises:
        StoreError: It cannot be done, or there is no archive to make a new one from: nothing was changed.
    """
    path = data_dir / FILE_NAME
    with writing_right(data_dir):
        root = remembered(path, pipeline.ROOT)
        folder = folder or (Path(root) if root else None)
        if folder is None:
            raise DamagedStoreError(
                f"{path} is damaged, and nothing says which archive it was made from: name that "
                "(`baotong index FOLDER`), or set CORPUS_DIR"
            ) from damage
        if not folder.is_dir() or not scan(folder.resolve()).files:
            raise DamagedStoreError(f"{damage}; it is left as it is, for {folder} has no posts") from damage
        aside = set_aside(path, moment)
        with closing(Store(path)) as store:
            store.set_meta(pipeline.ROOT, root or str(folder.resolve()))
        (data_dir / DAMAGED_STORE).unlink(missing_ok=True)
    logger.warning("%s; it was set aside as %s, and a new one is made from %s", damage, aside.name, folder)
