"""Index lifecycle: opening, verifying, repairing and updating the index beside its store."""

import logging
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from functools import partial
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from corpus.errors import CorpusError, DamagedStoreError, IndexUnavailableError, StoreError
from corpus.index.bm25 import BM25F
from corpus.index.index import Index
from corpus.models import UpdateReport
from corpus.store.damaged_file import read_meta
from corpus.store.open_file import OpenFile
from corpus.store.store import Store
from corpus.updating import pipeline
from corpus.updating.index_sync import DAMAGED_KEY, IndexHealth, IndexSynchronizer, index_health
from corpus.updating.parse_posts import ReadOptions
from corpus.updating.progress import Show, show_nothing
from corpus.updating.scanning import scan
from corpus.updating.store_recovery import DAMAGE_MARK_NAME
from corpus.updating.write_lock import BusyError, write_lock

logger = logging.getLogger(__name__)

MODEL = partial(BM25F, k1=0.6, b=0.6, title_weight=1.0)
"""The ranking model. The title's weight of 2 is in `inverting.TITLE_REPEATS`."""

VERIFIED_KEY: Final = "verified"
"""Key in the store's `meta`: time of the last complete verification."""

VERIFY_INTERVAL_SECONDS: Final = 24 * 3600


MAX_QUICK_CHECK_BYTES: Final = 64_000_000
"""A store up to this size is checked before each update; this takes at most a tenth of a second."""

VERIFICATION_VALID_SECONDS: Final = 60.0
"""How long a verification that found no damage counts, whatever fails meanwhile."""

PAUSE_SECONDS: Final = 0.001
"""Pause after each megabyte that is verified in the background."""


class IndexMaintenance:
    """Gives readers the index, detects damage, and keeps the index in line with the store.

    Args:
        data_dir: Folder of the store and the index.
        store: The open store.
        zone: Time zone in which days are counted.

    Attributes:
        on_damage: Called, from any thread, when damage was found that the next update repairs, or the file of
            the store was removed or replaced. None: this process repairs the index itself.
    """

    def __init__(self, data_dir: Path, store: Store, zone: ZoneInfo) -> None:
        self._data_dir = data_dir
        self._folder = data_dir / "index"
        self._store = store
        self._zone = zone
        self._identity = store.identity
        self._index: Index | None = None
        self._verification_lock = threading.RLock()
        self._last_verification: tuple[object, float, bool] | None = None
        self._index_damage: tuple[object, str] | None = None
        self._store_damage: str | None = None
        self._store_file = OpenFile.from_path(store.path)
        self._store_file_problem: str | None = None
        self._damage_mark = data_dir / DAMAGE_MARK_NAME
        self.on_damage: Callable[[], None] | None = None
        store.listen_for_damage(self._record_store_damage)

    def close(self) -> None:
        """Close the index; snapshots in use stay valid."""
        if self._index is not None:
            self._index.close()

    # For readers

    def index(self) -> Index | None:
        """The index to answer from; None if there is none, or none that belongs to the store."""
        if self._index is None:
            self._index = self._open_index()[0]  # another process may have created it meanwhile
            if self._index is None:
                return None
        made_from = self._index.state.get("store")
        if made_from != self._identity:
            self._store.reopen()  # another database may have replaced the open one
            self._identity, self._store_damage = self._store.identity, None
        if (
            self._index.lost or self._index.modified or self._index.trouble
        ) and not self._was_verified_recently():
            self._verify_in_background()
        return self._index if made_from == self._identity else None

    @property
    def problem(self) -> str | None:
        """What is damaged at the moment and what is done about it; None if nothing is. Never raises."""
        try:
            if (change := self.follow_store_file()) is not None:
                return change
            index = self.index()
            if self._store_damage is not None and not self._damage_mark.exists():
                self._store_damage = None  # an update has checked it since
            is_filled = index is not None and index.snapshot().count > 0
            lacks_all = not is_filled and self._store.passages_beyond(0)
            damage = self._store.meta(DAMAGED_KEY)
        except CorpusError as error:
            return str(error)
        except OSError as error:
            return f"{self._store.path} cannot be read: {error.strerror or error}"
        if self._store_damage is not None:
            return f"{self._store_damage}; {_STORE_REMEDY}"
        if self._index_damage is not None and self._index_damage[0] != _state_of(index):
            self._index_damage = None  # it was rebuilt
        if self._index_damage is not None:
            damage = self._index_damage[1]
        # An index whose only segment is damaged has no passages either.
        if lacks_all and (index is None or damage is None):
            return "the index is being made from the articles that were read"
        return None if damage is None else f"the index is damaged: {damage}; {_INDEX_REMEDY}"

    def follow_store_file(self) -> str | None:
        """Follow the database file if another one took its place, or it was cut short.

        SQLite itself would not notice: it answers from the open file and from cached pages without looking at
        the path. The new file is answered from at once, and checked (a large one in the background). The next
        update makes the index fit it. While no file can be reached, the open one is answered from.

        Returns:
            What keeps the file from being reached, in words for an operator; None: it is the open one.

        Raises:
            StoreError: The file that stands there now cannot be read.
        """
        change = self._store_file.change
        if change is None and (self._store_file.is_truncated or self._store.is_truncated()):
            change = "cut short"
        if change in ("replaced", "cut short"):
            self._follow_other_file(change)
            change = None
        known, self._store_file_problem = self._store_file_problem, None
        if change is None:
            return None
        self._store_file_problem = (
            f"{self._store.path} was {change} while it was open: "
            "what was read is answered from until the next update makes it anew"
        )
        if known is None:
            logger.error("%s", self._store_file_problem)
            self._ask_for_update()
        return self._store_file_problem

    def _follow_other_file(self, change: str) -> None:
        """Open the file that stands at the path now, have it checked and the index made to fit it.

        Raises:
            StoreError: It cannot be read.
        """
        logger.warning("%s was %s while it was open: going on with it", self._store.path, change)
        self._store_file = OpenFile.from_path(self._store.path)
        self._store.reopen()
        self._store_damage = None
        if self._store.size <= MAX_QUICK_CHECK_BYTES:
            self._check_store_quietly()
        else:
            threading.Thread(target=self._check_store_quietly, name="verifying", daemon=True).start()
        self._ask_for_update()
        self._identity = self._store.identity

    def _ask_for_update(self) -> None:
        if self.on_damage is not None:
            self.on_damage()

    def _check_store_quietly(self) -> None:
        with suppress(CorpusError):  # damage was reported; other errors will occur again
            self._store.check()

    def damaged(self) -> bool:
        """Check index and store after an error that should be impossible; have damage repaired.

        Returns:
            Whether asking again may help.

        Raises:
            DamagedStoreError: The store is damaged.
        """
        if self.examine():
            return True
        if self._store.size <= MAX_QUICK_CHECK_BYTES:
            damage = self._store.check() or self._store.check_rows()
            if damage is not None:
                raise DamagedStoreError(f"{self._store.path} is damaged: {damage}; {_STORE_REMEDY}")
        return False

    def examine(self, *, pause: Callable[[], None] | None = None) -> bool:
        """Verify the index, and have damage repaired. Returns whether it is damaged.

        Args:
            pause: Called after each megabyte.
        """
        with self._verification_lock:
            index = self._index
            if index is None:
                return False
            if not self._was_verified_recently():
                problems = [*index.lost.values(), *index.verify(pause=pause)]
                self._last_verification = (_state_of(index), time.monotonic(), bool(problems))
                if problems:
                    self._record_index_damage(index, problems)
                elif self._index_damage is None and index.trouble is None:
                    return False
            if self._last_verification is None or not self._last_verification[2]:
                return False
            if self.on_damage is None:
                self._try_repair()
            return True

    def _was_verified_recently(self) -> bool:
        index, examined = self._index, self._last_verification
        if index is None or examined is None or index.modified:
            return False
        state, moment, found = examined
        return state == _state_of(index) and (found or time.monotonic() - moment < VERIFICATION_VALID_SECONDS)

    def _verify_in_background(self) -> None:
        """Verify the index: in the background if another process repairs it."""
        if self.on_damage is None:
            self.examine()
        elif self._verification_lock.acquire(blocking=False):  # otherwise a verification is running
            self._verification_lock.release()
            threading.Thread(target=self.examine, name="verifying", daemon=True).start()

    def _record_index_damage(self, index: Index, problems: Sequence[str]) -> None:
        logger.error("the index is damaged: %s; %s", "; ".join(problems[:3]), _INDEX_REMEDY)
        self._index_damage = (_state_of(index), problems[0])
        try:
            self._store.set_meta(DAMAGED_KEY, problems[0])
        except StoreError as error:
            logger.warning("damage of the index not remembered: %s", error)
        self._ask_for_update()

    def _try_repair(self) -> None:
        try:
            with self._write_lock():
                self._repair()
        except BusyError as error:
            logger.debug("index left as it is: %s", error)
        except (StoreError, IndexUnavailableError) as error:
            logger.error("the index cannot be mended: %s", error)

    def _record_store_damage(self, text: str) -> None:
        """Have the next update check the store. The store calls this in the middle of a failing operation."""
        known, self._store_damage = self._store_damage, text
        if known is not None:
            return
        logger.error("%s; %s", text, _STORE_REMEDY)
        self._store.reopen()  # an open handle on an emptied file keeps others from recreating the database
        try:
            self._damage_mark.touch()
        except OSError as error:
            logger.warning("damage of the store not remembered: %s", error)
        self._ask_for_update()

    def verify(self) -> list[str]:
        """Verify the whole index. Returns its problems, one line each.

        Damage is recorded: the next update rebuilds the index.
        """
        index, _, problem = self._open_index()
        if index is None:
            return [] if self._store.last_passage() == 0 else [problem]
        problems = index.verify()
        if problems:
            try:
                self._store.set_meta(DAMAGED_KEY, problems[0])
            except StoreError as error:
                logger.warning("damage of the index not remembered: %s", error)
        return problems

    def _open_index(self) -> tuple[Index | None, IndexHealth, str]:
        """Open the index. Returns it (None if unusable), its health, and a description of the problem."""
        try:
            index = Index(self._folder, MODEL, partial=True)
            health = index_health(index, self._store, self._zone)
        except IndexUnavailableError as error:
            return None, IndexHealth.UNUSABLE, str(error)
        except CorpusError:
            raise
        except Exception as error:  # files of another version can cause any error
            logger.debug("index not readable", exc_info=True)
            return None, IndexHealth.UNUSABLE, f"the index cannot be read: {type(error).__name__}: {error}"
        usable = index if health is not IndexHealth.UNUSABLE else None
        problem = f"the index does not fit: {health.value}"
        if health is IndexHealth.DAMAGED:
            reasons = [*index.lost.values()] or [self._store.meta(DAMAGED_KEY) or "a file of it"]
            problem = f"the index is damaged: {reasons[0]}"
        return usable, health, problem

    # For writers

    def open(self, *, repair: bool) -> None:
        """Open the index.

        Args:
            repair: Rebuild the index if it is unusable or damaged, and add what it lacks. False: leave that
                to the next `update` of this or another process. An outdated index is left to it in any case.

        Raises:
            StoreError: The store cannot be read.
        """
        if not repair:
            self.on_damage = _leave_to_next_update
        self._index, health, problem = self._open_index()
        if health is IndexHealth.GOOD or (self._index is None and self._store.last_passage() == 0):
            return
        if health is IndexHealth.DAMAGED:
            self._index_damage = (_state_of(self._index), problem.removeprefix("the index is damaged: "))
        if not repair or health is IndexHealth.OUTDATED:
            logger.warning("%s; the next update mends that, answering meanwhile from what there is", problem)
            return
        try:
            with self._write_lock():
                self._repair()
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
        """Bring store and index in line with the folder; arguments and errors as `pipeline.update`.

        A store that turns out to be damaged is set aside, and the update is repeated once with a new one.

        Raises:
            BusyError: Another process is indexing.
        """
        with self._write_lock():
            for last in (False, True):
                try:
                    self._check_store(options)
                    self._verify_if_due(options)
                    synchronizer = self._repair(workers=workers, progress=progress)
                    report = pipeline.update(
                        self._store,
                        synchronizer,
                        options,
                        force=force,
                        workers=workers,
                        slow_seconds=slow_seconds,
                        progress=progress,
                    )
                    self._damage_mark.unlink(missing_ok=True)
                    return report
                except DamagedStoreError as error:
                    if last:
                        raise
                    self._renew_store(options, str(error.__cause__ or error))
            raise AssertionError  # the second time either returns or raises

    def _check_store(self, options: ReadOptions) -> None:
        """Check the store's file if it is small or a check is due, and all rows if it is marked as damaged.

        Raises:
            DamagedStoreError: It is damaged.
        """
        is_marked = self._damage_mark.exists()
        damage = None
        if is_marked or self._store.size <= MAX_QUICK_CHECK_BYTES or self._is_due(options):
            damage = self._store.check()
        if is_marked and damage is None:
            damage = self._store.check_rows()
        if damage is not None:
            raise DamagedStoreError(damage)

    def _renew_store(self, options: ReadOptions, damage: str) -> None:
        """Set a damaged store aside and begin a new one, provided that there are posts to fill it from.

        Raises:
            DamagedStoreError: There are none; the store is left as it is.
        """
        if not scan(options.root).files:
            raise DamagedStoreError(
                f"{self._store.path} is damaged: {damage}; it is left as it is, "
                f"for {options.root} has no posts"
            )
        root = read_meta(self._store.path, pipeline.ROOT)
        moved_to = self._store.set_aside(options.now)
        if root:
            self._store.set_meta(pipeline.ROOT, root)
        self._store_file = OpenFile.from_path(self._store.path)
        self._identity, self._store_damage, self._index = self._store.identity, None, None
        logger.warning(
            "%s is damaged: %s; it was set aside as %s, and a new one is made from %s",
            *(self._store.path, damage, moved_to.name, options.root),
        )

    def _is_due(self, options: ReadOptions) -> bool:
        now = int(options.now.timestamp())
        return not 0 <= now - int(self._store.meta(VERIFIED_KEY) or 0) < VERIFY_INTERVAL_SECONDS

    def _verify_if_due(self, options: ReadOptions) -> None:
        if self._is_due(options):
            self.verify()
            self._store.set_meta(VERIFIED_KEY, str(int(options.now.timestamp())))

    def _repair(self, *, workers: int | None = None, progress: Show = show_nothing) -> IndexSynchronizer:
        """Make the index fit the store. The caller holds the write lock."""
        # Open it again: another process may have deleted or replaced the index that this process has open.
        index, health, problem = self._open_index()
        answering = index is not None and (not index.lost or index.snapshot().count > 0)
        if index is None:
            index = self._new_index()
        synchronizer = IndexSynchronizer(self._store, index, self._zone, cache_dir=self._data_dir)
        self._index, self._identity = index, self._store.identity
        if health is IndexHealth.GOOD:
            return synchronizer
        rebuild = health is not IndexHealth.BEHIND
        if self._store.last_passage():
            logger.warning(
                "%s: %s the store", problem, "rebuilding it from" if rebuild else "catching up with"
            )
        if rebuild:
            synchronizer.reset(answering=answering)
        synchronizer.catch_up(all_at_once=rebuild and answering, workers=workers, progress=progress)
        synchronizer.merge()
        if rebuild:
            self._store.forget_meta(DAMAGED_KEY)
        return synchronizer

    def _new_index(self) -> Index:
        try:
            return Index.create(self._folder, MODEL)
        except Exception:  # not even in a state to be replaced
            logger.debug("index folder cannot be reused", exc_info=True)
        shutil.rmtree(self._folder, ignore_errors=True)
        try:
            return Index.create(self._folder, MODEL)
        except OSError as error:
            raise IndexUnavailableError(f"the index in {self._folder} cannot be written: {error}") from error

    def _write_lock(self) -> AbstractContextManager[None]:
        return write_lock(self._data_dir)


_INDEX_REMEDY: Final = "it is made anew from the articles that were read, and meanwhile the rest is searched"
_STORE_REMEDY: Final = "the next update (`baotong index`) sets it aside and makes a new one from the archive"


def _leave_to_next_update() -> None:
    """The next update starts without being asked."""


def _state_of(index: Index | None) -> object:
    """What changes when an index is rebuilt, or more of it is lost."""
    return None if index is None else (index.generation, frozenset(index.lost), index.trouble)
