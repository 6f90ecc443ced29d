"""Scan of a folder, compared with what the store remembers of its files."""

import os
import stat
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from corpus.errors import ArchiveError
from corpus.posts.addresses import SUFFIXES
from corpus.store.rows import KnownFile
from corpus.text.characters import words

SKIPPED_FOLDERS: Final = frozenset(
    {"_drafts", "node_modules", "_includes", "_layouts", "_site"}
    | {"#recycle", "@Recycle", "@eaDir", "$RECYCLE.BIN", "__MACOSX", "lost+found"}
)
"""Folders of drafts, templates and built pages, and of what storage devices keep: deleted files, previews."""
DRAFT: Final = "draft"
"""Reason for skipping a post that its author has not published."""

PAGE: Final = "a page of the site, not an article"
"""Reason for skipping what `corpus.posts.pages` tells from articles."""

NO_POSTS: Final = frozenset({"readme", "_index"})
"""Names of files about a folder: Hugo's `_index.md` is the page of a section."""

TIME_REASON: Final = "took more than {seconds:g} s to read"
MEMORY_REASON: Final = "needed more than {megabytes} MB to read"
"""Reasons for refusing a post that exceeds the bounds; it is not tried again until it changes."""

_ATTACHMENTS: Final = words(
    ".jpg .jpeg .png .gif .webp .svg .bmp .ico .avif .heic .tif .tiff .psd"
    " .mp3 .mp4 .m4a .m4v .mov .avi .mkv .webm .ogg .wav .flac .srt .vtt"
    " .css .scss .sass .less .styl .js .mjs .ts .map .ejs .njk .pug .swig .liquid"
    " .woff .woff2 .ttf .otf .eot .yml .yaml .toml .ini .lock .py .sh .rb .go"
    " .tmp .swp .bak .part .log .db .sqlite3 .pyc"
)
"""Ends of files that belong to posts or to their site."""

_SITE_FILES: Final = frozenset({"license", "makefile", "dockerfile", "gemfile", "cname", "thumbs", "robots"})
_MAX_SUFFIX_CHARS: Final = 11

TIMESTAMP_GRANULARITY_NS: Final = 2_000_000_000
"""Some file systems store times in steps of two seconds. A file that changed more recently than this before
the scan may change again without a new time."""

_RECENT: Final = ":recent"
_FUTURE_DATED: Final = ":coming"


@dataclass(frozen=True, slots=True)
class FileState:
    """A file found by the scan.

    Attributes:
        path: Relative to the archive, with forward slashes.
        stat: Size, and times of modification and of change; an equal value means unchanged.
    """

    path: str
    stat: str

    @property
    def size(self) -> int:
        """In bytes."""
        return int(self.stat.partition(":")[0])

    @property
    def size_and_time(self) -> str:
        """`stat` without the mark of a recent change."""
        return self.stat.removesuffix(_RECENT)

    @property
    def may_change_unseen(self) -> bool:
        """Whether it changed so shortly before the scan that an equal `stat` proves nothing."""
        return self.stat.endswith(_RECENT)

    def as_future_dated(self) -> "FileState":
        """The same file with a mark that makes it count as changed in every scan: its date lies ahead."""
        return FileState(self.path, self.stat + _FUTURE_DATED)


@dataclass(slots=True)
class Scan:
    """Content of the archive.

    Attributes:
        files: Post files, by path.
        refused: (path, reason) of entries that are named like a post but are not one.
        unreadable: Paths that could not be examined: known files there may still exist.
        passed_over: How many files are no posts, by the end of their names, such as `.pdf`.
    """

    files: list[FileState] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)


def scan(root: Path) -> Scan:
    """List the posts below `root`, in a fixed order.

    Hidden folders, `SKIPPED_FOLDERS` and READMEs are skipped. Folders behind symbolic links are not entered,
    since they may lead out of the archive or in circles; they are reported.

    Raises:
        ArchiveError: `root` is not a folder that can be read.
    """
    result = Scan()
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
                        if is_post_name(entry.name):
                            result.refused.append((_printable_path(entry.path, base), "a folder, not a post"))
                    elif _is_linked_folder(entry):
                        if _is_entered(entry.name):
                            result.refused.append(
                                (_printable_path(entry.path, base), "a link to a folder, not followed")
                            )
                    elif is_post_name(entry.name):
                        _add_file(entry, base, now, result)
                    elif kind := _passed_kind(entry.name):
                        result.passed_over[kind] += 1
        except OSError as error:
            if folder == str(root):
                raise ArchiveError(f"CORPUS_DIR {root} cannot be read: {error.strerror or error}") from error
            path = _printable_path(folder, base)
            result.refused.append((path, f"the folder cannot be read: {error.strerror or error}"))
            result.unreadable.append(path)
    result.files.sort(key=lambda file: file.path)
    return result


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
    return not name.startswith(".") and name not in SKIPPED_FOLDERS


def is_post_name(name: str) -> bool:
    """Return whether a file of that name is a post.

    >>> [is_post_name(name) for name in ("a.md", "a.HTML", ".md", "README.md", ".a.md", "access.log")]
    [True, True, True, False, False, False]
    >>> is_post_name("_index.md")
    False
    """
    if name == ".md":  # the generator's name for a post without a title
        return True
    stem, suffix = os.path.splitext(name)  # noqa: PTH122 — a bare name, and pathlib has no suffix for ".md"
    return (
        not name.startswith(".")
        and suffix.lower() in SUFFIXES
        and stem.lower().partition(".")[0] not in NO_POSTS
    )


def _passed_kind(name: str) -> str:
    """The end of the name of a file that could be an article in another form; empty for all others.

    >>> _passed_kind("年报.PDF"), _passed_kind("桥.jpg"), _passed_kind("README.md"), _passed_kind("说明")
    ('.pdf', '', '', '(no suffix)')
    """
    if (
        name.startswith((".", "~$"))
        or name.endswith("~")
        or name.lower().partition(".")[0] in NO_POSTS | _SITE_FILES
    ):
        return ""
    suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122 — a bare name
    if suffix in _ATTACHMENTS or suffix in SUFFIXES:
        return ""
    is_short = suffix.isascii() and 1 < len(suffix) <= _MAX_SUFFIX_CHARS
    return suffix if is_short else "(no suffix)"


def _add_file(entry: "os.DirEntry[str]", base: str, now: int, result: Scan) -> None:
    path = entry.path[len(base) :].replace(os.sep, "/")
    try:
        path.encode()
        status = entry.stat()
    except UnicodeEncodeError:
        result.refused.append((_printable_path(entry.path, base), "the file name is not UTF-8"))
        return
    except OSError as error:
        result.refused.append((path, f"cannot be read: {error.strerror or error}"))
        result.unreadable.append(path)
        return
    if not stat.S_ISREG(status.st_mode):
        result.refused.append((path, "not a regular file"))
        return
    # Whoever copies or corrects a post may set its modification time; the time of the change nobody sets.
    recent = _RECENT if 0 <= now - status.st_mtime_ns < TIMESTAMP_GRANULARITY_NS else ""
    state = f"{status.st_size}:{status.st_mtime_ns}:{status.st_ctime_ns}{recent}"
    result.files.append(FileState(path, state))


def _printable_path(path: str, base: str) -> str:
    return path[len(base) :].replace(os.sep, "/").encode("utf-8", "backslashreplace").decode()


@dataclass(frozen=True, slots=True)
class Changes:
    """Differences between the folder and the store.

    Attributes:
        read: Files that are new or may have changed.
        gone: Known paths that do not exist any more.
        unchanged: Number of articles that did not change.
        refused: As in `Scan`, plus files that were skipped before for a reason that still holds.
    """

    read: tuple[FileState, ...]
    gone: tuple[str, ...]
    unchanged: int
    refused: tuple[tuple[str, str], ...]


def compare(result: Scan, known: Mapping[str, KnownFile], *, read_all: bool = False) -> Changes:
    """Compare a scan with the known files.

    Skipped files are read again, since a reason such as missing permissions may have passed; except those
    that took too much time or memory.

    Args:
        result: The scan.
        known: What the store remembers of files, by path.
        read_all: Read all files, because the parser has changed.
    """
    read: list[FileState] = []
    still_refused: list[tuple[str, str]] = []
    for file in result.files:
        old = known.get(file.path)
        if read_all or old is None or _may_have_changed(file, old):
            read.append(file)
        elif old.reason is not None:
            still_refused.append((file.path, old.reason))
    present = {file.path for file in result.files}
    unreadable = frozenset(result.unreadable)
    folders = tuple(f"{path}/" for path in result.unreadable)
    gone = tuple(
        path
        for path in known
        if path not in present and path not in unreadable and not (folders and path.startswith(folders))
    )
    unchanged = len(result.files) - len(read) - len(still_refused)
    return Changes(tuple(read), gone, unchanged, (*result.refused, *still_refused))


def _may_have_changed(file: FileState, old: KnownFile) -> bool:
    if old.reason is not None and old.reason.startswith(_COSTLY):
        return not is_same(file, old)  # even after a recent change: parsing it again costs too much
    return old.stat != file.stat or file.may_change_unseen or old.reason not in (None, DRAFT, PAGE)


_COSTLY: Final = tuple(reason.partition("{")[0] for reason in (TIME_REASON, MEMORY_REASON))


def is_same(file: FileState, old: KnownFile) -> bool:
    """Whether a file has the remembered size and times, however recent they were."""
    return file.size_and_time == old.stat.removesuffix(_RECENT)


def guard(
    root: Path, remembered_root: str | None, work: Changes, known: Mapping[str, KnownFile], *, force: bool
) -> None:
    """Refuse updates that look like a mistake: another root, or most articles gone.

    Raises:
        ArchiveError: The update looks like a mistake, and `force` is not set.
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
