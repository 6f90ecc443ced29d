"""The index: inverted lists on disk that grow, shrink and are searched at the same time.

One process (and one thread) writes, any number of processes and threads read. What is added or
removed shows with `commit`, all at once; readers go over to it at their next search. The index is
derived from the store and can always be rebuilt from it.
"""

import logging
import math
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from corpus.errors import IndexUnavailableError
from corpus.index.array_file import ArrayFile, Fate, find_damage
from corpus.index.bm25 import BM25F
from corpus.index.inverting import Document, Inverted
from corpus.index.manifest import NAME, Manifest, Member, read_manifest, write_manifest
from corpus.index.posting_writer import MOST_DOCUMENTS, MOST_POSTINGS, Integers
from corpus.index.segment_writer import Batch, FacetRow, merge_segments
from corpus.index.segments import Removals, Restriction, Segment
from corpus.index.snapshot import Boost, Model, Snapshot, forget_workspaces
from corpus.index.top_k import Match
from corpus.text.terms import Family, Term, code_of, codes_of

__all__ = [
    "Boost",
    "Document",
    "Family",
    "Index",
    "Match",
    "Restriction",
    "Snapshot",
    "Term",
    "code_of",
    "codes_of",
]

logger = logging.getLogger(__name__)

FANOUT = 4
SMALLEST_TIER = 1_000
QUICK_DOCUMENTS = 16_000
"""Segments up to this size in sum are merged within `commit`; larger merges wait for `merge`."""

WORN_SHARE = 0.3

RETRY_SECONDS = 5.0
"""So long after files could not be read they are tried again."""

SUFFIXES = (".segment", ".removals", ".tmp")

Stamp = tuple[int, int, int]
NEVER: Stamp = (0, 0, 0)


class Index:
    """The inverted lists in one folder. Use as a context manager.

    Attributes:
        lost: Segments that are not searched because their files are damaged: why, by name.
        trouble: Why the newest commit cannot be read, so that the one before is searched; or None.
        touched: Somebody has written into a mapped file; `verify` tells whether that did harm.
    """

    def __init__(
        self, folder: Path, model: Model = BM25F, *, compiled_loops: bool = True, partial: bool = False
    ) -> None:
        """Open the index in a folder; `Index.create` makes one.

        Small segments are read and checked, of large ones only the tables of contents, so this takes
        milliseconds at any size.

        Args:
            folder: Where it is.
            model: Makes the ranking model of each snapshot.
            compiled_loops: Search with them once they are there (`compiled`).
            partial: Leave out (`lost`) a segment that is damaged, instead of raising an error.

        Raises:
            IndexUnavailableError: There is no index, or it is damaged: create it anew.
        """
        self._folder = folder
        self._path = str(folder / NAME)
        self._model = model
        self._compiled_loops = compiled_loops
        self._partial = partial
        self._lock = threading.Lock()
        self._stamp: Stamp | None = NEVER
        self._failed: Stamp | None = NEVER
        self._patience = 0.0
        self._manifest = Manifest()
        self._segments: dict[Member, Segment] = {}
        self._mapped: tuple[ArrayFile, ...] = ()
        self.lost: dict[str, str] = {}
        self.trouble: str | None = None
        self.touched = False
        self._snapshot = self._snapshot_of(())
        self._draft: _Draft | None = None
        self.snapshot()

    @classmethod
    def create(cls, folder: Path, model: Model = BM25F, *, compiled_loops: bool = True) -> "Index":
        """Begin an empty index in a folder.

        What was there before is answered from by others until the first `commit` replaces it.
        """
        folder.mkdir(parents=True, exist_ok=True)
        try:
            index = cls(folder, model, compiled_loops=compiled_loops)
        except IndexUnavailableError:
            write_manifest(folder, Manifest())
            index = cls(folder, model, compiled_loops=compiled_loops)
        index.clear()
        return index

    def close(self) -> None:
        """Forget what was not committed. Snapshots stay usable."""
        self._draft = None

    def __enter__(self) -> "Index":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Reading

    def snapshot(self) -> Snapshot:
        """The newest committed state. All reading of one question should go through one snapshot.

        Costs a look at one file's date when nothing was committed since. Safe from any thread. Once open,
        this goes on with the last good state should the files become unreadable.
        """
        stamp = _stamp(self._path)
        if stamp != self._stamp:
            with self._lock:
                if stamp != self._stamp and time.monotonic() >= self._patience:
                    self._reload(stamp)
        for file in self._mapped:
            fate = file.fate()
            if fate is Fate.SHORTENED:
                self.lose([file.path.name], f"{file.path} has become shorter")
            elif fate is Fate.CHANGED:
                self.touched = True
        return self._snapshot

    def lose(self, names: Iterable[str], reason: str) -> None:
        """Search some segments no more, until another commit replaces them."""
        with self._lock:
            lost = {member.name for member in self._segments}.intersection(names)
            if lost:
                self._take(
                    {member: held for member, held in self._segments.items() if member.name not in lost},
                    self.lost | dict.fromkeys(sorted(lost), reason),
                )
                forget_workspaces()  # they may hold sums of what was read

    def _take(self, segments: Mapping[Member, Segment], lost: Mapping[str, str] | None = None) -> None:
        """Go over to some segments. For who holds the lock."""
        self._segments, self.lost = dict(segments), dict(lost or {})
        self._mapped = tuple(segment.file for segment in segments.values() if segment.file.mapped)
        self._snapshot = self._snapshot_of(list(segments.values()))

    def _reload(self, stamp: Stamp | None) -> None:
        """Go over to what is on disk, or on with the last good state, whatever is wrong with the files.

        Nothing that another version or a full table of open files may lead to is to keep questions from
        being answered. What was wrong may pass without a new commit, so it is tried again after a while.
        """
        try:
            self._load()
        except Exception as error:
            if self._stamp == NEVER:
                raise
            if stamp != self._failed:
                logger.error(
                    "index not reloaded, answering from the last good state: %s: %s",
                    type(error).__name__,
                    error,
                )
            self._failed, self._patience = stamp, time.monotonic() + RETRY_SECONDS
            self.trouble = f"{type(error).__name__}: {error}"
        else:
            self._stamp, self.trouble = stamp, None

    def _snapshot_of(self, segments: Sequence[Segment]) -> Snapshot:
        return Snapshot(segments, self._model, compiled_loops=self._compiled_loops)

    def _load(self) -> None:
        """Open what the manifest names. A writer may replace the manifest meanwhile: then once more."""
        manifest = read_manifest(self._folder)
        while True:
            segments: dict[Member, Segment] = {}
            lost: dict[str, str] = {}
            for member in manifest.members:
                try:
                    segments[member] = self._segments.get(member) or _open_segment(self._folder, member)
                except (FileNotFoundError, IndexUnavailableError) as error:
                    lost[member.name] = _reason(error)
            newer = read_manifest(self._folder) if lost else manifest
            if newer == manifest:
                break
            manifest = newer
        if lost and not (self._partial and self._stamp == NEVER):  # later on, the last good state is better
            raise IndexUnavailableError("; ".join(lost.values()))
        self._manifest = manifest
        self._take(segments, lost)

    def search(
        self,
        terms: Sequence[Term],
        *,
        limit: int,
        where: Restriction | None = None,
        boosts: Sequence[Boost] = (),
        per_article: bool = True,
    ) -> list[Match]:
        """`Snapshot.search` in the newest state."""
        return self.snapshot().search(terms, limit=limit, where=where, boosts=boosts, per_article=per_article)

    @property
    def generation(self) -> int:
        """Number of commits so far."""
        self.snapshot()
        return self._manifest.generation

    @property
    def state(self) -> dict[str, int]:
        """What the caller gave to the last commit."""
        self.snapshot()
        return dict(self._manifest.state)

    @property
    def last_number(self) -> int:
        """Greatest number that any passage had so far, whether committed or not; 0 before the first."""
        self.snapshot()
        return self._draft.last_number if self._draft else self._manifest.last_number

    @property
    def size(self) -> int:
        """Bytes on disk."""
        self.snapshot()
        members = self._manifest.members
        return sum(
            member.seal.size + (member.removals[1].size if member.removals else 0) for member in members
        )

    def verify(self, *, pause: Callable[[], None] | None = None) -> list[str]:
        """What is wrong with the files on the disk, one line each. Reads all of them.

        Large segments that are damaged are not searched any more (`lost`); of small ones this holds a
        sound copy.

        Args:
            pause: Called after each megabyte.
        """
        self.snapshot()
        self.touched = False
        while True:
            manifest, problems = self._manifest, []
            for member in manifest.members:
                wrong = _damage(self._folder, member, pause)
                if wrong and self._is_outdated(manifest):  # its files may be deleted by now
                    break
                problems += wrong
                held = self._segments.get(member)
                if held is not None and held.file.mapped:
                    if wrong:
                        self.lose([member.name], wrong[0])
                    else:
                        held.file.accept()
            else:
                return problems or ([self.trouble] if self.trouble else [])
            self._patience = 0.0
            self.snapshot()
            if self._manifest == manifest:  # the newer one cannot be loaded
                return problems or wrong

    def _is_outdated(self, manifest: Manifest) -> bool:
        try:
            return read_manifest(self._folder) != manifest
        except IndexUnavailableError:
            return False

    # Writing

    def clear(self) -> None:
        """Drop everything, with the next `commit`; numbers may begin anew."""
        self._draft = _Draft([], 0)

    def add(self, documents: Iterable[Document]) -> None:
        """Add passages; they are found after the next `commit`. Memory stays bounded however many.

        Raises:
            ValueError: A number is not greater than all before. What came earlier was added.
            IndexUnavailableError: It could not be written; what was added since the last commit is forgotten.
        """
        draft = self._begin()
        for document in documents:
            if not draft.last_number < document.number < 2**31:
                raise ValueError(f"passage {document.number} after {draft.last_number}: numbers must grow")
            draft.batch.add(document)
            draft.last_number = document.number
            if draft.batch.full:
                self._flush(draft)

    def extend(self, facets: Sequence[FacetRow], inverted: Inverted) -> None:
        """Add passages that were inverted elsewhere, each with its facets; else as `add`.

        Raises:
            ValueError: A number is not greater than all before, or there are not as many as passages.
            IndexUnavailableError: As for `add`.
        """
        draft = self._begin()
        if len(facets) != len(inverted):
            raise ValueError(f"{len(facets)} passages, {len(inverted)} inverted")
        numbers = [draft.last_number, *(row[0] for row in facets), 2**31]
        if any(number <= before for before, number in pairwise(numbers)):
            raise ValueError(f"passages after {draft.last_number}: numbers must grow")
        draft.batch.extend(facets, inverted)
        draft.last_number = numbers[-2]
        if draft.batch.full:
            self._flush(draft)

    def remove(self, documents: Iterable[Document]) -> None:
        """Remove passages, with the next `commit`. Those that are not there any more are passed over.

        Args:
            documents: With the same terms as when they were added, or else document frequencies drift
                until their segment is merged. Facets do not matter.
        """
        draft = self._begin()
        self._flush(draft)
        pending = {document.number: document for document in documents}
        numbers = np.array(sorted(pending), np.int64)
        for place, held in enumerate(draft.held):
            segment = held.segment
            spots = segment.locate(numbers)
            here = spots >= 0
            if here.any():
                gone = [pending[number] for number in numbers[here].tolist()]
                codes = [np.concatenate([_distinct(each, family) for each in gone]) for family in Family]
                removals = segment.removals.plus(spots[here], codes)
                draft.held[place] = _Held(held.member, segment.with_removals(removals), changed=True)
        draft.held = [held for held in draft.held if held.segment.count]

    def commit(self, state: Mapping[str, int] | None = None) -> None:
        """Make everything added and removed durable and visible, in one moment.

        Small segments are merged on the way, so that many small commits do not pile up.

        Args:
            state: The caller's own numbers, saved in the same moment; None: as they were.

        Raises:
            IndexUnavailableError: It could not be written. The last commit stands; what was added since is
                forgotten.
        """
        draft = self._begin()
        with self._writing(draft):
            self._flush(draft)
            while plan := plan_merge([held.segment for held in draft.held], QUICK_DOCUMENTS):
                self._merge(draft, plan)
            self._publish(draft, self._manifest.state if state is None else state)
        self._draft = None

    def merge(self, *, thorough: bool = False) -> int:
        """Merge segments until few are left: seconds to minutes of work after much was added.

        Commits first what was added or removed. Readers are not held up.

        Args:
            thorough: Until a single one is left (of each 4 million passages): the fastest to search. For
                after bulk indexing; otherwise every passage is rewritten for each of a few additions.

        Returns:
            Number of merges.
        """
        self.commit()
        merges = 0
        draft = self._begin()
        with self._writing(draft):
            while plan := plan_merge(
                [held.segment for held in draft.held], MOST_DOCUMENTS, thorough=thorough
            ):
                self._merge(draft, plan)
                merges += 1
            if merges:
                self._publish(draft, self._manifest.state)
        self._draft = None
        return merges

    @contextmanager
    def _writing(self, draft: "_Draft") -> Iterator[None]:
        """Say what the disk refuses in one kind of error, and give the draft up for any error."""
        try:
            yield
        except BaseException as error:
            draft.batch, self._draft = Batch(), None
            if isinstance(error, OSError):
                raise IndexUnavailableError(
                    f"the index in {self._folder} cannot be written: {error}"
                ) from error
            raise

    def _begin(self) -> "_Draft":
        if self._draft is None:
            self.snapshot()
            if self.lost:
                raise IndexUnavailableError(f"segments are damaged: {'; '.join(self.lost.values())}")
            held = [_Held(member, segment) for member, segment in self._segments.items()]
            self._draft = _Draft(held, self._manifest.last_number)
        return self._draft

    def _flush(self, draft: "_Draft") -> None:
        """Turn what waits in memory into a segment."""
        if len(draft.batch):
            with self._writing(draft):
                name = _new_name("segment")
                seal = draft.batch.write(self._folder / name, self._snapshot.model)
                draft.batch = Batch()
                draft.hold(self._folder, Member(name, seal))

    def _merge(self, draft: "_Draft", places: Sequence[int]) -> None:
        segments = [draft.held[place].segment for place in places]
        name = _new_name("segment")
        seal = merge_segments(self._folder / name, segments, self._snapshot.model)
        draft.held = [held for place, held in enumerate(draft.held) if place not in places]
        draft.hold(self._folder, Member(name, seal))
        logger.info("index merged: segments=%d passages=%d", len(segments), draft.held[-1].segment.count)

    def _publish(self, draft: "_Draft", state: Mapping[str, int]) -> None:
        current = self._manifest
        if not draft.differs_from(current) and dict(state) == dict(current.state):
            return
        members = []
        for held in draft.held:
            member = held.member
            if held.changed:
                name = _new_name("removals")
                member = replace(member, removals=(name, held.segment.removals.write(self._folder / name)))
            members.append(member)
        manifest = Manifest(self._manifest.generation + 1, draft.last_number, dict(state), tuple(members))
        write_manifest(self._folder, manifest)
        with self._lock:
            self._manifest = manifest
            self._take({member: held.segment for member, held in zip(members, draft.held, strict=True)})
            self._stamp = _stamp(self._path)
        self._sweep()

    def _sweep(self) -> None:
        """Delete files that no commit needs. Who has them mapped keeps them until the mapping goes."""
        for path in self._folder.iterdir():
            if path.suffix in SUFFIXES and path.name not in self._manifest.files:
                try:
                    path.unlink()
                except OSError:  # Windows keeps mapped files; the next sweep tries again
                    logger.debug("index file still in use: %s", path.name)


@dataclass(frozen=True, slots=True)
class _Held:
    """A segment of the coming commit; `changed`: its removals are not on disk yet."""

    member: Member
    segment: Segment
    changed: bool = False


class _Draft:
    """The coming commit."""

    def __init__(self, held: list[_Held], last_number: int) -> None:
        self.held = held
        self.last_number = last_number
        self.batch = Batch()

    def differs_from(self, manifest: Manifest) -> bool:
        """Whether committing this would change what is found."""
        members = tuple(held.member for held in self.held)
        changed = any(held.changed for held in self.held)
        return changed or members != manifest.members or self.last_number != manifest.last_number

    def hold(self, folder: Path, member: Member) -> None:
        """Take in a segment that was just written."""
        self.held.append(_Held(member, _open_segment(folder, member)))


def plan_merge(segments: Sequence[Segment], most: int, *, thorough: bool = False) -> list[int]:
    """Which segments to merge next, by place; none when they are few enough.

    Segments fall into tiers by size, each `FANOUT` times the one below. As soon as a tier is full, it
    is merged together with everything smaller. A segment of which much was removed is written anew.

    Args:
        segments: All there are.
        most: Passages that the merged segment may hold.
        thorough: Merge all that fit into one.
    """
    sizes = [segment.count for segment in segments]
    if thorough:
        plan = _fitting(segments, range(len(sizes)), most)
        if len(plan) > 1:
            return plan
    tiers = [_tier(size) for size in sizes]
    for tier in sorted(set(tiers)):
        if tiers.count(tier) >= FANOUT:
            plan = [place for place in range(len(sizes)) if tiers[place] <= tier]
            if plan == _fitting(segments, plan, most):
                return plan
    for place, segment in enumerate(segments):
        if segment.size <= most and segment.count < segment.size * (1 - WORN_SHARE):
            return [place]
    return []


def _tier(size: int) -> int:
    return int(math.log(size / SMALLEST_TIER, FANOUT)) if size > SMALLEST_TIER else 0


def _fitting(segments: Sequence[Segment], places: Iterable[int], most: int) -> list[int]:
    """Those of the places, smallest segments first, that fit into one segment; in their own order."""
    fitting, passages, postings = [], 0, 0
    for place in sorted(places, key=lambda place: segments[place].count):
        passages += segments[place].count
        postings += segments[place].postings
        if passages > most or postings > MOST_POSTINGS:
            break
        fitting.append(place)
    return sorted(fitting)


def _open_segment(folder: Path, member: Member) -> Segment:
    removals = Removals.none()
    if member.removals:
        removals = Removals.read(folder / member.removals[0], member.removals[1])
    return Segment(ArrayFile(folder / member.name, member.seal), removals)


def _damage(folder: Path, member: Member, pause: Callable[[], None] | None) -> list[str]:
    """What is wrong with the files of one segment."""
    files = [(member.name, member.seal), *([member.removals] if member.removals else [])]
    problems = []
    for name, seal in files:
        try:
            problems += find_damage(folder / name, seal, pause=pause)
        except FileNotFoundError as error:
            problems.append(_reason(error))
    return problems


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return f"a file of the index is missing: {error.filename}"
    return str(error)


def _distinct(document: Document, family: Family) -> Integers:
    if family == Family.WORDS:
        return np.unique(codes_of({*document.words, *document.title_words}))
    return np.unique(np.concatenate([document.characters, document.title_characters]))


def _new_name(kind: str) -> str:
    """A file name that was never used before: a reader with an old manifest must miss the file."""
    return f"{secrets.token_hex(8)}.{kind}"


def _stamp(path: str) -> Stamp | None:
    try:
        status = os.stat(path)  # noqa: PTH116 — before every search, and half as dear as a Path's
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size
