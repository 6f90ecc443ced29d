"""The index: inverted lists on disk that are searched while they are updated.

One thread of one process writes; any number of threads and processes read. Additions and removals become
visible atomically with `commit`; readers see them at their next search. The index is derived from the store
and can always be rebuilt from it.
"""

import logging
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from corpus.errors import IndexUnavailableError
from corpus.index.array_file import ArrayFile, FileChange, find_damage
from corpus.index.bm25 import BM25F
from corpus.index.draft import Draft, DraftSegment, open_segment
from corpus.index.inverting import Document, Inverted
from corpus.index.manifest import NAME, Manifest, Member, read_manifest, write_manifest
from corpus.index.merge_policy import plan_merge
from corpus.index.posting_writer import MAX_SEGMENT_DOCUMENTS, Integers
from corpus.index.segment_writer import Batch, FacetRow, merge_segments
from corpus.index.segments import Restriction, Segment
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
MAX_QUICK_MERGE_DOCUMENTS = 16_000
"""`commit` merges segments of up to this size in sum; larger merges are left to `merge`."""

RETRY_SECONDS = 5.0
"""Interval at which unreadable files are tried again."""

SUFFIXES = (".segment", ".removals", ".tmp")

Stamp = tuple[int, int, int]
NEVER: Stamp = (0, 0, 0)


class Index:
    """The inverted lists in one folder. Use as a context manager.

    Attributes:
        lost: Reasons, by name, of segments that are not searched because their files are damaged.
        trouble: Why the newest commit cannot be read and the one before is searched; or None.
        modified: A mapped file was written to from outside; `verify` finds out whether it is damaged.
    """

    def __init__(
        self, folder: Path, model: Model = BM25F, *, compiled_loops: bool = True, partial: bool = False
    ) -> None:
        """Open the index in a folder; `Index.create` makes one.

        Small segments are read and verified; of large ones only the footers are. This takes milliseconds at
        any size.

        Args:
            folder: The folder of the index.
            model: Makes the ranking model of each snapshot.
            compiled_loops: Use the compiled kernels (`jit`) as soon as they are loaded.
            partial: Skip a damaged segment (`lost`) instead of raising an error.

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
        self._failed_stamp: Stamp | None = NEVER
        self._retry_at = 0.0
        self._manifest = Manifest()
        self._segments: dict[Member, Segment] = {}
        self._mapped: tuple[ArrayFile, ...] = ()
        self.lost: dict[str, str] = {}
        self.trouble: str | None = None
        self.modified = False
        self._snapshot = self._snapshot_of(())
        self._draft: Draft | None = None
        self.snapshot()

    @classmethod
    def create(cls, folder: Path, model: Model = BM25F, *, compiled_loops: bool = True) -> "Index":
        """Begin an empty index in a folder.

        An index that is there already stays visible to readers until the first `commit` replaces it.
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
        """Discard what was not committed. Snapshots stay usable."""
        self._draft = None

    def __enter__(self) -> "Index":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Reading

    def snapshot(self) -> Snapshot:
        """The newest committed state. All reads for one question should use one snapshot.

        Costs one `stat` of a file if nothing was committed since. May be called from any thread. If the files
        become unreadable after opening, the last good state is kept.
        """
        stamp = _stamp(self._path)
        if stamp != self._stamp:
            with self._lock:
                if stamp != self._stamp and time.monotonic() >= self._retry_at:
                    self._reload(stamp)
        for file in self._mapped:
            change = file.change()
            if change is FileChange.TRUNCATED:
                self.exclude([file.path.name], f"{file.path} has become shorter")
            elif change is FileChange.MODIFIED:
                self.modified = True
        return self._snapshot

    def exclude(self, names: Iterable[str], reason: str) -> None:
        """Stop searching some segments, until another commit replaces them."""
        with self._lock:
            lost = {member.name for member in self._segments}.intersection(names)
            if lost:
                self._switch_to(
                    {
                        member: drafted
                        for member, drafted in self._segments.items()
                        if member.name not in lost
                    },
                    self.lost | dict.fromkeys(sorted(lost), reason),
                )
                forget_workspaces()  # they may hold sums of damaged data

    def _switch_to(self, segments: Mapping[Member, Segment], lost: Mapping[str, str] | None = None) -> None:
        """Make these the searched segments. The caller holds the lock."""
        self._segments, self.lost = dict(segments), dict(lost or {})
        self._mapped = tuple(segment.file for segment in segments.values() if segment.file.mapped)
        self._snapshot = self._snapshot_of(list(segments.values()))

    def _reload(self, stamp: Stamp | None) -> None:
        """Switch to the commit on disk; if it cannot be read, for whatever reason, keep the last good state.

        Files of another version or too many open files must not stop the answering of questions. The reason
        may pass without a new commit, so reading is tried again after a while.
        """
        try:
            self._load()
        except Exception as error:
            if self._stamp == NEVER:
                raise
            if stamp != self._failed_stamp:
                logger.error(
                    "index not reloaded, answering from the last good state: %s: %s",
                    type(error).__name__,
                    error,
                )
            self._failed_stamp, self._retry_at = stamp, time.monotonic() + RETRY_SECONDS
            self.trouble = f"{type(error).__name__}: {error}"
        else:
            self._stamp, self.trouble = stamp, None

    def _snapshot_of(self, segments: Sequence[Segment]) -> Snapshot:
        return Snapshot(segments, self._model, compiled_loops=self._compiled_loops)

    def _load(self) -> None:
        """Open the segments of the manifest; start again if a writer replaces it meanwhile."""
        manifest = read_manifest(self._folder)
        while True:
            segments: dict[Member, Segment] = {}
            lost: dict[str, str] = {}
            for member in manifest.members:
                try:
                    segments[member] = self._segments.get(member) or open_segment(self._folder, member)
                except (FileNotFoundError, IndexUnavailableError) as error:
                    lost[member.name] = _reason(error)
            newer = read_manifest(self._folder) if lost else manifest
            if newer == manifest:
                break
            manifest = newer
        if lost and not (
            self._partial and self._stamp == NEVER
        ):  # after opening, the last good state is better than a partial one
            raise IndexUnavailableError("; ".join(lost.values()))
        self._manifest = manifest
        self._switch_to(segments, lost)

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
        """The caller's numbers of the last commit."""
        self.snapshot()
        return dict(self._manifest.state)

    @property
    def last_number(self) -> int:
        """Greatest passage number so far, committed or not; 0 before the first."""
        self.snapshot()
        return self._draft.last_number if self._draft else self._manifest.last_number

    @property
    def size(self) -> int:
        """Bytes on disk."""
        self.snapshot()
        members = self._manifest.members
        return sum(
            member.checksum.size + (member.removals[1].size if member.removals else 0) for member in members
        )

    def verify(self, *, pause: Callable[[], None] | None = None) -> list[str]:
        """Verify all files on the disk. Returns their problems, one line each.

        Damaged large segments are excluded from searches (`lost`). Of small ones this process holds a sound
        copy.

        Args:
            pause: Called after each megabyte.
        """
        self.snapshot()
        self.modified = False
        while True:
            manifest, problems = self._manifest, []
            for member in manifest.members:
                wrong = _damage(self._folder, member, pause)
                if wrong and self._is_outdated(manifest):  # a newer commit may have deleted its files
                    break
                problems += wrong
                drafted = self._segments.get(member)
                if drafted is not None and drafted.file.mapped:
                    if wrong:
                        self.exclude([member.name], wrong[0])
                    else:
                        drafted.file.mark_verified()
            else:
                return problems or ([self.trouble] if self.trouble else [])
            self._retry_at = 0.0
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
        """Remove everything, with the next `commit`; numbers may start again."""
        self._draft = Draft([], 0)

    def add(self, documents: Iterable[Document]) -> None:
        """Add passages; they are found after the next `commit`. Memory stays bounded for any number of them.

        Raises:
            ValueError: A number is not greater than all before; the earlier passages were added.
            IndexUnavailableError: The index cannot be written; everything since the last commit is discarded.
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
        """Add inverted passages with their facets; otherwise as `add`.

        Raises:
            ValueError: A number is not greater than all before, or facets and passages differ in number.
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
        """Remove passages, with the next `commit`. Passages that are not there are ignored.

        Args:
            documents: They must have the terms with which they were added, or document frequencies drift
                until their segment is merged. Facets do not matter.
        """
        draft = self._begin()
        self._flush(draft)
        pending = {document.number: document for document in documents}
        numbers = np.array(sorted(pending), np.int64)
        for place, drafted in enumerate(draft.drafted):
            segment = drafted.segment
            spots = segment.locate(numbers)
            here = spots >= 0
            if here.any():
                gone = [pending[number] for number in numbers[here].tolist()]
                codes = [np.concatenate([_distinct(each, family) for each in gone]) for family in Family]
                removals = segment.removals.plus(spots[here], codes)
                draft.drafted[place] = DraftSegment(
                    drafted.member, segment.with_removals(removals), changed=True
                )
        draft.drafted = [drafted for drafted in draft.drafted if drafted.segment.count]

    def commit(self, state: Mapping[str, int] | None = None) -> None:
        """Make all additions and removals durable and visible, atomically.

        Small segments are merged first, so that many small commits do not pile up.

        Args:
            state: The caller's own numbers, saved atomically with the commit; None: unchanged.

        Raises:
            IndexUnavailableError: The index cannot be written. The last commit stands; what was added since
                is discarded.
        """
        draft = self._begin()
        with self._writing(draft):
            self._flush(draft)
            while plan := plan_merge(
                [drafted.segment for drafted in draft.drafted], MAX_QUICK_MERGE_DOCUMENTS
            ):
                self._merge(draft, plan)
            self._publish(draft, self._manifest.state if state is None else state)
        self._draft = None

    def merge(self, *, thorough: bool = False) -> int:
        """Merge segments by the merge policy: seconds to minutes of work after many additions.

        Pending additions and removals are committed first. Readers are not blocked.

        Args:
            thorough: Merge until a single segment is left (per 4 million passages), which is the fastest to
                search. For use after bulk indexing; otherwise a few additions would rewrite every passage.

        Returns:
            Number of merges.
        """
        self.commit()
        merges = 0
        draft = self._begin()
        with self._writing(draft):
            while plan := plan_merge(
                [drafted.segment for drafted in draft.drafted], MAX_SEGMENT_DOCUMENTS, thorough=thorough
            ):
                self._merge(draft, plan)
                merges += 1
            if merges:
                self._publish(draft, self._manifest.state)
        self._draft = None
        return merges

    @contextmanager
    def _writing(self, draft: "Draft") -> Iterator[None]:
        """Discard the draft on any error, and convert errors of the disk.

        Raises:
            IndexUnavailableError: In place of OSError.
        """
        try:
            yield
        except BaseException as error:
            draft.batch, self._draft = Batch(), None
            if isinstance(error, OSError):
                raise IndexUnavailableError(
                    f"the index in {self._folder} cannot be written: {error}"
                ) from error
            raise

    def _begin(self) -> "Draft":
        if self._draft is None:
            self.snapshot()
            if self.lost:
                raise IndexUnavailableError(f"segments are damaged: {'; '.join(self.lost.values())}")
            drafted = [DraftSegment(member, segment) for member, segment in self._segments.items()]
            self._draft = Draft(drafted, self._manifest.last_number)
        return self._draft

    def _flush(self, draft: "Draft") -> None:
        """Write the batch in memory as a segment."""
        if len(draft.batch):
            with self._writing(draft):
                name = _new_name("segment")
                checksum = draft.batch.write(self._folder / name, self._snapshot.model)
                draft.batch = Batch()
                draft.hold(self._folder, Member(name, checksum))

    def _merge(self, draft: "Draft", places: Sequence[int]) -> None:
        segments = [draft.drafted[place].segment for place in places]
        name = _new_name("segment")
        checksum = merge_segments(self._folder / name, segments, self._snapshot.model)
        draft.drafted = [drafted for place, drafted in enumerate(draft.drafted) if place not in places]
        draft.hold(self._folder, Member(name, checksum))
        logger.info("index merged: segments=%d passages=%d", len(segments), draft.drafted[-1].segment.count)

    def _publish(self, draft: "Draft", state: Mapping[str, int]) -> None:
        current = self._manifest
        if not draft.differs_from(current) and dict(state) == dict(current.state):
            return
        members = []
        for drafted in draft.drafted:
            member = drafted.member
            if drafted.changed:
                name = _new_name("removals")
                member = replace(member, removals=(name, drafted.segment.removals.write(self._folder / name)))
            members.append(member)
        manifest = Manifest(self._manifest.generation + 1, draft.last_number, dict(state), tuple(members))
        write_manifest(self._folder, manifest)
        with self._lock:
            self._manifest = manifest
            self._switch_to(
                {member: drafted.segment for member, drafted in zip(members, draft.drafted, strict=True)}
            )
            self._stamp = _stamp(self._path)
        self._sweep()

    def _sweep(self) -> None:
        """Delete files that the commit does not need. Processes that have them mapped keep their content."""
        for path in self._folder.iterdir():
            if path.suffix in SUFFIXES and path.name not in self._manifest.files:
                try:
                    path.unlink()
                except OSError:  # Windows refuses to delete mapped files; the next sweep tries again
                    logger.debug("index file still in use: %s", path.name)


def _damage(folder: Path, member: Member, pause: Callable[[], None] | None) -> list[str]:
    """Problems of the files of one segment."""
    files = [(member.name, member.checksum), *([member.removals] if member.removals else [])]
    problems = []
    for name, checksum in files:
        try:
            problems += find_damage(folder / name, checksum, pause=pause)
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
    """A file name that was never used before: a reader with an old manifest must not find another file."""
    return f"{secrets.token_hex(8)}.{kind}"


def _stamp(path: str) -> Stamp | None:
    try:
        status = os.stat(path)  # noqa: PTH116 — before every search, and half as dear as a Path's
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size
