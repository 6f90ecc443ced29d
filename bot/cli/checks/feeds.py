"""Checks of the feeds that are followed."""

import os
from collections.abc import Iterator

from bot.cli import archive
from bot.cli.checks.findings import Finding, good, remark
from bot.cli.console import CommandError
from bot.cli.sources import open_reader
from bot.settings import Settings
from corpus.errors import CorpusError


def feed_findings(settings: Settings) -> Iterator[Finding]:
    """Check the feeds, if any are followed: can their posts be written, and which fail."""
    if not settings.feeds_file.exists():
        return
    try:
        reader, root = open_reader(settings, "check")
        found = reader.overview()
    except (CorpusError, CommandError) as error:
        yield remark("feeds", str(error))
        return
    if not os.access(archive.existing_part(root), os.W_OK | os.X_OK):
        yield remark("feeds", f"{root} cannot be written by this user: nothing of any feed is kept")
    failing = [one.title or one.url for one in found if one.state in ("failing", "gone")]
    private = f"; private hosts allowed: {settings.feed_allow_private}" if settings.feed_allow_private else ""
    text = f"{len(found)} followed, {len(failing)} failing{private}"
    yield remark("feeds", f"{text}: `baotong feeds --failing`") if failing else good("feeds", text)
