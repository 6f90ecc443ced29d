"""Which files are imported: those that are named, and those below named folders; no links lead out."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from corpus.posts.addresses import SUFFIXES
from corpus.sources.imports.telegram_export import HEAD_CHARS, is_export
from corpus.sources.imports.values import Reading

MAX_DEPTH: Final = 40


class Kind(StrEnum):
    """How a file is read."""

    PAGE = "page"
    MHTML = "mhtml"
    TEXT = "text"
    DOCX = "docx"
    PDF = "pdf"
    EXPORT = "export"


_KINDS: Final = {
    ".html": Kind.PAGE,
    ".htm": Kind.PAGE,
    ".xhtml": Kind.PAGE,
    ".mhtml": Kind.MHTML,
    ".mht": Kind.MHTML,
    ".txt": Kind.TEXT,
    ".text": Kind.TEXT,
    ".docx": Kind.DOCX,
    ".pdf": Kind.PDF,
    ".json": Kind.EXPORT,
}
_OTHERS: Final = {
    ".doc": "an old document of Word: save it as .docx",
    ".rtf": "not read: save it as .docx or as text",
    ".odt": "not read: save it as .docx",
    ".epub": "not read",
    ".wps": "not read: save it as .docx",
    ".md": "a post already: set CORPUS_DIR to its folder",
    ".markdown": "a post already: set CORPUS_DIR to its folder",
}
_SKIPPED_FOLDERS: Final = frozenset({"node_modules", "__MACOSX", "lost+found", "$RECYCLE.BIN", "#recycle"})
_COMPANIONS: Final = ("_files", ".files", "_文件", ".fld")
"""Ends of the names of folders in which browsers keep the pictures and frames of a page."""


@dataclass(frozen=True, slots=True)
class ImportFile:
    """A file to read.

    Attributes:
        path: Absolute, links resolved.
        shown: As the operator named it.
        kind: How it is read.
        folders: Folders below the one that was named.
    """

    path: str
    shown: str
    kind: Kind
    folders: tuple[str, ...] = ()


def kind_of(name: str) -> Kind | None:
    """Return how a file of that name is read; None: it is not."""
    return _KINDS.get(os.path.splitext(name)[1].lower())  # noqa: PTH122 — a bare name


def find_files(named: Path, *, archive: Path) -> Iterator[ImportFile | Reading]:
    """Yield the files of a path in a fixed order, and readings with a reason for those that are refused.

    Args:
        named: A file or a folder, which may be a link itself.
        archive: Folder of the archive: posts that stand there are articles already.
    """
    root = named.resolve()
    if not root.is_dir():
        yield _checked(root, str(named), (), root.parent, archive, is_named=True)
        return
    pending: list[tuple[Path, tuple[str, ...]]] = [(root, ())]
    while pending:
        folder, above = pending.pop()
        shown = named.joinpath(*above)
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            yield Reading(str(shown), reason=f"the folder cannot be read: {error.strerror}")
            continue
        if export := next((entry for entry in entries if _is_export_file(entry)), None):
            # What else an export's folder holds belongs to its messages.
            yield ImportFile(export.path, str(shown / export.name), Kind.EXPORT, above)
            continue
        names = {entry.name for entry in entries}
        folders = []
        for entry in entries:
            if entry.name.startswith((".", "~$")):
                continue
            if entry.is_dir(follow_symlinks=False):
                if _is_entered(entry.name, names) and len(above) < MAX_DEPTH:
                    folders.append((Path(entry.path), (*above, entry.name)))
            elif entry.is_symlink() and _is_folder(entry):
                yield Reading(str(shown / entry.name), reason="a link to a folder, not followed")
            elif _is_wanted(entry.name):
                yield _checked(
                    Path(entry.path), str(shown / entry.name), above, root, archive, is_named=False
                )
        pending += reversed(folders)


def _is_wanted(name: str) -> bool:
    """Whether a file of a folder is read, or named in the report. A `.json` that is no export is neither."""
    kind = kind_of(name)
    return kind is not Kind.EXPORT if kind else Path(name).suffix.lower() in _OTHERS


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_entered(name: str, beside: set[str]) -> bool:
    if name in _SKIPPED_FOLDERS:
        return False
    for end in _COMPANIONS:
        stem = name.removesuffix(end)
        if stem != name and any(stem + suffix in beside for suffix in (".html", ".htm", ".xhtml")):
            return False
    return True


def _is_export_file(entry: "os.DirEntry[str]") -> bool:
    if entry.name != "result.json" or not entry.is_file(follow_symlinks=False):
        return False
    try:
        with Path(entry.path).open("rb") as file:
            return is_export(file.read(HEAD_CHARS).decode("utf-8", "replace"))
    except OSError:
        return False


def _checked(
    path: Path, shown: str, folders: tuple[str, ...], root: Path, archive: Path, *, is_named: bool
) -> ImportFile | Reading:
    """Return a file as it is to be read, or why it is not."""
    try:
        target = path.resolve(strict=True)
        is_regular = stat.S_ISREG(target.stat().st_mode)
    except (OSError, RuntimeError) as error:
        return Reading(shown, reason=f"cannot be read: {getattr(error, 'strerror', None) or error}")
    if not target.is_relative_to(root):
        return Reading(shown, reason="a link that leads out of the folder")
    if not is_regular:
        return Reading(shown, reason="not a regular file")
    kind = kind_of(path.name)
    if kind is None:
        suffix = path.suffix.lower()
        reason = _OTHERS.get(
            suffix, f"files that end in {suffix} are not read" if suffix else "of an unknown kind"
        )
        return Reading(shown, reason=reason)
    if path.suffix.lower() in SUFFIXES and target.is_relative_to(archive):
        return Reading(shown, reason="a post of the archive already")
    return ImportFile(str(target), shown, kind, folders)
