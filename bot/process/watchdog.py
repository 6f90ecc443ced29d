"""The watchdog: ends a process whose event loop hangs, and tells the next start where it hung.

`faulthandler` waits in a C thread that needs nothing of the interpreter. So it also acts while a regular
expression or other C code holds the interpreter. Before it ends the process it writes the stacks of all
threads into a file. So do the signals of a crash (SIGSEGV, SIGBUS, SIGABRT …).
"""

import contextlib
import faulthandler
import logging
import os
import re
import sys
import time
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Self

from bot.process.guard import PAUSED
from corpus.files import open_regular

logger = logging.getLogger(__name__)

FILE_NAME = "stacks.txt"
"""Name of the file in DATA_DIR; it is empty while all is well."""

HANG_SECONDS = 30.0
"""An event loop that has not turned for this long hangs."""

MAX_BYTES = 100_000
"""How much of the file is read."""

MAX_FRAMES = 4
"""How many frames of a stack are named, innermost first."""

MAX_THREADS = 6
"""How many threads are named."""

_THREAD = re.compile(r"^(?:Current thread|Thread) 0x[0-9a-f]+", re.MULTILINE)
_FRAME = re.compile(r'^  File "([^"\n]*)", line (\d+) in (.*)$', re.MULTILINE)
_IDLE = frozenset({"wait", "select", "_worker", "_run_forever", "_recv_bytes", "accept"})
"""Functions in which a thread waits for something to do."""


@dataclass(frozen=True, slots=True)
class AbnormalExit:
    """How the process before this one ended, if it did not stop by itself.

    Attributes:
        hung: Whether its event loop hung. False: it crashed, or was paused from outside.
        summary: The reason, and the innermost frames of the busy threads, in one line.
        paused: Whether it was stopped from outside (SIGSTOP, `docker pause`) for longer than a hang may last.
    """

    hung: bool
    summary: str
    paused: bool = False


class Watchdog:
    """Ends the process unless `feed` is called again within HANG_SECONDS.

    Args:
        path: File for the stacks. They go to standard error where it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._deadline: float | None = None
        self._file: FileIO | None = None

    def __enter__(self) -> Self:
        self._file = _open_for_append(self._path)
        with contextlib.suppress(ValueError, OSError, RuntimeError):  # no usable standard error
            faulthandler.enable(self._file or sys.stderr)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop watching, and delete the file if it is empty."""
        faulthandler.cancel_dump_traceback_later()
        faulthandler.disable()
        if self._file is not None:
            empty = os.fstat(self._file.fileno()).st_size == 0
            self._file.close()
            if empty:
                with contextlib.suppress(OSError):
                    self._path.unlink()

    @property
    def descriptor(self) -> int | None:
        """Descriptor of the file; None: it cannot be written."""
        return self._file.fileno() if self._file is not None else None

    def previous_exit(self) -> AbnormalExit | None:
        """Return how the process before this one hung or crashed; None: it did not, or nothing is known."""
        try:
            with os.fdopen(open_regular(self._path), "rb") as file:
                text = file.read(MAX_BYTES).decode("utf-8", "replace")
        except OSError:
            return None
        return read_stacks(text)

    def forget_previous_exit(self) -> None:
        """Empty the file."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.truncate(0)

    def feed(self) -> None:
        """Note that the event loop has turned: the time begins anew."""
        seconds = HANG_SECONDS
        if self._deadline is not None:
            seconds = max(0.1, min(seconds, self._deadline - time.monotonic()))
        faulthandler.dump_traceback_later(seconds, exit=True, file=self._file or sys.stderr)

    def end_within(self, seconds: float) -> None:
        """End the process after so many seconds whatever happens; `feed` does not put that off."""
        self._deadline = time.monotonic() + seconds
        self.feed()


def _open_for_append(path: Path) -> FileIO | None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = open_regular(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError as error:
        logger.warning("%s cannot be written (%s): the stacks of a hang go to the log", path, error.strerror)
        return None
    return FileIO(descriptor, "ab")


def read_stacks(text: str) -> AbnormalExit | None:
    r"""Parse what `faulthandler` wrote; of several exits the last one counts. None: it wrote nothing.

    >>> frame = 'Thread 0x00007f (most recent call first):\n  File "/a/b.py", line 3 in f\n'
    >>> read_stacks("Timeout (0:00:30)!\n" + frame)
    AbnormalExit(hung=True, summary='Timeout (0:00:30)! b.py:3 f', paused=False)

    A process that was stopped from outside (SIGSTOP, `docker pause`) did not hang:

    >>> read_stacks("Timeout (0:00:30)!\n" + frame + "\nPaused: last beat 41 s ago\n")
    AbnormalExit(hung=False, summary='Paused: last beat 41 s ago', paused=True)
    """
    if not text.strip():
        return None
    start = max(text.rfind("Timeout ("), text.rfind("Fatal Python error"), 0)
    reason, _, stacks = text[start:].partition("\n")
    if PAUSED in stacks:
        return AbnormalExit(False, paused=True, summary=PAUSED + stacks.rpartition(PAUSED)[2].strip()[:200])
    hung = reason.startswith("Timeout") or "Aborted" in reason
    threads = [_FRAME.findall(part)[:MAX_FRAMES] for part in _THREAD.split(stacks)[1:]]
    # A dump begins with the newest thread and ends with that of the event loop, which most likely hangs.
    busy = [frames for frames in threads if frames and frames[0][2].strip() not in _IDLE]
    named = [
        " < ".join(f"{Path(file).name}:{line} {function.strip()}" for file, line, function in frames)
        for frames in (busy[-1:] + busy[:-1])[:MAX_THREADS]
    ]
    return AbnormalExit(hung, " ".join([reason.strip()[:200], "; ".join(named)]).strip())
