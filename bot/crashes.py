"""What ended the process before this one, where no handler can say it: SIGBUS, SIGSEGV and their kind.

Python's faulthandler writes the signal's name and the stacks of all threads into a file of DATA_DIR, in the
middle of the crash. The next start reads it, logs one line and empties it.
"""

import contextlib
import faulthandler
import logging
from collections.abc import Iterator
from pathlib import Path

logger = logging.getLogger(__name__)

NAME = "crash.txt"
MAX_BYTES = 100_000
_HINTS = {
    "Bus error": (
        "a file of DATA_DIR was cut short while it was read, or the disk failed; the index is verified now"
    ),
    "Segmentation fault": "memory was read that is not there; the index is verified now",
}


@contextlib.contextmanager
def noted(data_dir: Path) -> Iterator[None]:
    """Log how the process before this one crashed, if it did, and have a crash of this one written down."""
    path = data_dir / NAME
    try:
        report_last(path)
        data_dir.mkdir(parents=True, exist_ok=True)
        file = path.open("w", encoding="utf-8")
    except OSError as error:
        logger.warning(
            "%s cannot be written, a crash would not be explained: %s", path, error.strerror or error
        )
        faulthandler.enable()
        yield
        return
    with file:
        faulthandler.enable(file)
        try:
            yield
        finally:
            faulthandler.disable()
    path.unlink(missing_ok=True)


def report_last(path: Path) -> None:
    """Log what a crash left.

    Raises:
        OSError: It is there and cannot be read.
    """
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            lines = file.read(MAX_BYTES).split("\n")
    except FileNotFoundError:
        return
    reason = lines[0].removeprefix("Fatal Python error: ").strip()
    if not reason:
        return  # it was ended from outside, not by a fault of its own
    where = next((line.strip() for line in lines if line.startswith("  File ")), "unknown place")
    hint = _HINTS.get(reason)
    logger.error(
        "the process before this one crashed: %s at %s%s", reason, where, f" ({hint})" if hint else ""
    )
