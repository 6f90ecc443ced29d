"""The refresh: watches the folder of posts while the bot answers, and indexes it in a child process.

Indexing in the bot's own process would take turns with answering (one interpreter lock). A child process
with low priority leaves answers as fast as before.

The folder is watched by file system events. Where there are none, or while they fail, the folder is listed
every few seconds instead. Nothing that lies in the folder ends the watch.
"""

import asyncio
import contextlib
import hashlib
import logging
import os
import re
import signal
import stat
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from watchfiles import Change, awatch

from bot import output
from bot.metrics import Metrics
from bot.process import children, processor_time
from bot.settings import Settings
from corpus.models import UpdateReport
from corpus.updating import BUSY, is_post_name, scan

logger = logging.getLogger(__name__)

OnUpdated = Callable[[UpdateReport], Awaitable[None]]

QUIET_SECONDS = 0.3
"""Pause after a change, in which more changes are expected (an editor, a git pull)."""

RESCAN_SECONDS = 600.0
"""Interval at which the whole folder is compared, in case a change was missed."""

RETRY_SECONDS = 5.0
MAX_RETRY_SECONDS = 600.0
"""Bounds of the pause before file system events are tried again; it doubles with each failure."""

ALIVE_MILLISECONDS = 2_000
"""Interval at which a watch without events is checked: the folder may have been replaced."""

POLL_SECONDS = 1.5
MAX_POLL_SECONDS = 60.0
"""Bounds of the pause between two listings of the folder."""

POLL_FACTOR = 20
"""The pause after a listing is this many times as long as the listing took, within the bounds."""

SLOW_POSTS_SECONDS = 10.0
"""How long one run reads slow posts. The rest of them is left to the next run, which begins with new posts.
So a new post may wait for one slow post, never for all of them."""

STILL_SECONDS = 150.0
"""A run that has used no processor time for so long stands still: a disk that does not answer, or a process
that was stopped. It is longer than a post may take by the clock."""

STILL_CHECK_SECONDS = 5.0
"""Interval at which the processor time of a run is looked at."""

NICENESS = 10
"""How much the priority of the child process is lowered."""

VECTORS_NICENESS = 19
"""The same for the child process that makes vectors, which nobody waits for."""

_MAX_NAMED = 3
"""Maximum number of skipped posts that are named in the log."""

_WITHOUT_EVENTS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse", "vboxsf", "virtiofs", "afs", "ceph"}
)
"""File systems on which changes by other machines cause no events."""

_OWN_FOLDERS = frozenset({"index", "compiled", "semantic"})
_OWN_SUFFIXES = (".sqlite3", ".lock", ".cache")
"""Folders and suffixes of files that indexing writes in DATA_DIR."""

_FILE_ENDING = re.compile(r"\.[A-Za-z]\w{0,9}\Z")
"""The ending of a file's name; `2021.12` is the name of a folder."""

_SECRETS = frozenset({"BOT_TOKEN", "WEBHOOK_SECRET", "PROXY_URL", "FEED_PROXY_URL"})
"""Variables that the child process does not get."""


class RefreshError(Exception):
    """Indexing failed; the text is what the child process reported, fit for an operator."""


class Refresh:
    """Indexes the folder whenever it changes, one run at a time.

    Args:
        folder: The archive.
        rescan_seconds: Interval at which the whole folder is compared.

    Attributes:
        on_updated: Hooks that are awaited after each run that changed something, one after the other.
        running: Whether a run is under way.
        problem: Why the last run failed; None: it did not.
        apart_seconds: Least time from the end of a run to the next, while feeds write post after post.
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
        self._vectors: asyncio.Task[None] | None = None
        self._vectors_problem: str | None = None
        self._known_skipped: frozenset[tuple[str, str]] = frozenset()
        self._poll_problem: str | None = None
        self.on_updated: list[OnUpdated] = []
        self.running = False
        self.problem: str | None = None
        self.apart_seconds = 0.0
        self._ended_at = 0.0

    @property
    def watch_problem(self) -> str | None:
        """Why new posts are not noticed at present; None: they are."""
        if self.problem is not None and BUSY not in self.problem:
            return f"the archive could not be brought up to date: {self.problem}"
        return self._poll_problem

    def request(self) -> None:
        """Ask for a run soon."""
        self._changed.set()

    def move(self, folder: Path) -> None:
        """Watch and index another folder from now on: feeds are written where there was only the sample."""
        if folder.resolve() != self._folder.resolve():
            logger.info("the archive is %s now", folder)
            self._folder = folder
            self._changed.set()

    async def run(self) -> None:
        """Watch and index until cancelled."""
        watching = asyncio.create_task(self._watch())
        try:
            self._changed.set()  # the folder may have changed while the bot was down
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._seconds_to_wait()):
                        await self._changed.wait()
                await asyncio.sleep(QUIET_SECONDS)  # more changes are expected
                await self._keep_apart()
                self._changed.clear()
                with contextlib.suppress(RefreshError):  # logged; tried again by itself
                    await self.once()
                    self._follow_with_vectors()
                self._ended_at = time.monotonic()
        finally:
            self._stop.set()
            tasks = [task for task in (watching, self._vectors) if task is not None]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep_apart(self) -> None:
        """Wait until a run may begin, at most as long as feeds are being fetched."""
        # Looked at again and again: the round may end meanwhile.
        while (left := self._ended_at + self.apart_seconds - time.monotonic()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(min(left, QUIET_SECONDS))

    def _seconds_to_wait(self) -> float:
        """Return how long to wait for a change before the whole folder is compared anyway."""
        if self.problem is not None:
            return RETRY_SECONDS
        return (
            self._rescan_seconds
            if self._poll_problem is None
            else min(self._rescan_seconds, MAX_POLL_SECONDS)
        )

    async def once(self, *, urgent: bool = False) -> UpdateReport:
        """Index once in a child process, then await the hooks.

        Args:
            urgent: Run at normal priority: nobody can be answered before it is done.

        Raises:
            RefreshError: It failed. The archive is as before.
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
                    logger.exception("a hook of the refresh failed")
        return report

    async def _index(self, niceness: int) -> UpdateReport:
        words = ("--json", "--slow-seconds", str(SLOW_POSTS_SECONDS))
        # Vectors are made afterwards: new posts must not wait for them.
        out = await _run_child(words, {**self._environment(), "SEMANTIC": "off"}, niceness)
        try:
            return output.read_report(out.strip().splitlines()[-1])
        except (ValueError, IndexError) as error:
            raise RefreshError("indexing gave no report") from error

    def _follow_with_vectors(self) -> None:
        """Make the vectors of new articles, one run at a time, in a process that nobody waits for."""
        if self._settings.semantic == "on" and (self._vectors is None or self._vectors.done()):
            self._vectors = asyncio.create_task(self._make_vectors())

    async def _make_vectors(self) -> None:
        try:
            await _run_child(("--only-vectors",), self._environment(), VECTORS_NICENESS)
        except (RefreshError, OSError) as error:
            if str(error) != self._vectors_problem:
                logger.warning("no vectors of articles were made: %s", error)
            self._vectors_problem = str(error)
        else:
            self._vectors_problem = None

    def _environment(self) -> dict[str, str]:
        """Return the environment of the child process: the settings of this process, without secrets."""
        values = {
            "DATA_DIR": self._settings.data_dir,
            "CORPUS_DIR": self._folder,
            "SITE_URL": self._settings.site_url,
            "PERMALINK": self._settings.permalink,
            "TIMEZONE": self._settings.timezone,
            "MAX_POST_BYTES": self._settings.max_post_bytes,
            "SEMANTIC": self._settings.semantic,
            "LOG_LEVEL": "WARNING",
            **{
                name.upper(): getattr(self._settings, name)
                for name in type(self._settings).model_fields
                if name.startswith("engine_")
            },
        }
        environment = {name: value for name, value in os.environ.items() if name not in _SECRETS}
        environment |= {name: str(value) for name, value in values.items() if value is not None}
        return environment

    async def _watch(self) -> None:
        """Notice every change: by events while they work, else by listing the folder. Never fails."""
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
            except Exception as error:  # whatever the system or the library raises
                if time.monotonic() - started > MAX_RETRY_SECONDS:
                    pause = RETRY_SECONDS
                logger.warning(
                    "the folder cannot be watched by events (%s): for %.0f s it is polled",
                    _first_reason(error),
                    pause,
                )
                self._changed.set()
                await self._poll(pause)
                pause = min(pause * 2, MAX_RETRY_SECONDS)

    async def _follow_events(self, *, again: bool) -> None:
        """Notice changes by file system events.

        Args:
            again: Whether events have failed before: something may have changed meanwhile.

        Raises:
            Exception: There are no events, or none any more. The folder does not exist, has more folders
                than the system watches, or holds a name that is not UTF-8.
        """
        watched = _folder_identity(self._folder)
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
            if _folder_identity(self._folder) != watched:
                raise FileNotFoundError("another folder has taken its place")
            self._poll_problem = None

    def _filter(self) -> Callable[[Change, str], bool]:
        """Return `concerns_posts` as a filter for `awatch`.

        The filter never raises. It lets only the first change pass: 50,000 at once must not block the event
        loop.
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
        """Notice changes by listing the folder again and again, for so many seconds; None: until the stop."""
        end = None if seconds is None else time.monotonic() + seconds
        before: str | None = None
        while not self._stop.is_set() and (end is None or time.monotonic() < end):
            started = time.monotonic()
            try:
                now = await asyncio.to_thread(_folder_digest, self._folder)
                self._poll_problem = None
            except Exception as error:
                now = ""
                self._poll_problem = f"changes are not noticed: {_first_reason(error)}"
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
        examples = "; ".join(f"{one.path}: {one.reason}" for one in new[:_MAX_NAMED])
        if len(new) > _MAX_NAMED:
            examples += f"; and {len(new) - _MAX_NAMED} more (`baotong index` names all)"
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


async def _kill_if_still(child: asyncio.subprocess.Process) -> bool:
    """Kill a run of indexing with all its processes when it stands still. Returns whether it did.

    What was read is kept. Where the system tells of no processor time, nothing is done.
    """
    before, since = -1.0, time.monotonic()
    while True:
        await asyncio.sleep(STILL_CHECK_SECONDS)
        if child.returncode is not None:  # its number may be another process's by now
            return False
        used = processor_time.used_by(child.pid)
        if used is None or used != before:
            before, since = used or 0.0, time.monotonic()
        elif time.monotonic() - since >= STILL_SECONDS:
            break
    for pid in processor_time.family_of(child.pid):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    return True


async def _run_child(words: Sequence[str], environment: Mapping[str, str], niceness: int) -> str:
    """Run `baotong index` in a child process and return what it printed.

    Args:
        words: Its options.
        environment: All its variables.
        niceness: How much its priority is lowered.

    Raises:
        RefreshError: It failed; the text is what it reported.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot", "index", *words),
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    if niceness:
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, child.pid, os.getpriority(os.PRIO_PROCESS, 0) + niceness)
    guard = asyncio.create_task(_kill_if_still(child))
    try:
        out, said = await child.communicate()
    except asyncio.CancelledError:
        await children.end(child, grace_seconds=3)  # a run that is ended leaves the archive as it was
        raise
    finally:
        guard.cancel()
    if guard.done() and not guard.cancelled() and guard.result():
        raise RefreshError(f"indexing stood still for {STILL_SECONDS:.0f} s and was ended")
    if child.returncode != 0:
        lines = said.decode("utf-8", "replace").strip().splitlines()
        reason = lines[-1].removeprefix("baotong: ") if lines else f"ended with {child.returncode}"
        raise RefreshError(reason)
    return out.decode("utf-8")


def _first_reason(error: BaseException) -> str:
    """Return the text of an error for an operator; of a group, that of its first error."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error) or type(error).__name__


def _folder_identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino


def _folder_digest(folder: Path) -> str:
    """Return a digest of the posts in a folder. It changes if a post is added, changed or removed.

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
    """Return whether a changed path may concern a post.

    Posts do, by their names, and folders. Hidden files, `.git`, and files that indexing itself writes do not.
    A path that no longer exists may have been a folder, unless its name ends like that of a file.

    Args:
        path: The path that has changed.
        data_dir: It may lie in the archive; each run would cause the next one then.

    >>> [concerns_posts(Path("/posts", name), Path("/data")) for name in ("a.md", "a.md~", "access.log")]
    [True, False, False]
    """
    if ".git" in path.parts or not (is_post_name(path.name) or _may_be_folder(path)):
        return False
    if not path.is_relative_to(data_dir):
        return True
    [first, *_] = (*path.relative_to(data_dir).parts, "")
    return first not in _OWN_FOLDERS and not Path(first).suffix.startswith(_OWN_SUFFIXES)


def _may_be_folder(path: Path) -> bool:
    if path.name.startswith(".") or path.name.endswith("~"):
        return False
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except OSError:
        return not _FILE_ENDING.search(path.name)


def needs_polling(folder: Path, mounts: Path = Path("/proc/self/mounts")) -> bool:
    """Return whether a folder lies on a file system that does not report all changes.

    Args:
        folder: Any path.
        mounts: The kernel's list of mounts; False is returned if it cannot be read.
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
