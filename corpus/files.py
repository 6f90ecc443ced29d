"""The sample archive, and opening files: never waits for a fifo or a device in a file's place."""

import errno
import os
import stat
from importlib import resources
from pathlib import Path

NO_FILE = "it is no file but a folder, a fifo or a device"


def sample_folder() -> Path:
    """Return the folder of the sample archive that comes with the program."""
    return Path(str(resources.files("corpus").joinpath("sample")))


def open_regular(path: Path, flags: int = os.O_RDONLY, mode: int = 0o666) -> int:
    """Open a regular file; return its descriptor, which is not inherited.

    Raises:
        OSError: It cannot be opened, or it is a folder, a fifo or a device. Opening a fifo would wait for
            somebody who writes into it, and reading /dev/zero would not end.
    """
    descriptor = os.open(path, flags | os.O_CLOEXEC | os.O_NONBLOCK, mode)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, NO_FILE, str(path))
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def read_regular(path: Path, limit: int) -> bytes:
    """Read a regular file of at most `limit` bytes.

    Raises:
        OSError: It cannot be read, is no regular file, or is larger.
    """
    with os.fdopen(open_regular(path), "rb") as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise OSError(errno.EFBIG, f"it has more than {limit} bytes", str(path))
    return content


def is_something_else(path: Path) -> bool:
    """Say whether something other than a file stands at a path; a link counts as what it leads to."""
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except OSError as error:
        return error.errno == errno.ELOOP  # it leads to itself
