"""The archive as the commands need it: filled, the right one, and its categories by name."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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

MOST_NAMED = 8


@contextmanager
def opened(settings: Settings, *, folder: Path | None = None, filled: bool = True) -> Iterator["Corpus"]:
    """The corpus; one that was never indexed, or not to the end, is indexed first, visibly.

    Args:
        settings: Where it lives.
        folder: Wins over CORPUS_DIR.
        filled: False: leave the indexing to the caller; a database that is damaged is set aside.

    Raises:
        CommandError: DATA_DIR is no folder, or holds another archive than CORPUS_DIR names.
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

    if problem := foreign(settings, corpus):
        raise CommandError(problem)
    other = _is_other(settings.corpus_dir, corpus.indexed_folder)
    if corpus.unfinished or other:
        try:
            _index_first(corpus, started=not (corpus.empty or other))
        except CorpusError as error:
            if corpus.empty or other:
                raise
            console.say(f"baotong: {error}. Answering from what was read so far.")
    if corpus.empty:
        console.say(f"baotong: {no_posts(corpus)}")


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
    console.say(f"{report.added + report.unchanged:,} articles in {report.seconds:.1f} s{skipped}.")


def unreadable(setting: str, folder: Path) -> str | None:
    """What to say of a folder that is there and that this user may not read; None for all others.

    Args:
        setting: Name of the variable that names it, or what else it is.
        folder: Where it is.
    """
    closed = next((path for path in reversed(folder.absolute().parents) if not _can_look_into(path)), None)
    if closed is not None:
        return f"{setting} {folder}: {closed} cannot be read by this user"
    if folder.is_dir() and not os.access(folder, os.R_OK | os.X_OK):
        return f"{setting} {folder} cannot be read by this user"
    return None


def _can_look_into(folder: Path) -> bool:
    return not os.path.isdir(folder) or os.access(folder, os.X_OK)  # noqa: PTH112 — Path raises where it may not look


def no_posts(corpus: "Corpus") -> str:
    """What to say when the archive has no article."""
    return f"no posts found in {corpus.folder}: they end in .md, .markdown or .html"


def foreign(settings: Settings, corpus: "Corpus") -> str | None:
    """What to do when CORPUS_DIR names another archive than the one indexed; None when all is well.

    All is well too when it takes the place of the sample: the next update sees to that.
    """
    from corpus import sample_folder

    wanted, indexed = settings.corpus_dir, corpus.indexed_folder
    if not _is_other(wanted, indexed) or indexed == sample_folder().resolve():
        return None
    return (
        f"CORPUS_DIR names {wanted}, but DATA_DIR {settings.data_dir} holds the archive {indexed}: set one "
        "of them back, or let `baotong index --force` replace what is indexed"
    )


def _is_other(wanted: Path | None, indexed: Path | None) -> bool:
    return wanted is not None and indexed is not None and wanted.resolve() != indexed


def update(corpus: "Corpus", *, force: bool, slow_seconds: float | None = None) -> "UpdateReport":
    """Bring the corpus up to date under a progress bar, and say at once when Ctrl-C is heeded.

    Args:
        force: As for `Corpus.update`, like `slow_seconds`.

    Raises:
        CommandError: Its folder cannot be read.
        CorpusError: As `Corpus.update` does.
    """
    from bot.cli import progress

    if problem := unreadable("the archive", corpus.folder):
        raise CommandError(problem)

    try:
        with progress.shown() as show, _prompt_ctrl_c():
            return corpus.update(force=force, slow_seconds=slow_seconds, progress=show)
    except KeyboardInterrupt:
        console.say("What was read is kept: the next run goes on from there.")
        raise


@contextmanager
def _prompt_ctrl_c() -> Iterator[None]:
    """Answer Ctrl-C at once, though a second may pass until what is being written has been written."""
    usual = signal.getsignal(signal.SIGINT)
    if usual is not signal.default_int_handler:  # whoever started us wants it ignored
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        with suppress(OSError, RuntimeError):  # nobody listens, or it came in the middle of another line
            console.say("stopping…")
        signal.default_int_handler(number, frame)

    signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)


def filters(category: str | None, author: str | None, since: str | None, until: str | None) -> Filters:
    """Filters as given on the command line.

    Raises:
        CommandError: A day cannot be understood.
    """
    from bot.cli.json_lines import read_day

    try:
        return Filters(
            category=category,
            author=author,
            since=read_day(since, "--since", last=False),
            until=read_day(until, "--until", last=True),
        )
    except ValueError as error:
        raise CommandError(str(error), code=2) from None


def check(corpus: "Corpus", wanted: Filters) -> None:
    """Refuse filters that nothing can pass.

    Raises:
        CommandError: The archive has no such category or author, or the days are the wrong way round.
    """
    from bot.cli.json_lines import check_filters

    try:
        check_filters(corpus, wanted)
    except ValueError as error:
        raise CommandError(str(error), code=2) from None


def one_category(corpus: "Corpus", name: str | None) -> "Category | None":
    """The category of a name; None for None.

    Raises:
        CommandError: There is none, or several that must be told apart.
    """
    if name is None:
        return None
    found = corpus.find_categories(name)
    if not found:
        raise CommandError(f"no category {name!r}: `baotong categories` lists them", code=2)
    if len(found) > 1:
        paths = ", ".join("/".join(one.path) for one in found[:MOST_NAMED])
        more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
        raise CommandError(f"several categories are named {name!r}, say which: {paths}{more}", code=2)
    return found[0]
