"""`baotong import` for the command line: what is imported, where it goes, what the report says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli import archive, console, sources
from bot.cli.console import CommandError
from bot.settings import Settings
from corpus.errors import ArchiveError
from corpus.extras import install_command

if TYPE_CHECKING:
    from corpus.sources import ImportReport

MAX_NAMED = 20
MAX_LIST_BYTES = 20_000_000


@dataclass(frozen=True, slots=True)
class ImportSources:
    """What is imported.

    Attributes:
        paths: Files and folders, which exist.
        addresses: Sitemaps and pages.
    """

    paths: tuple[Path, ...]
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImportPlace:
    """Where posts go.

    Attributes:
        root: Folder that is, or becomes, the archive.
        below: Folders below it.
        folder: What is indexed at the end, if it is not the archive of the settings; None: that is.
        is_archive: Whether the posts are part of the archive.
    """

    root: Path
    below: tuple[str, ...] = ()
    folder: Path | None = None
    is_archive: bool = True


def sources_of(words: Sequence[str], listed: Path | None) -> ImportSources:
    """Tell paths from addresses, and read the list of addresses.

    Raises:
        CommandError: Nothing is named, a path is not there, or the list cannot be read.
    """
    addresses = [word for word in words if "://" in word]
    paths = [Path(word).expanduser() for word in words if "://" not in word]
    for path in paths:
        if not path.exists():
            raise CommandError(f"{path}: no such file or folder", code=2)
    if listed is not None:
        addresses += _listed_addresses(listed)
    if not paths and not addresses:
        raise CommandError("import what? Name files, folders or addresses", code=2)
    return ImportSources(tuple(paths), tuple(addresses))


def _listed_addresses(path: Path) -> list[str]:
    try:
        if path.stat().st_size > MAX_LIST_BYTES:
            raise CommandError(f"{path} has more than {MAX_LIST_BYTES:,} bytes", code=2)
        text = path.read_text("utf-8-sig", "replace")
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}", code=2) from error
    lines = [line.strip() for line in text.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def parse_channel(text: str | None) -> str:
    """Return the public name of a channel; empty for None.

    Raises:
        CommandError: It is no such name.
    """
    from corpus.sources import channel_name

    try:
        return channel_name(text) if text else ""
    except ValueError as error:
        raise CommandError(f"--channel: {error}", code=2) from error


def find_place(settings: Settings, to: Path | None) -> ImportPlace:
    """Return where posts go: below the archive's folder, or where `--to` says.

    A folder of its own becomes the archive if nothing but the sample was indexed before.

    Raises:
        CommandError: There is no folder that may be written.
    """
    from corpus import sample_folder

    sample = sample_folder().resolve()
    with archive.open_corpus(settings, filled=False) as corpus:
        try:
            root = corpus.posts_folder
        except ArchiveError as error:
            if to is None:
                raise CommandError(str(error), code=2) from error
            root = None
        indexed = corpus.indexed_folder
    if to is None and root is not None:
        return ImportPlace(root)
    target = (to or Path()).expanduser().resolve()
    if target == sample or target.is_relative_to(sample):
        raise CommandError("the sample archive is never written: name another folder", code=2)
    if root is not None and target.is_relative_to(root.resolve()):
        return ImportPlace(root, below=target.relative_to(root.resolve()).parts)
    is_free = settings.corpus_dir is None and indexed in (None, sample, target)
    return ImportPlace(target, folder=target, is_archive=is_free)


def run(
    settings: Settings,
    wanted: ImportSources,
    place: ImportPlace,
    *,
    category: str | None,
    channel: str,
    limit: int,
    version: str,
) -> "ImportReport":
    """Import, with progress on standard error.

    Raises:
        CorpusError: Posts or state cannot be written.
    """
    from bot.cli import progress
    from corpus import Progress
    from corpus.sources import Importer

    options = settings.source_options(place.root, agent=f"Baotong/{version} (article importer)")
    with sources.folder_named(settings, place.root), progress.show_progress() as show:
        importer = Importer(
            options,
            now=lambda: datetime.now(UTC),
            categories=sources.category_path(category),
            below=place.below,
            channel=channel,
            show=lambda phase, done, total: show(Progress(phase, done, total)),
        )
        return importer.run(wanted.paths, wanted.addresses, limit=limit)


def report_lines(report: "ImportReport") -> str:
    """Render what an import gave, with what it skipped and why."""
    lines = [
        f"{console.counted(report.added, 'article')} added, {report.known:,} were there already, "
        f"{report.updated:,} changed, {len(report.skipped):,} skipped, in {report.seconds:.1f} s"
    ]
    if report.readers:
        lines.append(f"  main texts of web pages found by: {', '.join(report.readers)}")
        if report.readers == ("own reader",):
            lines.append(
                f"  (the extra `fulltext` finds them a little better: {install_command('fulltext')})"
            )
    lines += [f"  {path}: {reason}" for path, reason in report.skipped[:MAX_NAMED]]
    if len(report.skipped) > MAX_NAMED:
        lines.append(f"  … and {len(report.skipped) - MAX_NAMED:,} more (--json lists all)")
    return "".join(f"{line}\n" for line in lines)


def update_index(settings: Settings, place: ImportPlace, *, wanted: bool) -> None:
    """Bring the index up to date, unless that is not wanted or a bot does it."""
    if not wanted:
        return
    if not place.is_archive:
        console.say(
            f"{place.root} is not the archive: `baotong index {place.root} --force` would make it that."
        )
        return
    sources.update_index(settings, wanted=True, folder=place.folder)
