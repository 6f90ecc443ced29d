"""The archive for commands: opened, indexed if needed, with filters and categories from the command line."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from bot.cli import console
from bot.cli.console import CommandError
from bot.settings import Settings
from corpus.models import Filters

if TYPE_CHECKING:
    from corpus import Corpus
    from corpus.models import Category, UpdateReport
    from corpus.updating import Show

MAX_NAMED = 8


@contextmanager
def open_corpus(settings: Settings, *, folder: Path | None = None, filled: bool = True) -> Iterator["Corpus"]:
    """Open the corpus; one that was never indexed completely is indexed first, with a progress bar.

    Args:
        settings: Name its folders.
        folder: Folder with the posts, instead of CORPUS_DIR.
        filled: Index first. False leaves indexing to the caller, and sets a damaged database aside.

    Raises:
        CommandError: DATA_DIR is no folder, or contains another archive than the one CORPUS_DIR names.
        CorpusError: The archive cannot be opened or indexed.
    """
    from corpus import Corpus

    if settings.data_dir.exists() and not settings.data_dir.is_dir():
        raise CommandError(f"DATA_DIR {settings.data_dir} is a file, not a folder")
    with Corpus.open(settings.corpus_options(folder), renew=not filled) as corpus:
        if filled:
            _fill(settings, corpus)
        yield corpus


def _fill(settings: Settings, corpus: "Corpus") -> None:
    from corpus.errors import CorpusError

    if problem := archive_mismatch(settings, corpus):
        raise CommandError(problem)
    other = _differs(corpus.folder, corpus.indexed_folder)
    if corpus.unfinished or other:
        try:
            _index_first(corpus, started=not (corpus.empty or other))
        except CorpusError as error:
            if corpus.empty or other:
                raise
            console.say(f"baotong: {error}. Answering from what was read so far.")
    if corpus.empty:
        console.say(f"baotong: {no_posts_message(corpus)}")


def _index_first(corpus: "Corpus", *, started: bool) -> None:
    from corpus import sample_folder

    place = (
        "the sample archive" if corpus.folder.resolve() == sample_folder().resolve() else str(corpus.folder)
    )
    if started:
        console.say(f"Indexing {place} was cut off: going on with it first.")
    else:
        console.say(f"Indexing {place} first; this happens once.")
    report = update(corpus, force=False)
    skipped = f", {len(report.skipped)} skipped (`baotong index` names them)" if report.skipped else ""
    console.say(
        f"{console.counted(report.added + report.unchanged, 'article')} in {report.seconds:.1f} s{skipped}."
    )


def existing_part(folder: Path) -> Path:
    """Return a folder, or the nearest one above it that exists."""
    return next(path for path in (folder, *folder.absolute().parents) if path.exists())


def unreadable_reason(setting: str, folder: Path) -> str | None:
    """Return why this user cannot read an existing folder; None for every other folder.

    Args:
        setting: Name of the variable that names the folder, or a description of it.
        folder: The folder.
    """
    closed = next((path for path in reversed(folder.absolute().parents) if not _can_look_into(path)), None)
    if closed is not None:
        return f"{setting} {folder}: {closed} cannot be read by this user"
    if folder.is_dir() and not os.access(folder, os.R_OK | os.X_OK):
        return f"{setting} {folder} cannot be read by this user"
    return None


def _can_look_into(folder: Path) -> bool:
    return not os.path.isdir(folder) or os.access(folder, os.X_OK)  # noqa: PTH112 — Path raises without permission


def no_posts_message(corpus: "Corpus") -> str:
    """Return the message for an archive without articles."""
    return f"no posts found in {corpus.folder}: they end in .md, .markdown or .html"


def archive_mismatch(settings: Settings, corpus: "Corpus") -> str | None:
    """Return what to do if CORPUS_DIR names another archive than the indexed one; None if it does not.

    None too if the indexed one is the sample: the next update replaces it.
    """
    from corpus import sample_folder

    wanted, indexed = settings.corpus_dir, corpus.indexed_folder
    if not _differs(wanted, indexed) or indexed == sample_folder().resolve():
        return None
    return (
        f"CORPUS_DIR names {wanted}, but DATA_DIR {settings.data_dir} holds the archive {indexed}: set one "
        "of them back, or let `baotong index --force` replace what is indexed"
    )


def _differs(wanted: Path | None, indexed: Path | None) -> bool:
    return wanted is not None and indexed is not None and wanted.resolve() != indexed


def update(corpus: "Corpus", *, force: bool, slow_seconds: float | None = None) -> "UpdateReport":
    """Bring the corpus up to date with a progress bar; Ctrl-C is confirmed at once.

    Args:
        corpus: The corpus.
        force: As for `Corpus.update`.
        slow_seconds: As for `Corpus.update`.

    Raises:
        CommandError: The archive's folder cannot be read.
        CorpusError: As `Corpus.update` does.
    """
    from bot.cli import progress

    if problem := unreadable_reason("the archive", corpus.folder):
        raise CommandError(problem)

    try:
        with progress.show_progress() as show, _confirm_interrupt():
            report = corpus.update(force=force, slow_seconds=slow_seconds, progress=show)
            _update_vectors(corpus, show)
            return report
    except KeyboardInterrupt:
        console.say("What was read is kept: the next run goes on from there.")
        raise


def make_vectors(settings: Settings) -> None:
    """Make the vectors of articles beside a running bot; the archive is left as it is.

    Raises:
        CorpusError: They cannot be made.
    """
    from corpus import Corpus

    with Corpus.open(settings.corpus_options(), rebuild_in_background=True) as corpus:
        corpus.update_vectors()


def _update_vectors(corpus: "Corpus", show: "Show") -> None:
    """Make the vectors of articles where they are wanted. The archive is up to date without them."""
    from corpus.errors import CorpusError

    try:
        corpus.update_vectors(progress=show)
    except CorpusError as error:
        console.say(f"baotong: no vectors of articles were made: {error}")


@contextmanager
def _confirm_interrupt() -> Iterator[None]:
    """Confirm Ctrl-C at once, since finishing the current write may take a second."""
    usual = signal.getsignal(signal.SIGINT)
    if usual is not signal.default_int_handler:  # the parent process wants it ignored
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        with suppress(OSError, RuntimeError):  # nobody reads, or another line is being written
            console.say("stopping…")
        signal.default_int_handler(number, frame)

    signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)


def parse_filters(
    category: str | None, author: str | None, since: str | None, until: str | None, *, today: date
) -> Filters:
    """Return the filters given on the command line; 昨天 is counted from `today`.

    Raises:
        CommandError: A day cannot be understood.
    """
    from bot.wording.requests import read_filters

    try:
        return read_filters(category, author, since, until, today=today, prefix="--")
    except ValueError as error:
        raise CommandError(str(error), code=2) from None


def check_filters(corpus: "Corpus", wanted: Filters) -> None:
    """Refuse filters that no article can pass.

    Raises:
        CommandError: The archive has no such category or author, or the days are the wrong way round.
    """
    from bot.wording import requests

    try:
        requests.check_filters(corpus, wanted)
    except ValueError as error:
        raise CommandError(str(error), code=2) from None


def find_category(corpus: "Corpus", name: str | None) -> "Category | None":
    """Return the category of a name; None for None.

    Raises:
        CommandError: There is no such category, or the name is ambiguous.
    """
    if name is None:
        return None
    found = corpus.find_categories(name)
    if not found:
        raise CommandError(f"no category {name!r}: `baotong categories` lists them", code=2)
    if len(found) > 1:
        paths = ", ".join("/".join(one.path) for one in found[:MAX_NAMED])
        more = f" and {len(found) - MAX_NAMED} more" if len(found) > MAX_NAMED else ""
        raise CommandError(f"several categories are named {name!r}, say which: {paths}{more}", code=2)
    return found[0]
