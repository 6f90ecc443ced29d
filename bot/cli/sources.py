"""Feeds for commands: where posts go, what `follow` is given, and the index brought up to date at the end."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli import archive, console
from bot.cli.console import CommandError
from bot.process import lock
from bot.settings import Settings
from corpus import sample_folder
from corpus.errors import ArchiveError
from corpus.extras import install_command

if TYPE_CHECKING:
    from corpus.sources import FeedOverview, FeedReader, Followed, FollowedFeed, RoundReport

MAX_OPML_BYTES = 20_000_000
MAX_TITLE = 60

_ADDRESS = re.compile(r"(?:https?|feed):", re.I)
_DURATION = re.compile(r"(\d{1,5}(?:\.\d{1,2})?)\s?(m|min|h|d)?", re.I)
_MINUTES = {"m": 1, "min": 1, "h": 60, "d": 1440}


def open_reader(settings: Settings, version: str) -> "tuple[FeedReader, Path]":
    """Return the reader of feeds, and the folder that posts are written into.

    Raises:
        CommandError: There is no folder that may be written.
    """
    from corpus.sources import FeedReader

    root = posts_folder(settings)
    options = settings.source_options(root, agent=f"Baotong/{version} (feed reader)")
    return FeedReader(options, now=lambda: datetime.now(UTC)), root


def category_path(name: str | None) -> tuple[str, ...]:
    """Return the categories that a name with slashes stands for, the widest first; () for none.

    >>> category_path("财经 / 银行/")
    ('财经', '银行')
    """
    return tuple(filter(None, map(str.strip, (name or "").split("/"))))


def posts_folder(settings: Settings) -> Path:
    """Return the folder that posts are written into.

    Raises:
        CommandError: The sample is set as the archive, or DATA_DIR is no folder.
    """
    named = settings.corpus_dir
    if named is not None and settings.data_dir.is_dir() and named.resolve() != sample_folder().resolve():
        return named  # the archive need not be opened, which would cost a fetching process 40 MB
    with archive.open_corpus(settings, filled=False) as corpus:
        try:
            return corpus.posts_folder
        except ArchiveError as error:
            raise CommandError(str(error), code=2) from error


@contextmanager
def folder_named(settings: Settings, root: Path) -> Iterator[None]:
    """Say where posts go, once: when the folder is made. A round without a post makes none."""
    existed = root.exists()
    yield
    if settings.corpus_dir is None and not existed and root.exists():
        console.say(f"Posts are written into {root}, which is the archive from now on.")


def parse_every(text: str | None) -> float:
    """Return minutes, of `30m`, `2h`, `1d` or a number of minutes; 0 for None.

    Raises:
        CommandError: It is none of them.

    >>> parse_every("30m"), parse_every("2h"), parse_every(None)
    (30.0, 120.0, 0.0)
    """
    if text is None:
        return 0.0
    found = _DURATION.fullmatch(text.strip())
    minutes = float(found[1]) * _MINUTES[(found[2] or "m").lower()] if found else 0.0
    if not 1 <= minutes <= 7 * 1440:
        raise CommandError(f"--every: {text!r} is no time from 1m to 7d, such as 30m", code=2)
    return minutes


def read_outlines(path: Path) -> "tuple[FollowedFeed, ...]":
    """Return the feeds of an OPML file.

    Raises:
        CommandError: It cannot be read, or is no OPML.
    """
    from corpus.sources import OpmlError, read_opml

    try:
        if path.stat().st_size > MAX_OPML_BYTES:
            raise CommandError(f"{path} has more than {MAX_OPML_BYTES:,} bytes", code=2)
        return read_opml(path.read_bytes())
    except FileNotFoundError as error:
        raise CommandError(f"{path}: no such file, and no address", code=2) from error
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}", code=2) from error
    except OpmlError as error:
        raise CommandError(f"{path}: {error}", code=2) from error


def is_address(word: str) -> bool:
    """Return whether a word is an address, not a file.

    >>> is_address("https://news.test/rss"), is_address("news.test/rss"), is_address("list.opml")
    (True, True, False)
    """
    if _ADDRESS.match(word):
        return True
    return (
        not Path(word).exists() and not word.lower().endswith((".opml", ".xml")) and "." in word.split("/")[0]
    )


def with_scheme(word: str) -> str:
    """Return an address with a scheme: people leave it out."""
    return word if "://" in word or _ADDRESS.match(word) else f"https://{word}"


def update_index(settings: Settings, *, wanted: bool, folder: Path | None = None) -> None:
    """Bring the index up to date, unless that is not wanted or a bot does it.

    Args:
        settings: Name the archive.
        wanted: False: nothing is done.
        folder: The archive's folder, instead of that of the settings.
    """
    if not wanted:
        return
    if lock.is_held(settings.data_dir):
        console.say("The running bot will bring the archive up to date.")
        return
    with archive.open_corpus(settings, folder=folder, filled=False) as corpus:
        if not corpus.folder.is_dir():
            return
        report = archive.update(corpus, force=False)
    if report.added or report.changed or report.removed:
        total = report.added + report.changed + report.unchanged
        console.say(f"The archive has {console.counted(total, 'article')} now, {report.added:,} of them new.")


def followed_lines(results: "Sequence[Followed]", settings: Settings) -> str:
    """Render what `follow` did, a line a feed."""
    lines = []
    for one in results:
        parts = [one.state.value, one.title[:MAX_TITLE]]
        if one.entries:
            parts.append(entries(one.entries))
        if one.newest:
            parts.append(f"newest {one.newest.astimezone(settings.zone):%Y-%m-%d}")
        if one.full_text is not None:
            parts.append("full text" if one.full_text else "summaries")
        parts.append(one.url)
        lines.append("  ".join(filter(None, parts)))
        if one.reason:
            lines.append(f"    {one.reason}")
    return "".join(f"{line}\n" for line in lines)


def entries(number: int) -> str:
    """A number of entries of feeds, in words."""
    return f"{number:,} {'entry' if number == 1 else 'entries'}"


def fetched_lines(report: "RoundReport") -> str:
    """Render what a round gave."""
    feeds, articles = console.counted(report.feeds, "feed"), console.counted(report.added, "article")
    lines = [
        f"{feeds}: {report.fetched:,} fetched, {report.unchanged:,} unchanged, "
        f"{len(report.failed):,} failed; {articles} added, {report.updated:,} changed, "
        f"in {report.seconds:.1f} s"
    ]
    lines += [f"  {one.url}: {one.reason}" for one in report.failed]
    if report.disk:
        lines.append(f"  stopped: {report.disk}")
    return "".join(f"{line}\n" for line in lines)


def overview_lines(feeds: "Sequence[FeedOverview]", settings: Settings) -> str:
    """Render how the feeds are, a line a feed."""

    def when(moment: datetime | None) -> str:
        return f"{moment.astimezone(settings.zone):%m-%d %H:%M}" if moment else "never"

    lines = []
    for one in feeds:
        next_ = f", next {when(one.next)}" if one.next and one.state != "gone" else ""
        title = one.title[:MAX_TITLE] or "(no title yet)"
        read = f"{entries(one.entries)}, read {when(one.last_ok)}"
        lines.append(f"{one.state:8}{title}  {read}{next_}  {one.url}")
        if one.failing_since:
            lines.append(f"        since {when(one.failing_since)}: {one.reason}")
    return "".join(f"{line}\n" for line in lines)


def check_full_text() -> None:
    """Refuse --full-text where its extra is not installed.

    Raises:
        CommandError: It is not.
    """
    from importlib.util import find_spec

    if find_spec("trafilatura") is None:
        raise CommandError(f"--full-text needs the extra `fulltext`: {install_command('fulltext')}", code=2)


def fetch(
    reader: "FeedReader", addresses: Sequence[str] | None, *, due: bool, resumed: datetime | None
) -> "RoundReport":
    """Run a round, with progress on standard error.

    Raises:
        CommandError: An address is not followed.
        CorpusError: The list or the state cannot be read, or another process fetches.
    """
    from bot.cli import progress
    from corpus import Progress
    from corpus.sources import NotFollowedError

    total = len(addresses) if addresses is not None else len(reader.feeds())
    done = 0
    with progress.show_progress() as show:

        def count(_: object) -> None:
            nonlocal done
            done += 1
            show(Progress("fetch", done, total))

        try:
            return reader.fetch(addresses, due=due, resumed=resumed, on_fetched=count)
        except NotFollowedError as error:
            raise CommandError(str(error), code=2) from error


def follow_list(
    reader: "FeedReader", feeds: "Sequence[FollowedFeed]", settings: Settings
) -> "list[Followed]":
    """Follow the feeds of a list: all of them are put on ours, then the new ones are fetched.

    Where a bot runs, the fetching is left to that.
    """
    from dataclasses import replace

    from corpus.sources import FollowState

    results = reader.accept(feeds)
    counts = {state: sum(one.state is state for one in results) for state in FollowState}
    new_feeds = console.counted(counts[FollowState.NEW], "feed")
    before, refused = counts[FollowState.KNOWN], counts[FollowState.REFUSED]
    console.say(f"Followed now: {new_feeds}; {before:,} before, {refused:,} refused.")
    new = [one.url for one in results if one.state is FollowState.NEW]
    if not new or lock.is_held(settings.data_dir):
        return results
    report = fetch(reader, new, due=False, resumed=None)
    failed = {one.url: one.reason for one in report.failed}
    known = {one.url: one for one in reader.overview()}
    return [
        replace(
            one,
            title=known[one.url].title or one.title,
            entries=known[one.url].entries,
            newest=known[one.url].newest,
            reason=failed.get(one.url),
        )
        if one.state is FollowState.NEW and one.url in known
        else one
        for one in results
    ]


def write_opml(reader: "FeedReader", file: Path) -> None:
    """Write the list of feeds as OPML; `-` is standard output.

    Raises:
        CommandError: The file cannot be written.
    """
    raw = reader.opml()
    if str(file) == "-":
        console.write(raw.decode("utf-8"))
        return
    try:
        file.write_bytes(raw)
    except OSError as error:
        raise CommandError(f"{file} cannot be written: {error.strerror}") from error
    console.say(f"{file}: {console.counted(len(reader.feeds()), 'feed')}")
