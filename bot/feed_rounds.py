"""Feeds while the bot runs: each minute what is due is fetched, in a child process, one at a time.

Parsing holds the interpreter, so it is not done in the bot's own process. The child gets no secret of
Telegram.
"""

import asyncio
import contextlib
import logging
import os
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bot import output
from bot.metrics import Metrics
from bot.process import children
from bot.refresh import Refresh
from bot.settings import Settings
from corpus import Corpus
from corpus.errors import ArchiveError, CorpusError
from corpus.sources import FeedOverview, FeedReader, RoundReport, redacted

logger = logging.getLogger(__name__)

TICK_SECONDS = 60.0
"""Interval at which it is looked whether a feed is due."""

FIRST_TICK_SECONDS = 2.0
"""Time from the start of the bot to the first look."""

MAX_ROUND_SECONDS = 3_600.0
"""A child that takes longer is ended; what it has written stays, and the rest is due again."""

APART_SECONDS = 5.0
"""Pause between two runs of indexing while a round writes posts."""

NICENESS = 10

_SECRETS = frozenset({"BOT_TOKEN", "WEBHOOK_SECRET", "PROXY_URL"})
"""Variables that the child process does not get."""

CHILD_MEMORY = {"MALLOC_MMAP_THRESHOLD_": "200000"}
"""For glibc, which else raises the bound and keeps what large feeds are parsed in: 114 MB instead of 123."""

_MAX_NAMED = 3

OnReport = Callable[[RoundReport], Awaitable[None]]


class FeedRounds:
    """Fetches what is due, again and again.

    Args:
        corpus: Says where posts are written.
        refresh: Indexes what a round has written.
        tick_seconds: Interval at which it is looked whether a feed is due.

    Attributes:
        on_report: Hooks that are awaited after each round.
        problem: Why feeds are not fetched; None: they are, or there are none.
    """

    def __init__(
        self,
        settings: Settings,
        corpus: Corpus,
        refresh: Refresh,
        *,
        metrics: Metrics | None = None,
        tick_seconds: float = TICK_SECONDS,
    ) -> None:
        self._settings = settings
        self._corpus = corpus
        self._refresh = refresh
        self._metrics = metrics or Metrics()
        self._tick_seconds = tick_seconds
        self._started = datetime.now(UTC)
        self._wanted = asyncio.Event()
        self.on_report: list[OnReport] = []
        self.problem: str | None = None

    def request(self) -> None:
        """Ask for a look soon: a feed was followed."""
        self._wanted.set()

    def reader(self, *, private: bool = True) -> FeedReader:
        """Return the reader of the feeds.

        Args:
            private: Whether it may reach what FEED_ALLOW_PRIVATE allows; never for people in Telegram.

        Raises:
            ArchiveError: There is no folder that posts may be written into.
        """
        options = self._settings.source_options(self._corpus.posts_folder)
        if not private:
            options = replace(options, allowed=frozenset())
        return FeedReader(options, now=lambda: datetime.now(UTC))

    async def run(self) -> None:
        """Look for feeds that are due until cancelled."""
        await asyncio.sleep(FIRST_TICK_SECONDS)
        while True:
            self._wanted.clear()
            try:
                await self._tick()
            except (CorpusError, OSError, ValueError) as error:
                self._note_problem(str(error))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._tick_seconds):
                    await self._wanted.wait()

    async def _tick(self) -> None:
        if not self._settings.feeds_file.exists():
            return
        root = self._corpus.posts_folder
        reader = self.reader()
        if not await asyncio.to_thread(reader.due, resumed=self._started):
            await self._measure(reader)
            return
        await self.once(root)
        await self._measure(reader)

    async def once(self, root: Path) -> RoundReport | None:
        """Fetch in a child process what is due, then let the archive follow; None: it failed."""
        started = time.monotonic()
        self._refresh.apart_seconds = APART_SECONDS
        try:
            async with asyncio.timeout(MAX_ROUND_SECONDS):
                report = await self._fetch(root)
        except TimeoutError:
            self._note_problem("a round took more than an hour and was ended")
            return None
        finally:
            self._refresh.apart_seconds = 0
            self._follow_folder()
        self._metrics.observe_round(report, time.monotonic() - started)
        self._log(report)
        if report.disk is None:
            self.problem = None
        else:
            self._note_problem(report.disk)
        for hook in self.on_report:
            try:
                await hook(report)
            except Exception:
                logger.exception("a hook of the feeds failed")
        return report

    def _follow_folder(self) -> None:
        """Let the refresh look where posts are written now, and index them."""
        folder = self._corpus.folder
        if folder.is_dir():
            self._refresh.move(folder)
        self._refresh.request()

    async def _fetch(self, root: Path) -> RoundReport:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "bot", "fetch", "--due", "--json", "--no-index"),
            *("--resumed", f"{self._started.timestamp():.0f}"),
            env=self._environment(root),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, child.pid, os.getpriority(os.PRIO_PROCESS, 0) + NICENESS)
        try:
            out, said = await child.communicate()
        except asyncio.CancelledError:
            await children.end(child)  # whatever it writes, it may be killed: see `corpus.sources.storing`
            raise
        lines = out.decode("utf-8", "replace").strip().splitlines()
        if not lines:
            errors = said.decode("utf-8", "replace").strip().splitlines()
            reason = errors[-1].removeprefix("baotong: ") if errors else f"ended with {child.returncode}"
            raise ValueError(f"feeds could not be fetched: {reason}")
        return output.read_fetched(lines[-1])

    def _environment(self, root: Path) -> dict[str, str]:
        """Return the environment of the child process: that of this one, without secrets of Telegram."""
        values = {"DATA_DIR": self._settings.data_dir, "CORPUS_DIR": root, "LOG_LEVEL": "WARNING"}
        environment = {name: value for name, value in os.environ.items() if name not in _SECRETS}
        return CHILD_MEMORY | environment | {name: str(value) for name, value in values.items()}

    def _note_problem(self, reason: str) -> None:
        if reason != self.problem:
            logger.error("feeds: %s", reason)
        self.problem = reason

    async def _measure(self, reader: FeedReader) -> None:
        """Read how the feeds are into the metrics."""
        try:
            overview = await asyncio.to_thread(reader.overview)
        except (CorpusError, ArchiveError) as error:
            logger.debug("feeds could not be measured: %s", error)
            return
        self._metrics.set_feeds(
            {kind: sum(one.state == kind for one in overview) for kind in ("ok", "failing", "gone", "new")},
            _oldest_success(overview),
        )

    def _log(self, report: RoundReport) -> None:
        failed = "; ".join(f"{redacted(one.url)}: {one.reason}" for one in report.failed[:_MAX_NAMED])
        logger.info(
            "feeds fetched: feeds=%d fetched=%d unchanged=%d failed=%d added=%d changed=%d seconds=%.1f%s",
            report.feeds,
            report.fetched,
            report.unchanged,
            len(report.failed),
            report.added,
            report.updated,
            report.seconds,
            f" failed: {failed}" if failed else "",
        )


def _oldest_success(overview: list[FeedOverview]) -> float:
    """Return when the feed was read that was not read for longest; 0: one never was, or there is none."""
    times = [one.last_ok.timestamp() if one.last_ok else 0.0 for one in overview if one.state != "gone"]
    return min(times, default=0.0)
