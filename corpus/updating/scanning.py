"""A folder as it is, compared with what the store remembers of it."""

import os
import stat
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from corpus.errors import ArchiveError
from corpus.store.rows import Known

SUFFIXES: Final = (".md", ".markdown", ".html")
LEFT_OUT: Final = frozenset({"_drafts", "node_modules"})
DRAFT: Final = "draft"
"""Reason for leaving out a post that its author has not published."""

TIME_REASON: Final = "took more than {seconds:g} s to read"
MEMORY_REASON: Final = "needed more than {megabytes} MB to read"
"""Reasons for refusing a post that goes over the bounds; it is not tried again until it changes."""

COARSE_NANOSECONDS: Final = 2_000_000_000
"""Some file systems count time in steps of two seconds: what changed just now may change again unseen."""

_RECENT: Final = ":recent"
_COMING: Final = ":coming"


@dataclass(frozen=True, slots=True)
class FileState:
    """A file found by the scan.

    Attributes:
        path: Relative to the archive, with forward slashes.
        stat: Size and time of change; equal means unchanged.
    """

    path: str
    stat: str

    @property
    def size(self) -> int:
        """In bytes."""
        return int(self.stat.partition(":")[0])

    @property
    def size_and_time(self) -> str:
        """`stat` without the mark of how fresh it was."""
        return self.stat.removesuffix(_RECENT)

    @property
    def may_change_unseen(self) -> bool:
        """Whether it was changed so shortly before the scan that an equal `stat` proves nothing."""
        return self.stat.endswith(_RECENT)

    def coming(self) -> "FileState":
        """The same with a mark that makes it differ from itself: time will change what it says."""
        return FileState(self.path, self.stat + _COMING)


@dataclass(slots=True)
class Scan:
    """What lies in the archive.

    Attributes:
        files: To be read, by path.
        refused: (path, reason) of what is named like a post but is none.
        unseen: Paths that could not be looked at: what was there before may still be there.
    """

    files: list[FileState] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)


def scan(root: Path) -> Scan:
    """List the posts below `root`, in a fixed order.

    Hidden folders, `_drafts` and READMEs are left out. Folders behind symbolic links are not entered, for
    they may lead anywhere, in circles too; they are named.

    Raises:
        ArchiveError: `root` is not a folder that can be read.
    """
    found = Scan()
    now = time.time_ns()
    base = os.path.join(root, "")  # noqa: PTH118 — plain strings: an archive has a million files
    pending = [str(root)]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(folder) as listing:
                for entry in listing:
                    if _is_folder(entry):
                        if _is_entered(entry.name):
                            pending.append(entry.path)
                        if _is_post_name(entry.name):
                            found.refused.append((_shown(entry.path, base), "a folder, not a post"))
                    elif _is_linked_folder(entry):
                        if _is_entered(entry.name):
                            found.refused.append(
                                (_shown(entry.path, base), "a link to a folder, not followed")
                            )
                    elif _is_post_name(entry.name):
                        _look_at(entry, base, now, found)
        except OSError as error:
            if folder == str(root):
                raise ArchiveError(f"CORPUS_DIR {root} cannot be read: {error.strerror or error}") from error
            path = _shown(folder, base)
            found.refused.append((path, f"the folder cannot be read: {error.strerror or error}"))
            found.unseen.append(path)
    found.files.sort(key=lambda file: file.path)
    return found


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _is_linked_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_symlink() and entry.is_dir()
    except OSError:  # a link to itself
        return False


def _is_entered(name: str) -> bool:
    return not name.startswith(".") and name not in LEFT_OUT


def _is_post_name(name: str) -> bool:
    if name == ".md":  # the generator's name for a post without a title
        return True
    stem, suffix = os.path.splitext(name)  # noqa: PTH122 — a bare name, and pathlib has no suffix for ".md"
    return not name.startswith(".") and suffix.lower() in SUFFIXES and stem.lower() != "readme"


def _look_at(entry: "os.DirEntry[str]", base: str, now: int, found: Scan) -> None:
    path = entry.path[len(base) :].replace(os.sep, "/")
    try:
        path.encode()
        status = entry.stat()
    except UnicodeEncodeError:
        found.refused.append((_shown(entry.path, base), "the file name is not UTF-8"))
        return
    except OSError as error:
        found.refused.append((path, f"cannot be read: {error.strerror or error}"))
        found.unseen.append(path)
        return
    if not stat.S_ISREG(status.st_mode):
        found.refused.append((path, "not a regular file"))
        return
    recent = _RECENT if 0 <= now - status.st_mtime_ns < COARSE_NANOSECONDS else ""
    found.files.append(FileState(path, f"{status.st_size}:{status.st_mtime_ns}{recent}"))


def _shown(path: str, base: str) -> str:
    return path[len(base) :].replace(os.sep, "/").encode("utf-8", "backslashreplace").decode()


@dataclass(frozen=True, slots=True)
class Work:
    """What has to be done to bring the store in line with the folder.

    Attributes:
        read: Files that are new, or may have changed.
        gone: Paths that are remembered and not there any more.
        unchanged: How many articles are as they were.
        refused: As in `Scan`, and what was skipped before for a reason that stays.
    """

    read: tuple[FileState, ...]
    gone: tuple[str, ...]
    unchanged: int
    refused: tuple[tuple[str, str], ...]


def compare(found: Scan, known: Mapping[str, Known], *, anew: bool = False) -> Work:
    """Tell new, changed and gone files from those that are as they were.

    Files that were skipped are looked at again: a reason such as missing rights may have passed. Not so those
    that took too much time or memory.

    Args:
        anew: Read all files, because the same files would now be read otherwise.
    """
    read: list[FileState] = []
    still: list[tuple[str, str]] = []
    for file in found.files:
        old = known.get(file.path)
        if anew or old is None or _may_have_changed(file, old):
            read.append(file)
        elif old.reason is not None:
            still.append((file.path, old.reason))
    present = {file.path for file in found.files}
    unseen = frozenset(found.unseen)
    folders = tuple(f"{path}/" for path in found.unseen)
    gone = tuple(
        path
        for path in known
        if path not in present and path not in unseen and not (folders and path.startswith(folders))
    )
    unchanged = len(found.files) - len(read) - len(still)
    return Work(tuple(read), gone, unchanged, (*found.refused, *still))


def _may_have_changed(file: FileState, old: Known) -> bool:
    if old.reason is not None and old.reason.startswith(_COSTLY):
        return not is_same(file, old)  # even if written just now: reading it again costs too much
    return old.stat != file.stat or file.may_change_unseen or old.reason not in (None, DRAFT)


_COSTLY: Final = tuple(reason.partition("{")[0] for reason in (TIME_REASON, MEMORY_REASON))


def is_same(file: FileState, old: Known) -> bool:
    """Whether a file has the size and time of change that are remembered of it, however fresh they were."""
    return file.size_and_time == old.stat.removesuffix(_RECENT)


def guard(
    root: Path, remembered_root: str | None, work: Work, known: Mapping[str, Known], *, force: bool
) -> None:
    """Refuse what looks like a mistake: another root, or most articles gone.

    Raises:
        ArchiveError: It does, and `force` is not set.
    """
    if force:
        return
    if remembered_root is not None and remembered_root != str(root):
        raise ArchiveError(
            f"the data belongs to the archive {remembered_root}, not to {root}; "
            "set CORPUS_DIR back, use another DATA_DIR, or replace the archive with --force"
        )
    articles = sum(entry.reason is None for entry in known.values())
    gone = sum(known[path].reason is None for path in work.gone)
    if gone * 2 > articles:
        raise ArchiveError(
            f"{gone} of {articles} articles are gone from {root}; is the disk mounted? "
            "Nothing was changed; if they are meant to go, use --force"
        )
