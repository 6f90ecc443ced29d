"""The watchdog: ends a bot whose event loop has stopped turning, and tells the next start where it hung.

`faulthandler` waits in a thread of C that needs nothing of the interpreter, so it acts also while a
regular expression or any other C code holds the interpreter. Before it ends the process it writes the
stacks of all threads into a file; so do the signals of a crash (SIGSEGV, SIGBUS, SIGABRT …).
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

logger = logging.getLogger(__name__)

FILE_NAME = "stacks.txt"
"""In DATA_DIR; empty while all is well."""

HANG_SECONDS = 30.0
"""An event loop that has not turned for so long hangs."""

MAX_BYTES = 100_000
"""Of the file that are read."""

MAX_FRAMES = 4
"""Frames of a stack that are named."""

_THREAD = re.compile(r"^(?:Current thread|Thread) 0x[0-9a-f]+", re.MULTILINE)
_FRAME = re.compile(r'^  File "([^"\n]*)", line (\d+) in (.*)$', re.MULTILINE)
_IDLE = frozenset({"wait", "select", "_worker", "_run_forever", "_recv_bytes", "accept"})
"""Functions in which a thread waits for something to do."""


@dataclass(frozen=True, slots=True)
class LastEnd:
    """How the process before this one ended, where it did not end by itself.

    Attributes:
        hung: Its event loop had stopped turning. False: it crashed.
        what: Reason and innermost frames of the threads that did something, in one line.
    """

    hung: bool
    what: str


class Watchdog:
    """Ends the process unless `feed` is called again within HANG_SECONDS.

    Args:
        path: Where the stacks go; standard error where that cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._deadline: float | None = None
        self._file: FileIO | None = None

    def __enter__(self) -> Self:
        self._file = _open(self._path)
        with contextlib.suppress(ValueError, OSError, RuntimeError):  # no usable standard error
            faulthandler.enable(self._file or sys.stderr)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop watching; the file, if it is empty, goes."""
        faulthandler.cancel_dump_traceback_later()
        faulthandler.disable()
        if self._file is not None:
            empty = os.fstat(self._file.fileno()).st_size == 0
            self._file.close()
            if empty:
                with contextlib.suppress(OSError):
                    self._path.unlink()

    def last_end(self) -> LastEnd | None:
        """How the process before this one ended; None: by itself, or nothing is known."""
        try:
            with self._path.open("rb") as file:
                text = file.read(MAX_BYTES).decode("utf-8", "replace")
        except OSError:
            return None
        return read_stacks(text)

    def forget_last_end(self) -> None:
        """Empty the file: what it told has been dealt with."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.truncate(0)

    def feed(self) -> None:
        """The loop has turned: wait anew."""
        seconds = HANG_SECONDS
        if self._deadline is not None:
            seconds = max(0.1, min(seconds, self._deadline - time.monotonic()))
        faulthandler.dump_traceback_later(seconds, exit=True, file=self._file or sys.stderr)

    def end_within(self, seconds: float) -> None:
        """End the process after so many seconds whatever happens; feeding does not put that off."""
        self._deadline = time.monotonic() + seconds
        self.feed()


def _open(path: Path) -> FileIO | None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    except OSError as error:
        logger.warning("%s cannot be written (%s): the stacks of a hang go to the log", path, error.strerror)
        return None
    return FileIO(descriptor, "ab")


def read_stacks(text: str) -> LastEnd | None:
    r"""What a file of stacks tells of the last end in it.

    >>> frame = 'Thread 0x00007f (most recent call first):\n  File "/a/b.py", line 3 in f\n'
    >>> read_stacks("Timeout (0:00:30)!\n" + frame)
    LastEnd(hung=True, what='Timeout (0:00:30)! b.py:3 f')
    """
    if not text.strip():
        return None
    start = max(text.rfind("Timeout ("), text.rfind("Fatal Python error"), 0)
    reason, _, stacks = text[start:].partition("\n")
    hung = reason.startswith("Timeout") or "Aborted" in reason
    threads = [_FRAME.findall(part)[:MAX_FRAMES] for part in _THREAD.split(stacks)[1:]]
    at_work = [frames for frames in threads if frames and frames[0][2].strip() not in _IDLE]
    named = [
        " < ".join(f"{Path(file).name}:{line} {function.strip()}" for file, line, function in frames)
        for frames in at_work
    ]
    return LastEnd(hung, " ".join([reason.strip()[:200], "; ".join(named[:3])]).strip())
