"""Keeps the archive up to date while the bot answers: watches the folder, indexes in a process of its own.

Indexing in the bot's own process would take turns with answering (one interpreter lock); a child
process, at low priority, leaves answers as quick as before.

The folder is watched by events of the system. Where there are none, or while they fail, the folder is listed
every few seconds instead. Whatever lies in the folder, the watch goes on.
"""

import asyncio
import contextlib
import hashlib
import logging
import os
import re
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from watchfiles import Change, awatch

from bot import output
from bot.metrics import Metrics
from bot.settings import Settings
from corpus.models import UpdateReport
from corpus.updating import BUSY, scan

logger = logging.getLogger(__name__)

OnUpdated = Callable[[UpdateReport], Awaitable[None]]

QUIET_SECONDS = 0.3
"""Pause after a change, in which more of the same kind are expected (an editor, a git pull)."""

RESCAN_SECONDS = 600.0
"""The whole folder is compared anew this often, should a change have been missed."""

RETRY_SECONDS = 5.0
MAX_RETRY_SECONDS = 600.0
"""Pause before the events of the system are tried again; it doubles with each failure."""

ALIVE_MILLISECONDS = 2_000
"""A watch without events is looked at this often: the folder may be another one by now."""

POLL_SECONDS = 1.5
MAX_POLL_SECONDS = 60.0
POLL_FACTOR = 20
"""Pause between two listings of the folder, at least and at most; a listing that takes long is followed by
a pause of so many times its length."""

SLOW_SECONDS = 10.0
"""Time that one run gives to posts that take long to read; those that wait are left for the next run, which
begins with what is new. So a new post waits for a slow one, never for all of them."""

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
        watch_problem: Why new posts are not known at present, or None.
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
        self._known_skipped: frozenset[tuple[str, str]] = frozenset()
        self._unwatched: str | None = None
        self.on_updated: list[OnUpdated] = []
        self.running = False
        self.problem: str | None = None

    @property
    def watch_problem(self) -> str | None:
        """Why new posts are not known at present: the folder is gone, was emptied, or is not watched."""
        if self.problem is not None and BUSY not in self.problem:
            return f"the archive could not be brought up to date: {self.problem}"
        return self._unwatched

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
                    async with asyncio.timeout(self._patience()):
                        await self._changed.wait()
                await asyncio.sleep(QUIET_SECONDS)
                self._changed.clear()
                with contextlib.suppress(RefreshError):  # logged; tried again by itself
                    await self.once()
        finally:
            self._stop.set()
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    def _patience(self) -> float:
        """How long to wait for a change before the whole folder is compared anyway."""
        if self.problem is not None:
            return RETRY_SECONDS
        return (
            self._rescan_seconds if self._unwatched is None else min(self._rescan_seconds, MAX_POLL_SECONDS)
        )

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
        if report.waiting:
            self._changed.set()
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
            *("-m", "bot", "index", "--json", "--slow-seconds", str(SLOW_SECONDS)),
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
        """Note every change, by events while they come, else by listing the folder. Ends only by the stop."""
        polling = needs_polling(self._folder)
        logger.info("watching %s%s", self._folder, " by polling" if polling else "")
        pause = RETRY_SECONDS
        while not self._stop.is_set():
            if polling:
                await self._poll(None)
                continue
            started = time.monotonic()
            try:
                await self._follow_events(again=pause > RETRY_SECONDS)
            except Exception as error:  # whatever the system or the library may find in a folder
                if time.monotonic() - started > MAX_RETRY_SECONDS:
                    pause = RETRY_SECONDS
                logger.warning(
                    "the folder cannot be watched by events (%s): for %.0f s it is polled",
                    _reason_of(error),
                    pause,
                )
                self._changed.set()
                await self._poll(pause)
                pause = min(pause * 2, MAX_RETRY_SECONDS)

    async def _follow_events(self, *, again: bool) -> None:
        """Note changes that the system tells of.

        Args:
            again: Something may have changed just before.

        Raises:
            Exception: It tells of none, or no longer: no such folder, more folders than it watches, a name
                that is not UTF-8.
        """
        watched = _identity(self._folder)
        async for _ in awatch(
            self._folder,
            watch_filter=self._filter(),
            debounce=200,
            step=50,
            stop_event=self._stop,
            force_polling=False,
            rust_timeout=ALIVE_MILLISECONDS,
            yield_on_timeout=True,
            ignore_permission_denied=True,
        ):
            if again:
                self._changed.set()
                again = False
            if _identity(self._folder) != watched:
                raise FileNotFoundError("another folder has taken its place")
            self._unwatched = None

    def _filter(self) -> Callable[[Change, str], bool]:
        """`concerns_posts` as `awatch` takes it.

        It never raises, and it lets one change pass: 50,000 at once must not hold up the event loop.
        """
        data_dir = Path(os.path.realpath(self._settings.data_dir))
        named, resolved = str(self._folder), os.path.realpath(self._folder)

        def concerns(_: Change, path: str) -> bool:
            if self._changed.is_set():
                return False
            inside = path.startswith(named)
            if not concerns_posts(Path(resolved + path[len(named) :] if inside else path), data_dir):
                return False
            self._changed.set()
            return True

        return concerns

    async def _poll(self, seconds: float | None) -> None:
        """Note changes by listing the folder again and again, for some time or until the stop."""
        end = None if seconds is None else time.monotonic() + seconds
        before: str | None = None
        while not self._stop.is_set() and (end is None or time.monotonic() < end):
            started = time.monotonic()
            try:
                now = await asyncio.to_thread(_listing, self._folder)
                self._unwatched = None
            except Exception as error:
                now = ""
                self._unwatched = f"changes are not noticed: {_reason_of(error)}"
            if before is not None and now != before:
                self._changed.set()
            before = now
            took = time.monotonic() - started
            await asyncio.sleep(min(max(POLL_SECONDS, took * POLL_FACTOR), MAX_POLL_SECONDS))

    def _log(self, report: UpdateReport) -> None:
        skipped = frozenset((one.path, one.reason) for one in report.skipped)
        new = [one for one in report.skipped if (one.path, one.reason) not in self._known_skipped]
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


def _reason_of(error: BaseException) -> str:
    """What an operator should know of an error; of a group the first one."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error) or type(error).__name__


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino


def _listing(folder: Path) -> str:
    """A digest of the posts in a folder: it differs when one was added, changed or removed.

    Raises:
        ArchiveError: The folder cannot be read.
    """
    digest = hashlib.blake2b(digest_size=16)
    found = scan(folder)
    for file in found.files:
        digest.update(f"{file.path}\0{file.size_and_time}\n".encode())
    for path, reason in found.refused:
        digest.update(f"{path}\0{reason}\n".encode())
    return digest.hexdigest()


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
    resolved = os.path.realpath(folder)
    best, kind = "", ""
    for line in lines:
        fields = line.split()
        if len(fields) < 3:
            continue
        point = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), fields[1])
        inside = resolved == point or resolved.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, fields[2]
    return kind.partition(".")[0] in _WITHOUT_EVENTS
