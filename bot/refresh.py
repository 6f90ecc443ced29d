"""Keeps the archive up to date while the bot answers: watches the folder, indexes in a process of its own.

Indexing in the bot's own process would take turns with answering (one interpreter lock); a child
process, at low priority, leaves answers as quick as before.
"""

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from watchfiles import Change, awatch

from bot import output
from bot.metrics import Metrics
from bot.settings import Settings
from corpus.models import UpdateReport

logger = logging.getLogger(__name__)

OnUpdated = Callable[[UpdateReport], Awaitable[None]]

QUIET_SECONDS = 0.3
"""Pause after a change, in which more of the same kind are expected (an editor, a git pull)."""

RESCAN_SECONDS = 600.0
"""The whole folder is compared anew this often, should a change have been missed."""

RETRY_SECONDS = 5.0
NICENESS = 10
_NAMED = 3

_WITHOUT_EVENTS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse", "vboxsf", "virtiofs", "afs", "ceph"}
)
"""File systems on which other machines' changes make no events."""

_OWN_FOLDERS = frozenset({"index", "compiled"})
_OWN_SUFFIXES = (".sqlite3", ".lock", ".cache")
"""What is written in DATA_DIR."""

_SECRETS = frozenset({"BOT_TOKEN", "WEBHOOK_SECRET", "PROXY_URL"})


class RefreshError(Exception):
    """Indexing failed; the text is what it said, fit for an operator."""


class Refresh:
    """Runs indexing whenever the folder changes, one run at a time.

    Args:
        settings: Where archive and data are.
        folder: The archive.

    Attributes:
        on_updated: Awaited after each run that changed something, one after the other.
        running: Whether a run is under way.
        problem: Why the last run failed, or None.
    """

    def __init__(
        self,
        settings: Settings,
        folder: Path,
        *,
        metrics: Metrics | None = None,
        rescan_seconds: float = RESCAN_SECONDS,
    ) -> None:
        self._settings = settings
        self._folder = folder
        self._metrics = metrics or Metrics()
        self._rescan_seconds = rescan_seconds
        self._changed = asyncio.Event()
        self._stop = asyncio.Event()
        self._child: asyncio.subprocess.Process | None = None
        self._known_skipped: frozenset[str] = frozenset()
        self.on_updated: list[OnUpdated] = []
        self.running = False
        self.problem: str | None = None

    def request(self) -> None:
        """Ask for a run soon."""
        self._changed.set()

    async def run(self) -> None:
        """Watch and index until cancelled."""
        watching = asyncio.create_task(self._watch())
        try:
            self._changed.set()  # whatever happened while the bot was away
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(
                        self._rescan_seconds if self.problem is None else RETRY_SECONDS
                    ):
                        await self._changed.wait()
                await asyncio.sleep(QUIET_SECONDS)
                self._changed.clear()
                with contextlib.suppress(RefreshError):  # logged; tried again by itself
                    await self.once()
        finally:
            self._stop.set()
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    async def once(self, *, urgent: bool = False) -> UpdateReport:
        """Index once, in a child process, and tell those who want to know.

        Args:
            urgent: Nobody can be answered before it is done: it does not step back behind anything.

        Raises:
            RefreshError: It failed; the archive is as before.
        """
        self.running = True
        try:
            report = await self._index(0 if urgent else NICENESS)
        except (RefreshError, OSError) as error:
            self._metrics.count_refresh("failed")
            if str(error) != self.problem:
                logger.error("the archive could not be brought up to date: %s", error)
            self.problem = str(error)
            raise RefreshError(str(error)) from error
        finally:
            self.running = False
        self._metrics.count_refresh("ok")
        self.problem = None
        self._log(report)
        if report.added or report.changed or report.removed:
            for hook in self.on_updated:
                try:
                    await hook(report)
                except Exception:
                    logger.exception("news of the archive could not be passed on")
        return report

    async def _index(self, niceness: int) -> UpdateReport:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "bot", "index", "--json"),
            env=self._environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        if niceness:
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, child.pid, os.getpriority(os.PRIO_PROCESS, 0) + niceness)
        try:
            out, said = await child.communicate()
        finally:
            if child.returncode is None:
                # A run that is ended half-way leaves the archive as it was.
                child.terminate()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(3):
                        await child.wait()
        if child.returncode != 0:
            lines = said.decode("utf-8", "replace").strip().splitlines()
            reason = lines[-1].removeprefix("baotong: ") if lines else f"ended with {child.returncode}"
            raise RefreshError(reason)
        try:
            return output.read_report(out.decode("utf-8").strip().splitlines()[-1])
        except (ValueError, IndexError) as error:
            raise RefreshError("indexing gave no report") from error

    def _environment(self) -> dict[str, str]:
        """The settings as this process has them; the child needs no secrets."""
        values = {
            "DATA_DIR": self._settings.data_dir,
            "CORPUS_DIR": self._folder,
            "SITE_URL": self._settings.site_url,
            "PERMALINK": self._settings.permalink,
            "TIMEZONE": self._settings.timezone,
            "MAX_POST_BYTES": self._settings.max_post_bytes,
            "LOG_LEVEL": "WARNING",
        }
        environment = {name: value for name, value in os.environ.items() if name not in _SECRETS}
        environment |= {name: str(value) for name, value in values.items() if value is not None}
        return environment

    async def _watch(self) -> None:
        polling = needs_polling(self._folder)
        data_dir = self._settings.data_dir.resolve()

        def concerns(_: Change, path: str) -> bool:
            return concerns_posts(Path(path).resolve(), data_dir)

        while True:
            try:
                logger.info("watching %s%s", self._folder, " by polling" if polling else "")
                async for _ in awatch(
                    self._folder,
                    watch_filter=concerns,
                    debounce=200,
                    step=50,
                    stop_event=self._stop,
                    force_polling=polling or None,
                    poll_delay_ms=1_500,
                    ignore_permission_denied=True,
                ):
                    self._changed.set()
                return
            except (OSError, RuntimeError) as error:
                # No such folder (an unmounted disk), or more folders than the system watches.
                logger.warning("the folder cannot be watched (%s); trying again by polling", error)
                polling = self._folder.is_dir()
                await asyncio.sleep(RETRY_SECONDS)

    def _log(self, report: UpdateReport) -> None:
        skipped = frozenset(one.path for one in report.skipped)
        new = [one for one in report.skipped if one.path not in self._known_skipped]
        self._known_skipped = skipped
        if not (report.added or report.changed or report.removed or new):
            logger.debug("archive unchanged: articles=%d", report.unchanged)
            return
        examples = "; ".join(f"{one.path}: {one.reason}" for one in new[:_NAMED])
        logger.info(
            "archive updated: added=%d changed=%d removed=%d unchanged=%d skipped=%d seconds=%.1f%s",
            report.added,
            report.changed,
            report.removed,
            report.unchanged,
            len(report.skipped),
            report.seconds,
            f" newly skipped: {examples}" if examples else "",
        )


def concerns_posts(path: Path, data_dir: Path) -> bool:
    """Leave out hidden files and folders, such as `.git` and editors' swap files, and what indexing writes.

    Args:
        path: What changed.
        data_dir: May lie in the archive; then each run would be the reason for the next.

    >>> concerns_posts(Path("/posts/a.md"), Path("/posts")), concerns_posts(Path("/posts/a.md~"), Path("/d"))
    (True, False)
    """
    if path.name.startswith(".") or path.name.endswith("~") or ".git" in path.parts:
        return False
    if not path.is_relative_to(data_dir):
        return True
    [first, *_] = (*path.relative_to(data_dir).parts, "")
    return first not in _OWN_FOLDERS and not Path(first).suffix.startswith(_OWN_SUFFIXES)


def needs_polling(folder: Path, mounts: Path = Path("/proc/self/mounts")) -> bool:
    """Say whether a folder lies on a file system that does not tell of all changes.

    Args:
        folder: Any path.
        mounts: The kernel's list of mounts; where there is none the answer is no.
    """
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    resolved = str(folder.resolve())
    best, kind = "", ""
    for line in lines:
        fields = line.split()
        if len(fields) < 3:
            continue
        point = fields[1].encode().decode("unicode_escape")
        inside = resolved == point or resolved.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, fields[2]
    return kind.partition(".")[0] in _WITHOUT_EVENTS
